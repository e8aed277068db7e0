"""How far do the scores of two phases overlap?"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from analytics.instrument import Better
from analytics.series import FloatArray
from analytics.single_case.index import Index, Phases, phases

NAP = "NAP (nonoverlap of all pairs)"
PND = "PND (percentage of nonoverlapping data)"
PAND = "PAND (percentage of all nonoverlapping data, fewest removed)"
IRD = "IRD (robust improvement rate difference)"


def nonoverlap_of_all_pairs(
    a: Sequence[float], b: Sequence[float], *, better: Better, confidence: float = 0.95
) -> Index:
    r"""Return NAP: in which share of all pairs is the score of phase B the better one?

    .. math::

        NAP = \frac{1}{mn}\sum_{i,j} q_{ij},\qquad
        V = \frac{NAP(1 - NAP) + n Q_1 + m Q_2 - 2 Q_3}{(m - 1)(n - 1)}

    with q = 1 for a pair where B is better, 0.5 for a tie and 0 else, m and n scores, and Q1,
    Q2 and Q3 the mean squares about NAP of the rows' means, the columns' means and all q.
    In V, NAP is kept half a pair away from 0 and 1, so that a full separation does not have
    an error of 0. The interval is the pair of solutions x of

    .. math::

        mn\,(NAP - x)^2 (2 - x)(1 + x) = z^2\, x(1 - x)\,[2 + h + (1 + 2h)\, x(1 - x)],\qquad
        h = \frac{m + n}{2} - 1

    Both take the scores of a phase as independent; scores that follow the one before make
    the interval too narrow.

    Parameters
    ----------
    a, b, better
        As in `analytics.single_case.index.phases`.
    confidence
        Two-sided confidence of the interval, between 0 and 1.

    Returns
    -------
    `Index` between 0 and 1; 0.5 is no difference. An interval for NAP = 1 ends at 1, one for
    NAP = 0 begins at 0.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores, or ``confidence`` is out of range.

    References
    ----------
    Parker, R. I., & Vannest, K. (2009). An improved effect size for single-case research:
    Nonoverlap of all pairs. *Behavior Therapy, 40*(4), 357-367.
    https://doi.org/10.1016/j.beth.2008.10.006. Variance: Mee, R. W. (1990).
    https://doi.org/10.1080/01621459.1990.10474942. Interval: Newcombe, R. G. (2006), method 5.
    *Statistics in Medicine, 25*(4), 559-573. https://doi.org/10.1002/sim.2324

    Examples
    --------
    Parker, Vannest and Davis (2011): 38.5 of 42 pairs.

    >>> found = nonoverlap_of_all_pairs(
    ...     [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29], better="higher"
    ... )
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.9167, 0.5973, 0.986)
    """
    return nap_of(phases(a, b, better), confidence)


def nap_of(both: Phases, confidence: float) -> Index:
    """Return what `nonoverlap_of_all_pairs` returns for phases that are already turned."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    m, n = both.a.size, both.b.size
    q = (np.sign(both.b[np.newaxis, :] - both.a[:, np.newaxis]) + 1) / 2
    nap = float(q.sum()) / (m * n)
    off = q - nap
    rows = float((off.sum(axis=1) ** 2).sum()) / (m * n**2)
    columns = float((off.sum(axis=0) ** 2).sum()) / (m**2 * n)
    cells = float((off**2).sum()) / (m * n)
    inside = min(max(nap, 0.5 / (m * n)), 1 - 0.5 / (m * n))
    variance = inside * (1 - inside) + n * rows + m * columns - 2 * cells
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    low, high = _newcombe_low(nap, m, n, z), 1 - _newcombe_low(1 - nap, m, n, z)
    error = math.sqrt(max(variance, 0.0) / ((m - 1) * (n - 1)))
    return Index(NAP, nap, error, low, high)


def _newcombe_low(nap: float, m: int, n: int, z: float) -> float:
    """Return the lower solution of the score equation; the upper one is that of 1 - nap."""
    if nap == 0:
        return 0.0
    # Imported here, as SciPy takes longer to load than a client takes to compute.
    from scipy.optimize import brentq

    h = (m + n) / 2 - 1
    # At NAP = 1 both sides hold a factor 1 - x, whose root, 1, is not the one that is sought.
    factor = 1 if nap == 1 else 0

    def gap(x: float) -> float:
        distance = (1 - x) if factor else (nap - x) ** 2
        tail = x if factor else x * (1 - x)
        right = z**2 * tail * (2 + h + (1 + 2 * h) * x * (1 - x))
        return m * n * distance * (2 - x) * (1 + x) - right

    return float(brentq(gap, 0.0, nap, xtol=1e-14))


