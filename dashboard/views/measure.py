"""What does the chart of one questionnaire show?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.criteria import Criteria
from analytics.estimates import Estimates
from analytics.instrument import Instrument
from dashboard.views.dates import day_text
from dashboard.views.expected import ExpectedCourse, expected_view
from dashboard.views.findings import measure_name
from dashboard.views.jumps import Jump, jump_words, jumps_of
from dashboard.views.phases import PhaseStart, is_phase, phase_starts
from dashboard.views.reasons import error_reach
from dashboard.views.sensitivity import SensitivityView, sensitivity_view
from dashboard.views.series import Choice, baseline_choices, from_baseline, segments, totals_of
from dashboard.views.trends import Trend, trend_line, trend_text
from dashboard.views.words import (
    counted,
    cutoff_words,
    direction,
    joined,
    number,
    signed,
    span,
)
from data.records import AnnotationRow, Event, ScoreRow, SeriesResult, SessionRow


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The days that every chart of a client shows; ``today`` only where it is among them."""

    start: date
    end: date
    today: date | None


@dataclass(frozen=True, slots=True)
class Marked:
    """Something on a day, with the words that a pointer shows."""

    day: date
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """One total, with the words that a pointer shows."""

    day: date
    total: float
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line with its label; ``kind`` is cutoff, better, worse or baseline."""

    value: float
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A severity band; the mildest has place 0."""

    start: float
    end: float
    label: str
    place: int


@dataclass(frozen=True, slots=True)
class MeasureView:
    """One questionnaire: everything that its chart and the words around it show."""

    series_id: int
    name: str
    title: str
    is_judged: bool  # a process measure is shown as facts only
    minimum: float
    maximum: float
    axis: TimeAxis
    points: tuple[Point, ...]
    runs: tuple[tuple[int, int], ...]
    reach: float | None
    bands: tuple[Ground, ...]
    levels: tuple[Level, ...]
    baseline: Point
    baseline_note: str
    trend: Trend | None
    trend_text: str
    expected: ExpectedCourse | None
    expected_text: str
    jumps: tuple[Jump, ...]
    phases: tuple[PhaseStart, ...]
    sensitivity: SensitivityView | None
    missed: tuple[Marked, ...]
    flags: tuple[Marked, ...]
    choices: tuple[Choice, ...]
    chosen: int
    caption: str
    alt: str
    result: SeriesResult


_MARKS = (
    ("missed", "□ session missed"),
    ("cancelled", "× session cancelled"),
    ("no_total", "○ too few items for a total"),
)


def time_axis(days: Sequence[date], *, is_open: bool, today: date) -> TimeAxis:
    """Return one axis for all charts of an episode; an open one reaches to today."""
    start = min(days, default=today)
    end = max(days, default=today)
    if is_open:
        end = max(end, today)
    return TimeAxis(start, max(end, start + timedelta(days=28)), today if today <= end else None)


def measure_view(
    result: SeriesResult,
    rows: Sequence[ScoreRow],
    instrument: Instrument,
    criteria: Criteria,
    *,
    axis: TimeAxis,
    sessions: Sequence[SessionRow] = (),
    annotations: Sequence[AnnotationRow] = (),
    events: Sequence[Event] = (),
    own: Estimates | None = None,
    place: int = 0,
) -> MeasureView:
    """Return the view of one series against the baseline at ``place`` among its totals.

    *events* are those of the episode; *own* the service's own figures.
    """
    kept = totals_of(rows)
    place = place if 0 <= place < len(kept) else 0
    judged = from_baseline(result, rows, place, criteria)
    points = tuple(_point(row, instrument.step) for row in kept)
    runs = segments([p.day for p in points], interval_days=instrument.interval_days)
    outcome = instrument.role == "outcome"
    name = measure_name(instrument, result.respondent)
    scored = [(point.day, point.total) for point in points]
    expected, expected_text = expected_view(
        judged,
        criteria,
        until=axis.today or axis.end,
        step=instrument.step,
        is_changed=place > 0,
    )
    jumps = jumps_of(events, result.series_id, scored, instrument.step)
    levels = _levels(judged, instrument, criteria) if outcome else ()
    no_total = tuple(
        Marked(row.administered_on, "no_total", f"{day_text(row.administered_on)}: no total")
        for row in rows
        if row.total is None
    )
    return MeasureView(
        series_id=result.series_id,
        name=name,
        title=f"{name}, {span(instrument)}, {direction(instrument)}",
        is_judged=outcome,
        minimum=instrument.minimum,
        maximum=instrument.maximum,
        axis=axis,
        points=points,
        runs=runs,
        reach=error_reach(criteria),
        bands=_grounds(instrument),
        levels=levels,
        baseline=points[place],
        baseline_note=_baseline_note(kept, place, instrument.step),
        trend=trend_line(judged, scored[place:]) if outcome else None,
        trend_text=trend_text(judged, criteria, scored[place:]) if outcome else "",
        expected=expected,
        expected_text=expected_text,
        jumps=jumps,
        phases=phase_starts(annotations),
        sensitivity=sensitivity_view(judged, instrument, criteria, own=own),
        missed=absences(sessions) + no_total,
        flags=tuple(
            Marked(
                a.noted_on,
                "phase" if is_phase(a.kind) else "note",
                f"{i}. {day_text(a.noted_on)}: {a.text}",
            )
            for i, a in enumerate(annotations, start=1)
        ),
        choices=baseline_choices(rows, instrument.step),
        chosen=place,
        caption=_caption(
            instrument,
            criteria,
            runs,
            absences(sessions) + no_total,
            drawn=jump_words(jumps, judged),
            outcome=outcome,
        ),
        alt=_alt(judged, name, instrument, jumps),
        result=judged,
    )


