"""When did a change first happen to each client, and when was it confirmed?"""

import numpy as np
import numpy.typing as npt

from analytics.series import BoolArray, FloatArray, IntArray


def days_to_first(
    first: npt.ArrayLike, days: npt.ArrayLike, offsets: npt.ArrayLike
) -> tuple[FloatArray, BoolArray, IntArray]:
    """Return how long each series took to its first event, or was followed without one.

    Parameters
    ----------
    first
        For each series the place of the first score with the event, counted from 0 at
        intake, and -1 where there was none. For the confirmed event pass the place of the
        score that confirmed it.
    days
        Days since any day, one value a score, ascending within a series.
    offsets
        Start of each series in ``days``, and their length at the end.

    Returns
    -------
    Days to the event or to the last score, whether the event happened, and the indices of
    the series with at least two scores; a series with one cannot show a change and is left
    out.

    Raises
    ------
    ValueError
        If a place is not one of its series, or is the intake.

    References
    ----------
    Kaplan & Meier (1958). https://doi.org/10.1080/01621459.1958.10501452

    Examples
    --------
    One client improved at the third score, one was followed for 21 days, one came once:

    >>> days_to_first([2, -1, -1], [0, 7, 15, 22, 100, 121, 40], [0, 4, 6, 7])
    (array([15., 21.]), array([ True, False]), array([0, 1]))
    """
    place = np.asarray(first, dtype=np.int64)
    t = np.asarray(days, dtype=np.float64)
    starts = np.asarray(offsets, dtype=np.int64)
    lengths = np.diff(starts)
    if place.shape != lengths.shape or t.ndim != 1 or starts[-1] != t.size:
        raise ValueError(
            f"Each series needs one place and its days: got {place.size} places, "
            f"{lengths.size} series and {t.size} days."
        )
    wrong = np.flatnonzero((place < -1) | (place == 0) | (place >= lengths))
    if wrong.size:
        at = int(wrong[0])
        raise ValueError(
            f"Series {at} has {lengths[at]} scores, and its first event is said to be at place "
            f"{place[at]}; allowed are 1 to {lengths[at] - 1}, and -1 for none."
        )
    kept = np.flatnonzero(lengths >= 2)
    happened = place[kept] >= 0
    end = np.where(happened, starts[kept] + place[kept], starts[kept + 1] - 1)
    return t[end] - t[starts[kept]], happened, kept


def first_confirmed(happened: npt.ArrayLike, offsets: npt.ArrayLike) -> IntArray:
    """Return for each series the score that confirmed an event: the second of two in a row.

    A single score beyond the limit is often an error of measurement when every session is
    looked at; two in a row seldom are.

    Parameters
    ----------
    happened
        Whether each score shows the event against intake (such as a reliable improvement),
        one value a score.
    offsets
        Start of each series in ``happened``, and their length at the end.

    Returns
    -------
    The place of the score in its series, counted from 0 at intake; -1 where there is none.
    Made for `days_to_first`.

    Raises
    ------
    ValueError
        If the offsets do not end with the number of scores.

    Examples
    --------
    >>> first_confirmed([0, 1, 0, 1, 1, 1,  0, 0, 1], [0, 6, 9])
    array([ 4, -1])
    """
    shows = np.asarray(happened, dtype=np.bool_)
    starts = np.asarray(offsets, dtype=np.int64)
    if shows.ndim != 1 or starts[-1] != shows.size:
        raise ValueError(
            f"Offsets must end with the number of scores, {shows.size}, got {starts[-1]}."
        )
    series = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    pair = np.flatnonzero(shows[1:] & shows[:-1] & (series[1:] == series[:-1])) + 1
    found, at = np.unique(series[pair], return_index=True)
    place = np.full(starts.size - 1, -1, dtype=np.int64)
    place[found] = pair[at] - starts[found]
    return place
