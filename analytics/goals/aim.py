"""Is a client where the way from the start to the target of a goal would have her by now?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from analytics.cutoffs import TOLERANCE
from analytics.goals.tallies import DAYS, NO_DAYS
from analytics.instrument import Better

Place = Literal["better", "on", "worse"]


@dataclass(frozen=True, slots=True)
class AimLine:
    """A straight line from the start of a goal to its target; flat before and after.

    Raises
    ------
    ValueError
        If there is no such line; `why_no_line` says why.
    """

    start: float
    target: float
    start_on: date
    target_on: date

    def __post_init__(self) -> None:
        reason = why_no_line(self.start, self.target, self.start_on, self.target_on)
        if reason:
            raise ValueError(f"No aim line can be drawn: {reason}.")

    @property
    def better(self) -> Better:
        """Return the direction from start to target."""
        return "higher" if self.target > self.start else "lower"


@dataclass(frozen=True, slots=True)
class Position:
    """Where an observed value lies against the aim line.

    Attributes
    ----------
    observed, expected
        The value, and that of the line at its time: points of a rating, or a number of events.
    low, high
        Values from ``low`` to ``high`` count as on the line.
    place
        On the line, on its better or on its worse side; ``None`` where ``reason`` says why.
    is_past
        Whether the target date has come.
    reason
        Why there is no answer; empty where there is one.
    """

    observed: float
    expected: float | None
    low: float | None
    high: float | None
    place: Place | None
    is_past: bool
    reason: str


def why_no_line(
    start: float | None, target: float | None, start_on: date, target_on: date | None
) -> str:
    """Return why there is no line from a start to a target; nothing where there is one.

    >>> why_no_line(7, 7, date(2026, 1, 5), date(2026, 2, 16))
    'start and target are the same'
    """
    if start is None or target is None or math.isnan(start) or math.isnan(target):
        return "the start or the target has no number"
    if math.isinf(start) or math.isinf(target):
        return "the start or the target is infinite"
    if target_on is None:
        return "the target has no date"
    if abs(target - start) <= TOLERANCE:
        return "start and target are the same"
    if target_on <= start_on:
        return "the target date is not after the start"
    return ""


def aim_value(line: AimLine, on: date) -> float:
    r"""Return the value of the aim line on a day.

    .. math::

        a(t) = s + (g - s)\,\frac{t - t_s}{t_g - t_s}

    between the days of start and target; s before them and g after.

    Parameters
    ----------
    line
        Start s and target g with their days.
    on
        The day.

    Returns
    -------
    One number, in the unit of start and target.

    References
    ----------
    White, O. R., & Haring, N. G. (1980). *Exceptional teaching* (2nd ed.). Merrill (the aim
    line of data-based decisions; no DOI).

    Examples
    --------
    From seven spells a week to two, in six weeks: 4.5 after three.

    >>> line = AimLine(7, 2, date(2026, 1, 5), date(2026, 2, 16))
    >>> [aim_value(line, date(2026, 1, day)) for day in (1, 5, 26)], aim_value(line, date.max)
    ([7, 7.0, 4.5], 2)
    """
    if on < line.start_on:
        return line.start
    if on >= line.target_on:
        return line.target
    share = (on - line.start_on).days / (line.target_on - line.start_on).days
    return line.start + (line.target - line.start) * share


def rating_position(line: AimLine, value: float, on: date, *, tolerance: float = 1.0) -> Position:
    """Return where a rating lies against the aim line of its day.

    Parameters
    ----------
    line
        The aim line, in points of the rating.
    value
        The rating; a missing one (``nan``) is not assessable.
    on
        Its day.
    tolerance
        Ratings at most this many points from the line count as on it; one point is the step of
        a goal rating.

    Returns
    -------
    The position, in points.

    Raises
    ------
    ValueError
        If the tolerance is below 0.

    References
    ----------
    As in `aim_value`.

    Examples
    --------
    >>> line = AimLine(1, 7, date(2026, 1, 5), date(2026, 2, 16))
    >>> rating_position(line, 6, date(2026, 1, 26)).place
    'better'
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be at least 0 points, got {tolerance}")
    past = on >= line.target_on
    if math.isnan(value):
        return Position(value, None, None, None, None, past, "the rating is missing")
    expected = aim_value(line, on)
    low, high = expected - tolerance, expected + tolerance
    return Position(value, expected, low, high, _place(line, value, low, high), past, "")