def absences(sessions: Sequence[SessionRow]) -> tuple[Marked, ...]:
    """Return the appointments that did not take place."""
    return tuple(
        Marked(
            s.held_on,
            s.attendance,
            f"session {s.session_no}, {day_text(s.held_on)}: {s.attendance}",
        )
        for s in sessions
        if s.attendance != "attended"
    )


def _point(row: ScoreRow, step: float) -> Point:
    session = "" if row.session_no is None else f", session {row.session_no}"
    total = row.total or 0.0
    return Point(
        row.administered_on,
        total,
        f"{day_text(row.administered_on)}{session}: {number(total, step)}",
    )


def _grounds(instrument: Instrument) -> tuple[Ground, ...]:
    """Return the bands, stretched so that no strip of the axis is between two of them."""
    bands = sorted(instrument.bands, key=lambda band: band.start)
    half = instrument.step / 2
    last = len(bands) - 1
    return tuple(
        Ground(
            instrument.minimum if i == 0 else band.start - half,
            instrument.maximum if i == last else bands[i + 1].start - half,
            band.label,
            i if instrument.better == "lower" else last - i,
        )
        for i, band in enumerate(bands)
    )


def _levels(judged: SeriesResult, instrument: Instrument, criteria: Criteria) -> tuple[Level, ...]:
    levels = []
    if criteria.cutoff is not None:
        levels.append(
            Level(
                criteria.cutoff.value, f"clinical range: {cutoff_words(criteria.cutoff)}", "cutoff"
            )
        )
    if criteria.reliable_change is not None:
        size = criteria.reliable_change.value
        up, down = ("worse", "better") if instrument.better == "lower" else ("better", "worse")
        for value, kind in ((judged.baseline + size, up), (judged.baseline - size, down)):
            if instrument.minimum <= value <= instrument.maximum:
                levels.append(
                    Level(value, f"reliably {kind}: {_limit(value, criteria, instrument)}", kind)
                )
    return tuple(levels)


def _limit(value: float, criteria: Criteria, instrument: Instrument) -> str:
    """Return a total at the edge of reliable change, as fine as the criterion is."""
    return number(value, min(instrument.step, 1.0 if criteria.reliable_inclusive else 0.01))


def _baseline_note(kept: Sequence[ScoreRow], place: int, step: float) -> str:
    row = kept[place]
    when = day_text(row.administered_on)
    session = "" if row.session_no is None else f" (session {row.session_no})"
    total = number(row.total or 0.0, step)
    if place:
        return f"Baseline changed on {when}{session}: {total}; scores before it are not used."
    late = row.session_no is not None and row.session_no > 1
    why = "; no score of an earlier session is on file" if late else ""
    return f"Baseline: first score of this episode, {total} on {when}{session}{why}."


def _caption(
    instrument: Instrument,
    criteria: Criteria,
    runs: Sequence[tuple[int, int]],
    missed: Sequence[Marked],
    *,
    drawn: str,
    outcome: bool,
) -> str:
    parts = []
    reach = error_reach(criteria)
    if reach is not None:
        parts.append(f"Ribbon: error of one score, ±{number(reach, instrument.step)} points.")
    elif outcome:
        parts.append("No ribbon: the error of one score is unknown.")
    step = instrument.step
    if instrument.bands:
        bands = joined(
            [f"{b.label} {number(b.start, step)}-{number(b.end, step)}" for b in instrument.bands]
        )
        parts.append(f"Bands: {bands}.")
    if len(runs) > 1:
        gaps = counted(len(runs) - 1, "gap of more than", "gaps of more than")
        parts.append(f"{gaps} {number(2.5 * instrument.interval_days)} days in the line.")
    kinds = {m.kind for m in missed}
    marks = [words for kind, words in _MARKS if kind in kinds]
    if marks:
        parts.append(f"On the time axis: {', '.join(marks)}.")
    if drawn:
        parts.append(drawn)
    return " ".join(parts)


def _alt(judged: SeriesResult, name: str, instrument: Instrument, jumps: Sequence[Jump]) -> str:
    step = instrument.step
    change = "" if judged.change is None else f", change {signed(judged.change, step)}"
    return (
        f"{name} over time, {direction(instrument)}: {number(judged.baseline, step)} on "
        f"{day_text(judged.first_on)} to {number(judged.latest, step)} on {day_text(judged.last_on)}"
        f"{change}, {counted(judged.n, 'score')}. {''.join(f'{jump.text}. ' for jump in jumps)}"
        "The table of scores holds every point."
    )
