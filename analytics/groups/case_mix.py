"""What would be expected of a unit, given which clients it treats?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.groups.enough import HIDE_UNIT_BELOW
from analytics.groups.proportions import wilson_interval
from analytics.series import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Standardised:
    """Observed against expected outcomes of each unit (indirect standardisation).

    ``ratio`` is observed over expected, with ``low`` and ``high``; ``share`` is the ratio
    times the share of all clients, kept at 1 or below; ``z`` is the distance of the observed
    from the expected number in standard errors. All of these are ``nan`` for hidden units
    (too few clients) and where nothing is expected.
    """

    n: IntArray
    observed: IntArray
    expected: FloatArray
    ratio: FloatArray
    low: FloatArray
    high: FloatArray
    share: FloatArray
    z: FloatArray
    hidden: BoolArray
    target: float
    confidence: float
    smallest: int


def expected_by_stratum(
    outcome: npt.ArrayLike, stratum: npt.ArrayLike, *, fewest: int = HIDE_UNIT_BELOW
) -> FloatArray:
    """Return for each client the share with the outcome among all clients alike at intake.

    Parameters
    ----------
    outcome
        Whether each client had the outcome.
    stratum
        A whole number from 0 for the kind of client, such as the severity band at intake.
    fewest
        A stratum with fewer clients takes the share of all clients.

    Returns
    -------
    One probability a client. A logistic model's probabilities may take their place.

    Raises
    ------
    ValueError
        If the arrays differ in length or a stratum is negative.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
    *Statistics in Medicine, 24*, 1185-1202. https://doi.org/10.1002/sim.1970

    Examples
    --------
    >>> expected_by_stratum([1, 0, 1, 1, 0], [0, 0, 1, 1, 2], fewest=2)
    array([0.5, 0.5, 1. , 1. , 0.6])
    """
    had = np.asarray(outcome, dtype=np.bool_)
    kind = _codes(stratum, had.size, "stratum")
    if had.size == 0:
        return np.zeros(0)
    clients = np.bincount(kind)
    events = np.bincount(kind, weights=had)
    overall = float(np.count_nonzero(had) / had.size)
    share = np.divide(
        events, clients, out=np.full(clients.shape, overall), where=clients >= max(1, fewest)
    )
    return np.asarray(share[kind])


def indirectly_standardised(
    outcome: npt.ArrayLike,
    probability: npt.ArrayLike,
    unit: npt.ArrayLike,
    *,
    units: int,
    confidence: float = 0.95,
    smallest: int = HIDE_UNIT_BELOW,
) -> Standardised:
    r"""Return the outcomes of each unit against those expected of its clients.

    .. math::

        O_u = \sum_{i \in u} x_i,\quad E_u = \sum_{i \in u} p_i,\quad
        R_u = \frac{O_u}{E_u},\quad
        z_u = \frac{O_u - E_u}{\sqrt{\sum_{i \in u} p_i (1 - p_i)}}

    The interval of the ratio is that of Wilson for the observed share, divided by the
    expected share; the expected numbers are taken as known.

    Parameters
    ----------
    outcome
        Whether each client had the outcome.
    probability
        The outcome expected of each client, between 0 and 1; from `expected_by_stratum` or a
        model fitted on all clients.
    unit
        A whole number from 0 for the unit of each client.
    units
        How many units there are.
    confidence
        Two-sided confidence, between 0 and 1.
    smallest
        A unit with fewer clients is hidden.

    Returns
    -------
    One value a unit, in the order of their numbers; the digits do not depend on the order of
    the clients.

    Raises
    ------
    ValueError
        If the arrays differ in length, a probability is out of range, or a unit has no number
        below ``units``.

    References
    ----------
    Spiegelhalter (2005). https://doi.org/10.1002/sim.1970

    Examples
    --------
    Two units of three; the second has harder clients, of whom 0.9 are expected to improve:

    >>> found = indirectly_standardised(
    ...     [1, 1, 1, 1, 1, 0], [0.9, 0.8, 0.8, 0.3, 0.3, 0.3], [0, 0, 0, 1, 1, 1],
    ...     units=2, smallest=1)
    >>> found.observed, found.expected, found.ratio.round(2)
    (array([3, 2]), array([2.5, 0.9]), array([1.2 , 2.22]))
    """
    had = np.asarray(outcome, dtype=np.bool_)
    p = np.asarray(probability, dtype=np.float64)
    if had.ndim != 1 or p.shape != had.shape:
        raise ValueError(
            f"Outcome and probability must be two flat arrays of one length, got the shapes "
            f"{had.shape} and {p.shape}."
        )
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("A probability is missing or not between 0 and 1.")
    code = _codes(unit, had.size, "unit")
    if code.size and code.max() >= units:
        raise ValueError(f"Unit {code.max()} is none of {units} units, numbered from 0.")
    n = np.bincount(code, minlength=units)
    observed = np.bincount(code[had], minlength=units)
    order = np.argsort(code, kind="stable")
    groups = np.split(p[order], np.cumsum(n)[:-1]) if units else []
    expected = np.array([math.fsum(group) for group in groups])
    variance = np.array([math.fsum(group * (1 - group)) for group in groups])
    target = float(np.count_nonzero(had) / had.size) if had.size else math.nan

    hidden = n < max(1, smallest)
    use = ~hidden & (expected > 0)
    ratio, low, high, z = (np.full(units, np.nan) for _ in range(4))
    ratio[use] = observed[use] / expected[use]
    lower, upper = wilson_interval(observed[use], n[use], confidence=confidence)
    low[use], high[use] = lower * n[use] / expected[use], upper * n[use] / expected[use]
    spread = use & (variance > 0)
    z[spread] = (observed[spread] - expected[spread]) / np.sqrt(variance[spread])
    return Standardised(
        n=n,
        observed=observed,
        expected=expected,
        ratio=ratio,
        low=low,
        high=high,
        share=np.minimum(ratio * target, 1.0),
        z=z,
        hidden=hidden,
        target=target,
        confidence=confidence,
        smallest=smallest,
    )


def _codes(values: npt.ArrayLike, length: int, what: str) -> IntArray:
    """Return small whole numbers, one a client, or say what is wrong with them."""
    code = np.asarray(values, dtype=np.int64)
    if code.shape != (length,):
        raise ValueError(f"Each client needs one {what}: got {code.size} for {length} clients.")
    if code.size and code.min() < 0:
        raise ValueError(f"A {what} is a whole number from 0, got {code.min()}.")
    return code
