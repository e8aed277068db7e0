"""Does each rule find what was planted in the synthetic service, and leave the rest alone?"""

import csv
import math
import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from analytics.criteria import criteria
from analytics.expectation.growth import Refusal
from analytics.plateau import STATES, plateau
from data.errors import DataError
from data.formats.text import Source
from data.library import Library
from data.store import Store
from data.synthetic.planted import read_planted
from data.synthetic.service import synthetic_service
from data.synthetic.writing import COLUMNS, LOG_FILES
from data.validation import services
from data.validation.scored import score_rules
from data.validation.services import LAST_DAY, judged_service
from data.validation.truths import LEVEL_SCORES
from data.validation.verdicts import Share, as_table, pooled, share_of
from data.verification import verify

TODAY = LAST_DAY
SEEDS = (1, 2)

BETTER, WORSE = "reliable improvement", "reliable deterioration"
WORSENING, IMPROVING = "a planted deterioration", "a planted improvement"
LEVEL, SUDDEN, RUPTURE = "a level", "a sudden gain", "an alliance rupture"
OFF, NEAR = "off the expected course", "off or near it"
STEADY, SLOWING = "steady improvers", "slowing improvers"
CASE, NO_CASE = "level, a case", "level, no case"

# Bounds for one service of 600 clients, with expected courses of another one. In 20 services
# (seeds 1 to 20) the shares lay in the ranges that stand behind them; each bound is two
# standard errors of a service's share or more beyond the end of its range, so that another
# generator stream does not break it and a broken rule does.
FOUND_AT_LEAST = {
    (BETTER, "reliable improvement"): 0.93,  # .958 to .983
    (BETTER, "reliable improvement, confirmed"): 0.87,  # .903 to .943
    (WORSE, "reliable deterioration"): 0.80,  # .882 to .959, of about 115
    (WORSE, "reliable deterioration, confirmed"): 0.62,  # .725 to .888
    # Three in ten of these begin on the healthy side, where no course is expected.
    (WORSENING, OFF): 0.41,  # .509 to .671
    (WORSENING, f"{OFF}, twice in a row"): 0.25,  # .347 to .543
    (WORSENING, NEAR): 0.42,  # .521 to .727
    (WORSENING, f"{NEAR}, twice in a row"): 0.35,  # .451 to .615
    (WORSENING, "worsening trend"): 0.50,  # .600 to .720
    (WORSENING, "worsening trend, twice in a row"): 0.43,  # .532 to .641
    (WORSENING, "reliable deterioration"): 0.56,  # .652 to .771
    (WORSENING, "reliable deterioration, confirmed"): 0.36,  # .462 to .629
    (IMPROVING, "improving trend"): 0.50,  # .560 to .660
    (IMPROVING, "improving trend, twice in a row"): 0.39,  # .447 to .559
    (IMPROVING, "reliable improvement"): 0.73,  # .776 to .847
    (IMPROVING, "reliable improvement, confirmed"): 0.63,  # .684 to .768
    (LEVEL, "plateau"): 0.96,  # .988 to 1
    ("a level: stuck", "plateau: stuck"): 0.93,  # .979 to 1
    ("a level: met", "plateau: met"): 0.92,  # .963 to 1
    # Two in five have a missed session, or too few scores, at the jump itself.
    (SUDDEN, "sudden gain"): 0.29,  # .411 to .667, of about 100
}
RUPTURES_AT_LEAST = {
    "alliance below its mark": 0.60,
    "below its mark or dropped": 0.85,  # .943 to 1, of about 37
    "the drop alone": 0.81,  # .918 to 1
}
FALSELY_AT_MOST = {
    (BETTER, "reliable improvement", "never better"): 0.20,  # .096 to .159 over a whole episode
    (BETTER, "reliable improvement, confirmed", "never better"): 0.055,  # .013 to .034
    (WORSE, "reliable deterioration", "never worse"): 0.10,  # .057 to .076
    (WORSE, "reliable deterioration, confirmed", "never worse"): 0.03,  # .007 to .017
    (WORSENING, OFF, STEADY): 0.15,  # .027 to .095
    (WORSENING, OFF, SLOWING): 0.08,  # .003 to .044
    (WORSENING, OFF, NO_CASE): 0.04,  # 0 to .015
    (WORSENING, f"{OFF}, twice in a row", STEADY): 0.045,  # 0 to .019
    (WORSENING, f"{OFF}, twice in a row", SLOWING): 0.03,  # 0 to .011
    (WORSENING, NEAR, STEADY): 0.25,  # .089 to .177
    (WORSENING, NEAR, SLOWING): 0.12,  # .037 to .078
    (WORSENING, "worsening trend", STEADY): 0.02,  # 0
    (WORSENING, "worsening trend", SLOWING): 0.02,  # 0 to .007
    (WORSENING, "worsening trend", CASE): 0.16,  # .042 to .108
    (WORSENING, "worsening trend", NO_CASE): 0.145,  # .022 to .083
    (IMPROVING, "improving trend", CASE): 0.105,  # .013 to .065
    (IMPROVING, "improving trend", NO_CASE): 0.12,  # 0 to .066
    (IMPROVING, "improving trend", "deterioration"): 0.02,  # 0 to .006
    (LEVEL, "plateau", STEADY): 0.08,  # 0 to .041
    # The weak spot: .124 to .268. A slow worsening stays inside the margin for some windows.
    (LEVEL, "plateau", "worsening"): 0.36,
    ("a level: stuck", "plateau: stuck", "planted as met"): 0.20,  # .041 to .142
    ("a level: stuck", "plateau: stuck", STEADY): 0.05,  # 0 to .022
    ("a level: met", "plateau: met", "planted as stuck"): 0.18,  # .063 to .118
    ("a level: met", "plateau: met", STEADY): 0.05,  # 0 to .023
    (SUDDEN, "sudden gain", STEADY): 0.28,  # .123 to .213: they have some by chance
    (SUDDEN, "sudden gain", SLOWING): 0.17,  # .056 to .119
    (SUDDEN, "sudden gain", CASE): 0.06,  # 0 to .031
    (SUDDEN, "sudden gain", NO_CASE): 0.065,  # 0 to .030
    ("a sudden loss", "sudden loss", "never worse"): 0.022,  # .004 to .013
}


