"""Which derived tables must be made again after a change?"""

import duckdb

from analytics.course import KERNEL_VERSION
from data.caseload import list_caseload
from data.derive import derive
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


def is_fresh(con: duckdb.DuckDBPyConnection, library: Library) -> bool:
    """Return whether the results in *con* were made by today's formulas, rules and facts."""
    rows = con.execute("SELECT kernel, library FROM meta").fetchall()
    return rows == [(KERNEL_VERSION, library.hash)]
