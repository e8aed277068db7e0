"""Which results follow from the scores of each series?

Series are read in batches of about a million scores, which bounds the memory at any size
of the store. DuckDB filters and sorts; ``analytics`` computes; DuckDB keeps the results.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import duckdb
import numpy as np
import pyarrow as pa

from analytics.course import course
from data.derived_rows import Batch, FloatArray, IntArray, event_rows, result_rows
from data.errors import DataError
from data.library import Library

BATCH_SCORES = 1_000_000
WRITTEN_ROWS = 400_000


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
    names = _know_instruments(con, library)
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
            found = course(
                weeks_of(batch),
                batch.total,
                batch.offsets,
                criteria=rules,
                which=batch.which,
                sessions=batch.session,
            )
            written.add("result", result_rows(batch, found, names))
            for events in event_rows(batch, found):
                written.add("event", events)
            if progress is not None:
                progress("deriving", done, whole)
    con.unregister("known_instrument")


def _know_instruments(con: duckdb.DuckDBPyConnection, library: Library) -> tuple[str, ...]:
    """Register the places of the instruments, in the order of the library, and return them."""
    names = tuple(library.instruments)
    places = pa.array(range(len(names)), pa.int32())
    con.register("known_instrument", pa.table({"instrument": pa.array(names), "which": places}))
    return names


def read_batches(
    con: duckdb.DuckDBPyConnection, library: Library
) -> Iterator[tuple[Batch, int, int]]:
    """Yield every series in batches, as the derivation reads them, with how far that is."""
    _know_instruments(con, library)
    yield from _batches(con, only_touched=False)


def weeks_of(batch: Batch) -> FloatArray:
    """Return the weeks of each score since the first one of its series."""
    starts = batch.day[batch.offsets[:-1]].repeat(np.diff(batch.offsets))
    return (batch.day - starts) / 7.0


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
) -> Iterator[tuple[Batch, int, int]]:
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
) -> Iterator[tuple[Batch, int, int]]:
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
        Batch(
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
