"""How many episodes had a sudden gain, and how many would have one by chance?"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from analytics.change import smallest_reliable_change
from analytics.criteria import Criteria
from analytics.groups.enough import SUPPRESS_BELOW, too_few
from analytics.groups.proportions import proportion
from analytics.instrument import Instrument
from analytics.series import FloatArray
from analytics.simulation import LOOKS, RELIABILITY, SD
from analytics.sudden.chance import SuddenChance, false_positive_rates, permutation_p
from analytics.sudden.gains import SuddenGains, SuddenRule, sudden_gains
from analytics.sudden.slots import slots
from dashboard.views.words import counted, exact, percent
from data.cases import Cases, Scores
from data.library import Library

SIMULATED = 10_000  # clients of each true course
SEED = 1
# Beyond this many scores, fewer permutations keep the waiting within some seconds.
MANY_SCORES = 100_000
PERMUTATIONS, FEWER_PERMUTATIONS = 999, 199

_COURSES = {
    "flat": "of those who do not change",
    "slow": "of those who improve by 0.5 points a week",
    "steady": "of those who improve by 0.9 points a week",
    "slowing": "of those whose improvement slows down",
}
_SMALL_P = 0.05
ABOUT_DEALING = (
    "The scores of each session are dealt anew among those who have one of that session, which "
    "keeps the mean course of the service, and sudden gains are counted again. p is the share of "
    "dealings with as many or more. A small p says that sudden gains are more frequent than "
    "that; a large p says nothing."
)


@dataclass(frozen=True, slots=True)
class SuddenView:
    """What is said of sudden gains; ``reason`` stands alone where nothing can be said.

    ``dealt`` says how many times the scores would be dealt anew; 0 where they cannot be.
    """

    answer: str
    sentences: tuple[str, ...]
    caution: str
    reason: str | None
    about_dealing: str = ""
    dealt: int = 0


def sudden_view(cases: Cases, library: Library) -> SuddenView | None:
    """Return how many episodes had a sudden gain; ``None`` where there is no questionnaire."""
    if cases.measure is None or cases.episode.size < SUPPRESS_BELOW:
        return None
    instrument, judged = library.instruments[cases.measure], library.judging(cases.measure)
    if judged.sudden is None:
        reason = (
            f"{instrument.name}: neither a sudden gain nor a reliable change is defined for it."
        )
        return SuddenView("", (), "", reason)
    found = _found(cases.scores, judged, judged.sudden)
    could = found.evaluable > 0
    n = int(np.count_nonzero(could))
    few = too_few(n, SUPPRESS_BELOW, "episodes with an interval that can be judged")
    if few is not None:
        return SuddenView("", (), "", f"{instrument.name}: {few}")
    return SuddenView(
        answer=_answer(int(np.count_nonzero(found.gains)), n, instrument),
        sentences=(
            *_kept(found),
            _losses(int(np.count_nonzero(found.losses)), n),
            _not_judged(cases.episode.size - n),
            _asked(judged.sudden, instrument),
        ),
        caution=by_chance(judged.sudden),
        reason=None,
        about_dealing=ABOUT_DEALING,
        dealt=PERMUTATIONS if cases.scores.totals.size <= MANY_SCORES else FEWER_PERMUTATIONS,
    )


def by_chance(rule: SuddenRule) -> str:
    """Return how often simulated clients without a jump have a sudden gain."""
    shares = _simulated(replace(rule, criterion=_simulated_criterion(), better="lower"))
    parts = [f"{100 * shares[name]:.1f} % {words}" for name, words in _COURSES.items()]
    return (
        "A sudden gain describes a course and explains nothing: steady improvers have them by "
        f"chance. Of {SIMULATED:,} simulated clients without any jump, scored at {LOOKS} weekly "
        f"sessions like a PHQ-9 (SD {exact(SD)}, reliability {exact(RELIABILITY)}), one or more "
        f"were found in {', '.join(parts[:-1])} and {parts[-1]}; in more of them where the error "
        "of a score lasts from week to week."
    )


def chance_sentences(cases: Cases, library: Library, *, dealt: int) -> tuple[str, ...]:
    """Return what a service's scores say when they are dealt anew among its clients."""
    if cases.measure is None:
        return ()
    judged = library.judging(cases.measure)
    if judged.sudden is None:
        return ()
    scores = cases.scores
    place = slots(
        _weeks(scores),
        scores.sessions,
        scores.offsets,
        interval_weeks=judged.plateau.gap_weeks,
        from_session=judged.sudden_from_session,
    )
    found = permutation_p(
        place, scores.totals, scores.offsets, rule=judged.sudden, permutations=dealt, seed=SEED
    )
    return _chance(found)


