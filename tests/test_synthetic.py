"""Does the synthetic service hold what it promises: reproducible, plausible, with known truths?"""

import csv
import math
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from data.errors import DataError
from data.library import Library
from data.synthetic.bulk import BULK_COLUMNS, BULK_INSTRUMENTS, bulk_columns, write_bulk_log
from data.synthetic.courses import COURSES
from data.synthetic.diary import appointments, closed
from data.synthetic.measures import ITEMISED, measures, sources
from data.synthetic.people import TEAMS, staff
from data.synthetic.service import synthetic_service
from data.synthetic.truth import Truths
from data.synthetic.writing import COLUMNS, LOG_FILES

TODAY = date(2026, 3, 2)
DATE_COLUMNS = {
    "scores": ("administered_on",),
    "episodes": ("started_on", "ended_on"),
    "sessions": ("held_on",),
    "goals": ("set_on",),
    "goal_ratings": ("rated_on",),
    "tallies": ("counted_on",),
    "annotations": ("noted_on",),
    "truth": ("onset_on",),
    "true_totals": ("administered_on",),
}


class Service(NamedTuple):
    """What the generator returned, and what stands in its files."""

    truths: Truths
    tables: dict[str, list[dict[str, str]]]


def read(folder):
    tables = {}
    for name in COLUMNS:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    return tables


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    truths = synthetic_service(folder, seed=1, today=TODAY)
    return Service(truths, read(folder))


@pytest.fixture(scope="module")
def library():
    return Library.load().instruments


def test_the_same_seed_and_day_give_the_same_bytes(service, tmp_path):
    again = synthetic_service(tmp_path, seed=1, today=TODAY)
    assert bytes_of(tmp_path) == bytes_of(service.truths.folder)
    assert again.series == service.truths.series


def test_another_seed_gives_another_service(service, tmp_path):
    synthetic_service(tmp_path, seed=2, today=TODAY)
    theirs, ours = bytes_of(tmp_path), bytes_of(service.truths.folder)
    assert all(theirs[f"{name}.csv"] != ours[f"{name}.csv"] for name in (*LOG_FILES, "truth"))


def test_the_service_has_the_promised_size(service):
    tables = service.tables
    episodes = tables["episodes"]
    assert len({row["client_id"] for row in episodes}) == 600
    assert len({row["clinician_id"] for row in episodes}) == 12
    assert {row["team"] for row in episodes} == set(TEAMS)
    assert sum(row["ended_on"] == "" for row in episodes) == 250
    assert 8_500 <= len(tables["sessions"]) <= 9_600
    assert len({row["instrument"] for row in tables["scores"]}) == 6
    for name, fewest in (("goals", 500), ("goal_ratings", 4000), ("tallies", 500)):
        assert len(tables[name]) >= fewest, name
    assert {name: len(rows) for name, rows in tables.items()} == service.truths.rows


def test_every_row_says_that_it_is_synthetic(service):
    for name in ("scores", "episodes"):
        assert {row["service"] for row in service.tables[name]} == {"Synthetic service"}
    assert all(row["statement"].startswith("Synthetic goal") for row in service.tables["goals"])
    assert all(row["text"].startswith("Synthetic note") for row in service.tables["annotations"])


def test_each_team_has_four_clinicians():
    assert Counter(clinician.team for clinician in staff()) == dict.fromkeys(TEAMS, 4)


def test_totals_and_answers_stay_in_the_range_and_step_of_the_instrument(service, library):
    for row in service.tables["scores"]:
        facts = library[row["instrument"]]
        if row["total"]:
            total = float(row["total"])
            assert facts.minimum <= total <= facts.maximum
            steps = total / facts.step
            assert abs(steps - round(steps)) < 1e-6, row  # decimals are written as text
        for item in range(1, 10):
            if row[f"item_{item}"]:
                assert facts.id in ITEMISED
                assert item <= facts.items.count
                assert row[f"item_{item}"] in {"0", "1", "2", "3"}


def test_complete_answers_add_up_to_the_total_and_blanks_leave_none(service, library):
    seen = Counter()
    for row in service.tables["scores"]:
        answers = [row[f"item_{item}"] for item in range(1, 10)]
        if not any(answers):
            assert row["total"] != ""
            seen["total only", row["instrument"]] += 1
            continue
        answers = answers[: library[row["instrument"]].items.count]
        if "" in answers:
            assert row["total"] == ""
            seen["blank", row["instrument"]] += 1
        else:
            assert sum(map(int, answers)) == int(row["total"])
            seen["complete", row["instrument"]] += 1
    for instrument in ITEMISED:
        assert seen["complete", instrument] > 3000
        assert seen["blank", instrument] > 50
        assert seen["total only", instrument] > 300


