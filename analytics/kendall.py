"""How surprising is it that the scores of a series rise or fall with its days?"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.series import BoolArray, FloatArray, IntArray

# The permutation distribution is used up to this many scores; beyond it the normal p differs
# from it by less than .01.
EXACT_SCORES = 10


@dataclass(frozen=True, slots=True)
class MannKendall:
    """Tests of a trend in any shape, one value a series; see `mann_kendall`.

    ``s`` is positive when scores rise; ``exact`` tells where ``p`` comes from the permutation
    distribution.
    """

    s: IntArray
    variance: FloatArray
    p: FloatArray
    tau_b: FloatArray
    exact: BoolArray


def pairs_of(n: int) -> int:
    """Return in how many pairs n scores can be compared.

    Examples
    --------
    >>> pairs_of(4)
    6
    """
    return n * (n - 1) // 2


@dataclass(frozen=True, slots=True)
class Ties:
    """Sums over the groups of u equal values of each series, as whole numbers.

    ``pairs`` is that of u (u - 1) / 2, ``triples`` of u (u - 1)(u - 2), and ``variance`` of
    u (u - 1)(2u + 5).
    """

    pairs: IntArray
    triples: IntArray
    variance: IntArray


def ties(earlier: npt.NDArray[np.signedinteger]) -> Ties:
    """Return the sums over groups from, for each value, how many earlier ones equal it.

    A group of u adds the counts 0, 1, ..., u - 1. Growing from p to p + 1 adds p pairs,
    3 p (p - 1) triples and 6 p (p + 2) to the variance.
    """
    count = earlier.astype(np.int32)
    pairs = count.sum(axis=0, dtype=np.int32).astype(np.int64)
    count *= count
    squares = count.sum(axis=0, dtype=np.int32).astype(np.int64)
    return Ties(pairs, 3 * (squares - pairs), 6 * (squares + 2 * pairs))


def trend_test(n: int, s: IntArray, scores: Ties, days: Ties) -> tuple[FloatArray, BoolArray]:
    """Return variance, p and tau_b, and where p is exact; ``n`` is above 1."""
    pairs = pairs_of(n)
    variance = (2 * pairs * (2 * n + 5) - scores.variance - days.variance) / 18
    variance += scores.pairs * days.pairs / pairs
    if n > 2:
        variance += scores.triples * days.triples / (18 * pairs * (n - 2))
    # What rounding leaves of 0 where all are equal: the smallest variance is 1.
    ordered = (scores.pairs < pairs) & (days.pairs < pairs)
    variance[~ordered] = 0.0
    nan = np.full(s.size, np.nan)
    tau_b = np.divide(
        s, np.sqrt((pairs - scores.pairs) * (pairs - days.pairs)), out=nan, where=ordered
    )
    exact = ordered & (scores.pairs + days.pairs == 0) & (n <= EXACT_SCORES)
    p = np.where(days.pairs < pairs, 1.0, np.nan)
    normal = ordered & ~exact & (s != 0)
    if normal.any():
        # Imported here, as SciPy takes longer to load than a caseload takes to compute.
        from scipy.special import ndtr

        size = np.abs(s[normal])
        p[normal] = 2 * ndtr((1 - size) / np.sqrt(variance[normal]))
    if exact.any():
        p[exact] = _exact_p(n)[np.abs(s[exact])]
    return np.array([variance, p, tau_b]), exact


@functools.lru_cache(maxsize=EXACT_SCORES)
def _exact_p(n: int) -> FloatArray:
    """Return the two-sided p of each size of S of n scores, from the count of inversions.

    Of all n! orders, those with k inversions are the coefficient of x^k in the product of
    1 + x + ... + x^(i - 1) for i = 1 ... n, and an order with k inversions has
    S = n (n - 1) / 2 - 2 k.

    Examples
    --------
    Three scores: one order of six rises throughout, one falls.

    >>> _exact_p(3).round(3).tolist()
    [1.0, 1.0, 0.333, 0.333]
    """
    orders = np.ones(1, dtype=np.int64)
    for i in range(2, n + 1):
        orders = np.convolve(orders, np.ones(i, dtype=np.int64))
    pairs = pairs_of(n)
    size = np.abs(pairs - 2 * np.arange(pairs + 1))
    return np.array([orders[size >= k].sum() for k in range(pairs + 1)]) / math.factorial(n)