@pytest.fixture(scope="module")
def library():
    return Library.load()


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def seed(request):
    return request.param


@pytest.fixture(scope="module")
def folder(seed, tmp_path_factory):
    """Write one synthetic service."""
    place = tmp_path_factory.mktemp("service")
    synthetic_service(place, seed=seed, today=TODAY)
    return place


@pytest.fixture(scope="module")
def scores(seed, library):
    """Score every rule on it, and print the table: shown with -s, and when a test fails."""
    found = judged_service(seed, library).scores
    sys.stdout.write(f"\n{as_table(found)}\n")
    return {(score.question, score.rule): score for score in found}


# The service itself -------------------------------------------------------------------------


def test_every_file_of_the_service_reconciles_and_only_blank_sheets_are_set_aside(
    folder, library, tmp_path
):
    store = Store.create(tmp_path / "store")
    names = ["episodes", *(name for name in LOG_FILES if name != "episodes")]
    reports = store.import_files(
        [Source(f"{name}.csv", folder / f"{name}.csv") for name in names], today=TODAY
    )
    for name, report in zip(names, reports, strict=True):
        counts = report.counts
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert counts.rows == sum(1 for _ in csv.reader(file)) - 1
        assert counts.rows == counts.accepted + counts.duplicate + counts.quarantined
        assert counts.duplicate == 0
        assert report.unread == ()
        assert (counts.quarantined > 0) == (name == "scores")
    assert {row.code for row in store.reader_for_care().quarantine()} == {"all_blank"}
    assert [check for check in verify(store) if check.wrong] == []

    # The rules are scored on the totals that the record holds, sheet by sheet.
    with store.parent(store.current()).cursor() as con:
        stored = con.execute(
            "SELECT e.episode_id, s.instrument, list(c.total ORDER BY administered_on, session_no) "
            "FROM score c JOIN series s USING (series_id) JOIN episode e USING (episode_key) "
            "WHERE c.total IS NOT NULL GROUP BY ALL"
        ).fetchall()
    held = {(episode, instrument): totals for episode, instrument, totals in stored}
    planted = {(s.episode_id, s.instrument): list(s.scores) for s in read_planted(folder, library)}
    assert planted == held


