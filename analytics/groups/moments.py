"""What are the mean and the spread of a group, whatever the order of its clients?"""

import math

from analytics.cutoffs import TOLERANCE
from analytics.series import FloatArray

# A correlation this close to 1 or -1 is one; the rest is rounding.
PERFECT = 1e-12


def mean(values: FloatArray) -> float:
    """Return the mean, from an exact sum; ``nan`` for no value.

    ``numpy.mean`` adds in an order that depends on the order of the clients; an exact sum
    does not, so that sorting a file anew changes no digit on a page.

    Examples
    --------
    >>> import numpy as np
    >>> mean(np.array([1.0, 2.0, 6.0]))
    3.0
    """
    if values.size == 0:
        return math.nan
    return math.fsum(values.tolist()) / values.size


def standard_deviation(values: FloatArray) -> float:
    """Return the standard deviation with n - 1; exactly 0 where all are equal.

    Values within a billionth of a point of each other are equal: 1.4 - 0.9 and 1.5 - 1.0 are
    one change. ``nan`` for fewer than two values.

    Examples
    --------
    >>> import numpy as np
    >>> standard_deviation(np.array([1.0, 2.0, 3.0]))
    1.0
    >>> standard_deviation(np.array([0.1, 0.1, 0.1]))
    0.0
    """
    if values.size < 2:
        return math.nan
    if all_equal(values):
        return 0.0
    squares = (values - mean(values)) ** 2
    return math.sqrt(math.fsum(squares.tolist()) / (values.size - 1))


def correlation(x: FloatArray, y: FloatArray) -> float | None:
    """Return Pearson's correlation of two arrays of one length, or None where an SD is 0.

    Examples
    --------
    >>> import numpy as np
    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    1.0
    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([4.0, 4.0, 4.0])) is None
    True
    """
    if x.size < 2 or all_equal(x) or all_equal(y):
        return None
    dx, dy = x - mean(x), y - mean(y)
    sxy, sxx, syy = (math.fsum(p.tolist()) for p in (dx * dy, dx * dx, dy * dy))
    r = sxy / math.sqrt(sxx * syy)
    return math.copysign(1.0, r) if abs(r) > 1 - PERFECT else r


def all_equal(values: FloatArray) -> bool:
    """Return whether all values lie within a billionth of a point of each other.

    Examples
    --------
    >>> import numpy as np
    >>> all_equal(np.array([1.4 - 0.9, 1.5 - 1.0])), all_equal(np.array([0.5, 0.6]))
    (True, False)
    """
    return bool(values.max() - values.min() <= TOLERANCE)
