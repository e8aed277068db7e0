"""Are the slopes those of a textbook, of R and of SciPy, for every kind of series?"""

import csv
import itertools
import math
import statistics
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.ranks import theil_sen_slope
from analytics.trend import ols_slope, slope_per_session, t_quantile

GOLDEN = Path(__file__).parent / "golden" / "trend.csv"
REFERENCE = Path(__file__).parents[1].parent / "shared" / "reference"
PRINTED = 1e-6  # the tables print six decimals


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


def numbers(cell):
    return [float(number) for number in cell.split()]


@pytest.mark.parametrize("case", cases())
def test_slopes_match_the_golden_values(case):
    weeks, scores = numbers(case["weeks"]), numbers(case["scores"])
    found = ols_slope(weeks, scores, [0, len(weeks)])
    for name in ("slope", "standard_error", "low", "high"):
        expected = pytest.approx(float(case[name]), abs=PRINTED, nan_ok=True)
        assert getattr(found, name)[0] == expected, name
    theil_sen = theil_sen_slope(weeks, scores, [0, len(weeks)])[0]
    assert theil_sen == pytest.approx(float(case["theil_sen"]), abs=PRINTED, nan_ok=True)


@pytest.mark.shared
def test_slopes_are_those_of_r():
    if not REFERENCE.is_dir():
        pytest.skip("the reference tables made with R are not beside the project")
    series = defaultdict(list)
    with (REFERENCE / "trend_series.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            series[row["series"]].append((float(row["t"]), float(row["y"])))
    with (REFERENCE / "trend_R.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 40
    names = [row["series"] for row in expected]
    weeks, scores = np.concatenate([series[name] for name in names]).T
    offsets = np.concatenate(([0], np.cumsum([len(series[name]) for name in names])))
    wide = ols_slope(weeks, scores, offsets, confidence=0.95)
    narrow = ols_slope(weeks, scores, offsets, confidence=0.90)
    pairs = {
        "ols_slope": wide.slope,
        "ols_slope_se": wide.standard_error,
        "ols_lo95": wide.low,
        "ols_hi95": wide.high,
        "ols_lo90": narrow.low,
        "ols_hi90": narrow.high,
        "theil_sen_slope": theil_sen_slope(weeks, scores, offsets),
    }
    for column, found in pairs.items():
        wanted = [float(row[column]) for row in expected]
        # The tables print 15 digits; the rest is the order of additions.
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9, err_msg=column)


def scipy_slopes(weeks, scores, confidence):
    """Return slope, its error and interval by SciPy, and the median of all pairs' slopes.

    SciPy gives no error for a constant series, which we define as 0. Its Theil-Sen slope
    fails on scores that are all the same, and is used where it does not, further below.
    """
    none = math.nan
    if len(set(weeks)) < 2:
        return none, none, none, none, none
    fit = stats.linregress(weeks, scores)
    points = itertools.combinations(zip(weeks, scores, strict=True), 2)
    median = statistics.median((d - b) / (c - a) for (a, b), (c, d) in points if a != c)
    if len(weeks) < 3:
        return fit.slope, none, none, none, median
    error = 0.0 if len(set(scores)) == 1 else fit.stderr
    reach = stats.t.ppf(0.5 + confidence / 2, len(weeks) - 2) * error
    return fit.slope, error, fit.slope - reach, fit.slope + reach, median


def random_series(rng, count, longest=40):
    """Return flat arrays: whole and tenth points, missed weeks and scores on one day."""
    lengths = rng.integers(1, longest + 1, count)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    gaps = rng.choice([0, 3, 7, 7, 7, 7, 14, 35], offsets[-1])
    first = np.repeat(np.cumsum(gaps)[offsets[:-1]], lengths)
    weeks = (np.cumsum(gaps) - first) / 7
    spread = np.repeat(rng.choice([0.0, 1.0, 4.0], count), lengths)
    scores = np.round(12 + spread * rng.normal(size=offsets[-1]), rng.integers(0, 2))
    return weeks, scores, offsets


@pytest.mark.parametrize("seed", range(3))
def test_slopes_agree_with_scipy_series_by_series(seed):
    weeks, scores, offsets = random_series(np.random.default_rng(seed), 400)
    fit = ols_slope(weeks, scores, offsets, confidence=0.9)
    found = np.array(
        [fit.slope, fit.standard_error, fit.low, fit.high, theil_sen_slope(weeks, scores, offsets)]
    )
    wanted = [
        scipy_slopes(weeks[a:b].tolist(), scores[a:b].tolist(), 0.9)
        for a, b in itertools.pairwise(offsets)
    ]
    # Errors near 0 differ by what SciPy's correlation loses; 1e-7 is far below a printed digit.
    np.testing.assert_allclose(found, np.transpose(wanted), rtol=1e-9, atol=1e-7)


def test_a_perfect_fit_has_an_error_of_exactly_zero_on_any_slope():
    for slope in (0.0, -0.9, 0.1, 1 / 3, -7.3):
        weeks = np.array([0, 1, 2, 4, 7, 8, 15]) / 7
        found = ols_slope(weeks, 20.3 + slope * weeks, [0, 7])
        assert found.standard_error[0] == 0.0, slope
        assert found.low[0] == found.slope[0] == found.high[0]


def test_a_perfect_fit_keeps_its_zero_error_when_weeks_count_from_a_far_day():
    weeks = np.array([0, 1, 2, 4, 7, 8, 15]) / 7
    found = ols_slope(weeks + 2922 + 3 / 7, 20 - 40 * weeks, [0, 7])
    assert found.standard_error[0] == 0.0


def test_an_error_of_one_tenth_of_a_point_is_not_taken_for_a_perfect_fit():
    scores = 180.0 - 2 * np.arange(40.0)
    scores[20] += 0.1
    assert ols_slope(np.arange(40), scores, [0, 40]).standard_error[0] > 1e-4


def test_a_long_series_is_thinned_and_keeps_its_first_and_last_score():
    n = 600
    weeks = np.arange(n) / 7
    line = 60 - 0.25 * weeks
    assert theil_sen_slope(weeks, line, [0, n])[0] == pytest.approx(-0.25, abs=1e-12)
    noisy = line + np.random.default_rng(1).normal(0, 3, n)
    chosen = np.arange(200) * (n - 1) // 199
    assert chosen[0] == 0
    assert chosen[-1] == n - 1
    wanted = stats.theilslopes(noisy[chosen], weeks[chosen])[0]
    assert theil_sen_slope(weeks, noisy, [0, n])[0] == pytest.approx(wanted, rel=1e-12)


def test_two_hundred_scores_are_not_thinned():
    rng = np.random.default_rng(2)
    weeks, scores = np.arange(200.0), rng.normal(size=200)
    wanted = stats.theilslopes(scores, weeks)[0]
    assert theil_sen_slope(weeks, scores, [0, 200])[0] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("length", [201, 1000, 5000])
def test_no_length_raises(length):
    weeks = np.arange(length, dtype=float)
    assert ols_slope(weeks, -weeks, [0, length]).slope[0] == pytest.approx(-1, rel=1e-9)
    assert theil_sen_slope(weeks, -weeks, [0, length])[0] == pytest.approx(-1, rel=1e-9)


@given(
    st.lists(st.integers(0, 27), min_size=3, max_size=30),
    st.integers(-1000, 1000),
    st.integers(0, 40),
)
def test_shifting_dates_or_scores_leaves_the_slopes(scores, weeks_later, points):
    n = len(scores)
    plain = ols_slope(np.arange(n), scores, [0, n])
    moved = ols_slope(np.arange(n) + weeks_later, np.add(scores, points), [0, n])
    for name in ("slope", "standard_error", "low", "high"):  # whole numbers shift exactly
        assert getattr(moved, name) == getattr(plain, name)
    assert theil_sen_slope(np.arange(n) + weeks_later, scores, [0, n]) == theil_sen_slope(
        np.arange(n), scores, [0, n]
    )


@given(st.lists(st.integers(0, 27), min_size=3, max_size=30))
def test_mirrored_scores_have_the_mirrored_slope(scores):
    n = len(scores)
    plain = ols_slope(np.arange(n), scores, [0, n])
    mirrored = ols_slope(np.arange(n), np.negative(scores), [0, n])
    assert mirrored.slope == -plain.slope
    assert mirrored.low == -plain.high


@pytest.mark.parametrize("df", [1, 2, 5, 30, 511, 10_000])
def test_t_quantiles_are_those_of_scipy(df):
    assert t_quantile(0.975, df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-10)


def test_an_impossible_confidence_is_refused():
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        ols_slope([0, 1], [1, 2], [0, 2], confidence=1.0)


def test_the_slope_per_session_is_that_of_scipy_on_the_places_of_the_scores():
    scores = [20.0, 17.5, 18.0, 11.0, 9.0, 14.0, 3.0]
    found = slope_per_session(scores, [0, 4, 7], confidence=0.9)
    for i, part in enumerate((scores[:4], scores[4:])):
        fit = stats.linregress(np.arange(len(part)), part)
        assert found.slope[i] == pytest.approx(fit.slope, rel=1e-12)
        assert found.standard_error[i] == pytest.approx(fit.stderr, rel=1e-12)


def test_the_slope_per_session_does_not_depend_on_how_many_series_come_before():
    # A bend of a billionth of a point: close to what rounding makes of a straight line.
    bent = [20.0, 17.0 + 1e-9, 14.0]
    before = np.tile(np.arange(100.0), 10_000)
    offsets = [*range(0, before.size + 1, 100), before.size + 3]
    together = slope_per_session(np.concatenate((before, bent)), offsets)
    alone = slope_per_session(bent, [0, 3])
    assert alone.standard_error[0] > 0
    assert together.standard_error[-1] == alone.standard_error[0]


def test_the_slope_per_session_of_a_single_score_is_not_given():
    assert math.isnan(slope_per_session([12], [0, 1]).slope[0])
    assert slope_per_session([], [0]).slope.size == 0


@pytest.mark.parametrize("offsets", [[0, 2], [0, 2, 1, 3], [0, 4, 1, 3], [1, 3], [[0, 3]]])
def test_offsets_that_do_not_fit_are_refused_per_session_too(offsets):
    with pytest.raises(ValueError, match=r"Offsets|Series"):
        slope_per_session([1, 2, 3], offsets)
