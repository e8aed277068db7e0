"""Is a score held against the course that the curve expects, on the right side of it?"""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.expectation.expected import (
    AMBER,
    COURSE_CODES,
    NOT_ASSESSABLE,
    RED,
    WITHIN,
    GrowthCurve,
    course_limit,
    course_rows,
    expected_course,
    limit_factor,
    not_on_track,
    why_not_assessable,
)

GOLDEN = Path(__file__).parent / "golden" / "limit_factors.csv"

ROOT = np.array(  # a covariance is this times its transpose
    [[0.4, 0, 0, 0], [0.01, 0.03, 0, 0], [-0.1, 0.01, 0.2, 0], [0.01, -0.01, 0.003, 0.01]]
)
COVARIANCE = ROOT @ ROOT.T
CURVE = GrowthCurve(
    instrument="mood",
    source="A curve for tests.",
    is_own=True,
    episodes=800,
    scores=5000,
    intake_mean=18.25,
    b0=18.626,
    b1=0.8531,
    b2=-3.952,
    b3=-0.1658,
    covariance=tuple(map(tuple, ((COVARIANCE + COVARIANCE.T) / 2).tolist())),
    var_u0=9.58**2,
    var_u1=3.46**2,
    cov_u=-0.84 * 9.58 * 3.46,
    var_e=3.76**2,
    minimum=0,
    maximum=63,
    better="lower",
    intake_low=5,
    intake_high=40,
    longest=26,
)
MIRROR = replace(
    CURVE,
    better="higher",
    intake_mean=63 - CURVE.intake_mean,
    b0=63 - CURVE.b0,
    b2=-CURVE.b2,
    b3=CURVE.b3,
    # c turns its sign, so that what multiplies it twice keeps its own.
    covariance=tuple(
        tuple(value * (-1) ** ((i in (1, 3)) + (j in (1, 3))) for j, value in enumerate(row))
        for i, row in enumerate(CURVE.covariance)
    ),
    intake_low=63 - CURVE.intake_high,
    intake_high=63 - CURVE.intake_low,
)

intakes = st.integers(0, 63)
week = st.integers(0, 30 * 7).map(lambda days: days / 7)
rows = st.lists(st.tuples(intakes, week, intakes), min_size=1, max_size=40)


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("case", cases())
def test_the_factor_of_a_limit_matches_the_tables(case):
    found = limit_factor(float(case["share"]), int(case["episodes"]))
    assert found == pytest.approx(float(case["factor"]), abs=0.5e-3)  # printed to three decimals


@pytest.mark.parametrize("episodes", [2, 30, 100, 250, 5_000])
@pytest.mark.parametrize("share", [0.68, 0.80, 0.90, 0.95])
def test_the_factor_is_the_t_quantile_of_scipy(share, episodes):
    expected = stats.t.ppf((1 + share) / 2, episodes - 1)
    assert limit_factor(share, episodes) == pytest.approx(expected, rel=1e-9)


def test_a_new_score_lies_beyond_the_limit_as_often_as_promised_however_few_came_before():
    rng = np.random.default_rng(4)
    samples, new = rng.normal(size=(40_000, 30)), rng.normal(size=40_000)
    sd = samples.std(axis=1, ddof=1) * np.sqrt(1 + 1 / 30)
    beyond = np.mean(new > samples.mean(axis=1) + limit_factor(0.80, 30) * sd)
    assert beyond == pytest.approx(0.10, abs=4 * np.sqrt(0.1 * 0.9 / 40_000))


def test_fewer_episodes_never_narrow_a_limit_and_one_more_hardly_moves_it():
    factors = [limit_factor(0.80, n) for n in (2, 5, 30, 100, 300, 499, 500, 5000)]
    assert factors == sorted(factors, reverse=True)
    assert factors[5] - factors[6] < 1e-5


@given(intakes, week)
def test_the_spread_is_that_of_the_matrices_of_the_model(intake, weeks):
    found = expected_course(CURVE, intake, weeks)
    if not (5 <= intake <= 40 and 0 < weeks <= 26):
        assert np.isnan(found.expected)
        assert np.isnan(found.sd)
        assert np.isnan(found.line)
        return
    c, log_time = intake - CURVE.intake_mean, np.log(1 + weeks)
    x, z = np.array([1, c, log_time, c * log_time]), np.array([1, log_time])
    own = np.array([[CURVE.var_u0, CURVE.cov_u], [CURVE.cov_u, CURVE.var_u1]])
    variance = x @ np.array(CURVE.covariance) @ x + z @ own @ z + CURVE.var_e
    line = x @ [CURVE.b0, CURVE.b1, CURVE.b2, CURVE.b3]
    assert float(found.line) == pytest.approx(line, abs=1e-10)
    assert float(found.sd) == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert float(found.expected) == pytest.approx(min(max(line, 0), 63), abs=1e-10)


