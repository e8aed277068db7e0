"""Does each flag on the client's page say since when, by which rule, how surely, and what ends it?"""

import csv
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist

import pytest

from analytics.estimates import Estimates
from analytics.false_alarms import false_alarm_rate
from analytics.flags import KINDS, kinds_of
from analytics.sensitivity.samples import PairedSample
from dashboard.theme import ATTENTION, COURSE, FLAG, PLATEAU_KIND
from dashboard.views.caseload import caseload_view
from dashboard.views.client import client_view
from dashboard.views.findings import beside_expected
from dashboard.views.windows import plateau_from, would_turn
from dashboard.views.words import rate
from data.library import Library
from data.records import CaseloadQuery
from data.scope import Scope

TODAY = date(2026, 3, 2)
LIBRARY = Library.load()
MONDAY = date(2025, 9, 1)


@pytest.fixture
def view_of(client_of):
    """Return a function that gives the page of one client's scores."""

    def run(scores, *, baselines=None, **options):
        record = client_of(scores, **options)
        places = {r.series_id: (baselines or {}).get(r.instrument, 0) for r in record.row.results}
        return client_view(record, LIBRARY, today=TODAY, baselines=places)

    return run


def parts(view, title):
    """Return the parts of the one reason whose title has these words."""
    (found,) = [reason for reason in view.reasons if title in reason.title]
    return dict(found.parts)


def goals(*ratings, target=8):
    """Return a first goal with these weekly ratings, aimed at *target*."""
    rows = [
        f"C-1-1,G1,{MONDAY + timedelta(weeks=week)},{week + 1},{rating}"
        for week, rating in enumerate(ratings)
    ]
    return {
        "episodes.csv": "episode_id,client_id,clinician_id,started_on\nC-1-1,C-1,Ana,2025-09-01\n",
        "goals.csv": "episode_id,goal_id,set_on,rank,kind,target_on,start_value,target_value,unit,"
        f"statement\nC-1-1,G1,2025-09-01,1,outcome,2026-02-02,0,{target},rating from 0 to 10,walk\n",
        "goal_ratings.csv": "\n".join(["episode_id,goal_id,rated_on,session_no,rating", *rows])
        + "\n",
    }


# The list of flags ------------------------------------------------------------------------

MIXED = {
    "phq-9": [20, 14, 8, 8, 7],
    "gad-7": [6, 12, 13],
    "bdi-ii": [30, 29, 45, 46],
    "srs": [39, 35, 34],
    "ors": [20] * 10,
}


def test_the_flags_of_the_page_are_those_of_the_store(client_of):
    record = client_of(MIXED)
    view = client_view(record, LIBRARY, today=TODAY)
    stored = sorted(kind for r in record.row.results for kind in kinds_of(r.flags))
    own = ("risk_answer", "disagreement", "review_due")
    assert sorted(line.kind for line in view.flags if line.kind not in own) == stored
    assert len(stored) > 4


def test_flags_come_by_severity_and_each_has_its_reason(view_of):
    view = view_of(MIXED)
    kinds = [line.kind for line in view.flags]
    assert kinds == sorted(kinds, key=KINDS.index)
    told = {kind for reason in view.reasons for kind in reason.kinds}
    assert set(kinds) - {"disagreement"} == told
    for reason in view.reasons:
        if reason.kinds and "risk_answer" not in reason.kinds:
            labels = [label for label, _ in reason.parts]
            assert labels[:3] == ["Rule", "Since", "Numbers"], reason.title
            assert "What would change it" in labels, reason.title
            assert "facts version" in dict(reason.parts)["Rule"]


def test_a_flag_says_since_when_and_whether_it_was_seen_twice(view_of):
    (line,) = view_of({"gad-7": [10, 16, 12, 17, 18]}).flags
    assert line.label == "▼ worse"
    assert line.text == "GAD-7, since 22 Sep 2025 (session 4); seen in the last 2 scores."
    (line,) = view_of({"gad-7": [10, 12, 17]}, client="C-2").flags
    assert line.text == (
        "GAD-7, since 15 Sep 2025 (session 3); seen in the last score only, and a second score in "
        "a row would confirm it."
    )


def test_a_positive_answer_and_a_disagreement_are_in_the_list(view_of):
    view = view_of({"phq-9": [[1] * 8 + [2]], "gad-7": [5, 12], "ors": [15, 29]})
    assert [line.kind for line in view.flags][:3] == [
        "deterioration",
        "risk_answer",
        "disagreement",
    ]
    answer = parts(view, ATTENTION["answer"].text)
    assert answer["Rule"].startswith("an answer of 1 or more to item 9 is shown before everything")
    assert "source: " in answer["Criterion"]


