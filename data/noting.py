"""How is a row that cannot be taken written down, and what came of the others?"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from data.cells import Cell
from data.staging import Staged


def note(
    con: duckdb.DuckDBPyConnection,
    name: str,
    position: int,
    expression: str,
    texts: Sequence[str],
    cells: Sequence[Cell],
    also: str = "",
) -> None:
    """Write the rows of ``staged`` that hold one of the bad texts into ``found_problem``."""
    bad = [(text, cell) for text, cell in zip(texts, cells, strict=True) if cell.bad]
    if not bad:
        return
    table = pa.table(
        {
            "text": pa.array([text for text, _ in bad], pa.string()),
            "allowed": pa.array([cell.allowed for _, cell in bad], pa.string()),
            "code": pa.array([cell.code for _, cell in bad], pa.string()),
        }
    )
    con.register("bad", table)
    con.execute(
        "INSERT INTO found_problem SELECT s.entry, ?, ?, bad.text, bad.allowed, bad.code "
        f"FROM staged s JOIN bad ON bad.text = {expression} {also}",
        [position, name],
    )
    con.unregister("bad")


def note_breaks(con: duckdb.DuckDBPyConnection, name: str, position: int) -> None:
    """Write the rows whose text in column *name* has several lines into ``found_problem``."""
    con.execute(
        f"INSERT INTO found_problem SELECT entry, ?, ?, {name}, ?, 'line_break' FROM staged "
        f"WHERE contains({name}, chr(10)) OR contains({name}, chr(13))",
        [position, name, "a text on one line"],
    )


def as_table(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Make a temporary table of *table*."""
    con.register("arriving", table)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM arriving")
    con.unregister("arriving")


def reject(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    where: str,
    found: str,
    allowed: str,
    code: str,
) -> None:
    """Move the rows of ``judged`` that fulfil *where* to ``found_problem``."""
    con.execute(
        f"INSERT INTO found_problem SELECT entry, {len(staged.columns)}, 'total', "
        f"{found}, {allowed}, '{code}' FROM judged WHERE {where}"
    )
    con.execute(
        f"DELETE FROM judged WHERE entry IN (SELECT entry FROM found_problem WHERE code = '{code}')"
    )
