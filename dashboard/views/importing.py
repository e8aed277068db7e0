"""Did everything in a file arrive, and what was imported before?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.instrument import Instrument
from dashboard.views.dates import day_text
from dashboard.views.words import counted, exact, number
from data.ledger import Counts, ImportOptions, ImportRecord
from data.preview import Preview, SetAside
from data.reports import ImportReport, urgent_rows

TABLES = {
    "log": "canonical log",
    "episodes": "episodes",
    "sessions": "sessions",
    "goals": "goals",
    "goal_ratings": "ratings of goals",
    "tallies": "tallies",
    "annotations": "annotations",
}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows (cp1252)"}
DATES = {
    "iso": "dates as 2026-11-20",
    "day-month-year": "dates as 20/11/2026",
    "month-day-year": "dates as 11/20/2026",
}
DECIMALS = {".": "decimal point", ",": "decimal comma"}

REASONS = {
    "ambiguous_date": "a date that reads two ways",
    "ambiguous_episode": "two episodes cover the day",
    "all_blank": "all items blank, total 0",
    "blank": "left blank",
    "blank_total": "neither a total nor an answer",
    "conflict": "same occasion, other score",
    "decimal_mark": "the other decimal mark",
    "early_date": "a date too long ago",
    "episode_of_two_clients": "one episode, two clients",
    "future_date": "a date in the future",
    "id_characters": "an id with odd characters",
    "id_long": "an id that is too long",
    "id_spaces": "an id with spaces around it",
    "impossible_date": "no such date",
    "item_out_of_range": "an answer out of range",
    "item_wrong_step": "an answer between two steps",
    "lies_ahead": "a session that lies ahead",
    "no_such_item": "an item that the questionnaire lacks",
    "not_a_choice": "not one of the allowed words",
    "not_a_date": "not a date",
    "not_a_number": "not a number",
    "not_whole": "not a whole number",
    "out_of_range": "total out of range",
    "ragged_row": "another number of cells than the header",
    "range": "a number out of range",
    "short_year": "a year of two digits",
    "too_few_items": "too few items answered for the total",
    "total_disagrees": "total and items disagree",
    "unclosed_quote": "a quotation mark left open",
    "unknown_episode": "an episode not on file",
    "unknown_instrument": "an unknown instrument",
    "wrong_step": "a total between two steps",
}
_DATE_CODES = frozenset({"ambiguous_date", "not_a_date", "short_year"})


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """One row of the table of rows set aside."""

    row: int
    column: str
    found: str
    allowed: str


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """The new scores of one measure."""

    measure: str
    scores: int
    found: str
    allowed: str
    first: str
    last: str
    clients_new: int
    clients_known: int


@dataclass(frozen=True, slots=True)
class ImportView:
    """Everything that is shown of a file before a person confirms its import."""

    recognised: str
    reconciliation: str
    notes: tuple[str, ...]
    hint: str | None
    reasons: str
    rows: tuple[SetAsideRow, ...]
    rows_note: str | None
    measures: tuple[MeasureRow, ...]
    button: str | None
    nothing_new: str | None
    rejected_name: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """What is shown after an import: ``kind`` says how it went, ``title`` in words."""

    kind: Literal["complete", "partly", "nothing"]
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One import of the past."""

    import_no: int
    when: str
    file: str
    holds: str
    by: str
    rows: str
    generation: int
    state: str
    undoable: bool
    set_aside: int


def reconciliation(counts: Counts) -> str:
    """Return where the rows of a file went, as a sum that adds up.

    >>> reconciliation(Counts(rows=12480, accepted=12431, duplicate=37, quarantined=12))
    '12,480 rows = 12,431 new + 37 already here + 12 set aside'
    """
    return (
        f"{counted(counts.rows, counts.unit)} = {counts.accepted:,} new + {counts.duplicate:,} already here "
        f"+ {counts.quarantined:,} set aside"
    )


def import_view(preview: Preview, instruments: Mapping[str, Instrument]) -> ImportView:
    """Return what is shown of a file that is not imported yet."""
    counts, options = preview.counts, preview.options
    read_as = [
        TABLES[preview.table] if options.mapping is None else f"mapped by {options.mapping_name}",
        DELIMITERS[preview.delimiter],
        ENCODINGS[preview.encoding],
    ]
    if options.mapping is None:  # a mapping says itself how dates and numbers are written
        read_as += [DATES[options.dates], DECIMALS[options.decimal]]
    return ImportView(
        recognised=f"Recognised: {', '.join(read_as)}",
        reconciliation=reconciliation(counts),
        notes=_notes(preview),
        hint=_hint(preview),
        reasons=_reasons(preview.set_aside),
        rows=tuple(SetAsideRow(p.row, p.column, p.found, p.allowed) for p in preview.problems),
        rows_note=(
            f"The first {len(preview.problems):,} of {counts.quarantined:,} are listed; the download "
            "holds all of them."
            if len(preview.problems) < counts.quarantined
            else None
        ),
        measures=tuple(
            MeasureRow(
                measure=_name(instruments, m.instrument),
                scores=m.n,
                found=_span(m.lowest, m.highest),
                allowed=_allowed(instruments, m.instrument),
                first=day_text(m.first_on),
                last=day_text(m.last_on),
                clients_new=m.clients_new,
                clients_known=m.clients_known,
            )
            for m in preview.measures
        ),
        button=_button(preview),
        nothing_new=_nothing_new(preview),
        rejected_name=_rejected_name(preview.file),
    )