def test_another_baseline_changes_no_flag(view_of):
    scores = {"bdi-ii": [30, 45, 46, 60]}
    whole, later = view_of(scores), view_of(scores, baselines={"bdi-ii": 1}, client="C-2")
    assert [(line.kind, line.text) for line in later.flags] == [
        (line.kind, line.text) for line in whole.flags
    ]
    assert parts(later, "▼ worse") == parts(whole, "▼ worse")


# How surely -------------------------------------------------------------------------------


def test_the_rate_of_false_alarms_is_that_of_the_looks_so_far(view_of):
    view = view_of({"phq-9": [12, 13, 18, 19]})
    judging = LIBRARY.judging("phq-9")
    once, twice = (
        false_alarm_rate(6, judging.sem.value, looks=3, confirmed=again, step=1, inclusive=True)
        for again in (False, True)
    )
    assert parts(view, "▼ worse")["By chance"] == (
        f"of clients whose true score never changes, {rate(once)} would be called worse at least "
        f"once in 3 looks, and {rate(twice)} at two looks in a row; errors that last from week to "
        "week make this more frequent; this is the average over first scores: after a high one a "
        "false improvement is more frequent and a false worsening rarer, at the other end the "
        "other way round (regression to the mean)"
    )
    assert "By chance" not in parts(view_of({"phq-9": [12, 13]}, client="C-2"), "≈ no reliable")


def test_where_higher_is_better_the_worse_end_is_the_low_one(view_of):
    told = parts(view_of({"ors": [12, 30]}), "▲ better")["By chance"]
    assert "after a low one a false improvement is more frequent" in told


def test_at_the_first_look_nothing_can_be_seen_twice(view_of):
    told = parts(view_of({"phq-9": [12, 19]}), "▼ worse")["By chance"]
    assert "would be called worse at one look; two in a row need a second score" in told


def test_the_probability_of_a_true_change_says_what_it_is_not(view_of):
    told = parts(view_of({"phq-9": [20, 14]}), "▲ better")["Probability"]
    # 6 points over a standard error of a difference of 2.91: Phi(2.06).
    assert told.startswith("the probability that the true change is an improvement: 98 % if every")
    assert "too sure where most clients change in one direction" in told
    assert "not the probability that the change is large enough to matter" in told
    assert "Probability" not in parts(view_of({"phq-9": [20, 20]}, client="C-2"), "≈ no reliable")


def test_a_change_within_error_has_no_probability(view_of):
    # 5 points over 2.91 is 1.72.
    told = parts(view_of({"phq-9": [20, 15]}), "no reliable")["Probability"]
    assert told == "none is given for a change within measurement error"


@pytest.mark.parametrize(
    ("scores", "way", "sign"), [((20, 12), "an improvement", 1), ((12, 20), "a worsening", -1)]
)
def test_beside_the_changes_of_the_service_the_probability_of_a_worsening_is_lower(
    client_of, scores, way, sign
):
    pairs = PairedSample(80, 16.0, 5.0, 10.0, 5.0, 0.6, "the service's own sample")
    library = LIBRARY.with_figures([Estimates("phq-9", "1", pairs=pairs)], 1)
    view = client_view(client_of({"phq-9": scores}), library, today=TODAY)
    (reason,) = [r for r in view.reasons if "Probability" in dict(r.parts)]
    told = dict(reason.parts)["Probability"]
    # s_D^2 = 50 - 30 = 20; the rest by hand from the formula in docs/methods.md.
    error2 = LIBRARY.judging("phq-9").s_diff.value ** 2
    tau2, change = 20 - error2, 8 * sign
    mean = (tau2 * change + error2 * 6) / (tau2 + error2)
    beside = NormalDist().cdf(sign * mean / (tau2 * error2 / (tau2 + error2)) ** 0.5)
    flat = NormalDist().cdf(8 / error2**0.5)
    assert told.startswith(
        f"the probability that the true change is {way}: {rate(flat)} if every true change was "
        f"equally likely beforehand; {rate(beside)} beside the changes, from first to last score, "
        "of this service's 80 clients; it is not"
    )
    assert (beside < flat) is (sign < 0)
    (measure,) = view.measures
    answers = {question: answer for question, answer, _ in measure.sensitivity.facts}
    assert answers["Probability that the true change has this direction"] == rate(beside)


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.5, "50 %"), (0.0256, "2.6 %"), (0.9796, "98 %"), (1.0, "more than 99.9 %"), (0.0, "less than 0.1 %")],
)  # fmt: skip
def test_no_chance_is_rounded_to_none_or_all(share, words):
    assert rate(share) == words


