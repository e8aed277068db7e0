"""Does a measure's panel say where scores were expected, how they run and where they jumped?"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from analytics.estimates import Estimates
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import course_limit, expected_course
from analytics.shrinkage import SlopePrior
from dashboard.theme import COURSE
from dashboard.views.client import client_view
from dashboard.views.jumps import CAVEAT
from data.library import Library

TODAY = date(2026, 3, 2)
FIRST = date(2025, 9, 1)
CURVE = GrowthCurve(
    "phq-9", "Fitted on 600 episodes of this service.", True, 600, 4000, 16, 15, 0.9, -2, -0.05,
    ((0.0,) * 4,) * 4, var_u0=9, var_u1=2, cov_u=-2, var_e=6, minimum=0, maximum=27,
    better="lower", intake_low=5, intake_high=25, longest=20,
)  # fmt: skip
PRIOR = SlopePrior(-0.4, 0.35, 120, "the service's own record")
OWN = Estimates("phq-9", "1", slopes=(PRIOR,), curve=CURVE)
LIBRARY = Library.load()
FITTED = LIBRARY.with_figures([OWN], 1)
STEADY = [18, 17, 15, 16, 13, 12, 12, 10, 9]
JUMPY = [20, 21, 20, 10, 9, 10, 9]


@pytest.fixture
def measure_of(client_of):
    """Return a function that gives the panel of one client's only measure."""

    def run(scores, *, library=FITTED, place=0, change=None, instrument="phq-9", **options):
        record = client_of({instrument: scores}, **options)
        if change is not None:
            record = change(record)
        places = {r.series_id: place for r in record.row.results}
        view = client_view(record, library, today=TODAY, baselines=places)
        (measure,) = view.measures
        return measure

    return run


def held(code, **values):
    """Return what puts a result of the expected course into a record, as the store keeps it."""

    def change(record):
        results = tuple(replace(r, not_on_track=code, **values) for r in record.row.results)
        return replace(record, row=replace(record.row, results=results))

    return change


# The expected course ----------------------------------------------------------------------


def test_the_lines_are_those_of_the_curve_from_the_day_after_intake(measure_of):
    course = measure_of(STEADY).expected
    assert course.days[0] == FIRST + timedelta(days=1)
    weeks = [(day - FIRST).days / 7 for day in course.days]
    assert list(course.line) == expected_course(CURVE, 18, weeks).expected.tolist()
    assert list(course.red) == course_limit(CURVE, 18, weeks, share=0.80).tolist()
    assert list(course.amber) == course_limit(CURVE, 18, weeks, share=0.68).tolist()
    assert course.label == "expected for clients who began at 18"
    assert (course.amber_label, course.red_label) == ("limit, 68 %", "limit, 80 %")


def test_the_lines_end_where_the_curve_does(measure_of):
    course = measure_of(STEADY).expected
    assert course.days[-1] == FIRST + timedelta(weeks=20), "the axis goes on to March"


def test_the_limits_lie_on_the_worse_side(measure_of):
    course = measure_of(STEADY).expected
    assert course.is_above
    for line, amber, red in zip(course.line, course.amber, course.red, strict=True):
        assert line < amber < red


@pytest.mark.parametrize("code", sorted(COURSE))
def test_the_last_score_is_placed_in_the_words_of_the_theme(measure_of, code):
    change = held(code, expected=11.2, expected_amber=14.0, expected_limit=15.25)
    text = measure_of(STEADY, change=change).expected_text
    assert text.lower().startswith(COURSE[code].word)
    assert "expected at about 11.2 on 27 Oct 2025" in text
    assert "14 (68 %) and 15.2 (80 %); the last score is 9" in text
    assert text.endswith("Fitted on 600 episodes of this service.")


def test_a_changed_baseline_has_no_expected_course_and_says_why(measure_of):
    measure = measure_of(STEADY, place=2)
    assert measure.expected is None
    assert "none is drawn from a changed baseline" in measure.expected_text


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ([7, 6, 5], "the first score, 7, is outside the clinical range (10 or more)"),
        ([27, 25, 26], "the intake score 27 is outside 5 to 25"),
    ],
)
def test_an_intake_of_which_the_curve_does_not_speak_is_told(measure_of, scores, why):
    measure = measure_of(scores)
    assert measure.expected is None
    assert why in measure.expected_text


