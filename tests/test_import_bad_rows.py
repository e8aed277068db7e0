"""Is each bad row set aside with its own sentence, and every other row taken?"""

from datetime import date
from typing import NamedTuple

import pytest

from data.errors import RowProblem
from data.formats.text import Source
from data.ledger import Counts
from data.scope import Scope
from data.store import Store

TODAY = date(2026, 3, 2)
HEADER = "client_id,instrument,administered_on,total,session_no,clinician_id"


class Bad(NamedTuple):
    """One bad row and what the person is told."""

    row: str
    column: str
    found: str
    allowed: str  # the essential part
    code: str


def total(text: str, allowed: str, code: str, instrument: str = "phq-9") -> Bad:
    return Bad(f'B,{instrument},2026-01-05,"{text}",,', "total", text, allowed, code)


def day(text: str, allowed: str, code: str) -> Bad:
    return Bad(f"B,phq-9,{text},5,,", "administered_on", text, allowed, code)


def client(text: str, allowed: str, code: str) -> Bad:
    return Bad(f'"{text}",phq-9,2026-01-05,5,,', "client_id", text, allowed, code)


def measure(text: str, allowed: str, code: str = "unknown_instrument") -> Bad:
    return Bad(f'B,"{text}",2026-01-05,5,,', "instrument", text, allowed, code)


