"""How often does a rule speak during a whole course in which nothing has changed?"""

import functools
import math
from statistics import NormalDist

import numpy as np

from analytics.cutoffs import TOLERANCE
from analytics.series import FloatArray

NODES = 96  # more change no digit that is shown


def false_alarm_rate(
    criterion: float,
    sem: float,
    *,
    looks: int,
    confirmed: bool = False,
    step: float | None = None,
    inclusive: bool = False,
) -> float:
    r"""Return the chance that an unchanged client is called reliably worse at some look.

    With errors :math:`e_k` of all scores independent and normal, and every score compared
    with the same first one,

    .. math::

        P = 1 - \int \varphi(u)\, Q_k\big(1 - \Phi(c / SEM + u)\big)\, du

    where :math:`Q_k(p) = (1 - p)^k` is the chance of no exceedance in k looks, and for
    *confirmed* that of no two in a row: :math:`Q_0 = Q_1 = 1`,
    :math:`Q_k = (1 - p)\,(Q_{k-1} + p\, Q_{k-2})`. By symmetry it is the same for
    improvement. Totals that move in steps reach a criterion half a step earlier than
    continuous ones (continuity correction): c is then the smallest change on the scale that
    meets the criterion, less half a step. Errors that last from week to week are not in it;
    they make false alarms more frequent.

    Parameters
    ----------
    criterion
        Reliable change, in points; above 0.
    sem
        Standard error of one score, in points; above 0.
    looks
        Scores after the first that are compared with it; 0 or more.
    confirmed
        Whether only two exceedances in a row count.
    step
        Smallest step of a total, in points; left out, totals are continuous.
    inclusive
        Whether a change of exactly the criterion counts, as with published criteria.

    Returns
    -------
    A probability. Nothing may be missing.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    The integral over the shared first score: Owen, D. B. (1980). A table of normal integrals.
    *Communications in Statistics - Simulation and Computation, 9*(4), 389-419.
    https://doi.org/10.1080/03610918008812164

    Examples
    --------
    One look is the ordinary one-sided test; with twelve scores one client in seven is called
    worse at some look, and one in forty twice in a row:

    >>> sem = 5.5 * (1 - 0.85) ** 0.5
    >>> criterion = 1.959964 * 2**0.5 * sem
    >>> round(false_alarm_rate(criterion, sem, looks=1), 4)
    0.025
    >>> round(false_alarm_rate(criterion, sem, looks=11), 3)
    0.152
    >>> round(false_alarm_rate(criterion, sem, looks=11, confirmed=True), 3)
    0.026

    In whole points with the published criterion of 6:

    >>> round(false_alarm_rate(6, sem, looks=11, step=1, inclusive=True), 3)
    0.193
    """
    if not 0 < criterion < math.inf:
        raise ValueError(f"criterion must be greater than 0 points, got {criterion}")
    if not 0 < sem < math.inf:
        raise ValueError(f"sem must be greater than 0 points, got {sem}")
    if looks < 0:
        raise ValueError(f"looks must be 0 or more, got {looks}")
    # Nodes for the weight exp(-u^2 / 2), which is the normal density but for a factor.
    limit = criterion if step is None else _reached(criterion, step, inclusive=inclusive)
    nodes, weights = _nodes()
    cdf = NormalDist().cdf
    exceeds = np.array([1 - cdf(limit / sem + node) for node in nodes])
    silent = _no_run_of_two(exceeds, looks) if confirmed else (1 - exceeds) ** looks
    return max(0.0, float(1 - (weights * silent).sum() / math.sqrt(2 * math.pi)))


@functools.cache
def _nodes() -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights, which take longer to find than the integral itself."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights


def _no_run_of_two(p: FloatArray, looks: int) -> FloatArray:
    """Return the chance that *looks* independent events of chance *p* hold no two in a row."""
    before, now = np.ones_like(p), np.ones_like(p)
    for _ in range(2, looks + 1):
        before, now = now, (1 - p) * (now + p * before)
    return now


def _reached(criterion: float, step: float, *, inclusive: bool) -> float:
    """Return where rounding begins to give a change that meets the criterion.

    >>> _reached(6, 1, inclusive=True), _reached(5.9, 1, inclusive=False)
    (5.5, 5.5)
    """
    if not step > 0:
        raise ValueError(f"step must be greater than 0 points, got {step}")
    steps = criterion / step
    whole = math.ceil(steps - TOLERANCE) if inclusive else math.floor(steps + TOLERANCE) + 1
    return (whole - 0.5) * step