def test_a_planted_level_is_level(folder, library):
    lasting = 0
    for series in read_planted(folder, library):
        if series.level_since >= 0:
            level = series.true_totals[series.level_since :]
            assert np.ptp(level) <= 0.001  # the file has three decimals
            lasting += level.size >= LEVEL_SCORES
    assert lasting > 300


# The rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "rule"), FOUND_AT_LEAST)
def test_what_was_planted_is_found(scores, question, rule):
    assert scores[question, rule].found.of > 80
    assert scores[question, rule].found.rate >= FOUND_AT_LEAST[question, rule]


@pytest.mark.parametrize("rule", RUPTURES_AT_LEAST)
def test_a_rupture_of_the_alliance_is_found_at_once(scores, rule):
    assert scores[RUPTURE, rule].found.of > 20
    assert scores[RUPTURE, rule].found.rate >= RUPTURES_AT_LEAST[rule]
    assert scores[RUPTURE, rule].delay == 0


def test_a_drop_of_one_rating_is_flagged_in_most_alliances_that_never_change(scores):
    """The published drop is small beside the error of a rating: .839 to .971 over an episode."""
    share = scores[RUPTURE, "the drop alone"].falsely("level, within the mark")
    assert share.rate > 0.7
    assert 0.1 < share.looks_flagged / share.looks < 0.5


@pytest.mark.parametrize(("question", "rule", "group"), FALSELY_AT_MOST)
def test_what_was_not_planted_is_rarely_flagged(scores, question, rule, group):
    share = scores[question, rule].falsely(group)
    assert share.of > 80
    assert share.rate <= FALSELY_AT_MOST[question, rule, group]


@pytest.mark.parametrize("naive", ["slope p > .05 over 6", "range within RC over 6"])
def test_the_naive_rules_call_many_more_improving_clients_stuck(scores, naive):
    plateau, thumb = scores[LEVEL, "plateau"], scores[LEVEL, naive]
    assert thumb.naive
    assert not plateau.naive
    ours, theirs = plateau.falsely(STEADY), thumb.falsely(STEADY)
    assert theirs.of == ours.of
    assert theirs.interval[0] > 5 * ours.rate
    assert theirs.interval[0] > ours.interval[1]
    assert thumb.falsely("worsening").rate > 2 * plateau.falsely("worsening").rate


def test_the_naive_rules_are_earlier_and_that_is_their_one_advantage(scores):
    """A plateau needs eight scores: the eighth on a level is the seventh after the first."""
    assert scores[LEVEL, "plateau"].delay == 7
    slope, near = scores[LEVEL, "slope p > .05 over 6"], scores[LEVEL, "range within RC over 6"]
    assert slope.delay < near.delay < 7


