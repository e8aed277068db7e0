"""Which results does each series have, as a table for people and programs outside?"""

import csv
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from analytics.flags import kinds_of
from data.derive import derive
from data.errors import DataError
from data.results import is_fresh
from data.store import Store

SERIES_COLUMNS = (
    "client_id",
    "episode_id",
    "instrument",
    "n",
    "first_on",
    "last_on",
    "baseline",
    "latest",
    "change",
    "improvement",
    "rci",
    "category",
    "confirmed",
    "slope_per_week",
    "slope_low",
    "slope_high",
    "theil_sen_per_week",
    "state",
    "state_window",
    "block_change",
    "block_low",
    "block_high",
    "plateau_kind",
    "sudden_gains",
    "sudden_losses",
    "expected",
    "expected_limit",
    "not_on_track",
    "category_since",
    "respondent",
    "instrument_version",
    "rules",
    "kernel",
    "generation",
    "fit",
    "theil_sen_low",
    "theil_sen_high",
    "mann_kendall_p",
    "shrunken_slope",
    "shrunken_weight",
    "sudden_evaluable",
    "expected_amber",
    "alert",
    "alert_since",
    "flags",
)
EVENT_COLUMNS = (
    "client_id",
    "episode_id",
    "instrument",
    "kind",
    "session_no",
    "on",
    "size",
    "detail",
    "respondent",
    "instrument_version",
    "rules",
    "kernel",
    "generation",
)
# What a spreadsheet takes for the beginning of a formula, with its full-width twins.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠−")


@dataclass(frozen=True, slots=True)
class Written:
    """How many series and events were written."""

    series: int
    events: int


def write_flags(
    store: Store,
    series_csv: Path,
    events_csv: Path | None = None,
    *,
    as_of: date | None = None,
    instruments: tuple[str, ...] = (),
) -> Written:
    """Write one row a series, and optionally one row an event, in a stable order.

    With *as_of*, only scores up to that day count, as if the later ones had not come.

    Raises
    ------
    DataError
        If the store is empty, its generation cannot be opened, its results were made by other
        rules or facts than those in use, or a file cannot be written.
    """
    with _generation(store) as con:
        if not is_fresh(con, store.library):
            raise DataError(
                "The results in the store were made by other rules or instrument facts than those "
                f"in use now. Run `milepost rebuild --store {store.root}` first. Nothing was written."
            )
        if as_of is not None:
            _only_until(con, store, as_of)
        chosen = list(instruments) or list(store.library.instruments)
        versions = {name: i.version for name, i in store.library.instruments.items()}
        series = _write(series_csv, SERIES_COLUMNS, _series(con, chosen, versions))
        events = 0
        if events_csv is not None:
            events = _write(events_csv, EVENT_COLUMNS, _events(con, chosen, versions))
    return Written(series, events)


@contextmanager
def _generation(store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hand out a connection of its own to the generation in use."""
    number = store.current()
    try:
        parent = store.parent(number)
    except duckdb.IOException:
        raise DataError(
            f"Generation {number} of the store cannot be opened. Run `milepost verify`; `milepost "
            "rebuild` makes it again from the original files. Nothing was written."
        ) from None
    if parent is None:
        raise DataError("The store is empty: import a log first. Nothing was written.")
    with parent.cursor() as con:
        yield con


@contextmanager
def _named(what: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{what} cannot be written ({error.strerror}).") from None


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> int:
    """Write a CSV file whole or not at all; return the number of rows."""
    count = 0
    with _named(path):
        if not path.name:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        part = path.with_name(path.name + ".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(columns)
                for row in rows:
                    writer.writerow([_cell(value) for value in row])
                    count += 1
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return count


def _cell(value: object) -> object:
    """Write numbers bare and text so that no spreadsheet takes it for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return "'" + value
    return value


def _fetch(con: duckdb.DuckDBPyConnection, query: str, values: Any) -> Iterator[tuple[Any, ...]]:
    con.execute(query, values)
    while rows := con.fetchmany(10_000):
        yield from rows


def _series(
    con: duckdb.DuckDBPyConnection, instruments: list[str], versions: dict[str, str]
) -> Iterator[tuple[Any, ...]]:
    query = """
        SELECT
            e.client_id, e.episode_id, r.instrument, r.n, r.first_on, r.last_on, r.baseline,
            r.latest, r.change, r.improvement, r.rci, r.category, r.confirmed, r.slope_per_week,
            r.slope_low, r.slope_high, r.theil_sen_per_week, r.state, r.state_window,
            r.block_change, r.block_low, r.block_high, r.plateau_kind, r.sudden_gains,
            r.sudden_losses, r.expected, r.expected_limit, r.not_on_track, r.category_since,
            s.respondent, m.rules, m.kernel, m.generation, m.fit, r.theil_sen_low,
            r.theil_sen_high, r.mann_kendall_p, r.shrunken_slope, r.shrunken_weight,
            r.sudden_evaluable, r.expected_amber, r.alert, r.alert_since, r.flags
        FROM result r
        JOIN series s ON s.series_id = r.series_id
        JOIN episode e ON e.episode_key = r.episode_key
        CROSS JOIN meta m
        WHERE list_contains($instruments, r.instrument)
        ORDER BY e.client_id, e.episode_id, r.instrument, s.respondent
    """
    for row in _fetch(con, query, {"instruments": instruments}):
        yield (*row[:30], versions[row[2]], *row[30:-1], ";".join(kinds_of(row[-1])))


def _events(
    con: duckdb.DuckDBPyConnection, instruments: list[str], versions: dict[str, str]
) -> Iterator[tuple[Any, ...]]:
    query = """
        SELECT
            e.client_id, e.episode_id, s.instrument, v.kind, v.session_no, v.happened_on, v.size,
            v.detail, s.respondent, m.rules, m.kernel, m.generation
        FROM (
            SELECT series_id, kind, session_no, happened_on, size, detail FROM event
            UNION ALL
            SELECT series_id, 'risk_answer', session_no, administered_on, value,
                'answer to item ' || item
            FROM risk_answer WHERE positive
        ) v
        JOIN series s ON s.series_id = v.series_id
        JOIN episode e ON e.episode_key = s.episode_key
        CROSS JOIN meta m
        WHERE list_contains($instruments, s.instrument)
        ORDER BY
            e.client_id, e.episode_id, s.instrument, s.respondent, v.happened_on, v.session_no,
            v.kind, v.detail, v.size
    """
    for row in _fetch(con, query, {"instruments": instruments}):
        yield (*row[:9], versions[row[2]], *row[9:])


def _only_until(con: duckdb.DuckDBPyConnection, store: Store, day: date) -> None:
    """Put temporary tables before the stored ones, derived from the scores up to *day*."""
    stored = stored_schema(con)
    for table in ("score", "risk_answer"):
        con.execute(
            f"CREATE TEMP VIEW {table} AS SELECT * FROM {stored}.{table} "
            f"WHERE administered_on <= DATE '{day}'"
        )
    shadow_results(con)
    derive(con, store.library, only_touched=False, temporary=True)


def stored_schema(con: duckdb.DuckDBPyConnection) -> str:
    """Return the full name of the generation's schema; a temporary twin never answers to it."""
    return f'"{con.execute("SELECT current_database()").fetchall()[0][0]}".main'


def shadow_results(con: duckdb.DuckDBPyConnection) -> None:
    """Make empty temporary twins of the derived tables; they hide the stored ones."""
    stored = stored_schema(con)
    for table in ("result", "event"):
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {stored}.{table} LIMIT 0"
        )
