"""Which therapists or teams lie outside the limits that chance alone would set?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.groups.enough import HIDE_UNIT_BELOW, too_few, z_quantile
from analytics.groups.proportions import checked_counts
from analytics.series import BoolArray, CodeArray, FloatArray

# A result holds the place of its word in this tuple.
POSITIONS = ("hidden", "below_99.8", "below_95", "within", "above_95", "above_99.8")
HIDDEN, BELOW_998, BELOW_95, WITHIN, ABOVE_95, ABOVE_998 = range(6)

EXACT = "exact binomial, interpolated"
OVERDISPERSED = "arcsine, widened for overdispersion"


@dataclass(frozen=True, slots=True)
class Overdispersion:
    """How much more units differ than chance allows, on the arcsine scale.

    ``phi`` is the mean squared z after winsorising (1 is chance alone), ``tau2`` the variance
    between units, 0 where phi is no larger than chance explains. None of it, but a
    ``reason``, with too few units.
    """

    phi: float | None
    tau2: float | None
    units: int
    trim: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """Shares of units against a target, with limits; in the order in which they came.

    ``share`` and ``position`` tell nothing of a unit with fewer than ``smallest`` clients:
    ``nan`` and ``HIDDEN``. Limits are those of each unit's own number of clients.
    """

    target: float
    n: FloatArray
    share: FloatArray
    hidden: BoolArray
    low_95: FloatArray
    high_95: FloatArray
    low_998: FloatArray
    high_998: FloatArray
    position: CodeArray
    limits: str
    overdispersion: Overdispersion
    smallest: int


def exact_limits(
    target: float, n: npt.ArrayLike, *, coverage: float
) -> tuple[FloatArray, FloatArray]:
    r"""Return binomial control limits around a target share.

    .. math::

        \frac{r_p - \alpha}{n},\qquad r_p = \min\{r: F(r) \ge p\},\qquad
        \alpha = \frac{F(r_p) - p}{F(r_p) - F(r_p - 1)}

    for p = (1 - coverage)/2 and (1 + coverage)/2, with the binomial distribution function F.
    The interpolation makes the limits smooth in n. As published, they lie about half a client
    lower than limits made for the opposite outcome; at the limit itself a share is no alarm.

    Parameters
    ----------
    target
        Share expected of every unit, strictly between 0 and 1.
    n
        Clients of each unit, at least 1.
    coverage
        Probability inside the limits under chance alone, such as .95 or .998.

    Returns
    -------
    Lower and upper limits, kept between 0 and 1, one value a unit.

    Raises
    ------
    ValueError
        If the target or coverage is not between 0 and 1, or a unit has no client.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
    *Statistics in Medicine, 24*, 1185-1202. https://doi.org/10.1002/sim.1970

    Examples
    --------
    >>> low, high = exact_limits(0.5, [10, 100], coverage=0.95)
    >>> low.round(4), high.round(4)
    (array([0.1324, 0.3968]), array([0.7676, 0.5932]))
    """
    from scipy.stats import binom

    _check_target(target)
    z_quantile(coverage)
    size = _checked_sizes(n)
    limits = []
    for p in ((1 - coverage) / 2, (1 + coverage) / 2):
        r = np.asarray(binom.ppf(p, size, target), dtype=np.float64)
        at, before = binom.cdf(r, size, target), binom.cdf(r - 1, size, target)
        limits.append(np.clip((r - (at - p) / (at - before)) / size, 0.0, 1.0))
    return limits[0], limits[1]


def overdispersed_limits(
    target: float, n: npt.ArrayLike, *, tau2: float, coverage: float
) -> tuple[FloatArray, FloatArray]:
    r"""Return control limits that allow for differences between units beyond chance.

    .. math::

        \sin^2\!\Bigl(\arcsin\sqrt{p_0} \pm z\sqrt{\tfrac{1}{4n} + \tau^2}\Bigr)

    Parameters
    ----------
    target, n, coverage
        As in `exact_limits`.
    tau2
        Variance between units on the arcsine scale, at least 0; see `overdispersion`.

    Returns
    -------
    Lower and upper limits between 0 and 1, one value a unit.

    Raises
    ------
    ValueError
        As in `exact_limits`, or if ``tau2`` is negative.

    References
    ----------
    Spiegelhalter (2005). https://doi.org/10.1002/sim.1970

    Examples
    --------
    >>> low, high = overdispersed_limits(0.5, [25], tau2=0.01, coverage=0.95)
    >>> low.round(4), high.round(4)
    (array([0.2368]), array([0.7632]))
    """
    _check_target(target)
    z = z_quantile(coverage)
    if not 0 <= tau2 < math.inf:
        raise ValueError(f"tau2 must be at least 0, got {tau2}")
    reach = z * np.sqrt(1 / (4 * _checked_sizes(n)) + tau2)
    centre = math.asin(math.sqrt(target))
    low = np.sin(np.maximum(centre - reach, 0.0)) ** 2
    high = np.sin(np.minimum(centre + reach, math.pi / 2)) ** 2
    return low, high


def overdispersion(
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    target: float,
    trim: float = 0.1,
    fewest: int = 5,
) -> Overdispersion:
    r"""Return how much more the shares of units differ than chance allows.

    .. math::

        z_i = 2\sqrt{n_i}\,(\arcsin\sqrt{p_i} - \arcsin\sqrt{p_0}),\qquad
        \phi = \frac1k\sum z_i^2

    .. math::

        \tau^2 = \frac{k\phi - (k - 1)}{\sum w - \sum w^2 / \sum w},\qquad w_i = 4 n_i

    and 0 where :math:`k\phi \le k - 1`. The z beyond the ``trim`` and 1 - ``trim`` quantiles are set
    to these first, so that a few odd units do not excuse themselves.

    Parameters
    ----------
    events, n
        Clients with the outcome, and clients, of each unit; units without clients are left
        out.
    target
        Share expected of every unit, strictly between 0 and 1.
    trim
        Share of units winsorised at each end, from 0 to below one half.
    fewest
        Units that an estimate needs.

    Returns
    -------
    phi and tau2, without unit; None with a reason where there are too few units.

    Raises
    ------
    ValueError
        If a count cannot be one, or the target or ``trim`` is out of range.

    References
    ----------
    Spiegelhalter (2005). https://doi.org/10.1002/sim.1970

    Examples
    --------
    Six units of 25 that differ by chance only, and six that differ by more:

    >>> overdispersion([12, 13, 12, 13, 12, 13], [25] * 6, target=0.5).tau2
    0.0
    >>> found = overdispersion([5, 8, 12, 13, 17, 20], [25] * 6, target=0.5)
    >>> round(found.phi, 2), round(found.tau2, 3)
    (3.28, 0.029)
    """
    _check_target(target)
    if not 0 <= trim < 0.5:
        raise ValueError(f"trim must be at least 0 and below 0.5, got {trim}")
    x, size = checked_counts(events, n)
    x, size = x[size > 0], size[size > 0]
    k = int(size.size)
    reason = too_few(k, fewest, "units with clients")
    if reason is not None:
        return Overdispersion(None, None, k, trim, reason)
    z = 2 * np.sqrt(size) * (np.arcsin(np.sqrt(x / size)) - math.asin(math.sqrt(target)))
    low, high = np.quantile(z, [trim, 1 - trim])
    phi = math.fsum(np.clip(z, low, high) ** 2) / k
    weight, squared = math.fsum(4 * size), math.fsum(16 * size * size)
    excess = k * phi - (k - 1)
    tau2 = excess / (weight - squared / weight) if excess > 0 else 0.0
    return Overdispersion(phi, tau2, k, trim, None)


def funnel(
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    target: float | None = None,
    smallest: int = HIDE_UNIT_BELOW,
    trim: float = 0.1,
) -> Funnel:
    """Return where each unit lies against the limits around the share of all units.

    Where units differ by more than chance (tau2 above 0), which is the rule where clients
    are not given to therapists by lot, the limits are widened for it; else they are the exact
    binomial ones. There is no order of merit: inside the limits, differences mean nothing.

    Parameters
    ----------
    events, n
        Clients with the outcome, and clients, of each unit, one value a unit.
    target
        Share expected of every unit; that of all clients where left out.
    smallest
        A unit with fewer clients counts in the target, but is not shown.
    trim
        As in `overdispersion`.

    Returns
    -------
    Shares, limits and positions in the order of the units; limits are ``nan`` for a unit
    without clients. Where the target is 0 or 1 (nobody or everybody has the outcome) limits
    are ``nan`` and every shown unit is within.

    Raises
    ------
    ValueError
        If a count cannot be one, no unit has a client, or a given target is out of range.

    References
    ----------
    Spiegelhalter (2005). https://doi.org/10.1002/sim.1970

    Examples
    --------
    >>> found = funnel([12, 13, 12, 13, 12, 24, 3], [25, 25, 25, 25, 25, 25, 4], target=0.5)
    >>> [POSITIONS[code] for code in found.position.tolist()]
    ['within', 'within', 'within', 'within', 'within', 'above_99.8', 'hidden']
    """
    x, size = checked_counts(events, n)
    if not size.sum() > 0:
        raise ValueError("No unit has a client; a funnel needs at least one.")
    centre = float(x.sum() / size.sum()) if target is None else target
    hidden = size < max(1, smallest)
    share = np.divide(x, size, out=np.full(x.shape, np.nan), where=~hidden)
    low_95, high_95, low_998, high_998 = (np.full(x.shape, np.nan) for _ in range(4))
    position = np.where(hidden, HIDDEN, WITHIN).astype(np.int8)
    if target is None and centre in (0.0, 1.0):
        reason = "Not assessable: nobody, or everybody, has the outcome."
        spread = Overdispersion(None, None, int((size > 0).sum()), trim, reason)
    else:
        spread = overdispersion(x, size, target=centre, trim=trim)
        some = size > 0
        low_95[some], high_95[some] = _limits(centre, size[some], spread.tau2, 0.95)
        low_998[some], high_998[some] = _limits(centre, size[some], spread.tau2, 0.998)
    position[share < low_95] = BELOW_95
    position[share > high_95] = ABOVE_95
    position[share < low_998] = BELOW_998
    position[share > high_998] = ABOVE_998
    return Funnel(
        target=centre,
        n=size,
        share=share,
        hidden=hidden,
        low_95=low_95,
        high_95=high_95,
        low_998=low_998,
        high_998=high_998,
        position=position,
        limits=OVERDISPERSED if spread.tau2 else EXACT,
        overdispersion=spread,
        smallest=smallest,
    )


def _limits(
    target: float, n: FloatArray, tau2: float | None, coverage: float
) -> tuple[FloatArray, FloatArray]:
    """Return the limits that allow for overdispersion, or the exact ones where there is none."""
    if tau2:
        return overdispersed_limits(target, n, tau2=tau2, coverage=coverage)
    return exact_limits(target, n, coverage=coverage)


def _check_target(target: float) -> None:
    """Raise unless a target share lies strictly between 0 and 1."""
    if not 0 < target < 1:
        raise ValueError(f"target must be between 0 and 1, got {target}")


def _checked_sizes(n: npt.ArrayLike) -> FloatArray:
    """Return numbers of clients as floats, or say which is none."""
    size = np.asarray(n, dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(size) & (size > 0)))
    if wrong.size:
        raise ValueError(f"A unit must have at least 1 client, got {size.ravel()[wrong[0]]:g}.")
    return size