@pytest.mark.parametrize(
    ("question", "ours", "naive", "group"),
    [
        (BETTER, "reliable improvement", "better than the first score", "never better"),
        (BETTER, "reliable improvement", "better by 1 SEM", "never better"),
        (WORSE, "reliable deterioration", "worse than the first score", "never worse"),
        (WORSE, "reliable deterioration", "worse by 1 SEM", "never worse"),
        (WORSENING, OFF, "worse than the average course", STEADY),
        (WORSENING, OFF, "worse than the first score", STEADY),
        (WORSENING, OFF, "worse than the average course", SLOWING),
        (WORSENING, "worsening trend", "worse slope, p < .05 over 6", SLOWING),
        (IMPROVING, "improving trend", "better slope, p < .05 over 6", CASE),
        (IMPROVING, "improving trend", "better than the first score", "deterioration"),
        (SUDDEN, "sudden gain", "one step of the reliable change", STEADY),
        (SUDDEN, "sudden gain", "one step of the reliable change", CASE),
    ],
)
def test_each_rule_of_thumb_flags_more_clients_who_should_not_be(
    scores, question, ours, naive, group
):
    """At least 1.4 times as many in each of 20 services; most of them more than 3 times."""
    right, thumb = scores[question, ours].falsely(group), scores[question, naive].falsely(group)
    assert right.of == thumb.of
    assert thumb.rate > 1.2 * right.rate


@pytest.mark.parametrize(
    ("question", "rule", "twice"),
    [
        (BETTER, "reliable improvement", "confirmed"),
        (WORSE, "reliable deterioration", "confirmed"),
        (WORSENING, OFF, "twice in a row"),
        (WORSENING, NEAR, "twice in a row"),
        (IMPROVING, "improving trend", "twice in a row"),
    ],
)
def test_confirming_on_two_costs_some_sensitivity_and_saves_most_false_flags(
    scores, question, rule, twice
):
    once, again = scores[question, rule], scores[question, f"{rule}, {twice}"]
    assert once.found.of == again.found.of
    assert once.found.rate - 0.25 < again.found.rate < once.found.rate
    assert again.false_flags[0].rate < once.false_flags[0].rate / 2
    assert once.delay <= again.delay <= once.delay + 3


def test_the_expected_course_warns_before_the_change_is_reliable(scores):
    off, changed = scores[WORSENING, OFF], scores[WORSENING, "reliable deterioration"]
    assert off.delay <= changed.delay
    assert off.delay < scores[WORSENING, "worsening trend"].delay


def test_who_could_not_be_assessed_is_counted_and_not_called_found(scores):
    for score in scores.values():
        assert score.found.silent <= score.found.of - score.found.hits
        for share in score.false_flags:
            assert share.silent <= share.of - share.hits
            assert share.looks_flagged <= share.looks
    # Who begins on the healthy side has no recovery to be late for.
    assert scores[WORSENING, OFF].falsely(NO_CASE).silent > 50


def test_the_table_names_each_rule_with_counts_and_interval(scores):
    table = as_table(scores.values())
    for (question, rule), score in scores.items():
        low, high = score.found.interval
        told = f"{score.found.hits}/{score.found.of} {score.found.rate:.2f} ({low:.2f}-{high:.2f})"
        lines = [line for line in table.splitlines() if line.startswith(f"{question:26}{rule}")]
        assert any(told in line for line in lines)


# The scoring, on a service of seven clients -------------------------------------------------

# One PHQ-9 a week without any error: what each rule should do can be counted by hand.
STUCK = [16.0] * 12
FALLING = [27.0 - 1.5 * week for week in range(12)]
JUMPING = [18.0, 18.0, 18.0, 10.0, 10.0, 10.0]
RISING = [9.0, 11.0, 13.0, 15.0, 17.0]
FREED = [16.0] * 9 + [4.0] * 12
# Ratings of the session: a rupture at the third, and an alliance that never changes.
BROKEN = [38.0, 38.0, 30.0, 34.0, 36.0, 37.0]
GOOD = [38.0] * 6