def test_codes_change_exactly_beyond_the_limits():
    amber = float(course_limit(CURVE, 20, 8, share=0.68))
    red = float(course_limit(CURVE, 20, 8, share=0.80))
    scores = [0, amber, amber + 0.01, red, red + 0.01, 63]
    codes = not_on_track(CURVE, 20, 8, scores)
    assert codes.tolist() == [WITHIN, WITHIN, AMBER, AMBER, RED, RED]
    assert [COURSE_CODES[code] for code in (WITHIN, AMBER, RED)] == ["within", "amber", "red"]


@given(rows, st.sampled_from([0.5, 0.68, 0.80, 0.95]))
def test_a_mirrored_questionnaire_has_the_same_codes_and_mirrored_limits(values, share):
    intake, weeks, score = np.array(values, dtype=float).T
    for side in ("worse", "better"):
        limit = course_limit(CURVE, intake, weeks, share=share, side=side)
        mirrored = course_limit(MIRROR, 63 - intake, weeks, share=share, side=side)
        assert mirrored == pytest.approx(63 - limit, abs=1e-9, nan_ok=True)
    codes = not_on_track(CURVE, intake, weeks, score, amber=0.5, red=share)
    np.testing.assert_array_equal(
        not_on_track(MIRROR, 63 - intake, weeks, 63 - score, amber=0.5, red=share), codes
    )


@given(rows, st.integers(-200, 200))
def test_moving_the_whole_scale_moves_no_code(values, shift):
    intake, weeks, score = np.array(values, dtype=float).T
    moved = replace(
        CURVE,
        b0=CURVE.b0 + shift,
        intake_mean=CURVE.intake_mean + shift,
        minimum=shift,
        maximum=63 + shift,
        intake_low=5 + shift,
        intake_high=40 + shift,
    )
    np.testing.assert_array_equal(
        not_on_track(moved, intake + shift, weeks, score + shift),
        not_on_track(CURVE, intake, weeks, score),
    )


@given(rows, st.data())
def test_many_scores_at_once_get_the_bits_of_each_alone_in_any_order(values, data):
    order = data.draw(st.permutations(range(len(values))))
    intake, weeks, score = np.array(values, dtype=float).T
    whole = expected_course(CURVE, intake, weeks)
    limit = course_limit(CURVE, intake, weeks, share=0.8)
    codes = not_on_track(CURVE, intake, weeks, score)
    mixed = not_on_track(CURVE, intake[order], weeks[order], score[order])
    np.testing.assert_array_equal(mixed, codes[order])
    for place, (first, t, y) in enumerate(values):
        alone = expected_course(CURVE, first, t)
        assert alone.line.tobytes() == whole.line[place].tobytes()
        assert alone.sd.tobytes() == whole.sd[place].tobytes()
        assert course_limit(CURVE, first, t, share=0.8).tobytes() == limit[place].tobytes()
        assert not_on_track(CURVE, first, t, y) == codes[place]


@pytest.mark.parametrize(
    ("intake", "weeks", "score", "words"),
    [
        (4, 3, 10, "outside 5 to 40"),
        (41, 3, 10, "outside 5 to 40"),
        (20, 0, 20, "no score after the day of the intake"),
        (20, 27, 10, "up to week 26"),
        (np.nan, 3, 10, "no intake score"),
    ],
    ids=["intake too low", "intake too high", "the intake itself", "too late", "no intake"],
)
def test_where_the_curve_does_not_speak_there_is_no_code_but_a_sentence(
    intake, weeks, score, words
):
    assert not_on_track(CURVE, intake, weeks, score) == NOT_ASSESSABLE
    assert np.isnan(course_limit(CURVE, intake, weeks, share=0.8))
    assert words in why_not_assessable(CURVE, intake, weeks)


def test_the_ends_of_the_range_are_inside_it():
    for intake, weeks in ((5, 26), (40, 1 / 7), (20, 26 + 1e-12)):
        assert why_not_assessable(CURVE, intake, weeks) is None
        assert not_on_track(CURVE, intake, weeks, 10) != NOT_ASSESSABLE


def test_a_missing_score_has_no_code_and_leaves_the_others_theirs():
    codes = not_on_track(CURVE, 20, [1, 2, 8], [20, np.nan, 40])
    assert codes.tolist() == [WITHIN, NOT_ASSESSABLE, RED]