def _chance(found: SuddenChance) -> tuple[str, ...]:
    if found.p is None or found.expected is None:
        return (found.reason or "",)
    least = 1 / (1 + found.permutations)
    p = f"p = {found.p:.3f}"
    if found.p <= least:
        p = f"never as many: p = {least:.3f}, the smallest that so many can give"
    if found.p <= _SMALL_P:
        meaning = (
            "Sudden gains are more frequent here than dealt scores give. Which of them means "
            "something, it does not say."
        )
    else:
        meaning = (
            "A p of this size says nothing, and not that sudden gains are chance: dealing mixes "
            "mild with severe clients, and where these lie far apart, that alone makes large steps."
        )
    return (
        f"{counted(found.observed, 'sudden gain')} in the scores as they are; "
        f"{found.expected:.1f} on average where the scores of one session are dealt anew among "
        f"the episodes that have one ({found.permutations:,} times); {p}.",
        meaning,
        f"Behind both stand {found.evaluable:,} intervals that could be judged.",
    )


def _found(scores: Scores, judged: Criteria, rule: SuddenRule) -> SuddenGains:
    return sudden_gains(
        _weeks(scores),
        scores.sessions,
        scores.totals,
        scores.offsets,
        rule=rule,
        interval_weeks=judged.plateau.gap_weeks,
        from_session=judged.sudden_from_session,
    )


def _weeks(scores: Scores) -> FloatArray:
    """Return the weeks since the first score of each episode, as the store derives them."""
    starts = np.repeat(scores.days[scores.offsets[:-1]], np.diff(scores.offsets))
    return np.asarray((scores.days - starts) / 7.0)


def _answer(with_one: int, n: int, instrument: Instrument) -> str:
    share = proportion(with_one, n)
    low, high = 100 * (share.low or 0.0), 100 * (share.high or 0.0)
    return (
        f"{with_one:,} of {n:,} episodes whose {instrument.name} could be judged had a sudden "
        f"gain ({100 * (share.value or 0.0):.1f} %, 95 % interval {low:.1f} to {high:.1f} %)."
    )


def _kept(found: SuddenGains) -> tuple[str, ...]:
    """Return how many of those with a sudden gain gave none of it back."""
    have = np.unique(found.series[found.is_gain])
    if have.size < SUPPRESS_BELOW:
        return ()
    lost = np.unique(found.series[found.is_gain & found.is_reversed])
    kept = have.size - lost.size
    return (
        f"{kept:,} of these {have.size:,} held to the end: no later score gave back more than "
        "half of the gain.",
    )


def _losses(with_one: int, n: int) -> str:
    return f"A sudden loss, the same for the worse, is in {with_one:,} of the {n:,}."


def _not_judged(rest: int) -> str:
    few = counted(rest, "episode has", "episodes have")
    if 0 < rest < SUPPRESS_BELOW:
        few = f"Fewer than {SUPPRESS_BELOW} episodes have"
    return (
        f"{few} no interval with enough scores around it (two of the three sessions on either "
        "side), and count neither as with nor as without one."
    )


def _asked(rule: SuddenRule, instrument: Instrument) -> str:
    return (
        f"Asked for: {exact(rule.criterion)} {instrument.name} points or more from one session "
        f"to the next, at least {percent(rule.share)} of the score before, and a difference "
        "between the means before and after that is large beside their scatter."
    )


def _simulated_criterion() -> float:
    return smallest_reliable_change(SD, RELIABILITY)


@cache
def _simulated(rule: SuddenRule) -> dict[str, float]:
    rates = false_positive_rates(runs=SIMULATED, seed=SEED, rule=rule, trajectories=tuple(_COURSES))
    return {rate.trajectory: rate.share for rate in rates}
