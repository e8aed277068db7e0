"""Are limits, overdispersion, case-mix and shrinkage those of Spiegelhalter and FunnelPlotR?"""

import csv
import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.groups.case_mix import expected_by_stratum, indirectly_standardised
from analytics.groups.funnel import (
    ABOVE_998,
    BELOW_95,
    HIDDEN,
    POSITIONS,
    WITHIN,
    Funnel,
    exact_limits,
    funnel,
    overdispersed_limits,
    overdispersion,
)
from analytics.groups.proportions import proportion
from analytics.groups.shrinkage import ShrunkenShares, shrunken_shares

GOLDEN = Path(__file__).parent / "golden" / "groups_funnel_limits.csv"
REFERENCE = Path(__file__).parents[1].parent / "shared" / "reference"


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


def reference(name):
    if not REFERENCE.is_dir():
        pytest.skip("the reference tables made with R are not beside the project")
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", cases())
def test_exact_limits_are_the_interpolated_binomial_ones(case):
    for coverage, name in ((0.95, "95"), (0.998, "998")):
        low, high = exact_limits(float(case["target"]), [int(case["n"])], coverage=coverage)
        # The table does not keep limits between 0 and 1; ours are.
        expected = np.clip([float(case[f"low_{name}"]), float(case[f"high_{name}"])], 0, 1)
        np.testing.assert_allclose((low[0], high[0]), expected, atol=1e-9)


@pytest.mark.shared
def test_phi_and_tau2_are_those_of_funnelplotr():
    rows = reference("funnel_input_rbmi_poolinv.csv")
    events, n = ([int(row[name]) for row in rows] for name in ("x", "n"))
    found = overdispersion(events, n, target=sum(events) / sum(n))
    assert found.phi == pytest.approx(1.15446, abs=5e-6)
    assert found.tau2 == pytest.approx(0.005808, abs=5e-7)
    assert found.units == 17


@pytest.mark.shared
def test_overdispersed_limits_are_those_of_funnelplotr():
    rows = reference("funnel_input_rbmi_poolinv.csv")
    events, n = ([int(row[name]) for row in rows] for name in ("x", "n"))
    target = sum(events) / sum(n)
    tau2 = overdispersion(events, n, target=target).tau2
    limits = reference("funnel_FunnelPlotR_limits.csv")
    sizes = [float(row["number_seq"]) for row in limits]
    assert len(sizes) == 1009
    for coverage, name in ((0.95, "95"), (0.998, "998")):
        for variance, prefix in ((tau2, "od"), (0.0, "")):
            low, high = overdispersed_limits(target, sizes, tau2=variance, coverage=coverage)
            for found, side in ((low, "ll"), (high, "ul")):
                expected = [float(row[f"{prefix}{side}{name}"]) for row in limits]
                # Where a limit reaches 0 FunnelPlotR leaves one at 6e-7; ours is 0.
                np.testing.assert_allclose(found, expected, atol=1e-6)


def test_phi_is_that_of_the_formula_by_hand():
    """Target .5, n = 25: z = 10 (asin sqrt p - pi/4); no trimming, four units."""
    shares = np.array([5, 10, 15, 20]) / 25
    z = 10 * (np.arcsin(np.sqrt(shares)) - math.pi / 4)
    phi = float((z**2).mean())
    found = overdispersion([5, 10, 15, 20], [25] * 4, target=0.5, trim=0, fewest=4)
    assert found.phi == pytest.approx(phi)
    # All weights are 100, so the denominator is 400 - 100.
    assert found.tau2 == pytest.approx((4 * phi - 3) / 300)


def test_differences_by_chance_alone_are_not_overdispersion():
    found = overdispersion([12, 13, 12, 13, 12], [25] * 5, target=0.5)
    assert found.phi < 1
    assert found.tau2 == 0.0
    assert funnel([12, 13, 12, 13, 12], [25] * 5).limits == "exact binomial, interpolated"


def test_winsorising_keeps_one_odd_unit_from_excusing_itself():
    events = [12, 13] * 10 + [25]
    plain = overdispersion(events, [25] * 21, target=0.5, trim=0)
    found = overdispersion(events, [25] * 21, target=0.5)
    assert plain.tau2 > 0
    assert found.tau2 == 0.0
    assert funnel(events, [25] * 21, target=0.5).position[-1] == ABOVE_998


def test_true_differences_widen_the_limits():
    events, n = [5, 8, 12, 13, 17, 20], [25] * 6
    found = funnel(events, n)
    narrow = exact_limits(0.5, n, coverage=0.95)
    assert found.limits == "arcsine, widened for overdispersion"
    assert (found.low_95 < narrow[0]).all()
    assert (found.high_95 > narrow[1]).all()
    assert (found.position == WITHIN).all()


