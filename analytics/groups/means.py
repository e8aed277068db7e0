"""What is the mean of a group, and how far can it be trusted?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.groups.enough import too_few, z_quantile
from analytics.groups.moments import mean, standard_deviation


@dataclass(frozen=True, slots=True)
class MeanWithInterval:
    """A mean in points with its t interval; no interval for one client, nothing for none."""

    n: int
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    reason: str | None


def mean_with_interval(values: npt.ArrayLike, *, confidence: float = 0.95) -> MeanWithInterval:
    r"""Return a mean with its interval: :math:`\bar x \pm t_{n-1}\, s / \sqrt n`.

    Parameters
    ----------
    values
        One value a client, in points, none missing.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    Mean and limits in points; a reason instead of what cannot be given.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range or a value is missing or infinite.

    References
    ----------
    Student (1908). The probable error of a mean. *Biometrika, 6*, 1-25.
    https://doi.org/10.1093/biomet/6.1.1

    Examples
    --------
    >>> found = mean_with_interval([1.0, 2.0, 3.0])
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (2.0, -0.484, 4.484)
    """
    from scipy.special import stdtrit

    z_quantile(confidence)
    x = np.asarray(values, dtype=np.float64).ravel()
    if not np.isfinite(x).all():
        raise ValueError("A value is missing or infinite; leave out missing values first.")
    n = int(x.size)
    reason = too_few(n, 2, "clients with a value")
    if reason is not None:
        return MeanWithInterval(n, mean(x) if n else None, None, None, confidence, reason)
    t = float(stdtrit(n - 1, 0.5 + confidence / 2))
    middle, reach = mean(x), t * standard_deviation(x) / math.sqrt(n)
    return MeanWithInterval(n, middle, middle - reach, middle + reach, confidence, None)