def report_view(report: ImportReport) -> ReportView:
    """Return what is shown after an import."""
    counts = report.counts
    text = f"{reconciliation(counts)}."
    if report.already_imported_at is not None or counts.accepted == 0:
        return ReportView("nothing", f"{report.file}: nothing new was written", text)
    where = f" The record is now generation {report.generation}."
    warning = urgent_rows(report)
    if warning is not None:
        where = f" {warning}{where}"
    if counts.quarantined:
        title = f"{report.file}: imported, and {counted(counts.quarantined, 'row')} set aside"
        return ReportView("partly", title, text + where)
    return ReportView("complete", f"{report.file}: imported completely", text + where)


def history(records: Sequence[ImportRecord]) -> tuple[HistoryRow, ...]:
    """Return the imports of the past, the latest first; those undone stay in the list."""
    return tuple(
        HistoryRow(
            import_no=r.import_no,
            when=_moment(r),
            file=r.file,
            holds=TABLES[r.table],
            by=r.imported_by,
            rows=reconciliation(r.counts),
            generation=r.generation,
            state=(
                "in use"
                if r.undone_at is None
                else f"undone on {day_text(r.undone_at.astimezone().date())}"
            ),
            undoable=r.undone_at is None,
            set_aside=r.counts.quarantined,
        )
        for r in reversed(records)
    )


def undo_question(row: HistoryRow) -> str:
    """Return the question that is asked before an import is undone."""
    return (
        f"Undo import {row.import_no} ({row.file}, {row.when})? The record is made again from all "
        "other imports, as if this file had not come. The file and this line of the history are kept."
    )


def reading_options(
    encoding: str | None, dates: str, decimal: str, mapping: tuple[str, str] | None
) -> ImportOptions:
    """Return the choices of the page as the options of an import; *mapping* is name and text."""
    name, text = mapping or (None, None)
    return ImportOptions(encoding, dates, decimal, text, name)


def _notes(preview: Preview) -> tuple[str, ...]:
    notes = []
    if preview.already_imported_at is not None:
        day = day_text(preview.already_imported_at.astimezone().date())
        notes.append(f"This very file was imported on {day}; importing it again changes nothing.")
    if preview.counts.blank:
        notes.append(
            f"{counted(preview.counts.blank, 'row was', 'rows were')} blank and passed over."
        )
    if preview.unread:
        names = ", ".join(preview.unread)
        notes.append(f"Columns that are not read: {names}.")
    return tuple(notes)


def _hint(preview: Preview) -> str | None:
    """Return what to try where the choices of reading, and not the rows, seem at fault."""
    if preview.options.mapping is not None:
        return None
    codes = {reason.code for reason in preview.set_aside}
    what = []
    if codes & _DATE_CODES:
        what.append("which comes first in its dates")
    if "decimal_mark" in codes:
        what.append("which decimal mark it uses")
    if not what:
        return None
    return f"If the file is written in another way, say below {' and '.join(what)}."


def _reasons(reasons: Sequence[SetAside]) -> str:
    return " · ".join(
        f"{reason.rows:,} {REASONS.get(reason.code, reason.code)} ({reason.column})"
        if not reason.column.startswith("(")
        else f"{reason.rows:,} {REASONS.get(reason.code, reason.code)}"
        for reason in reasons
    )


def _button(preview: Preview) -> str | None:
    if preview.counts.accepted == 0:
        return None
    return f"Import {counted(preview.counts.accepted, 'row')}"


def _nothing_new(preview: Preview) -> str | None:
    if preview.counts.accepted:
        return None
    if preview.counts.rows == 0:
        return "The file holds a header and no rows, so there is nothing to import."
    if preview.counts.quarantined == preview.counts.rows:
        return "Every row would be set aside, so there is nothing to import."
    return "No row of this file is new, so there is nothing to import."


def _rejected_name(file: str) -> str:
    stem, dot, ending = file.rpartition(".")
    return f"{stem} - set aside.{ending}" if dot else f"{file} - set aside.csv"


def _name(instruments: Mapping[str, Instrument], key: str) -> str:
    return instruments[key].name if key in instruments else key


def _span(low: float | None, high: float | None) -> str:
    return "no totals" if low is None or high is None else f"{exact(low)} to {exact(high)}"


def _allowed(instruments: Mapping[str, Instrument], key: str) -> str:
    known = instruments.get(key)
    if known is None:
        return ""
    return f"{number(known.minimum, known.step)} to {number(known.maximum, known.step)}"


def _moment(record: ImportRecord) -> str:
    local = record.imported_at.astimezone()
    return f"{day_text(local.date())}, {local:%H:%M}"
