"""Do the later scores rank above or below the earlier ones, whatever their spread?"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from analytics.kendall import MannKendall, pairs_of, ties, trend_test
from analytics.series import BoolArray, FloatArray, IntArray, buckets, checked

# Every score is compared with every other; of a longer series this many evenly spread scores
# are taken, the first and the last among them.
RANKED_SCORES = 200

# The interval of the slope is a large-sample one, and says nothing for fewer scores.
INTERVAL_SCORES = 4

# The largest number in one byte, in which counting is fastest.
SMALL = 127

# Slopes of at most this many pairs are held at once.
PAIRS = 131_072


@dataclass(frozen=True, slots=True)
class TheilSen:
    """Theil-Sen slopes in points per week with their intervals, one value a series.

    ``nan`` where there is no answer; see `theil_sen_interval`.
    """

    slope: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class RankTrend:
    """What the pairs of scores of each series tell, slope and test."""

    theil_sen: TheilSen
    mann_kendall: MannKendall


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
        As in `analytics.trend.ols_slope`.

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
    return theil_sen_interval(weeks, scores, offsets).slope


def theil_sen_interval(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    confidence: float = 0.95,
) -> TheilSen:
    r"""Return the Theil-Sen slope of each series, with its interval.

    .. math::

        \sigma^2 = \frac{1}{18}\Big[n(n-1)(2n+5) - \sum_{ties} u(u-1)(2u+5)\Big],\qquad
        C = z\,\sigma

    The interval runs between two of the N' sorted slopes of pairs: those with the ranks
    (N' - C) / 2 and (N' + C) / 2 + 1, rounded to whole ranks. Groups of u equal scores and of
    u scores on one day are ties. The ranks rest on a large sample: with fewer than 10 scores
    call the interval approximate.

    Parameters
    ----------
    weeks, scores, offsets
        As in `analytics.trend.ols_slope`; a long series is thinned as in `theil_sen_slope`.
    confidence
        Two-sided confidence of the interval, between 0 and 1.

    Returns
    -------
    Arrays with one value a series, in points per week. Slope and interval are ``nan`` where
    all scores are on one day; the interval is so too for fewer than 4 scores, or where so
    many are tied that no variance is left. A score that never changes has the interval 0 to 0.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards; if ``confidence`` is out of range.

    References
    ----------
    Sen (1968), equation 2.6. https://doi.org/10.1080/01621459.1968.10480934

    Examples
    --------
    The example of the paper, whose interval of 93 % is 3.71 to 4.38:

    >>> found = theil_sen_interval(
    ...     [1, 2, 3, 4, 10, 12, 18], [9, 15, 19, 20, 45, 55, 78], [0, 7], confidence=0.93
    ... )
    >>> found.low.round(2), found.high.round(2)
    (array([3.71]), array([4.38]))
    """
    return _by_series(weeks, scores, offsets, confidence).theil_sen


def mann_kendall(
    weeks: npt.ArrayLike, scores: npt.ArrayLike, offsets: npt.ArrayLike
) -> MannKendall:
    r"""Return the Mann-Kendall test of each series: is there a trend, straight or not?

    .. math::

        S = \sum_{i<j} \operatorname{sign}(t_j - t_i)\operatorname{sign}(y_j - y_i),\qquad
        Z = \frac{S - \operatorname{sign} S}{\sqrt{\operatorname{var} S}},\qquad
        \tau_b = \frac{S}{\sqrt{(n_0 - n_y)(n_0 - n_t)}}

    with n0 = n (n - 1) / 2 pairs, of which ny are tied in the score and nt in the day. Groups
    of u equal scores and of v scores on one day reduce the variance:

    .. math::

        \operatorname{var} S = \frac{v_0 - v_y - v_t}{18}
            + \frac{\sum u(u-1) \sum v(v-1)}{2n(n-1)}
            + \frac{\sum u(u-1)(u-2) \sum v(v-1)(v-2)}{9n(n-1)(n-2)}

    where v0 = n (n - 1)(2n + 5), and vy and vt are the sums of u (u - 1)(2u + 5) over the
    groups. The two-sided p of up to 10 scores without ties is that of all orders of the
    scores, which are equally likely without a trend; else it is the normal one of Z. Scores
    that depend on the one before make both too small.

    Parameters
    ----------
    weeks, scores, offsets
        As in `analytics.trend.ols_slope`; a long series is thinned as in `theil_sen_slope`,
        and S is that of the scores which are left.

    Returns
    -------
    Arrays with one value a series, without unit. Equal scores have S = 0, p = 1 and no
    tau_b (``nan``). Where all scores are on one day, p and tau_b are ``nan``.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards.

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. *Econometrica, 13*(3), 245-259.
    https://doi.org/10.2307/1907187. Ties: Kendall, M. G. (1970). *Rank correlation methods*
    (4th ed.), chapters 3 and 4. Griffin.

    Examples
    --------
    Of the six pairs of 9, 7, 8 and 3 five fall and one rises. Of the 24 orders of four
    scores, 4 have an S of 4 or more and 4 one of -4 or less.

    >>> found = mann_kendall([0, 1, 2, 3], [9, 7, 8, 3], [0, 4])
    >>> found.s, found.p.round(3), found.tau_b.round(3), found.exact
    (array([-4]), array([0.333]), array([-0.667]), array([ True]))
    """
    return _by_series(weeks, scores, offsets, 0.95).mann_kendall


def rank_rows(weeks: FloatArray, scores: FloatArray, confidence: float) -> RankTrend:
    """Return both results for a dense (scores x series) matrix, from one pass over the pairs."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    n, series = weeks.shape
    if n > RANKED_SCORES:
        chosen = np.arange(RANKED_SCORES) * (n - 1) // (RANKED_SCORES - 1)
        return rank_rows(weeks[chosen], scores[chosen], confidence)
    slopes = np.full((3, series), np.nan)
    s = np.zeros(series, dtype=np.int64)
    numbers = np.full((3, series), np.nan)
    exact = np.zeros(series, dtype=np.bool_)
    if n > 1:
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        step = max(1, PAIRS // pairs_of(n))
        for first in range(0, series, step):
            part = slice(first, first + step)
            slopes[:, part], s[part], numbers[:, part], exact[part] = _compare(
                weeks[:, part], scores[:, part], z
            )
    else:
        numbers[0] = 0.0
    variance, p, tau_b = numbers
    return RankTrend(TheilSen(*slopes), MannKendall(s, variance, p, tau_b, exact))


def _by_series(
    weeks: npt.ArrayLike, scores: npt.ArrayLike, offsets: npt.ArrayLike, confidence: float
) -> RankTrend:
    t, y, starts = checked(weeks, scores, offsets)
    series = starts.size - 1
    slopes, numbers = np.empty((3, series)), np.empty((3, series))
    s, exact = np.empty(series, dtype=np.int64), np.empty(series, dtype=np.bool_)
    for bucket in buckets(starts):
        found = rank_rows(t[bucket.positions], y[bucket.positions], confidence)
        line, test = found.theil_sen, found.mann_kendall
        slopes[:, bucket.series] = (line.slope, line.low, line.high)
        numbers[:, bucket.series] = (test.variance, test.p, test.tau_b)
        s[bucket.series], exact[bucket.series] = test.s, test.exact
    variance, p, tau_b = numbers
    return RankTrend(TheilSen(*slopes), MannKendall(s, variance, p, tau_b, exact))


def _compare(
    weeks: FloatArray, scores: FloatArray, z: float
) -> tuple[FloatArray, IntArray, FloatArray, BoolArray]:
    """Return slopes (slope, low, high), S, numbers (variance, p, tau_b) and what is exact."""
    n, series = weeks.shape
    pairs = pairs_of(n)
    slopes = np.empty((pairs, series))
    one_day = weeks[1:] == weeks[:-1]
    shared_days = bool(one_day.any())
    # Counts of equal scores are small: the narrowest type is the fastest.
    small = np.int8 if n <= SMALL else np.int16
    # For each score, how many of the earlier ones equal it.
    equal = np.zeros((n, series), dtype=small)
    row = 0
    for lag in range(1, n):
        block = slopes[row : row + n - lag]
        row += n - lag
        apart = weeks[lag:] - weeks[:-lag]
        np.subtract(scores[lag:], scores[:-lag], out=block)
        equal[lag:] += (block == 0).view(np.int8)
        if shared_days:
            apart[apart == 0] = np.nan
        block /= apart
    days = np.zeros((n, series), dtype=small)
    if shared_days:
        for i in range(1, n):
            days[i] = (days[i - 1] + 1) * one_day[i - 1]
    tied_scores, tied_days = ties(equal), ties(days)
    rises = _count(slopes > 0)
    falls = _count(slopes < 0) if shared_days else pairs - tied_scores.pairs - rises
    s = rises - falls
    numbers, exact = trend_test(n, s, tied_scores, tied_days)

    by_series = np.ascontiguousarray(slopes.T)
    by_series.sort(axis=1)  # nan goes to the end
    valid = pairs - tied_days.pairs
    # Taking from the flat array is several times faster than by row and column.
    flat, first = by_series.ravel(), np.arange(series) * pairs
    out = np.full((3, series), np.nan)
    lower = first + np.maximum(valid - 1, 0) // 2
    out[0] = (flat[lower] + flat[first + valid // 2]) / 2
    if n >= INTERVAL_SCORES:
        left = n * (n - 1) * (2 * n + 5) - tied_scores.variance - tied_days.variance
        reach = z * np.sqrt(np.maximum(left, 0) / 18)
        known = (valid > 0) & ((left >= 0) | (tied_scores.pairs == pairs))
        low = np.maximum(np.rint((valid - reach) / 2) - 1, 0).astype(np.int64)
        high = np.minimum(np.rint((valid + reach) / 2), valid - 1).astype(np.int64)
        np.copyto(out[1], flat[first + low], where=known)
        np.copyto(out[2], flat[first + high], where=known)
    return out, s, numbers, exact


def _count(found: BoolArray) -> IntArray:
    """Return how many of the pairs of each series were found."""
    count = np.zeros(found.shape[1], dtype=np.int64)
    for first in range(0, found.shape[0], SMALL):
        count += found[first : first + SMALL].view(np.int8).sum(axis=0, dtype=np.int8)
    return count
