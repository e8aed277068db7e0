"""Which goals does a client have, and how far have they come?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.goals.ladder import role_of
from analytics.goals.ratings import goal_change, goals_change
from analytics.instrument import Instrument, Sourced
from analytics.rules import Rules
from dashboard.views.aims import RATED, TOLERANCE, Aim, rated_aim
from dashboard.views.dates import day_text
from dashboard.views.goal_words import (
    commitment_words,
    goal_words,
    in_order,
    ladder_words,
    mean_words,
    review_of,
    review_words,
    unmoved_words,
)
from dashboard.views.measure import TimeAxis
from dashboard.views.tallies import (
    CHANCE,
    TallyLine,
    counted_in,
    tally_line,
    tally_row,
    tally_words,
)
from dashboard.views.words import number, percent
from data.records import ClientRecord, Goal, GoalRating, TallyRow

LOWEST, HIGHEST = 0.0, 10.0
# Meaningful change of a mean over goals, which is no fact of one goal's ratings.
MEANINGFUL_MEAN = Sourced(2.45, "Edbrooke-Childs and others 2015, ratings by parents")
# Where the library holds no criterion for one goal.
MEANINGFUL_ONE = Sourced(3.0, "NHS England, table of minimum change")


@dataclass(frozen=True, slots=True)
class GoalLine:
    """The ratings of one goal, and its target and aim line where those are ratings too."""

    name: str
    days: tuple[date, ...]
    ratings: tuple[float, ...]
    texts: tuple[str, ...]
    target_on: date | None
    target: float | None
    target_text: str
    aim: Aim | None


@dataclass(frozen=True, slots=True)
class GoalsView:
    """The two charts, the words of each goal and tally, and the rows of the three tables.

    ``sentence`` also stands in the answer box; ``words`` and ``caption`` under the charts.
    """

    axis: TimeAxis
    lines: tuple[GoalLine, ...]
    rates: tuple[TallyLine, ...]
    ladder: tuple[tuple[str, ...], ...]
    ratings: tuple[tuple[str, ...], ...]
    tallies: tuple[tuple[str, ...], ...]
    sentence: str
    words: tuple[str, ...]
    caption: str
    alt: str
    rates_alt: str


LADDER_COLUMNS = ("goal", "what", "kind", "set on", "from and to", "target date", "last rating")
RATING_COLUMNS = ("goal", "rated on", "session", "rating, 0-10")


def goals_view(
    record: ClientRecord,
    axis: TimeAxis,
    rules: Rules | None = None,
    rating: Instrument | None = None,
) -> GoalsView:
    """Return everything about the goals of one episode.

    ``rating`` holds the facts of a goal's rating from 0 to 10, with the change that counts.
    """
    one = (rating.reliable_change if rating is not None else None) or MEANINGFUL_ONE
    every = in_order(record.goals)
    own = {goal.goal_id: _ratings_of(goal, record.goal_ratings) for goal in every}
    goals = [goal for goal in every if role_of(goal.kind) != "commitment"]
    lines = tuple(_line(goal, own[goal.goal_id]) for goal in goals)
    counts = _counts(record.tallies)
    rates = tuple(
        tally_line(name, rows, _goal_of(name, goals, list(counts))) for name, rows in counts.items()
    )
    return GoalsView(
        axis,
        tuple(line for line in lines if line.days or line.target_on is not None),
        tuple(rate for rate in rates if rate.days),
        tuple(_rung(goal, own[goal.goal_id]) for goal in every),
        tuple(_rating(row) for row in reversed(record.goal_ratings)),
        tuple(tally_row(row) for row in reversed(record.tallies)),
        _sentence(record, goals, lines, own, rules or Rules()),
        _words(record, every, own, counts, rules or Rules(), one.value),
        _caption(lines, rates, one),
        f"Ratings of {len(lines)} goals over time, 0 the starting point and 10 the ideal. "
        "The table of ratings holds every point.",
        f"Rates a week of {len(counts)} tallies over time, with their intervals. The table of "
        "tallies holds every count.",
    )


def _ratings_of(goal: Goal, ratings: Sequence[GoalRating]) -> list[GoalRating]:
    own = [row for row in ratings if row.goal_id == goal.goal_id]
    return sorted(own, key=lambda row: (row.rated_on, row.session_no or -1))


def _counts(tallies: Sequence[TallyRow]) -> dict[str, list[TallyRow]]:
    """Return the counts of each tally; a commitment is rated and no rate."""
    found: dict[str, list[TallyRow]] = {}
    for row in tallies:
        if role_of(row.tally_id) != "commitment":
            found.setdefault(row.tally_id, []).append(row)
    return found


def _goal_of(tally: str, goals: Sequence[Goal], tallies: Sequence[str]) -> Goal | None:
    return next((goal for goal in goals if counted_in(goal, tallies) == tally), None)


def _line(goal: Goal, own: Sequence[GoalRating]) -> GoalLine:
    rated = goal.unit == RATED
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
        rated_aim(goal),
    )


def _rung(goal: Goal, own: Sequence[GoalRating]) -> tuple[str, ...]:
    ends = [number(v) for v in (goal.start_value, goal.target_value) if v is not None]
    unit = f" {goal.unit}" if goal.unit and ends else ""
    return (
        f"{goal.goal_id}" + ("" if goal.rank is None else f" (rank {goal.rank})"),
        goal.statement or "",
        goal.kind or "",
        day_text(goal.set_on),
        f"{' to '.join(ends)}{unit}",
        "" if goal.target_on is None else day_text(goal.target_on),
        _last(own) if own else "not rated yet",
    )


def _last(own: Sequence[GoalRating]) -> str:
    return f"{number(own[-1].rating)} of 10 on {day_text(own[-1].rated_on)}"


def _rating(row: GoalRating) -> tuple[str, ...]:
    session = "" if row.session_no is None else str(row.session_no)
    return row.goal_id, day_text(row.rated_on), session, number(row.rating)


def _sentence(
    record: ClientRecord,
    goals: Sequence[Goal],
    lines: Sequence[GoalLine],
    own: dict[str, list[GoalRating]],
    rules: Rules,
) -> str:
    """Return what the answer box says: the first goal, and whether a review is due."""
    if not goals:
        return "No goal is on file for this episode."
    first, rows = lines[0], own[lines[0].name]
    if not rows:
        text = f"First goal ({first.name}): set on {day_text(goals[0].set_on)}, not rated yet"
    elif len(rows) == 1:
        text = f"First goal ({first.name}): {_last(rows)}, one rating so far"
    else:
        began = f"{number(rows[0].rating)} on {day_text(rows[0].rated_on)}"
        text = f"First goal ({first.name}): {_last(rows)}, first rated {began}"
        still = unmoved_words(rows)
        text += f"; it {still}" if still else ""
    review = review_of(record, goals, rules)
    due = f" {review_words(review)}" if review is not None and review.when != "later" else ""
    return f"{text}.{due}"


def _words(
    record: ClientRecord,
    every: Sequence[Goal],
    own: dict[str, list[GoalRating]],
    counts: dict[str, list[TallyRow]],
    rules: Rules,
    meaningful: float,
) -> tuple[str, ...]:
    """Return one sentence for the mean, each goal, each ladder, each tally, and the review."""
    goals = [goal for goal in every if role_of(goal.kind) != "commitment"]
    ranked = [goal for goal in goals if role_of(goal.kind) != "step"] or goals
    rated = {name: [(row.rated_on, row.rating) for row in rows] for name, rows in own.items()}
    words = []
    if len(ranked) > 1:
        found = goals_change(
            {goal.goal_id: rated[goal.goal_id] for goal in ranked},
            meaningful_mean=MEANINGFUL_MEAN.value,
        )
        words.append(mean_words(found, MEANINGFUL_MEAN.value))
    for goal in goals:
        if role_of(goal.kind) == "step" and not rated[goal.goal_id]:
            continue  # told with the steps of its goal
        is_counted = counted_in(goal, list(counts)) is not None
        change = goal_change(goal.goal_id, rated[goal.goal_id], meaningful=meaningful)
        words.append(goal_words(goal, change, own[goal.goal_id], meaningful, is_counted))
    words += ladder_words(goals, own)
    words += [
        tally_words(name, rows, _goal_of(name, goals, list(counts)))
        for name, rows in counts.items()
    ]
    words += commitment_words(every, own, record.tallies)
    review = review_of(record, goals, rules)
    if review is not None:
        words.append(review_words(review))
    return tuple(words)


def _caption(lines: Sequence[GoalLine], rates: Sequence[TallyLine], one: Sourced) -> str:
    parts = []
    if any(line.days for line in lines):
        parts.append(
            f"A meaningful change is {number(MEANINGFUL_MEAN.value, 0.01)} points for the mean "
            f"({MEANINGFUL_MEAN.source}) and {number(one.value, 0.01)} for one goal "
            f"({one.source.partition(' (')[0]})."
        )
    if any(line.aim for line in lines):
        parts.append(
            "Thin dashes: the way from the start of a goal to its target (◇); a rating within "
            f"{number(TOLERANCE)} point of it is on it."
        )
    if any(rate.days for rate in rates):
        aims = any(rate.aim for rate in rates)
        parts.append(
            "Bars at the tallies: Poisson interval of the rate."
            + (f" A count is on its aim line where chance explains it ({percent(CHANCE)})." * aims)
        )
    return " ".join(parts)