def test_without_a_curve_nothing_is_said(measure_of):
    measure = measure_of(STEADY, library=LIBRARY)
    assert (measure.expected, measure.expected_text) == (None, "")


def test_one_score_has_the_course_ahead_but_no_verdict(measure_of):
    measure = measure_of([18])
    assert measure.expected is not None
    assert measure.expected_text.startswith("No score can be held against the expected course yet.")


def test_the_course_ends_today_as_nobody_knows_what_comes(measure_of):
    measure = measure_of([18], first_day=date(2026, 2, 20))
    assert measure.axis.end > TODAY
    assert measure.expected.days[-1] == TODAY


def test_a_curve_of_the_literature_is_named_as_such(measure_of):
    measure = measure_of([25, 22, 20], library=LIBRARY, instrument="bdi-ii")
    assert measure.expected is not None
    assert "not your service" in measure.expected_text


# The trend --------------------------------------------------------------------------------


def test_the_trend_has_slopes_with_intervals_and_the_rank_test(measure_of):
    text = measure_of([20, 18, 17, 14, 13]).trend_text
    # By hand: Sxx = 10, Sxy = -18; of the ten slopes of pairs the middle two are -1.75, -2.
    assert text.startswith("Trend since the baseline: -1.80 points a week (95 % interval ")
    assert "-1.80 a session" in text
    assert "Theil-Sen, which one odd score hardly moves, -1.88 (about " in text
    # Five falling scores: one order of 120 in either direction, 2 / 120.
    assert text.count("Mann-Kendall test of a trend: p = .017 (exact).") == 1


def test_sessions_a_fortnight_apart_have_two_different_slopes(measure_of):
    text = measure_of({0: 20, 2: 18, 4: 16, 6: 14}).trend_text
    assert "-1.00 points a week" in text
    assert "-2.00 a session" in text


@pytest.mark.parametrize(
    "scores", [[20, 18, 18, 14, 13], [21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11]]
)
def test_ties_and_more_than_ten_scores_have_no_exact_p(measure_of, scores):
    text = measure_of(scores).trend_text
    assert "Mann-Kendall test of a trend: p" in text
    assert "exact" not in text


def test_a_short_series_is_read_beside_the_caseload_and_says_how_much(measure_of):
    change = held(None, shrunken_slope=-0.62, shrunken_weight=0.3)
    text = measure_of([18, 16, 15], change=change).trend_text
    assert "read beside the caseload: -0.62 points a week, give or take 0.29." in text
    assert "Partly borrowed: 30 % rests on this client's own scores, 70 % on the average" in text


def test_a_long_series_borrows_nothing(measure_of):
    change = held(None, shrunken_slope=-0.62, shrunken_weight=0.9)
    assert "borrowed" not in measure_of(STEADY, change=change).trend_text


def test_one_score_has_no_trend(measure_of):
    assert measure_of([18]).trend_text == "No trend can be drawn yet: it needs scores on two days."


# Sudden gains and losses --------------------------------------------------------------------


def test_a_sudden_gain_is_marked_at_the_first_score_after_it_with_the_caveat(measure_of):
    measure = measure_of(JUMPY)
    (jump,) = measure.jumps
    assert (jump.day, jump.total) == (FIRST + timedelta(weeks=3), 10)
    assert (jump.is_gain, jump.is_reversed) == (True, False)
    assert jump.label == "sudden gain -10"
    assert jump.text == "22 Sep 2025: sudden gain -10, held so far"
    assert f"Jumps: ▲ sudden gain, among {measure.result.sudden_evaluable} intervals" in (
        measure.caption
    )
    assert measure.caption.endswith(CAVEAT)
    assert f"{jump.text}. The table of scores" in measure.alt, "the chart's words for a reader"


def test_a_gain_that_was_given_back_is_hollow_and_dated(measure_of):
    (jump,) = measure_of([*JUMPY, 19]).jumps
    assert jump.is_reversed
    assert jump.text.endswith("given back by half on 20 Oct 2025")


def test_where_higher_is_better_a_gain_is_a_rise(measure_of):
    (jump,) = measure_of([12, 11, 12, 25, 26, 25], instrument="ors").jumps
    assert jump.is_gain
    assert jump.label == "sudden gain +13"


def test_without_a_jump_the_caption_is_silent_about_jumps(measure_of):
    measure = measure_of(STEADY)
    assert measure.jumps == ()
    assert "sudden" not in measure.caption
