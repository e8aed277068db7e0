"""How do days and spans of time read on the screen?"""

from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_text(day: date) -> str:
    """Return a day as ``12 Nov 2026``, whatever the language of the machine.

    >>> day_text(date(2026, 11, 12))
    '12 Nov 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def ago_text(day: date, today: date) -> str:
    """Return how long ago a day is, in words.

    >>> ago_text(date(2026, 11, 12), date(2026, 11, 21))
    '9 days ago'
    >>> ago_text(date(2026, 11, 20), date(2026, 11, 21))
    'yesterday'
    """
    days = (today - day).days
    if days < 0:
        return "tomorrow" if days == -1 else f"in {-days} days"
    if days < 2:
        return ("today", "yesterday")[days]
    return f"{days} days ago"
