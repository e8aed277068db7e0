"""Are the effect sizes of two phases those of the papers and of the R packages, by name?"""

import csv
import itertools
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from analytics.single_case.effects import phase_effects
from analytics.single_case.overlap import (
    improvement_rate_difference,
    nonoverlap_of_all_pairs,
    percentage_of_all_nonoverlapping_data,
    percentage_of_nonoverlapping_data,
)
from analytics.single_case.tau import baseline_corrected_tau, tau, tau_u

GOLDEN = Path(__file__).parent / "golden" / "single_case.csv"
Z = stats.norm.ppf(0.975)

phase = st.lists(st.integers(0, 12), min_size=3, max_size=9)
long_phase = st.lists(st.integers(0, 12), min_size=5, max_size=9)


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [
            pytest.param(row, id=f"{row['what']} by {row['source']}")
            for row in csv.DictReader(file)
        ]


def numbers(cell):
    return [float(number) for number in cell.split()]


def everything(a, b, better="higher"):
    """Return every number there is, by a short name."""
    nap = nonoverlap_of_all_pairs(a, b, better=better)
    plain = tau(a, b, better=better)
    parker, bounded, full = tau_u(a, b, better=better)
    corrected = baseline_corrected_tau(a, b, better=better)
    return {
        "nap": nap.value,
        "nap_se": nap.standard_error,
        "nap_low": nap.low,
        "nap_high": nap.high,
        "tau": plain.value,
        "tau_se": plain.standard_error,
        "tau_low": plain.low,
        "tau_high": plain.high,
        "tau_u_parker": parker.value,
        "tau_u_bounded": bounded.value,
        "tau_u_full": full.value,
        "tau_bc": corrected.index.value,
        "pnd": percentage_of_nonoverlapping_data(a, b, better=better).value,
        "pand": percentage_of_all_nonoverlapping_data(a, b, better=better).value,
        "ird": improvement_rate_difference(a, b, better=better).value,
    }


@pytest.mark.parametrize("case", cases())
def test_effect_sizes_match_the_golden_values(case):
    a, b = numbers(case["a"]), numbers(case["b"])
    tolerance = float(case["tolerance"])  # as many digits as the source prints
    found = everything(a, b)[case["what"]]
    assert found == pytest.approx(float(case["value"]), abs=tolerance + 1e-9)


@pytest.mark.parametrize("case", cases())
def test_golden_values_hold_mirrored_where_lower_is_better(case):
    a, b = ([-x for x in numbers(case[name])] for name in ("a", "b"))
    found = everything(a, b, "lower")[case["what"]]
    assert found == pytest.approx(float(case["value"]), abs=float(case["tolerance"]) + 1e-9)


def test_the_interval_of_nap_is_that_of_singlecasees_0_7_4_for_62_of_70_pairs():
    # Its interval depends on the phase lengths and NAP alone: .607 to .972 at 7 and 10 scores.
    a = [1, 2, 3, 4, 5, 6, 7]
    b = [8, 9, 10, 11, 12, 13, 5.5, 5.5, 5.5, 5.5]
    found = nonoverlap_of_all_pairs(a, b, better="higher")
    assert found.value == pytest.approx(62 / 70)
    assert (found.low, found.high) == pytest.approx((0.607, 0.972), abs=5e-4)


@given(phase, phase)
def test_the_ends_of_the_nap_interval_solve_the_equation_of_newcombe_2006(a, b):
    # Method 5: the distance of NAP from each end is z standard errors at that end.
    found = nonoverlap_of_all_pairs(a, b, better="higher")
    m, n = len(a), len(b)
    h = (m + n) / 2 - 1
    for end in (found.low, found.high):
        spread = 1 + h * (1 - end) / (2 - end) + h * end / (1 + end)
        error = math.sqrt(end * (1 - end) * spread / (m * n))
        if 0 < end < 1:
            assert abs(found.value - end) == pytest.approx(Z * error, rel=1e-6)
        else:
            assert end == found.value
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(phase, phase)
def test_nap_is_the_share_of_mann_whitney_pairs(a, b):
    u = stats.mannwhitneyu(b, a, method="asymptotic", use_continuity=False).statistic
    found = nonoverlap_of_all_pairs(a, b, better="higher").value
    assert found == pytest.approx(u / (len(a) * len(b)))


@given(phase, phase)
def test_the_variance_of_nap_is_the_unbiased_one_of_mee_1990(a, b):
    m, n = len(a), len(b)
    q = np.array([[(y > x) + 0.5 * (y == x) for y in b] for x in a])
    nap = q.mean()
    if not 0 < nap < 1:
        return
    rows, columns = (q.sum(axis=1) ** 2).sum() / (m * n**2), (q.sum(axis=0) ** 2).sum() / (m**2 * n)
    variance = nap - (m + n - 1) * nap**2 + n * rows + m * columns - 2 * (q**2).sum() / (m * n)
    found = nonoverlap_of_all_pairs(a, b, better="higher").standard_error
    wanted = math.sqrt(max(variance, 0) / ((m - 1) * (n - 1)))
    assert found == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize(("a", "b", "nap"), [([1, 2, 3], [4, 5, 6], 1), ([4, 5, 6], [1, 2, 3], 0)])
