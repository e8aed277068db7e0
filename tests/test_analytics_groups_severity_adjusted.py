"""Is the severity-adjusted effect that of a plain regression, for the clinical range only?"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.groups.severity_adjusted import (
    severity_adjusted_effects,
    severity_adjusted_mean,
    severity_reference,
)
from analytics.instrument import Cutoff

CASE = Cutoff(10, ">=", "caseness", "a manual")
NAN = math.nan


def service(n, seed=3):
    """Return intake and final scores of a made-up service, some of them not clinical."""
    random = np.random.default_rng(seed)
    intake = random.integers(5, 27, n).astype(float)
    final = np.clip(np.round(3 + 0.5 * intake + random.normal(0, 4, n)), 0, 27)
    return intake, final


def reference_of(intake, final, **more):
    given_ = {"cutoff": CASE, "better": "lower", "label": "the service itself"} | more
    return severity_reference(intake, final, **given_)


def test_the_regression_is_that_of_scipy_over_the_clinical_range():
    intake, final = service(80)
    found = reference_of(intake, final)
    clinical = intake >= 10
    line = stats.linregress(intake[clinical], final[clinical])
    assert found.coefficients == pytest.approx((line.intercept, line.slope), abs=1e-9)
    assert (found.n, found.n_all) == (clinical.sum(), 80)
    assert found.mean_gain == pytest.approx((intake - final)[clinical].mean())
    assert found.sd_intake == pytest.approx(intake[clinical].std(ddof=1))


def test_the_reference_sample_has_its_own_mean_change_as_effect():
    """By definition: the residual gains of a regression have a mean of zero."""
    intake, final = service(80)
    reference = reference_of(intake, final)
    found = severity_adjusted_mean(severity_adjusted_effects(intake, final, reference), reference)
    assert found.value == pytest.approx(reference.mean_gain / reference.sd_intake)
    assert found.n == reference.n
    assert found.n_all == 80


def test_regressing_the_change_instead_of_the_final_score_gives_the_same_effect():
    intake, final = service(60)
    reference = reference_of(intake, final)
    use = intake >= 10
    line = stats.linregress(intake[use], (intake - final)[use])
    residual = (intake - final)[use] - (line.intercept + line.slope * intake[use])
    expected = (reference.mean_gain + residual) / reference.sd_intake
    found = severity_adjusted_effects(intake, final, reference)[use]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_interval_is_the_t_interval_of_scipy():
    intake, final = service(80)
    reference = reference_of(intake, final)
    effects = severity_adjusted_effects(intake[:30], final[:30], reference)
    found = severity_adjusted_mean(effects, reference, confidence=0.9)
    known = effects[~np.isnan(effects)]
    expected = stats.t.interval(0.9, known.size - 1, known.mean(), stats.sem(known))
    assert (found.low, found.high) == pytest.approx(expected)
    assert (found.reference, found.reference_n) == ("the service itself", reference.n)


def test_a_caseload_of_severe_clients_is_not_credited_for_their_severity():
    intake, final = service(200)
    reference = reference_of(intake, final)
    severe = intake >= 20
    raw = (intake - final)[severe].mean() / reference.sd_intake
    adjusted = np.nanmean(severity_adjusted_effects(intake, final, reference)[severe])
    ordinary = reference.mean_gain / reference.sd_intake
    assert raw > ordinary + 0.3
    assert abs(adjusted - ordinary) < 0.2


def test_a_covariate_is_allowed_for():
    intake, final = service(120)
    later = np.arange(120) % 2
    final = final + 5.0 * later
    plain = reference_of(intake, final)
    allowed = reference_of(intake, final, covariates=later[:, np.newaxis])
    assert len(allowed.coefficients) == len(plain.coefficients) + 1
    assert allowed.coefficients[2] == pytest.approx(5, abs=1.5)
    effects = severity_adjusted_effects(intake, final, allowed, covariates=later[:, np.newaxis])
    means = [np.nanmean(effects[later == value]) for value in (0, 1)]
    assert means[0] == pytest.approx(means[1], abs=1e-9)
    with pytest.raises(ValueError, match="1 covariates, the clients have 0"):
        severity_adjusted_effects(intake, final, allowed)


def test_missing_scores_and_intakes_outside_the_clinical_range_have_no_effect():
    intake, final = service(60)
    reference = reference_of(intake, final)
    found = severity_adjusted_effects([9, 10, NAN, 15], [4, 4, 4, NAN], reference)
    assert np.isnan(found).tolist() == [True, False, True, True]


def test_too_small_a_reference_or_caseload_is_not_assessable():
    intake, final = service(40)
    small = reference_of(intake[:12], final[:12])
    assert "at least 30 are needed" in small.reason
    assert np.isnan(severity_adjusted_effects(intake, final, small)).all()
    found = severity_adjusted_mean([0.5] * 20, small)
    assert found.value is None
    assert found.reason.startswith("Not assessable: no reference (the service itself).")
    reference = reference_of(*service(60))
    few = severity_adjusted_mean([0.5, 0.7, NAN, 0.2, 0.3], reference)
    assert few.value is None
    assert "4 clients" in few.reason
    assert severity_adjusted_mean([0.5, 0.7, 0.1, 0.2, 0.3], reference).very_imprecise


def test_equal_intake_scores_make_no_reference():
    found = reference_of([15.0] * 40, service(40)[1])
    assert "SD 0" in found.reason
    assert found.coefficients == ()


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one row a client"):
        reference_of([12, 13], [10])


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_the_clients_changes_no_bit(seed, random):
    intake, final = service(50, seed)
    order = list(range(50))
    random.shuffle(order)
    one, other = reference_of(intake, final), reference_of(intake[order], final[order])
    assert one == other
    np.testing.assert_array_equal(
        severity_adjusted_effects(intake, final, one)[order],
        severity_adjusted_effects(intake[order], final[order], other),
    )


@given(st.integers(0, 1000))
def test_a_mirrored_scale_has_the_same_effects(seed):
    intake, final = service(60, seed)
    one = severity_adjusted_effects(intake, final, reference_of(intake, final))
    mirrored = reference_of(
        27 - intake, 27 - final, better="higher", cutoff=Cutoff(17, "<=", "caseness", "a manual")
    )
    other = severity_adjusted_effects(27 - intake, 27 - final, mirrored)
    np.testing.assert_allclose(one, other, atol=1e-9)