def test_units_keep_their_order_and_no_field_ranks_them():
    found = funnel([40, 12, 3, 30], [50, 30, 4, 60], target=0.5)
    assert found.n.tolist() == [50, 30, 4, 60]
    words = [field.name for kind in (Funnel, ShrunkenShares) for field in fields(kind)]
    assert not any("rank" in word or "order" in word for word in (*words, *POSITIONS))


def test_a_unit_with_fewer_than_ten_clients_is_hidden():
    found = funnel([9, 0, 5, 0], [9, 9, 10, 0], target=0.5)
    assert found.hidden.tolist() == [True, True, False, True]
    assert found.position.tolist() == [HIDDEN, HIDDEN, WITHIN, HIDDEN]
    assert np.isnan(found.share[[0, 1, 3]]).all()
    assert found.share[2] == 0.5
    assert np.isnan(found.low_95[3])
    shares = shrunken_shares([9, 5], [9, 10], target=0.5, tau2=0.01)
    assert np.isnan([shares.value[0], shares.low[0], shares.weight[0]]).all()
    assert shares.value[1] == pytest.approx(0.5)


def test_a_share_at_a_limit_is_within_and_one_beyond_it_is_not():
    low, _ = exact_limits(0.5, [25], coverage=0.95)
    first_below = math.ceil(low[0] * 25) - 1
    for events, code in ((first_below, BELOW_95), (first_below + 1, WITHIN)):
        found = funnel([events], [25], target=0.5)
        assert found.position.tolist() == [code]
        assert found.overdispersion.tau2 is None
        assert "1 unit with clients, at least 5" in found.overdispersion.reason


@pytest.mark.parametrize("events", [[0, 0, 0], [20, 30, 40]])
def test_nobody_or_everybody_gives_no_limits_and_a_reason(events):
    found = funnel(events, [20, 30, 40])
    assert np.isnan(found.low_95).all()
    assert (found.position == WITHIN).all()
    assert "nobody, or everybody" in found.overdispersion.reason


def test_impossible_arguments_are_refused():
    with pytest.raises(ValueError, match=r"target must be between 0 and 1, got 1\.2"):
        exact_limits(1.2, [10], coverage=0.95)
    with pytest.raises(ValueError, match="at least 1 client, got 0"):
        exact_limits(0.5, [10, 0], coverage=0.95)
    with pytest.raises(ValueError, match="No unit has a client"):
        funnel([0], [0])
    with pytest.raises(ValueError, match="tau2"):
        overdispersed_limits(0.5, [10], tau2=-1, coverage=0.95)
    with pytest.raises(ValueError, match="tau2"):
        shrunken_shares([1], [10], target=0.5, tau2=math.nan)
    with pytest.raises(ValueError, match="trim"):
        overdispersion([1] * 5, [10] * 5, target=0.5, trim=0.5)


def test_without_differences_between_units_every_share_is_the_target():
    found = shrunken_shares([2, 18], [20, 20], target=0.4, tau2=0.0)
    assert found.value.tolist() == pytest.approx([0.4, 0.4])
    assert found.low.tolist() == pytest.approx([0.4, 0.4])
    assert found.weight.tolist() == [0, 0]


def test_shrinkage_is_the_normal_posterior_by_hand():
    """N = 25: error variance .01; tau2 = .03 leaves weight 3/4 and posterior variance .0075."""
    found = shrunken_shares([20], [25], target=0.5, tau2=0.03)
    y = math.pi / 4 + 0.75 * (math.asin(math.sqrt(0.8)) - math.pi / 4)
    reach = 1.959964 * math.sqrt(0.0075)
    expected = [math.sin(v) ** 2 for v in (y, y - reach, y + reach)]
    assert [found.value[0], found.low[0], found.high[0]] == pytest.approx(expected, abs=1e-6)


def test_expected_outcomes_are_the_rates_of_clients_alike():
    found = expected_by_stratum([1, 1, 0, 0, 1], [0, 0, 0, 1, 1], fewest=3)
    np.testing.assert_allclose(found, [2 / 3, 2 / 3, 2 / 3, 0.6, 0.6])
    assert expected_by_stratum([], []).size == 0