def test_a_full_separation_has_an_error_and_an_interval_that_is_no_point(a, b, nap):
    found = nonoverlap_of_all_pairs(a, b, better="higher")
    assert found.value == nap
    assert found.standard_error > 0
    assert found.high - found.low > 0.3
    assert nap in (found.low, found.high)


@given(phase, phase)
def test_pand_is_the_largest_share_that_leaves_no_overlap(a, b):
    best = 0
    for cut in [*a, -1]:
        kept_a = [x for x in a if x <= cut]
        best = max(best, len(kept_a) + sum(y > cut for y in b))
    found = percentage_of_all_nonoverlapping_data(a, b, better="higher").value
    assert found == pytest.approx(best / (len(a) + len(b)))


def test_pand_agrees_with_trying_every_selection():
    rng = np.random.default_rng(1)
    for _ in range(25):
        a, b = rng.integers(0, 6, 4).tolist(), rng.integers(0, 6, 3).tolist()
        best = 0
        for keep in itertools.product([False, True], repeat=7):
            kept_a = [x for x, kept in zip(a, keep[:4], strict=True) if kept]
            kept_b = [y for y, kept in zip(b, keep[4:], strict=True) if kept]
            if not kept_a or not kept_b or max(kept_a) < min(kept_b):
                best = max(best, sum(keep))
        found = percentage_of_all_nonoverlapping_data(a, b, better="higher").value
        assert found == pytest.approx(best / 7)


@given(phase, phase)
def test_each_tau_u_is_the_count_of_its_pairs(a, b):
    def s(pairs):
        return sum((y > x) - (y < x) for x, y in pairs)

    between = s(itertools.product(a, b))
    within_a = s(itertools.combinations(a, 2))
    parker, bounded, full = tau_u(a, b, better="higher")
    assert parker.value == pytest.approx((between - within_a) / (len(a) * len(b)))
    # The bounded ones are tau-b between the scores and a clock that runs backwards in A, and
    # stands still in B or runs on.
    clock = [*range(len(a) - 1, -1, -1), *[len(a)] * len(b)]
    onward = [*range(len(a) - 1, -1, -1), *range(len(a), len(a) + len(b))]
    if len({*a, *b}) > 1:
        assert bounded.value == pytest.approx(stats.kendalltau(clock, [*a, *b]).statistic)
        assert full.value == pytest.approx(stats.kendalltau(onward, [*a, *b]).statistic)


def test_the_variants_of_tau_u_differ_and_each_names_itself():
    found = tau_u([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29], better="higher")
    assert [round(index.value, 3) for index in found] == [0.738, 0.474, 0.510]
    assert "Parker 2011" in found[0].name
    assert len({index.name for index in found}) == 3


@example([1, 1, 1], [0, 0, 0, 0, 0])  # SciPy's tau misses -1 by a digit, and its root by millions
@given(phase, phase)
def test_tau_bc_without_a_baseline_trend_is_tau_b_with_the_phase(a, b):
    found = baseline_corrected_tau(a, b, better="higher")
    if not found.removed and len({*a, *b}) > 1:
        wanted = stats.kendalltau([0] * len(a) + [1] * len(b), [*a, *b]).statistic
        assert found.index.value == pytest.approx(wanted)
        variance = 2 / (len(a) + len(b)) * (1 - wanted**2)
        assert found.index.standard_error**2 == pytest.approx(variance, abs=1e-12)
        assert "nothing was removed" in found.index.note


@given(long_phase, phase)
def test_the_condition_of_tau_bc_is_a_significant_trend_of_the_baseline(a, b):
    found = baseline_corrected_tau(a, b, better="higher")
    assert found.removed == (found.p < 0.05)
    if found.removed:
        slope = stats.theilslopes(a).slope
        assert found.slope == pytest.approx(slope)
        rest = np.round(np.array([*a, *b]) - slope * np.arange(len(a) + len(b)), 9)
        wanted = stats.kendalltau([0] * len(a) + [1] * len(b), rest).statistic
        if not math.isnan(wanted):
            assert found.index.value == pytest.approx(wanted)


def test_a_baseline_of_four_is_never_corrected_and_one_of_five_can_be():
    assert not baseline_corrected_tau([1, 2, 3, 4], [5, 6, 7], better="higher").removed
    found = baseline_corrected_tau([1, 2, 3, 4, 5], [6, 7, 8], better="higher")
    assert found.removed
    assert "Theil-Sen trend of A removed" in found.index.name
    assert "1.00 points better a session were removed" in found.index.note


@pytest.mark.parametrize("step", [0.1, 0.3, 0.7, 0.9])
def test_a_removed_trend_in_tenths_of_a_point_leaves_its_ties_equal(step):
    # In binary the remainders of such a line differ in the last digits.
    line = [round(20 - step * i, 1) for i in range(13)]
    found = baseline_corrected_tau(line[:7], line[7:], better="lower")
    assert found.removed
    assert found.index.value == 0.0


