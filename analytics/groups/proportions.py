"""Which share of the clients, between which limits, and how far apart are two shares?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.groups.enough import z_quantile
from analytics.series import FloatArray


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of clients with its Wilson score interval; no numbers, but a reason, for n = 0."""

    events: int
    n: int
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class DifferenceOfProportions:
    """The second share minus the first one, with Newcombe's hybrid score interval."""

    first: Proportion
    second: Proportion
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    reason: str | None


def wilson_interval(
    events: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    r"""Return the Wilson score limits of shares, for any number of groups at once.

    .. math::

        \frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}
             {1 + \frac{z^2}{n}}

    Unlike :math:`\hat p \pm z\,se` it stays between 0 and 1, and has a width for 0 of n and
    for n of n.

    Parameters
    ----------
    events
        Clients with the outcome in each group, whole numbers from 0 to n.
    n
        Clients in each group, of a shape that broadcasts with ``events``.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    Lower and upper limits between 0 and 1, of the broadcast shape; ``nan`` where n is 0.

    Raises
    ------
    ValueError
        If a count is missing, negative, no whole number, or events exceed n.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. *Journal of the American Statistical Association, 22*, 209-212.
    https://doi.org/10.1080/01621459.1927.10502953

    Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion.
    *Statistics in Medicine, 17*, 857-872, method 3.
    https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E

    Examples
    --------
    None, 3 and all of 10 clients (R's ``prop.test`` without continuity correction):

    >>> low, high = wilson_interval([0, 3, 10], 10)
    >>> low.round(4), high.round(4)
    (array([0.    , 0.1078, 0.7225]), array([0.2775, 0.6032, 1.    ]))
    """
    z = z_quantile(confidence)
    x, size = checked_counts(events, n)
    low, high = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    some = size > 0
    x, m = x[some], size[some]
    p = x / m
    middle = p + z * z / (2 * m)
    half = z * np.sqrt(p * (1 - p) / m + z * z / (4 * m * m))
    scale = 1 + z * z / m
    # Rounding would leave the outermost limits a hair away from 0 and 1.
    low[some] = np.where(x == 0, 0.0, (middle - half) / scale)
    high[some] = np.where(x == m, 1.0, (middle + half) / scale)
    return low, high


def proportion(events: int, n: int, *, confidence: float = 0.95) -> Proportion:
    """Return one share with its Wilson interval, or the reason why there is none.

    Parameters
    ----------
    events, n, confidence
        As in `wilson_interval`, for one group.

    Returns
    -------
    Share and limits between 0 and 1, and the counts behind them.

    Raises
    ------
    ValueError
        As in `wilson_interval`.

    References
    ----------
    Wilson (1927). https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> found = proportion(3, 10)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.3, 0.108, 0.603)
    >>> proportion(0, 0).reason
    'Not assessable: there is no client to count.'
    """
    low, high = wilson_interval(events, n, confidence=confidence)
    if n == 0:
        reason = "Not assessable: there is no client to count."
        return Proportion(0, 0, None, None, None, confidence, reason)
    return Proportion(int(events), int(n), events / n, float(low), float(high), confidence, None)


def difference_of_proportions(
    events_1: int, n_1: int, events_2: int, n_2: int, *, confidence: float = 0.95
) -> DifferenceOfProportions:
    r"""Return the second share minus the first, of independent groups, with its interval.

    .. math::

        D = \hat p_2 - \hat p_1,\qquad
        D - \sqrt{(\hat p_2 - l_2)^2 + (u_1 - \hat p_1)^2},\quad
        D + \sqrt{(u_2 - \hat p_2)^2 + (\hat p_1 - l_1)^2}

    with the Wilson limits l and u of each share (the hybrid score interval).

    Parameters
    ----------
    events_1, n_1, events_2, n_2
        Clients with the outcome, and clients, in each of two groups without a common client.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    Difference and limits between -1 and 1; numbers are None, with a reason, where a group is
    empty.

    Raises
    ------
    ValueError
        As in `wilson_interval`.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions: comparison of eleven methods. *Statistics in Medicine, 17*, 873-890,
    method 10. https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    Examples
    --------
    From 3 of 50 to 10 of 50:

    >>> found = difference_of_proportions(3, 50, 10, 50)
    >>> round(found.value, 2), round(found.low, 4), round(found.high, 4)
    (0.14, 0.0054, 0.2762)
    """
    first = proportion(events_1, n_1, confidence=confidence)
    second = proportion(events_2, n_2, confidence=confidence)
    p, l_1, u_1 = first.value, first.low, first.high
    q, l_2, u_2 = second.value, second.low, second.high
    if p is None or l_1 is None or u_1 is None or q is None or l_2 is None or u_2 is None:
        reason = "Not assessable: one of the two groups has no client."
        return DifferenceOfProportions(first, second, None, None, None, confidence, reason)
    value = q - p
    low = value - math.hypot(q - l_2, u_1 - p)
    high = value + math.hypot(u_2 - q, p - l_1)
    return DifferenceOfProportions(first, second, value, low, high, confidence, None)


def checked_counts(events: npt.ArrayLike, n: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return counts of one shape as floats, or say which count cannot be one.

    Parameters
    ----------
    events, n
        Whole numbers with 0 <= events <= n, of shapes that broadcast.

    Returns
    -------
    Both as ``float64`` of the broadcast shape.

    Raises
    ------
    ValueError
        If a count is missing, negative, no whole number, or events exceed n.

    Examples
    --------
    >>> checked_counts([11], [10])
    Traceback (most recent call last):
        ...
    ValueError: Events must be whole numbers from 0 to n; found 11 of 10.
    """
    x, size = np.broadcast_arrays(
        np.asarray(events, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    good = (x >= 0) & (x <= size) & (x == np.floor(x)) & (size == np.floor(size))
    good &= np.isfinite(size)
    if not good.all():
        at = np.flatnonzero(~good.ravel())[0]
        raise ValueError(
            f"Events must be whole numbers from 0 to n; found {x.ravel()[at]:g} of "
            f"{size.ravel()[at]:g}."
        )
    return x, size