@pytest.fixture
def by_hand(tmp_path):
    """Write a service of seven clients whose scores are their true totals."""
    planted = {
        "stuck": ("stuck", STUCK, 1, "stuck"),
        "falling": ("steady_improver", FALLING, "", ""),
        "jumping": ("sudden_gain", JUMPING, 4, "stuck"),
        "worsening": ("deterioration", RISING, 1, ""),
        "freed": ("sudden_gain", FREED, 10, "maintained"),
        "broken": ("alliance_rupture", BROKEN, 3, ""),
        "good": ("alliance", GOOD, "", ""),
    }
    tables = {"scores": [], "truth": [], "true_totals": []}
    for client, (course, totals, onset, kind) in planted.items():
        instrument = "srs" if course.startswith("alliance") else "phq-9"
        keys = {"client_id": client, "episode_id": client, "instrument": instrument}
        tables["truth"].append(
            keys | {"course": course, "onset_session": onset, "plateau_kind": kind}
        )
        for week, total in enumerate(totals):
            day = {"administered_on": date(2024, 1, 1) + timedelta(weeks=week)}
            row = keys | day | {"session_no": week + 1}
            tables["scores"].append(row | {"total": total})
            tables["true_totals"].append(row | {"true_total": total})
    for name, rows in tables.items():
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return tmp_path


def test_clients_without_error_are_scored_as_counted_by_hand(by_hand, library):
    scores = {(score.question, score.rule): score for score in score_rules(by_hand, library)}

    def told(question, rule):
        score = scores[question, rule]
        false = {share.group: (share.hits, share.of) for share in score.false_flags}
        return (score.found.hits, score.found.of), score.delay, false

    # Better by 6 points: jumping and freed at once, falling at the fifth score; nobody else is.
    assert told(BETTER, "reliable improvement") == ((3, 3), 0.0, {"never better": (0, 2)})
    assert told(BETTER, "reliable improvement, confirmed") == (
        (3, 3),
        1.0,
        {"never better": (0, 2)},
    )
    # Worse by 6 points at the fourth of five scores.
    assert told(WORSE, "reliable deterioration") == ((1, 1), 0.0, {"never worse": (0, 4)})
    assert told(WORSE, "reliable deterioration, confirmed") == (
        (1, 1),
        1.0,
        {"never worse": (0, 4)},
    )
    # Two levels of twelve scores; that of jumping has three and counts nowhere, and the five
    # worsening scores are fewer than the six with which looks begin.
    moving = {STEADY: (0, 1), "worsening": (0, 0)}
    assert told(LEVEL, "plateau") == ((2, 2), 7.0, moving)
    # Stuck at the sixth score; freed at the tenth, where one low score does not make a trend.
    assert told(LEVEL, "slope p > .05 over 6") == ((2, 2), 2.5, moving)
    # A range of 7.5 points in six scores is more than the reliable change of 6.
    assert told(LEVEL, "range within RC over 6") == ((2, 2), 5.0, moving)
    # Freed was stuck until the ninth score, rightly: that is no false flag.
    assert told("a level: stuck", "plateau: stuck") == (
        (1, 1), 7.0, {"planted as met": (0, 1), STEADY: (0, 1)},
    )  # fmt: skip
    assert told("a level: met", "plateau: met") == (
        (1, 1), 7.0, {"planted as stuck": (0, 1), STEADY: (0, 1)},
    )  # fmt: skip
    # The deterioration of 2 points a week sets in with the second score.
    level = {STEADY: (0, 1), SLOWING: (0, 0), CASE: (0, 0), NO_CASE: (0, 0)}
    assert told(WORSENING, "reliable deterioration") == ((1, 1), 2.0, level)
    assert told(WORSENING, "reliable deterioration, confirmed") == ((1, 1), 3.0, level)
    assert told(WORSENING, "worse than the first score") == ((1, 1), 0.0, level)
    # One SEM is 2.06 points: the third score, 4 points above the first one.
    assert told(WORSENING, "worse by 1 SEM") == ((1, 1), 1.0, level)
    # Five scores are too few for a trend, and there is no expected course.
    for rule in ("worsening trend", OFF, NEAR, "worse slope, p < .05 over 6"):
        assert told(WORSENING, rule)[0] == (0, 1)
        assert scores[WORSENING, rule].found.silent == 1
    # Falling: the eighth score is the sixth after the second, with which the truth holds.
    assert told(IMPROVING, "improving trend")[:2] == ((1, 1), 6.0)
    assert told(IMPROVING, "improving trend, twice in a row")[:2] == ((1, 1), 7.0)
    assert told(IMPROVING, "better slope, p < .05 over 6")[:2] == ((1, 1), 4.0)
    assert told(IMPROVING, "better than the first score")[:2] == ((1, 1), 0.0)
    # A sudden gain is known one score after it; a large step at once.
    assert told(SUDDEN, "sudden gain") == ((2, 2), 1.0, level)
    assert told(SUDDEN, "one step of the reliable change") == ((2, 2), 0.0, level)
    assert told("a sudden loss", "sudden loss")[2] == {"never worse": (0, 4)}
    for rule in ("below its mark or dropped", "the drop alone"):
        assert told(RUPTURE, rule) == ((1, 1), 0.0, {"level, within the mark": (0, 1)})