def test_the_risk_item_is_answered_with_yes_no_and_blank(service):
    answers = Counter(
        "blank" if row["item_9"] == "" else "yes" if int(row["item_9"]) > 0 else "no"
        for row in service.tables["scores"]
        if row["instrument"] == "phq-9" and any(row[f"item_{item}"] for item in range(1, 9))
    )
    assert answers["blank"] >= 20
    assert 0.1 < answers["yes"] / answers.total() < 0.4
    assert answers["no"] > answers["yes"]


@pytest.mark.parametrize("seed", [1, 2])
def test_intake_scores_have_the_published_mean_and_sd(seed, library, tmp_path):
    synthetic_service(tmp_path, seed=seed, today=TODAY)
    first = defaultdict(list)
    for row in read(tmp_path)["scores"]:
        if row["session_no"] == "1" and row["total"]:
            first[row["instrument"]].append(float(row["total"]))
    for source in sources(library):
        totals = np.array(first[source.instrument])
        # Four standard errors of a mean, and a twentieth of an SD for what clipping takes away.
        tolerance = 4 * source.sd / math.sqrt(totals.size) + 0.05 * source.sd
        if source.instrument == "srs":
            tolerance += 0.15 * source.sd  # the mean lies little more than an SD below the top
        assert totals.mean() == pytest.approx(source.mean, abs=tolerance), source.instrument
        # The SD's own standard error is below 6 %; clipping takes up to 10 % more.
        assert totals.std() == pytest.approx(source.sd, rel=0.25), source.instrument


def test_scores_scatter_around_the_truth_by_the_standard_error_of_measurement(service, library):
    true = {
        (row["episode_id"], row["instrument"], row["session_no"]): float(row["true_total"])
        for row in service.tables["true_totals"]
    }
    errors = defaultdict(list)
    for row in service.tables["scores"]:
        measure = library[row["instrument"]]
        truth = true[row["episode_id"], row["instrument"], row["session_no"]]
        room = min(truth - measure.minimum, measure.maximum - truth)
        if row["total"] and room > 0.25 * (measure.maximum - measure.minimum):
            errors[row["instrument"]].append(float(row["total"]) - truth)
    for source in sources(library):
        error = np.array(errors[source.instrument])
        if error.size < 300:
            continue
        # Rounding to whole points adds a variance of 1/12; 300 errors know their SD to 4 %.
        step = library[source.instrument].step
        expected = math.sqrt(source.sem**2 + step**2 / 12)
        assert error.mean() == pytest.approx(0, abs=0.12 * source.sem)
        assert error.std() == pytest.approx(expected, rel=0.1)
    assert sum(len(error) >= 300 for error in errors.values()) >= 4


def test_every_course_is_planted_often_enough_to_judge_a_rule(service):
    courses = Counter(truth.course for truth in service.truths.series)
    fewest = {"alliance_rupture": 15, "brief": 30}
    for course in COURSES:
        assert courses[course] >= fewest.get(course, 60), course
    plateaus = Counter(truth.plateau_kind for truth in service.truths.series)
    assert plateaus["stuck"] > 200
    assert plateaus["maintained"] > 200
    assert sum(truth.deteriorated for truth in service.truths.series) > 60
    assert sum(truth.disagrees for truth in service.truths.series) >= 8


def test_truth_has_one_row_for_every_series_and_one_total_for_every_score(service):
    key = ("client_id", "episode_id", "instrument")
    scores, truth = service.tables["scores"], service.tables["truth"]
    series = Counter(tuple(row[name] for name in key) for row in scores)
    planted = {tuple(row[name] for name in key): int(row["scores"]) for row in truth}
    assert len(planted) == len(truth)
    assert planted == series
    occasion = (*key, "session_no", "administered_on")
    assert sorted(tuple(row[name] for name in occasion) for row in scores) == sorted(
        tuple(row[name] for name in occasion) for row in service.tables["true_totals"]
    )


