"""Are norms of the service's own sample, their intervals and probabilities what they should be?"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.change import smallest_reliable_change
from analytics.cutoffs import cutoff_a, cutoff_b, cutoff_c
from analytics.instrument import Norms
from analytics.sensitivity.norm_bootstrap import bootstrap_cutoff_interval
from analytics.sensitivity.norm_intervals import cutoff_interval, reliable_change_interval
from analytics.sensitivity.probability import (
    TrueChanges,
    probability_of_change,
    probability_of_change_in_service,
    true_changes_from,
    true_changes_of_service,
)
from analytics.sensitivity.samples import PairedSample, mean_and_sd, own_norms, paired_sample

GOLDEN = Path(__file__).parent / "golden"
CLINICAL, FUNCTIONAL = Norms(22.4, 10.5, 51, "clients"), Norms(7, 7, 101, "population")


def cases(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [
            pytest.param(row, id=f"{row['source']}, n={row['n']}") for row in csv.DictReader(file)
        ]


def test_own_norms_say_that_they_are_the_service_s_own_and_from_how_many():
    norms, reason = own_norms([*range(10, 50), math.nan])
    assert (norms.mean, norms.n) == (29.5, 40)
    assert norms.sd == pytest.approx(math.sqrt(40 * 41 / 12))
    assert norms.source == "the service's own sample, n = 40 first scores"
    assert reason is None


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ([], "has 0 first scores; norms need at least 30"),
        ([12.0], "has 1 first score; norms need at least 30"),
        (list(range(29)), "has 29 first scores; norms need at least 30"),
        ([math.nan] * 40, "has 0 first scores"),
        ([7.0] * 40, "All 40 first scores of the service's own sample are equal"),
    ],
)
def test_too_few_or_equal_first_scores_are_no_norms(scores, sentence):
    norms, reason = own_norms(scores)
    assert norms is None
    assert sentence in reason


def test_thirty_first_scores_are_enough():
    assert own_norms(range(30))[0] is not None


@given(st.lists(st.floats(0, 100), min_size=2, max_size=30), st.randoms())
def test_the_order_of_the_clients_changes_no_digit(scores, random):
    shuffled = list(scores)
    random.shuffle(shuffled)
    assert mean_and_sd(scores) == mean_and_sd(shuffled)


def test_mean_and_sd_without_scores_are_missing():
    assert np.isnan(mean_and_sd([])).all()
    assert mean_and_sd([3.0])[0] == 3.0
    assert math.isnan(mean_and_sd([3.0])[1])
    with pytest.raises(ValueError, match="infinite"):
        mean_and_sd([1.0, math.inf])


def test_a_paired_sample_agrees_with_numpy_and_leaves_out_half_pairs():
    random = np.random.default_rng(3)
    before = random.normal(20, 5, 60)
    after = 0.5 * before + random.normal(4, 4, 60)
    sample, reason = paired_sample([*before, 5.0, math.nan], [*after, math.nan, 5.0])
    assert reason is None
    assert sample.n == 60
    assert sample.correlation == pytest.approx(np.corrcoef(before, after)[0, 1], abs=1e-12)
    assert sample.sd_after == pytest.approx(after.std(ddof=1), abs=1e-12)
    assert sample.sd_change == pytest.approx((after - before).std(ddof=1), abs=1e-9)


def test_pairs_that_cannot_serve_have_a_reason():
    assert "has 2 clients with two scores" in paired_sample([1, 2], [3, 4])[1]
    assert "are equal" in paired_sample([1] * 30, range(30))[1]
    with pytest.raises(ValueError, match="must be pairs"):
        paired_sample([1, 2], [3])
    for numbers in ((1, 2, 1, 2, 1.5), (1, -2, 1, 2, 0.5), (math.nan, 2, 1, 2, 0.5)):
        with pytest.raises(ValueError, match="must be"):
            PairedSample(30, *numbers, "x")


def value_of(letter, m1, s1, m0, s0):
    if letter == "a":
        return cutoff_a(clinical_mean=m1, clinical_sd=s1, better="lower")
    if letter == "b":
        return cutoff_b(functional_mean=m0, functional_sd=s0, better="lower")
    return cutoff_c(clinical_mean=m1, clinical_sd=s1, functional_mean=m0, functional_sd=s0)


@pytest.mark.parametrize("letter", ["a", "b", "c"])
def test_the_delta_method_agrees_with_derivatives_taken_numerically(letter):
    numbers = [22.4, 10.5, 7.0, 7.0]
    variances = [10.5**2 / 51, 10.5**2 / 100, 49 / 101, 49 / 200]
    variance = 0.0
    for at, part in enumerate(variances):
        up, down = list(numbers), list(numbers)
        up[at] += 1e-5
        down[at] -= 1e-5
        slope = (value_of(letter, *up) - value_of(letter, *down)) / 2e-5
        variance += slope**2 * part
    found = cutoff_interval(letter, clinical=CLINICAL, functional=FUNCTIONAL, better="lower")
    assert found.value == pytest.approx(value_of(letter, *numbers))
    reach = 1.959963984540054 * math.sqrt(variance)
    assert found.high - found.value == pytest.approx(reach, rel=1e-8)
    assert found.value - found.low == pytest.approx(reach, rel=1e-8)
    assert found.notes == ()


def test_cutoff_c_has_the_interval_worked_out_by_hand():
    # s0 = s1 = 10, n = 101 each: var(M) = 100 / 101, var(s) = .5. Halves of both means, and
    # (60 - 40)^2 * (100 * .5 + 100 * .5) / 20^4 = .25: variance .4950 + .25, SE .8632.
    found = cutoff_interval(
        "c",
        clinical=Norms(40, 10, 101, "x"),
        functional=Norms(60, 10, 101, "x"),
        better="higher",
    )
    assert found.value == 50
    assert found.high - 50 == pytest.approx(1.959964 * 0.86315, abs=1e-4)


def test_the_delta_method_tells_how_far_cutoffs_of_many_studies_spread():
    random = np.random.default_rng(11)
    clients = random.normal(22.4, 10.5, (4000, 51))
    people = random.normal(7, 7, (4000, 101))
    m1, s1 = clients.mean(axis=1), clients.std(axis=1, ddof=1)
    m0, s0 = people.mean(axis=1), people.std(axis=1, ddof=1)
    cutoffs = (s0 * m1 + s1 * m0) / (s0 + s1)
    found = cutoff_interval("c", clinical=CLINICAL, functional=FUNCTIONAL, better="lower")
    # 4,000 studies leave an error of about 1.1 % in a standard deviation.
    assert (found.high - found.low) / (2 * 1.959964) == pytest.approx(cutoffs.std(), rel=0.04)


@pytest.mark.parametrize("letter", ["a", "b", "c"])
def test_bootstrap_and_delta_method_agree_for_normal_scores(letter):
    quantiles = (np.arange(200) + 0.5) / 200
    from scipy.special import ndtri

    clients, people = 22 + 8 * ndtri(quantiles), 7 + 5 * ndtri(quantiles)
    raw = bootstrap_cutoff_interval(
        letter, clinical=clients, functional=people, better="lower", seed=5
    )
    norms = [Norms(*mean_and_sd(scores), 200, "x") for scores in (clients, people)]
    delta = cutoff_interval(letter, clinical=norms[0], functional=norms[1], better="lower")
    assert raw.value == pytest.approx(delta.value)
    width = delta.high - delta.low
    # 2,000 draws place an end within about 4 % of the width.
    assert raw.low == pytest.approx(delta.low, abs=0.08 * width)
    assert raw.high == pytest.approx(delta.high, abs=0.08 * width)


def test_the_bootstrap_repeats_with_its_seed_and_ignores_the_order_of_people():
    random = np.random.default_rng(2)
    scores = random.integers(5, 25, 40).astype(float)
    once, again, shuffled, other = (
        bootstrap_cutoff_interval("a", clinical=x, functional=None, better="lower", seed=seed)
        for x, seed in ((scores, 1), (scores, 1), (scores[::-1], 1), (scores, 2))
    )
    assert once == again == shuffled
    assert once != other


def test_a_group_without_number_of_people_counts_as_known_and_the_result_says_so():
    exact = Norms(7, 7, None, "a manual")
    found = cutoff_interval("c", clinical=CLINICAL, functional=exact, better="lower")
    both = cutoff_interval("c", clinical=CLINICAL, functional=FUNCTIONAL, better="lower")
    assert found.high - found.low < both.high - both.low
    assert found.notes == (
        "The norms of the population (a manual) give no number of people and count as known "
        "exactly.",
    )
    neither = cutoff_interval("b", clinical=None, functional=exact, better="lower")
    assert (neither.low, neither.high) == (None, None)
    raw = bootstrap_cutoff_interval(
        "c", clinical=np.arange(40.0), functional=exact, better="lower", seed=1
    )
    assert raw.low < raw.value < raw.high
    assert "come without scores and count as known exactly" in raw.notes[0]


def test_a_bootstrap_needs_ten_scores_and_says_so():
    found = bootstrap_cutoff_interval(
        "a", clinical=np.arange(9.0), functional=None, better="lower", seed=1
    )
    assert (found.low, found.high) == (None, None)
    assert found.notes == ("9 scores of clients are too few for a bootstrap, which needs 10.",)
    norms = bootstrap_cutoff_interval(
        "a", clinical=CLINICAL, functional=None, better="lower", seed=1
    )
    assert (norms.low, norms.high) == (None, None)


def test_nearly_equal_scores_still_have_a_bootstrap_interval():
    scores = np.array([10.0] * 11 + [11.0])
    found = bootstrap_cutoff_interval(
        "c", clinical=scores, functional=scores - 8, better="lower", seed=1
    )
    assert np.isfinite([found.low, found.high]).all()


@pytest.mark.parametrize("case", cases("sd_interval.csv"))
def test_the_interval_of_a_standard_deviation_is_the_printed_one(case):
    norms = Norms(20, 5.5, int(case["n"]), "x")
    found = reliable_change_interval(norms, 0.85)
    assert found.value == smallest_reliable_change(5.5, 0.85)
    assert found.low / found.value == pytest.approx(float(case["low"]), abs=6e-5)
    assert found.high / found.value == pytest.approx(float(case["high"]), abs=6e-5)


def test_a_criterion_from_norms_without_number_of_people_has_no_interval():
    found = reliable_change_interval(Norms(20, 5.5, None, "a manual"), 0.85)
    assert (found.low, found.high) == (None, None)
    assert "give no number of people" in found.notes[0]


def test_impossible_numbers_are_refused_in_a_sentence():
    one = Norms(20, 5, 1, "x")
    arguments = {"clinical": CLINICAL, "functional": None, "better": "lower"}
    with pytest.raises(ValueError, match="at least 2 people"):
        cutoff_interval("a", clinical=one, functional=None, better="lower")
    with pytest.raises(ValueError, match="at least 2 people"):
        reliable_change_interval(one, 0.8)
    with pytest.raises(ValueError, match="needs norms that were not given"):
        cutoff_interval("c", **arguments)
    with pytest.raises(ValueError, match="must be a, b or c"):
        cutoff_interval("d", **arguments)
    with pytest.raises(ValueError, match="confidence must be"):
        cutoff_interval("a", **arguments, confidence=0)
    with pytest.raises(ValueError, match="draws must be"):
        bootstrap_cutoff_interval("a", **arguments, seed=1, draws=10)
    with pytest.raises(ValueError, match="standard deviation must be"):
        bootstrap_cutoff_interval("a", clinical=[5.0] * 20, functional=None, better="lower", seed=1)


def test_the_probability_of_the_example_of_jacobson_and_truax_1991_is_its_normal_probability():
    assert probability_of_change(3.162277660168379) == pytest.approx(0.99922, abs=1e-5)
    assert probability_of_change(1.959963984540054) == pytest.approx(0.975, abs=1e-12)
    assert probability_of_change(0.0) == 0.5
    assert np.isnan(probability_of_change([np.nan])).all()


@given(st.floats(-6, 6))
def test_direction_does_not_change_the_probability(rci):
    assert probability_of_change(rci) == probability_of_change(-rci)
    assert 0.5 <= probability_of_change(rci) <= 1


@pytest.mark.parametrize("observed", [-4.0, -1.0, 0.5, 6.0])
def test_the_probability_in_a_service_agrees_with_integration_over_true_changes(observed):
    service = TrueChanges(mean=4.0, sd=3.0, n=100)
    true = np.linspace(-40, 40, 160_001)
    weight = np.exp(-(((true - 4) / 3) ** 2) / 2 - (((observed - true) / 2.5) ** 2) / 2)
    same = weight[np.sign(true) == np.sign(observed)].sum() / weight.sum()
    found = probability_of_change_in_service(observed, s_diff=2.5, true_changes=service)
    assert found == pytest.approx(same, abs=1e-4)


def test_a_service_with_widely_spread_true_changes_gives_the_flat_probability():
    wide = TrueChanges(mean=4.0, sd=1e6, n=100)
    found = probability_of_change_in_service([3.0, -5.0], s_diff=3.0, true_changes=wide)
    assert found == pytest.approx(probability_of_change([1.0, -5 / 3]), abs=1e-6)


def test_of_clients_with_a_probability_of_nine_in_ten_nine_in_ten_have_truly_changed():
    random = np.random.default_rng(8)
    true = random.normal(2, 3, 40_000)
    observed = true + random.normal(0, 3, true.size)
    service, _ = true_changes_of_service(observed, s_diff=3.0)
    assert service.mean == pytest.approx(2, abs=0.1)
    assert service.sd == pytest.approx(3, abs=0.1)
    right = np.sign(true) == np.sign(observed)
    found = probability_of_change_in_service(observed, s_diff=3.0, true_changes=service)
    near = (found > 0.88) & (found < 0.92)
    assert right[near].mean() == pytest.approx(0.90, abs=0.03)
    flat = probability_of_change(observed / 3)
    worse = observed < 0
    # The flat probability is too sure of a worsening where most clients get better.
    assert flat[worse].mean() - right[worse].mean() > 0.1
    assert found[worse].mean() == pytest.approx(right[worse].mean(), abs=0.02)


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_true_changes_from_pairs_are_those_of_the_changes_themselves(better):
    random = np.random.default_rng(3)
    before = random.normal(16, 5, 60)
    after = 0.5 * before + random.normal(2, 4, 60)
    sample, _ = paired_sample(before, after)
    gains = after - before if better == "higher" else before - after
    found, _ = true_changes_from(sample, s_diff=2.0, better=better)
    wanted, _ = true_changes_of_service(gains, s_diff=2.0)
    assert (found.mean, found.sd, found.n) == pytest.approx((wanted.mean, wanted.sd, 60))
    few = PairedSample(29, 16, 5, 10, 5, 0.4, "a study")
    assert "has 29 changes on record" in true_changes_from(few, s_diff=2.0, better=better)[1]
    same = PairedSample(60, 16, 5, 10, 5, 0.95, "a study")
    assert "no more than" in true_changes_from(same, s_diff=2.0, better=better)[1]
    with pytest.raises(ValueError, match="s_diff must be"):
        true_changes_from(same, s_diff=0, better=better)


def test_true_changes_that_cannot_be_told_from_error_have_a_reason():
    assert "has 2 changes on record" in true_changes_of_service([1, 2], s_diff=3.0)[1]
    found, reason = true_changes_of_service(np.linspace(0, 4, 40), s_diff=3.0)
    assert found is None
    assert "no more than their error of measurement" in reason
    with pytest.raises(ValueError, match="s_diff must be"):
        true_changes_of_service([1, 2], s_diff=0)
    with pytest.raises(ValueError, match="s_diff must be"):
        probability_of_change_in_service([1], s_diff=-1, true_changes=TrueChanges(1, 1, 40))
    with pytest.raises(ValueError, match="true changes must be"):
        probability_of_change_in_service([1], s_diff=1, true_changes=TrueChanges(1, 0, 40))