# The expected course ----------------------------------------------------------------------


def test_above_the_limit_is_told_with_both_numbers_and_comes_before_a_plateau(view_of):
    view = view_of({"bdi-ii": [30] * 12})
    (found,) = view.findings
    result = view.measures[0].result
    assert result.not_on_track == "red"
    assert found.attention == "off_course"
    limit = re.search(
        r"above the limit of the expected course \(30, limit ([\d.]+)\)", found.sentence
    )
    assert float(limit[1]) == pytest.approx(result.expected_limit, abs=0.05)
    assert found.short.startswith(f"BDI-II {limit[0]}, ")
    told = parts(view, COURSE["red"].text)
    assert "n = 12" in told["Numbers"]
    assert "ENRICHD" in told["Criterion"]
    assert "over all scores together, 10 % of comparable clients lie beyond" in told["By chance"]
    assert told["By chance"].endswith(
        "Whether this holds for clients of this service has not been checked."
    )
    assert "failing" not in found.sentence


def test_the_next_totals_are_those_at_which_the_code_turns(view_of):
    view = view_of({"bdi-ii": [30] * 12})
    told = parts(view, COURSE["red"].text)["What would change it"]
    within = int(re.search(r"total of (\d+) or less would be within", told)[1])
    off = int(re.search(r"more than (\d+) off the expected course", told)[1])
    for last, code in ((within, "within"), (within + 1, "amber"), (off, "amber"), (off + 1, "red")):
        again = view_of({"bdi-ii": [*[30] * 12, last]}, client=f"C-{last}")
        assert again.measures[0].result.not_on_track == code


def test_near_the_limit_is_told_and_decides_nothing(view_of):
    view = view_of({"bdi-ii": [30] * 12})
    off = int(
        re.search(r"more than (\d+) off", parts(view, COURSE["red"].text)["What would change it"])[
            1
        ]
    )
    near = view_of({"bdi-ii": [*[30] * 12, off]}, client="C-2")
    (found,) = near.findings
    assert found.attention != "off_course"
    assert f"near the limit of the expected course ({off}, between" in found.sentence
    assert [line.kind for line in near.flags if "limit" in line.kind] == ["near_limit"]


def test_two_limits_that_round_to_the_score_are_told_to_the_hundredth(view_of):
    result = view_of({"bdi-ii": [30] * 12}).measures[0].result
    close = replace(result, latest=19.0, expected_amber=18.2, expected_limit=18.97)
    told = beside_expected(close, LIBRARY.instruments["bdi-ii"])
    assert told == "above the limit of the expected course (19, limit 18.97)"


def test_where_the_course_cannot_be_assessed_it_says_why(view_of):
    view = view_of({"bdi-ii": [8, 12, 9], "phq-9": [12, 13]})
    told = [dict(r.parts)["Not assessed"] for r in view.reasons if "expected course" in r.title]
    assert any("outside the clinical range" in text for text in told)
    assert any("no own figures for this questionnaire yet" in text for text in told)


# Sudden gains and the trend ---------------------------------------------------------------


def test_a_sudden_gain_is_told_with_its_criteria_and_its_caveat(view_of):
    told = parts(view_of({"phq-9": [20, 21, 20, 9, 8, 9, 9]}), FLAG["sudden_gain"].text)
    assert told["Numbers"] == (
        "sudden gain of 11 points on 22 Sep 2025 (session 4), held so far; 4 intervals could be judged"
    )
    assert told["Criterion"].startswith("6 points or more; 25 % or more of the score before")
    assert "2.78 of their pooled standard deviation" in told["Criterion"]
    assert re.search(
        r"no jump at all, [\d.]+ % of the unchanged and \d+ % of the steadily", told["By chance"]
    )
    assert told["What would change it"] == (
        "a later score above 14.5 would give back more than half of the latest one"
    )


def test_a_sudden_loss_quotes_losses_of_the_unchanged_and_no_gains(view_of):
    told = parts(view_of({"phq-9": [8, 9, 8, 20, 21, 20, 20]}), FLAG["sudden_loss"].text)
    assert re.search(
        r"no jump at all, [\d.]+ % of the unchanged ones have a sudden loss$", told["By chance"]
    )


