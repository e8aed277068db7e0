"""In which direction do the scores of a client go, and how fast?"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.series import BoolArray, FloatArray, buckets, checked, row_sum

# Theil-Sen compares every score with every other; beyond this many scores it takes evenly
# spread ones, the first and the last among them.
THEIL_SEN_SCORES = 200

# Slopes of at most this many pairs are held at once.
PAIRS = 131_072


@dataclass(frozen=True, slots=True)
class Slopes:
    """Least squares slopes in points per week, one value a series.

    ``nan`` where there is no answer: a slope needs scores on two days, its standard error
    and interval a third score.
    """

    slope: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray


def ols_slope(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    confidence: float = 0.95,
) -> Slopes:
    r"""Return the least squares slope of each series, with its interval.

    .. math::

        b = \frac{S_{xy}}{S_{xx}},\qquad
        s_b = \sqrt{\frac{\sum e^2}{(n - 2)\, S_{xx}}},\qquad
        b \pm t_{n-2}\, s_b

    with x in weeks, so that a missed session widens the gap instead of being overlooked. A
    perfect fit, such as a score that never changes, has a standard error of exactly 0.

    Parameters
    ----------
    weeks
        Weeks since any day, ascending within a series; two scores on one day may share one.
    scores
        Totals in points, without missing values (see `analytics.series.drop_missing`).
    offsets
        Start of each series in the two arrays, and their length at the end.
    confidence
        Two-sided confidence of the interval, between 0 and 1.

    Returns
    -------
    Arrays with one value a series, in points per week; negative means that scores fall.
    ``nan`` where all scores are on one day, and for the interval of fewer than 3 scores.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards; if ``confidence`` is out of range.

    References
    ----------
    Draper, N. R., & Smith, H. (1998). *Applied regression analysis* (3rd ed.), chapter 1.
    Wiley. https://doi.org/10.1002/9781118625590

    Examples
    --------
    Scores 2, 4, 3, 7 in four weeks: Sxx = 5, Sxy = 7, and residuals with a sum of squares
    of 4.2, so b = 1.4 and its standard error is the square root of 4.2 / (2 * 5).

    >>> slopes = ols_slope([0, 1, 2, 3], [2, 4, 3, 7], [0, 4])
    >>> slopes.slope.round(6), slopes.standard_error.round(4)
    (array([1.4]), array([0.6481]))
    """
    _check_confidence(confidence)
    t, y, starts = checked(weeks, scores, offsets)
    out = np.full((4, starts.size - 1), np.nan)
    for bucket in buckets(starts):
        fit = ols_rows(t[bucket.positions], y[bucket.positions], confidence)
        out[:, bucket.series] = (fit.slope, fit.standard_error, fit.low, fit.high)
    return Slopes(*out)


def ols_rows(weeks: FloatArray, scores: FloatArray, confidence: float) -> Slopes:
    """Return what `ols_slope` returns for a dense (scores x series) matrix."""
    n, series = weeks.shape
    ((_, sxx, slope),) = slopes_of_last(weeks, scores, (n,))
    none = np.full(series, np.nan)
    if n < 3:
        return Slopes(slope, none, none, none)
    residual = scores - scores[-1]
    run = weeks - weeks[-1]
    run *= slope
    residual -= run
    residual -= row_sum(residual) / n
    residual *= residual
    squares = row_sum(residual)
    # What rounding leaves of a perfect fit is some units in the last place of the scores.
    size = np.abs(slope)
    size *= np.sqrt(sxx) + np.abs(weeks[-1])
    size += np.abs(scores[-1])
    size *= 8 * n * np.finfo(np.float64).eps
    size *= size
    squares[squares <= n * size] = 0.0
    error = np.divide(squares, (n - 2) * sxx, out=none, where=sxx > 0)
    np.sqrt(error, out=error)
    reach = t_quantile(0.5 + confidence / 2, n - 2) * error
    return Slopes(slope, error, slope - reach, slope + reach)


def slopes_of_last(
    weeks: FloatArray, scores: FloatArray, windows: tuple[int, ...]
) -> Iterator[tuple[int, FloatArray, FloatArray]]:
    """Yield n, Sxx and the slope of the last n scores of a dense matrix, for each window.

    The windows ascend, and share their sums: each is the one before and some earlier
    scores. Weeks and points are counted from the last score, so that a constant series and
    scores on one day are exactly 0; one of the weeks being 0, the sum of squares is at most
    n times Sxx, and the subtraction costs no more than the last digits. Without two days
    Sxx is 0 and the slope ``nan``.
    """
    sums = np.zeros((4, weeks.shape[1]))
    sum_x, sum_y, sum_xx, sum_xy = sums
    done = 1  # the last score itself adds 0 to each sum
    for n in windows:
        for back in range(done + 1, n + 1):
            x = weeks[-back] - weeks[-1]
            y = scores[-back] - scores[-1]
            sum_x += x
            sum_y += y
            y *= x
            x *= x
            sum_xx += x
            sum_xy += y
        done = n
        sxx = sum_xx - sum_x * sum_x / n
        sxy = sum_xy - sum_x * sum_y / n
        slope = np.full(sxx.shape, np.nan)
        np.divide(sxy, sxx, out=slope, where=sxx > 0)
        yield n, sxx, slope


@functools.lru_cache(maxsize=4096)
def t_quantile(p: float, df: int) -> float:
    """Return the quantile of Student's t with ``df`` degrees of freedom.

    Examples
    --------
    >>> round(t_quantile(0.975, 10), 3)
    2.228
    """
    # Imported here, as SciPy takes longer to load than a caseload takes to compute.
    from scipy.special import stdtrit

    return float(stdtrit(float(df), p))


def theil_sen_slope(
    weeks: npt.ArrayLike, scores: npt.ArrayLike, offsets: npt.ArrayLike
) -> FloatArray:
    r"""Return the Theil-Sen slope of each series: one odd score hardly moves it.

    .. math::

        b = \operatorname{median}_{t_i < t_j} \frac{y_j - y_i}{t_j - t_i}

    Pairs of scores on one day have no slope and are left out. The number of pairs grows
    with the square of the number of scores: a series of more than 200 scores is thinned
    to 200, evenly spread over the series with its first and last score among them.

    Parameters
    ----------
    weeks, scores, offsets
        As in `ols_slope`.

    Returns
    -------
    Array with one value a series, in points per week; ``nan`` where all scores are on one
    day, as with a single score.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards.

    References
    ----------
    Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau.
    *Journal of the American Statistical Association, 63*(324), 1379-1389.
    https://doi.org/10.1080/01621459.1968.10480934

    Examples
    --------
    The example of the paper, whose slope is 4:

    >>> theil_sen_slope([1, 2, 3, 4, 10, 12, 18], [9, 15, 19, 20, 45, 55, 78], [0, 7])
    array([4.])
    """
    t, y, starts = checked(weeks, scores, offsets)
    out = np.full(starts.size - 1, np.nan)
    for bucket in buckets(starts):
        out[bucket.series] = theil_sen_rows(t[bucket.positions], y[bucket.positions])
    return out


def theil_sen_rows(weeks: FloatArray, scores: FloatArray) -> FloatArray:
    """Return what `theil_sen_slope` returns for a dense (scores x series) matrix."""
    n, series = weeks.shape
    if n > THEIL_SEN_SCORES:
        chosen = np.arange(THEIL_SEN_SCORES) * (n - 1) // (THEIL_SEN_SCORES - 1)
        return theil_sen_rows(weeks[chosen], scores[chosen])
    out = np.full(series, np.nan)
    pairs = n * (n - 1) // 2
    if pairs == 0:
        return out
    step = max(1, PAIRS // pairs)
    for first in range(0, series, step):
        part = slice(first, first + step)
        out[part] = _median_slope(weeks[:, part], scores[:, part], pairs)
    return out


def _median_slope(weeks: FloatArray, scores: FloatArray, pairs: int) -> FloatArray:
    """Return the median slope over all pairs of rows; pairs on one day do not count."""
    n, series = weeks.shape
    slopes = np.empty((pairs, series))
    ties = bool((weeks[1:] == weeks[:-1]).any())
    row = 0
    for lag in range(1, n):
        block = slopes[row : row + n - lag]
        apart = weeks[lag:] - weeks[:-lag]
        np.subtract(scores[lag:], scores[:-lag], out=block)
        if ties:
            same_day: BoolArray = apart == 0
            apart[same_day] = np.nan
        block /= apart
        row += n - lag
    by_series = np.ascontiguousarray(slopes.T)
    by_series.sort(axis=1)  # nan goes to the end
    if not ties:
        middle = by_series[:, (pairs - 1) // 2] + by_series[:, pairs // 2]
        return np.asarray(middle / 2)
    valid = pairs - np.isnan(by_series).sum(axis=1)
    each = np.arange(series)
    middle = by_series[each, np.maximum(valid - 1, 0) // 2] + by_series[each, valid // 2]
    return np.where(valid > 0, middle / 2, np.nan)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