def test_the_expected_course_comes_from_a_service_of_other_clients(by_hand, library, monkeypatch):
    judged = read_planted(by_hand, library)
    other = [replace(s, scores=s.scores + 1) for s in judged]
    fitted = []

    def spy(weeks, scores, offsets, *, instrument, **facts):
        fitted.append((instrument, scores))
        return Refusal("Not in this test.", 0)

    monkeypatch.setattr(services, "fit_growth", spy)
    by_seed = {3: judged, 3 + services.OTHER_SEEDS: other}
    monkeypatch.setattr(services, "planted_service", lambda seed, _library: by_seed[seed])
    service = judged_service(3, library)
    ((instrument, scores),) = fitted  # a process measure has no expected course
    theirs = np.concatenate([s.scores for s in other if s.instrument == "phq-9"])
    assert instrument == "phq-9"
    assert np.array_equal(scores, theirs)
    assert service.refusals == ("PHQ-9: Not in this test.",)
    assert service.scores == score_rules(by_hand, library)


def test_a_jump_far_from_the_planted_one_is_not_the_planted_one(by_hand, library):
    truth = (by_hand / "truth.csv").read_text(encoding="utf-8")
    # The gain of "freed" is said to have been planted at session 15, and lies at 10.
    moved = truth.replace("sudden_gain,10,", "sudden_gain,15,")
    assert moved != truth
    (by_hand / "truth.csv").write_text(moved, encoding="utf-8")
    scores = {score.rule: score for score in score_rules(by_hand, library)}
    for rule in ("sudden gain", "one step of the reliable change"):
        assert (scores[rule].found.hits, scores[rule].found.of) == (1, 2)