def test_a_level_says_how_often_a_course_that_goes_on_is_called_one(view_of):
    """The shares lie near those of 4,000 clients a course, on file with their source."""
    told = parts(
        view_of({"phq-9": [15, 16, 15, 14, 15, 16, 15, 15, 16, 15]}), PLATEAU_KIND["stuck"].text
    )
    shares = [float(part) / 100 for part in re.findall(r"([\d.]+) % of those", told["By chance"])]
    golden = Path(__file__).parent / "golden" / "plateau_simulation.csv"
    with golden.open(encoding="utf-8", newline="") as file:
        wanted = {
            row["trajectory"]: float(row["share"])
            for row in csv.DictReader(file)
            if (row["rule"], row["noise"]) == ("equivalence", "white")
        }
    assert shares == pytest.approx([wanted[c] for c in ("steady", "worsening", "late")], abs=0.04)
    assert "up to score 12; errors that last from week to week make this more" in told["By chance"]
    assert told["By chance"].endswith("a level that is flagged is a reason to review")


def test_a_trend_says_that_lasting_errors_make_it_more_frequent(view_of):
    told = parts(view_of({"phq-9": [5, 7, 9, 11, 13, 15, 17, 19, 21]}), "worsening")["By chance"]
    assert told.endswith("errors that last from week to week make this more frequent")


def test_a_gain_that_was_given_back_stands_no_more_and_says_when(view_of):
    view = view_of({"phq-9": [20, 21, 20, 9, 8, 9, 19]})
    assert "sudden_gain" not in {line.kind for line in view.flags}
    told = parts(view, "sudden gains")
    assert "more than half of it given back by 13 Oct 2025" in told["Numbers"]


def test_too_few_sessions_for_a_sudden_gain_are_not_called_none(view_of):
    told = parts(view_of({"phq-9": [20, 9, 8]}), "sudden gains")["Numbers"]
    assert told.startswith("cannot be assessed yet: no interval between two sessions")


def test_the_trend_decides_nothing_and_says_so(view_of):
    told = parts(view_of({"phq-9": [20, 18, 17, 14, 13]}), "PHQ-9: trend")
    assert "Mann-Kendall" in told["Numbers"]
    assert "(exact)" in told["Numbers"]
    assert told["What it decides"].startswith("nothing")


# Several measures, goals and the alliance -------------------------------------------------


def together(view):
    return [(line.kind, line.text) for line in view.together]


def test_symptoms_better_while_the_first_goal_has_not_moved(view_of):
    view = view_of({"phq-9": [20, 14, 12, 8, 8]}, companions=goals(2, 3, 4, 4, 4))
    assert together(view) == [
        (
            "better_while_goal_unmoved",
            "Symptoms improved reliably on PHQ-9; the first goal (G1) has not moved since session 3 "
            "(3 ratings of 4).",
        )
    ]
    assert not view.together[0].is_urgent
    assert "disagreement" in {line.kind for line in view.flags}


def test_a_small_move_of_a_goal_is_not_called_none(view_of):
    view = view_of({"phq-9": [20, 14, 12]}, companions=goals(2, 2, 4))
    assert view.together[0].text.endswith(
        "the first goal (G1) has moved by less than a meaningful 3 points (2 to 4 of 10)."
    )


def test_goals_better_while_symptoms_are_not(view_of):
    view = view_of({"phq-9": [14, 13, 15]}, companions=goals(1, 4, 6))
    assert together(view) == [
        (
            "goal_better_while_unmoved",
            "The first goal (G1) is at 6 of 10, 1 at first, while no reliable change is seen on "
            "PHQ-9 (n = 3).",
        )
    ]


def test_worse_while_the_alliance_is_low_comes_first(view_of):
    view = view_of({"phq-9": [12, 19], "srs": [39, 30]})
    (line,) = view.together
    assert line.text == "PHQ-9 is worse, and the alliance (SRS) asks to be talked about."
    assert line.is_urgent


def test_values_that_are_no_higher_are_told_beside_a_relief(view_of):
    view = view_of({"phq-9": [20, 8], "vlq": [45.2, 44.8]})
    assert together(view)[0][1] == (
        "Symptoms improved reliably on PHQ-9; VLQ, on living by one's values, is no higher than at "
        "first (45.2 to 44.8)."
    )
    assert together(view_of({"phq-9": [20, 8], "vlq": [45.2, 48]}, client="C-2")) == []


def test_agreement_is_said_too(view_of):
    view = view_of({"phq-9": [20, 8], "gad-7": [15, 5]}, companions=goals(1, 6))
    assert together(view) == [
        ("all_better", "The measures agree: GAD-7, PHQ-9 and the first goal (G1) are better.")
    ]
    assert not view.together[0].is_urgent


