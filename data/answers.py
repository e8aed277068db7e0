"""Do a questionnaire's answers fit it, and does the total fit the answers?"""

import duckdb
import pyarrow as pa

from analytics.instrument import Instrument, Items
from analytics.scoring import total_from_items
from data.cells import Cell, off_step, read_number
from data.formats.reading import Reading
from data.noting import as_table, note, reject
from data.staging import Staged


def answers_expression(staged: Staged) -> str:
    """Return the SQL expression of a row's answers as numbers; blank answers are NULL."""
    if not staged.item_columns:
        return "NULL::DOUBLE[]"
    cells = [f"s.item_{k}" for k in range(1, staged.item_columns + 1)]
    if staged.reading.decimal == ",":
        cells = [f"replace({cell}, ',', '.')" for cell in cells]
    listed = ", ".join(f"try_cast(nullif(trim({cell}), '') AS DOUBLE)" for cell in cells)
    filled = " || ".join(f"trim(s.item_{k})" for k in range(1, staged.item_columns + 1))
    return f"CASE WHEN {filled} = '' THEN NULL ELSE [{listed}] END"


def judge_items(
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
    reject(
        con,
        staged,
        "total IS NULL AND answers IS NULL",
        "''",
        "'filled in: there is neither a total nor an answer'",
        "blank_total",
    )


def _judge_answers(con: duckdb.DuckDBPyConnection, staged: Staged, instrument: Instrument) -> None:
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
        note(con, f"item_{k}", position, f"s.item_{k}", texts, cells, also)
    con.execute("DELETE FROM judged WHERE entry IN (SELECT entry FROM found_problem)")
    if items is not None and count != staged.item_columns:
        # An item for which the file has no column was not answered.
        con.execute(
            "UPDATE judged SET answers = list_resize(answers, ?) "
            "WHERE instrument = ? AND answers IS NOT NULL",
            [count, instrument.id],
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
    if off_step(cell.value - items.minimum, items.step):
        return Cell(allowed=f"{span} in steps of {items.step:g}", code="item_wrong_step")
    return cell


def _hold_totals_against_items(
    con: duckdb.DuckDBPyConnection, staged: Staged, instrument: Instrument, items: Items
) -> None:
    mine = f"instrument = '{instrument.id}'"
    if staged.item_columns >= items.count and _sends_items(con, instrument):
        reject(
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
    as_table(con, "computed", computed)
    allowed = items.max_missing or 0
    reject(
        con,
        staged,
        f"{mine} AND total IS NOT NULL AND entry IN "
        "(SELECT entry FROM computed WHERE computed IS NULL)",
        "format('{:g}', total)",
        "'a total that its items give: ' || list_count(answers)"
        f" || ' of {items.count} items are answered and at most {allowed} may be blank'",
        "too_few_items",
    )
    reject(
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
    con.execute("UPDATE judged SET total = c.computed FROM computed c WHERE c.entry = judged.entry")


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
