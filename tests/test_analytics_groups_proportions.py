"""Are shares, their limits and their differences those of R, Newcombe and statsmodels?"""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from analytics.groups.proportions import difference_of_proportions, proportion, wilson_interval

GOLDEN = Path(__file__).parent / "golden"
PRINTED = 1e-12  # the tables print 15 digits


def cases(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("case", cases("groups_wilson.csv"))
def test_wilson_limits_are_those_of_r(case):
    found = proportion(int(case["events"]), int(case["n"]))
    assert found.low == pytest.approx(float(case["low"]), abs=PRINTED)
    assert found.high == pytest.approx(float(case["high"]), abs=PRINTED)
    assert found.value == int(case["events"]) / int(case["n"])


@pytest.mark.parametrize("case", cases("groups_newcombe.csv"))
def test_the_difference_has_the_limits_of_newcombe(case):
    counts = (int(case[name]) for name in ("events_1", "n_1", "events_2", "n_2"))
    found = difference_of_proportions(*counts)
    assert found.value == pytest.approx(float(case["difference"]), abs=PRINTED)
    assert found.low == pytest.approx(float(case["low"]), abs=PRINTED)
    assert found.high == pytest.approx(float(case["high"]), abs=PRINTED)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.998])
@pytest.mark.parametrize(("events", "n"), [(0, 1), (1, 1), (7, 20), (499, 500)])
def test_wilson_limits_are_those_of_statsmodels(events, n, confidence):
    low, high = wilson_interval(events, n, confidence=confidence)
    expected = proportion_confint(events, n, alpha=1 - confidence, method="wilson")
    assert (float(low), float(high)) == pytest.approx(expected, abs=1e-12)


def test_the_difference_is_that_of_statsmodels():
    found = difference_of_proportions(11, 40, 22, 45, confidence=0.9)
    low, high = confint_proportions_2indep(22, 45, 11, 40, method="newcomb", alpha=0.1)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_none_and_all_reach_the_ends_exactly():
    low, high = wilson_interval([0, 17], 17)
    assert low[0] == 0
    assert high[1] == 1
    assert 0 < high[0] < 1
    assert 0 < low[1] < 1


def test_no_client_is_not_assessable():
    found = proportion(0, 0)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.reason.startswith("Not assessable")
    low, high = wilson_interval([0, 1], [0, 2])
    assert np.isnan([low[0], high[0]]).all()
    assert not np.isnan([low[1], high[1]]).any()
    difference = difference_of_proportions(0, 0, 1, 4)
    assert difference.value is None
    assert difference.reason.startswith("Not assessable")
    assert difference.second.value == 0.25


@pytest.mark.parametrize(("events", "n"), [(3, 2), (-1, 2), (1.5, 2), (float("nan"), 2)])
def test_impossible_counts_are_refused_with_what_was_found(events, n):
    with pytest.raises(ValueError, match="whole numbers from 0 to n; found"):
        wilson_interval([1, events], [4, n])


def test_a_confidence_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match="confidence must be between 0 and 1, got 95"):
        proportion(1, 2, confidence=95)


COUNTS = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(COUNTS, min_size=1, max_size=20))
def test_a_batch_has_the_bits_of_single_groups(counts):
    events, n = np.array(counts).T
    low, high = wilson_interval(events, n)
    for at, (x, size) in enumerate(counts):
        alone = wilson_interval(x, size)
        np.testing.assert_array_equal((low[at], high[at]), alone)


@given(COUNTS)
def test_counting_the_opposite_mirrors_the_limits(counts):
    events, n = counts
    low, high = wilson_interval(events, n)
    mirrored_low, mirrored_high = wilson_interval(n - events, n)
    np.testing.assert_allclose((low, high), (1 - mirrored_high, 1 - mirrored_low), atol=1e-12)


@given(COUNTS.filter(lambda c: c[1]), COUNTS.filter(lambda c: c[1]))
def test_exchanging_the_groups_changes_the_sign_only(first, second):
    one = difference_of_proportions(*first, *second)
    other = difference_of_proportions(*second, *first)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    assert one.low <= one.value <= one.high
