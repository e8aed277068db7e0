"""Are slopes borrowed from the caseload in the right share, and refused where they must be?"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from analytics.shrinkage import (
    SlopePrior,
    borrowed_words,
    shrunken_slope_rows,
    shrunken_slopes,
    slope_prior,
)
from analytics.trend import ols_slope

PRIOR = SlopePrior(mean=-0.5, sd=0.7, clients=120, source="clients of this service")


def caseload(seed, clients, *, sd=0.6, sigma=2.0, mean=-0.8, longest=12):
    """Return weeks, scores, offsets and the true slopes of clients on straight lines."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, longest + 1, clients)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    weeks = np.concatenate([np.arange(n, dtype=float) for n in lengths])
    slopes = rng.normal(mean, sd, clients)
    scores = 18 + np.repeat(slopes, lengths) * weeks + rng.normal(0, sigma, weeks.size)
    return weeks, scores, offsets, slopes


def shrunk(weeks, scores, sigma=2.0, prior=PRIOR):
    found = shrunken_slopes(weeks, scores, [0, len(scores)], sigma=sigma, prior=prior)
    return found.slope[0], found.sd[0], found.weight[0]


def test_a_hand_worked_slope_is_the_precision_weighted_mean():
    # Own slope -3, error variance 4 / 2 = 2; prior variance 0.49.
    slope, sd, weight = shrunk([0, 1, 2], [20, 17, 14])
    own, borrowed = 1 / 2, 1 / 0.49
    assert slope == pytest.approx((own * -3 + borrowed * -0.5) / (own + borrowed))
    assert sd == pytest.approx((own + borrowed) ** -0.5)
    assert weight == pytest.approx(own / (own + borrowed))


def test_the_share_of_own_scores_grows_with_their_number():
    weights = [shrunk(np.arange(n), np.zeros(n))[2] for n in range(2, 30)]
    assert all(a < b for a, b in itertools.pairwise(weights))
    assert weights[0] < 0.15
    assert weights[-1] > 0.99


@pytest.mark.parametrize(("weeks", "scores"), [([3], [12]), ([3, 3, 3], [12, 9, 14])])
def test_without_an_own_slope_nothing_is_borrowed(weeks, scores):
    assert all(math.isnan(number) for number in shrunk(weeks, scores))
    assert "nothing is borrowed" in borrowed_words(math.nan, PRIOR)


def test_equal_scores_are_drawn_towards_the_caseload_too():
    slope, _, weight = shrunk([0, 1, 2, 3], [9, 9, 9, 9])
    assert slope == pytest.approx((1 - weight) * PRIOR.mean)


def test_the_words_name_share_number_and_source():
    words = borrowed_words(0.349, PRIOR)
    assert "35 % rests on this client's own scores" in words
    assert "65 % on the average slope of 120 clients (clients of this service)" in words


def test_the_prior_is_that_of_statsmodels_by_dersimonian_and_laird():
    weeks, scores, offsets, _ = caseload(1, 200)
    prior, words = slope_prior(weeks, scores, offsets, sigma=2.0, source="a simulation")
    own = ols_slope(weeks, scores, offsets).slope
    sxx = np.array([np.var(weeks[a:b]) * (b - a) for a, b in itertools.pairwise(offsets)])
    wanted = combine_effects(own, 4.0 / sxx, method_re="dl")
    assert prior.sd**2 == pytest.approx(wanted.tau2, rel=1e-9)
    assert prior.mean == pytest.approx(wanted.mean_effect_re, rel=1e-9)
    assert prior.clients == 200
    assert "200 clients (a simulation)" in words


def test_the_prior_finds_the_planted_spread_of_slopes():
    weeks, scores, offsets, _ = caseload(2, 20_000)
    prior, _ = slope_prior(weeks, scores, offsets, sigma=2.0, source="a simulation")
    assert prior.mean == pytest.approx(-0.8, abs=0.02)
    assert prior.sd == pytest.approx(0.6, abs=0.02)


def test_shrunken_slopes_of_short_series_are_nearer_the_truth_and_their_sd_is_honest():
    weeks, scores, offsets, truth = caseload(3, 5000, longest=5)
    prior, _ = slope_prior(weeks, scores, offsets, sigma=2.0, source="a simulation")
    found = shrunken_slopes(weeks, scores, offsets, sigma=2.0, prior=prior)
    own = ols_slope(weeks, scores, offsets).slope
    assert np.mean((found.slope - truth) ** 2) < 0.5 * np.mean((own - truth) ** 2)
    inside = np.abs(found.slope - truth) < 1.96 * found.sd
    assert inside.mean() == pytest.approx(0.95, abs=0.015)


