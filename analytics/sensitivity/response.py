"""Has a client changed by a meaningful amount, by half, or to remission?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import improvement, reliable_direction
from analytics.cutoffs import TOLERANCE, on_clinical_side
from analytics.instrument import Better, Cutoff
from analytics.series import BoolArray, CodeArray, FloatArray

# A result holds the place of its word in these tuples.
CHANGES = ("improved", "unchanged", "deteriorated", "not_assessable")
IMPROVED, UNCHANGED, DETERIORATED, CHANGE_NOT_ASSESSABLE = range(4)
REMISSIONS = ("remission", "no_remission", "not_assessable")
REMISSION, NO_REMISSION, REMISSION_NOT_ASSESSABLE = range(3)

REASONS = (
    "",
    "A score is missing.",
    "No meaningful change is known for this questionnaire.",
    "The first score is already the best possible, so there is nothing to take a percentage of.",
    "No definition of remission is known for this questionnaire.",
    "The first score already meets the definition of remission.",
)
_NONE, _MISSING, _NO_MIC, _AT_BEST, _NO_DEFINITION, _IN_REMISSION = range(6)


@dataclass(frozen=True, slots=True)
class Judged:
    """Codes of ``CHANGES`` or ``REMISSIONS``, and for each a place in ``REASONS``.

    A place of 0 is no reason: the pair was assessable.
    """

    codes: CodeArray
    reasons: CodeArray


def change_by_meaningful(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    meaningful_change: float | None,
    better: Better,
) -> Judged:
    r"""Return which clients changed by the meaningful change or more (anchor-based).

    .. math::

        improved \iff \pm(x_2 - x_1) \ge MIC

    and deteriorated the other way. The meaningful change was found by an anchor, such as
    the client's own word that something has changed; a change of exactly that size counts.

    Parameters
    ----------
    before, after
        Totals in points, of shapes that broadcast; a pair with a missing score is not
        assessable.
    meaningful_change
        MIC in points, above 0; ``None`` where none is known: then nothing is assessable.
    better
        The direction in which a client gets better.

    Returns
    -------
    Places in ``CHANGES`` and in ``REASONS``, of the broadcast shape.

    Raises
    ------
    ValueError
        If ``meaningful_change`` is not above 0.

    References
    ----------
    For PHQ-9 and 5 points: Löwe, B., Unützer, J., Callahan, C. M., Perkins, A. J., &
    Kroenke, K. (2004). Monitoring depression treatment outcomes with the Patient Health
    Questionnaire-9. *Medical Care, 42*(12), 1194-1201.
    https://doi.org/10.1097/00005650-200412000-00006

    Examples
    --------
    >>> judged = change_by_meaningful([18, 18, 9], [13, 14, 14], meaningful_change=5, better="lower")
    >>> [CHANGES[code] for code in judged.codes]
    ['improved', 'unchanged', 'deteriorated']
    """
    points = np.asarray(improvement(before, after, better))
    if meaningful_change is None:
        return _nothing(points.shape, CHANGE_NOT_ASSESSABLE, _NO_MIC)
    direction = np.asarray(reliable_direction(points, criterion=meaningful_change, inclusive=True))
    return _changes(direction > 0, direction < 0, missing=np.isnan(points))


def percentage_change(
    before: npt.ArrayLike, after: npt.ArrayLike, *, best: float, better: Better
) -> FloatArray:
    r"""Return which percentage of the distance to the best score a client has gone.

    .. math::

        100\,\frac{\pm(x_2 - x_1)}{|x_1 - x_{best}|}

    The percentage refers to the points by which the first score is short of the best
    possible total: above the lowest total where lower is better (of 18 on a scale from 0
    these are 18 points, of 18 on a scale from 10 only 8), below the highest total where
    higher is better. 100 is the best total, negative is worse.

    Parameters
    ----------
    before, after
        Totals in points, of shapes that broadcast; a missing score gives ``nan``.
    best
        The best possible total: the minimum where lower is better, else the maximum.
    better
        The direction in which a client gets better.

    Returns
    -------
    Array of the broadcast shape, in percent; ``nan`` where the first score is at the best
    total (or, by a fault of scoring, beyond it): there is nothing to take a percentage of.

    Raises
    ------
    ValueError
        If ``best`` is not a number of points.

    References
    ----------
    Rush, A. J., Kraemer, H. C., Sackeim, H. A., and others (2006). Report by the ACNP Task
    Force on response and remission in major depressive disorder.
    *Neuropsychopharmacology, 31*(9), 1841-1853. https://doi.org/10.1038/sj.npp.1301131

    Examples
    --------
    >>> percentage_change([18.0, 18.0, 0.0], [9.0, 14.0, 3.0], best=0, better="lower").round(1)
    array([50. , 22.2,  nan])
    >>> percentage_change([18.0], [14.0], best=10, better="lower")
    array([50.])
    """
    points, distance = _points_and_distance(before, after, best, better)
    out = np.full(points.shape, np.nan)
    np.divide(100 * points, distance, out=out, where=distance > TOLERANCE)
    return out


def percentage_refers_to(*, best: float, better: Better) -> str:
    """Return what a percentage of change refers to, for the reader of a screen.

    Examples
    --------
    >>> percentage_refers_to(best=10, better="lower")
    'of the points above 10, the best possible score, at the first score'
    """
    side = "above" if better == "lower" else "below"
    return f"of the points {side} {best:g}, the best possible score, at the first score"


def change_by_percentage(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    share: float = 0.5,
    worsening_share: float | None = None,
    best: float,
    better: Better,
) -> Judged:
    r"""Return which clients changed by a share of their first score or more.

    .. math::

        improved \iff \pm(x_2 - x_1) \ge q\,|x_1 - x_{best}|

    With q = .5 an improvement is what trials call a response. What the share refers to is
    said at `percentage_change`.

    Parameters
    ----------
    before, after, best, better
        As in `percentage_change`.
    share
        The share q that makes an improvement, above 0 and at most 1.
    worsening_share
        The share that makes a deterioration, above 0; ``None`` takes ``share``.

    Returns
    -------
    Places in ``CHANGES`` and in ``REASONS``, of the broadcast shape; not assessable where a
    score is missing or the first score is already at the best total.

    Raises
    ------
    ValueError
        If ``best``, ``share`` or ``worsening_share`` is out of range.

    References
    ----------
    Rush et al. (2006). https://doi.org/10.1038/sj.npp.1301131

    Examples
    --------
    >>> judged = change_by_percentage([18, 18, 8, 0], [9, 10, 12, 4], best=0, better="lower")
    >>> [CHANGES[code] for code in judged.codes]
    ['improved', 'unchanged', 'deteriorated', 'not_assessable']
    >>> print(REASONS[judged.reasons[3]])
    The first score is already the best possible, so there is nothing to take a percentage of.
    """
    worse = share if worsening_share is None else worsening_share
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, got {share}")
    if not 0 < worse < math.inf:
        raise ValueError(f"worsening_share must be greater than 0, got {worse}")
    points, distance = _points_and_distance(before, after, best, better)
    # 0.3 * 10 and 7.1 - 4.1 are not exact in binary: equality is judged as everywhere.
    up = points >= share * distance - TOLERANCE
    down = points <= -worse * distance + TOLERANCE
    return _changes(up, down, missing=np.isnan(points), at_best=distance <= TOLERANCE)


def remission(before: npt.ArrayLike, after: npt.ArrayLike, *, definition: Cutoff | None) -> Judged:
    """Return which clients have come to a score that is published as remission.

    Parameters
    ----------
    before, after
        Totals in points, of shapes that broadcast; a pair with a missing score is not
        assessable.
    definition
        Which totals are remission, as published: ``Cutoff(5, "<", ...)`` for PHQ-9 below 5;
        ``None`` where no definition is known: then nothing is assessable.

    Returns
    -------
    Places in ``REMISSIONS`` and in ``REASONS``, of the broadcast shape; not assessable
    where the first score already meets the definition, as there is nothing to remit.

    Raises
    ------
    ValueError
        If the comparison of the definition is none of ``>=``, ``>``, ``<=`` and ``<``.

    References
    ----------
    Rush et al. (2006). https://doi.org/10.1038/sj.npp.1301131 They ask for three weeks of
    minimal symptoms; one score below the threshold is what quality measures count.

    Examples
    --------
    >>> below_5 = Cutoff(5, "<", "remission", "a quality measure")
    >>> judged = remission([18, 18, 4], [4, 5, 2], definition=below_5)
    >>> [REMISSIONS[code] for code in judged.codes]
    ['remission', 'no_remission', 'not_assessable']
    """
    first, last = np.broadcast_arrays(
        np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    )
    if definition is None:
        return _nothing(first.shape, REMISSION_NOT_ASSESSABLE, _NO_DEFINITION)
    codes = np.full(first.shape, NO_REMISSION, dtype=np.int8)
    codes[on_clinical_side(last, definition)] = REMISSION
    reasons = np.zeros(first.shape, dtype=np.int8)
    reasons[on_clinical_side(first, definition)] = _IN_REMISSION
    reasons[np.isnan(first) | np.isnan(last)] = _MISSING
    codes[reasons != _NONE] = REMISSION_NOT_ASSESSABLE
    return Judged(codes, reasons)


def _points_and_distance(
    before: npt.ArrayLike, after: npt.ArrayLike, best: float, better: Better
) -> tuple[FloatArray, FloatArray]:
    """Return the improvement, and how far the first score is from the best one, in points."""
    if not math.isfinite(best):
        raise ValueError(f"best must be a number of points, got {best}")
    points = np.asarray(improvement(before, after, better))
    distance = np.broadcast_to(np.asarray(improvement(before, best, better)), points.shape)
    return points, distance


def _changes(
    up: BoolArray, down: BoolArray, *, missing: BoolArray, at_best: BoolArray | None = None
) -> Judged:
    codes = np.full(up.shape, UNCHANGED, dtype=np.int8)
    codes[up] = IMPROVED
    codes[down] = DETERIORATED
    reasons = np.zeros(up.shape, dtype=np.int8)
    if at_best is not None:
        reasons[at_best] = _AT_BEST
    reasons[missing] = _MISSING
    codes[reasons != _NONE] = CHANGE_NOT_ASSESSABLE
    return Judged(codes, reasons)


def _nothing(shape: tuple[int, ...], code: int, reason: int) -> Judged:
    return Judged(np.full(shape, code, dtype=np.int8), np.full(shape, reason, dtype=np.int8))
