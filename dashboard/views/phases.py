"""Are the scores after something began better than those before it?

A phase begins with an annotation of the kind ``phase``: a row of ``annotations.csv`` with the
day, ``phase`` in the column ``kind`` and what began in the column ``text``, such as "exposure
began". The scores up to that day are phase A and those after it phase B; a score of the day
itself is A, as a questionnaire is filled in before the session and looks back. A second such
annotation begins another phase: each is compared with the one just before it.
"""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.instrument import Instrument
from analytics.single_case.effects import phase_effects
from analytics.single_case.index import Index
from analytics.single_case.tau import BASELINE_ALPHA
from dashboard.views.dates import day_text
from dashboard.views.findings import measure_name
from dashboard.views.words import counted, joined, percent
from data.records import AnnotationRow, ScoreRow

PHASE = "phase"
# The label of a phase in the chart: two short lines, so that it fits on a phone.
_WIDTH, _LINES = 18, 2

LEAD = (
    "A is the time before and B the time after, up to the next phase; a score of the day itself "
    "counts to A, as it is given before the session. Effect sizes of one client describe how far "
    "the scores differ. They do not tell why: whatever else changed at that time has its share. "
    "A course that was improving anyway gives a high NAP: where the scores of A have a trend "
    f"(p < {BASELINE_ALPHA:.2f}), Tau-BC, which takes it out, stands first."
)
COLUMNS = ("Effect size", "Value", "Interval")


@dataclass(frozen=True, slots=True)
class PhaseStart:
    """The day on which a phase began, with its words in full and for the chart."""

    day: date
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two phases on one measure; ``rows`` are empty where they cannot be compared."""

    title: str
    sentence: str
    rows: tuple[tuple[str, str, str], ...]
    caution: str


@dataclass(frozen=True, slots=True)
class PhasesView:
    """All comparisons of one client's phases."""

    lead: str
    comparisons: tuple[Comparison, ...]


def phase_starts(annotations: Sequence[AnnotationRow]) -> tuple[PhaseStart, ...]:
    """Return the days on which phases began, in order; those of one day are one."""
    by_day: dict[date, list[str]] = {}
    for note in annotations:
        if is_phase(note.kind):
            by_day.setdefault(note.noted_on, []).append(note.text)
    return tuple(
        PhaseStart(day, joined(texts), _short(joined(texts)))
        for day, texts in sorted(by_day.items())
    )


def is_phase(kind: str | None) -> bool:
    """Return whether an annotation of this kind begins a phase."""
    return (kind or "").strip().lower() == PHASE


def phases_view(
    starts: Sequence[PhaseStart],
    measures: Sequence[tuple[Instrument, str, Sequence[ScoreRow]]],
    *,
    confidence: float,
) -> PhasesView | None:
    """Return the comparisons of the phases on each outcome measure; ``None`` without phases.

    *measures* are instrument, respondent and administrations. An administration without a
    total keeps its place and has no score.
    """
    if not starts:
        return None
    ends = [date.min, *(start.day for start in starts), date.max]
    comparisons = []
    for place, start in enumerate(starts, start=1):
        for instrument, respondent, rows in measures:
            if instrument.role != "outcome":
                continue
            before = _between(rows, ends[place - 1], ends[place])
            after = _between(rows, ends[place], ends[place + 1])
            name = measure_name(instrument, respondent)
            title = f"{name}, before and after {day_text(start.day)} ({start.text})"
            comparisons.append(_comparison(title, before, after, instrument, confidence))
    return PhasesView(LEAD, tuple(comparisons))


def _comparison(
    title: str, a: list[float], b: list[float], instrument: Instrument, confidence: float
) -> Comparison:
    found = phase_effects(a, b, better=instrument.better, confidence=confidence)
    if found.effects is None:
        return Comparison(title, f"Cannot be assessed: {found.reason}", (), "")
    nap = found.effects.nap
    sizes = [counted(sum(not math.isnan(x) for x in phase), "score") for phase in (a, b)]
    sentence = (
        f"In {percent(nap.value)} of all pairs of a score before and one after, the later one is "
        f"better, ties counted half ({sizes[0]} in A, {sizes[1]} in B; 50 % is no difference)."
    )
    return Comparison(
        title,
        sentence,
        tuple(_row(index, confidence) for index in found.effects.shown()),
        " ".join([*(index.note for index in found.effects.shown() if index.note), found.caution]),
    )


def _row(index: Index, confidence: float) -> tuple[str, str, str]:
    interval = "none is known"
    if index.low is not None and index.high is not None:
        interval = f"{percent(confidence)}: {_share(index.low)} to {_share(index.high)}"
    return index.name, _share(index.value), interval


def _share(value: float) -> str:
    """Return an effect size with two decimals; 0 has no sign."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def _between(rows: Sequence[ScoreRow], after: date, until: date) -> list[float]:
    return [
        math.nan if row.total is None else row.total
        for row in rows
        if after < row.administered_on <= until
    ]


def _short(text: str) -> str:
    return "\n".join(
        textwrap.wrap(text, _WIDTH, max_lines=_LINES, placeholder=" …", break_long_words=True)
    )
