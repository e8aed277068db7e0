"""How many steps of a long-term goal are reached, and how committed is the client?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.cutoffs import TOLERANCE

Role = Literal["long_term", "step", "commitment", "goal"]

# What services write into the kind of a goal; letters only, so that "long-term" is "longterm".
_ROLES: dict[str, Role] = {
    "longterm": "long_term",
    "longtermgoal": "long_term",
    "step": "step",
    "shortterm": "step",
    "shorttermgoal": "step",
    "shorttermstep": "step",
    "commitment": "commitment",
    "weeklycommitment": "commitment",
}
_SEPARATORS = ".-_/ "


@dataclass(frozen=True, slots=True)
class Step:
    """One short-term step: its last rating from 0 to 10 and the rating that is aimed at.

    ``last`` is ``None`` where it was never rated; ``target`` where none was written down.
    """

    goal: str
    rank: int | None
    last: float | None
    target: float | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of one long-term goal.

    Attributes
    ----------
    goal
        The long-term goal.
    n
        How many steps there are.
    reached
        The steps whose last rating is at the target, by rank.
    current
        The first step by rank that is not reached; ``None`` where all are.
    unrated
        How many steps were never rated; they count as not reached.
    share
        Reached steps over all steps; ``None`` without a step.
    """

    goal: str
    n: int
    reached: tuple[str, ...]
    current: str | None
    unrated: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Commitment:
    """Commitment from 1 to 10: the last rating and its change since the first.

    ``change`` is ``None`` with fewer than two ratings; ``last`` without any.
    """

    n: int
    last: float | None
    change: float | None
    reason: str


def role_of(kind: str | None) -> Role:
    """Return what a goal is by its kind, whatever its case and hyphens.

    >>> role_of("Short-term"), role_of("long term"), role_of("outcome"), role_of(None)
    ('step', 'long_term', 'goal', 'goal')
    """
    letters = "".join(letter for letter in (kind or "").casefold() if letter.isalpha())
    return _ROLES.get(letters, "goal")


def steps_of(long_term: Sequence[str], steps: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return which steps lead to which long-term goal.

    Parameters
    ----------
    long_term
        Names of the long-term goals of one episode.
    steps
        Names of the steps of the same episode.

    Returns
    -------
    For each long-term goal its steps: those whose name is its own and a further part, such as
    ``G1.2`` or ``G1-b`` of ``G1`` (the longest such name counts). A single long-term goal has
    all steps. A step that leads nowhere is in none.

    Examples
    --------
    >>> steps_of(["G1", "G2"], ["G1.1", "G2.1", "G1.2", "walk"])
    {'G1': ('G1.1', 'G1.2'), 'G2': ('G2.1',)}
    >>> steps_of(["G1"], ["walk", "bus"])
    {'G1': ('walk', 'bus')}
    """
    if len(long_term) == 1:
        return {long_term[0]: tuple(steps)}
    found: dict[str, list[str]] = {goal: [] for goal in long_term}
    for step in steps:
        own = [g for g in long_term if step.startswith(g) and step[len(g) : len(g) + 1] in _ENDS]
        if own:
            found[max(own, key=len)].append(step)
    return {goal: tuple(own) for goal, own in found.items()}


_ENDS = tuple(_SEPARATORS)


def ladder(goal: str, steps: Sequence[Step], *, highest: float = 10.0) -> Ladder:
    r"""Return how many steps of a long-term goal are reached: :math:`r / n`.

    A step is reached where its last rating is at least its target, and where no target is
    written down, at the highest rating. A step that fell back after it was reached is not.

    Parameters
    ----------
    goal
        The long-term goal.
    steps
        Its short-term steps; those without a rank come last, in the order given.
    highest
        The rating that means "reached", in points.

    Returns
    -------
    The steps reached, the one at hand, and the share, without unit.

    References
    ----------
    Bandura, A., & Schunk, D. H. (1981). Cultivating competence, self-efficacy, and intrinsic
    interest through proximal self-motivation. *Journal of Personality and Social Psychology,
    41*(3), 586-598 (why near steps). https://doi.org/10.1037/0022-3514.41.3.586

    Examples
    --------
    >>> found = ladder("G1", [Step("b", 2, 4, 8), Step("a", 1, 10, None), Step("c", 3, None, 8)])
    >>> found.reached, found.current, found.n, found.unrated, round(found.share, 2)
    (('a',), 'b', 3, 1, 0.33)
    """
    ordered = sorted(steps, key=lambda step: (step.rank is None, step.rank or 0))
    done = [step for step in ordered if _is_reached(step, highest)]
    open_ = [step for step in ordered if step not in done]
    n = len(ordered)
    return Ladder(
        goal,
        n,
        tuple(step.goal for step in done),
        open_[0].goal if open_ else None,
        sum(step.last is None for step in ordered),
        len(done) / n if n else None,
    )


def _is_reached(step: Step, highest: float) -> bool:
    if step.last is None:
        return False
    return step.last >= (highest if step.target is None else step.target) - TOLERANCE


def commitment(ratings: Sequence[float]) -> Commitment:
    """Return the last rating of commitment, and its change since the first.

    Parameters
    ----------
    ratings
        Ratings from 1 (not at all) to 10, in order of time; none is missing.

    Returns
    -------
    Rating and change in points; positive is more committed.

    Raises
    ------
    ValueError
        If a rating is outside 1 to 10.

    Examples
    --------
    >>> commitment([5, 8, 7])
    Commitment(n=3, last=7, change=2, reason='')
    >>> commitment([5]).reason
    'one rating so far'
    """
    for rating in ratings:
        if not 1 <= rating <= 10:
            raise ValueError(f"Commitment is rated from 1 to 10, got {rating}.")
    n = len(ratings)
    if n < 2:
        reason = "one rating so far" if n else "not rated yet"
        return Commitment(n, ratings[-1] if n else None, None, reason)
    return Commitment(n, ratings[-1], ratings[-1] - ratings[0], "")
