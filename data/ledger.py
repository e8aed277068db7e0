"""What did people do with this store, in which order?

A SQLite file with full synchronisation: an act is on the disk before it is acknowledged.
The generations can be made again from this and from the original files.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from data.errors import DataError
from data.generations import KEPT

_SCHEMA = """
CREATE TABLE IF NOT EXISTS import (
    import_no INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    table_name TEXT NOT NULL,
    options TEXT NOT NULL,
    judged_on TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    counts TEXT NOT NULL,
    generation INTEGER NOT NULL,
    undone_at TEXT
);
CREATE TABLE IF NOT EXISTS generation (
    number INTEGER PRIMARY KEY,
    made_at TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fit (
    fit_no INTEGER PRIMARY KEY,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    generation INTEGER NOT NULL,
    figures TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS contents (
    generation INTEGER PRIMARY KEY,
    imports TEXT NOT NULL,
    fit_no INTEGER
);
CREATE TABLE IF NOT EXISTS pointer (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    generation INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a person said one file is to be read. ``mapping`` is the text of a mapping file."""

    encoding: str | None = None
    dates: str = "iso"
    decimal: str = "."
    mapping: str | None = None
    mapping_name: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the rows of one file went: ``rows = accepted + duplicate + quarantined``.

    With a mapping, a row of the file may hold many scores; ``unit`` then says that it is
    scores that are counted.
    """

    rows: int
    accepted: int
    duplicate: int
    quarantined: int
    blank: int = 0
    unit: str = "row"

    def reconciles(self) -> bool:
        """Return whether every row is accounted for."""
        return self.rows == self.accepted + self.duplicate + self.quarantined


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import as the ledger keeps it."""

    import_no: int
    sha256: str
    file: str
    table: str
    options: ImportOptions
    judged_on: date
    imported_by: str
    imported_at: datetime
    counts: Counts
    generation: int
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fit:
    """One fit of the service's own figures, from the scores of one generation, as JSON text."""

    fit_no: int
    made_at: datetime
    made_by: str
    generation: int
    figures: str


class Ledger:
    """The acts of people, in order. Each method is one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._connection() as connection:
            connection.executescript(_SCHEMA)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        except sqlite3.Error as error:
            raise DataError(f"The ledger {self.path.name} cannot be opened ({error}).") from None
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        except sqlite3.Error as error:
            raise DataError(
                f"The ledger {self.path.name} could not be read or written ({error}). "
                "Nothing was changed."
            ) from None
        finally:
            connection.close()

    def imports(self) -> list[ImportRecord]:
        """Return all imports, also those undone, the first one first."""
        with self._connection() as connection:
            rows = connection.execute("SELECT * FROM import ORDER BY import_no").fetchall()
        return [_record(row) for row in rows]

    def pointer(self) -> int | None:
        """Return the number of the generation in use, or ``None`` before the first one."""
        with self._connection() as connection:
            row = connection.execute("SELECT generation FROM pointer").fetchone()
        return None if row is None else int(row[0])

    def next_import_no(self) -> int:
        """Return the number that the next import gets; numbers are never used twice."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT coalesce(max(import_no), 0) + 1 FROM import"
            ).fetchone()
        return int(row[0])

    def next_generation(self) -> int:
        """Return the number of the next generation; numbers are never used twice."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM generation"
            ).fetchone()
        return int(row[0])

    def commit_imports(self, records: Sequence[ImportRecord], reason: str) -> None:
        """Write imports and move the pointer to their generation, together."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for record in records:
                connection.execute(
                    "INSERT INTO import VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                    (
                        record.import_no,
                        record.sha256,
                        record.file,
                        record.table,
                        json.dumps(asdict(record.options), sort_keys=True),
                        record.judged_on.isoformat(),
                        record.imported_by,
                        record.imported_at.isoformat(),
                        json.dumps(asdict(record.counts), sort_keys=True),
                        record.generation,
                    ),
                )
            _point(connection, records[0].generation, reason)
            connection.execute("COMMIT")

    def commit_generation(
        self,
        number: int,
        reason: str,
        *,
        undone: int | None = None,
        counts: dict[int, Counts] | None = None,
        fit: Fit | None = None,
    ) -> None:
        """Move the pointer to a new generation, and mark an import undone or add a fit with it."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if fit is not None:
                connection.execute(
                    "INSERT INTO fit VALUES (?, ?, ?, ?, ?)",
                    (
                        fit.fit_no,
                        fit.made_at.isoformat(),
                        fit.made_by,
                        fit.generation,
                        fit.figures,
                    ),
                )
            if undone is not None:
                connection.execute(
                    "UPDATE import SET undone_at = ? WHERE import_no = ?",
                    (datetime.now(UTC).isoformat(), undone),
                )
            for import_no, count in (counts or {}).items():
                connection.execute(
                    "UPDATE import SET counts = ? WHERE import_no = ?",
                    (json.dumps(asdict(count), sort_keys=True), import_no),
                )
            _point(connection, number, reason, None if fit is None else fit.fit_no)
            connection.execute("COMMIT")

    def fit_in_use(self) -> Fit | None:
        """Return the fit with which the generation in use was made, or ``None``."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT f.fit_no, f.made_at, f.made_by, f.generation, f.figures FROM fit f "
                "JOIN contents c ON c.fit_no = f.fit_no JOIN pointer p ON p.generation = c.generation"
            ).fetchone()
        if row is None:
            return None
        return Fit(int(row[0]), datetime.fromisoformat(row[1]), str(row[2]), int(row[3]), row[4])

    def next_fit_no(self) -> int:
        """Return the number that the next fit gets; numbers are never used twice."""
        with self._connection() as connection:
            row = connection.execute("SELECT coalesce(max(fit_no), 0) + 1 FROM fit").fetchone()
        return int(row[0])

    def known_generations(self) -> set[int]:
        """Return the generations of which it is on record which imports they hold."""
        with self._connection() as connection:
            return {int(row[0]) for row in connection.execute("SELECT generation FROM contents")}

    def move_pointer(self, number: int) -> None:
        """Point to an earlier generation; the imports that it lacks are undone with it."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            held = connection.execute(
                "SELECT imports FROM contents WHERE generation = ?", (number,)
            ).fetchone()
            connection.execute(
                "UPDATE import SET undone_at = coalesce(undone_at, ?)",
                (datetime.now(UTC).isoformat(),),
            )
            for import_no, counts in json.loads(held[0]):
                connection.execute(
                    "UPDATE import SET undone_at = NULL, counts = ? WHERE import_no = ?",
                    (counts, import_no),
                )
            connection.execute("UPDATE pointer SET generation = ?", (number,))
            connection.execute("COMMIT")


def _point(
    connection: sqlite3.Connection, number: int, reason: str, fit_no: int | None = None
) -> None:
    """Point to a new generation; it keeps the fit of the one before, unless it has its own."""
    connection.execute(
        "INSERT INTO generation VALUES (?, ?, ?)",
        (number, datetime.now(UTC).isoformat(), reason),
    )
    held = connection.execute(
        "SELECT import_no, counts FROM import WHERE undone_at IS NULL ORDER BY import_no"
    ).fetchall()
    if fit_no is None:
        before = connection.execute(
            "SELECT c.fit_no FROM contents c JOIN pointer p ON p.generation = c.generation"
        ).fetchone()
        fit_no = None if before is None else before[0]
    connection.execute("INSERT INTO contents VALUES (?, ?, ?)", (number, json.dumps(held), fit_no))
    # Older generations are no longer on the disk, so nobody can go back to them.
    connection.execute("DELETE FROM contents WHERE generation <= ?", (number - 4 * KEPT,))
    connection.execute(
        "INSERT INTO pointer VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET generation = ?",
        (number, number),
    )


def _record(row: tuple[object, ...]) -> ImportRecord:
    (no, sha, file, table, options, judged, by, at, counts, generation, undone) = row
    return ImportRecord(
        int(str(no)),
        str(sha),
        str(file),
        str(table),
        ImportOptions(**json.loads(str(options))),
        date.fromisoformat(str(judged)),
        str(by),
        datetime.fromisoformat(str(at)),
        Counts(**json.loads(str(counts))),
        int(str(generation)),
        None if undone is None else datetime.fromisoformat(str(undone)),
    )
