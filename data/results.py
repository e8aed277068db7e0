"""Which derived tables must be made again after a change?"""

from datetime import UTC, datetime
from importlib.metadata import version

import duckdb

from analytics.course import KERNEL_VERSION
from data.caseload import list_caseload
from data.derive import derive
from data.errors import DataError
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
    note_scales(con, library)
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


def note_scales(con: duckdb.DuckDBPyConnection, library: Library) -> None:
    """Write the range and direction of every instrument that has scores."""
    con.execute("DELETE FROM scale")
    for (name,) in con.execute("SELECT DISTINCT instrument FROM series ORDER BY 1").fetchall():
        i = library.instruments[name]
        con.execute("INSERT INTO scale VALUES (?, ?, ?, ?)", [name, i.minimum, i.maximum, i.better])


def refuse_other_scales(con: duckdb.DuckDBPyConnection, library: Library) -> None:
    """Refuse to judge scores on record by another range or direction than they came with.

    Raises
    ------
    DataError
        If an instrument's file has changed so; the sentence names the two ways out.
    """
    for name, minimum, maximum, better in con.execute("SELECT * FROM scale").fetchall():
        i = library.instruments.get(name)
        if i is not None and (i.minimum, i.maximum, i.better) != (minimum, maximum, better):
            raise DataError(
                f"Scores of {i.name} are on record from {minimum:g} to {maximum:g} ({better} is better), "
                f"and its file now says {i.minimum:g} to {i.maximum:g} ({i.better} is better). Scores of "
                "two scales cannot be compared within one course: give the new scale an id of its own. "
                "If the file was wrong before, run `milepost rebuild`, which judges every score anew. "
                "Nothing was changed."
            )


def is_fresh(con: duckdb.DuckDBPyConnection, library: Library) -> bool:
    """Return whether the results in *con* were made by today's formulas, rules and facts."""
    rows = con.execute("SELECT kernel, library FROM meta").fetchall()
    return rows == [(KERNEL_VERSION, library.hash)]
