"""What do questionnaires, goals, alliance and values say together?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.agreement import (
    Measured,
    Standpoint,
    Statement,
    agreement,
    met_or_stuck,
    what_it_measures,
)
from analytics.cutoffs import case_cutoff, on_clinical_side
from analytics.goals.ladder import Step, ladder, role_of
from analytics.goals.ratings import goal_change
from analytics.instrument import Construct, Instrument
from dashboard.views.aims import RATED
from dashboard.views.findings import ALERTS, BETTER, WORSE, Finding, measure_name
from dashboard.views.goal_words import in_order, unmoved_words
from dashboard.views.goals import MEANINGFUL_ONE
from dashboard.views.words import exact, joined, number, opened
from data.records import ClientRecord, Goal, GoalRating, SeriesResult

# Said before the measures themselves: something is worse, whatever else is better.
URGENT = (
    "worse_while_better",
    "worse_while_alliance_low",
    "goal_worse_while_better",
    "worse_while_goal_better",
    "all_worse",
)
_TALK = "asks to be talked about"


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """One sentence on several measures; ``kind`` is one of `analytics.agreement.KINDS`."""

    kind: str
    text: str

    @property
    def is_urgent(self) -> bool:
        """Return whether it stands before the measures themselves."""
        return self.kind in URGENT


@dataclass(frozen=True, slots=True)
class GoalPlace:
    """Where one goal stands: ``change`` as in `analytics.agreement.Measured`, in words ``is_``."""

    name: str
    standpoint: Standpoint
    change: int | None
    is_: str


def goal_places(record: ClientRecord, rating: Instrument | None = None) -> tuple[GoalPlace, ...]:
    """Return the goals that are compared with other measures: the first one, and any that fell.

    ``rating`` holds the facts of a goal's rating from 0 to 10, with the change that counts.
    """
    one = (rating.reliable_change if rating is not None else None) or MEANINGFUL_ONE
    goals = [goal for goal in in_order(record.goals) if role_of(goal.kind) != "commitment"]
    places = [
        _place(goal, record.goal_ratings, one.value, first=not at) for at, goal in enumerate(goals)
    ]
    return tuple(place for at, place in enumerate(places) if not at or place.change == -1)


def plateau_words(kind: str | None, goal: GoalPlace | None) -> str:
    """Return what the first goal adds to a plateau of this kind; nothing where it cannot."""
    if kind is None or goal is None:
        return ""
    met = met_or_stuck(kind, goal.standpoint)
    if met == "level_known":
        return ""
    link = {"met": "and", "level_only": "but", "goal_only": "while", "stuck": "and"}[met]
    return f"{link} {goal.name} {goal.is_}"


def agreement_lines(
    findings: Sequence[Finding],
    results: Mapping[int, SeriesResult],
    instruments: Mapping[str, Instrument],
    goals: Sequence[GoalPlace],
) -> tuple[AgreementLine, ...]:
    """Return what the measures say together, the greatest need first.

    *findings* come in the order in which their names are to be told; *results* are those that
    the findings speak of, by their series.
    """
    measured: list[Measured] = []
    told: dict[str, SeriesResult] = {}
    for found in findings:
        result = results[found.series_id]
        instrument = instruments[result.instrument]
        construct = what_it_measures(instrument)
        if construct is not None and construct != "goal":
            name = measure_name(instrument, result.respondent)
            told[name] = result
            scores = result.n if _has_further_to_go(result, instrument) else 0
            measured.append(_measured(name, construct, result, found, scores))
    measured += [Measured(goal.name, "goal", goal.change) for goal in goals]
    words = _Words(told, instruments, {goal.name: goal for goal in goals})
    return tuple(
        AgreementLine(statement.kind, words.sentence(statement))
        for statement in agreement(measured)
    )


def _has_further_to_go(result: SeriesResult, instrument: Instrument) -> bool:
    """Return whether the last score is on the clinical side, as far as a cutoff is on record.

    Few symptoms that stay few are no contrast to a relief elsewhere.
    """
    cutoff, _ = case_cutoff(instrument, instrument.clinical, "c")
    return cutoff is None or bool(on_clinical_side(result.latest, cutoff))


def _measured(
    name: str, construct: Construct, result: SeriesResult, found: Finding, scores: int
) -> Measured:
    if construct == "alliance":
        if result.alert in ALERTS:
            return Measured(name, construct, -1)
        return Measured(name, construct, 0 if result.alert == "none" else None)
    if construct == "values":
        return Measured(name, construct, _values_change(result))
    change = {"unchanged": 0} | dict.fromkeys(BETTER, 1) | dict.fromkeys(WORSE, -1)
    reads = {"worse": -1, "better": 1}.get(found.reads, 0)
    return Measured(name, construct, change.get(result.category), reads, scores)


def _values_change(result: SeriesResult) -> int | None:
    """Return 0 where living by one's values is rated no higher than at first.

    No criterion of change is known for it, so that a rise cannot be told from error.
    """
    return 0 if result.improvement is not None and result.improvement <= 0 else None


def _place(
    goal: Goal, ratings: Sequence[GoalRating], criterion: float, *, first: bool
) -> GoalPlace:
    own = [row for row in ratings if row.goal_id == goal.goal_id]
    own.sort(key=lambda row: (row.rated_on, row.session_no or -1))
    name = f"the first goal ({goal.goal_id})" if first else f"goal {goal.goal_id}"
    found = goal_change(
        goal.goal_id, [(row.rated_on, row.rating) for row in own], meaningful=criterion
    )
    if found.change is None or found.first is None or found.last is None:
        return GoalPlace(name, "unknown", None, "")
    at = f"is at {number(found.last)} of 10"
    target = goal.target_value if goal.unit == RATED else None
    if ladder(goal.goal_id, [Step(goal.goal_id, goal.rank, found.last, target)]).reached:
        # A goal that began where it was aimed at has not come further, and is no contrast.
        change = {"better": 1, "worse": -1}.get(found.verdict or "")
        return GoalPlace(name, "reached", change, f"{at}, where it is aimed at")
    if found.verdict == "better":
        return GoalPlace(name, "better", 1, f"{at}, {number(found.first)} at first")
    if found.verdict == "worse":
        fell = f"has fallen from {number(found.first)} to {number(found.last)} of 10"
        return GoalPlace(name, "worse", -1, fell)
    return GoalPlace(
        name, "unmoved", 0, unmoved_words(own) or _little(found.first, found.last, criterion)
    )


def _little(first: float, last: float, criterion: float) -> str:
    """Return that a change is smaller than a meaningful one."""
    if number(first) == number(last):
        return f"is at {number(last)} of 10, as at first"
    ends = f"{number(first)} to {number(last)} of 10"
    return f"has moved by less than a meaningful {exact(criterion)} points ({ends})"


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences of the statements, with what they need to know of each name."""

    results: Mapping[str, SeriesResult]
    instruments: Mapping[str, Instrument]
    goals: Mapping[str, GoalPlace]

    def sentence(self, statement: Statement) -> str:
        """Return one sentence."""
        first, second = statement.first, statement.second
        kind = statement.kind
        if kind == "worse_while_better":
            better = f"{joined(second)} {_are(second)} better or holding"
            return f"The measures disagree: {joined(first)} {_are(first)} worse, while {better}."
        if kind in ("all_better", "all_worse"):
            word = kind.removeprefix("all_")
            return f"The measures agree: {joined(first)} {_are(first)} {word}."
        if kind == "worse_while_alliance_low":
            return (
                f"{joined(first)} {_are(first)} worse, and the alliance ({joined(second)}) {_TALK}."
            )
        if kind == "unmoved_while_alliance_low":
            return f"{opened(self._unmoved(first))}, and the alliance ({joined(second)}) {_TALK}."
        if kind == "goal_worse_while_better":
            return f"{self._goals(first)}, while {joined(second)} {_are(second)} better or holding."
        if kind == "worse_while_goal_better":
            return f"{joined(first)} {_are(first)} worse, while {self._goals(second, small=True)}."
        if kind == "goal_better_while_unmoved":
            return f"{self._goals(first)}, while {self._unmoved(second)}."
        if kind == "better_while_symptoms_unmoved":
            have = "has" if len(second) == 1 else "have"
            return f"{joined(first)} improved reliably; {joined(second)} {have} not."
        relief = f"Symptoms improved reliably on {joined(first)}"
        if kind == "better_while_goal_unmoved":
            return f"{relief}; {self._goals(second, small=True)}."
        if kind == "better_while_values_unmoved":
            return f"{relief}; {joined([self._values(name) for name in second])}."
        return f"{relief}; {self._unmoved(second)}."

    def _goals(self, names: Sequence[str], *, small: bool = False) -> str:
        text = joined([f"{name} {self.goals[name].is_}" for name in names])
        return text if small else opened(text)

    def _unmoved(self, names: Sequence[str]) -> str:
        """Return that no change was seen, on how many scores."""
        told = joined([f"{name} (n = {self.results[name].n})" for name in names])
        return f"no reliable change is seen on {told}"

    def _values(self, name: str) -> str:
        result = self.results[name]
        step = self.instruments[result.instrument].step
        ends = f"{number(result.baseline, step)} to {number(result.latest, step)}"
        return f"{name}, on living by one's values, is no higher than at first ({ends})"


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