def test_limits_and_expected_scores_stay_on_the_scale_and_its_end_is_not_beyond():
    high = replace(CURVE, b0=62, b2=0, b3=0)
    assert course_limit(high, 20, 4, share=0.8) == 63
    assert not_on_track(high, 20, 4, 63) == WITHIN
    low = replace(CURVE, b0=-3)
    assert expected_course(low, 20, 4).expected == 0
    assert course_limit(low, 20, 4, share=0.8, side="better") == 0


def test_a_limit_held_to_the_scale_is_counted_from_the_line_itself():
    low = replace(CURVE, b0=-30, b1=0, b2=0, b3=0, var_u0=1, var_u1=0, cov_u=0, var_e=1)
    assert course_limit(low, 20, 4, share=0.8) == 0
    assert not_on_track(low, 20, 4, 1) == RED


def test_every_score_of_a_course_has_its_own_code_and_none_is_kept_afterwards():
    weeks = np.array([[10.0, 3.0], [11.0, 4.0], [12.0, 5.0], [18.0, 11.0]])
    scores = np.array([[20.0, 50.0], [45.0, 20.0], [14.0, 20.0], [18.0, 20.0]])
    codes = course_rows(CURVE, weeks, scores)
    assert codes[:, 0].tolist() == [NOT_ASSESSABLE, RED, WITHIN, AMBER]
    assert codes[:, 1].tolist() == [NOT_ASSESSABLE] * 4  # its intake is out of range
    later = course_rows(CURVE, weeks, scores, from_score=4)
    assert later[:, 0].tolist() == [NOT_ASSESSABLE] * 3 + [AMBER]
    for column in range(2):
        alone = course_rows(CURVE, weeks[:, [column]], scores[:, [column]])
        np.testing.assert_array_equal(alone[:, 0], codes[:, column])
    np.testing.assert_array_equal(course_rows(CURVE, weeks + 52, scores), codes)


def test_one_score_is_an_intake_and_no_more():
    assert course_rows(CURVE, np.zeros((1, 2)), np.full((1, 2), 20.0)).tolist() == [[-1, -1]]


numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, st.floats(1e-6, 1e6), st.lists(numbers, min_size=10, max_size=10))
def test_a_stored_curve_comes_back_to_the_last_bit(b0, b2, var_e, triangle):
    v = np.zeros((4, 4))
    v[np.tril_indices(4)] = triangle
    v = v + np.tril(v, -1).T
    curve = replace(CURVE, b0=b0, b2=b2, var_e=var_e, covariance=tuple(map(tuple, v.tolist())))
    assert GrowthCurve.from_dict(json.loads(json.dumps(curve.to_dict()))) == curve


def test_a_stored_curve_with_other_fields_is_refused_by_their_names():
    stored = CURVE.to_dict()
    stored["slope"] = stored.pop("b2")
    with pytest.raises(ValueError, match=r"lacks \['b2'\] and has the unknown fields \['slope'\]"):
        GrowthCurve.from_dict(stored)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"covariance": ((1.0, 0.0),) * 2}, "4 rows and 4 columns"),
        ({"b1": np.nan}, "must be finite"),
        ({"longest": np.inf}, "must be finite"),
        ({"better": "up"}, "'lower' or 'higher'"),
        ({"var_e": 0.0}, "var_e must be greater than 0"),
        ({"episodes": 0}, "episodes must be greater than 0"),
        ({"var_u1": -1.0}, "variances and their covariance"),
        ({"cov_u": 50.0}, "variances and their covariance"),
        ({"maximum": 0}, "must go upwards"),
        ({"intake_low": 50}, "must go upwards"),
    ],
    ids=str,
)
def test_a_curve_without_meaning_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        replace(CURVE, **change)


@pytest.mark.parametrize(("amber", "red"), [(0.8, 0.68), (0, 0.8), (0.68, 1), (np.nan, 0.8)])
def test_bands_that_are_not_one_inside_the_other_are_refused(amber, red):
    with pytest.raises(ValueError, match="0 < amber <= red < 1"):
        not_on_track(CURVE, 20, 4, 20, amber=amber, red=red)


def test_a_share_a_number_of_episodes_or_a_side_out_of_range_is_refused():
    for share in (0, 1, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            course_limit(CURVE, 20, 4, share=share)
    with pytest.raises(ValueError, match="2 episodes or more"):
        limit_factor(0.8, 1)
    with pytest.raises(ValueError, match="'worse' or 'better'"):
        course_limit(CURVE, 20, 4, share=0.8, side="upper")
