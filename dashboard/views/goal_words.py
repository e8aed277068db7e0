"""What does one sentence say of a goal, its steps, and its review?"""

from collections.abc import Mapping, Sequence

from analytics.goals.ladder import Step, commitment, ladder, role_of, steps_of
from analytics.goals.ratings import HIGHEST, GoalChange, GoalsChange, unmoved_since
from analytics.goals.review import Review, goal_review
from analytics.rules import Rules
from dashboard.views.aims import RATED, aim_line, rated_aim, rating_words
from dashboard.views.dates import day_text
from dashboard.views.words import counted, joined, number, signed
from data.records import ClientRecord, Goal, GoalRating, TallyRow

_REVIEWS = ("goalreview", "goalsreview", "reviewofgoals")


def mean_words(found: GoalsChange, criterion: float) -> str:
    """Return the mean over the same goals at both times; later goals stand apart."""
    later = f" Added later and not in the mean: {joined(found.later)}." if found.later else ""
    if found.change is None or found.first is None or found.last is None:
        return f"No mean over the goals can be told yet: {found.reason}.{later}"
    who = "the one goal" if len(found.same) == 1 else f"the same {len(found.same)} goals"
    return (
        f"Mean over {who} ({joined(found.same)}): {number(found.first, 0.01)} at first, "
        f"{number(found.last, 0.01)} at last, {_size(found.change, found.verdict, criterion)}.{later}"
    )


def goal_words(
    goal: Goal,
    found: GoalChange,
    rows: Sequence[GoalRating],
    criterion: float,
    is_counted: bool,  # a tally holds its numbers, and tells of its aim line
) -> str:
    """Return the change of one goal, whether it has moved, and its place to the aim line."""
    if found.change is None:
        last = "" if found.last is None else f", {number(found.last)} of 10"
        text = f"{goal.goal_id}: {found.reason}{last}"
    else:
        text = (
            f"{goal.goal_id}: {number(found.first or 0.0)} to {number(found.last or 0.0)} in "
            f"{counted(found.n, 'rating')}, {_size(found.change, found.verdict, criterion)}"
        )
        still = unmoved_words(rows)
        text += f"; it {still}" if still else ""
    aim = rated_aim(goal)
    if aim is not None and rows:
        text += "; " + rating_words(aim, [r.rated_on for r in rows], [r.rating for r in rows])
    elif aim_line(goal) is not None and goal.unit != RATED and not is_counted:
        text += (
            f"; no tally holds its target of {number(goal.target_value or 0.0)} {goal.unit or ''}"
        )
    return f"{text.rstrip()}."


def unmoved_words(rows: Sequence[GoalRating]) -> str:
    """Return since which session a goal has not moved; nothing where it has."""
    since = unmoved_since([row.rating for row in rows])
    if since is None or rows[since].rated_on == rows[-1].rated_on:
        return ""
    row = rows[since]
    when = day_text(row.rated_on) if row.session_no is None else f"session {row.session_no}"
    return f"has not moved since {when} ({len(rows) - since} ratings of {number(row.rating)})"


def _size(change: float, verdict: str | None, criterion: float) -> str:
    points = f"{signed(change, 0.01)} {'point' if abs(change) == 1 else 'points'}"
    limit = number(criterion, 0.01)
    if verdict == "unchanged":
        return f"{points}, less than the {limit} of a meaningful change"
    return f"{points}, a meaningful change for the {verdict} ({limit} or more)"


def ladder_words(goals: Sequence[Goal], own: Mapping[str, Sequence[GoalRating]]) -> list[str]:
    """Return how many steps of each long-term goal are reached, and which comes next."""
    by_name = {goal.goal_id: goal for goal in goals}
    long_term = [goal.goal_id for goal in goals if role_of(goal.kind) == "long_term"]
    steps = [goal.goal_id for goal in goals if role_of(goal.kind) == "step"]
    words = []
    for name, names in steps_of(long_term, steps).items():
        found = ladder(name, [_step(by_name[step], own[step]) for step in names])
        if not found.n:
            continue
        text = f"Steps of {name}: {len(found.reached)} of {found.n} reached"
        text += f" ({joined(found.reached)})" if found.reached else ""
        if found.current is not None:
            rows = own[found.current]
            at = f"at {number(rows[-1].rating)} of 10" if rows else "not rated yet"
            text += f"; next is {found.current}, {at}"
        words.append(f"{text}.")
    return words


