"""How many cases ended how, and where do two definitions of a good outcome part?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.outcomes.definitions import (
    BETTER,
    CHANGES,
    NO_ANSWER,
    NO_CHANGE,
    NOT_FOLLOWED_UP,
    OUTSIDE,
    PARTLY,
    REMITTED,
    WORSE,
    Judged,
)
from analytics.series import IntArray


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases there are of each kind."""

    cases: int
    counted: int
    success: int
    better: int
    no_change: int
    worse: int
    not_assessable: int
    not_counted: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A published percentage as a count and its official denominator."""

    count: int
    denominator: int

    @property
    def percentage(self) -> float:
        """Return the percentage with one decimal, as published; ``nan`` of nobody.

        Halves are rounded up in whole numbers, so that no binary fraction decides.

        Examples
        --------
        >>> Rate(321061, 634248 + 937).percentage
        50.5
        """
        if self.denominator == 0:
            return float("nan")
        return (2000 * self.count + self.denominator) // (2 * self.denominator) / 10


def tally(judged: Judged) -> Tally:
    """Return how many cases there are of each kind.

    Examples
    --------
    >>> from analytics.instrument import Cutoff
    >>> from analytics.outcomes.definitions import criterion_outcome
    >>> case = Cutoff(10, ">=", "caseness", "a manual")
    >>> tally(criterion_outcome(
    ...     [18.0, 18.0], [9.0, 17.0],
    ...     criterion=6, inclusive=True, cutoff=case, better="lower", only_cases=True,
    ... ))
    ... # doctest: +NORMALIZE_WHITESPACE
    Tally(cases=2, counted=2, success=1, better=1, no_change=1, worse=0, not_assessable=0,
          not_counted=0)
    """
    each = np.bincount(judged.change, minlength=len(CHANGES))
    return Tally(
        cases=judged.change.size,
        counted=int(np.count_nonzero(judged.counted)),
        success=int(np.count_nonzero(judged.success)),
        better=int(each[BETTER]),
        no_change=int(each[NO_CHANGE]),
        worse=int(each[WORSE]),
        not_assessable=int(each[NO_ANSWER]),
        not_counted=int(each[OUTSIDE]),
    )


def window_rates(judged: Judged) -> dict[str, Rate]:
    """Return the three percentages of the measure, of all that `window_outcome` counts.

    Examples
    --------
    >>> from analytics.instrument import Cutoff
    >>> from analytics.outcomes.definitions import window_outcome
    >>> judged = window_outcome(
    ...     [20, 20, 20], [4, 10, np.nan], [True] * 3,
    ...     remission=Cutoff(5, "<", "remission", "a measure"), response=0.5,
    ... )
    >>> {name: rate.count for name, rate in window_rates(judged).items()}
    {'follow_up': 2, 'remission': 1, 'response': 2}
    """
    counted = int(np.count_nonzero(judged.counted))
    seen = judged.counted & (judged.outcome != NOT_FOLLOWED_UP)
    return {
        "follow_up": Rate(int(np.count_nonzero(seen)), counted),
        "remission": Rate(int(np.count_nonzero(judged.outcome == REMITTED)), counted),
        "response": Rate(int(np.count_nonzero(judged.success)), counted),
    }


def share_rates(judged: Judged) -> dict[str, Rate]:
    """Return the percentages of what `share_outcome` tells apart.

    Examples
    --------
    >>> from analytics.outcomes.definitions import share_outcome
    >>> judged = share_outcome([20, 20, 20], [10, 15, 20],
    ...     best=0, response=0.5, partial=0.25, worse=0.5, better="lower")
    >>> {name: rate.count for name, rate in share_rates(judged).items()}
    {'response': 1, 'partial_response': 1, 'deterioration': 0}
    """
    counted = int(np.count_nonzero(judged.counted))
    return {
        "response": Rate(int(np.count_nonzero(judged.success)), counted),
        "partial_response": Rate(int(np.count_nonzero(judged.outcome == PARTLY)), counted),
        "deterioration": Rate(int(np.count_nonzero(judged.change == WORSE)), counted),
    }


def unseen_deterioration(reference: Judged, other: Judged) -> Rate:
    """Return how many cases the other definition counts without calling them worse.

    Returns
    -------
    Cases that the reference calls worse and the other one does not, of those that the other
    one counts.

    Examples
    --------
    >>> from analytics.instrument import Cutoff
    >>> from analytics.outcomes.definitions import criterion_outcome, window_outcome
    >>> case = Cutoff(10, ">=", "caseness", "a manual")
    >>> worse = criterion_outcome([15.0], [22.0], criterion=6, inclusive=True, cutoff=case,
    ...     better="lower", only_cases=True)
    >>> window = window_outcome([15.0], [22.0], [True],
    ...     remission=Cutoff(5, "<", "remission", "a measure"), response=0.5)
    >>> unseen_deterioration(worse, window).count
    1
    """
    unseen = other.counted & (reference.change == WORSE) & (other.change != WORSE)
    return Rate(int(np.count_nonzero(unseen)), int(np.count_nonzero(other.counted)))


def agreement(judged: Sequence[Judged]) -> tuple[int, int, int]:
    """Return how many cases all definitions count, and how many all or none call a success.

    Examples
    --------
    >>> from analytics.outcomes.definitions import share_outcome
    >>> one = share_outcome([20.0, 20.0], [10.0, 15.0],
    ...     best=0, response=0.5, partial=0.25, worse=0.5, better="lower")
    >>> agreement([one, one])
    (2, 1, 1)
    """
    if not judged:
        return 0, 0, 0
    counted = np.logical_and.reduce([one.counted for one in judged])
    every = counted & np.logical_and.reduce([one.success for one in judged])
    none = counted & ~np.logical_or.reduce([one.success for one in judged])
    return int(counted.sum()), int(every.sum()), int(none.sum())


def disagreement(judged: Sequence[Judged]) -> tuple[IntArray, IntArray]:
    """Return, for each two definitions, how many cases only one of them calls a success.

    Parameters
    ----------
    judged
        The same cases by several definitions.

    Returns
    -------
    Two square matrices with one row and one column a definition: the cases that both count
    and on which they disagree, and the cases that both count.

    Raises
    ------
    ValueError
        If the definitions were held against different numbers of cases.

    Examples
    --------
    >>> from analytics.outcomes.definitions import share_outcome
    >>> one = share_outcome([20.0, 20.0], [10.0, 15.0],
    ...     best=0, response=0.5, partial=0.25, worse=0.5, better="lower")
    >>> other = share_outcome([20.0, 20.0], [10.0, 15.0],
    ...     best=0, response=0.25, partial=0.1, worse=0.5, better="lower")
    >>> differ, both = disagreement([one, other])
    >>> differ
    array([[0, 1],
           [1, 0]])
    """
    sizes = {one.success.size for one in judged}
    if len(sizes) > 1:
        raise ValueError(f"The definitions must share their cases, got {sorted(sizes)} cases.")
    if not judged:
        return np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0), dtype=np.int64)
    # Counts below 2**53 are exact as floats, whose matrix product is fast.
    counted = np.array([one.counted for one in judged], dtype=np.float64)
    success = np.array([one.success for one in judged], dtype=np.float64)
    failure = counted - success
    both = counted @ counted.T
    differ = success @ failure.T + failure @ success.T
    return differ.astype(np.int64), both.astype(np.int64)