def percentage_of_nonoverlapping_data(
    a: Sequence[float], b: Sequence[float], *, better: Better
) -> Index:
    r"""Return PND: which share of phase B is better than the best score of phase A?

    .. math::

        PND = \frac{\#\{j : y^B_j > \max_i y^A_i\}}{n}

    where higher is better, and below the lowest score of phase A otherwise. One good day in
    the baseline makes it 0, and no standard error is known: a description only.

    Parameters
    ----------
    a, b, better
        As in `analytics.single_case.index.phases`.

    Returns
    -------
    `Index` between 0 and 1, without standard error and interval.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores.

    References
    ----------
    Scruggs, T. E., Mastropieri, M. A., & Casto, G. (1987). The quantitative synthesis of
    single-subject research. *Remedial and Special Education, 8*(2), 24-33.
    https://doi.org/10.1177/074193258700800206

    Examples
    --------
    Five of seven scores above 26, in Parker, Vannest and Davis (2011):

    >>> found = percentage_of_nonoverlapping_data(
    ...     [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29], better="higher"
    ... )
    >>> round(found.value, 4)
    0.7143
    """
    return pnd_of(phases(a, b, better))


def pnd_of(both: Phases) -> Index:
    """Return what `percentage_of_nonoverlapping_data` returns for turned phases."""
    return Index(PND, float(np.mean(both.b > both.a.max())))


def percentage_of_all_nonoverlapping_data(
    a: Sequence[float], b: Sequence[float], *, better: Better
) -> Index:
    r"""Return PAND: which share of all scores is left when no overlap is left?

    .. math::

        PAND = \frac{1}{m + n}\max\{\,i + j : y^A_{(i)} < y^B_{(n + 1 - j)}\,\}

    with the scores of each phase in ascending order: the fewest scores are taken out so that
    all of phase A lie below all of phase B. Scores that are equal overlap. (Another version
    sorts all scores and draws lots among equal ones; it does not give the same result twice.)

    Parameters
    ----------
    a, b, better
        As in `analytics.single_case.index.phases`.

    Returns
    -------
    `Index` between max(m, n) / (m + n) and 1, without standard error and interval.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores.

    References
    ----------
    Parker, R. I., Hagan-Burke, S., & Vannest, K. (2007). Percentage of all non-overlapping
    data. *The Journal of Special Education, 40*(4), 194-204.
    https://doi.org/10.1177/00224669070400040101. Formula: Pustejovsky, J. E. (2019).
    *Psychological Methods, 24*(2), 217-235. https://doi.org/10.1037/met0000179

    Examples
    --------
    Two of 13 scores to take out, in Parker, Vannest and Davis (2011):

    >>> found = percentage_of_all_nonoverlapping_data(
    ...     [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29], better="higher"
    ... )
    >>> round(found.value, 4)
    0.8462
    """
    return pand_of(phases(a, b, better))


def pand_of(both: Phases) -> Index:
    """Return what `percentage_of_all_nonoverlapping_data` returns for turned phases."""
    return Index(PAND, _kept(both.a, both.b) / (both.a.size + both.b.size))


def _kept(a: FloatArray, b: FloatArray) -> int:
    # With A cut off at one of its scores, B keeps what lies above it; or A goes altogether.
    above = b.size - np.searchsorted(np.sort(b), np.sort(a), side="right")
    return max(b.size, int((np.arange(1, a.size + 1) + above).max()))


def improvement_rate_difference(a: Sequence[float], b: Sequence[float], *, better: Better) -> Index:
    r"""Return the robust IRD: how much more often is a score improved in B than in A?

    .. math::

        IRD = \frac{(m + n)^2\, PAND - m^2 - n^2}{2mn}

    the robust version, in which the scores that PAND takes out are shared evenly among both
    phases.

    Parameters
    ----------
    a, b, better
        As in `analytics.single_case.index.phases`.

    Returns
    -------
    `Index` of at most 1, without standard error and interval.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores.

    References
    ----------
    Parker, R. I., Vannest, K. J., & Brown, L. (2009). The improvement rate difference for
    single-case research. *Exceptional Children, 75*(2), 135-150.
    https://doi.org/10.1177/001440290907500201. Formula: Pustejovsky (2019).

    Examples
    --------
    6 / 7 - 1 / 6 in Parker, Vannest and Davis (2011):

    >>> found = improvement_rate_difference(
    ...     [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29], better="higher"
    ... )
    >>> round(found.value, 4)
    0.6905
    """
    return ird_of(phases(a, b, better))


def ird_of(both: Phases) -> Index:
    """Return what `improvement_rate_difference` returns for turned phases."""
    m, n = both.a.size, both.b.size
    kept = _kept(both.a, both.b)
    return Index(IRD, ((m + n) * kept - m**2 - n**2) / (2 * m * n))
