"""Do the bounds hold whatever the missing scores were, and agree with a count by hand?"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.groups.means import mean_with_interval
from analytics.groups.missing_outcomes import mean_change_bounds, proportion_bounds
from analytics.groups.proportions import proportion

NAN = math.nan


def test_bounds_of_a_share_are_those_of_a_count_by_hand():
    """40 recovered and 60 did not, 20 have no final score."""
    found = proportion_bounds([1] * 40 + [0] * 60 + [NAN] * 20)
    assert (found.n_all, found.n_known, found.n_missing) == (120, 100, 20)
    assert found.share_missing == pytest.approx(1 / 6)
    assert found.completers == proportion(40, 100)
    assert found.worst == proportion(40, 120)
    assert found.best == proportion(60, 120)


def test_without_missing_outcomes_all_three_shares_are_one():
    found = proportion_bounds([1, 0, 0, 1])
    assert found.completers == found.worst == found.best
    assert found.n_missing == 0


def test_only_missing_outcomes_leave_everything_open():
    found = proportion_bounds([NAN] * 6)
    assert found.completers.value is None
    assert found.completers.reason.startswith("Not assessable")
    assert (found.worst.value, found.best.value) == (0.0, 1.0)


def test_no_client_is_not_assessable():
    found = proportion_bounds([])
    assert found.share_missing is None
    assert found.worst.reason.startswith("Not assessable")


def test_an_outcome_that_is_none_is_refused():
    with pytest.raises(ValueError, match="0, 1 or missing"):
        proportion_bounds([0, 2])


@given(st.lists(st.sampled_from([0.0, 1.0, NAN]), min_size=1, max_size=9))
def test_no_completion_of_the_missing_outcomes_leaves_the_bounds(outcomes):
    found = proportion_bounds(outcomes)
    gaps = [at for at, value in enumerate(outcomes) if math.isnan(value)]
    for filled in itertools.product([0.0, 1.0], repeat=len(gaps)):
        complete = list(outcomes)
        for at, value in zip(gaps, filled, strict=True):
            complete[at] = value
        share = sum(complete) / len(complete)
        assert found.worst.value - 1e-12 <= share <= found.best.value + 1e-12


def test_bounds_of_a_mean_change_are_those_of_a_count_by_hand():
    """Gains 6, 2 and 4; one client at 20 of 0 to 27 has no final score: -7, 0 or 20."""
    found = mean_change_bounds(
        [18, 12, 14, 20, NAN], [12, 10, 10, NAN, 9], lowest=0, highest=27, better="lower"
    )
    assert (found.n_all, found.n_known, found.n_missing, found.n_no_intake) == (5, 3, 1, 1)
    means = [part.value for part in (found.completers, found.unchanged, found.worst, found.best)]
    assert means == [4.0, 3.0, 1.25, 8.0]
    assert [part.n for part in (found.completers, found.best)] == [3, 4]


def test_the_interval_is_the_t_interval_of_scipy():
    values = [4.0, -2.0, 7.0, 1.0, 3.0]
    found = mean_with_interval(values, confidence=0.9)
    expected = stats.t.interval(0.9, 4, np.mean(values), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected)


def test_one_client_has_a_mean_without_interval_and_none_has_nothing():
    one, none = mean_with_interval([3.0]), mean_with_interval([])
    assert (one.value, one.low) == (3.0, None)
    assert "1 client with a value, at least 2" in one.reason
    assert none.value is None
    found = mean_change_bounds([12.0], [NAN], lowest=0, highest=27, better="lower")
    assert found.completers.value is None
    assert found.worst.value == -15


def test_impossible_scores_are_refused():
    with pytest.raises(ValueError, match="on the scale from 0 to 27, got 28"):
        mean_change_bounds([12], [28], lowest=0, highest=27, better="lower")
    with pytest.raises(ValueError, match="lower to a higher end"):
        mean_change_bounds([12], [12], lowest=27, highest=0, better="lower")
    with pytest.raises(ValueError, match="one length"):
        mean_change_bounds([12], [12, 3], lowest=0, highest=27, better="lower")
    with pytest.raises(ValueError, match="missing or infinite"):
        mean_with_interval([1.0, NAN])


SCORES = st.lists(
    st.tuples(st.integers(0, 27), st.one_of(st.none(), st.integers(0, 27))), min_size=1, max_size=30
)


def arrays(scores):
    intake = np.array([a for a, _ in scores], float)
    final = np.array([NAN if b is None else b for _, b in scores], float)
    return intake, final


@given(SCORES, st.integers(0, 27))
def test_no_final_score_on_the_scale_leaves_the_bounds(scores, guess):
    intake, final = arrays(scores)
    found = mean_change_bounds(intake, final, lowest=0, highest=27, better="lower")
    gain = (intake - np.where(np.isnan(final), guess, final)).mean()
    assert found.worst.value - 1e-9 <= gain <= found.best.value + 1e-9
    assert found.worst.value <= found.unchanged.value <= found.best.value


@given(SCORES)
def test_a_mirrored_scale_has_the_same_bounds(scores):
    intake, final = arrays(scores)
    one = mean_change_bounds(intake, final, lowest=0, highest=27, better="lower")
    other = mean_change_bounds(27 - intake, 27 - final, lowest=0, highest=27, better="higher")
    assert one == other
