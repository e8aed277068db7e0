"""How does England's NHS count recovery and reliable change over a pair of questionnaires?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import DETERIORATED, IMPROVED, RECOVERED, UNCHANGED
from analytics.change import NOT_ASSESSABLE as CHANGE_UNKNOWN
from analytics.outcomes.counts import Rate
from analytics.outcomes.definitions import (
    BETTER,
    NO_ANSWER,
    NO_CHANGE,
    NOT_COUNTED,
    OUTSIDE,
    WORSE,
    Judged,
)
from analytics.outcomes.measure_pair import NO, YES, MeasureFlags
from analytics.series import BoolArray


@dataclass(frozen=True, slots=True)
class PairOutcome:
    """The published flags, one a case; each is false for a course that is not finished."""

    finished: BoolArray
    at_caseness: BoolArray
    not_at_caseness: BoolArray
    improvement: BoolArray
    deterioration: BoolArray
    no_reliable_change: BoolArray
    recovery: BoolArray
    reliable_recovery: BoolArray


@dataclass(frozen=True, slots=True)
class Counts:
    """How many finished courses of treatment carry each published flag.

    Some carry neither flag of caseness, and some no flag of change: a score was missing.
    """

    finished: int
    at_caseness: int
    not_at_caseness: int
    improvement: int
    deterioration: int
    no_reliable_change: int
    recovery: int
    reliable_recovery: int


def finished_course(
    ended: npt.ArrayLike,
    attended: npt.ArrayLike,
    measured_twice: npt.ArrayLike,
    *,
    fewest: float,
) -> BoolArray:
    """Return whether each case has finished a course of treatment.

    Parameters
    ----------
    ended
        Whether the episode has ended.
    attended
        Number of attended appointments; ``nan`` where no list of appointments is known. The
        official text counts treatment appointments without follow-ups; a list that does not
        tell the kinds apart counts them all.
    measured_twice
        Whether a questionnaire of the pair was answered on two days or more: it stands in
        where the appointments are unknown.
    fewest
        How many appointments make a course.

    Returns
    -------
    Array of booleans.

    References
    ----------
    NHS England, NHS Talking Therapies annual reports, Count_FinishedCourseTreatment.

    Examples
    --------
    >>> finished_course([True, True, True, False], [2, 1, np.nan, 9], [True] * 4, fewest=2)
    array([ True, False,  True, False])
    """
    held = np.asarray(attended, dtype=np.float64)
    enough = np.where(np.isnan(held), np.asarray(measured_twice, dtype=np.bool_), held >= fewest)
    return np.asarray(np.asarray(ended, dtype=np.bool_) & enough.astype(np.bool_))


def pair_outcome(
    depression: MeasureFlags, anxiety: MeasureFlags, finished: BoolArray
) -> PairOutcome:
    """Return the published flags of each case.

    At caseness: either first score is at or above its cutoff. Recovery: at caseness at the
    start, and both last scores below their cutoffs. Reliable improvement: on one
    questionnaire, without reliable deterioration on the other; deterioration is its mirror
    image; no reliable change is the rest. Reliable recovery is recovery with reliable
    improvement. Recovery and change need both scores of both questionnaires.

    Parameters
    ----------
    depression, anxiety
        What the two questionnaires say.
    finished
        Whether each case has finished a course of treatment.

    Returns
    -------
    One `PairOutcome`. A case is neither at caseness nor not at caseness where one first
    score is missing and the other is below its cutoff.

    References
    ----------
    NHS England, NHS Talking Therapies annual reports, definitions of the published measures
    (Count_ReliableRecovery, Percentage_Recovery).

    Examples
    --------
    PHQ-9 from 10 to 9, GAD-7 from 15 to 7: recovery, and reliable on the second alone.

    >>> from analytics.instrument import Cutoff
    >>> from analytics.outcomes.measure_pair import measure_flags
    >>> phq9, gad7 = Cutoff(10, ">=", "caseness", "-"), Cutoff(8, ">=", "caseness", "-")
    >>> outcome = pair_outcome(
    ...     measure_flags([10.0], [9.0], caseness=phq9, reliable_change=6),
    ...     measure_flags([15.0], [7.0], caseness=gad7, reliable_change=4),
    ...     np.array([True]),
    ... )
    >>> outcome.recovery, outcome.reliable_recovery
    (array([ True]), array([ True]))
    """
    paired = finished & depression.paired & anxiety.paired
    up = (depression.direction > 0) | (anxiety.direction > 0)
    down = (depression.direction < 0) | (anxiety.direction < 0)
    at_caseness = finished & ((depression.case_first == YES) | (anxiety.case_first == YES))
    below = (depression.case_last == NO) & (anxiety.case_last == NO)
    improved, worse = paired & up & ~down, paired & down & ~up
    recovery = paired & at_caseness & below
    return PairOutcome(
        finished=finished,
        at_caseness=at_caseness,
        not_at_caseness=finished & (depression.case_first == NO) & (anxiety.case_first == NO),
        improvement=improved,
        deterioration=worse,
        no_reliable_change=paired & ~improved & ~worse,
        recovery=recovery,
        reliable_recovery=recovery & improved,
    )


def counts(outcome: PairOutcome) -> Counts:
    """Return how many cases carry each flag."""
    return Counts(
        **{
            name: int(np.count_nonzero(getattr(outcome, name)))
            for name in Counts.__dataclass_fields__
        }
    )


def published_rates(of: Counts) -> dict[str, Rate]:
    r"""Return the published percentages as counts and official denominators.

    Change is a percentage of all finished courses. Recovery is not a percentage of those at
    caseness:

    .. math::

        \text{recovery rate} = \frac{\text{recovered}}{\text{finished} - \text{not at caseness}}

    so that a finished course whose caseness is unknown counts against the service.

    Parameters
    ----------
    of
        Counts of finished courses.

    Returns
    -------
    ``recovery``, ``reliable_recovery``, ``improvement``, ``no_reliable_change`` and
    ``deterioration``.

    Raises
    ------
    ValueError
        If a count is negative or larger than its denominator.

    References
    ----------
    NHS England, NHS Talking Therapies annual reports, Percentage_Recovery,
    Percentage_ReliableRecovery, Percentage_Improvement, Percentage_NoReliableChange and
    Percentage_Deterioration.

    Examples
    --------
    England, 2024-25:

    >>> rates = published_rates(Counts(
    ...     finished=670_419, at_caseness=634_248, not_at_caseness=35_234, improvement=452_284,
    ...     deterioration=39_157, no_reliable_change=170_457, recovery=321_061,
    ...     reliable_recovery=301_815,
    ... ))
    >>> {name: rate.percentage for name, rate in rates.items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'recovery': 50.5, 'reliable_recovery': 47.5, 'improvement': 67.5,
     'no_reliable_change': 25.4, 'deterioration': 5.8}
    """
    eligible = of.finished - of.not_at_caseness
    rates = {
        "recovery": Rate(of.recovery, eligible),
        "reliable_recovery": Rate(of.reliable_recovery, eligible),
        "improvement": Rate(of.improvement, of.finished),
        "no_reliable_change": Rate(of.no_reliable_change, of.finished),
        "deterioration": Rate(of.deterioration, of.finished),
    }
    for name, rate in rates.items():
        if not 0 <= rate.count <= rate.denominator:
            raise ValueError(
                f"The count of {name} must lie between 0 and its denominator, "
                f"{rate.denominator}; got {rate.count}."
            )
    return rates


def judged_by_pair(outcome: PairOutcome) -> Judged:
    """Return the flags as one word a case, with recovery as success.

    A reliable deterioration goes before recovery, and recovery before the rest. A finished
    course without both scores of both questionnaires is not assessable, and stays in the
    official denominator of recovery unless it is known not to be at caseness.

    Examples
    --------
    >>> from analytics.outcomes.definitions import OUTCOMES
    >>> from analytics.instrument import Cutoff
    >>> from analytics.outcomes.measure_pair import measure_flags
    >>> phq9, gad7 = Cutoff(10, ">=", "caseness", "-"), Cutoff(8, ">=", "caseness", "-")
    >>> judged = judged_by_pair(pair_outcome(
    ...     measure_flags([10.0, 10.0], [9.0, 9.0], caseness=phq9, reliable_change=6),
    ...     measure_flags([1.0, 2.0], [6.0, 2.0], caseness=gad7, reliable_change=4),
    ...     np.array([True, True]),
    ... ))
    >>> [OUTCOMES[code] for code in judged.outcome], judged.success
    (['deteriorated', 'recovered'], array([ True,  True]))
    """
    shape = outcome.finished.shape
    change = np.full(shape, NO_ANSWER, dtype=np.int8)
    change[outcome.improvement] = BETTER
    change[outcome.no_reliable_change] = NO_CHANGE
    change[outcome.deterioration] = WORSE
    change[~outcome.finished] = OUTSIDE
    codes = np.full(shape, CHANGE_UNKNOWN, dtype=np.int8)
    codes[outcome.improvement] = IMPROVED
    codes[outcome.no_reliable_change] = UNCHANGED
    codes[outcome.recovery] = RECOVERED
    codes[outcome.deterioration] = DETERIORATED
    codes[~outcome.finished] = NOT_COUNTED
    return Judged(codes, change, outcome.finished & ~outcome.not_at_caseness, outcome.recovery)
