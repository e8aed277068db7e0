"""Is a measure of the session, such as the alliance, at a point worth talking about?

Such a measure says nothing about outcome. Its alerts are facts about the last score: it lies
beyond the published mark, or has fallen by the published number of points since the one before.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import TOLERANCE
from analytics.instrument import Better, Instrument
from analytics.series import CodeArray, FloatArray, IntArray, buckets, checked

# A result holds the place of its word in this tuple.
ALERTS = ("none", "below", "dropped", "both", "not_assessable")
NONE, BELOW, DROPPED, BOTH, NOT_ASSESSABLE = range(5)


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a process measure gives an alert, in points; ``nan`` turns one half off.

    Attributes
    ----------
    below
        The published mark. Beyond it means below, or above where lower is better.
    inclusive
        Whether a score of exactly the mark counts.
    drop
        The published fall since the score before; reached by equality.
    """

    below: float
    inclusive: bool
    drop: float


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alert of each series.

    Attributes
    ----------
    code
        Place in ``ALERTS``, of the last score.
    since
        Which score of the series (from 0) began it, as in `alert_rows`; -1 if none.
    drop
        How far the last score fell since the one before, in points: positive is away from
        better, negative a rise, ``nan`` where there is one score only.
    """

    code: CodeArray
    since: IntArray
    drop: FloatArray


def marks(instrument: Instrument) -> Marks:
    """Return where the alerts of an instrument lie: its cutoff of purpose ``alert``, and its drop.

    A cutoff whose comparison points to the better side (such as ``>=`` where higher is better)
    can be no alert, and is left out.

    Examples
    --------
    >>> from analytics.instrument import Cutoff, Sourced
    >>> session = Instrument(
    ...     "srs", "2", "SRS", "higher", 0, 40, 0.1, role="process",
    ...     cutoffs=(Cutoff(36, "<", "alert", "a manual"),), alert_drop=Sourced(1, "a paper"),
    ... )
    >>> marks(session)
    Marks(below=36, inclusive=False, drop=1)
    """
    away = ("<", "<=") if instrument.better == "higher" else (">", ">=")
    found = [c for c in instrument.cutoffs if c.purpose == "alert" and c.op in away]
    drop = instrument.alert_drop
    return Marks(
        found[0].value if found else math.nan,
        bool(found) and found[0].op in ("<=", ">="),
        math.nan if drop is None else drop.value,
    )


def alerts(
    scores: npt.ArrayLike, offsets: npt.ArrayLike, *, marks: Marks, better: Better
) -> Alerts:
    r"""Return the alert of the last score of each series.

    .. math::

        x_n < m \qquad\text{or}\qquad x_{n-1} - x_n \ge d

    with m the mark and d the drop; both mirrored where a lower score is better.

    Parameters
    ----------
    scores
        Totals in points, in order of time, without missing values (see
        `analytics.series.drop_missing`).
    offsets
        Start of each series in the array, and its length at the end.
    marks
        Mark and drop in points; a ``nan`` turns one of them off.
    better
        The direction that is better.

    Returns
    -------
    One value a series. Where both marks are off, or only the drop is on and there is one
    score, the code is ``not_assessable``.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or a mark is out of range.

    References
    ----------
    For the SRS: Miller, S. D., & Bargmann, S. (2012). The Outcome and Session Rating Scales
    (ORS and SRS). *Integrating Science and Practice, 2*(2), 28-31 (no DOI). The numbers of each
    instrument stand in its file with their source.

    Examples
    --------
    Below 36 since the second of three scores; and a fall of 1.2 that stays above it:

    >>> found = alerts(
    ...     [38, 35, 35.5, 39.6, 38.4], [0, 3, 5], marks=Marks(36, False, 1), better="higher"
    ... )
    >>> [ALERTS[code] for code in found.code], found.since, found.drop.round(1)
    (['below', 'dropped'], array([1, 1]), array([-0.5,  1.2]))
    """
    y = np.ascontiguousarray(scores, dtype=np.float64)
    _, y, starts = checked(np.zeros(y.shape), y, offsets)
    size = starts.size - 1
    code = np.full(size, NOT_ASSESSABLE, dtype=np.int8)
    since = np.full(size, -1, dtype=np.int64)
    fall = np.full(size, np.nan)
    for bucket in buckets(starts):
        rows = y[bucket.positions]
        code[bucket.series], since[bucket.series] = alert_rows(
            rows, marks.below, marks.drop, better, inclusive=marks.inclusive
        )
        if bucket.length > 1:
            fall[bucket.series] = fall_rows(rows, better)
    return Alerts(code, since, fall)


def alert_rows(
    scores: FloatArray, below: float, drop: float, better: Better, *, inclusive: bool = False
) -> tuple[CodeArray, IntArray]:
    """Return the alert of the last score of a dense (scores x series) matrix, and since when.

    Parameters
    ----------
    scores
        Totals in points, one row a score and one column a series; none is missing.
    below, drop
        Mark and drop in points; ``nan`` turns one of them off.
    better
        The direction that is better.
    inclusive
        Whether a score of exactly the mark counts.

    Returns
    -------
    Places in ``ALERTS``, and row numbers: the score that began the unbroken run beyond the
    mark that lasts to the end; the last score where it only dropped; -1 without an alert.

    Raises
    ------
    ValueError
        If ``drop`` is not above 0, or a number is infinite.

    Examples
    --------
    >>> alert_rows(np.array([[37.0, 30.0], [35.0, 36.0]]), 36, 1, "higher")
    (array([3, 0], dtype=int8), array([ 1, -1]))
    """
    if math.isinf(below) or math.isinf(drop) or drop <= 0:
        raise ValueError(
            f"An alert needs a mark in points and a drop above 0 (or nan for none of them), "
            f"got below = {below} and drop = {drop}."
        )
    n, series = scores.shape
    by_mark, by_drop = not math.isnan(below), n > 1 and not math.isnan(drop)
    code = np.full(series, NONE if by_mark or by_drop else NOT_ASSESSABLE, dtype=np.int8)
    since = np.full(series, -1, dtype=np.int64)
    if by_drop:
        # 4.1 - 3.1 is a hair below 1 in binary: equality is judged to a billionth of a point.
        fell = fall_rows(scores, better) >= drop - TOLERANCE
        code[fell] = DROPPED
        since[fell] = n - 1
    if by_mark:
        reach = TOLERANCE if inclusive else -TOLERANCE
        beyond = scores < below + reach if better == "higher" else scores > below - reach
        code[beyond[-1]] += BELOW
        # The latest score within the mark: the largest of row numbers (from 1) times 0 or 1.
        within = (~beyond * np.arange(1, n + 1)[:, np.newaxis]).max(axis=0)
        since[beyond[-1]] = within[beyond[-1]]
    return code, since


def fall_rows(scores: FloatArray, better: Better) -> FloatArray:
    """Return how far each last score fell since the one before; positive is away from better.

    The dense (scores x series) matrix has two rows at least.

    >>> fall_rows(np.array([[38.0], [36.5]]), "higher")
    array([1.5])
    """
    before, last = (scores[-2], scores[-1]) if better == "higher" else (scores[-1], scores[-2])
    return np.asarray(before - last)
