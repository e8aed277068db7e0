"""What would an import of this file do, to the row, without doing it?"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import cast

import duckdb

from data.errors import DataError, RowProblem
from data.formats.delimited import read_header
from data.formats.text import Encoding, Source, encoding_of
from data.generations import connect, generation_path
from data.importing import Judged, admit, judge_file, problems
from data.ledger import Counts, ImportOptions, ImportRecord
from data.scratch import scratch_folder
from data.staging import Progress
from data.store import Store


@dataclass(frozen=True, slots=True)
class MeasureSummary:
    """The new scores of one instrument in a file."""

    instrument: str
    n: int
    lowest: float | None
    highest: float | None
    first_on: date
    last_on: date
    clients_new: int
    clients_known: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """How many rows were set aside for one kind of reason, with the first example."""

    column: str
    code: str
    found: str
    allowed: str
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import of one file would do.

    ``problems`` are the first rows that would be set aside, ``rejected`` the numbers of all
    of them. ``generation`` is the one that the file was compared with.
    """

    file: str
    table: str
    delimiter: str
    encoding: Encoding
    options: ImportOptions
    counts: Counts
    unread: tuple[str, ...]
    set_aside: tuple[SetAside, ...]
    problems: tuple[RowProblem, ...]
    rejected: tuple[int, ...]
    measures: tuple[MeasureSummary, ...]
    generation: int | None
    already_imported_at: datetime | None = None


def preview_import(
    store: Store,
    source: Source,
    options: ImportOptions,
    *,
    today: date,
    progress: Progress | None = None,
) -> Preview:
    """Return what `Store.import_file` would do with *source*, and leave the store as it is.

    The rows are admitted, by the code of the import, into a copy of the generation in use,
    which is thrown away. So the counts are those that the import then reports.

    Raises
    ------
    DataError
        If the file would be refused as a whole, or the disk has no room for the copy.
    """
    source = Source(source.name, source.path, cast("Encoding | None", options.encoding))
    earlier = _imported_before(store, source.path, options)
    number = store.current()
    import_no = store.ledger.next_import_no()
    with _throwaway(store.root, number) as con:
        judged = judge_file(
            con, source, options, library=store.library, today=today, progress=progress
        )
        con.execute("CREATE TEMP TABLE known AS SELECT DISTINCT client_id FROM episode")
        counts = admit(con, judged, import_no)
        if earlier is not None:  # as the import itself then does: it writes nothing at all
            c = earlier.counts
            counts = replace(c, accepted=0, duplicate=c.accepted + c.duplicate)
        delimiter, _ = read_header(source)
        return Preview(
            file=source.name,
            table=judged.table,
            delimiter=delimiter,
            encoding=encoding_of(source),
            options=options,
            counts=counts,
            unread=judged.unread,
            set_aside=_reasons(con, judged),
            problems=tuple(problems(con, judged.staged)),
            rejected=_rejected(con, judged),
            measures=_measures(con, import_no),
            generation=number,
            already_imported_at=None if earlier is None else earlier.imported_at,
        )


def _imported_before(store: Store, path: Path, options: ImportOptions) -> ImportRecord | None:
    try:
        with path.open("rb") as file:
            sha = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    for record in store.ledger.imports():
        if (record.sha256, record.options) == (sha, options) and record.undone_at is None:
            return record
    return None


@contextmanager
def _throwaway(root: Path, number: int | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a writable copy of a generation (or an empty one) that vanishes afterwards."""
    with scratch_folder(root) as folder:
        path = folder / "copy.duckdb"
        try:
            if number is not None:
                shutil.copyfile(generation_path(root, number), path)
            con = connect(path)
            try:
                con.execute("SET temp_directory = $path", {"path": str(folder)})
                if number is None:
                    schema = resources.files("data").joinpath("schema.sql")
                    con.execute(schema.read_text(encoding="utf-8"))
                yield con
            finally:
                con.close()
        except (OSError, duckdb.IOException) as error:
            first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise DataError(
                f"The file could not be compared with the record ({first}). Free some space and "
                "try again. Nothing was imported."
            ) from None


def _reasons(con: duckdb.DuckDBPyConnection, judged: Judged) -> tuple[SetAside, ...]:
    """Count the rows that were set aside by reason, the most frequent one first."""
    rows = con.execute(
        """
        SELECT column_name, code, arg_min(found, entry), arg_min(allowed, entry), count(*)
        FROM problem GROUP BY column_name, code
        """
    ).fetchall()
    reasons = {(row[0], row[1]): SetAside(*row) for row in rows}
    for problem, _ in judged.staged.problems:
        key = (problem.column, problem.code)
        first = SetAside(*key, problem.found, problem.allowed, 0)
        known = reasons.get(key, first)
        reasons[key] = replace(known, rows=known.rows + 1)
    return tuple(sorted(reasons.values(), key=lambda r: (-r.rows, r.column, r.code)))


def _rejected(con: duckdb.DuckDBPyConnection, judged: Judged) -> tuple[int, ...]:
    rows = con.execute("SELECT DISTINCT entry >> 12 FROM problem").fetchall()
    lines = (problem.row for problem, _ in judged.staged.problems)
    return tuple(sorted({*(int(row[0]) for row in rows), *lines}))


def _measures(con: duckdb.DuckDBPyConnection, import_no: int) -> tuple[MeasureSummary, ...]:
    rows = con.execute(
        """
        SELECT
            s.instrument, count(*), min(x.total), max(x.total),
            min(x.administered_on), max(x.administered_on),
            count(DISTINCT e.client_id) FILTER (WHERE k.client_id IS NULL),
            count(DISTINCT k.client_id)
        FROM score x
        JOIN series s ON s.series_id = x.series_id
        JOIN episode e ON e.episode_key = s.episode_key
        LEFT JOIN known k ON k.client_id = e.client_id
        WHERE x.import_no = ?
        GROUP BY s.instrument
        ORDER BY s.instrument
        """,
        [import_no],
    ).fetchall()
    return tuple(MeasureSummary(*row) for row in rows)
