"""What is kept of a row that was set aside?"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from analytics.instrument import Instrument, RiskItem
from data.cells import read_number
from data.formats.reading import Reading
from data.staging import Staged

_TYPES = {
    "source_row": pa.int32(),
    "column_name": pa.string(),
    "found": pa.string(),
    "allowed": pa.string(),
    "code": pa.string(),
    "line": pa.string(),
    "client_id": pa.string(),
    "instrument": pa.string(),
    "administered_on": pa.string(),
    "risk_item": pa.int32(),
    "risk_answer": pa.string(),
    "risk_positive": pa.bool_(),
}


def write_quarantine(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    import_no: int,
    instruments: Mapping[str, Instrument],
) -> None:
    """Write the rows of ``problem`` and the lines that were no records into ``quarantine``.

    An answer to a risk item is noted with its row: that a row waits for a person must not
    hide it.
    """
    columns = ", ".join(f"s.{name}" for name in staged.columns)
    rows = con.execute(
        f"SELECT (p.entry >> 12)::INTEGER, p.column_name, p.found, p.allowed, p.code, {columns} "
        "FROM problem p JOIN staged s ON s.entry = p.entry ORDER BY p.entry"
    ).fetchall()
    records: list[tuple[Any, ...]] = []
    for row in rows:
        cells = dict(zip(staged.columns, row[5:], strict=True))
        instrument = instruments.get(cells.get("instrument", ""))
        records.append(
            (
                *row[:5],
                _line(row[5:]),
                cells.get("client_id"),
                cells.get("instrument"),
                cells.get("administered_on"),
                *_risk(cells, instrument, staged.reading),
            )
        )
    for problem, line in staged.problems:
        told = (problem.row, problem.column, problem.found, problem.allowed, problem.code, line)
        records.append((*told, *([None] * 6)))
    if not records:
        return
    table = pa.table(
        {
            name: pa.array([record[i] for record in records], kind)
            for i, (name, kind) in enumerate(_TYPES.items())
        }
    )
    con.register("set_aside", table)
    names = ", ".join(_TYPES)
    con.execute(
        f"INSERT INTO quarantine (import_no, {names}) SELECT ?, {names} FROM set_aside "
        "ORDER BY source_row",
        [import_no],
    )
    con.unregister("set_aside")


def _risk(
    cells: Mapping[str, str], instrument: Instrument | None, reading: Reading
) -> tuple[int | None, str | None, bool | None]:
    """Return the most urgent answer to a risk item that a row holds: item, text, positive."""
    found: tuple[int | None, str | None, bool | None] = (None, None, None)
    for risk in () if instrument is None else instrument.risk_items:
        text = (cells.get(f"item_{risk.item}") or "").strip()
        if text and not found[2]:
            found = (risk.item, text, _is_positive(text, risk, reading))
    return found


def _is_positive(text: str, risk: RiskItem, reading: Reading) -> bool:
    """Return whether an answer calls for attention; one that cannot be read does."""
    value = read_number(text, reading).value
    if not isinstance(value, float):
        return True
    match risk.op:
        case ">=":
            return value >= risk.value
        case ">":
            return value > risk.value
        case "<=":
            return value <= risk.value
        case "<":
            return value < risk.value


def _line(cells: Sequence[str | None]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(["" if c is None else c for c in cells])
    return text.getvalue()


def urgent_of(con: duckdb.DuckDBPyConnection, import_no: int) -> int:
    """Count the rows of an import that were set aside with a risk answer that asks for a look."""
    rows = con.execute(
        "SELECT count(*) FROM quarantine WHERE import_no = ? AND risk_positive", [import_no]
    ).fetchall()
    return int(rows[0][0])
