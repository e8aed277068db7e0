"""In which direction do the scores of a client go, and how fast?"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.series import FloatArray, buckets, checked, row_sum


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


def slope_per_session(
    scores: npt.ArrayLike, offsets: npt.ArrayLike, *, confidence: float = 0.95
) -> Slopes:
    r"""Return the least squares slope of each series from one session to the next.

    That of `ols_slope` with the place of a score in its series, 0, 1, 2, ..., as x. It says
    what a session bought, where the slope per week says what a week did: a client who comes
    every fourth week may gain much a session and little a week. A session without a score
    does not count, as there is nothing to place.

    Parameters
    ----------
    scores
        Totals in points, in the order of the sessions, without missing values.
    offsets
        Start of each series in the array, and its length at the end.
    confidence
        Two-sided confidence of the interval, between 0 and 1.

    Returns
    -------
    Arrays with one value a series, in points per session. ``nan`` for a single score, and
    for the interval of fewer than 3.

    Raises
    ------
    ValueError
        If the arrays do not fit together or hold a missing value; if ``confidence`` is out
        of range.

    References
    ----------
    Draper & Smith (1998), chapter 1. https://doi.org/10.1002/9781118625590

    Examples
    --------
    Three points less at every session, whatever the dates:

    >>> slope_per_session([20, 17, 14, 18, 18], [0, 3, 5]).slope
    array([-3.,  0.])
    """
    starts = np.asarray(offsets, dtype=np.int64)
    count = np.arange(np.size(scores), dtype=np.float64)
    lengths = np.maximum(np.diff(starts), 0)
    # Each series counts from 0, so that its last digits do not depend on those before it.
    # Offsets that do not fit are left to the call below, which has the sentence for them.
    if starts.ndim == 1 and lengths.sum() == count.size:
        count -= np.repeat(starts[:-1], lengths)
    return ols_slope(count, scores, offsets, confidence=confidence)


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


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