def test_a_missed_session_keeps_its_place_in_the_line():
    missed = baseline_corrected_tau(
        [1, 2, math.nan, 4, 5, 6], [7, math.nan, 9, 10], better="higher"
    )
    assert missed.removed
    assert missed.index.value == 0.0
    closed_up = baseline_corrected_tau([1, 2, 4, 5, 6], [7, 9, 10], better="higher")
    assert closed_up.index.value != 0.0


def test_a_worsening_baseline_is_told_as_worse_where_lower_is_better():
    found = baseline_corrected_tau([10, 12, 14, 16, 18], [9, 9, 8, 8], better="lower")
    assert found.slope == -2
    assert "2.00 points worse a session" in found.index.note
    assert found.index.value > 0


@given(phase, phase)
def test_every_statistic_mirrors_with_the_direction(a, b):
    up = everything(a, b)
    down = everything([-x for x in a], [-x for x in b], "lower")
    assert down == up


@given(phase, phase, st.integers(-20, 20))
def test_shifting_all_scores_changes_nothing(a, b, points):
    assert everything([x + points for x in a], [x + points for x in b]) == everything(a, b)


@given(phase, phase, st.randoms(use_true_random=False))
def test_statistics_without_a_trend_do_not_ask_for_the_order(a, b, random):
    names = ("nap", "tau", "pnd", "pand", "ird")
    plain = everything(a, b)
    mixed = everything(random.sample(a, len(a)), random.sample(b, len(b)))
    assert [mixed[name] for name in names] == pytest.approx([plain[name] for name in names])


@given(phase, phase)
def test_every_number_is_a_number_and_the_bounded_ones_keep_their_bounds(a, b):
    found = everything(a, b)
    assert all(math.isfinite(number) for number in found.values())
    for name in ("tau", "tau_u_bounded", "tau_u_full", "tau_bc"):
        assert -1 <= found[name] <= 1
    for name in ("nap", "pnd", "pand"):
        assert 0 <= found[name] <= 1


def test_equal_scores_throughout_show_no_effect_and_do_not_fail():
    found = everything([5, 5, 5, 5], [5, 5, 5])
    assert found["nap"] == 0.5
    zeros = ("tau", "tau_u_parker", "tau_u_bounded", "tau_u_full", "tau_bc", "pnd")
    assert [found[name] for name in zeros] == [0.0] * 6


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ([], [1, 2, 3], "Phase A has 0 scores"),
        ([4], [1, 2, 3], "Phase A has 1 score;"),
        ([4, math.nan, 5], [1, 2, 3], "Phase A has 2 scores"),
        ([4, 5, 6], [1, 2], "Phase B has 2 scores"),
        ([4, 5, math.inf], [1, 2, 3], "Phase A has an infinite score"),
    ],
)
def test_short_phases_are_refused_with_the_reason(a, b, reason):
    found = phase_effects(a, b, better="lower")
    assert found.effects is None
    assert reason in found.reason
    with pytest.raises(ValueError, match=reason):
        tau(a, b, better="lower")


def test_a_page_gets_every_index_under_its_own_name_intervals_first():
    found = phase_effects([18, 17, 19, 18, 17], [12, 13, 9, 8, 10], better="lower")
    assert found.reason == ""
    shown = found.effects.shown()
    assert len({index.name for index in shown}) == len(shown) == 9
    assert [index.low is not None for index in shown] == [True] * 3 + [False] * 6
    assert "independent" in found.caution
    assert "short" not in found.caution


@pytest.mark.parametrize(("m", "n", "short"), [(3, 9, 3), (9, 4, 4), (5, 5, None)])
def test_phases_below_five_carry_a_caution(m, n, short):
    caution = phase_effects(range(m), range(n), better="lower").caution
    assert (f"A phase of {short} scores is short" in caution) == (short is not None)


def test_one_function_gives_what_the_single_ones_give():
    a, b = [9, 8, 8, 7, 5, 7], [6, 14, 15, 12, 16]
    effects = phase_effects(a, b, better="higher", confidence=0.8).effects
    assert effects.nap == nonoverlap_of_all_pairs(a, b, better="higher", confidence=0.8)
    assert effects.tau == tau(a, b, better="higher", confidence=0.8)
    assert effects.tau_u == tau_u(a, b, better="higher")
    assert effects.tau_bc == baseline_corrected_tau(a, b, better="higher", confidence=0.8)
    assert effects.pnd == percentage_of_nonoverlapping_data(a, b, better="higher")
    assert effects.pand == percentage_of_all_nonoverlapping_data(a, b, better="higher")
    assert effects.ird == improvement_rate_difference(a, b, better="higher")


@pytest.mark.parametrize("confidence", [0.0, 1.0, math.nan])
def test_an_impossible_confidence_is_refused(confidence):
    for function in (nonoverlap_of_all_pairs, tau, baseline_corrected_tau, phase_effects):
        with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
            function([1, 2, 3], [4, 5, 6], better="lower", confidence=confidence)


def test_the_golden_table_names_each_source_once_a_number():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seen = defaultdict(int)
    for row in rows:
        seen[row["source"], row["what"]] += 1
    assert set(seen.values()) == {1}
