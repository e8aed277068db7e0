"""On which place of the row of planned sessions does each score stand?"""

import numpy as np
import numpy.typing as npt

from analytics.series import BoolArray, FloatArray, checked

SlotArray = npt.NDArray[np.int32]

# No session has this number, and no two scores lie this many sessions apart.
_MOST = 2**30


def slots(
    weeks: npt.ArrayLike,
    sessions: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    interval_weeks: npt.ArrayLike = 1.0,
    from_session: int = 1,
) -> SlotArray:
    r"""Return the slot of each score: its place on the grid of sessions.

    Two scores are neighbours when their slots differ by exactly 1, so that a missed session
    parts them. Where every score of a series has a session number and the numbers rise, the
    slot is that number. Otherwise the dates say it:

    .. math::

        s_1 = \text{from\_session},\qquad
        s_{i+1} = s_i + \max\left(1, \operatorname{round}\frac{t_{i+1} - t_i}{\Delta}\right)

    with the interval Delta between two sessions as planned.

    Parameters
    ----------
    weeks
        Weeks since any day, ascending within a series.
    sessions
        Session number of each score, 0 for an assessment before treatment; -1 where it is
        not known.
    offsets
        Start of each series in the two arrays, and their length at the end.
    interval_weeks
        Planned weeks between two sessions, above 0: one number, or one for each series.
    from_session
        The first session that counts as treatment. A score of an earlier one takes no part:
        its slot is -1. Scores placed by their dates all take part.

    Returns
    -------
    Whole numbers, one a score, rising within a series from its first slot that is not -1.

    Raises
    ------
    ValueError
        If the arrays do not fit together, the weeks of a series go backwards or are missing,
        an interval is not above 0, or a session number is not a whole number below 2^30.

    References
    ----------
    Tang, T. Z., & DeRubeis, R. J. (1999). Sudden gains and critical sessions in
    cognitive-behavioral therapy for depression. *Journal of Consulting and Clinical
    Psychology, 67*(6), 894-904. https://doi.org/10.1037/0022-006X.67.6.894 (neighbouring
    sessions); the grid is that of Wiedemann and others (2020).
    https://doi.org/10.1371/journal.pone.0230276

    Examples
    --------
    The first client missed session 3; the second has no numbers and a gap of two weeks.

    >>> slots([0, 1, 2, 4, 0, 1, 3], [0, 1, 2, 4, -1, -1, -1], [0, 4, 7])
    array([-1,  1,  2,  4,  1,  2,  4], dtype=int32)
    """
    t, number, starts = checked(weeks, _numbers(sessions), offsets)
    return place(t, number.astype(np.int32), starts, interval_weeks, from_session)


def place(
    weeks: FloatArray,
    sessions: SlotArray,
    offsets: npt.NDArray[np.int64],
    interval_weeks: npt.ArrayLike,
    from_session: int,
) -> SlotArray:
    """Return what `slots` returns, for arrays that are known to fit together."""
    interval = np.asarray(interval_weeks, dtype=np.float64)
    if not (interval > 0).all():
        raise ValueError(
            f"interval_weeks must be greater than 0 for every series, got {interval.min()}."
        )
    lengths = np.diff(offsets)
    if sessions.size == 0:
        return np.empty(0, dtype=np.int32)
    by_number = _numbered(sessions, offsets)
    if by_number.all():
        return np.where(sessions < from_session, np.int32(-1), sessions)
    step = np.zeros(weeks.size)
    np.subtract(weeks[1:], weeks[:-1], out=step[1:])
    step /= np.repeat(interval, lengths) if interval.ndim else interval
    np.rint(step, out=step)
    np.clip(step, 1.0, _MOST, out=step)
    # One running sum over all series, less what it was at the start of each.
    place_of = np.cumsum(step.astype(np.int64))
    place_of -= np.repeat(place_of[offsets[:-1]] - max(from_session, 0), lengths)
    dated = np.minimum(place_of, _MOST).astype(np.int32)
    if not by_number.any():
        return dated
    numbered = np.where(sessions < from_session, np.int32(-1), sessions)
    return np.where(np.repeat(by_number, lengths), numbered, dated)


def _numbered(sessions: SlotArray, offsets: npt.NDArray[np.int64]) -> BoolArray:
    """Return for each series whether all its session numbers are known, and rise."""
    fits = np.empty(sessions.size, dtype=np.bool_)
    np.greater(sessions[1:], sessions[:-1], out=fits[1:])
    # In a rising series every number is known as soon as the first one is.
    fits[offsets[:-1]] = sessions[offsets[:-1]] >= 0
    if fits.all():
        return np.ones(offsets.size - 1, dtype=np.bool_)
    return np.logical_and.reduceat(fits, offsets[:-1])


def _numbers(sessions: npt.ArrayLike) -> npt.NDArray[np.generic]:
    """Return session numbers, or say which one cannot be one."""
    given = np.asarray(sessions)
    if given.size == 0:
        return np.empty(0, dtype=np.int32)
    if not np.issubdtype(given.dtype, np.integer):
        raise ValueError(
            f"Session numbers must be whole numbers, -1 where unknown; got {given.dtype}."
        )
    if int(given.max()) >= _MOST:
        raise ValueError(f"Session numbers must be below {_MOST}, got {given.max()}.")
    return given
