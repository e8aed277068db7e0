"""Would our flags have foretold how this service's own closed episodes ended?

Whatever is estimated from the record is estimated from one half of the clients; the rules are
tried on the other half.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics.back_test.alert_budget import Budgeted, Count, Unit, Workload, threshold_for_budget
from analytics.back_test.evaluation import BackTest, back_test, poor_ends
from analytics.back_test.replay import (
    Judge,
    Replay,
    above_expected,
    by_course,
    points_worse,
    replay,
)
from analytics.criteria import Criteria, criteria
from analytics.estimates import Estimates, pooled_spread
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.episodes import cases, flat_series
from analytics.expectation.growth import Refusal, fit_growth
from analytics.sensitivity.samples import own_norms
from analytics.series import BoolArray, FloatArray, IntArray
from data.closed import ClosedEpisodes
from data.errors import DataError
from data.library import Library
from data.scope import Scope
from data.store import Store

Outcome = Literal["reliable deterioration", "no reliable improvement"]

#: More episodes than this make the intervals no narrower than anybody needs.
MOST_EPISODES = 20_000
POINTS = "points worse than the first score"
DISTANCE = "SDs above the expected course"
#: Two-sided shares of clients within the limits that are tried; the average itself is naive.
_SHARES = (0.68, 0.80, 0.90, 0.95)


@dataclass(frozen=True, slots=True)
class BackTested:
    """What our rules, and rules of thumb beside them, would have said of closed episodes.

    Attributes
    ----------
    instrument, outcome
        Of which questionnaire, and what was to be foretold.
    rules
        Id and version of the rule profile.
    closed
        Closed episodes in scope with a total of the questionnaire.
    fitted_on
        Episodes of the one half of clients, from which figures were estimated.
    replayed
        Episodes of the other half, which were replayed.
    too_short
        Episodes left out because they have one score only, in either half.
    left_out
        Episodes left out because there are more than can be replayed at once.
    figures
        Sentences on what was estimated from which half, and what could not be.
    tests
        One result a rule and threshold. ``points worse than the first score`` at one step of
        the scale is the rule of thumb "any worse score", at the standard error "worse by 1
        SEM"; ``SDs above the expected course`` at 0 is "worse than the average".
    judged
        The numbers by which the rules judged.
    seen, workload
        What the rules said at each look, and where the sessions took place; no workload where
        an episode names no clinician.
    """

    instrument: str
    outcome: Outcome
    rules: str
    closed: int
    fitted_on: int
    replayed: int
    too_short: int
    left_out: int
    figures: tuple[str, ...]
    tests: tuple[BackTest, ...]
    judged: Criteria
    seen: Replay
    workload: Workload | None


def back_test_store(
    store: Store,
    instrument: str,
    *,
    scope: Scope,
    outcome: Outcome = "reliable deterioration",
    thresholds: Mapping[str, Sequence[float]] | None = None,
    at_most: int = MOST_EPISODES,
) -> BackTested:
    """Replay the closed episodes of a store, within a scope; see `back_test_episodes`.

    Raises
    ------
    DataError
        As in `back_test_episodes`.
    """
    return back_test_episodes(
        store.reader(scope).closed(instrument) if instrument in store.library.instruments else None,
        instrument,
        store.library,
        outcome=outcome,
        thresholds=thresholds,
        at_most=at_most,
    )


def back_test_episodes(
    closed: ClosedEpisodes | None,
    instrument: str,
    library: Library,
    *,
    outcome: Outcome = "reliable deterioration",
    thresholds: Mapping[str, Sequence[float]] | None = None,
    at_most: int = MOST_EPISODES,
) -> BackTested:
    """Return how well each rule would have foretold the end of closed episodes.

    Clients are dealt into two halves by a hash of their id, so that both episodes of one client
    are in the same half. The expected course is fitted on the first half, and so are norms and
    spread where the service judges by its own; every rule is replayed on the second half,
    score by score, with only the scores so far.

    The outcome and a change since the first score share this first score and its error, which
    flatters every rule that looks at the change. A rule that says nothing of some clients is
    judged on the others: compare `analytics.back_test.evaluation.BackTest.n` before comparing shares.

    Parameters
    ----------
    closed
        The episodes; ``None`` where the questionnaire is not known.
    instrument
        Id of an outcome questionnaire.
    library
        The facts and rules, and the service's own figures. These were estimated from all
        clients: they say which figures to estimate anew, and are not used themselves.
    outcome
        What is to be foretold, judged by the last score against the first.
    thresholds
        By rule, the thresholds to try; those of `default_thresholds`, if left out.
    at_most
        Number of episodes to use at most; those with the smallest hash are taken.

    Raises
    ------
    DataError
        If the questionnaire is unknown, is no outcome measure or has no criterion of reliable
        change, or if no closed episode in scope can be replayed.
    """
    facts = library.instruments.get(instrument)
    if facts is None or closed is None:
        raise DataError(f"{instrument!r} is not a known instrument. Nothing was replayed.")
    reliable = criteria(facts, library.rules, library.figures.get(instrument)).reliable_change
    if facts.role != "outcome" or reliable is None:
        raise DataError(
            f"{facts.name} cannot be back-tested: that needs an outcome measure with a criterion of "
            "reliable change. Nothing was replayed."
        )
    long_enough = np.flatnonzero(np.diff(closed.offsets) >= 2)
    hashes = np.array([_hash(closed.clients[at]) for at in long_enough], dtype=np.uint64)
    places = long_enough[np.sort(np.argsort(hashes, kind="stable")[:at_most])]
    first_half = np.array([in_first_half(closed.clients[at]) for at in places], dtype=np.bool_)
    fitting, tried = closed.only(places[first_half]), closed.only(places[~first_half])
    if not tried.size:
        raise DataError(
            f"{facts.name}: no closed episode with two scores or more is there to be replayed (of "
            f"{closed.size} with a score). Nothing was replayed."
        )
    own, figures = _estimated(fitting, library)
    judged = criteria(facts, library.rules, own)
    if judged.reliable_change is None:
        raise DataError(
            f"{facts.name} cannot be back-tested: half of the clients are too few for norms of the "
            "service's own, and without them there is no criterion. Nothing was replayed."
        )
    judges = [by_course(judged), points_worse(facts.better)]
    judges += [] if judged.curve is None else [above_expected(judged.curve)]
    seen = replay(_together(judges), tried.weeks, tried.scores, tried.offsets)
    not_improved, worse = poor_ends(
        tried.scores,
        tried.offsets,
        criterion=judged.reliable_change.value,
        inclusive=judged.reliable_inclusive,
        better=facts.better,
    )
    ended_so: BoolArray = worse if outcome == "reliable deterioration" else not_improved
    workload = (
        Workload(tried.days.astype("datetime64[D]"), tried.clinicians)
        if all(tried.clinicians)
        else None
    )
    chosen = default_thresholds(judged, facts.step) if thresholds is None else thresholds
    unknown = sorted(set(chosen) - set(seen.measures))
    if thresholds is not None and unknown:
        raise DataError(
            f"There is no rule {unknown[0]!r} here; there are {', '.join(seen.measures)}. Nothing "
            "was replayed."
        )
    known = {rule: values for rule, values in chosen.items() if rule in seen.measures}
    return BackTested(
        instrument=instrument,
        outcome=outcome,
        rules=f"{library.rules.id} {library.rules.version}",
        closed=closed.size,
        fitted_on=fitting.size,
        replayed=tried.size,
        too_short=closed.size - long_enough.size,
        left_out=long_enough.size - places.size,
        figures=figures,
        tests=tuple(back_test(seen, ended_so, thresholds=known, workload=workload)),
        judged=judged,
        seen=seen,
        workload=workload,
    )


def default_thresholds(judged: Criteria, step: float) -> dict[str, tuple[float, ...]]:
    """Return the thresholds that are tried where nobody names any.

    Parameters
    ----------
    judged
        The numbers of the questionnaire.
    step
        Distance between two neighbouring totals, in points.
    """
    points = {step}
    points |= {known.value for known in (judged.sem, judged.reliable_change) if known is not None}
    # Each limit is two-sided; only its worse side warns.
    limits = (NormalDist().inv_cdf((1 + share) / 2) for share in _SHARES)
    return {
        "not on track": (1.0, 2.0),
        POINTS: tuple(sorted(points)),
        DISTANCE: (0.0, *limits),
    }


def solve_threshold(
    found: BackTested,
    rule: str,
    *,
    budget: float,
    unit: Unit = "100 sessions",
    count: Count = "first",
) -> Budgeted:
    """Return the lowest threshold of a rule that raises no more flags than can be answered.

    Parameters
    ----------
    found
        What `back_test_store` returned.
    rule, budget, unit, count
        As in `analytics.back_test.alert_budget.threshold_for_budget`.

    Raises
    ------
    DataError
        If there is no such rule, the budget is negative, or flags per clinician-week are asked
        for and an episode names no clinician.
    """
    try:
        return threshold_for_budget(
            found.seen, rule, budget=budget, unit=unit, count=count, workload=found.workload
        )
    except ValueError as error:
        raise DataError(f"{error} No threshold was sought.") from None


def in_first_half(client: str) -> bool:
    """Return whether a client's episodes are those from which figures are estimated.

    It hangs on the id alone, so that a client stays in one half whoever else there is.

    >>> [in_first_half(f"C-{number}") for number in range(1, 7)]
    [False, True, False, True, False, False]
    """
    return _hash(client) % 2 == 0


def _hash(client: str) -> int:
    """Return a number that is as good as drawn at random, and always the same."""
    return int.from_bytes(hashlib.sha256(f"back-test {client}".encode()).digest()[:8], "big")


def _estimated(fitting: ClosedEpisodes, library: Library) -> tuple[Estimates, tuple[str, ...]]:
    """Return what the first half says of the questionnaire, with sentences on it."""
    facts = library.instruments[fitting.instrument]
    in_use = library.figures.get(facts.id)
    norms = spread = None
    told = []
    if in_use is not None and in_use.norms is not None:
        norms, why = own_norms(fitting.scores[fitting.offsets[:-1]])
        told.append(why or f"Norms of first scores: {fitting.size:,} episodes of the first half.")
    if in_use is not None and in_use.spread is not None:
        spread = pooled_spread(fitting.weeks, fitting.scores, fitting.offsets)
        told.append(
            "The first half is too small for a spread of single scores of its own."
            if spread is None
            else f"Spread of single scores: {spread.clients:,} episodes of the first half."
        )
    begun = cases(fitting.scores, fitting.offsets, library.judging(facts.id).cutoff)
    grown = fit_growth(
        *flat_series(fitting.weeks, fitting.scores, fitting.offsets, begun),
        instrument=facts.id,
        minimum=facts.minimum,
        maximum=facts.maximum,
        better=facts.better,
    )
    curve: GrowthCurve | None
    if isinstance(grown, Refusal):
        curve = library.curves.get(facts.id)
        told.append(
            f"Expected course: none from the first half. {grown.reason} "
            + ("So none is tried." if curve is None else f"In its place: {curve.source}")
        )
    else:
        curve = grown
        told.append(f"Expected course, from the first half of the clients: {grown.source}")
    return Estimates(facts.id, facts.version, norms=norms, spread=spread, curve=curve), tuple(told)


def _together(judges: Sequence[Judge]) -> Judge:
    """Return one judge who says what all of them say."""

    def judge(
        weeks: FloatArray, scores: FloatArray, offsets: IntArray
    ) -> Mapping[str, npt.ArrayLike]:
        said: dict[str, npt.ArrayLike] = {}
        for one in judges:
            said |= one(weeks, scores, offsets)
        # 5.1 - 5.0 is a hair below 0.1 in binary, and a threshold of one step would miss it.
        said[POINTS] = np.round(np.asarray(said[POINTS], dtype=np.float64), 9)
        return said

    return judge
