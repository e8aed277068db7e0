"""Which results follow from the scores of each series?

Series are read in batches of about a million scores, which bounds the memory at any size
of the store. DuckDB filters and sorts; ``analytics`` computes; DuckDB keeps the results.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.change import CATEGORIES
from analytics.course import Course, course
from analytics.expected import COURSE_CODES
from analytics.level import PLATEAU_KINDS
from analytics.plateau import STATES
from analytics.process import ALERTS
from data.errors import DataError
from data.library import Library

BATCH_SCORES = 1_000_000
WRITTEN_ROWS = 400_000
RECENT = 12

_FIRST = "first score that differs reliably from the baseline"
_HELD = "held so far"

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some whole series: one value a score, and one a series."""

    series_id: IntArray
    episode_key: IntArray
    which: IntArray
    respondent: pa.Array
    offsets: IntArray
    day: IntArray
    session: IntArray
    total: FloatArray


def derive(
    con: duckdb.DuckDBPyConnection,
    library: Library,
    *,
    only_touched: bool,
    temporary: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Write ``result`` and ``event`` for all series, or for those in the table ``touched``.

    Temporary tables belong to one connection, so a second thread cannot write them: say
    *temporary* where the two tables are.
    """
    names = tuple(library.instruments)
    known = pa.table(
        {"instrument": pa.array(names), "which": pa.array(range(len(names)), pa.int32())}
    )
    con.register("known_instrument", known)
    concerned = "SEMI JOIN touched USING (series_id)" if only_touched else ""
    lost = con.execute(
        f"SELECT DISTINCT instrument FROM (SELECT * FROM series {concerned}) "
        "ANTI JOIN known_instrument USING (instrument)"
    ).fetchall()
    if lost:
        raise DataError(
            f"The store holds scores of {', '.join(name for (name,) in lost)}, of which no facts are "
            "known any more. Put the instrument's TOML file back into the store's library folder."
        )
    rules = tuple(library.judging(name) for name in names)
    if only_touched:
        for table in ("result", "event"):
            con.execute(f"DELETE FROM {table} WHERE series_id IN (SELECT series_id FROM touched)")
    else:
        con.execute("DELETE FROM result")
        con.execute("DELETE FROM event")
    with _Writer(con, alone=only_touched or temporary) as written:
        for batch, done, whole in _batches(con, only_touched):
            starts = batch.day[batch.offsets[:-1]].repeat(np.diff(batch.offsets))
            weeks = (batch.day - starts) / 7.0
            found = course(
                weeks,
                batch.total,
                batch.offsets,
                criteria=rules,
                which=batch.which,
                sessions=batch.session,
            )
            written.add("result", _results(batch, found, names))
            for events in _events(batch, found):
                written.add("event", events)
            if progress is not None:
                progress("deriving", done, whole)
    con.unregister("known_instrument")


class _Writer:
    """Inserts results in a second thread, many at once, while the next ones are computed.

    Small inserts would be written twice (log and file) and on one core.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, *, alone: bool) -> None:
        self._thread = None if alone else ThreadPoolExecutor(1)
        self._con = con if alone else con.cursor()
        self._pending: list[Future[None]] = []
        self._waiting: dict[str, list[pa.Table]] = {"result": [], "event": []}

    def add(self, table: str, rows: pa.Table) -> None:
        """Take rows for *table*; the order of rows is kept."""
        self._waiting[table].append(rows)
        if sum(r.num_rows for r in self._waiting[table]) >= WRITTEN_ROWS:
            self._hand_over(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write what waits, unless something failed; wait for all, and raise what went wrong."""
        try:
            if kind is None:
                for table in self._waiting:
                    self._hand_over(table)
                for done in self._pending:
                    done.result()
        finally:
            if self._thread is not None:
                self._thread.shutdown()
                self._con.close()

    def _hand_over(self, table: str) -> None:
        if not self._waiting[table]:
            return
        rows = pa.concat_tables(self._waiting[table])
        self._waiting[table].clear()
        if self._thread is None:
            self._insert(table, rows)
            return
        while len(self._pending) > 1:  # one being written, one ready: memory stays bounded
            self._pending.pop(0).result()
        self._pending.append(self._thread.submit(self._insert, table, rows))

    def _insert(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(rows.column_names)
        self._con.register("derived", rows)
        self._con.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM derived")
        self._con.unregister("derived")


def _batches(
    con: duckdb.DuckDBPyConnection, only_touched: bool
) -> Iterator[tuple[_Batch, int, int]]:
    if only_touched:
        # Their new scores lie behind all others, so they are sorted at once.
        yield from _one(con, "series_id IN (SELECT series_id FROM touched)", [], in_order=False)
        return
    highest, scores = con.execute(
        "SELECT (SELECT coalesce(max(series_id), 0) FROM series), (SELECT count(*) FROM score)"
    ).fetchall()[0]
    step = max(1, int(highest * BATCH_SCORES / max(scores, 1)))
    for start in range(0, highest + 1, step):
        for batch, _, _ in _one(con, "series_id BETWEEN ? AND ?", [start, start + step - 1]):
            yield batch, min(start + step, highest), highest


def _one(
    con: duckdb.DuckDBPyConnection, where: str, values: list[int], *, in_order: bool = True
) -> Iterator[tuple[_Batch, int, int]]:
    select = (
        "SELECT series_id, administered_on, coalesce(session_no, -1) AS session_no, total "
        f"FROM score WHERE total IS NOT NULL AND {where}"
    )
    order = "ORDER BY series_id, administered_on, session_no"
    scores = con.sql(select if in_order else f"{select} {order}", params=values).to_arrow_table()
    if not scores.num_rows:
        return
    if in_order and not _is_sorted(scores):  # appended scores lie behind until the next rebuild
        scores = con.sql(f"{select} {order}", params=values).to_arrow_table()
    series = con.sql(
        "SELECT s.series_id, s.episode_key, k.which, s.respondent FROM series s "
        f"JOIN known_instrument k USING (instrument) WHERE s.{where} ORDER BY s.series_id",
        params=values,
    ).to_arrow_table()
    ids = _ints(scores["series_id"])
    starts = np.flatnonzero(np.diff(ids, prepend=ids[0] - 1))
    present = ids[starts]
    at = np.searchsorted(_ints(series["series_id"]), present)
    yield (
        _Batch(
            present,
            _ints(series["episode_key"])[at],
            _ints(series["which"])[at],
            series["respondent"].combine_chunks().take(pa.array(at)),
            np.append(starts, len(ids)),
            _ints(scores["administered_on"].cast(pa.int32())),
            _ints(scores["session_no"]),
            scores["total"].to_numpy(),
        ),
        1,
        1,
    )


def _ints(column: pa.ChunkedArray) -> IntArray:
    values: IntArray = column.to_numpy().astype(np.int64, copy=False)
    return values


def _is_sorted(scores: pa.Table) -> bool:
    series, day, session = (_ints(scores[n].cast(pa.int32())) for n in scores.column_names[:3])
    key = (series << 20) + day
    step = np.diff(key)
    return bool((step >= 0).all() and (np.diff(session)[step == 0] >= 0).all())


def _words(codes: npt.NDArray[np.int8], words: tuple[str, ...]) -> pa.Array:
    index = pa.array(codes.astype(np.int8), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(words))


def _numbers(values: FloatArray) -> pa.Array:
    return pa.array(values, from_pandas=True)  # NaN becomes NULL


def _days(days: IntArray, where: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), mask=where).cast(pa.date32())


def _results(batch: _Batch, found: Course, names: tuple[str, ...]) -> pa.Table:
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


def _events(batch: _Batch, found: Course) -> Iterator[pa.Table]:
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


def _jumps(batch: _Batch, found: Course) -> Iterator[pa.Table]:
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
