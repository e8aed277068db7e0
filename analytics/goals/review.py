"""Is it time to look at the goals together again?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

When = Literal["due", "next", "later", "not_assessable"]


@dataclass(frozen=True, slots=True)
class Review:
    """When the goals are to be reviewed.

    Attributes
    ----------
    when
        ``due``: the session for it was held, and no review is on file; ``next``: in the next
        session; ``later``; or ``not_assessable``, with its reason.
    session
        Number of the session in which it is due, as far as that can be told; where it lies
        ahead, each session is counted on from the latest number.
    held
        Sessions held since the last review.
    last_on
        Day of the last review, or on which a goal was last set.
    """

    when: When
    session: int | None
    held: int
    last_on: date | None
    reason: str


def goal_review(
    held: Sequence[tuple[int, date]],
    *,
    set_on: Iterable[date],
    reviewed_on: Iterable[date] = (),
    every: int = 4,
    latest_session: int | None = None,
) -> Review:
    """Return whether a review of the goals is due, and in which session.

    A review falls into the k-th session held after the day of the last one, or after the day on
    which a goal was last set, whichever is later.

    Parameters
    ----------
    held
        Numbers and days of the sessions that were held, in order of time.
    set_on
        The days on which goals were set.
    reviewed_on
        The days on which goals were reviewed.
    every
        Every how many sessions there is a review; at least 1.
    latest_session
        The highest number of any session so far, held or not; the highest held when left out.

    Returns
    -------
    Whether it is due; not assessable without a goal, or without a session held.

    Raises
    ------
    ValueError
        If ``every`` is below 1, or the sessions go backwards.

    References
    ----------
    The interval is a rule of practice and stands in the rule profile; nothing is published
    that would make four sessions better than three or five.

    Examples
    --------
    A goal is set in session 1 and reviewed in session 5; session 9 was held without a review.

    >>> sessions = [(number, date(2026, 1, 1 + number)) for number in range(1, 10)]
    >>> found = goal_review(
    ...     sessions, set_on=[date(2026, 1, 2)], reviewed_on=[date(2026, 1, 6)]
    ... )
    >>> found.when, found.session, found.held
    ('due', 9, 4)
    """
    if every < 1:
        raise ValueError(f"A review needs an interval of 1 session or more, got {every}.")
    days = [day for _, day in held]
    if any(after < before for before, after in pairwise(days)):
        raise ValueError("The sessions go backwards. Sort them by date.")
    goals = list(set_on)
    if not goals:
        return Review("not_assessable", None, 0, None, "no goal is on file")
    last = max([*goals, *reviewed_on])
    if not held:
        return Review("not_assessable", None, 0, last, "no list of held sessions is on file")
    since = [number for number, day in held if day > last]
    if len(since) >= every:
        return Review("due", since[every - 1], len(since), last, "")
    latest = max(number for number, _ in held) if latest_session is None else latest_session
    ahead = every - len(since)
    return Review("next" if ahead == 1 else "later", latest + ahead, len(since), last, "")