def count_position(
    line: AimLine, count: int, days: int | None, on: date, *, confidence: float = 0.90
) -> Position:
    r"""Return where a count lies against the aim line over the days that were counted.

    .. math::

        \mu = \sum_{t} \frac{a(t)}{7}

    over the counted days, and the count k is on the line where neither P(X <= k) nor
    P(X >= k) is below (1 - confidence) / 2 for a Poisson variable X of mean mu. Events that
    come by chance scatter that much about a rate that is exactly on the line.

    Parameters
    ----------
    line
        The aim line, in events a week.
    count
        How often it happened; a whole number from 0.
    days
        Over how many days up to and with ``on`` was counted; ``None`` where that is unknown.
    on
        The last day that was counted.
    confidence
        Share of counts by chance around the line that count as on it, between 0 and 1.

    Returns
    -------
    The position, in events over the counted days; not assessable where days are unknown.

    Raises
    ------
    ValueError
        If the line goes below 0, or an argument is out of range.

    References
    ----------
    Garwood (1936), whose tests these are. https://doi.org/10.1093/biomet/28.3-4.437

    Examples
    --------
    Halfway from seven a week to two: 4.5 a week are expected on the day, and a little more
    over the week before it. One is rarer than chance explains, 3 is not.

    >>> line = AimLine(7, 2, date(2026, 1, 5), date(2026, 2, 16))
    >>> at = count_position(line, 1, 7, date(2026, 1, 26))
    >>> round(at.expected, 2), at.low, at.high, at.place
    (4.86, 2.0, 9.0, 'better')
    >>> count_position(line, 3, 7, date(2026, 1, 26)).place
    'on'
    """
    if count < 0 or (days is not None and days < 1):
        raise ValueError(f"A count needs 0 or more events in 1 or more days, got {count}, {days}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    if min(line.start, line.target) < 0:
        raise ValueError(f"A rate cannot be below 0, got {line.start} to {line.target} a week.")
    past = on >= line.target_on
    if days is None:
        return Position(count, None, None, None, None, past, NO_DAYS)
    after = min(days, max(0, (on - line.start_on).days))  # the rest is flat
    expected = (
        math.fsum(aim_value(line, on - timedelta(days=d)) for d in range(after))
        + line.start * (days - after)
    ) / DAYS
    low, high = poisson_band(expected, confidence=confidence)
    return Position(count, expected, low, high, _place(line, count, low, high), past, "")


def poisson_band(mean: float, *, confidence: float) -> tuple[float, float]:
    """Return the smallest and largest count that chance explains around a Poisson mean.

    Both tails beyond them have at most (1 - confidence) / 2; of a mean of 0 only 0 is left.

    >>> poisson_band(4.86, confidence=0.90)
    (2.0, 9.0)
    """
    from scipy.special import gammainc, gammaincc

    if mean <= 0:
        return 0.0, 0.0
    tail = (1 - confidence) / 2
    # P(X <= k) = gammaincc(k + 1, mean), and P(X >= k) = gammainc(k, mean) for k above 0.
    low = 0
    while gammaincc(low + 1, mean) < tail:
        low += 1
    high = max(low, math.floor(mean))  # at most the median
    while gammainc(high + 1, mean) >= tail:
        high += 1
    return float(low), float(high)


def reached(line: AimLine, values: Sequence[float]) -> tuple[int | None, int | None]:
    """Return which value first reached the target, and since which all have.

    Parameters
    ----------
    line
        The aim line.
    values
        Ratings, or rates a week, in order of time; a missing one (``nan``) reaches nothing.

    Returns
    -------
    Two places among the values, from 0: the first at the target or beyond it; and the start of
    the unbroken run of such values that lasts to the end. ``None`` where there is none.

    Examples
    --------
    >>> line = AimLine(7, 2, date(2026, 1, 5), date(2026, 2, 16))
    >>> reached(line, [7, 2, 4, 1, 0])
    (1, 3)
    """
    sign = 1.0 if line.better == "higher" else -1.0
    hits = [sign * (value - line.target) >= -TOLERANCE for value in values]
    first = hits.index(True) if True in hits else None
    run = 0
    while run < len(hits) and hits[-1 - run]:
        run += 1
    return first, len(hits) - run if run else None


def _place(line: AimLine, value: float, low: float, high: float) -> Place:
    if low - TOLERANCE <= value <= high + TOLERANCE:
        return "on"
    return "better" if (value > high) is (line.better == "higher") else "worse"