RANGE = "a PHQ-9 total from 0 to 27"
NUMBER = "a number such as 12 or 12.5"
INJECTION = "x'); DROP TABLE score; --"
BAD = {
    "score above the range": total("28", RANGE, "out_of_range"),
    "score below the range": total("-1", RANGE, "out_of_range"),
    "sentinel for missing": total("-99", RANGE, "out_of_range"),
    "score of the wrong step": total("12.5", RANGE + " in steps of 1", "wrong_step"),
    "wrong step of a finer scale": total(
        "12.25", "a ORS total from 0 to 40 in steps of 0.1", "wrong_step", "ors"
    ),
    "decimal comma": total("12,5", "a number with a decimal point", "decimal_mark"),
    "not a number at all": total("nan", NUMBER, "not_a_number"),
    "infinity": total("inf", NUMBER, "not_a_number"),
    "minus infinity": total("-Infinity", NUMBER, "not_a_number"),
    "exponent": total("1e1", NUMBER, "not_a_number"),
    "hexadecimal": total("0x10", NUMBER, "not_a_number"),
    "underscore": total("1_0", NUMBER, "not_a_number"),
    "plus sign": total("+5", NUMBER, "not_a_number"),
    "full-width digits": total("１２", NUMBER, "not_a_number"),
    "Arabic digits": total("١٢", NUMBER, "not_a_number"),
    "typographic minus": total("−5", NUMBER, "not_a_number"),
    "word for missing": total("N/A", NUMBER, "not_a_number"),
    "single point": total(".", NUMBER, "not_a_number"),
    "space behind a score": total("12 ", NUMBER, "not_a_number"),
    "no-break space behind a score": total("12\u00a0", NUMBER, "not_a_number"),
    "formula": total("=1+1", NUMBER, "not_a_number"),
    "blank score": total("", "filled in", "blank_total"),
    "day that does not exist": day(
        "2026-02-31", "a day that exists: February 2026 has 28 days", "impossible_date"
    ),
    "leap day of a common year": day("2025-02-29", "February 2025 has 28 days", "impossible_date"),
    "month that does not exist": day("2026-13-01", "months go from 01 to 12", "impossible_date"),
    "day nought": day("2026-01-00", "January 2026 has 31 days", "impossible_date"),
    "year nought": day("0000-01-01", "a date that exists", "impossible_date"),
    "ambiguous date": day(
        "03/04/2026", "it may be 3 Apr or 4 Mar 2026", "ambiguous_date"
    ),
    "ambiguous date with points": day("3.4.2025", "say on import which comes first", "ambiguous_date"),
    "date in another order": day("25/12/2025", "a date such as 2026-04-03", "not_a_date"),
    "date tomorrow": day("2026-03-03", "a date up to today, 2 Mar 2026", "future_date"),
    "date far ahead": day("9999-12-31", "a date up to today", "future_date"),
    "date long ago": day("1899-12-31", "a date from 1 Jan 1990 on", "early_date"),
    "two-digit year": day("03/04/26", "a date such as 2026-04-03", "not_a_date"),
    "spreadsheet serial": day("45000", "a bare number may be a spreadsheet's day count", "not_a_date"),
    "serial of the day that never was": day("60", "a date such as 2026-04-03", "not_a_date"),
    "time behind the date": day("2026-01-05T10:00:00", "a date such as 2026-04-03", "not_a_date"),
    "space behind the date": day("2026-01-05 ", "a date such as 2026-04-03", "not_a_date"),
    "full-width date": day("２０２６-01-05", "a date such as 2026-04-03", "not_a_date"),
    "blank date": day("", "filled in (it is blank)", "blank"),
    "blank id": client("", "filled in (it is blank)", "blank"),
    "id of spaces": client("   ", "filled in (it is blank)", "blank"),
    "space behind an id": client("007 ", "an id without spaces around it", "id_spaces"),
    "no-break space behind an id": client("007\u00a0", "without spaces around it", "id_spaces"),
    "tab in an id": client("00\t7", "an id of printable characters", "id_characters"),
    "id that turns the writing around": client("C\u202e12", "printable", "id_characters"),
    "id of 129 characters": client("x" * 129, "at most 128 characters", "id_long"),
    "unknown instrument": measure("mood-o-meter", "a known instrument; `milepost instruments`"),
    "instrument written in capitals": measure("PHQ9", "(did you mean phq-9?)"),
    "instrument with a slip of the pen": measure("pqh-9", "(did you mean phq-9?)"),
    "instrument without its number": measure("phq", "(did you mean phq-15, phq-2, phq-8 or"),
    "a family without its parts": measure("dass-21", "dass-21-a, dass-21-d or dass-21-s?)"),
    "instrument with a space": measure("phq-9 ", "an id without spaces", "id_spaces"),
    "another instrument of the family": measure("PHQ-4", "a known instrument; `milepost"),
    "SQL as an instrument": measure(INJECTION, "a known instrument"),
    "blank instrument": measure("", "filled in (it is blank)", "blank"),
    "session that is not whole": Bad(
        "B,phq-9,2026-01-05,5,2.5,", "session_no", "2.5", "a whole number from 0", "not_whole"
    ),
    "session below nought": Bad(
        "B,phq-9,2026-01-05,5,-1,", "session_no", "-1", "a whole number from 0", "range"
    ),
    "session that is a word": Bad(
        "B,phq-9,2026-01-05,5,first,", "session_no", "first", "a number such as 12", "not_a_number"
    ),
    "too few cells": Bad(
        "B,phq-9,2026-01-05", "(the whole row)", "3 cells", "a row of 6 cells", "ragged_row"
    ),
    "too many cells": Bad(
        "B,phq-9,2026-01-05,5,,,", "(the whole row)", "7 cells", "a row of 6 cells", "ragged_row"
    ),
    "one cell": Bad("oops", "(the whole row)", "1 cell", "a row of 6 cells", "ragged_row"),
    "quotation mark never closed": Bad(
        'B,phq-9,2026-01-05,5,,"Dr Open', "(the whole row)", 'B,phq-9,2026-01-05,5,,"Dr Open',
        "quotation marks are opened and closed", "unclosed_quote",
    ),
    "text behind a quoted cell": Bad(
        '"B"x,phq-9,2026-01-05,5,,', "(the whole row)", '"B"x,phq-9,2026-01-05,5,,',
        "quotation marks are opened and closed", "unclosed_quote",
    ),
    "carriage return inside": Bad(
        "B,phq-9,2026-01-05,5,,Dr\rB,phq-9,2026-01-06,6,,Dr", "(the whole row)",
        "B,phq-9,2026-01-05,5,,Dr\rB,phq-9,2026-01...", "mixes line ends", "stray_return",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Counts, list[str]]:
    """Return a store into which a file went with one bad row of each kind between good ones."""
    lines = [HEADER]
    for n, bad in enumerate(BAD.values()):
        lines += [f"G{n},phq-9,2026-01-05,5,1,Dr Good", bad.row]
    folder = tmp_path_factory.mktemp("bad")
    path = folder / "bad.csv"
    path.write_bytes(("\n".join(lines) + "\n").encode())
    store = Store.create(folder / "store")
    report = store.import_file(Source("bad.csv", path), today=TODAY)
    return store, report.counts, lines


def test_every_row_is_accounted_for(after):
    _, counts, _ = after
    assert counts == Counts(2 * len(BAD), len(BAD), 0, len(BAD))


def test_every_good_row_between_bad_ones_is_stored(after):
    store, _, _ = after
    parent = store.parent(store.current())
    found = parent.cursor().execute(
        "SELECT e.client_id FROM score JOIN series USING (series_id) JOIN episode e "
        "USING (episode_key) WHERE total = 5 AND administered_on = DATE '2026-01-05'"
    ).fetchall()  # fmt: skip
    assert sorted(found) == sorted((f"G{n}",) for n in range(len(BAD)))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_told_with_row_column_found_and_allowed(after, name):
    store, _, lines = after
    place, bad = list(BAD).index(name), BAD[name]
    rows = store.reader(Scope.everyone("test")).quarantine()
    told = next(row for row in rows if row.row == 2 * place + 3)
    assert (told.column, told.found, told.code) == (bad.column, bad.found, bad.code)
    assert bad.allowed in told.allowed
    # The row as it came: cells written with quotation marks only where a cell needs them.
    came = lines[2 * place + 2]
    assert told.line == came or told.line == came.replace('"', "")


def test_the_sentence_of_a_row_says_where_what_and_what_is_allowed(import_text):
    told = import_text(f"{HEADER}\nC1,phq-9,2026-01-05,28,,\n").only
    problem = RowProblem("log.csv", told.row, told.column, told.found, told.allowed, told.code)
    assert str(problem) == (
        "log.csv, row 2, column total: '28' is not a PHQ-9 total from 0 to 27. The row was set aside."
    )


def test_an_open_quotation_mark_takes_no_following_row_along(import_text):
    good = "".join(f"C{n},phq-9,2026-01-05,{n},,\n" for n in range(20))
    after = import_text(f'{HEADER}\nB,phq-9,2026-01-05,5,,"Dr\n{good}')
    assert after.report.counts == Counts(21, 20, 0, 1)
    assert after.only.row == 2
    assert after.only.code == "unclosed_quote"


def test_two_open_quotation_marks_take_no_row_between_them_along(import_text):
    """Together they are a well-formed cell of several lines, which no name has."""
    after = import_text(
        f'{HEADER}\nB,phq-9,2026-01-05,5,,"Dr A\nC1,phq-9,2026-01-05,6,,Dr"\n'
        "C2,phq-9,2026-01-05,7,,Dr\n"
    )
    assert after.report.counts.accepted == 1
    assert after.codes == ["line_break"]
    assert "C1,phq-9,2026-01-05,6" in after.only.line


def test_blank_rows_count_as_a_spreadsheet_counts_them(import_text):
    after = import_text(f"{HEADER}\n\nC1,phq-9,2026-01-05,5,,\n   \nC2,phq-9,2026-01-05,99,,\n\n")
    assert after.report.counts == Counts(2, 1, 0, 1, blank=3)
    assert after.only.row == 5


def test_a_row_of_delimiters_only_is_set_aside_and_not_dropped(import_text):
    after = import_text(f"{HEADER}\n,,,,,\nC1,phq-9,2026-01-05,5,,\n")
    assert after.report.counts == Counts(2, 1, 0, 1)
    assert after.codes == ["blank"]


def test_a_row_with_several_mistakes_is_told_once_with_the_first(import_text):
    after = import_text(f"{HEADER}\nC1,phq-9,2026-02-31,99,x,\n")
    assert (after.only.column, after.only.code) == ("administered_on", "impossible_date")


@pytest.mark.parametrize(
    ("order", "text", "meant"),
    [("day-month-year", "03/04/2025", "2025-04-03"), ("month-day-year", "03/04/2025", "2025-03-04"),
     ("day-month-year", "3.4.2025", "2025-04-03"), ("day-month-year", "31-12-2025", "2025-12-31")],
)  # fmt: skip
def test_a_date_is_read_in_the_order_a_person_chose(import_text, query, order, text, meant):
    after = import_text(f"{HEADER}\nC1,phq-9,{text},5,,\n", dates=order)
    assert after.report.counts.accepted == 1
    assert query("SELECT administered_on::VARCHAR FROM score") == [(meant,)]


@pytest.mark.parametrize(
    ("text", "code"),
    [("31/02/2025", "impossible_date"), ("12/25/2025", "impossible_date"),
     ("03/04/25", "short_year"), ("2025-04-03", "not_a_date"), ("03/04/2026", "future_date")],
)  # fmt: skip
def test_a_date_in_another_order_than_chosen_is_set_aside(import_text, text, code):
    assert import_text(f"{HEADER}\nC1,phq-9,{text},5,,\n", dates="day-month-year").codes == [code]


def test_a_decimal_comma_is_read_where_a_person_chose_it(import_text, query):
    after = import_text(
        "client_id;instrument;administered_on;total\nC1;ors;2026-01-05;12,5\n"
        "C2;ors;2026-01-05;12.5\nC3;ors;2026-01-05;12\n",
        decimal=",",
    )
    assert after.codes == ["decimal_mark"]
    assert "a number with a decimal comma" in after.only.allowed
    assert query("SELECT total FROM score ORDER BY total") == [(12.0,), (12.5,)]


IDS = ["007", "7", "1E5", "100000", "1234567890123456", "1234567890123457", "0x1F", "TRUE", "null",
       "Ä-1", "С1", "C1", "=cmd|' /C calc'!A0", "<b>x</b>", INJECTION, "a b", "x" * 128]  # fmt: skip


def test_ids_are_text_and_come_back_letter_by_letter(import_text, store):
    """Some are two names that look alike: a Cyrillic and a Latin C."""
    rows = "".join(f'"{name}",phq-9,2026-01-05,{n},,\n' for n, name in enumerate(IDS))
    assert import_text(f"{HEADER}\n{rows}").report.counts.accepted == len(IDS)
    reader = store.reader(Scope.everyone("test"))
    assert reader.totals().clients == len(IDS)
    for n, name in enumerate(IDS):
        record = reader.client(name)
        assert record.facts.client_id == name
        assert [score.total for score in record.scores] == [float(n)]


def test_formulas_and_markup_in_names_stay_inert_text(import_text, query):
    names = [
        "=HYPERLINK(1)",
        "+1",
        "@sum",
        "<script>alert(1)</script>",
        "'; DROP TABLE episode; --",
    ]
    rows = "".join(f'C{n},phq-9,2026-01-05,{n},,"{name}"\n' for n, name in enumerate(names))
    import_text(f"{HEADER}\n{rows}")
    assert query("SELECT clinician_id FROM assignment ORDER BY episode_key") == [
        (n,) for n in names
    ]
    assert query("SELECT count(*) FROM score") == [(5,)]
