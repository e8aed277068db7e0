"""Are effect sizes those of metafor, statpsych, MOTE, pingouin and SciPy, under their full names?"""

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pingouin
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd

from analytics.groups.alternative_sizes import average_sd_change, repeated_measures_change
from analytics.groups.between import hedges_g, published_hedges_g
from analytics.groups.effect_sizes import (
    change_score_change,
    pre_post_effect_sizes,
    raw_score_change,
)
from analytics.groups.pairs import published_pairs, summary_of_pairs
from analytics.groups.standardising import noncentrality_limits, small_sample_correction

GOLDEN = Path(__file__).parent / "golden" / "groups_effect_sizes.csv"
PRINTED = 5.1e-5  # metafor prints four decimals

BEFORE = [20, 18, 15, 22, 17, 19, 24, 13, 16, 21, 18]
AFTER = [12, 15, 9, 18, 16, 10, 20, 14, 8, 19, 11]


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("case", cases())
def test_standardised_mean_changes_are_those_of_metafor(case):
    pairs = published_pairs(
        n=int(case["n"]),
        **{
            name: float(case[name])
            for name in ("mean_before", "mean_after", "sd_before", "sd_after", "correlation")
        },
    )
    for name, function in (("raw", raw_score_change), ("change", change_score_change)):
        found = function(pairs, better="higher")
        assert found.value == pytest.approx(float(case[name]), abs=PRINTED)
        variance = found.standard_error**2
        assert variance == pytest.approx(float(case[f"{name}_variance"]), abs=PRINTED)


def test_the_interval_of_d_z_is_that_printed_for_claus_2020():
    """Metafor on the data of Claus et al. 2020 (BDI, n = 40): SMCC -0.868, noncentral t interval -1.223 to -0.504."""
    correction = small_sample_correction(39)
    pairs = published_pairs(
        n=40,
        mean_before=0,
        mean_after=-0.868 / correction,
        sd_before=1,
        sd_after=1,
        correlation=0.5,
    )
    found = change_score_change(pairs, better="higher")
    assert found.value == pytest.approx(-0.868)
    # The printed effect has three decimals, so its limits are known to about one unit of them.
    assert (found.low, found.high) == pytest.approx((-1.223, -0.504), abs=1e-3)


def test_the_interval_of_the_raw_score_change_is_that_printed_for_claus_2020():
    """Metafor on the data of Claus et al. 2020 (BDI, n = 40, SD 8.16 before): SMCR -1.175, -1.562 to -0.787.

    The correlation is not printed; .563 is the one at which the lower limit comes out.
    """
    change = -1.175 * 8.16 / small_sample_correction(39)
    pairs = published_pairs(
        n=40, mean_before=35.48, mean_after=35.48 + change, sd_before=8.16, sd_after=12,
        correlation=0.563,
    )  # fmt: skip
    found = raw_score_change(pairs, better="lower")
    assert (found.value, found.low, found.high) == pytest.approx((1.175, 0.787, 1.562), abs=1e-3)
    assert found.standardiser == 8.16


def test_d_av_is_that_of_statpsych_with_its_interval():
    """R statpsych ci.stdmean.ps: 0.5550319, SE 0.1609934, 0.2394905 to 0.8705732."""
    pairs = published_pairs(
        n=25, mean_before=110.4, mean_after=102.1, sd_before=15.3, sd_after=14.6, correlation=0.75
    )
    found = average_sd_change(pairs, better="lower")
    expected = (0.5550319, 0.1609934, 0.2394905, 0.8705732)
    numbers = (found.value, found.standard_error, found.low, found.high)
    assert numbers == pytest.approx(expected, abs=1e-7)


def test_d_av_and_not_d_z_is_what_pingouin_calls_cohens_d_of_pairs():
    found = pre_post_effect_sizes(BEFORE, AFTER, better="lower")
    d = pingouin.compute_effsize(BEFORE, AFTER, paired=True, eftype="cohen")
    assert found[2].value == pytest.approx(d, abs=1e-12)
    assert found[1].value != pytest.approx(d, abs=0.05)


