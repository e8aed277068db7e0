"""Which staged rows cannot be taken, and why?

Each distinct text of a column is judged once, in Python, where rules and words are easy
to read; DuckDB then finds the rows that hold it. The first problem of a row, in the order
of the columns, is the one that is told.
"""

from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow as pa

from analytics.instrument import Instrument, Items
from analytics.scoring import total_from_items
from data.cells import Cell, Reading, read_cell, read_number
from data.formats.tables import LOG, Column
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
        _judge_items(con, staged, instruments)
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
    if column.kind == "text" and not column.required:
        return "", f"nullif(trim(s.{name}), '') AS {name}"
    where = f"WHERE NOT regexp_full_match({name}, '{_PLAIN_ID}')" if column.kind == "id" else ""
    texts = [row[0] for row in con.execute(f"SELECT DISTINCT {name} FROM staged {where}").fetchall()]
    cells = [read_cell(text, column, reading, today) for text in texts]
    _note(con, name, position, f"s.{name}", texts, cells)
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
    _as_table(con, f"meaning_{name}", meanings)
    return (
        f"LEFT JOIN meaning_{name} ON meaning_{name}.text = s.{name}",
        f"meaning_{name}.value AS {name}",
    )


def _note(
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


def _as_table(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    con.register("arriving", table)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM arriving")
    con.unregister("arriving")


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
    _note(con, "instrument", position, "s.instrument", names, unknown)

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
        _note(
            con,
            "total",
            position,
            f"s.{total}" if has_total else total,
            [texts[i] for i in mine],
            [cells[i] for i in mine],
            also=f"AND s.instrument = '{name}'",
        )
    _as_table(
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
    answers = _answers(staged)
    return (
        "LEFT JOIN meaning_total ON meaning_total.instrument = s.instrument "
        f"AND meaning_total.text = {'s.total' if has_total else total}",
        f"meaning_total.value AS total, {answers} AS answers",
    )


def _unknown_instrument(name: str, instruments: dict[str, Instrument]) -> Cell:
    if name in instruments or not name.strip():
        return Cell()
    near = [known for known in instruments if _plain(known) == _plain(name)]
    if near:
        return Cell(allowed=f"a known instrument (did you mean {near[0]}?)", code="unknown_instrument")
    return Cell(
        allowed="a known instrument; known are " + ", ".join(instruments),
        code="unknown_instrument",
    )


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _read_total(text: str, instrument: Instrument, reading: Reading) -> Cell:
    if not text.strip():
        return Cell()
    cell = read_number(text, reading)
    if not isinstance(cell.value, float):
        return cell
    span = f"{instrument.name} total from {instrument.minimum:g} to {instrument.maximum:g}"
    if not instrument.minimum <= cell.value <= instrument.maximum:
        return Cell(allowed=f"a {span}", code="out_of_range")
    if _off_step(cell.value - instrument.minimum, instrument.step):
        return Cell(allowed=f"a {span} in steps of {instrument.step:g}", code="wrong_step")
    return cell


def _off_step(distance: float, step: float) -> bool:
    return abs(distance / step - round(distance / step)) > 1e-6


# Items ----------------------------------------------------------------------------


def _answers(staged: Staged) -> str:
    """Return the SQL expression of a row's answers as numbers; blank answers are NULL."""
    if not staged.item_columns:
        return "NULL::DOUBLE[]"
    cells = [f"s.item_{k}" for k in range(1, staged.item_columns + 1)]
    if staged.reading.decimal == ",":
        cells = [f"replace({cell}, ',', '.')" for cell in cells]
    listed = ", ".join(f"try_cast(nullif(trim({cell}), '') AS DOUBLE)" for cell in cells)
    filled = " || ".join(f"trim(s.item_{k})" for k in range(1, staged.item_columns + 1))
    return f"CASE WHEN {filled} = '' THEN NULL ELSE [{listed}] END"


def _judge_items(
    con: duckdb.DuckDBPyConnection, staged: Staged, instruments: dict[str, Instrument]
) -> None:
    """Judge item answers, score them, and hold the given totals against them."""
    present = con.execute("SELECT DISTINCT instrument FROM judged ORDER BY 1").fetchall()
    for (name,) in present:
        instrument = instruments[name]
        if staged.item_columns:
            _judge_answers(con, staged, instrument)
            if instrument.items is not None:
                _hold_totals_against_items(con, staged, instrument, instrument.items)
    _reject(
        con,
        staged,
        "total IS NULL AND answers IS NULL",
        "''",
        "'filled in: there is neither a total nor an answer'",
        "blank_total",
    )


def _judge_answers(
    con: duckdb.DuckDBPyConnection, staged: Staged, instrument: Instrument
) -> None:
    items = instrument.items
    count = items.count if items is not None else 0
    for k in range(1, staged.item_columns + 1):
        texts = [
            row[0]
            for row in con.execute(
                f"SELECT DISTINCT item_{k} FROM staged WHERE instrument = ?", [instrument.id]
            ).fetchall()
        ]
        if items is not None and k <= count:
            cells = [_read_answer(text, items, staged.reading) for text in texts]
        else:
            none = Cell(
                allowed=f"blank: {instrument.name} has {count or 'no known'} items",
                code="no_such_item",
            )
            cells = [none if text.strip() else Cell() for text in texts]
        position = staged.columns.index(f"item_{k}")
        also = f"AND s.instrument = '{instrument.id}'"
        _note(con, f"item_{k}", position, f"s.item_{k}", texts, cells, also)
    con.execute("DELETE FROM judged WHERE entry IN (SELECT entry FROM found_problem)")
    if items is not None and count < staged.item_columns:
        con.execute(
            "UPDATE judged SET answers = answers[1:?] WHERE instrument = ?", [count, instrument.id]
        )


def _read_answer(text: str, items: Items, reading: Reading) -> Cell:
    if not text.strip():
        return Cell()
    cell = read_number(text, reading)
    if not isinstance(cell.value, float):
        return cell
    span = f"an answer from {items.minimum:g} to {items.maximum:g}"
    if not items.minimum <= cell.value <= items.maximum:
        return Cell(allowed=f"{span}, or blank for no answer", code="item_out_of_range")
    if _off_step(cell.value - items.minimum, items.step):
        return Cell(allowed=f"{span} in steps of {items.step:g}", code="item_wrong_step")
    return cell


def _hold_totals_against_items(
    con: duckdb.DuckDBPyConnection, staged: Staged, instrument: Instrument, items: Items
) -> None:
    mine = f"instrument = '{instrument.id}'"
    if staged.item_columns >= items.count and _sends_items(con, instrument):
        _reject(
            con,
            staged,
            f"{mine} AND answers IS NULL AND total = 0",
            "'0'",
            f"'a score: all {items.count} items are blank, so nothing was answered and 0 is not "
            "its total'",
            "all_blank",
        )
    rows = con.sql(
        f"SELECT entry, answers FROM judged WHERE {mine} AND len(answers) = {items.count}"
    ).to_arrow_table()
    if not rows.num_rows:
        return
    flat = rows["answers"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix = flat.astype("float64").reshape(-1, items.count)
    scored = total_from_items(matrix, items=items)
    computed = pa.table(
        {
            "entry": rows["entry"],
            "computed": pa.array(scored.totals, from_pandas=True),
            "prorated": pa.array(scored.prorated),
        }
    )
    _as_table(con, "computed", computed)
    allowed = items.max_missing or 0
    _reject(
        con,
        staged,
        f"{mine} AND total IS NOT NULL AND entry IN "
        "(SELECT entry FROM computed WHERE computed IS NULL)",
        "format('{:g}', total)",
        "'a total that its items give: ' || list_count(list_filter(answers, lambda a: a IS NOT NULL))"
        f" || ' of {items.count} items are answered and at most {allowed} may be blank'",
        "too_few_items",
    )
    _reject(
        con,
        staged,
        f"{mine} AND total IS NOT NULL AND EXISTS (SELECT 1 FROM computed c WHERE "
        "c.entry = judged.entry AND abs(c.computed - judged.total) >= "
        f"CASE WHEN c.prorated THEN {instrument.step} ELSE 1e-6 END)",
        "format('{:g}', total)",
        "'the total of its items, which is ' || (SELECT format('{:g}', c.computed) FROM computed c "
        "WHERE c.entry = judged.entry)",
        "total_disagrees",
    )
    con.execute(
        "UPDATE judged SET total = c.computed FROM computed c WHERE c.entry = judged.entry"
    )


def _sends_items(con: duckdb.DuckDBPyConnection, instrument: Instrument) -> bool:
    """Return whether the item columns are there for this instrument.

    In a file where only others have answers, it comes as totals, and 0 may be one.
    """
    own, any_at_all = con.execute(
        "SELECT count(*) FILTER (WHERE instrument = ?), count(*) FROM judged "
        "WHERE answers IS NOT NULL",
        [instrument.id],
    ).fetchall()[0]
    return bool(own or not any_at_all)


def _reject(
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
        "DELETE FROM judged WHERE entry IN "
        f"(SELECT entry FROM found_problem WHERE code = '{code}')"
    )

