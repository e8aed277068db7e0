"""Which method takes which part of the derivation's time?"""

import time
from collections.abc import Callable, Iterator

import numpy as np

from analytics.change import change_category, improvement, reliable_direction, unbroken_run
from analytics.course import course
from analytics.criteria import Criteria
from analytics.expectation.expected import course_limit, expected_course, not_on_track
from analytics.plateau import plateau_rows
from analytics.process import alert_rows
from analytics.ranks import rank_rows
from analytics.series import FloatArray, buckets
from analytics.shrinkage import shrunken_slope_rows
from analytics.sudden.gains import sudden_rows
from analytics.sudden.slots import SlotArray, place
from analytics.trend import ols_rows
from data.derive import read_batches, weeks_of
from data.derived_rows import Batch
from data.store import Store

Method = Callable[[FloatArray, FloatArray, SlotArray, Criteria], object]


def method_shares(store: Store) -> dict[str, float]:
    """Return the seconds that each method takes for all scores of a store, in this process.

    Each method runs by itself over the same matrices; *all of it* is one pass of `course`,
    which also puts the results in place.
    """
    seconds = dict.fromkeys((*_METHODS, _SLOTS, _COURSES, ALL), 0.0)
    names = tuple(store.library.instruments)
    judging = [store.library.judging(name) for name in names]
    gaps = np.array([c.plateau.gap_weeks for c in judging])
    for batch in _of(store):
        weeks, session = weeks_of(batch), batch.session.astype(np.int32)
        with _timing(seconds, ALL):
            course(
                weeks,
                batch.total,
                batch.offsets,
                criteria=judging,
                which=batch.which,
                sessions=session,
            )
        with _timing(seconds, _SLOTS):
            slot = place(weeks, session, batch.offsets, gaps[batch.which], 1)
        for bucket in buckets(batch.offsets, batch.which):
            at = bucket.positions
            matrices = weeks[at], batch.total[at], slot[at]
            for name, method in _METHODS.items():
                with _timing(seconds, name):
                    method(*matrices, judging[bucket.group])
        with _timing(seconds, _COURSES):
            _hold_against_courses(batch, weeks, judging)
    return seconds


ALL = "all of it, results put in place"
_SLOTS = "grid of sessions"
_COURSES = "expected course"


class _timing:  # noqa: N801 - used like a word: with _timing(seconds, name)
    """Adds the time that its block takes."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] += time.perf_counter() - self._start


def _of(store: Store) -> Iterator[Batch]:
    parent = store.parent(store.current())
    if parent is None:
        raise RuntimeError("the benchmark's store is empty")
    with parent.cursor() as con:
        for batch, _, _ in read_batches(con, store.library):
            yield batch


def _slope(weeks: FloatArray, scores: FloatArray, _: SlotArray, judging: Criteria) -> object:
    return ols_rows(weeks, scores, judging.confidence)


def _ranks(weeks: FloatArray, scores: FloatArray, _: SlotArray, judging: Criteria) -> object:
    return rank_rows(weeks, scores, judging.confidence)


def _plateau(weeks: FloatArray, scores: FloatArray, _: SlotArray, judging: Criteria) -> object:
    return plateau_rows(weeks, scores, judging.plateau)


def _change(_: FloatArray, scores: FloatArray, __: SlotArray, judging: Criteria) -> object:
    reliable = judging.reliable_change
    if reliable is None or len(scores) < 2:
        return None
    inclusive = judging.reliable_inclusive
    gained = improvement(scores[0], scores, judging.better)
    direction = reliable_direction(gained, criterion=reliable.value, inclusive=inclusive)
    category = change_category(
        scores[0],
        scores[-1],
        criterion=reliable.value,
        inclusive=inclusive,
        cutoff=judging.cutoff,
        better=judging.better,
    )
    return unbroken_run(direction), category


def _sudden(_: FloatArray, scores: FloatArray, slot: SlotArray, judging: Criteria) -> object:
    return None if judging.sudden is None else sudden_rows(slot, scores, judging.sudden)


def _shrunken(weeks: FloatArray, scores: FloatArray, _: SlotArray, judging: Criteria) -> object:
    prior = judging.slope_prior(len(scores))
    if prior is None or judging.spread is None:
        return None
    return shrunken_slope_rows(weeks, scores, judging.spread.value, prior)


def _alert(_: FloatArray, scores: FloatArray, __: SlotArray, judging: Criteria) -> object:
    marks = judging.marks
    return alert_rows(scores, marks.below, marks.drop, judging.better, inclusive=marks.inclusive)


def _hold_against_courses(batch: Batch, weeks: FloatArray, judging: list[Criteria]) -> None:
    first, last = batch.offsets[:-1], batch.offsets[1:] - 1
    for number, one in enumerate(judging):
        own = np.flatnonzero(batch.which == number)
        if one.curve is None or not own.size:
            continue
        intake, week, latest = batch.total[first[own]], weeks[last[own]], batch.total[last[own]]
        expected_course(one.curve, intake, week)
        for share in (one.course_amber, one.course_red):
            course_limit(one.curve, intake, week, share=share)
        not_on_track(one.curve, intake, week, latest)


_METHODS: dict[str, Method] = {
    "least squares slope": _slope,
    "Theil-Sen and Mann-Kendall": _ranks,
    "reliable change, category, runs": _change,
    "plateau": _plateau,
    "sudden gains and losses": _sudden,
    "shrunken slopes": _shrunken,
    "alerts of process measures": _alert,
}
