"""How do the results of a batch become rows of the derived tables?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.change import CATEGORIES
from analytics.course import Course
from analytics.expectation.expected import COURSE_CODES
from analytics.level import PLATEAU_KINDS
from analytics.plateau import STATES
from analytics.process import ALERTS

RECENT = 12

_FIRST = "first score that differs reliably from the baseline"
_HELD = "held so far"

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some whole series: one value a score, and one a series."""

    series_id: IntArray
    episode_key: IntArray
    which: IntArray
    respondent: pa.Array
    offsets: IntArray
    day: IntArray
    session: IntArray
    total: FloatArray


def _words(codes: npt.NDArray[np.int8], words: tuple[str, ...]) -> pa.Array:
    index = pa.array(codes.astype(np.int8), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(words))


def _numbers(values: FloatArray) -> pa.Array:
    return pa.array(values, from_pandas=True)  # NaN becomes NULL


def _days(days: IntArray, where: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), mask=where).cast(pa.date32())


def result_rows(batch: Batch, found: Course, names: tuple[str, ...]) -> pa.Table:
    """Return one row a series for the table ``result``; *names* are those of the instruments."""
    first, end = batch.offsets[:-1], batch.offsets[1:]
    since = found.category_since
    unknown = found.sudden_evaluable <= 0
    lengths = np.minimum(end - first, RECENT)
    list_offsets = np.concatenate([[0], np.cumsum(lengths)])
    inside = np.arange(list_offsets[-1]) - np.repeat(list_offsets[:-1], lengths)
    recent = batch.total[np.repeat(end - lengths, lengths) + inside]
    columns = {
        "series_id": pa.array(batch.series_id.astype(np.int32)),
        "episode_key": pa.array(batch.episode_key.astype(np.int32)),
        "instrument": pa.DictionaryArray.from_arrays(
            pa.array(batch.which.astype(np.int16)), pa.array(names)
        ),
        "respondent": batch.respondent,
        "n": pa.array((end - first).astype(np.int32)),
        "first_on": _days(batch.day[first]),
        "last_on": _days(batch.day[end - 1]),
        "baseline": _numbers(found.baseline),
        "latest": _numbers(found.latest),
        "change": _numbers(found.change),
        "improvement": _numbers(found.improvement),
        "rci": _numbers(found.rci),
        "category": _words(found.category, CATEGORIES),
        "confirmed": pa.array(found.confirmed),
        "category_since": _days(batch.day[first + np.maximum(since, 0)], since < 0),
        "slope_per_week": _numbers(found.slope_per_week),
        "slope_low": _numbers(found.slope_low),
        "slope_high": _numbers(found.slope_high),
        "theil_sen_per_week": _numbers(found.theil_sen_per_week),
        "theil_sen_low": _numbers(found.theil_sen_low),
        "theil_sen_high": _numbers(found.theil_sen_high),
        "mann_kendall_p": _numbers(found.mann_kendall_p),
        "shrunken_slope": _numbers(found.shrunken_slope),
        "shrunken_weight": _numbers(found.shrunken_weight),
        "state": _words(found.state, STATES),
        "state_window": pa.array(found.state_window.astype(np.int32), mask=found.state_window == 0),
        "block_weeks": _numbers(found.block_weeks),
        "block_change": _numbers(found.block_change),
        "block_low": _numbers(found.block_low),
        "block_high": _numbers(found.block_high),
        "plateau_kind": _words(found.plateau_kind, PLATEAU_KINDS),
        "level": _numbers(found.level),
        # Where no interval could be judged there is no count: none is not the same as unknown.
        "sudden_gains": pa.array(found.sudden_gains.astype(np.int32), mask=unknown),
        "sudden_losses": pa.array(found.sudden_losses.astype(np.int32), mask=unknown),
        "sudden_evaluable": pa.array(
            found.sudden_evaluable.astype(np.int32), mask=found.sudden_evaluable < 0
        ),
        "expected": _numbers(found.expected),
        "expected_amber": _numbers(found.expected_amber),
        "expected_limit": _numbers(found.expected_limit),
        "not_on_track": _words(found.not_on_track, COURSE_CODES),
        "alert": _words(found.alert, ALERTS),
        "alert_since": _days(
            batch.day[first + np.maximum(found.alert_since, 0)], found.alert_since < 0
        ),
        "flags": pa.array(found.flags.astype(np.int32)),
        "recent": pa.ListArray.from_arrays(
            pa.array(list_offsets.astype(np.int32)), pa.array(recent)
        ),
    }
    return pa.table(columns)


def event_rows(batch: Batch, found: Course) -> Iterator[pa.Table]:
    """Yield the rows of the table ``event``, one kind after the other."""
    first = batch.offsets[:-1]
    for kind, index in (
        ("reliable_improvement", found.first_improved),
        ("reliable_deterioration", found.first_deteriorated),
    ):
        rows = np.flatnonzero(index >= 0)
        if not len(rows):
            continue
        at = first[rows] + index[rows]
        session = batch.session[at]
        yield pa.table(
            {
                "series_id": pa.array(batch.series_id[rows].astype(np.int32)),
                "episode_key": pa.array(batch.episode_key[rows].astype(np.int32)),
                "kind": pa.array([kind] * len(rows)),
                "session_no": pa.array(session.astype(np.int32), mask=session < 0),
                "happened_on": _days(batch.day[at]),
                "size": pa.array(batch.total[at] - batch.total[first[rows]]),
                "detail": pa.array([_FIRST] * len(rows)),
            }
        )
    yield from _jumps(batch, found)


def _jumps(batch: Batch, found: Course) -> Iterator[pa.Table]:
    """Return the sudden gains and losses, on the day of the first score after the jump."""
    jumps = found.jumps
    if not len(jumps.series):
        return
    first = batch.offsets[jumps.series]
    at = first + jumps.row
    session, is_back = batch.session[at], jumps.reversed_row >= 0
    back = batch.day[first + np.maximum(jumps.reversed_row, 0)].astype("datetime64[D]")
    yield pa.table(
        {
            "series_id": pa.array(batch.series_id[jumps.series].astype(np.int32)),
            "episode_key": pa.array(batch.episode_key[jumps.series].astype(np.int32)),
            "kind": pa.array(np.where(jumps.is_gain, "sudden_gain", "sudden_loss")),
            "session_no": pa.array(session.astype(np.int32), mask=session < 0),
            "happened_on": _days(batch.day[at]),
            "size": pa.array(batch.total[at] - batch.total[at - 1]),
            "detail": pa.array(
                np.where(is_back, np.char.add("given back by half on ", back.astype(str)), _HELD)
            ),
        }
    )
