"""Are curves, limits and medians those of R, Stata and statsmodels?"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from analytics.groups.survival import kaplan_meier, number_at_risk, share_without_event
from analytics.groups.time_to_event import days_to_first, first_confirmed

GOLDEN = Path(__file__).parent / "golden" / "groups_survival.csv"


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


def numbers(cell):
    return [float(number) for number in cell.split()]


def curve_of(days, events, **more):
    return kaplan_meier(days, events, **({"fewest": 1, "fewest_events": 1} | more))


@pytest.mark.parametrize("case", cases())
def test_the_curve_is_that_of_r(case):
    found = kaplan_meier(numbers(case["days"]), numbers(case["events"]))
    at = found.events > 0
    assert found.days[at].tolist() == numbers(case["event_days"])
    assert found.at_risk[at].tolist() == numbers(case["at_risk"])
    # R prints three or four decimals.
    np.testing.assert_allclose(found.survival[at], numbers(case["survival"]), atol=5.1e-4)
    np.testing.assert_allclose(
        found.standard_error[at], numbers(case["standard_error"]), atol=5.1e-5
    )


def test_the_log_log_limits_and_the_median_of_6_mp_are_those_printed():
    """R and Stata: 0.8571 (0.6197, 0.9516), 0.8067 (0.5631, 0.9228); median 23 from 13."""
    case = cases()[0].values[0]
    found = kaplan_meier(numbers(case["days"]), numbers(case["events"]))
    np.testing.assert_allclose(found.low[:2], [0.6197, 0.5631], atol=5.1e-5)
    np.testing.assert_allclose(found.high[:2], [0.9516, 0.9228], atol=5.1e-5)
    assert (found.median, found.median_low, found.median_high) == (23.0, 13.0, None)
    assert "log-log" in found.interval
    assert "Brookmeyer-Crowley" in found.median_interval


@pytest.mark.parametrize("seed", range(8))
def test_curve_and_median_agree_with_statsmodels(seed):
    random = np.random.default_rng(seed)
    days = random.integers(1, 60, 70).astype(float)
    events = random.random(70) < 0.6
    days[0], events[0] = 90, False
    found = kaplan_meier(days, events)
    other = SurvfuncRight(days, events)
    at = found.events > 0
    np.testing.assert_allclose(found.survival[at], other.surv_prob, atol=1e-12)
    np.testing.assert_allclose(found.standard_error[at], other.surv_prob_se, atol=1e-12)
    assert found.median == other.quantile(0.5)
    low, high = other.quantile_ci(0.5, method="cloglog")
    limits = (found.median_low, math.inf if found.median_high is None else found.median_high)
    assert limits == (low, high)


@pytest.mark.parametrize(
    ("days", "events", "median"),
    [
        pytest.param([1, 2, 3, 4], [1, 1, 1, 1], 2.5, id="R takes the middle of a flat stretch"),
        pytest.param([1, 2, 3, 4], [1, 1, 0, 0], 3.0, id="R: flat at one half until the last day"),
        pytest.param([1, 2, 2, 4], [1, 1, 1, 1], 2.0, id="a step through one half"),
        pytest.param([1, 2, 3, 4], [1, 0, 0, 0], None, id="never reached"),
    ],
)
def test_the_median_is_where_the_curve_meets_one_half(days, events, median):
    assert curve_of(days, events).median == median


def test_a_curve_that_ends_at_0_has_no_limits_there_and_breaks_nothing():
    found = curve_of([5, 6, 7], [1, 1, 1])
    assert found.survival[-1] == 0
    assert found.standard_error[-1] == 0
    assert np.isnan([found.low[-1], found.high[-1]]).all()
    assert not np.isnan(found.low[:-1]).any()
    assert share_without_event(found, 100) == 0.0


def test_before_the_first_event_the_limits_are_1():
    found = curve_of([3, 5, 6, 7, 8], [0, 1, 0, 1, 0])
    assert (found.survival[0], found.low[0], found.high[0]) == (1, 1, 1)


def test_a_client_who_left_without_the_event_counts_until_the_last_score():
    """By hand: 4 followed, one leaves on day 2, the event of day 3 is one of 3."""
    found = curve_of([2, 3, 5, 6], [0, 1, 0, 0])
    assert found.survival.tolist() == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3])
    same_day = curve_of([3, 3, 5, 6], [0, 1, 0, 0])
    assert same_day.survival[0] == 0.75


def test_the_number_at_risk_counts_the_followed():
    found = curve_of([2, 3, 5, 6], [0, 1, 0, 0])
    assert number_at_risk(found, [0, 2, 2.5, 3, 4, 6, 7]).tolist() == [4, 4, 3, 3, 2, 1, 0]
    assert share_without_event(found, 1) == 1.0
    assert share_without_event(found, 4) == pytest.approx(2 / 3)
    assert share_without_event(found, 7) is None


@pytest.mark.parametrize(
    ("days", "events", "words"),
    [
        ([], [], "0 clients"),
        ([5.0] * 9, [True] * 9, "9 clients with at least two scores, at least 10"),
        ([5.0] * 12, [False] * 12, "has not happened to any client"),
        ([5.0] * 12, [True] * 4 + [False] * 8, "4 clients to whom the event happened"),
    ],
)
def test_too_few_clients_or_events_give_a_reason_and_no_curve(days, events, words):
    found = kaplan_meier(days, events)
    assert words in found.reason
    assert found.reason.startswith("Not assessable")
    assert found.days.size == 0
    assert (found.median, found.median_low) == (None, None)
    assert (found.n, found.n_events) == (len(days), sum(events))
    assert number_at_risk(found, [0, 7]).tolist() == [0, 0]
    assert share_without_event(found, 7) is None


def test_impossible_days_are_refused():
    with pytest.raises(ValueError, match=r"at least 0, got -1.0 for client 1"):
        kaplan_meier([3, -1], [1, 0])
    with pytest.raises(ValueError, match="one length"):
        kaplan_meier([3, 1], [1])


def test_durations_run_from_intake_to_the_event_or_to_the_last_score():
    days = [10, 17, 24, 31, 5, 12, 40, 50]
    found, events, kept = days_to_first([2, -1, -1], days, [0, 4, 6, 8])
    assert found.tolist() == [14, 7, 10]
    assert events.tolist() == [True, False, False]
    assert kept.tolist() == [0, 1, 2]


def test_a_client_with_one_score_is_left_out():
    found, events, kept = days_to_first([-1, 1], [0, 0, 7], [0, 1, 3])
    assert (found.tolist(), events.tolist(), kept.tolist()) == ([7], [True], [1])


@pytest.mark.parametrize("place", [0, 2, -2])
def test_an_impossible_place_is_refused(place):
    with pytest.raises(ValueError, match=r"allowed are 1 to 1, and -1"):
        days_to_first([place], [0, 7], [0, 2])
    with pytest.raises(ValueError, match="one place and its days"):
        days_to_first([1, 1], [0, 7], [0, 2])


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=8), min_size=1, max_size=8))
def test_an_event_is_confirmed_by_the_second_of_two_in_a_row(series):
    flat = [value for one in series for value in one]
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in series])))
    expected = [
        next((i for i in range(1, len(one)) if one[i] and one[i - 1]), -1) for one in series
    ]
    assert first_confirmed(flat, offsets).tolist() == expected


def test_offsets_that_do_not_end_with_the_scores_are_refused():
    with pytest.raises(ValueError, match="number of scores, 2, got 3"):
        first_confirmed([True, True], [0, 3])


FOLLOWED = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=40)


@given(FOLLOWED.filter(lambda all_: any(event for _, event in all_)), st.randoms())
def test_the_order_of_the_clients_changes_no_bit_and_the_curve_falls(followed, random):
    days, events = zip(*followed, strict=True)
    found = curve_of(days, events)
    random.shuffle(followed)
    mixed = curve_of(*zip(*followed, strict=True))
    for name in ("days", "survival", "low", "high", "standard_error"):
        np.testing.assert_array_equal(getattr(found, name), getattr(mixed, name))
    assert (np.diff(found.survival) <= 0).all()
    inner = ~np.isnan(found.low)
    assert (found.low[inner] <= found.survival[inner]).all()
    assert (found.high[inner] >= found.survival[inner]).all()