def test_a_unit_with_hard_clients_is_held_to_what_is_expected_of_them():
    """By hand: severe clients improve in 30 of 100, mild ones in 70 of 100."""
    severe = np.repeat([1, 0], 100)
    outcome = np.concatenate((np.arange(100) % 10 < 3, np.arange(100) % 10 < 7))
    unit = np.where(np.arange(200) % 100 < 80, severe, 1 - severe)
    expected = expected_by_stratum(outcome, severe)
    found = indirectly_standardised(outcome, expected, unit, units=2)
    assert found.expected.tolist() == pytest.approx([20 * 0.3 + 80 * 0.7, 80 * 0.3 + 20 * 0.7])
    assert found.observed.tolist() == pytest.approx(found.expected.tolist())
    assert found.ratio.tolist() == pytest.approx([1, 1])
    assert found.share.tolist() == pytest.approx([0.5, 0.5])
    assert found.z.tolist() == pytest.approx([0, 0], abs=1e-9)
    assert (found.low < 1).all()
    assert (found.high > 1).all()


def test_ratio_limits_and_z_are_those_of_a_count_by_hand():
    """12 of 20 where 8 are expected: z = 4 / sqrt(20 * .4 * .6), Wilson limits over .4."""
    found = indirectly_standardised([1] * 12 + [0] * 8, [0.4] * 20, [0] * 20, units=1)
    share = proportion(12, 20)
    assert found.ratio[0] == pytest.approx(1.5)
    assert found.z[0] == pytest.approx(4 / math.sqrt(4.8))
    limits = (share.low / 0.4, share.high / 0.4)
    assert (found.low[0], found.high[0]) == pytest.approx(limits)


def test_over_all_clients_observed_equals_expected():
    random = np.random.default_rng(5)
    outcome, kind = random.random(500) < 0.4, random.integers(0, 4, 500)
    found = indirectly_standardised(
        outcome, expected_by_stratum(outcome, kind), random.integers(0, 9, 500), units=9
    )
    assert found.observed.sum() == outcome.sum()
    assert found.expected.sum() == pytest.approx(outcome.sum())


def test_small_units_and_units_without_clients_have_no_ratio():
    found = indirectly_standardised([1] * 12, [0.5] * 12, [0] * 10 + [2] * 2, units=4)
    assert found.hidden.tolist() == [False, True, True, True]
    assert np.isnan(found.ratio).tolist() == [False, True, True, True]
    assert found.n.tolist() == [10, 0, 2, 0]
    assert found.ratio[0] == 2.0
    assert found.share[0] == 1.0
    never = indirectly_standardised([0] * 10, [0.0] * 10, [0] * 10, units=1)
    assert np.isnan([never.ratio[0], never.z[0]]).all()


def test_impossible_units_and_probabilities_are_refused():
    with pytest.raises(ValueError, match="Unit 3 is none of 2"):
        indirectly_standardised([1], [0.5], [3], units=2)
    with pytest.raises(ValueError, match="not between 0 and 1"):
        indirectly_standardised([1], [1.5], [0], units=1)
    with pytest.raises(ValueError, match="whole number from 0, got -1"):
        expected_by_stratum([1], [-1])
    with pytest.raises(ValueError, match="one stratum"):
        expected_by_stratum([1, 0], [1])
    with pytest.raises(ValueError, match="one length"):
        indirectly_standardised([1, 0], [0.5], [0, 0], units=1)


UNITS = st.lists(
    st.integers(1, 90).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=5,
    max_size=15,
)


@given(UNITS, st.randoms(use_true_random=False))
def test_the_order_of_the_units_changes_no_bit(units, random):
    order = list(range(len(units)))
    random.shuffle(order)
    events, n = np.array(units).T
    one, other = funnel(events, n), funnel(events[order], n[order])
    assert one.overdispersion == other.overdispersion
    for name in ("share", "low_95", "high_998", "position"):
        np.testing.assert_array_equal(getattr(one, name)[order], getattr(other, name))


@given(UNITS)
def test_a_batch_of_units_has_the_bits_of_single_ones(units):
    events, n = np.array(units).T
    for function in (
        lambda size: exact_limits(0.37, size, coverage=0.998),
        lambda size: overdispersed_limits(0.37, size, tau2=0.01, coverage=0.95),
    ):
        low, high = function(n)
        for at, size in enumerate(n):
            np.testing.assert_array_equal((low[at], high[at]), np.ravel(function([size])))
    together = shrunken_shares(events, n, target=0.37, tau2=0.01)
    for at in range(len(n)):
        alone = shrunken_shares(events[at : at + 1], n[at : at + 1], target=0.37, tau2=0.01)
        np.testing.assert_array_equal(together.value[at], alone.value[0])


@given(UNITS)
def test_a_shrunken_share_lies_between_its_own_and_the_target(units):
    events, n = np.array(units).T
    found = shrunken_shares(events, n, target=0.3, tau2=0.02, smallest=1)
    own = events / n
    low, high = np.minimum(own, 0.3), np.maximum(own, 0.3)
    assert ((found.value >= low - 1e-12) & (found.value <= high + 1e-12)).all()
    assert ((found.low <= found.value) & (found.value <= found.high)).all()
