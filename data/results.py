"""Which derived tables must be made again after a change?"""

from datetime import UTC, datetime
from importlib.metadata import version

import duckdb

from analytics.course import KERNEL_VERSION
from data.caseload import list_caseload
from data.derive import derive
from data.generations import layout
from data.library import Library
from data.staging import Progress


def refresh(
    con: duckdb.DuckDBPyConnection,
    library: Library,
    *,
    only_touched: bool,
    progress: Progress | None = None,
) -> None:
    """Derive every result again, or only those of the series in the table ``touched``."""
    derive(con, library, only_touched=only_touched, progress=progress)
    list_caseload(con, library, only_touched=only_touched)


def describe(con: duckdb.DuckDBPyConnection, library: Library, number: int) -> None:
    """Write into generation *number* by which software, rules and facts its results were made."""
    rules = library.rules
    con.execute("DELETE FROM meta")
    con.execute(
        "INSERT INTO meta VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number,
            version("milepost"),
            f"{rules.id} {rules.version}",
            KERNEL_VERSION,
            layout(),
            library.hash,
            library.fit_no,
            len(library.instruments),
            datetime.now(UTC).replace(tzinfo=None),
        ],
    )


def is_fresh(con: duckdb.DuckDBPyConnection, library: Library) -> bool:
    """Return whether the results in *con* were made by today's formulas, rules and facts."""
    rows = con.execute("SELECT kernel, library FROM meta").fetchall()
    return rows == [(KERNEL_VERSION, library.hash)]
