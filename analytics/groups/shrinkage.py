"""What is the likely share of a small unit, given how much units differ at all?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.groups.enough import HIDE_UNIT_BELOW, z_quantile
from analytics.groups.proportions import checked_counts
from analytics.series import FloatArray

NAME = "empirical Bayes, arcsine scale"


@dataclass(frozen=True, slots=True)
class ShrunkenShares:
    """Shares drawn towards the target, one value a unit, in the order in which they came.

    ``weight`` is the share of the unit's own result in the estimate, from 0 to 1. All are
    ``nan`` for a unit with fewer than ``smallest`` clients.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray
    target: float
    tau2: float
    confidence: float
    smallest: int
    method: str


def shrunken_shares(
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    target: float,
    tau2: float,
    confidence: float = 0.95,
    smallest: int = HIDE_UNIT_BELOW,
) -> ShrunkenShares:
    r"""Return the share of each unit, drawn towards the target by as much as chance explains.

    .. math::

        y_i = \arcsin\sqrt{p_i},\quad s_i^2 = \frac{1}{4 n_i},\quad
        B_i = \frac{\tau^2}{\tau^2 + s_i^2},\quad
        \tilde y_i = y_0 + B_i (y_i - y_0),\quad
        \sin^2\bigl(\tilde y_i \pm z\sqrt{B_i s_i^2}\bigr)

    On the arcsine scale the error of a share depends on n only. A unit with few clients, or
    a service whose units differ by no more than chance, is told little apart from the target.
    The interval takes the target and tau2 as known.

    Parameters
    ----------
    events, n
        Clients with the outcome, and clients, of each unit.
    target
        Share of all units, strictly between 0 and 1.
    tau2
        Variance between units on the arcsine scale; see
        `analytics.groups.funnel.overdispersion`.
    confidence
        Two-sided coverage of the interval, between 0 and 1.
    smallest
        A unit with fewer clients gets no estimate.

    Returns
    -------
    Shares between 0 and 1 with limits, and the weight of each unit's own result.

    Raises
    ------
    ValueError
        If a count cannot be one, the target is out of range, or ``tau2`` is negative.

    References
    ----------
    Efron, B., & Morris, C. (1975). Data analysis using Stein's estimator and its
    generalizations. *Journal of the American Statistical Association, 70*, 311-319.
    https://doi.org/10.1080/01621459.1975.10479864

    Examples
    --------
    80 % of 25 clients and 80 % of 100, where units differ by a variance of 0.01 around one
    half: the own result counts half at n = 25 and four fifths at n = 100.

    >>> found = shrunken_shares([20, 80], [25, 100], target=0.5, tau2=0.01)
    >>> found.weight, found.value.round(3)
    (array([0.5, 0.8]), array([0.658, 0.746]))
    """
    z = z_quantile(confidence)
    if not 0 < target < 1:
        raise ValueError(f"target must be between 0 and 1, got {target}")
    if not 0 <= tau2 < math.inf:
        raise ValueError(f"tau2 must be at least 0, got {tau2}")
    x, size = checked_counts(events, n)
    shown = size >= max(1, smallest)
    value, low, high, weight = (np.full(x.shape, np.nan) for _ in range(4))
    m = size[shown]
    # tau2 / (tau2 + 1 / 4n), multiplied out so that tau2 = 0 needs no exception.
    own = 4 * m * tau2 / (4 * m * tau2 + 1)
    centre = math.asin(math.sqrt(target))
    y = centre + own * (np.arcsin(np.sqrt(x[shown] / m)) - centre)
    reach = z * np.sqrt(own / (4 * m))
    weight[shown], value[shown] = own, np.sin(y) ** 2
    low[shown] = np.sin(np.maximum(y - reach, 0.0)) ** 2
    high[shown] = np.sin(np.minimum(y + reach, math.pi / 2)) ** 2
    return ShrunkenShares(value, low, high, weight, target, tau2, confidence, smallest, NAME)
