"""Which tables stand under the charts of a client?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.instrument import Instrument
from dashboard.views.dates import day_text
from dashboard.views.findings import measure_name
from dashboard.views.measure import MeasureView
from dashboard.views.series import band_of
from dashboard.views.words import number, signed, span
from data.records import AnnotationRow, ClientRecord, Generation, ScoreRow, SeriesKey


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text, its title above and a note below."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def score_table(
    view: MeasureView | None,
    key: SeriesKey,
    rows: Sequence[ScoreRow],
    instrument: Instrument,
    files: Mapping[int, str],
) -> Table:
    """Return every administration, the latest first: the chart in words."""
    baseline = None if view is None else view.baseline
    table = []
    for row in reversed(rows):
        total = row.total
        if total is None or baseline is None or row.administered_on < baseline.day:
            change = ""
        else:
            change = signed(total - baseline.total, instrument.step)
        band = None if total is None else band_of(total, instrument)
        table.append(
            (
                day_text(row.administered_on),
                "" if row.session_no is None else str(row.session_no),
                "no total" if total is None else number(total, instrument.step),
                change,
                "" if band is None else band.label,
                _remark(row),
                f"{files.get(row.import_no, f'import {row.import_no}')}, row {row.source_row}",
            )
        )
    return Table(
        f"{measure_name(instrument, key.respondent)}, {span(instrument)}",
        ("date", "session", "total", "change from baseline", "band", "remark", "source"),
        tuple(table),
        "" if view is None else view.baseline_note,
    )


def _remark(row: ScoreRow) -> str:
    if row.answers is None:
        return "total only, no items"
    blank = sum(answer is None for answer in row.answers)
    if not blank:
        return "from the items"
    items = "item" if blank == 1 else "items"
    if row.total is None:
        return f"{blank} {items} blank: too many for a total"
    return f"prorated: {blank} {items} blank"


def item_table(key: SeriesKey, rows: Sequence[ScoreRow], instrument: Instrument) -> Table | None:
    """Return the answers to each item, the latest first; ``None`` where none came."""
    answered = [row for row in rows if row.answers is not None]
    if not answered:
        return None
    width = max(len(row.answers or ()) for row in answered)
    answer_step = 1.0 if instrument.items is None else instrument.items.step
    risk = {r.item for r in instrument.risk_items}
    columns = tuple(f"item {i} ◆" if i in risk else f"item {i}" for i in range(1, width + 1))
    notes = []
    if instrument.items is not None and instrument.items.labels:
        first, step = instrument.items.minimum, instrument.items.step
        words = [
            f"{number(first + i * step, step)} {w.lower()}"
            for i, w in enumerate(instrument.items.labels)
        ]
        notes.append(f"Answers: {', '.join(words)}.")
    elif instrument.items is not None:
        low, high = (
            number(v, instrument.items.step)
            for v in (instrument.items.minimum, instrument.items.maximum)
        )
        notes.append(
            f"Answers are numbers from {low} to {high}; their words may not be printed here."
        )
    if risk:
        notes.append("◆ marks a risk item.")
    left_out = len(rows) - len(answered)
    if left_out:
        notes.append(f"{left_out} of {len(rows)} administrations came as a total only.")
    return Table(
        measure_name(instrument, key.respondent),
        ("date", *columns),
        tuple(
            (
                day_text(row.administered_on),
                *("blank" if a is None else number(a, answer_step) for a in row.answers or ()),
                *("",) * (width - len(row.answers or ())),
            )
            for row in reversed(answered)
        ),
        " ".join(notes),
    )


def note_table(annotations: Sequence[AnnotationRow]) -> Table:
    """Return the notes with the numbers that stand beside the flags of the charts."""
    return Table(
        "Notes",
        ("flag", "date", "kind", "note"),
        tuple(
            (str(i), day_text(a.noted_on), a.kind or "", a.text)
            for i, a in enumerate(annotations, start=1)
        ),
    )


def provenance(
    record: ClientRecord,
    instruments: Mapping[str, Instrument],
    about: Generation | None,
    files: Mapping[int, str],
) -> tuple[Table, ...]:
    """Return where each number comes from: data, rules, and the facts of each questionnaire."""
    made: list[tuple[str, str]] = []
    if about is not None:
        made = [
            ("data generation", f"{about.number}, made {day_text(about.made_at.date())}"),
            ("rules", about.rules),
            ("formulas", about.kernel),
            ("software", about.software),
            ("library of facts", about.library[:12]),
        ]
    used = sorted({row.import_no for row in record.scores})
    made += [("scores read from", files.get(no, f"import {no}")) for no in used]
    facts = []
    for name in dict.fromkeys(key.instrument for key in record.series):
        facts += _facts(instruments[name])
    return (
        Table("Data and rules", ("what", "value"), tuple(made)),
        Table("Questionnaires", ("questionnaire", "fact", "value", "source"), tuple(facts)),
    )


def _facts(i: Instrument) -> list[tuple[str, str, str, str]]:
    name = f"{i.name}, version {i.version}"
    rows = []
    if i.reliability is not None:
        r = i.reliability
        rows.append((name, f"reliability ({r.kind})", f"{r.value:g}", r.source))
    for group, norms in (("clients", i.clinical), ("general population", i.functional)):
        if norms is not None:
            rows.append(
                (name, f"norms, {group}", f"M {norms.mean:g}, SD {norms.sd:g}", norms.source)
            )
    for fact, sourced in (
        ("reliable change", i.reliable_change),
        ("meaningful change", i.meaningful_change),
    ):
        if sourced is not None:
            rows.append((name, fact, f"{sourced.value:g} points", sourced.source))
    rows += [(name, f"cutoff, {c.purpose}", f"{c.op} {c.value:g}", c.source) for c in i.cutoffs]
    rows += [(name, f"band, {b.label}", f"{b.start:g} to {b.end:g}", b.source) for b in i.bands]
    if not rows:
        rows.append((name, "range", span(i), "no further fact is on file"))
    return rows
