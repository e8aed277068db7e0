"""How far have goals come that a client rates from 0 to 10?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import fmean
from typing import Literal

from analytics.cutoffs import TOLERANCE

LOWEST, HIGHEST = 0.0, 10.0

Verdict = Literal["better", "worse", "unchanged"]


@dataclass(frozen=True, slots=True)
class GoalChange:
    """The change of one goal.

    Attributes
    ----------
    goal
        Its name.
    n
        Number of ratings.
    first, last, change
        Ratings from 0 to 10 and their difference; positive is better. ``None`` without an
        answer.
    verdict
        Whether the change is meaningful, and which way; ``None`` where ``reason`` says why.
    unmoved_since
        Which rating (from 0) began the run of equal ratings that lasts to the end; ``None``
        where there is none long enough.
    reason
        Why there is no answer; empty where there is one.
    """

    goal: str
    n: int
    first: float | None
    last: float | None
    change: float | None
    verdict: Verdict | None
    unmoved_since: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class GoalsChange:
    """The change of several goals, and of the mean over the same ones at both times.

    Attributes
    ----------
    goals
        Every goal, in the order of the input.
    same
        The goals in the mean: rated from the start, and on another day since.
    later
        The goals that were first rated later, and are not in the mean.
    first, last, change, verdict, reason
        As in `GoalChange`, of the mean.
    """

    goals: tuple[GoalChange, ...]
    same: tuple[str, ...]
    later: tuple[str, ...]
    first: float | None
    last: float | None
    change: float | None
    verdict: Verdict | None
    reason: str


def goals_change(
    ratings: Mapping[str, Sequence[tuple[date, float]]],
    *,
    meaningful_mean: float = 2.45,
    meaningful_one: float = 3.0,
    start_days: int = 28,
    still: int = 3,
) -> GoalsChange:
    r"""Return the change of each goal, and of the mean over the same goals at both times.

    .. math::

        \bar d = \frac{1}{k}\sum_{g=1}^{k} x_{g,last} - \frac{1}{k}\sum_{g=1}^{k} x_{g,first}

    over the k goals that were rated from the start. A mean over whichever goals are rated
    would fall whenever a new goal, which begins low, is added.

    Parameters
    ----------
    ratings
        For each goal its days and ratings from 0 to 10, in order of time; a goal may have none.
    meaningful_mean
        Meaningful change of the mean, in points; met by equality.
    meaningful_one
        Meaningful change of a single goal, in points; met by equality.
    start_days
        Goals first rated fewer days than this after the first rating of all belong to the start;
        28 days are the four weekly sessions up to the first review of goals.
    still
        How many equal last ratings make a goal that has not moved.

    Returns
    -------
    The changes, in points, positive when better. A goal with ratings on one day only is in no
    mean; without any goal in it there is none, and a reason.

    Raises
    ------
    ValueError
        If a rating is missing or outside 0 to 10, the days of a goal go backwards, or a
        criterion is not above 0.

    References
    ----------
    Edbrooke-Childs, J., Jacob, J., Law, D., Deighton, J., & Wolpert, M. (2015). Interpreting
    standardized and idiographic outcome measures in CAMHS: what does change mean and how does
    it relate to functioning and experience? *Child and Adolescent Mental Health, 20*(3),
    142-148 (2.45 points, means of parents' ratings). https://doi.org/10.1111/camh.12107
    NHS England's table of minimum change has 3 points for a single goal.

    Examples
    --------
    Two goals from the start rise from a mean of 2 to 5; the third, added later, stands apart.

    >>> day = date.fromisoformat
    >>> found = goals_change({
    ...     "G1": [(day("2026-01-05"), 1), (day("2026-03-02"), 6)],
    ...     "G2": [(day("2026-01-12"), 3), (day("2026-03-02"), 4)],
    ...     "G3": [(day("2026-02-23"), 0), (day("2026-03-02"), 1)],
    ... })
    >>> found.first, found.last, found.verdict, found.later
    (2.0, 5.0, 'better', ('G3',))
    >>> [(goal.change, goal.verdict) for goal in found.goals]
    [(5.0, 'better'), (1.0, 'unchanged'), (1.0, 'unchanged')]
    """
    goals = tuple(
        goal_change(goal, own, meaningful=meaningful_one, still=still)
        for goal, own in ratings.items()
    )
    _check_criterion(meaningful_mean)
    began = {goal: own[0][0] for goal, own in ratings.items() if own}
    start = min(began.values(), default=date.min)
    later = tuple(goal for goal, day in began.items() if (day - start).days >= start_days)
    same = [goal for goal in goals if goal.change is not None and goal.goal not in later]
    if not same:
        reason = (
            "no goal of the start was rated on two days" if began else "no goal has been rated yet"
        )
        return GoalsChange(goals, (), later, None, None, None, None, reason)
    first = fmean(goal.first for goal in same if goal.first is not None)
    last = fmean(goal.last for goal in same if goal.last is not None)
    change = last - first
    names = tuple(goal.goal for goal in same)
    verdict = _verdict(change, meaningful_mean)
    return GoalsChange(goals, names, later, first, last, change, verdict, "")


def goal_change(
    goal: str, ratings: Sequence[tuple[date, float]], *, meaningful: float = 3.0, still: int = 3
) -> GoalChange:
    """Return the change of one goal from its first to its last rating.

    Parameters, units, errors and references are those of `goals_change`.

    Examples
    --------
    >>> day = date.fromisoformat
    >>> goal_change("G1", [(day("2026-01-05"), 2), (day("2026-02-02"), 5)]).verdict
    'better'
    >>> goal_change("G1", [(day("2026-01-05"), 2)]).reason
    'one rating so far'
    """
    _check_criterion(meaningful)
    values = [float(value) for _, value in ratings]
    _check_ratings(goal, values)
    days = [day for day, _ in ratings]
    if any(after < before for before, after in pairwise(days)):
        raise ValueError(f"The days of goal {goal} go backwards. Sort its ratings by date.")
    n = len(values)
    if not n:
        return GoalChange(goal, 0, None, None, None, None, None, "not rated yet")
    if days[0] == days[-1]:
        reason = "one rating so far" if n == 1 else f"all {n} ratings are of one day"
        return GoalChange(goal, n, values[0], values[-1], None, None, None, reason)
    change = values[-1] - values[0]
    since = unmoved_since(values, still=still)
    verdict = _verdict(change, meaningful)
    return GoalChange(goal, n, values[0], values[-1], change, verdict, since, "")


def unmoved_since(ratings: Sequence[float], *, still: int = 3) -> int | None:
    """Return which rating (from 0) began the run of equal ratings that lasts to the end.

    Parameters
    ----------
    ratings
        Ratings in order of time; none is missing.
    still
        How long the run must be; 2 at least, as one rating is always equal to itself.

    Returns
    -------
    A place among the ratings, or ``None`` where the run is shorter.

    Raises
    ------
    ValueError
        If ``still`` is below 2.

    Examples
    --------
    >>> unmoved_since([1, 3, 4, 4, 4])
    2
    >>> unmoved_since([4, 4, 5])
    """
    if still < 2:
        raise ValueError(f"A run of equal ratings needs 2 at least, got {still}.")
    n = len(ratings)
    run = 0
    while run < n and abs(ratings[n - 1 - run] - ratings[-1]) <= TOLERANCE:
        run += 1
    return n - run if run >= still else None


def _verdict(change: float, criterion: float) -> Verdict:
    if abs(change) < criterion - TOLERANCE:
        return "unchanged"
    return "better" if change > 0 else "worse"


def _check_criterion(criterion: float) -> None:
    if not 0 < criterion < math.inf:
        raise ValueError(f"A meaningful change must be above 0 points, got {criterion}.")


def _check_ratings(goal: str, values: Sequence[float]) -> None:
    for value in values:
        if not LOWEST <= value <= HIGHEST:
            raise ValueError(f"Goal {goal} has a rating of {value}; ratings run from 0 to 10.")
