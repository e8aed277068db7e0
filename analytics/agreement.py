"""Do the measures of one client tell the same story, and where do they part?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.instrument import Construct, Instrument

Standpoint = Literal["reached", "better", "unmoved", "worse", "unknown"]
Met = Literal["met", "level_only", "goal_only", "stuck", "level_known"]

# The closed list of what several measures can say together, from the greatest need to the
# least: whatever got worse outranks what got better elsewhere.
KINDS = (
    "worse_while_better",  # one measure is worse, another better
    "worse_while_alliance_low",  # a measure is worse, and the alliance beyond its mark
    "goal_worse_while_better",  # a goal has moved away, while a measure is better
    "worse_while_goal_better",  # a measure is worse, while a goal is better
    "all_worse",  # several measures, and every one that can be assessed is worse
    "better_while_goal_unmoved",  # symptoms better, the goal where it began
    "better_while_symptoms_unmoved",  # one measure of symptoms better, another is not
    "better_while_functioning_unmoved",  # symptoms better, functioning or well-being is not
    "better_while_values_unmoved",  # symptoms better, living by one's values is not
    "goal_better_while_unmoved",  # a goal better, while no measure is
    "unmoved_while_alliance_low",  # no measure is better, and the alliance beyond its mark
    "all_better",  # several measures, and every one that can be assessed is better
)

# Statements in which measures part from one another; the others are agreement.
DIVERGENCE = tuple(kind for kind in KINDS if not kind.startswith("all_"))

_OUTCOME: tuple[Construct, ...] = ("symptoms", "functioning", "wellbeing")

# Two measures of symptoms often part at the second score, by chance and by their schedules.
SCORES_TO_STAND_STILL = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measure says.

    Attributes
    ----------
    name
        Its name, which the statements carry on.
    measures
        What it measures.
    change
        1 reliably (a goal: meaningfully) better than at the baseline, -1 worse, 0 neither;
        ``None`` where that cannot be assessed. Of the alliance, -1 beyond its mark.
    course
        -1 where the last scores show a worsening trend, 1 where they show an improving one or
        hold a good level, else 0. Left alone by goals, alliance and values.
    scores
        How many scores it has; left at 0, a measure of symptoms is never said to stand still
        while another one is better.
    """

    name: str
    measures: Construct
    change: int | None
    course: int = 0
    scores: int = 0

    def __post_init__(self) -> None:
        """Refuse directions that are none."""
        if self.change not in (None, -1, 0, 1) or self.course not in (-1, 0, 1):
            raise ValueError(
                f"A direction is -1, 0 or 1 (a change may be None), got {self.change} and "
                f"{self.course} of {self.name}."
            )

    @property
    def is_worse(self) -> bool:
        """Return whether anything about it is worse: a loss outranks a gain."""
        return -1 in (self.change, self.course)

    @property
    def is_better(self) -> bool:
        """Return whether it is better, and nothing about it is worse."""
        return not self.is_worse and 1 in (self.change, self.course)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that several measures say together.

    ``kind`` is one of ``KINDS``; ``first`` and ``second`` name the measures on its two sides,
    in the order of the kind's own words, and ``second`` is empty where all agree.
    """

    kind: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def what_it_measures(instrument: Instrument) -> Construct | None:
    """Return what a questionnaire measures, as its facts say; ``None`` takes no part.

    Where they do not say, an outcome measure is of symptoms, and a goal a goal.

    Examples
    --------
    >>> facts = Instrument("w", "1", "W", "lower", 0, 40, 1, measures="functioning")
    >>> what_it_measures(facts)
    'functioning'
    """
    if instrument.measures is not None or instrument.role == "count":
        return instrument.measures
    if instrument.role == "goal":
        return "goal"
    return "symptoms" if instrument.role == "outcome" else None


def agreement(measured: Sequence[Measured]) -> tuple[Statement, ...]:
    """Return what the measures of one client say together, the greatest need first.

    A measure is worse where its change or its course is, whatever else is better about it:
    a deterioration on one is never set off against an improvement on another, and both are
    named. What cannot be assessed takes no part, and never counts as unchanged.

    Parameters
    ----------
    measured
        One record a measure. Of several goals, pass those that are to be compared: the first
        by rank, and any that is worse.

    Returns
    -------
    Statements in the order of ``KINDS``, each kind at most once; none where there is nothing
    to compare. The names keep the order of the input.

    Examples
    --------
    Symptoms reliably better, and a goal that has not moved:

    >>> agreement([Measured("PHQ-9", "symptoms", 1), Measured("G1", "goal", 0)])
    (Statement(kind='better_while_goal_unmoved', first=('PHQ-9',), second=('G1',)),)

    A deterioration comes first, and the goal is held against what is worse:

    >>> [s.kind for s in agreement([
    ...     Measured("PHQ-9", "symptoms", 1), Measured("GAD-7", "symptoms", -1),
    ...     Measured("SRS", "alliance", -1), Measured("G1", "goal", 1),
    ... ])]
    ['worse_while_better', 'worse_while_alliance_low', 'worse_while_goal_better']
    """
    outcome = [m for m in measured if m.measures in _OUTCOME]
    goals = [m for m in measured if m.measures == "goal"]
    worse, better = _names(outcome, "worse"), _names(outcome, "better")
    low = tuple(m.name for m in measured if m.measures == "alliance" and m.change == -1)
    relieved = tuple(m.name for m in outcome if m.measures == "symptoms" and _has_improved(m))
    still = tuple(m.name for m in outcome if _is_unmoved(m))
    found = [
        Statement("worse_while_better", worse, better),
        Statement("worse_while_alliance_low", worse, low),
        Statement("goal_worse_while_better", _names(goals, "worse"), better),
        Statement("worse_while_goal_better", worse, _names(goals, "better")),
    ]
    if not worse:  # a relief that stands beside a deterioration is no relief to hold against
        elsewhere = tuple(m.name for m in outcome if m.measures != "symptoms" and _is_unmoved(m))
        values = tuple(m.name for m in measured if m.measures == "values" and m.change == 0)
        waiting = tuple(
            m.name
            for m in outcome
            if m.measures == "symptoms" and _is_unmoved(m) and m.scores >= SCORES_TO_STAND_STILL
        )
        found += [
            Statement("better_while_goal_unmoved", relieved, _unmoved(goals)),
            Statement("better_while_symptoms_unmoved", relieved, waiting),
            Statement("better_while_functioning_unmoved", relieved, elsewhere),
            Statement("better_while_values_unmoved", relieved, values),
        ]
        if not better:
            found += [
                Statement("goal_better_while_unmoved", _names(goals, "better"), still),
                Statement("unmoved_while_alliance_low", still, low),
            ]
    statements = [statement for statement in found if statement.first and statement.second]
    statements += _agreeing([*outcome, *goals], parted=bool(statements))
    return tuple(sorted(statements, key=lambda statement: KINDS.index(statement.kind)))


def met_or_stuck(kind: str, goal: Standpoint) -> Met:
    """Return what a plateau means once the first goal is looked at beside the cutoff.

    Parameters
    ----------
    kind
        Of the plateau: one of `analytics.level.PLATEAU_KINDS`.
    goal
        Where the first goal stands; ``unknown`` without one, or without an answer.

    Returns
    -------
    ``met``: a good level, and the goal reached or better. ``level_only``: a good level, but
    the goal is where it began, or worse. ``goal_only``: a clinical level, but the goal
    reached or better. ``stuck``: a clinical level and an unmoved goal. ``level_known``: the
    cutoff alone decides.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> met_or_stuck("maintained", "reached"), met_or_stuck("maintained", "unmoved")
    ('met', 'level_only')
    """
    if kind not in ("maintained", "at_floor", "stuck"):
        raise ValueError(f"A plateau is maintained, at_floor or stuck, got {kind!r}.")
    if goal == "unknown":
        return "level_known"
    has_come = goal in ("reached", "better")
    if kind == "stuck":
        return "goal_only" if has_come else "stuck"
    return "met" if has_come else "level_only"


def _names(measured: Sequence[Measured], way: Literal["worse", "better"]) -> tuple[str, ...]:
    return tuple(m.name for m in measured if (m.is_worse if way == "worse" else m.is_better))


def _has_improved(one: Measured) -> bool:
    return one.change == 1 and not one.is_worse


def _is_unmoved(one: Measured) -> bool:
    """Return whether it was assessed, and is neither better nor worse."""
    return one.change == 0 and one.course == 0


def _unmoved(goals: Sequence[Measured]) -> tuple[str, ...]:
    return tuple(goal.name for goal in goals if _is_unmoved(goal))


def _agreeing(told: Sequence[Measured], *, parted: bool) -> list[Statement]:
    """Return that all are better, or all worse: two at least, and none that parts from them."""
    assessed = [m for m in told if m.change is not None]
    for kind, way in (("all_worse", "worse"), ("all_better", "better")):
        names = tuple(
            m.name for m in assessed if (m.change == -1 if way == "worse" else _has_improved(m))
        )
        if len(names) > 1 and len(names) == len(assessed) and not (parted and way == "better"):
            return [Statement(kind, names, ())]
    return []
