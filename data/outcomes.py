"""How did each case of a service end, by every rule profile?"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from analytics.change import improvement, reliable_direction
from analytics.criteria import Criteria, criteria
from analytics.cutoffs import on_clinical_side
from analytics.groups.survival import SurvivalCurve, kaplan_meier
from analytics.groups.time_to_event import days_to_first, first_confirmed
from analytics.instrument import Instrument
from analytics.outcomes.counts import Rate, share_rates, window_rates
from analytics.outcomes.definitions import (
    BETTER,
    Judged,
    criterion_outcome,
    share_outcome,
    window_outcome,
)
from analytics.outcomes.measure_pair import MeasureFlags, chosen_measure, measure_flags
from analytics.outcomes.rules import ByCriterion, ByPair, ByShare, ByWindow
from analytics.outcomes.talking_therapies import (
    PairOutcome,
    counts,
    finished_course,
    judged_by_pair,
    pair_outcome,
    published_rates,
)
from analytics.rules import Rules
from analytics.series import BoolArray, FloatArray, IntArray
from data.cases import Cases, Ends, Scores
from data.library import Library

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class GoodEnds:
    """Who had a good end, one value a case.

    ``among`` are the cases that it is asked of, ``had`` is 1 or 0, and ``nan`` for any other
    case and where the last score is missing. ``recovery``: those who began on the clinical
    side and left it by a reliable change; otherwise, without a cutoff, a reliable improvement.
    """

    among: BoolArray
    had: FloatArray
    recovery: bool

    @property
    def known(self) -> BoolArray:
        """Return which cases have an answer."""
        return ~np.isnan(self.had)


@dataclass(frozen=True, slots=True)
class ImprovementTimes:
    """Times to the first reliable improvement, and to the one seen twice in a row.

    Of the episodes with two scores or more, ``functional`` began on the functional side of the
    cutoff and ``out_of_reach`` are others that began too near the best total to improve by
    the criterion; neither are in the curves.
    """

    once: SurvivalCurve
    twice: SurvivalCurve
    functional: int
    out_of_reach: int


def judged_cases(
    cases: Cases, library: Library, rules: Rules, instrument_id: str, *, today: date
) -> Judged:
    """Return how each case ended by one profile.

    Parameters
    ----------
    cases
        The cases.
    library
        The facts of the questionnaires.
    rules
        The profile.
    instrument_id
        The questionnaire that is looked at; profiles that name their own do not ask for it.
    today
        The day on which the question is asked: a window that is not over counts nobody.
    """
    how = rules.outcome.how
    if isinstance(how, ByPair):
        return judged_by_pair(pair_flags(cases, library, how))
    if isinstance(how, ByWindow):
        found = cases.elevated[rules.id]
        over = found.day + how.last_day.value < (today - _EPOCH).days
        return window_outcome(
            found.score,
            found.follow_up,
            over,
            remission=how.remission,
            response=how.response.value,
        )
    instrument, ends = library.instruments[instrument_id], cases.ends[instrument_id]
    if isinstance(how, ByShare):
        return share_outcome(
            ends.first,
            ends.last,
            best=instrument.minimum if instrument.better == "lower" else instrument.maximum,
            response=how.response.value,
            partial=how.partial.value,
            worse=how.worse.value,
            better=instrument.better,
        )
    return by_criterion(ends, instrument, library, rules, only_cases=how.only_cases)


def rates_of(cases: Cases, library: Library, rules: Rules, judged: Judged) -> dict[str, Rate]:
    """Return every percentage that the profile's definition has, by its name."""
    how = rules.outcome.how
    if isinstance(how, ByPair):
        return published_rates(counts(pair_flags(cases, library, how)))
    if isinstance(how, ByWindow):
        return window_rates(judged)
    return share_rates(judged) if isinstance(how, ByShare) else {}


