"""Were goals attained as much as expected, on the scale of Kiresuk and Sherman?"""

import math
from collections.abc import Sequence

MOST = 2.0


def gas_t(
    levels: Sequence[float], weights: Sequence[float] | None = None, *, rho: float = 0.30
) -> float | None:
    r"""Return the goal attainment T score; 50 is what was expected.

    .. math::

        T = 50 + \frac{10 \sum w_i x_i}{\sqrt{(1 - \rho)\sum w_i^2 + \rho\,(\sum w_i)^2}}

    Parameters
    ----------
    levels
        Attainment of each goal from -2 (much less than expected) over 0 (as expected) to 2;
        a missing one (``nan``) is left out together with its weight.
    weights
        Importance of each goal, above 0; all 1 when left out. Only their proportions count.
    rho
        Expected correlation between the goals of one client, 0 <= rho < 1.

    Returns
    -------
    One number, with mean 50 and standard deviation 10 by construction; ``None`` where no goal
    has a level.

    Raises
    ------
    ValueError
        If a level or weight is out of range, their numbers differ, or ``rho`` is out of range.

    References
    ----------
    Kiresuk, T. J., & Sherman, R. E. (1968). Goal attainment scaling: a general method for
    evaluating comprehensive community mental health programs. *Community Mental Health
    Journal, 4*(6), 443-453. https://doi.org/10.1007/BF01530764

    Examples
    --------
    Three goals one level above what was expected: 50 + 30 / sqrt(.7 * 3 + .3 * 9).

    >>> round(gas_t([1, 1, 1]), 2)
    63.69
    >>> gas_t([-2])
    30.0
    """
    if not 0 <= rho < 1:
        raise ValueError(f"rho must be at least 0 and below 1, got {rho}")
    given = [1.0] * len(levels) if weights is None else list(weights)
    if len(given) != len(levels):
        raise ValueError(f"{len(levels)} goals need as many weights, got {len(given)}.")
    x, w = [], []
    for level, weight in zip(levels, given, strict=True):
        if not 0 < weight < math.inf:
            raise ValueError(f"A weight must be above 0, got {weight}.")
        if math.isnan(level):
            continue
        if not -MOST <= level <= MOST:
            raise ValueError(f"A level of attainment runs from -2 to 2, got {level}.")
        x.append(level)
        w.append(weight)
    if not x:
        return None
    spread = (1 - rho) * math.fsum(v * v for v in w) + rho * math.fsum(w) ** 2
    return 50 + 10 * math.fsum(v * u for v, u in zip(w, x, strict=True)) / math.sqrt(spread)