def test_d_rm_is_that_of_borenstein_and_of_mote():
    """MOTE d.dep.t.rm: 0.43. By hand: s_D = 5.5, r = .7, n = 50 give 0.4225 and .01307."""
    mote = published_pairs(
        n=7, mean_before=5.571, mean_after=4.429, sd_before=1.988, sd_after=2.878, correlation=0.678
    )
    assert repeated_measures_change(mote, better="lower").value == pytest.approx(0.43, abs=0.005)
    hand = replace(
        published_pairs(
            n=50, mean_before=100, mean_after=103, sd_before=7.1, sd_after=7.1, correlation=0.7
        ),
        sd_change=5.5,
    )
    found = repeated_measures_change(hand, better="higher")
    assert found.value == pytest.approx(0.4225, abs=5e-5)
    assert found.standard_error**2 == pytest.approx(0.01307, abs=5e-6)


def test_effects_of_scores_are_those_of_a_plain_calculation():
    x, y = np.array(BEFORE, float), np.array(AFTER, float)
    found = pre_post_effect_sizes(BEFORE, AFTER, better="lower")
    j = small_sample_correction(len(BEFORE) - 1)
    gain, r = x.mean() - y.mean(), np.corrcoef(x, y)[0, 1]
    spread = np.std(y - x, ddof=1)
    expected = (
        j * gain / x.std(ddof=1),
        j * gain / spread,
        gain / math.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2),
        gain / spread * math.sqrt(2 * (1 - r)),
    )
    assert [size.value for size in found] == pytest.approx(expected, abs=1e-12)
    assert all(size.low < size.value < size.high for size in found)


@pytest.mark.parametrize(("t", "m"), [(0.3, 4), (-5.5, 39), (18, 4), (40, 199)])
def test_noncentrality_limits_leave_the_tails_that_scipy_finds(t, m):
    low, high = noncentrality_limits(t, m, 0.95)
    tails = stats.nct.cdf(t, m, low), stats.nct.cdf(t, m, high)
    assert tails == pytest.approx((0.975, 0.025), abs=1e-5)


def test_hedges_g_is_that_of_statsmodels():
    """Its correction is the approximation 1 - 3/(4m - 1), within 1e-4 of the exact one here."""
    g, _ = effectsize_smd(12.0, 5.0, 30, 15.0, 6.0, 34)
    found = published_hedges_g(
        mean_1=12.0, sd_1=5.0, n_1=30, mean_2=15.0, sd_2=6.0, n_2=34, better="higher"
    )
    assert found.value == pytest.approx(g, abs=1e-4)
    assert found.standard_error**2 == pytest.approx(64 / (30 * 34) + found.value**2 / 128)


def test_hedges_g_of_scores_is_that_of_pingouin():
    found = hedges_g(AFTER, BEFORE, better="lower")
    g = pingouin.compute_effsize(BEFORE, AFTER, eftype="hedges")
    assert found.value == pytest.approx(g, abs=2e-3)
    assert found.value > 0


def test_every_effect_carries_its_full_name():
    names = [size.name for size in pre_post_effect_sizes(BEFORE, AFTER, better="lower")]
    names.append(hedges_g(BEFORE, AFTER, better="lower").name)
    assert len(set(names)) == 5
    assert not any("Cohen" in name for name in names)
    assert all(len(name) > 30 for name in names)


def test_fewer_than_five_pairs_show_nothing_and_fewer_than_ten_are_very_imprecise():
    missing = [float("nan")]
    for n, value, imprecise in (
        (4, False, False),
        (5, True, True),
        (9, True, True),
        (10, True, False),
    ):
        for size in pre_post_effect_sizes(BEFORE[:n] + missing, [*AFTER[:n], 3], better="lower"):
            assert (size.n, size.n_all) == (n, n + 1)
            assert (size.value is not None) == value
            assert size.very_imprecise == imprecise
            assert (size.reason is None) == value