def in_order(goals: Sequence[Goal]) -> list[Goal]:
    """Return the goals by rank, each long-term one with its steps behind it."""
    ranked = sorted(goals, key=lambda goal: (goal.rank is None, goal.rank or 0, goal.goal_id))
    by_name = {goal.goal_id: goal for goal in ranked}
    own = steps_of(
        [goal.goal_id for goal in ranked if role_of(goal.kind) == "long_term"],
        [goal.goal_id for goal in ranked if role_of(goal.kind) == "step"],
    )
    led = {step for steps in own.values() for step in steps}
    return [
        by_name[name]
        for goal in ranked
        if goal.goal_id not in led
        for name in (goal.goal_id, *own.get(goal.goal_id, ()))
    ]


def _step(goal: Goal, rows: Sequence[GoalRating]) -> Step:
    target = goal.target_value if goal.unit == RATED else None
    return Step(goal.goal_id, goal.rank, rows[-1].rating if rows else None, target)


def commitment_words(
    goals: Sequence[Goal], own: Mapping[str, Sequence[GoalRating]], tallies: Sequence[TallyRow]
) -> list[str]:
    """Return the last commitment and its change, of ratings or counts that go by that name."""
    series: dict[str, list[tuple[str, float]]] = {}
    for goal in goals:
        if role_of(goal.kind) == "commitment":
            rows = own[goal.goal_id]
            series[goal.goal_id] = [(day_text(r.rated_on), r.rating) for r in rows]
    for row in tallies:
        if role_of(row.tally_id) == "commitment":
            series.setdefault(row.tally_id, []).append((day_text(row.counted_on), row.count))
    words = []
    for name, rated in series.items():
        if any(not 1 <= value <= HIGHEST for _, value in rated):
            words.append(f"{name}: not assessable, as commitment is rated from 1 to 10.")
            continue
        found = commitment([value for _, value in rated])
        if found.last is None:
            words.append(f"{name}: {found.reason}.")
            continue
        who = "Commitment" if role_of(name) == "commitment" else f"{name}: commitment"
        text = f"{who} {number(found.last)} of 10 on {rated[-1][0]}"
        if found.change is None:
            words.append(f"{text}, {found.reason}.")
        else:
            words.append(f"{text}, {signed(found.change)} since {rated[0][0]}, n = {found.n}.")
    return words


def review_of(record: ClientRecord, goals: Sequence[Goal], rules: Rules) -> Review | None:
    """Return when goals are to be reviewed; nothing after an episode or without an answer."""
    if not record.row.is_open:
        return None
    found = goal_review(
        sorted(
            ((s.session_no, s.held_on) for s in record.sessions if s.attendance == "attended"),
            key=lambda held: (held[1], held[0]),
        ),
        set_on=[goal.set_on for goal in goals],
        reviewed_on=[note.noted_on for note in record.annotations if _is_review(note.kind)],
        every=rules.review_sessions,
        latest_session=_latest_session(record),
    )
    return None if found.when == "not_assessable" else found


def _is_review(kind: str | None) -> bool:
    return "".join(letter for letter in (kind or "").casefold() if letter.isalpha()) in _REVIEWS


def _latest_session(record: ClientRecord) -> int | None:
    """Return the highest number of an appointment that has passed; a cancelled one may lie ahead."""
    passed = [s.held_on for s in record.sessions if s.attendance != "cancelled"]
    if not passed:
        return None
    return max(s.session_no for s in record.sessions if s.held_on <= max(passed))


def review_words(review: Review) -> str:
    """Return in which session goals are looked at again."""
    session = f"session {review.session}"
    if review.when == "due":
        return f"Review of goals is due ({session})."
    since = "" if review.last_on is None else f" since {day_text(review.last_on)}"
    held = f"{counted(review.held, 'session')} held{since}"
    if review.when == "next":
        return f"Review of goals is due in the next session ({session})."
    return f"Next review of goals: {session} ({held})."
