"""Which goals does a client have, and how far have they come?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.views.dates import day_text
from dashboard.views.measure import TimeAxis
from dashboard.views.words import number
from data.records import ClientRecord, Goal, GoalRating, TallyRow

LOWEST, HIGHEST = 0.0, 10.0
_RATED = "rating from 0 to 10"


@dataclass(frozen=True, slots=True)
class GoalLine:
    """The ratings of one goal, and its target where that is a rating too."""

    name: str
    days: tuple[date, ...]
    ratings: tuple[float, ...]
    texts: tuple[str, ...]
    target_on: date | None
    target: float | None
    target_text: str


@dataclass(frozen=True, slots=True)
class GoalsView:
    """The goals chart, the words of each goal, and the rows of the two tables."""

    axis: TimeAxis
    lines: tuple[GoalLine, ...]
    ladder: tuple[tuple[str, ...], ...]
    ratings: tuple[tuple[str, ...], ...]
    tallies: tuple[tuple[str, ...], ...]
    sentence: str
    alt: str


LADDER_COLUMNS = ("goal", "what", "kind", "set on", "from and to", "target date", "last rating")
RATING_COLUMNS = ("goal", "rated on", "session", "rating, 0-10")
TALLY_COLUMNS = ("tally", "counted on", "count", "over days", "rate a week")


def goals_view(record: ClientRecord, axis: TimeAxis) -> GoalsView:
    """Return everything about the goals of one episode."""
    goals = sorted(record.goals, key=lambda g: (g.rank is None, g.rank or 0, g.goal_id))
    lines = tuple(_line(goal, record.goal_ratings) for goal in goals)
    return GoalsView(
        axis,
        tuple(line for line in lines if line.days or line.target_on is not None),
        tuple(_rung(goal, line) for goal, line in zip(goals, lines, strict=True)),
        tuple(_rating(row) for row in reversed(record.goal_ratings)),
        tuple(_tally(row) for row in reversed(record.tallies)),
        _sentence(goals, lines),
        f"Ratings of {len(lines)} goals over time, 0 the starting point and 10 the ideal.",
    )


def _line(goal: Goal, ratings: Sequence[GoalRating]) -> GoalLine:
    own = [r for r in ratings if r.goal_id == goal.goal_id]
    rated = goal.unit == _RATED
    target = "" if goal.target_value is None else number(goal.target_value)
    unit = "" if goal.unit is None or rated else f" {goal.unit}"
    return GoalLine(
        goal.goal_id,
        tuple(r.rated_on for r in own),
        tuple(r.rating for r in own),
        tuple(f"{goal.goal_id}, {day_text(r.rated_on)}: {number(r.rating)} of 10" for r in own),
        goal.target_on,
        goal.target_value if rated else None,
        f"{goal.goal_id}: target {target}{unit}" if target else f"{goal.goal_id}: target date",
    )


def _rung(goal: Goal, line: GoalLine) -> tuple[str, ...]:
    ends = [number(v) for v in (goal.start_value, goal.target_value) if v is not None]
    unit = f" {goal.unit}" if goal.unit and ends else ""
    return (
        f"{goal.goal_id}" + ("" if goal.rank is None else f" (rank {goal.rank})"),
        goal.statement or "",
        goal.kind or "",
        day_text(goal.set_on),
        f"{' to '.join(ends)}{unit}",
        "" if goal.target_on is None else day_text(goal.target_on),
        _last(line) if line.days else "not rated yet",
    )


def _last(line: GoalLine) -> str:
    return f"{number(line.ratings[-1])} of 10 on {day_text(line.days[-1])}"


def _rating(row: GoalRating) -> tuple[str, ...]:
    session = "" if row.session_no is None else str(row.session_no)
    return row.goal_id, day_text(row.rated_on), session, number(row.rating)


def _tally(row: TallyRow) -> tuple[str, ...]:
    """Return a count as a rate a week, which counts over different spans share."""
    rate = "unknown: days not recorded" if not row.days else f"{row.count / row.days * 7:.1f}"
    days = "" if row.days is None else str(row.days)
    return row.tally_id, day_text(row.counted_on), str(row.count), days, rate


def _sentence(goals: Sequence[Goal], lines: Sequence[GoalLine]) -> str:
    if not goals:
        return "No goal is on file for this episode."
    first = lines[0]
    if not first.days:
        return f"First goal ({first.name}): set on {day_text(goals[0].set_on)}, not rated yet."
    if len(first.days) == 1:
        return f"First goal ({first.name}): {_last(first)}, one rating so far."
    began = f"{number(first.ratings[0])} on {day_text(first.days[0])}"
    return f"First goal ({first.name}): {_last(first)}, first rated {began}."
