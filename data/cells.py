"""What does the text of one cell mean, or what would be allowed in its place?"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from data.formats.reading import Reading
from data.formats.tables import Column

EARLIEST = date(1990, 1, 1)
LONGEST_ID = 128

_NUMBER = {
    ".": re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?"),
    ",": re.compile(r"-?[0-9]{1,9}(,[0-9]{1,9})?"),
}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SLASHED = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{2}|[0-9]{4})")


@dataclass(frozen=True, slots=True)
class Cell:
    """The meaning of one text: a value, or why there is none.

    A blank cell has neither value nor problem.
    """

    value: str | float | int | date | None = None
    allowed: str = ""
    code: str = ""

    @property
    def bad(self) -> bool:
        """True where the text is neither blank nor allowed."""
        return bool(self.code)


def read_cell(text: str, column: Column, reading: Reading, today: date) -> Cell:
    """Return the meaning of *text* in *column*."""
    if text == "" or text.isspace():
        if column.required:
            return Cell(allowed="filled in (it is blank)", code="blank")
        return Cell()
    match column.kind:
        case "date":
            return read_date(text, reading, today, future=column.future)
        case "integer":
            return _bounded(read_number(text, reading), column, whole=True)
        case "number":
            return _bounded(read_number(text, reading), column, whole=False)
        case "choice":
            if text in column.choices:
                return Cell(text)
            return Cell(allowed="one of " + ", ".join(column.choices), code="not_a_choice")
        case "id":
            return _read_id(text)
        case "text":
            return Cell(text)


def _read_id(text: str) -> Cell:
    """Ids are text and stay as they are: 007, 1E5 and sixteen digits are three names."""
    if text != text.strip():
        return Cell(allowed="an id without spaces around it", code="id_spaces")
    if not text.isprintable():  # also marks that turn the direction of writing around
        return Cell(allowed="an id of printable characters", code="id_characters")
    if len(text) > LONGEST_ID:
        return Cell(allowed=f"an id of at most {LONGEST_ID} characters", code="id_long")
    return Cell(text)


def read_number(text: str, reading: Reading) -> Cell:
    """Read a plain decimal number; no exponent, no thousands mark, no nan, no inf."""
    if _NUMBER[reading.decimal].fullmatch(text.strip(" ")) and text == text.strip(" "):
        return Cell(float(text.replace(",", ".")))
    other = "," if reading.decimal == "." else "."
    if _NUMBER[other].fullmatch(text):
        words = {".": "point", ",": "comma"}
        return Cell(
            allowed=f"a number with a decimal {words[reading.decimal]}, as this file is read; if "
            f"the whole file is written with a {words[other]}, choose that on import",
            code="decimal_mark",
        )
    return Cell(allowed="a number such as 12 or 12.5", code="not_a_number")


def read_date(text: str, reading: Reading, today: date, *, future: bool = False) -> Cell:
    """Read one date in the order the file is said to have; nothing is guessed."""
    if reading.dates == "iso":
        if not (found := _ISO.fullmatch(text)):
            return _not_iso(text)
        year, month, day = (int(part) for part in found.groups())
    else:
        found = _SLASHED.fullmatch(text)
        example = "03/04/2026" if reading.dates == "day-month-year" else "04/03/2026"
        if not found:
            return Cell(allowed=f"a date such as {example} (3 April 2026)", code="not_a_date")
        if len(found[3]) == 2:
            return Cell(allowed="a date with four digits for the year", code="short_year")
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        day, month = (first, second) if reading.dates == "day-month-year" else (second, first)
    try:
        value = date(year, month, day)
    except ValueError:
        return Cell(allowed=_no_such_day(year, month), code="impossible_date")
    if value > today and not future:
        return Cell(allowed=f"a date up to today, {words(today)}", code="future_date")
    if value < EARLIEST:
        return Cell(allowed=f"a date from {words(EARLIEST)} on", code="early_date")
    return Cell(value)


def words(day: date) -> str:
    """Write a date the way people say it.

    >>> words(date(2026, 4, 3))
    '3 Apr 2026'
    """
    return f"{day.day} {calendar.month_abbr[day.month]} {day.year}"


def _not_iso(text: str) -> Cell:
    found = _SLASHED.fullmatch(text)
    if found and len(found[3]) == 4:
        a, b, year = int(found[1]), int(found[2]), int(found[3])
        if 1 <= a <= 12 and 1 <= b <= 12 and a != b:
            return Cell(
                allowed=f"a date in one reading only (it may be {a} {calendar.month_abbr[b]} or "
                f"{b} {calendar.month_abbr[a]} {year}); write it like 2026-04-03, or say on import "
                "which comes first",
                code="ambiguous_date",
            )
    if text.isdigit() and 4 <= len(text) <= 6:
        return Cell(
            allowed="a date such as 2026-04-03 (a bare number may be a spreadsheet's day count)",
            code="not_a_date",
        )
    return Cell(allowed="a date such as 2026-04-03", code="not_a_date")


def _no_such_day(year: int, month: int) -> str:
    if 1 <= month <= 12 and year >= 1:
        last = calendar.monthrange(year, month)[1]
        return f"a day that exists: {calendar.month_name[month]} {year} has {last} days"
    return "a date that exists: months go from 01 to 12"


def off_step(distance: float, step: float) -> bool:
    """Return whether *distance* is no whole number of steps."""
    return abs(distance / step - round(distance / step)) > 1e-6


def _bounded(cell: Cell, column: Column, *, whole: bool) -> Cell:
    if cell.bad or not isinstance(cell.value, float):
        return cell
    low, high = column.low, column.high
    inside = (low is None or cell.value >= low) and (high is None or cell.value <= high)
    span = "" if low is None or high is None else f" from {low:g} to {high:g}"
    if whole:
        if not cell.value.is_integer() or not inside:
            return Cell(allowed=f"a whole number{span}", code="not_whole" if inside else "range")
        return Cell(int(cell.value))
    if not inside:
        return Cell(allowed=f"a number{span}", code="range")
    return cell
