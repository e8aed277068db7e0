"""How often does what a client counts happen, and is it rarer than at the start?"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.goals.aim import AimLine, count_position, reached
from analytics.goals.tallies import pooled_rate, rate_ratio, weekly_rate
from dashboard.views.aims import Aim, aim_line, aim_of, side_words
from dashboard.views.dates import day_text
from dashboard.views.words import counted, percent
from data.records import Goal, TallyRow

CONFIDENCE = 0.95
CHANCE = 0.90  # counts that chance explains this often count as on the aim line
COMPARED = 4  # so many last counts are held against as many first ones

TALLY_COLUMNS = ("tally", "counted on", "count", "over days", "rate a week", "95 % interval")


@dataclass(frozen=True, slots=True)
class TallyLine:
    """The rates of one tally, each with the limits of its interval, and its aim line."""

    name: str
    days: tuple[date, ...]
    rates: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    texts: tuple[str, ...]
    aim: Aim | None


def tally_row(row: TallyRow) -> tuple[str, ...]:
    """Return a count as a rate a week, which counts over different spans share."""
    rate = weekly_rate(row.count, row.days or None, confidence=CONFIDENCE)
    if rate.per_week is None or rate.low is None or rate.high is None:
        shown = ("unknown: days not recorded", "")
    else:
        shown = (f"{rate.per_week:.1f}", f"{rate.low:.1f} to {rate.high:.1f}")
    days = "" if row.days is None else str(row.days)
    return row.tally_id, day_text(row.counted_on), str(row.count), days, *shown


def tally_line(name: str, rows: Sequence[TallyRow], goal: Goal | None) -> TallyLine:
    """Return the rates of one tally over time; counts over unknown days are left out."""
    known = [(row, weekly_rate(row.count, row.days or None, confidence=CONFIDENCE)) for row in rows]
    drawn = [
        (row, rate.per_week, rate.low, rate.high)
        for row, rate in known
        if rate.per_week is not None and rate.low is not None and rate.high is not None
    ]
    line = None if goal is None else aim_line(goal)
    return TallyLine(
        name,
        tuple(row.counted_on for row, *_ in drawn),
        tuple(rate for _, rate, _, _ in drawn),
        tuple(low for _, _, low, _ in drawn),
        tuple(high for _, _, _, high in drawn),
        tuple(
            f"{name}, {day_text(row.counted_on)}: {rate:.1f} a week "
            f"({percent(CONFIDENCE)} interval {low:.1f} to {high:.1f}), {row.count} in "
            f"{counted(row.days or 0, 'day')}"
            for row, rate, low, high in drawn
        ),
        None if line is None or goal is None else aim_of(goal, line),
    )


def counted_in(goal: Goal, tallies: Sequence[str]) -> str | None:
    """Return the tally that counts what the goal's numbers are about, if exactly one does.

    It has the goal's name; or all of its words stand in the goal's unit, such as
    ``crying-spells`` in ``crying spells a week``.
    """
    if goal.goal_id in tallies:
        return goal.goal_id
    unit = _words(goal.unit or "")
    if not unit & {"week", "weekly"}:
        return None
    own = [name for name in tallies if _words(name) and _words(name) <= unit]
    return own[0] if len(own) == 1 else None


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.casefold()))


def tally_words(name: str, rows: Sequence[TallyRow], goal: Goal | None) -> str:
    """Return how often it happened last, how that lies to the aim line, and the change."""
    last = rows[-1]
    rate = weekly_rate(last.count, last.days or None, confidence=CONFIDENCE)
    if rate.per_week is None or rate.low is None or rate.high is None:
        when = day_text(last.counted_on)
        text = f"{name}: {last.count} on {when}; no rate can be told, as {rate.reason}"
    else:
        over = counted(last.days or 0, "day")
        text = (
            f"{name}: {last.count} in the {over} to {day_text(last.counted_on)}, "
            f"{rate.per_week:.1f} a week ({percent(CONFIDENCE)} interval {rate.low:.1f} to "
            f"{rate.high:.1f})"
        )
    line = None if goal is None else aim_line(goal)
    if line is not None and goal is not None and rate.per_week is not None:
        text += f"; {_aim_words(line, last, goal)}"
        text += _reached_words(line, rows)
    return f"{text}.{_change_words(rows)}"


def _aim_words(line: AimLine, last: TallyRow, goal: Goal) -> str:
    at = count_position(line, last.count, last.days, last.counted_on, confidence=CHANCE)
    if at.place is None or at.expected is None or at.low is None or at.high is None:
        return f"its place to the aim line of {goal.goal_id} cannot be told, as {at.reason}"
    side = side_words(at.place, at.observed, at.expected, goal.goal_id)
    ends = f"{at.low:.0f} to {at.high:.0f}" if at.low != at.high else f"{at.low:.0f}"
    return f"{side} ({at.expected:.1f} expected in these days, {ends} with chance)"


def _reached_words(line: AimLine, rows: Sequence[TallyRow]) -> str:
    rates = [math.nan if not row.days else 7 * row.count / row.days for row in rows]
    first, held = reached(line, rates)
    if first is None:
        return ""
    when = day_text(rows[first].counted_on)
    if held is None:
        return f"; the target was first reached on {when} and is not held"
    since = day_text(rows[held].counted_on)
    if held == first:
        return f"; the target is reached since {since}"
    return f"; the target was first reached on {when} and is held since {since}"


def _change_words(rows: Sequence[TallyRow]) -> str:
    """Return how the last counts compare with as many first ones, where both are known."""
    known = [row for row in rows if row.days]
    k = min(COMPARED, len(known) // 2)
    if not k:
        return ""
    before, after = (
        pooled_rate([(row.count, row.days) for row in part], confidence=CONFIDENCE)
        for part in (known[:k], known[-k:])
    )
    ratio = rate_ratio(before, after, confidence=CONFIDENCE)
    each = "The last count" if k == 1 else f"The last {k} counts"
    first = "the first one" if k == 1 else f"the first {k}"
    rates = f"{after.per_week or 0:.1f} and {before.per_week or 0:.1f} a week"
    if ratio.ratio is None or ratio.low is None or ratio.high is None:
        return f" {each} and {first}: {rates}."
    if math.isinf(ratio.ratio):
        return f" {each} against {first}, in which there was none: {rates}."
    top = "no upper limit" if math.isinf(ratio.high) else f"{ratio.high:.2f}"
    return (
        f" {each} against {first}: {ratio.ratio:.2f} times as often ({percent(CONFIDENCE)} "
        f"interval {ratio.low:.2f} to {top}), {rates}."
    )