def pair_flags(cases: Cases, library: Library, how: ByPair) -> PairOutcome:
    """Return the published flags of each case; a questionnaire not on file has no scores."""
    nothing = np.full(cases.episode.size, np.nan)
    unanswered = Ends(nothing, nothing, np.zeros(nothing.size, dtype=np.int64), nothing)
    flags: list[MeasureFlags] = []
    twice = np.zeros(cases.episode.size, dtype=np.bool_)
    for measure in (how.depression, *how.anxiety):
        ends = cases.ends.get(measure.instrument, unanswered)
        facts = library.instruments.get(measure.instrument)
        flags.append(
            measure_flags(
                ends.first,
                ends.last,
                caseness=measure.caseness,
                reliable_change=measure.reliable_change.value,
                better="lower" if facts is None else facts.better,
            )
        )
        twice |= ends.days > 0
    asked = [
        np.isin(cases.problem, [cases.problems.index(problem) for problem in measure.problems])
        for measure in how.anxiety[1:]
    ]
    return pair_outcome(
        flags[0],
        chosen_measure(flags[1:], asked),
        finished_course(~cases.is_open, cases.attended, twice, fewest=how.fewest_sessions.value),
    )


def criteria_of(instrument: Instrument, library: Library, rules: Rules) -> Criteria:
    """Return the numbers that judge a questionnaire by a profile.

    Where the profile passes over published numbers, the computed ones are all that is left.
    """
    how = rules.outcome.how
    computed = isinstance(how, ByCriterion) and how.computed
    facts = replace(instrument, reliable_change=None, cutoffs=()) if computed else instrument
    return criteria(facts, rules, library.figures.get(instrument.id))


def by_criterion(
    ends: Ends, instrument: Instrument, library: Library, rules: Rules, *, only_cases: bool
) -> Judged:
    """Return how each case ended by reliable change and a cutoff; see `criteria_of`."""
    judged = criteria_of(instrument, library, rules)
    reliable = judged.reliable_change
    return criterion_outcome(
        ends.first,
        ends.last,
        criterion=None if reliable is None else reliable.value,
        inclusive=judged.reliable_inclusive,
        cutoff=judged.cutoff,
        better=judged.better,
        only_cases=only_cases,
    )


def good_ends(cases: Cases, instrument: Instrument, library: Library) -> GoodEnds | None:
    """Return who recovered, or improved reliably where no cutoff is known.

    ``None`` where no reliable change is known.
    """
    judged = criteria_of(instrument, library, library.rules)
    if judged.reliable_change is None:
        return None
    ends = cases.ends[instrument.id]
    found = by_criterion(ends, instrument, library, library.rules, only_cases=True)
    if judged.cutoff is None:
        among, good = ~np.isnan(ends.first), found.change == BETTER
    else:
        among, good = on_clinical_side(ends.first, judged.cutoff), found.success
    had = np.where(among & ~np.isnan(ends.last), good.astype(np.float64), np.nan)
    return GoodEnds(among, had, judged.cutoff is not None)


def improvement_times(scores: Scores, judged: Criteria) -> ImprovementTimes:
    """Return the time to the first reliable improvement, and to the one seen twice in a row.

    Both begin with the first score of an episode; who never improves is followed until the
    last one. Counted are those who began on the clinical side, where a cutoff is known, and who
    could improve by the criterion at all.

    Raises
    ------
    ValueError
        If no criterion of reliable change is known.
    """
    if judged.reliable_change is None:
        raise ValueError(f"No reliable change is known for {judged.instrument}.")
    criterion = judged.reliable_change.value

    def improves(first: FloatArray, last: FloatArray | float) -> BoolArray:
        gain = improvement(first, last, judged.better)
        inclusive = judged.reliable_inclusive
        return reliable_direction(gain, criterion=criterion, inclusive=inclusive) > 0

    lengths, start = np.diff(scores.offsets), scores.totals[scores.offsets[:-1]]
    cutoff, again = judged.cutoff, lengths > 1
    is_case = np.ones(start.size, np.bool_) if cutoff is None else on_clinical_side(start, cutoff)
    can = improves(start, judged.best)
    improved = improves(np.repeat(start, lengths), scores.totals)
    series = np.repeat(np.arange(lengths.size), lengths)
    at = np.flatnonzero(improved)
    seen, place = np.unique(series[at], return_index=True)
    once = np.full(lengths.size, -1, dtype=np.int64)
    once[seen] = at[place] - scores.offsets[seen]
    twice = first_confirmed(improved, scores.offsets)

    def curve(event: IntArray) -> SurvivalCurve:
        days, happened, kept = days_to_first(event, scores.days, scores.offsets)
        counted = (is_case & can)[kept]
        return kaplan_meier(days[counted], happened[counted])

    return ImprovementTimes(
        once=curve(once),
        twice=curve(twice),
        functional=int(np.count_nonzero(again & ~is_case)),
        out_of_reach=int(np.count_nonzero(again & is_case & ~can)),
    )