def test_plateaus_are_level_on_the_right_side_of_the_cutoff(service, library):
    given = measures(library)
    for truth in service.truths.series:
        if truth.plateau_kind is None:
            continue
        measure = given[truth.instrument]
        level = [
            total
            for number, total in zip(truth.session_nos, truth.true_totals, strict=True)
            if number >= truth.onset_session
        ]
        assert max(level, default=0) == pytest.approx(min(level, default=0), abs=1e-9)
        clinical = measure.severity(truth.true_totals[-1]) >= measure.cutoff_severity
        assert clinical == (truth.plateau_kind == "stuck")


def test_the_planted_turn_shows_in_the_true_course(service, library):
    given = measures(library)
    checked = Counter()
    for truth in service.truths.series:
        before = [
            given[truth.instrument].severity(total)
            for number, total in zip(truth.session_nos, truth.true_totals, strict=True)
            if truth.onset_session is not None and number < truth.onset_session
        ]
        latest = given[truth.instrument].severity(truth.true_totals[-1])
        if len(before) < 2 or truth.session_nos[-1] <= truth.onset_session + 1:
            continue
        if truth.course == "late_responder":
            assert max(before) == pytest.approx(min(before))
            assert latest < before[-1]
        elif truth.course == "sudden_gain":
            assert before[-1] - latest >= 7 * given[truth.instrument].unit
        elif truth.course == "deterioration":
            assert latest > before[-1]
        else:
            continue
        checked[truth.course] += 1
    assert min(checked.values()) >= 20
    assert len(checked) == 3


@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29), date(2026, 1, 1)], ids=str)
def test_no_date_lies_after_today(today, tmp_path):
    truths = synthetic_service(tmp_path, seed=3, today=today)
    tables = read(tmp_path)
    for name, columns in DATE_COLUMNS.items():
        for column in columns:
            days = [row[column] for row in tables[name] if row[column]]
            assert max(days) <= today.isoformat(), (name, column)
    assert truths.today == today


def test_open_episodes_end_near_today_and_some_are_overdue(service):
    last = defaultdict(date.fromordinal(1).isoformat)
    for row in service.tables["sessions"]:
        last[row["episode_id"]] = max(last[row["episode_id"]], row["held_on"])
    is_open = [row["episode_id"] for row in service.tables["episodes"] if not row["ended_on"]]
    age = np.array([(TODAY - date.fromisoformat(last[episode])).days for episode in is_open])
    assert np.mean(age <= 14) > 0.7
    assert 15 <= np.sum(age > 21) <= 75
    assert age.max() < 100


def test_measures_are_taken_at_kept_appointments_only(service):
    how = {
        (row["episode_id"], row["session_no"]): (row["attendance"], row["held_on"])
        for row in service.tables["sessions"]
    }
    assert len(how) == len(service.tables["sessions"])
    assert Counter(kind for kind, _ in how.values()).keys() == {"attended", "missed", "cancelled"}
    for row in service.tables["scores"]:
        assert how[row["episode_id"], row["session_no"]] == ("attended", row["administered_on"])
    by_occasion = Counter(
        (row["client_id"], row["instrument"], row["administered_on"], row["session_no"])
        for row in service.tables["scores"]
    )
    assert max(by_occasion.values()) == 1


def test_dropouts_miss_the_end_and_endings_are_known(service):
    endings = Counter(row["ending"] for row in service.tables["episodes"])
    assert endings.keys() == {"", "completed", "dropped_out", "referred_on", "moved_away"}
    assert endings[""] == 250
    assert endings["dropped_out"] >= 40
    some_return = Counter(row["client_id"] for row in service.tables["episodes"])
    assert some_return.most_common(1)[0][1] == 2


def test_goal_ratings_belong_to_goals_and_stay_between_0_and_10(service):
    goals = {(row["episode_id"], row["goal_id"]): row for row in service.tables["goals"]}
    assert {row["kind"] for row in goals.values()} == {"outcome", "process"}
    for row in service.tables["goal_ratings"]:
        assert row["rated_on"] >= goals[row["episode_id"], row["goal_id"]]["set_on"]
        assert 0 <= int(row["rating"]) <= 10
    assert all(int(row["count"]) >= 0 and row["days"] == "7" for row in service.tables["tallies"])


def test_appointments_rise_and_avoid_holidays_and_weekends():
    rng = np.random.default_rng(5)
    last = date(2026, 1, 9)
    days = appointments(40, last=last, weekday=4, leave_week=31, rng=rng)
    assert len(days) == 40
    assert all(later > earlier for earlier, later in pairwise(days))
    assert days[-1] <= last
    assert all(day.weekday() < 5 and not closed(day, 31) for day in days)
    gaps = Counter((later - earlier).days for earlier, later in pairwise(days))
    assert gaps[7] >= 8
    assert max(gaps) >= 21  # over the turn of the year or the leave


