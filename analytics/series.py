"""How do many series of scores lie in flat arrays, and how are they taken out again?

A series is the scores of one client's episode on one questionnaire, sorted by date. All
series lie one behind the other in ``weeks`` and ``scores``; ``offsets`` holds where each
begins, and one more number at the end. Series of one length form a dense matrix with one
row a score and one column a series, so that a formula reads as it does in a textbook.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.int8]

# Matrices of this many scores stay in the processor's cache, and keep temporaries small.
CELLS = 32_768


@dataclass(frozen=True, slots=True)
class Bucket:
    """Series of one length and one group: their indices, and where each score lies.

    ``positions`` has one row a score and one column a series; ``scores[positions]`` is the
    dense matrix.
    """

    series: IntArray
    length: int
    group: int
    positions: IntArray


def buckets(offsets: IntArray, group: IntArray | None = None) -> Iterator[Bucket]:
    """Yield every series once, in buckets of one length and one group.

    Parameters
    ----------
    offsets
        Start of each series in the flat arrays, and their length at the end.
    group
        A small number for each series, such as its questionnaire; all 0 when left out.

    Yields
    ------
    Buckets of at most ``CELLS`` scores (or one series, where that is longer), by group and
    length; within a bucket the series keep their order. A series without a score is in none.

    Examples
    --------
    >>> [(b.length, b.series.tolist()) for b in buckets(np.array([0, 2, 3, 5]))]
    [(1, [1]), (2, [0, 2])]
    """
    lengths = np.diff(offsets)
    if lengths.size == 0:
        return
    stride = int(lengths.max()) + 1
    key = lengths if group is None else group * stride + lengths
    # Two-byte keys are sorted by counting, several times faster than by comparison.
    order = np.argsort(key.astype(np.min_scalar_type(int(key.max()))), kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    for start, stop in zip(starts, np.append(starts[1:], ordered.size), strict=True):
        code, length = divmod(int(ordered[start]), stride)
        if length == 0:
            continue
        step = max(1, CELLS // length)
        rows = np.arange(length)[:, np.newaxis]
        for first in range(int(start), int(stop), step):
            series = order[first : min(first + step, int(stop))]
            yield Bucket(series, length, code, offsets[series] + rows)


def row_sum(rows: FloatArray) -> FloatArray:
    """Return the sum over the scores of each series: over axis 0, one row after the other.

    ``rows.sum(axis=0)`` adds in an order that depends on how many series share the matrix,
    which would change the last digits of a client's result with the size of the clinic.

    Examples
    --------
    >>> row_sum(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([4., 6.])
    """
    total: FloatArray = rows[0].copy()
    for row in rows[1:]:
        total += row
    return total


def checked(
    weeks: npt.ArrayLike, scores: npt.ArrayLike, offsets: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return the three arrays as the formulas need them, or say what is wrong with them.

    Parameters
    ----------
    weeks, scores
        One value a score: weeks since any day (best the first score of the series), and
        totals in points. Neither may be missing; see `drop_missing`.
    offsets
        Start of each series in the two arrays, and their length at the end.

    Returns
    -------
    The same as ``float64``, ``float64`` and ``int64``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a series has no score, a value is missing or infinite, or
        the weeks of a series go backwards.

    Examples
    --------
    >>> checked([0, 1, 0.5], [9, 8, 7], [0, 3])
    Traceback (most recent call last):
        ...
    ValueError: The weeks of series 0 go backwards: 0.5 follows 1.0. Sort its scores by date.
    """
    t = np.ascontiguousarray(weeks, dtype=np.float64)
    y = np.ascontiguousarray(scores, dtype=np.float64)
    starts = np.ascontiguousarray(offsets, dtype=np.int64)
    if t.ndim != 1 or t.shape != y.shape:
        raise ValueError(
            f"Weeks and scores must be two flat arrays of one length, got the shapes "
            f"{t.shape} and {y.shape}."
        )
    if starts.ndim != 1 or starts.size == 0 or starts[0] != 0 or starts[-1] != t.size:
        raise ValueError(
            f"Offsets must run from 0 to the number of scores, {t.size}, in one flat array."
        )
    empty = np.flatnonzero(starts[1:] <= starts[:-1])
    if empty.size:
        raise ValueError(f"Series {empty[0]} has no score; leave out series without scores.")
    for name, values in (("week", t), ("score", y)):
        finite = np.isfinite(values)
        if not finite.all():
            at = int(np.flatnonzero(~finite)[0])
            series = int(np.searchsorted(starts, at, side="right")) - 1
            raise ValueError(
                f"Series {series} has a {name} that is {values[at]}. "
                f"Leave out missing values before calling, as drop_missing does."
            )
    backwards = t[1:] < t[:-1]
    backwards[starts[1:-1] - 1] = False
    if backwards.any():
        at = int(np.flatnonzero(backwards)[0])
        series = int(np.searchsorted(starts, at, side="right")) - 1
        raise ValueError(
            f"The weeks of series {series} go backwards: {t[at + 1]} follows {t[at]}. "
            f"Sort its scores by date."
        )
    return t, y, starts


def drop_missing(
    weeks: npt.ArrayLike, scores: npt.ArrayLike, offsets: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Return the series without their missing scores, and which series are left.

    A questionnaire with too many blank answers has a date but no total; the formulas work
    on the totals there are, at their own dates.

    Parameters
    ----------
    weeks, scores, offsets
        As in `checked`, but a score may be ``nan``, and a series may be empty.

    Returns
    -------
    Weeks, scores and offsets of the series that have a score, and their indices among the
    series that were passed.

    Examples
    --------
    >>> weeks, scores, offsets, kept = drop_missing(
    ...     [0, 1, 2, 0], [12, np.nan, 9, np.nan], [0, 3, 4]
    ... )
    >>> scores, offsets, kept
    (array([12.,  9.]), array([0, 2]), array([0]))
    """
    t = np.asarray(weeks, dtype=np.float64)
    y = np.asarray(scores, dtype=np.float64)
    starts = np.asarray(offsets, dtype=np.int64)
    there = ~np.isnan(y)
    before = np.concatenate(([0], np.cumsum(there, dtype=np.int64)))
    lengths = np.diff(before[starts])
    kept = np.flatnonzero(lengths)
    left = np.concatenate(([0], np.cumsum(lengths[kept], dtype=np.int64)))
    return t[there], y[there], left, kept
