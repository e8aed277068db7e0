"""Does the aim line lead from start to target, and is chance told from progress?"""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from analytics.goals.aim import (
    AimLine,
    aim_value,
    count_position,
    poisson_band,
    rating_position,
    reached,
    why_no_line,
)

START = date(2026, 1, 5)
SPELLS = AimLine(7, 2, START, START + timedelta(weeks=6))
RATED = AimLine(1, 7, START, START + timedelta(weeks=6))


@pytest.mark.parametrize(
    ("week", "value"),
    [(-1, 7), (0, 7), (1.0, 7 - 5 / 6), (3, 4.5), (6, 2), (60, 2)],
    ids=lambda value: f"from seven to two a week in six weeks, by hand: {value}",
)
def test_the_line_falls_evenly_and_is_flat_outside(week, value):
    assert aim_value(SPELLS, START + timedelta(weeks=week)) == pytest.approx(value)


def test_the_direction_is_that_from_start_to_target():
    assert (SPELLS.better, RATED.better) == ("lower", "higher")


@pytest.mark.parametrize(
    ("value", "place"),
    [(4, "on"), (5, "on"), (3, "on"), (5.1, "better"), (2.9, "worse"), (10, "better")],
    ids=lambda value: f"4 of 10 is the line half way from 1 to 7, by hand: {value}",
)
def test_a_rating_within_a_point_is_on_the_line(value, place):
    assert rating_position(RATED, value, START + timedelta(weeks=3)).place == place


def test_where_lower_is_better_a_low_rating_is_on_the_better_side():
    falling = AimLine(7, 1, START, START + timedelta(weeks=6))
    assert rating_position(falling, 2, START + timedelta(weeks=3)).place == "better"


def test_after_the_target_date_the_target_is_expected():
    at = rating_position(RATED, 5, START + timedelta(weeks=20))
    assert (at.expected, at.place, at.is_past) == (7, "worse", True)
    assert rating_position(RATED, 5, START + timedelta(weeks=5)).is_past is False


def test_a_count_is_held_against_the_line_over_the_days_counted():
    """By hand: after the target 2 a week, so 4 in two weeks."""
    at = count_position(SPELLS, 4, 14, START + timedelta(weeks=10))
    assert at.expected == pytest.approx(4)
    assert at.place == "on"


@pytest.mark.parametrize("mean", [0.05, 0.3, 2, 4.86, 20, 250])
@pytest.mark.parametrize("confidence", [0.80, 0.90, 0.95])
def test_the_band_leaves_no_more_than_its_tails_by_scipy(mean, confidence):
    low, high = poisson_band(mean, confidence=confidence)
    tail = (1 - confidence) / 2
    assert poisson.cdf(low - 1, mean) < tail <= poisson.cdf(low, mean)
    assert poisson.sf(high, mean) < tail <= poisson.sf(high - 1, mean)


@pytest.mark.parametrize(
    ("count", "place"),
    [(0, "on"), (5, "on"), (6, "worse")],
    ids=["P(X <= 0) = .135", "P(X >= 5) = .053", "P(X >= 6) = .017"],
)
def test_a_count_is_off_the_line_only_where_chance_does_not_explain_it(count, place):
    assert count_position(SPELLS, count, 7, START + timedelta(weeks=20)).place == place


def test_the_same_rate_over_more_days_tells_more():
    late = START + timedelta(weeks=20)
    assert count_position(SPELLS, 4, 7, late).place == "on"
    assert count_position(SPELLS, 16, 28, late).place == "worse"


def test_a_goal_of_more_counts_the_other_way():
    walks = AimLine(1, 5, START, START + timedelta(weeks=6))
    late = START + timedelta(weeks=20)
    assert count_position(walks, 0, 7, late).place == "worse"
    assert count_position(walks, 15, 7, late).place == "better"


def test_a_target_of_none_is_left_by_the_first_event():
    none = AimLine(5, 0, START, START + timedelta(weeks=6))
    late = START + timedelta(weeks=20)
    assert count_position(none, 0, 7, late).place == "on"
    assert count_position(none, 1, 7, late).place == "worse"


def test_unknown_days_and_a_missing_rating_are_not_assessable():
    at = count_position(SPELLS, 3, None, START)
    assert (at.place, at.expected) == (None, None)
    assert at.reason == "over how many days was counted is unknown"
    assert rating_position(RATED, math.nan, START).reason == "the rating is missing"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([7, 5, 3], (None, None)),
        ([7, 2, 4], (1, None)),
        ([7, 2, 4, 1, 2], (1, 3)),
        ([0, 0], (0, 0)),
        ([], (None, None)),
        ([2, math.nan], (0, None)),
    ],
)
def test_the_target_is_reached_once_and_held_since(values, found):
    assert reached(SPELLS, values) == found


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((None, 2, START, START), "the start or the target has no number"),
        ((math.nan, 2, START, START), "the start or the target has no number"),
        ((7, math.inf, START, START), "the start or the target is infinite"),
        ((7, 2, START, None), "the target has no date"),
        ((7, 7, START, START + timedelta(1)), "start and target are the same"),
        ((7, 2, START, START), "the target date is not after the start"),
        ((7, 2, START, START + timedelta(1)), ""),
    ],
)
def test_where_there_is_no_line_the_reason_is_told(arguments, reason):
    assert why_no_line(*arguments) == reason


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AimLine(7, 7, START, date.max), "No aim line can be drawn: start and target"),
        (lambda: rating_position(RATED, 5, START, tolerance=-1), "at least 0 points, got -1"),
        (lambda: count_position(SPELLS, -1, 7, START), "0 or more events"),
        (lambda: count_position(SPELLS, 1, 0, START), "1 or more days, got 1, 0"),
        (lambda: count_position(SPELLS, 1, 7, START, confidence=1), "between 0 and 1, got 1"),
        (
            lambda: count_position(AimLine(1, -1, START, date.max), 1, 7, START),
            "cannot be below 0, got 1 to -1",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(
    st.integers(0, 10), st.integers(0, 10), st.integers(1, 200), st.integers(0, 10),
    st.integers(-50, 300), st.integers(-5000, 5000),
)  # fmt: skip
def test_shifted_dates_and_mirrored_ratings_keep_the_place(start, target, days, value, at, shift):
    if start == target:
        return
    ends = START, START + timedelta(days)
    moved = [day + timedelta(shift) for day in ends]
    found = rating_position(AimLine(start, target, *ends), value, START + timedelta(at))
    again = rating_position(AimLine(start, target, *moved), value, moved[0] + timedelta(at))
    assert again == found
    mirrored = AimLine(10 - start, 10 - target, *ends)
    assert rating_position(mirrored, 10 - value, START + timedelta(at)).place == found.place


@given(st.integers(0, 60), st.integers(1, 400), st.integers(-50, 300))
def test_the_expected_count_is_the_sum_of_the_days(count, days, at):
    on = START + timedelta(at)
    plain = sum(aim_value(SPELLS, on - timedelta(d)) for d in range(days)) / 7
    assert count_position(SPELLS, count, days, on).expected == pytest.approx(plain)