def test_fewer_than_thirty_clients_give_no_prior_and_the_reason():
    weeks, scores, offsets, _ = caseload(4, 29)
    prior, reason = slope_prior(weeks, scores, offsets, sigma=2.0, source="x")
    assert prior is None
    assert reason.startswith("29 of 29 clients have scores on two days")
    alone = np.concatenate((weeks, [0.0])), np.concatenate((scores, [9.0]))
    thirty = caseload(4, 30)[:3]
    assert slope_prior(*thirty, sigma=0.5, source="x")[0].clients == 30
    prior, reason = slope_prior(*alone, [*offsets, offsets[-1] + 1], sigma=2.0, source="x")
    assert prior is None
    assert reason.startswith("29 of 30")


def test_slopes_that_differ_by_no_more_than_error_give_no_prior():
    weeks, scores, offsets, _ = caseload(5, 200, sd=0.0, sigma=1.0)
    prior, reason = slope_prior(weeks, scores, offsets, sigma=3.0, source="x")
    assert prior is None
    assert "no more than the error" in reason


def test_no_clients_give_no_prior():
    assert slope_prior([], [], [0], sigma=2.0, source="x")[0] is None


def test_the_prior_of_first_scores_looks_at_nothing_later():
    weeks, scores, offsets, _ = caseload(6, 100)
    later = scores.copy()
    place = np.arange(weeks.size) - np.repeat(offsets[:-1], np.diff(offsets))
    later[place >= 3] += 40
    early = slope_prior(weeks, scores, offsets, sigma=1.0, source="x", first=3)
    assert slope_prior(weeks, later, offsets, sigma=1.0, source="x", first=3) == early
    assert slope_prior(weeks, scores, offsets, sigma=1.0, source="x") != early


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_clients_does_not_change_the_prior(random):
    weeks, scores, offsets, _ = caseload(7, 40)
    parts = list(zip(np.split(weeks, offsets[1:-1]), np.split(scores, offsets[1:-1]), strict=True))
    random.shuffle(parts)
    lengths = [len(part) for part, _ in parts]
    mixed = slope_prior(
        np.concatenate([part for part, _ in parts]),
        np.concatenate([part for _, part in parts]),
        np.concatenate(([0], np.cumsum(lengths))),
        sigma=2.0,
        source="x",
    )
    assert mixed == slope_prior(weeks, scores, offsets, sigma=2.0, source="x")


def test_a_batch_has_the_results_of_its_series_bit_for_bit():
    weeks, scores, offsets, _ = caseload(8, 300)
    together = shrunken_slopes(weeks, scores, offsets, sigma=2.0, prior=PRIOR)
    for i, (a, b) in enumerate(itertools.pairwise(offsets)):
        alone = (together.slope[i], together.sd[i], together.weight[i])
        assert shrunk(weeks[a:b], scores[a:b]) == alone


@given(
    st.lists(st.integers(0, 27), min_size=2, max_size=20),
    st.integers(-1000, 1000),
    st.integers(0, 40),
)
def test_shifting_dates_or_scores_changes_nothing(scores, weeks_later, points):
    weeks = np.arange(len(scores))
    assert shrunk(weeks + weeks_later, np.add(scores, points)) == shrunk(weeks, scores)


@given(st.lists(st.floats(0, 27, width=32), min_size=2, max_size=20))
def test_the_shrunken_slope_lies_between_the_own_and_the_average_one(scores):
    weeks = np.arange(len(scores))
    own = ols_slope(weeks, scores, [0, len(scores)]).slope[0]
    slope, sd, weight = shrunk(weeks, scores)
    assert min(own, PRIOR.mean) - 1e-12 <= slope <= max(own, PRIOR.mean) + 1e-12
    assert 0 < weight < 1
    assert sd < PRIOR.sd


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
def test_an_impossible_error_is_refused(sigma):
    with pytest.raises(ValueError, match="must be greater than 0 points"):
        shrunken_slope_rows(np.zeros((2, 1)), np.zeros((2, 1)), sigma, PRIOR)
    with pytest.raises(ValueError, match="must be greater than 0 points"):
        slope_prior([0], [1], [0, 1], sigma=sigma, source="x")


def test_a_prior_of_nothing_is_refused():
    with pytest.raises(ValueError, match="greater than 0, got 0"):
        SlopePrior(mean=-0.5, sd=0, clients=50, source="x")
    with pytest.raises(ValueError, match="must be a number"):
        SlopePrior(mean=math.nan, sd=1, clients=50, source="x")
    with pytest.raises(ValueError, match="at least the first 2 scores"):
        slope_prior([0, 1], [1, 2], [0, 2], sigma=1, source="x", first=1)
