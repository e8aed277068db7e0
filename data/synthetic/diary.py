"""On which days does a client come, and is the appointment kept?"""

from datetime import date, timedelta
from typing import Literal

import numpy as np

Attendance = Literal["attended", "missed", "cancelled"]

#: From this appointment on, long therapies meet every second week.
_FORTNIGHTLY_FROM = 20
_TWO_WEEK_GAP = 0.07
_MOVED_DAY = 0.12
_MISSED = 0.07
_CANCELLED = 0.06


def closed(day: date, leave_week: int) -> bool:
    """Tell whether no session is held: the turn of the year, or the clinician's leave.

    ``leave_week`` is the first of two ISO weeks of summer leave.
    """
    turn_of_year = (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 1)
    return turn_of_year or day.isocalendar().week in (leave_week, leave_week + 1)


def last_open_day(day: date, weekday: int, leave_week: int) -> date:
    """Return the latest *weekday* (Monday is 0) up to *day* on which the clinician works."""
    day -= timedelta(days=(day.weekday() - weekday) % 7)
    while closed(day, leave_week):
        day -= timedelta(days=7)
    return day


def appointments(
    count: int, *, last: date, weekday: int, leave_week: int, rng: np.random.Generator
) -> list[date]:
    """Return *count* rising dates, the last of them on or before *last*.

    They are laid out backwards, so that the end of an open episode is known beforehand:
    weekly on one weekday, some a week later, some moved by a day, none in the holidays.
    """
    two_weeks = rng.random(count) < _TWO_WEEK_GAP
    two_weeks[_FORTNIGHTLY_FROM:] = True
    moved = np.where(rng.random(count) < _MOVED_DAY, rng.choice([-1, 1], count), 0)
    day = last_open_day(last, weekday, leave_week)
    days: list[date] = []
    for place in range(count - 1, -1, -1):
        shifted = day + timedelta(days=int(moved[place]))
        usable = shifted.weekday() < 5 and shifted <= last and not closed(shifted, leave_week)
        days.append(shifted if usable else day)
        gap = timedelta(days=14 if two_weeks[place] else 7)
        day = last_open_day(day - gap, weekday, leave_week)
    return days[::-1]


def attendance(count: int, *, dropped_out: bool, rng: np.random.Generator) -> list[Attendance]:
    """Return whether each of *count* appointments was kept.

    The first is always kept, for without it there is no episode; who drops out misses
    the last appointment, and often the one before.
    """
    chance = rng.random(count)
    two_missed = rng.random() < 0.5
    kept: list[Attendance] = [
        "missed" if c < _MISSED else "cancelled" if c < _MISSED + _CANCELLED else "attended"
        for c in chance
    ]
    if dropped_out:
        kept[-1] = "missed"
        if two_missed and count > 3:
            kept[-2] = "missed"
    kept[0] = "attended"
    return kept
