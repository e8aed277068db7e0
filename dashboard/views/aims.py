"""Where should a client be by now on the way to her goal, in words?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.goals.aim import AimLine, rating_position, reached, why_no_line
from dashboard.views.dates import day_text
from dashboard.views.words import number
from data.records import Goal

RATED = "rating from 0 to 10"  # the unit of a goal whose start and target are ratings
TOLERANCE = 1.0  # ratings at most this far from the line are on it: the step of a rating


@dataclass(frozen=True, slots=True)
class Aim:
    """An aim line with the words that a pointer shows."""

    line: AimLine
    text: str


def aim_line(goal: Goal) -> AimLine | None:
    """Return the line from the goal's start to its target, where both have numbers and days."""
    if why_no_line(goal.start_value, goal.target_value, goal.set_on, goal.target_on):
        return None
    if goal.start_value is None or goal.target_value is None or goal.target_on is None:
        return None
    if min(goal.start_value, goal.target_value) < 0:
        return None
    return AimLine(goal.start_value, goal.target_value, goal.set_on, goal.target_on)


def rated_aim(goal: Goal) -> Aim | None:
    """Return the aim line of a goal whose numbers are ratings from 0 to 10."""
    line = aim_line(goal) if goal.unit == RATED else None
    return None if line is None else aim_of(goal, line)


def aim_of(goal: Goal, line: AimLine) -> Aim:
    """Return the aim line of a goal with its words."""
    unit = "" if goal.unit is None or goal.unit == RATED else f" {goal.unit}"
    ends = f"{number(line.start)} to {number(line.target)}{unit} by {day_text(line.target_on)}"
    return Aim(line, f"{goal.goal_id}: aim line, {ends}")


def side_words(place: str, observed: float, expected: float, whose: str = "") -> str:
    """Return on which side of the line a value is, and whether that is the better one.

    ``whose`` names the goal where that is not plain.

    >>> side_words("better", 1, 4.5), side_words("on", 4, 4.5)
    ('below the aim line, which is better', 'on the aim line')
    """
    line = f"the aim line of {whose}" if whose else "the aim line"
    if place == "on":
        return f"on {line}"
    return f"{'above' if observed > expected else 'below'} {line}, which is {place}"


def rating_words(aim: Aim, days: Sequence[date], ratings: Sequence[float]) -> str:
    """Return where the last rating lies to the aim line, and whether the target is reached."""
    line = aim.line
    at = rating_position(line, ratings[-1], days[-1], tolerance=TOLERANCE)
    if at.place is None or at.expected is None:
        return f"its place to the aim line cannot be told, as {at.reason}"
    text = f"{side_words(at.place, at.observed, at.expected)} ({number(at.expected)} that day"
    text += ", the target date being over)" if at.is_past else ")"
    first, held = reached(line, ratings)
    if first is None:
        return text
    target, when = number(line.target), day_text(days[first])
    if held is None:
        return f"{text}; its target of {target} was first reached on {when} and is not held"
    if held == first:
        return f"{text}; its target of {target} is reached since {when}"
    return f"{text}; its target of {target} is held since {day_text(days[held])}"