def test_a_negative_seed_and_a_missing_instrument_are_refused_in_a_sentence(library, tmp_path):
    with pytest.raises(DataError, match="seed is -1"):
        synthetic_service(tmp_path, seed=-1, today=TODAY)
    without = {name: facts for name, facts in library.items() if name != "ors"}
    with pytest.raises(DataError, match="needs the instrument ors"):
        synthetic_service(tmp_path, today=TODAY, instruments=without)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("clustered", [False, True], ids=["natural", "clustered"])
def test_the_bulk_log_has_exactly_its_rows_and_no_occasion_twice(clustered, tmp_path, library):
    path = tmp_path / "bulk.csv"
    write_bulk_log(path, scores=20_000, clustered=clustered)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == BULK_COLUMNS
    assert len(rows) == 20_000
    occasions = {
        (row["client_id"], row["instrument"], row["administered_on"], row["session_no"])
        for row in rows
    }
    assert len(occasions) == 20_000
    for row in rows:
        facts = library[row["instrument"]]
        assert facts.minimum <= int(row["total"]) <= facts.maximum
        assert row["episode_id"] == row["client_id"] + "-1"
    order = [
        (row["client_id"], row["instrument"], row["administered_on"])
        if clustered
        else row["administered_on"]
        for row in rows
    ]
    assert order == sorted(order)
    lengths = Counter((row["client_id"], row["instrument"]) for row in rows)
    assert min(lengths.values()) >= 2
    assert max(lengths.values()) <= 40
    # 2,400 lengths with an SD of 6 know their mean to 0.12.
    assert np.mean(list(lengths.values())) == pytest.approx(8.24, abs=0.5)
    clients = {row["client_id"] for row in rows}
    clinicians = {row["clinician_id"] for row in rows}
    assert len(clinicians) == math.ceil(len(clients) / 52)


def test_the_bulk_log_is_reproducible_and_its_seed_matters(tmp_path):
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    write_bulk_log(first, scores=2_000, seed=1)
    write_bulk_log(again, scores=2_000, seed=1)
    write_bulk_log(other, scores=2_000, seed=2)
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_both_orders_of_the_bulk_columns_hold_the_same_rows():
    rows = []
    for clustered in (True, False):
        c = bulk_columns(5_000, clustered=clustered)
        order = np.lexsort((c.day, c.instrument, c.client))
        rows.append(
            np.stack([c.client, c.instrument, c.day, c.session_no, c.total]).astype(int)[:, order]
        )
    assert np.array_equal(rows[0], rows[1])
    assert set(rows[0][1]) == set(range(len(BULK_INSTRUMENTS)))


@pytest.mark.parametrize("scores", [2, 3, 4, 41, 999, 1001])
def test_any_number_of_bulk_scores_from_2_is_met_exactly(scores):
    columns = bulk_columns(scores)
    assert columns.total.size == scores
    lengths = np.unique(columns.client.astype(int) * 4 + columns.instrument, return_counts=True)[1]
    assert lengths.min() >= 2


def test_a_bulk_log_of_one_score_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="at least 2"):
        write_bulk_log(tmp_path / "bulk.csv", scores=1)
    assert list(tmp_path.iterdir()) == []


def test_goals_are_reviewed_about_every_fourth_session_and_now_and_then_not(service):
    held, set_on = defaultdict(list), defaultdict(list)
    for row in service.tables["sessions"]:
        if row["attendance"] == "attended":
            held[row["episode_id"]].append(row["held_on"])
    for row in service.tables["goals"]:
        set_on[row["episode_id"]].append(row["set_on"])
    reviews = defaultdict(list)
    for row in service.tables["annotations"]:
        if row["kind"] == "goal_review":
            reviews[row["episode_id"]].append(row["noted_on"])
    gaps = Counter()
    for episode, days in reviews.items():
        assert set(days) <= set(held[episode])
        for before, day in pairwise([max(set_on[episode]), *days]):
            gaps[sum(before < other <= day for other in held[episode])] += 1
    assert min(gaps) == 4
    assert 0.7 < gaps[4] / gaps.total() < 0.9
    long_enough = [e for e, days in held.items() if e in set_on and len(days) > 12]
    assert 0.75 < sum(e in reviews for e in long_enough) / len(long_enough) < 0.95
