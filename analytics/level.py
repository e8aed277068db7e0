"""At which level has a client stopped changing?"""

import math

import numpy as np

from analytics.cutoffs import TOLERANCE, on_clinical_side
from analytics.instrument import Cutoff
from analytics.plateau import PLATEAU
from analytics.series import CodeArray, FloatArray, row_sum

# A result holds the place of its word in this tuple; -1 is no kind.
PLATEAU_KINDS = ("maintained", "stuck", "at_floor")
MAINTAINED, STUCK, AT_FLOOR = range(3)
NO_KIND = -1


def recent_level(scores: FloatArray) -> FloatArray:
    """Return the mean of the last three scores (of all, if fewer) of a dense matrix.

    Examples
    --------
    >>> recent_level(np.array([[20.0], [12.0], [10.0], [8.0]]))
    array([10.])
    """
    last = scores[-3:]
    return np.asarray(row_sum(last) / last.shape[0])


def plateau_kind(
    state: CodeArray,
    level: FloatArray,
    *,
    cutoff: Cutoff | None,
    reliable_change: float | None,
    best: float,
) -> CodeArray:
    """Return what a plateau means: gains maintained, stuck, or too good to measure.

    Parameters
    ----------
    state
        Codes of `plateau`.
    level
        Mean of the last three scores, in points.
    cutoff
        Which totals count as a case; without one a plateau has no kind.
    reliable_change
        Criterion of reliable change in points; without one nothing is at the floor.
    best
        The best total of the questionnaire: its minimum where lower is better.

    Returns
    -------
    Places in ``PLATEAU_KINDS``: stuck on the clinical side of the cutoff; at the floor on
    the functional side and within one reliable change of ``best``; else maintained. -1
    where the state is not a plateau, or the level is missing.

    Examples
    --------
    >>> plateau_kind(
    ...     np.array([2, 2, 2, 3], dtype=np.int8), np.array([14.0, 8.0, 3.0, 14.0]),
    ...     cutoff=Cutoff(10, ">=", "caseness", "a manual"), reliable_change=6, best=0,
    ... )
    array([ 1,  0,  2, -1], dtype=int8)
    """
    kind = np.full(state.shape, NO_KIND, dtype=np.int8)
    if cutoff is None:
        return kind
    on_plateau = (state == PLATEAU) & ~np.isnan(level)
    case = on_clinical_side(level, cutoff)
    kind[on_plateau] = MAINTAINED
    near = math.nan if reliable_change is None else reliable_change + TOLERANCE
    kind[on_plateau & (np.abs(level - best) <= near)] = AT_FLOOR
    kind[on_plateau & case] = STUCK
    return kind
