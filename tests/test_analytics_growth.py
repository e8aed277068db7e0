"""Does the fit find the course that the scores were made from, and hold for other clients?"""

import itertools
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analytics.expectation import growth
from analytics.expectation.calibration import calibration
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import course_limit, expected_course
from analytics.expectation.growth import Refusal, fit_growth, split_half_calibration
from analytics.groups.proportions import wilson_interval

SCALE = {"instrument": "mood", "minimum": -100, "maximum": 160, "better": "lower"}
FIXED = np.array([18.626, 0.8531, -3.952, -0.1658])
OWN = np.array([[9.58**2, -0.84 * 9.58 * 3.46], [-0.84 * 9.58 * 3.46, 3.46**2]])
VAR_E = 3.76**2
TRUE = GrowthCurve(
    "mood", "The one that the scores are made from.", False, 1000, 9000, 18.0, *FIXED.tolist(),
    covariance=((0.0,) * 4,) * 4, var_u0=OWN[0, 0], var_u1=OWN[1, 1], cov_u=OWN[0, 1],
    var_e=VAR_E, minimum=-100, maximum=160, better="lower", intake_low=-20, intake_high=60,
    longest=30,
)  # fmt: skip


def simulated(episodes, seed=0, *, own=OWN, most=12, whole=False):
    """Return weeks, scores and offsets: an intake about 18 and 2 to *most* weekly scores."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, most + 1, episodes)
    offsets = np.concatenate(([0], np.cumsum(sizes + 1)))
    series = np.repeat(np.arange(episodes), sizes + 1)
    weeks = (np.arange(offsets[-1]) - offsets[:-1][series]).astype(float)
    intake = np.round(rng.normal(18, 7, episodes))
    u = rng.normal(size=(episodes, 2)) @ np.linalg.cholesky(own + 1e-9 * np.eye(2)).T
    c, log_time = (intake - 18)[series], np.log1p(weeks)
    scores = FIXED[0] + FIXED[1] * c + (FIXED[2] + FIXED[3] * c) * log_time
    scores += u[series, 0] + u[series, 1] * log_time
    scores += rng.normal(scale=np.sqrt(VAR_E), size=scores.size)
    if whole:
        scores = np.round(scores)
    scores[offsets[:-1]] = intake
    return weeks, scores, offsets


@pytest.fixture(scope="module")
def data():
    return simulated(400)


@pytest.fixture(scope="module")
def curve(data):
    return fit_growth(*data, **SCALE)


def test_the_fit_recovers_the_numbers_that_the_scores_were_made_from(curve):
    found = [curve.b0, curve.b1, curve.b2, curve.b3]
    shift = curve.intake_mean - 18.0  # the coefficients are those at the mean intake
    b0, b1, b2, b3 = FIXED
    true = [b0 + b1 * shift, b1, b2 + b3 * shift, b3]
    errors = np.sqrt(np.diag(curve.covariance))
    assert np.all(np.abs(np.subtract(found, true)) < 4 * errors)
    assert errors[0] == pytest.approx(0.51, abs=0.06)  # at least sqrt((9.58² + 3.76²) / 400)
    # Four standard errors of a variance of 400 clients, sqrt(2 / 400), and of 2,900 scores;
    # the clients' own numbers are seen through that error, which adds about a third.
    assert curve.var_u0 == pytest.approx(OWN[0, 0], rel=0.38)
    assert curve.var_u1 == pytest.approx(OWN[1, 1], rel=0.38)
    assert curve.cov_u == pytest.approx(OWN[0, 1], rel=0.38)
    assert curve.var_e == pytest.approx(VAR_E, rel=0.11)
    assert (curve.episodes, curve.scores) == (400, 2907)


def test_the_fit_agrees_with_statsmodels_formulas_on_the_raw_scores(data, curve):
    weeks, scores, offsets = data
    series = np.repeat(np.arange(400), np.diff(offsets))
    table = pd.DataFrame(
        {
            "y": scores,
            "c": scores[offsets[:-1]][series] - scores[offsets[:-1]].mean(),
            "time": np.log1p(weeks),
            "who": series,
        }
    )[weeks > 0]
    # The default optimiser, on points as they are: another way to the same maximum.
    other = smf.mixedlm("y ~ c * time", table, groups="who", re_formula="~time").fit(reml=True)
    found = [curve.b0, curve.b1, curve.b2, curve.b3]
    expected = other.fe_params[["Intercept", "c", "time", "c:time"]]
    # Both stop where the likelihood is flat, near but not at the same digit.
    assert found == pytest.approx(expected.tolist(), rel=1e-3)
    own = np.asarray(other.cov_re)
    assert [curve.var_u0, curve.cov_u, curve.var_u1] == pytest.approx(
        [own[0, 0], own[0, 1], own[1, 1]], rel=5e-3
    )
    assert curve.var_e == pytest.approx(other.scale, rel=5e-3)


def test_the_fixed_effects_are_generalised_least_squares_by_hand(data, curve):
    weeks, scores, offsets = data
    own = np.array([[curve.var_u0, curve.cov_u], [curve.cov_u, curve.var_u1]])
    left, right = np.zeros((4, 4)), np.zeros(4)
    for first, stop in itertools.pairwise(offsets):
        log_time = np.log1p(weeks[first + 1 : stop])
        c = np.full(log_time.size, scores[first] - curve.intake_mean)
        x = np.column_stack([np.ones_like(c), c, log_time, c * log_time])
        z = x[:, [0, 2]]
        inverse = np.linalg.inv(z @ own @ z.T + curve.var_e * np.eye(c.size))
        left += x.T @ inverse @ x
        right += x.T @ inverse @ scores[first + 1 : stop]
    found = [curve.b0, curve.b1, curve.b2, curve.b3]
    assert found == pytest.approx(np.linalg.solve(left, right).tolist(), rel=1e-9)
    # statsmodels inverts the second derivatives of all parameters at once, which lets the
    # uncertainty of the variances into that of the coefficients, in the fourth digit.
    covariance = np.linalg.inv(left)
    errors = np.sqrt(np.diag(covariance))
    far = np.abs(curve.covariance - covariance) / np.outer(errors, errors)
    assert far.max() < 2e-3


def test_the_source_says_whose_episodes_and_how_many(curve):
    assert curve.is_own
    assert curve.source == (
        "Fitted on 400 episodes of this service with three scores or more (2,907 scores after "
        "intake), up to week 12."
    )


def test_moving_every_date_changes_no_bit(data, curve):
    weeks, scores, offsets = data
    assert fit_growth(weeks + 512, scores, offsets, **SCALE) == curve


def test_a_mirrored_questionnaire_has_the_mirrored_course_and_limits(data, curve):
    weeks, scores, offsets = data
    mirrored = fit_growth(weeks, 60 - scores, offsets, **{**SCALE, "better": "higher"})
    for intake in (10, 18, 30):
        t = [1, 4, 8, 12]
        found = expected_course(mirrored, 60 - intake, t).expected
        # The optimiser takes another path to the same maximum.
        assert found == pytest.approx(60 - expected_course(curve, intake, t).expected, abs=1e-3)
        upper = course_limit(curve, intake, t, share=0.8)
        assert course_limit(mirrored, 60 - intake, t, share=0.8) == pytest.approx(
            60 - upper, abs=1e-2
        )


def test_a_scale_of_other_units_has_the_same_course_in_those_units(data, curve):
    weeks, scores, offsets = data
    small = fit_growth(weeks, scores / 1000, offsets, **{**SCALE, "minimum": -0.1, "maximum": 0.16})
    assert small.b2 * 1000 == pytest.approx(curve.b2, rel=1e-4)
    assert small.var_u1 * 1e6 == pytest.approx(curve.var_u1, rel=1e-3)
    assert (small.intake_low * 1000, small.longest) == (
        pytest.approx(curve.intake_low),
        curve.longest,
    )


def test_the_curve_speaks_where_thirty_fitted_episodes_are_near(data, curve):
    _, scores, offsets = data
    intake = scores[offsets[:-1]]
    for end, outside in ((curve.intake_low, -1), (curve.intake_high, 1)):
        near = np.abs(intake - end) <= 26  # a tenth of 260 points
        assert np.count_nonzero(near) >= 30
        assert not ((intake - end) * outside > 0).any() or np.count_nonzero(near) < 60
    narrow = fit_growth(*data, **{**SCALE, "minimum": 0, "maximum": 40})
    for value in np.unique(intake):
        inside = narrow.intake_low <= value <= narrow.intake_high
        assert (np.count_nonzero(np.abs(intake - value) <= 4) >= 30) == inside
    assert narrow.longest == 12


@pytest.mark.parametrize(
    ("episodes", "sentence"),
    [(0, "there are 0."), (1, "there is 1."), (99, "there are 99.")],
)
def test_under_a_hundred_episodes_there_is_no_curve_but_their_number(episodes, sentence):
    weeks, scores, offsets = simulated(100)
    # The others have an intake and one later score, on the same day or another one.
    short = [([0.0, 0.0, 0.0, 3.0], [20.0, 19.0, 18.0, 12.0]), ([0.0], [20.0])]
    stop = offsets[episodes]
    t = np.concatenate([weeks[:stop], *(part[0] for part in short)])
    y = np.concatenate([scores[:stop], *(part[1] for part in short)])
    starts = [*offsets[: episodes + 1], stop + 4, stop + 5]
    found = fit_growth(t, y, starts, **SCALE)
    assert isinstance(found, Refusal)
    assert found.episodes == episodes
    assert found.reason == (
        f"A curve of the own service needs 100 episodes with three scores or more; {sentence}"
    )


def test_a_service_without_scores_is_refused_too():
    assert fit_growth([], [], [0], **SCALE).episodes == 0
    assert split_half_calibration([], [], [0], **SCALE).episodes == 0


def flat(scores_of, episodes=120):
    """Return episodes with scores at weeks 0 to 3, given by intake and week."""
    intake = 10.0 + np.arange(episodes) % 7
    scores = np.concatenate([[scores_of(a, t) for t in range(4)] for a in intake])
    return np.tile(np.arange(4.0), episodes), scores, np.arange(0, 4 * episodes + 1, 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (flat(lambda _intake, _week: 12.0), "All episodes begin with the same score"),
        (flat(lambda intake, week: intake - np.log1p(week)), "no spread to fit"),
        (flat(lambda intake, _week: intake), "no spread to fit"),
    ],
    ids=["all scores equal", "all on one curve", "nobody changes"],
)
def test_scores_without_any_spread_are_refused_with_the_reason(data, words):
    found = fit_growth(*data, **SCALE)
    assert isinstance(found, Refusal)
    assert words in found.reason


def test_later_scores_all_in_one_week_are_refused():
    weeks, scores, offsets = simulated(120)
    found = fit_growth((weeks > 0).astype(float), scores, offsets, **SCALE)
    assert isinstance(found, Refusal)
    assert "same week" in found.reason


def test_intakes_far_apart_are_refused():
    weeks, scores, offsets = simulated(120)
    scores[offsets[:-1]] = 1000.0 * np.arange(120)
    found = fit_growth(weeks, scores, offsets, **SCALE)
    assert isinstance(found, Refusal)
    assert "too far apart" in found.reason


def test_weeks_that_few_reach_are_left_out():
    weeks, scores, offsets = simulated(150)
    weeks[offsets[1:30] - 1] = 200.0  # 29 clients come back once, years later
    curve = fit_growth(weeks, scores, offsets, **SCALE)
    assert curve.longest <= 12
    assert curve.scores < weeks.size - 150 - 28


def test_without_slopes_of_their_own_the_clients_share_one_and_the_source_says_so(monkeypatch):
    whole = growth._reml
    monkeypatch.setattr(
        growth, "_reml", lambda y, x, z, *rest: None if z.shape[1] == 2 else whole(y, x, z, *rest)
    )
    curve = fit_growth(*simulated(150), **SCALE)
    assert (curve.var_u1, curve.cov_u) == (0.0, 0.0)
    assert curve.var_u0 > 0
    assert "as if all shared one" in curve.source


def test_a_singular_fit_falls_back():
    # Intercept and slope are one number here, so that REML ends on the boundary.
    own = np.array([[81.0, -27.0], [-27.0, 9.0]])
    fits = [fit_growth(*simulated(120, seed, own=own), **SCALE) for seed in (1, 2)]
    shared = [curve for curve in fits if curve.var_u1 == 0]
    assert shared
    assert all("as if all shared one" in curve.source for curve in shared)


@pytest.mark.parametrize(
    ("own", "boundary"),
    [
        ([[90.0, -27.8], [-27.8, 12.0]], False),
        ([[90.0, 0.0], [0.0, 1e-6]], True),
        ([[1e-6]], True),
        ([[1.0]], False),
        ([[81.0, -27.0], [-27.0, 9.0]], True),
    ],
    ids=["a correlation of -.85", "no slopes", "no clients", "clients", "a correlation of -1"],
)
def test_the_boundary_is_where_an_effect_vanishes_or_two_are_one(own, boundary):
    assert growth._on_the_boundary(np.array(own)) == boundary


def test_a_computation_that_does_not_settle_is_a_refusal(monkeypatch):
    monkeypatch.setattr(growth, "_reml", lambda *_: None)
    found = fit_growth(*simulated(120), **SCALE)
    assert isinstance(found, Refusal)
    assert "could not be fitted" in found.reason


def test_a_large_service_is_fitted_on_a_sample_that_a_seed_repeats():
    data = simulated(300, 3)
    first, again = (fit_growth(*data, **SCALE, at_most=120) for _ in range(2))
    assert first == again
    assert first.episodes <= 120
    assert "(of 300) episodes" in first.source
    assert fit_growth(*data, **SCALE, at_most=120, seed=1).b0 != first.b0


def test_progress_rises_and_ends_at_one():
    shown = []
    fit_growth(*simulated(120), **SCALE, progress=shown.append)
    assert len(shown) > 3
    assert shown == sorted(set(shown))
    assert shown[0] > 0
    assert shown[-1] == 1


def test_arguments_out_of_range_are_refused():
    with pytest.raises(ValueError, match="100 or more"):
        fit_growth([], [], [0], **SCALE, at_most=99)
    with pytest.raises(ValueError, match="must go upwards"):
        fit_growth([], [], [0], **{**SCALE, "maximum": -100})


def test_scores_made_from_a_curve_lie_beyond_its_limits_as_often_as_it_says():
    data = simulated(4000, 11)
    found = calibration(TRUE, *data, held_out=True)
    assert (found.episodes, found.outside) == (4000, 0)
    for one in found.total:
        # Half of the interval is two standard errors that count clients, not scores.
        assert abs(one.observed - one.nominal) < (one.high - one.low)
        assert one.low < one.observed < one.high
    assert found.total[1].high - found.total[1].low > 2 * (0.1 * 0.9 / found.scores) ** 0.5 * 1.96
    assert [number for number, _ in found.looks] == list(range(2, 14))
    for _, exceedances in found.looks:
        for one in exceedances:
            error = np.sqrt(one.nominal * (1 - one.nominal) / one.of)
            assert abs(one.observed - one.nominal) < 4.5 * error  # 48 looks at once
            low, high = wilson_interval(one.beyond, one.of)
            assert (one.low, one.high) == (pytest.approx(float(low)), pytest.approx(float(high)))


def test_calibration_of_a_curve_that_promises_too_little_shows_it():
    data = simulated(1000, 12)
    narrow = replace(TRUE, var_e=1.0, var_u0=20.0, var_u1=1.0, cov_u=-3.0)
    found = calibration(narrow, *data, held_out=True).total[1]
    assert found.low > 0.15
    mirrored = replace(TRUE, better="higher")  # the lower limits are then the worse ones
    other = calibration(mirrored, data[0], data[1], data[2], held_out=True).total[1]
    assert other.low < 0.10 < other.high


def test_the_interval_over_all_looks_is_widened_for_scores_of_one_client():
    # By hand: of three clients with two scores each, one has both beyond. With p = 1/3 the
    # squares are (2 - 2/3)^2 + 2 (2/3)^2 = 8/3, and d = 3/2 * 8/3 / (2/9 * 6) = 3.
    weeks, scores = [0, 1, 2] * 3, [18, 90, 90, 18, 0, 0, 18, 0, 0]
    found = calibration(TRUE, weeks, scores, [0, 3, 6, 9], held_out=True).total[1]
    assert (found.beyond, found.of) == (2, 6)
    low, high = (float(limit) for limit in wilson_interval(2, 6))
    assert found.low == pytest.approx(max(0, 1 / 3 - np.sqrt(3) * (1 / 3 - low)))
    assert found.high == pytest.approx(1 / 3 + np.sqrt(3) * (high - 1 / 3))


def test_calibration_counts_clients_and_not_their_scores_where_none_lies_beyond():
    data = simulated(200, 13)
    wide = replace(TRUE, b0=300.0, maximum=1000.0)
    found = calibration(wide, *data, held_out=True).total[1]
    assert (found.beyond, found.observed, found.low) == (0, 0.0, 0.0)
    assert found.high == pytest.approx(
        float(wilson_interval(0, found.of)[1]) * np.sqrt(found.of / 200)
    )


def test_calibration_says_what_it_left_out_and_whose_episodes_they_were():
    weeks, scores, offsets = simulated(200, 14)
    found = calibration(replace(TRUE, longest=6), weeks, scores, offsets, held_out=False)
    assert found.outside == np.count_nonzero(weeks > 6)
    assert found.scores + found.outside == weeks.size - 200
    assert "which flatters it" in found.sentence
    assert calibration(TRUE, [0.0], [18.0], [0, 1], held_out=True) is None


def test_a_share_out_of_range_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration(TRUE, [0.0], [18.0], [0, 1], held_out=True, shares=(0.68, 1.0))


def test_a_curve_of_one_half_is_checked_on_the_other():
    data = simulated(260, 15, whole=True)
    found = split_half_calibration(*data, **SCALE)
    assert found.held_out
    assert found.episodes <= 130
    assert "had no part in fitting" in found.sentence
    assert found.total[1].low < 0.10 < found.total[1].high
    assert found == split_half_calibration(*data, **SCALE)
    refused = split_half_calibration(*simulated(199), **SCALE)
    assert refused.reason == (
        "A check on other episodes needs 200 with three scores or more; there are 199."
    )


@pytest.mark.slow
def test_twenty_thousand_episodes_are_fitted_within_a_minute_and_a_sample_says_the_same():
    data = simulated(20_000, 16)
    begin = time.perf_counter()
    sample = fit_growth(*data, **SCALE)
    assert time.perf_counter() - begin < 60
    whole = fit_growth(*data, **SCALE, at_most=20_000)
    assert (whole.episodes, sample.episodes) == (20_000, growth.SAMPLE)
    for intake in (5, 18, 35):
        t = [1, 2, 4, 8, 12]
        for share in (0.68, 0.8):
            far = course_limit(sample, intake, t, share=share) - course_limit(
                whole, intake, t, share=share
            )
            assert np.abs(far).max() < 0.7  # four standard errors of a sample of 4,000
