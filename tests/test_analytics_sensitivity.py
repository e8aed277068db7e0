"""Do the other indices of change say what their papers and another program say?"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.change import reliable_change_index
from analytics.cutoffs import cutoff_a, cutoff_c
from analytics.instrument import Norms
from analytics.sensitivity.expected_score import (
    edwards_nunnally_index,
    expected_score,
    gulliksen_lord_novick_index,
    nunnally_kotsch_index,
)
from analytics.sensitivity.hageman_arrindell import (
    difference_reliability,
    hageman_arrindell_index,
    hageman_arrindell_obstacle,
    reliability_in,
)
from analytics.sensitivity.panel import METHODS, NO_VERDICT, sensitivity_panel, verdicts
from analytics.sensitivity.samples import PairedSample, paired_sample
from analytics.sensitivity.true_scores import functional_side_index, group_change, true_score_cutoff

GOLDEN = Path(__file__).parent / "golden"
PRINTED = 6e-5  # half a unit of the fourth decimal, the last one that is worked out by hand
NORMS = Norms(20, 5, None, "by hand")
SAMPLE = PairedSample(40, 20, 5, 14, 6, 0.5, "by hand")


def rows(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def couples(measure):
    pairs = [(r[f"{measure}_before"], r[f"{measure}_after"]) for r in rows("couples.csv")]
    return np.array([(float(a), float(b)) for a, b in pairs if b]).T


def panel(before, after, **changed):
    given_numbers = {
        "better": "lower",
        "clinical": NORMS,
        "reliability": 0.84,
        "reliability_after": 0.75,
        "sample": SAMPLE,
    }
    results = sensitivity_panel(before, after, **(given_numbers | changed))
    return {one.name: one for one in results}


# From 28 to 18 with M1 = 20, s1 = 5, r = .84 and r after = .75: SEM = 5 * .4 = 2, and
# 20 + .84 * 8 = 26.72 is expected, so the client is 8.72 points better than expected.
# Sample: M2 = 14, s2 = 6, r12 = .5, so r1 s1^2 = 25 - 4 = 21, r2 s2^2 = 36 - 4 = 32, the shared
# part is 30, and r_dd = (21 + 32 - 30) / (25 + 36 - 30) = 23 / 31.
WORKED = {
    "Jacobson-Truax": (10, 8**0.5),
    "Gulliksen-Lord-Novick": (8.72, (25 * (1 - 0.7056)) ** 0.5),
    "Edwards-Nunnally": (8.72, 2),
    "Nunnally-Kotsch": (8.72, (2.8224 + 6.25) ** 0.5),
    "Hageman-Arrindell": ((10 * 23 + 6 * 8) / 31, (23 / 31 * 8) ** 0.5),
}
WORKED_INDEX = {
    "Jacobson-Truax": 3.5355,
    "Gulliksen-Lord-Novick": 3.2142,
    "Edwards-Nunnally": 4.3600,
    "Nunnally-Kotsch": 2.8951,
    "Hageman-Arrindell": 3.6809,
}


@pytest.mark.parametrize("method", METHODS)
def test_each_index_is_the_one_worked_out_by_hand(method):
    found = panel([28.0], [18.0])[method]
    points, error = WORKED[method]
    assert found.denominator == pytest.approx(error, rel=1e-12)
    assert found.index == pytest.approx([points / error], rel=1e-12)
    assert found.index == pytest.approx([WORKED_INDEX[method]], abs=PRINTED)
    assert found.verdict.tolist() == [1]
    assert found.reason is None


def test_the_example_of_jacobson_and_truax_1991_has_the_printed_index():
    found = sensitivity_panel(
        32.5, 47.5, better="higher", clinical=Norms(40, 7.5, None, "x"), reliability=0.80
    )[0]
    assert round(float(found.index), 2) == 3.16
    assert round(found.denominator, 2) == 4.74
    assert found.verdict == 1


@pytest.mark.parametrize(
    ("sd", "reliability", "criterion"),
    [
        pytest.param(7.5, 0.8, 9.296925484568419, id="CECPfuns getRCIfromSDandAlpha(7.5, .8)"),
        pytest.param(5.5, 0.85, 5.904340674266618, id="PHQ-9 with SD 5.5 and r .85"),
        pytest.param(10.5, 0.931, 7.645131 / 1.96 * 1.959963984540054, id="R suddengains .931"),
        pytest.param(10.5, 0.961, 5.747681 / 1.96 * 1.959963984540054, id="R suddengains .961"),
    ],
)
def test_a_change_above_the_printed_criterion_is_reliable_and_one_below_is_not(
    sd, reliability, criterion
):
    after = [30 - criterion * 1.000001, 30 - criterion * 0.999999]
    found = panel([30.0], after, clinical=Norms(20, sd, None, "x"), reliability=reliability)
    assert found["Jacobson-Truax"].verdict.tolist() == [1, 0]


@pytest.mark.parametrize(
    "case", [pytest.param(row, id=row["source"]) for row in rows("index_counts.csv")]
)
def test_categories_of_the_couples_of_jacobson_and_truax_are_counted_as_in_r(case):
    before, after = couples(case["measure"])
    better, reliability = case["better"], float(case["reliability"])
    sample, _ = paired_sample(before, after, fewest=2)
    clinical = Norms(sample.mean_before, sample.sd_before, sample.n, "the couples")
    found = panel(
        before,
        after,
        better=better,
        clinical=clinical,
        reliability=reliability,
        reliability_after=None,
        sample=sample,
    )[case["method"]]
    sign = 1 if better == "higher" else -1
    if case["method"] == "Hageman-Arrindell":
        sem = sample.sd_before * math.sqrt(1 - reliability)
        cutoff = true_score_cutoff("a", clinical=clinical, functional=None, sem=sem, better=better)
        beyond = functional_side_index(after, sem=sem, sample=sample, cutoff=cutoff, better=better)
        crossed = beyond > found.critical
    else:
        cutoff = (
            cutoff_a(clinical_mean=clinical.mean, clinical_sd=clinical.sd, better=better)
            if case["letter"] == "a"
            else cutoff_c(
                clinical_mean=clinical.mean,
                clinical_sd=clinical.sd,
                functional_mean=float(case["functional_mean"]),
                functional_sd=float(case["functional_sd"]),
            )
        )
        crossed = (sign * before < sign * cutoff) & (sign * after > sign * cutoff)
    better_now = found.verdict == 1
    assert (better_now & crossed).sum() == int(case["recovered"])
    assert (better_now & ~crossed).sum() == int(case["improved"])
    assert (found.verdict == 0).sum() == int(case["unchanged"])
    assert (found.verdict == -1).sum() == int(case["deteriorated"])


def test_group_shares_of_the_couples_are_those_r_clinicalsignificance_prints():
    sample, _ = paired_sample(*couples("gds"), fewest=2)
    clinical = Norms(sample.mean_before, sample.sd_before, sample.n, "the couples")
    sem = sample.sd_before * math.sqrt(1 - 0.80)
    cutoff = true_score_cutoff("a", clinical=clinical, functional=None, sem=sem, better="lower")
    found = group_change(sample, sem=sem, cutoff=cutoff, better="lower")
    assert round(found.changed, 3) == 0.900
    assert round(found.functional, 3) == 0.448
    assert found.reasons == ()


def test_the_cutoff_of_true_scores_is_the_one_r_clinicalsignificance_prints_for_the_bdi():
    clinical, functional = Norms(35.48, 8.16, 40, "Claus 2020"), Norms(8, 8, None, "x")
    sem = 8.16 * math.sqrt(1 - 0.80)
    found = true_score_cutoff(
        "c", clinical=clinical, functional=functional, sem=sem, better="lower"
    )
    assert round(found, 2) == 21.57
    assert round(reliability_in(functional.sd, sem), 2) == 0.79


def test_cutoffs_a_and_b_of_true_scores_lie_on_the_side_of_their_direction_by_hand():
    groups = {"clinical": Norms(40, 10, None, "x"), "functional": Norms(10, 7.5, None, "x")}
    # With SEM = 6: 10 becomes 8, and 7.5 becomes 4.5.
    for letter, better, expected in (
        ("a", "lower", 24),
        ("a", "higher", 56),
        ("b", "lower", 19),
        ("b", "higher", 1),
        ("c", "lower", (4.5 * 40 + 8 * 10) / 12.5),
    ):
        found = true_score_cutoff(letter, **groups, sem=6.0, better=better)
        assert found == pytest.approx(expected, rel=1e-12)


def test_group_shares_are_those_worked_out_by_hand():
    found = group_change(SAMPLE, sem=2.0, cutoff=12, better="lower")
    # Changed: 6 / sqrt(31 * 23 / 31) = 1.2511; functional: (12 - 14) / sqrt(36 - 4) = -.3536.
    assert found.changed == pytest.approx(0.89455, abs=1e-4)
    assert found.functional == pytest.approx(0.36184, abs=1e-4)


def test_the_functional_side_is_judged_by_the_true_score_worked_out_by_hand():
    # SEM = 4.8 and s2 = 6: r2 = 1 - 23.04 / 36 = .36. 4 counts as 14 - .36 * 10 = 10.4, which is
    # 1.6 points below 12, over .6 * 4.8.
    found = functional_side_index([4.0, 14.0], sem=4.8, sample=SAMPLE, cutoff=12, better="lower")
    assert found == pytest.approx([1.6 / 2.88, -2 / 2.88], rel=1e-12)


def test_reliability_of_differences_is_one_minus_their_share_of_error():
    assert difference_reliability(SAMPLE, 2.0) == pytest.approx(1 - 2 * 4 / SAMPLE.sd_change**2)


def test_the_index_must_exceed_the_critical_value():
    assert verdicts([1.0, 1.0000001, -1.0, -1.0000001], 1.0).tolist() == [0, 1, 0, -1]


def test_critical_values_are_exact_quantiles_and_one_sided_for_hageman_and_arrindell():
    critical = [one.critical for one in panel([20], [10]).values()]
    assert critical[:4] == pytest.approx([1.959963984540054] * 4, abs=1e-12)
    assert critical[4] == pytest.approx(1.6448536269514722, abs=1e-12)


def test_a_missing_score_has_no_verdict_by_any_index():
    for one in panel([20.0, math.nan, 20.0], [10.0, 10.0, math.nan]).values():
        assert np.isnan(one.index).tolist() == [False, True, True]
        assert one.verdict.tolist()[1:] == [NO_VERDICT, NO_VERDICT]


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"clinical": None}, "No standard deviation of clients is known"),
        ({"reliability": None}, "No reliability is known"),
    ],
)
def test_without_norms_or_reliability_every_index_has_a_reason(missing, sentence):
    found = panel([20.0], [10.0], **missing)
    assert tuple(found) == METHODS
    for one in found.values():
        assert (one.index, one.verdict, one.denominator) == (None, None, None)
        assert one.reason.startswith(sentence)


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        (None, "No sample of clients"),
        (PairedSample(30, 20, 0, 14, 5, 0, "x"), "All scores before or after are equal"),
        (PairedSample(30, 20, 5, 14, 5, 1, "x"), "All differences in the sample are equal"),
        (PairedSample(30, 20, 5, 14, 5, 0.9, "x"), "The differences between both scores"),
    ],
)
def test_a_sample_that_cannot_serve_turns_off_hageman_and_arrindell_alone(sample, sentence):
    found = panel([20.0], [10.0], sample=sample)
    assert found["Hageman-Arrindell"].index is None
    assert found["Hageman-Arrindell"].reason.startswith(sentence)
    assert found["Edwards-Nunnally"].index is not None
    if sample is not None:
        assert hageman_arrindell_obstacle(sample, 2.0).startswith(sentence)
        shares = group_change(sample, sem=2.0, cutoff=12, better="lower")
        assert shares.changed is None
        assert shares.reasons[0].startswith(sentence)
        with pytest.raises(ValueError, match=sentence):
            hageman_arrindell_index([20], [10], sem=2.0, sample=sample)


def test_group_shares_without_a_cutoff_or_spread_after_say_so():
    assert group_change(SAMPLE, sem=2.0, cutoff=None, better="lower").reasons == (
        "No cutoff of true scores is known, so the functional share is unknown.",
    )
    narrow = PairedSample(30, 20, 5, 14, 1, 0.1, "x")
    found = group_change(narrow, sem=2.0, cutoff=12, better="lower")
    assert found.functional is None
    assert "spread no more than the error" in found.reasons[-1]
    with pytest.raises(ValueError, match="spread no more than the error"):
        functional_side_index([10], sem=2.0, sample=narrow, cutoff=12, better="lower")


def test_the_reliability_before_stands_in_for_that_after_and_the_panel_says_so():
    found = panel([28.0], [18.0], reliability_after=None)["Nunnally-Kotsch"]
    assert found.note == "The reliability before stands for that after."
    same = panel([28.0], [18.0], reliability_after=0.84)["Nunnally-Kotsch"]
    assert found.index == same.index
    assert same.note == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"confidence": 1}, "confidence must be"),
        ({"reliability": 1.0}, "reliability must be"),
        ({"reliability_after": -0.1}, "reliability must be"),
        ({"clinical": Norms(20, 0, None, "x")}, "sd must be"),
        ({"clinical": Norms(math.nan, 5, None, "x")}, "mean must be"),
    ],
)
def test_impossible_numbers_are_refused_in_a_sentence(changed, message):
    with pytest.raises(ValueError, match=message):
        panel([20.0], [10.0], **changed)


@pytest.mark.parametrize("sem", [0, -1, math.nan, math.inf])
def test_an_impossible_error_of_measurement_is_refused(sem):
    with pytest.raises(ValueError, match="sem must be greater than 0"):
        reliability_in(5, sem)
    with pytest.raises(ValueError, match="sem must be greater than 0"):
        group_change(SAMPLE, sem=sem, cutoff=None, better="lower")


def test_missing_or_narrow_norms_have_no_cutoff_of_true_scores():
    wide, narrow = Norms(40, 10, None, "x"), Norms(40, 5, None, "x")
    for letter, clinical, functional, message in (
        ("a", None, wide, "needs norms of clients"),
        ("b", wide, None, "needs norms of the population"),
        ("c", wide, None, "needs norms of the population"),
        ("a", narrow, None, "no cutoff of true scores"),
        ("d", wide, wide, "must be a, b or c"),
    ):
        with pytest.raises(ValueError, match=message):
            true_score_cutoff(
                letter, clinical=clinical, functional=functional, sem=6.0, better="lower"
            )


points = st.integers(0, 60).map(float)


@given(points, points, st.integers(-20, 20))
def test_shifting_both_scores_leaves_jacobson_truax_and_hageman_arrindell(first, last, shift):
    here, there = panel(first, last), panel(first + shift, last + shift)
    for method in ("Jacobson-Truax", "Hageman-Arrindell"):
        assert here[method].index == there[method].index


@given(points, points, st.integers(1, 20))
def test_shifting_scores_and_mean_together_leaves_every_index(first, last, shift):
    here = panel(first, last)
    moved = PairedSample(40, 20 + shift, 5, 14 + shift, 6, 0.5, "by hand")
    there = panel(
        first + shift, last + shift, clinical=Norms(20 + shift, 5, None, "x"), sample=moved
    )
    for method in METHODS:
        assert here[method].index == pytest.approx(there[method].index, abs=1e-9)
    alone = panel(first + shift, last + shift)
    # The mean stays: 1 - r = .16 of the shift is now expected to go, over SEM = 2.
    for_the_shift = here["Edwards-Nunnally"].index - 0.16 * shift / 2
    assert alone["Edwards-Nunnally"].index == pytest.approx(for_the_shift, abs=1e-9)


@given(points, points)
def test_a_mirrored_scale_and_direction_leaves_every_index(first, last):
    lower = panel(first, last)
    mirrored = PairedSample(40, 40, 5, 46, 6, 0.5, "by hand")
    higher = panel(
        60 - first, 60 - last, better="higher", clinical=Norms(40, 5, None, "x"), sample=mirrored
    )
    for method in METHODS:
        assert lower[method].index == pytest.approx(higher[method].index, abs=1e-9)
        assert lower[method].verdict == higher[method].verdict


@given(st.lists(st.tuples(points, points), min_size=1, max_size=40))
def test_a_batch_has_the_same_bits_as_its_pairs_one_by_one(pairs):
    before, after = np.array(pairs).T
    together = panel(before, after)
    for at, (first, last) in enumerate(pairs):
        alone = panel(first, last)
        for method in METHODS:
            assert together[method].index[at] == alone[method].index
            assert together[method].verdict[at] == alone[method].verdict


def test_at_the_mean_the_expected_score_is_the_first_one_and_en_exceeds_jt_by_root_two():
    numbers = {"sd": 5, "reliability": 0.84}
    assert expected_score([20.0], mean=20, reliability=0.84).tolist() == [20.0]
    generous = edwards_nunnally_index([20.0], [15.0], mean=20, **numbers)
    assert generous == pytest.approx(
        math.sqrt(2) * reliable_change_index([20.0], [15.0], **numbers)
    )
    strict = gulliksen_lord_novick_index([20.0], [15.0], mean=20, **numbers)
    both = nunnally_kotsch_index([20.0], [15.0], mean=20, reliability_after=0.84, **numbers)
    assert strict < both < generous