def test_no_spread_is_not_assessable_and_says_so():
    same = [15.0] * 11
    raw, change, average, repeated = pre_post_effect_sizes(same, AFTER, better="lower")
    assert "SD 0" in raw.reason
    assert "SD 0" in repeated.reason
    assert change.value is not None
    assert average.value is not None
    raw, change, average, repeated = pre_post_effect_sizes(BEFORE, same, better="lower")
    assert "all scores after treatment are the same" in raw.reason
    assert change.value is not None
    alike = [score - 4 for score in BEFORE]
    raw, change, average, repeated = pre_post_effect_sizes(BEFORE, alike, better="lower")
    assert raw.value is not None
    assert "same amount" in change.reason
    assert "SD 0" in repeated.reason
    for size in pre_post_effect_sizes(same, [12.0] * 11, better="lower"):
        assert size.value is None
        assert "SD 0" in size.reason
    assert "SD 0" in hedges_g(same, [12.0] * 9, better="lower").reason
    assert "SD 0" not in hedges_g(same, [12.0] * 3, better="lower").reason


def test_equal_changes_in_tenths_are_equal_in_spite_of_rounding():
    before = [1.4, 1.5, 2.1, 2.6, 0.9, 3.3]
    after = [0.9, 1.0, 1.6, 2.1, 0.4, 2.8]
    raw, change, _, repeated = pre_post_effect_sizes(before, after, better="lower")
    assert raw.value is not None
    assert "same amount" in change.reason
    assert repeated.value is None


def test_scores_on_one_line_have_no_repeated_measures_effect():
    sizes = pre_post_effect_sizes([0, 0, 0, 0, 3], [0, 0, 0, 0, 4], better="higher")
    assert [size.value is None for size in sizes] == [False, False, False, True]


def test_no_client_at_all_is_not_assessable():
    for size in (*pre_post_effect_sizes([], [], better="lower"), hedges_g([], [], better="lower")):
        assert size.value is None
        assert "0 clients" in size.reason


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one length"):
        summary_of_pairs([1, 2], [1])
    with pytest.raises(ValueError, match="infinite"):
        summary_of_pairs([1, math.inf], [1, 2])
    with pytest.raises(ValueError, match="correlation must be between"):
        published_pairs(n=9, mean_before=1, mean_after=1, sd_before=1, sd_after=1, correlation=1.2)
    with pytest.raises(ValueError, match="confidence"):
        pre_post_effect_sizes(BEFORE, AFTER, better="lower", confidence=1)


SCORES = st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=5, max_size=30)


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_the_clients_changes_no_bit(scores, random):
    before, after = zip(*scores, strict=True)
    random.shuffle(scores)
    mixed_before, mixed_after = zip(*scores, strict=True)
    one = pre_post_effect_sizes(np.divide(before, 3), np.divide(after, 3), better="lower")
    other = pre_post_effect_sizes(
        np.divide(mixed_before, 3), np.divide(mixed_after, 3), better="lower"
    )
    assert one == other


@given(SCORES)
def test_a_mirrored_scale_has_the_same_effects(scores):
    before, after = np.array(scores).T
    one = pre_post_effect_sizes(before, after, better="lower")
    other = pre_post_effect_sizes(27 - before, 27 - after, better="higher")
    for a, b in zip(one, other, strict=True):
        assert (a.value is None) == (b.value is None)
        if a.value is not None:
            assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-9)


@given(SCORES, st.integers(-50, 50))
def test_shifting_all_scores_changes_no_effect(scores, shift):
    before, after = np.array(scores).T
    assume(before.std() > 0 and after.std() > 0)
    one = raw_score_change(summary_of_pairs(before, after), better="lower")
    other = raw_score_change(summary_of_pairs(before + shift, after + shift), better="lower")
    assert one.value == pytest.approx(other.value, abs=1e-9)
    assert one.standard_error == pytest.approx(other.standard_error, abs=1e-9)