def test_a_sudden_gain_at_a_missed_session_could_not_be_found(by_hand, library):
    rows = (by_hand / "scores.csv").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if not (row.startswith("jumping") and ",3,18" in row)]
    assert len(kept) == len(rows) - 1
    (by_hand / "scores.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    score = next(s for s in score_rules(by_hand, library) if s.rule == "sudden gain")
    assert (score.found.hits, score.found.of, score.found.silent) == (1, 2, 1)


def test_nearly_every_sudden_gain_that_could_be_found_is_found(scores):
    """.85 to .97 in 20 services, of about 70."""
    found = scores[SUDDEN, "sudden gain"].found
    assert found.silent > 0.2 * found.of
    assert found.hits / (found.of - found.silent) > 0.77


def test_an_alert_long_after_a_rupture_is_not_about_it(by_hand, library):
    truth = (by_hand / "truth.csv").read_text(encoding="utf-8")
    (by_hand / "truth.csv").write_text(
        truth.replace("alliance_rupture,3,", "alliance_rupture,1,"), encoding="utf-8"
    )
    # The appointment after it was missed, and what is left below the mark came later.
    rows = (by_hand / "scores.csv").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if not (row.startswith("broken") and ",30.0," in row)]
    assert len(kept) == len(rows) - 1
    (by_hand / "scores.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    score = next(s for s in score_rules(by_hand, library) if s.rule == "below its mark or dropped")
    assert (score.found.hits, score.found.of) == (0, 1)


def test_a_look_sees_only_the_scores_so_far(folder, library, scores):
    """The batch of all beginnings says what looking at one client after each score says."""
    rules = {name: criteria(i, library.rules) for name, i in library.instruments.items()}
    found = to_find = 0
    for series in read_planted(folder, library):
        rule = rules[series.instrument].plateau
        size = series.scores.size
        if series.plateau_kind == "" or size - series.level_since < LEVEL_SCORES:
            continue
        if series.instrument == "srs" or math.isnan(rule.margin):
            continue
        to_find += 1
        for n in range(series.level_since + 1, size + 1):
            seen = plateau(series.weeks[:n], series.scores[:n], [0, n], rule=rule)
            if STATES[seen.state[0]] == "plateau":
                found += 1
                break
    share = scores[LEVEL, "plateau"].found
    assert (share.hits, share.of) == (found, to_find)


def test_the_interval_of_a_share_is_that_of_scipy():
    from scipy.stats import binomtest

    for hits, of in ((0, 164), (1, 164), (41, 156), (358, 358)):
        right = binomtest(hits, of).proportion_ci(0.95, method="wilson")
        share = Share("a group", ((0, 1, of - hits), (1, 1, hits)))
        assert (share.hits, share.of) == (hits, of)
        assert share.interval == pytest.approx(tuple(right), abs=1e-12)
    assert all(math.isnan(end) for end in Share("nobody", ()).interval)


def test_series_of_one_client_widen_the_interval_as_a_cluster_does():
    """The variance of a ratio of sums over clients, by statsmodels' cluster-robust errors."""
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    sizes = rng.integers(1, 4, size=300)
    likely = np.repeat(rng.beta(0.4, 1.2, size=300), sizes)
    clients = np.repeat(np.arange(300), sizes)
    flagged = rng.random(clients.size) < likely
    share = share_of("a group", [str(client) for client in clients], list(flagged))
    fit = sm.OLS(flagged.astype(float), np.ones(clients.size)).fit(
        cov_type="cluster", cov_kwds={"groups": clients, "df_correction": False}
    )
    low, high = share.interval
    assert share.rate == pytest.approx(fit.params[0])
    # Wilson's limits lie about 1.96 standard errors away; the correction k / (k - 1) is small.
    assert (high - low) / 2 / 1.959964 == pytest.approx(fit.bse[0], rel=0.02)
    alone = Share("a group", ((0, 1, share.of - share.hits), (1, 1, share.hits)))
    assert high - low > 1.1 * (alone.interval[1] - alone.interval[0])


def test_services_together_have_the_sums_of_each(by_hand, library):
    one = score_rules(by_hand, library)
    for single, both in zip(one, pooled([one, one]), strict=True):
        assert (both.question, both.rule, both.naive) == (
            single.question,
            single.rule,
            single.naive,
        )
        assert both.found.hits == 2 * single.found.hits
        assert both.delays == single.delays * 2
        for few, many in zip(single.false_flags, both.false_flags, strict=True):
            assert (many.of, many.looks) == (2 * few.of, 2 * few.looks)
            assert many.silent == 2 * few.silent


def test_a_folder_without_the_truth_is_told(by_hand, library):
    (by_hand / "truth.csv").unlink()
    with pytest.raises(DataError, match=r"truth\.csv cannot be read \(No such file"):
        score_rules(by_hand, library)


def test_a_file_of_another_layout_is_told(by_hand, library):
    (by_hand / "truth.csv").write_text("client_id,course\nA,flat\n", encoding="utf-8")
    with pytest.raises(DataError, match="other columns than the synthetic service writes"):
        score_rules(by_hand, library)
