"""By how many standard deviations do two groups of clients differ?"""

import math

import numpy as np
import numpy.typing as npt

from analytics.groups.enough import IMPRECISE_BELOW, z_quantile
from analytics.groups.moments import mean, standard_deviation
from analytics.groups.standardising import (
    NORMAL,
    EffectSize,
    not_assessable,
    small_sample_correction,
    suppressed,
)
from analytics.instrument import Better

BETWEEN = "Hedges' g between two groups (pooled SD, corrected for small samples)"


def hedges_g(
    first: npt.ArrayLike, second: npt.ArrayLike, *, better: Better, confidence: float = 0.95
) -> EffectSize:
    """Return Hedges' g of two independent groups, positive when the first one is better off.

    Parameters
    ----------
    first, second
        One value a client of each group (final scores, or changes), in points; ``nan`` marks
        a missing one, which counts in ``n_all`` only.
    better
        The direction in which the values are better; for improvements ``"higher"``.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    Effect in pooled standard deviations; without numbers where a group has fewer than 5
    clients or nobody differs from the others of the same group.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range or a value is infinite.

    References
    ----------
    Hedges (1981). https://doi.org/10.3102/10769986006002107

    Examples
    --------
    >>> g = hedges_g([8, 9, 11, 12, 10], [14, 12, 15, 11, 13], better="lower")
    >>> round(g.value, 3), g.n, g.very_imprecise
    (1.713, 10, True)
    """
    a, b = (np.asarray(values, dtype=np.float64).ravel() for values in (first, second))
    if np.isinf(a).any() or np.isinf(b).any():
        raise ValueError("A value is infinite; mark a missing value with nan.")
    x, y = a[~np.isnan(a)], b[~np.isnan(b)]
    return published_hedges_g(
        mean_1=mean(x),
        sd_1=standard_deviation(x),
        n_1=int(x.size),
        mean_2=mean(y),
        sd_2=standard_deviation(y),
        n_2=int(y.size),
        n_all=int(a.size + b.size),
        better=better,
        confidence=confidence,
    )


def published_hedges_g(
    *,
    mean_1: float,
    sd_1: float,
    n_1: int,
    mean_2: float,
    sd_2: float,
    n_2: int,
    better: Better,
    n_all: int | None = None,
    confidence: float = 0.95,
) -> EffectSize:
    r"""Return Hedges' g from the means and standard deviations of two groups.

    .. math::

        g = \pm J(n_1 + n_2 - 2)\,\frac{M_1 - M_2}{s_p},\qquad
        s_p^2 = \frac{(n_1 - 1)s_1^2 + (n_2 - 1)s_2^2}{n_1 + n_2 - 2}

    .. math::

        \operatorname{var}(g) = \frac{n_1 + n_2}{n_1 n_2} + \frac{g^2}{2(n_1 + n_2)}

    Parameters
    ----------
    mean_1, sd_1, n_1, mean_2, sd_2, n_2
        Of the two groups, in points; nothing may be missing where a group has 5 clients.
    better
        The direction in which the values are better.
    n_all
        All clients of both groups, those without a value included.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    As `hedges_g`. A group below 10 clients makes the number very imprecise.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Hedges (1981). https://doi.org/10.3102/10769986006002107

    Examples
    --------
    Two groups of 20 that are 5 points apart, with a standard deviation of 10 each: d is 0.5
    and J(38) is 0.9801.

    >>> g = published_hedges_g(
    ...     mean_1=15, sd_1=10, n_1=20, mean_2=20, sd_2=10, n_2=20, better="lower")
    >>> round(g.value, 4), round(g.standard_error**2, 4)
    (0.4901, 0.103)
    """
    z = z_quantile(confidence)
    n = n_1 + n_2
    everyone = n if n_all is None else n_all
    reason = suppressed(min(n_1, n_2), "clients with a value in the smaller group")
    m = n - 2
    pooled = 0.0
    if reason is None:
        pooled = math.sqrt(((n_1 - 1) * sd_1**2 + (n_2 - 1) * sd_2**2) / m)
        if not pooled > 0:
            reason = "Not assessable: within both groups all values are the same (SD 0)."
    if reason is not None:
        return not_assessable(BETWEEN, NORMAL, n, everyone, confidence, reason)
    sign = 1.0 if better == "higher" else -1.0
    g = sign * small_sample_correction(m) * (mean_1 - mean_2) / pooled
    error = math.sqrt(n / (n_1 * n_2) + g * g / (2 * n))
    return EffectSize(
        name=BETWEEN,
        value=g,
        standard_error=error,
        low=g - z * error,
        high=g + z * error,
        confidence=confidence,
        interval=NORMAL,
        n=n,
        n_all=everyone,
        standardiser=pooled,
        very_imprecise=min(n_1, n_2) < IMPRECISE_BELOW,
        reason=None,
    )
