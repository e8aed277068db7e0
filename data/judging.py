"""Which staged rows cannot be taken, and why?

Each distinct text of a column is judged once, in Python, where rules and words are easy
to read; DuckDB then finds the rows that hold it. The first problem of a row, in the order
of the columns, is the one that is told.
"""

from datetime import date

import duckdb
import pyarrow as pa

from analytics.instrument import Instrument
from data.answers import answers_expression, judge_items
from data.cells import Cell, off_step, read_cell, read_number, words
from data.formats.reading import Reading
from data.formats.tables import LOG, SESSIONS, Column
from data.near_names import in_words, near_names
from data.noting import as_table, note, note_breaks
from data.staging import Staged

# Printable ASCII without spaces at the ends, and short: an id for which Python need not look.
_PLAIN_ID = "[!-~]([ -~]{0,126}[!-~])?"


def judge(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    *,
    instruments: dict[str, Instrument],
    today: date,
) -> None:
    """Fill the temporary tables ``problem`` and ``judged`` from ``staged``.

    ``problem`` has one row for each row that is set aside: ``entry, position,
    column_name, found, allowed, code``. ``judged`` has the other rows with typed values.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE found_problem (entry BIGINT, position INTEGER, "
        "column_name VARCHAR, found VARCHAR, allowed VARCHAR, code VARCHAR)"
    )
    typed = []
    for position, name in enumerate(staged.columns):
        if name.startswith("item_") or (name == "total" and staged.table is LOG):
            continue
        column = staged.table.column(name)
        typed.append(_judge_column(con, column, position, staged.reading, today))
    if staged.table is LOG:
        typed.append(_judge_scores(con, staged, instruments))
    joins = " ".join(join for join, _ in typed)
    values = ", ".join(value for _, value in typed if value)
    further = ", s.attributes" if "attributes" in _columns_of(con, "staged") else ""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE judged AS "
        f"SELECT s.entry, {values}{further} FROM staged s {joins} "
        "ANTI JOIN found_problem p ON p.entry = s.entry"
    )
    if staged.table is LOG:
        judge_items(con, staged, instruments)
    if staged.table is SESSIONS:
        _judge_attendance(con, staged, today)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE problem AS SELECT DISTINCT ON (entry) * "
        "FROM found_problem ORDER BY entry, position"
    )


def _columns_of(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()]


def _judge_column(
    con: duckdb.DuckDBPyConnection,
    column: Column,
    position: int,
    reading: Reading,
    today: date,
) -> tuple[str, str]:
    """Judge one column; return the join and the expression that give its typed value."""
    name = column.name
    if column.kind == "text" and not column.long:
        # A line break in a name: a quotation mark that was never meant took in the next row.
        note_breaks(con, name, position)
    if column.kind == "text" and not column.required:
        return "", f"nullif(trim(s.{name}), '') AS {name}"
    where = f"WHERE NOT regexp_full_match({name}, '{_PLAIN_ID}')" if column.kind == "id" else ""
    distinct = con.execute(f"SELECT DISTINCT {name} FROM staged {where}").fetchall()
    texts = [text for (text,) in distinct]
    cells = [read_cell(text, column, reading, today) for text in texts]
    note(con, name, position, f"s.{name}", texts, cells)
    if column.kind in ("id", "text"):
        return "", f"nullif(s.{name}, '') AS {name}"

    kinds = {"date": pa.date32(), "integer": pa.int32(), "number": pa.float64()}
    values = [None if c.bad else c.value for c in cells]
    meanings = pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "value": pa.array(values, kinds.get(column.kind, pa.string())),
        }
    )
    as_table(con, f"meaning_{name}", meanings)
    return (
        f"LEFT JOIN meaning_{name} ON meaning_{name}.text = s.{name}",
        f"meaning_{name}.value AS {name}",
    )


def _judge_attendance(con: duckdb.DuckDBPyConnection, staged: Staged, today: date) -> None:
    """Set aside sessions that are said to be over and lie ahead; a cancelled one may."""
    con.execute(
        """
        INSERT INTO found_problem
        SELECT j.entry, ?, 'held_on', s.held_on, 'a day up to today, ' || ?
            || ': a session that lies ahead cannot have been ' || j.attendance || ' yet',
            'lies_ahead'
        FROM judged j JOIN staged s ON s.entry = j.entry
        WHERE j.held_on > ? AND j.attendance IN ('attended', 'missed')
        """,
        [staged.columns.index("held_on"), words(today), today],
    )
    con.execute("DELETE FROM judged WHERE entry IN (SELECT entry FROM found_problem)")


# Scores ---------------------------------------------------------------------------


def _judge_scores(
    con: duckdb.DuckDBPyConnection, staged: Staged, instruments: dict[str, Instrument]
) -> tuple[str, str]:
    """Judge instrument and total together, as the allowed totals depend on the instrument."""
    has_total = "total" in staged.columns
    total = "total" if has_total else "''"
    pairs = con.execute(f"SELECT DISTINCT instrument, {total} FROM staged").fetchall()
    names = sorted({name for name, _ in pairs})
    unknown = [_unknown_instrument(name, instruments) for name in names]
    position = staged.columns.index("instrument")
    note(con, "instrument", position, "s.instrument", names, unknown)

    texts: list[str] = []
    cells: list[Cell] = []
    known: list[str] = []
    for name, text in pairs:
        if name in instruments:
            known.append(name)
            texts.append(text)
            cells.append(_read_total(text, instruments[name], staged.reading))
    position = staged.columns.index("total") if has_total else len(staged.columns)
    for name in sorted(set(known)):
        mine = [i for i, owner in enumerate(known) if owner == name]
        note(
            con,
            "total",
            position,
            f"s.{total}" if has_total else total,
            [texts[i] for i in mine],
            [cells[i] for i in mine],
            also=f"AND s.instrument = '{name}'",
        )
    as_table(
        con,
        "meaning_total",
        pa.table(
            {
                "instrument": pa.array(known, pa.string()),
                "text": pa.array(texts, pa.string()),
                "value": pa.array([None if c.bad else c.value for c in cells], pa.float64()),
            }
        ),
    )
    answers = answers_expression(staged)
    return (
        "LEFT JOIN meaning_total ON meaning_total.instrument = s.instrument "
        f"AND meaning_total.text = {'s.total' if has_total else total}",
        f"meaning_total.value AS total, {answers} AS answers",
    )


def _unknown_instrument(name: str, instruments: dict[str, Instrument]) -> Cell:
    if name in instruments or not name.strip():
        return Cell()
    near = near_names(name, instruments)
    meant = f" (did you mean {in_words(near)}?)" if near else "; `milepost instruments` lists them"
    return Cell(allowed=f"a known instrument{meant}", code="unknown_instrument")


def _read_total(text: str, instrument: Instrument, reading: Reading) -> Cell:
    if not text.strip():
        return Cell()
    cell = read_number(text, reading)
    if not isinstance(cell.value, float):
        return cell
    span = f"{instrument.name} total from {instrument.minimum:g} to {instrument.maximum:g}"
    if not instrument.minimum <= cell.value <= instrument.maximum:
        return Cell(allowed=f"a {span}", code="out_of_range")
    if off_step(cell.value - instrument.minimum, instrument.step):
        return Cell(allowed=f"a {span} in steps of {instrument.step:g}", code="wrong_step")
    return cell