@pytest.mark.parametrize(
    ("level", "ratings", "kind", "words"),
    [
        (
            8,
            (2, 5, 8),
            "maintained",
            ", and the first goal (G1) is at 8 of 10, where it is aimed at",
        ),
        (8, (2, 2, 2), "maintained", ", but the first goal (G1) has not moved since session 1"),
        (14, (2, 5, 8), "stuck", ", while the first goal (G1) is at 8 of 10, where it is aimed at"),
        (14, (2, 4), "stuck", ", and the first goal (G1) has moved by less than a meaningful 3"),
        (14, (2,), "stuck", ""),
    ],
)
def test_a_plateau_is_met_or_stuck_by_cutoff_and_goal_together(
    view_of, level, ratings, kind, words
):
    view = view_of({"phq-9": [level] * 10}, companions=goals(*ratings))
    (found,) = view.findings
    assert found.mark == PLATEAU_KIND[kind].text
    assert f"side of the cutoff{words}" in found.sentence
    told = parts(view, PLATEAU_KIND[kind].text)["Met or stuck"]
    assert words in told if words else told.endswith("no rated goal is on file that could say more")


# More scores ------------------------------------------------------------------------------


def test_a_plateau_that_needs_more_scores_than_a_trend_says_so(view_of):
    rule = LIBRARY.judging("phq-9").plateau
    assert plateau_from(rule) == 8
    loose = replace(rule, sigma=3.0)
    assert plateau_from(loose) == 9
    assert plateau_from(replace(rule, sigma=9.0)) is None
    result = view_of({"phq-9": [14, 13, 15]}).measures[0].result
    assert would_turn(result, loose, []) == (
        "5 more scores (8 are needed) for a trend, 6 more for a plateau (9 are needed, as scores "
        "scatter by 3 points and the limit is ±5)"
    )
    assert would_turn(result, replace(rule, sigma=9.0), []).startswith(
        "5 more scores (8 are needed) for a trend; no plateau can be called, as scores scatter by 9"
    )


# Nothing unsaid ---------------------------------------------------------------------------


def everything(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for part in value for text in everything(part)]
    fields = getattr(value, "__dataclass_fields__", {})
    return [text for name in fields for text in everything(getattr(value, name))]


@pytest.mark.parametrize(
    "scores",
    [
        pytest.param([30], id="one score"),
        pytest.param([30, 30], id="two equal"),
        pytest.param([30] * 9, id="all equal"),
        pytest.param([1] * 8, id="all near the best"),
        pytest.param([63] * 8, id="all at the worst"),
        pytest.param({0: 30, 9: 30, 20: 12}, id="far apart"),
        pytest.param({0: 8, 1: 9}, id="intake below the cutoff"),
    ],
)
@pytest.mark.parametrize("instrument", ["bdi-ii", "bai"])
def test_no_series_leaves_a_missing_number_on_the_page(view_of, scores, instrument):
    view = view_of({instrument: scores})
    own = [*everything(view.reasons), *everything(view.flags), *everything(view.findings)]
    for text in own:
        assert not re.search(r"\b(nan|None|inf)\b", text), text
        assert "on track" not in text


def test_the_caseload_finds_clients_off_the_course_and_alliances_to_talk_about(import_text, store):
    lines = ["client_id,episode_id,instrument,administered_on,session_no,total"]
    for client, name, totals in (
        ("C-1", "bdi-ii", [30] * 12),
        ("C-2", "srs", [39, 35.5]),
        ("C-2", "phq-9", [14, 14]),
        ("C-3", "bdi-ii", [30, 45, 50, 52]),
    ):
        lines += [
            f"{client},{client},{name},{MONDAY + timedelta(weeks=week)},{week + 1},{total}"
            for week, total in enumerate(totals)
        ]
    import_text("\n".join(lines) + "\n")
    reader = store.reader(Scope.everyone("test"))

    def shown(**choices):
        query = CaseloadQuery(**choices)
        view = caseload_view(reader.caseload(query), query, LIBRARY, today=TODAY, generation=1)
        return {line.client_id: line.attention for line in view.lines}, view

    told, view = shown(attention=("off_course",))
    assert list(told) == ["C-3", "C-1"], "who is worse stands first"
    assert told["C-1"].startswith(
        "▽ off the expected course: BDI-II above the limit of the expected course (30, limit "
    )
    assert told["C-3"].endswith("▽ off the expected course on BDI-II")
    told, _ = shown(attention=("alliance",))
    assert told["C-2"].endswith(
        "| ◇ SRS 35.5, below its mark of 36 and down 3.5 since the score before"
    )
    assert "2 off the expected course" in view.answer
    assert "1 with an alliance to talk about" in view.answer
