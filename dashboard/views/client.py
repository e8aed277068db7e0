"""Is this client getting better, how sure is that, and what is there to talk about?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from analytics.criteria import Criteria
from analytics.instrument import Instrument
from dashboard.theme import ATTENTION, CATEGORY, Word
from dashboard.views.agreement import (
    AgreementLine,
    agreement_lines,
    goal_places,
    plateau_words,
)
from dashboard.views.answers import AnswerLine, answer_lines
from dashboard.views.case import Case, cases_of
from dashboard.views.dates import ago_text, day_text
from dashboard.views.findings import ORDER, Finding, finding, measure_name
from dashboard.views.flags import FlagLine, flag_lines
from dashboard.views.goal_words import review_of, review_words
from dashboard.views.goals import GoalsView, goals_view
from dashboard.views.measure import Marked, MeasureView, TimeAxis, measure_view, time_axis
from dashboard.views.phases import PhasesView, phase_starts, phases_view
from dashboard.views.process import process_facts
from dashboard.views.reasons import Reason, reasons
from dashboard.views.reasons_alert import answer_reasons
from dashboard.views.tables import Table, item_table, note_table, provenance, score_table
from dashboard.views.words import counted
from data.library import Library
from data.records import (
    ClientRecord,
    EpisodeFacts,
    Generation,
    RiskSetAside,
    ScoreRow,
    SeriesKey,
)

NOT_SCORED = "No questionnaire has a total in this episode yet, so nothing can be assessed."


@dataclass(frozen=True, slots=True)
class SessionsView:
    """The strip of appointments, and its words."""

    axis: TimeAxis
    marks: tuple[Marked, ...]
    sentence: str
    alt: str


@dataclass(frozen=True, slots=True)
class ClientView:
    """Everything that the client's page shows.

    ``identity`` names the client twice and stands on every panel. ``key`` is for widgets:
    it differs between any two episodes, so that no choice is carried from one to another.
    """

    client_id: str
    episode_id: str
    key: str
    identity: str
    subtitle: str
    episodes: tuple[str, ...]
    words: tuple[Word, ...]
    answers: tuple[AnswerLine, ...]
    set_aside: str | None
    together: tuple[AgreementLine, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    flags: tuple[FlagLine, ...]
    reasons: tuple[Reason, ...]
    measures: tuple[MeasureView, ...]
    phases: PhasesView | None
    goals: GoalsView
    sessions: SessionsView
    score_tables: tuple[Table, ...]
    item_tables: tuple[Table, ...]
    notes: Table
    provenance: tuple[Table, ...]


def client_view(
    record: ClientRecord,
    library: Library,
    *,
    today: date,
    about: Generation | None = None,
    baselines: Mapping[int, int] | None = None,
    files: Mapping[int, str] | None = None,
    set_aside: int = 0,
    risk_aside: Sequence[RiskSetAside] = (),
) -> ClientView:
    """Return the page of one episode.

    ``baselines`` holds the chosen baseline of a series, by its place among the totals;
    ``files`` the name of the file of each import. *set_aside* counts the rows of this client
    that were set aside on import; *risk_aside* are the answers to risk items in them.
    """
    chosen, names = baselines or {}, files or {}
    instruments = library.instruments
    axis = _axis(record, today)
    rules = about.rules if about is not None else f"{library.rules.id} {library.rules.version}"
    kernel = about.kernel if about is not None else "of this software"
    measures: dict[int, MeasureView] = {}
    for result in record.row.results:
        instrument = instruments[result.instrument]
        judging = library.judging(instrument.id)
        view = measure_view(
            result,
            [row for row in record.scores if row.series_id == result.series_id],
            instrument,
            judging,
            axis=axis,
            sessions=record.sessions,
            annotations=record.annotations,
            events=record.events,
            own=library.figures.get(instrument.id),
            place=chosen.get(result.series_id, 0),
        )
        if view.chosen:
            view = replace(view, baseline_note=_other_baseline(view, instrument, judging))
        measures[result.series_id] = view
    places = goal_places(record, instruments.get("gbo"))
    first_goal = places[0] if places else None
    cases = cases_of(
        record,
        library,
        made=f"rules {rules}, formulas {kernel}",
        goal=lambda kind: plateau_words(kind, first_goal),
    )
    findings = _findings(cases, record)
    results = {result.series_id: result for result in record.row.results}
    together = agreement_lines(findings, results, instruments, places)
    answers = answer_lines(
        record.scores, record.series, instruments, today=today, aside=risk_aside, files=names
    )
    why = {case.result.series_id: reasons(case) for case in cases}
    ordered = _ordered(record, instruments)
    tables = [
        score_table(
            measures.get(key.series_id), key, _rows(record, key), instruments[key.instrument], names
        )
        for key in ordered
    ]
    items = [item_table(key, _rows(record, key), instruments[key.instrument]) for key in ordered]
    goals = goals_view(record, axis, library.rules, instruments.get("gbo"))
    facts = record.facts
    return ClientView(
        client_id=facts.client_id,
        episode_id=facts.episode_id,
        key=f"{len(facts.client_id)}-{facts.client_id}-{facts.episode_id}",
        identity=_identity(facts),
        subtitle=_subtitle(record, today),
        episodes=record.episodes,
        words=tuple(_word(word, findings) for word in record.row.states),
        answers=answers,
        set_aside=_set_aside(set_aside),
        together=together,
        findings=tuple(findings),
        remarks=_remarks(record, instruments, measures, goals),
        flags=flag_lines(cases, answers, together, _review_due(record, library)),
        reasons=answer_reasons(record.row.risk_answers, instruments)
        + tuple(reason for f in findings for reason in why[f.series_id]),
        measures=tuple(measures[f.series_id] for f in findings),
        phases=_phases(record, library),
        goals=goals,
        sessions=_sessions(record, axis),
        score_tables=tuple(tables),
        item_tables=tuple(table for table in items if table is not None),
        notes=note_table(record.annotations),
        provenance=provenance(record, instruments, about, names),
    )


def _ordered(record: ClientRecord, instruments: Mapping[str, Instrument]) -> list[SeriesKey]:
    order = list(instruments)
    return sorted(record.series, key=lambda key: (order.index(key.instrument), key.respondent))


def _rows(record: ClientRecord, key: SeriesKey) -> list[ScoreRow]:
    return [row for row in record.scores if row.series_id == key.series_id]


def _findings(cases: Sequence[Case], record: ClientRecord) -> list[Finding]:
    """Return the words of all measures, the greatest need first.

    What the first goal adds to a plateau is told once, of the first measure that is on one.
    """
    pairs = [(_finding(case, record), case) for case in cases]
    pairs.sort(key=lambda pair: (ORDER.index(pair[0].attention), -pair[0].size))
    findings = [found for found, _ in pairs]
    for at, (found, case) in enumerate(pairs):
        if case.goal and found.attention in ("stuck", "maintained"):
            findings[at] = finding(case.result, case.instrument, case.criteria, goal=case.goal)
            break
    return findings


def _finding(case: Case, record: ClientRecord) -> Finding:
    """Return the words of one measure; a process measure speaks of its published marks."""
    found = finding(case.result, case.instrument, case.criteria)
    rows = [row for row in record.scores if row.series_id == case.result.series_id]
    facts = process_facts(rows, case.instrument, case.result.respondent)
    return replace(found, sentence=" ".join(facts)) if facts else found


def _review_due(record: ClientRecord, library: Library) -> str:
    """Return the sentence that a review of goals is due; nothing where it is not."""
    review = review_of(record, record.goals, library.rules)
    if review is None or review.when != "due":
        return ""
    rules = library.rules
    often = f"every {rules.review_sessions} sessions held (rules {rules.id} {rules.version})"
    return f"{review_words(review)} Goals are reviewed {often}."


def _other_baseline(view: MeasureView, instrument: Instrument, judging: Criteria) -> str:
    """Return what the change is from the chosen baseline, and what is not judged from it."""
    told = finding(view.result, instrument, judging).sentence
    return (
        f"{view.baseline_note} From there: {told} What stands at the top of the page is judged from "
        "the first score."
    )


def _phases(record: ClientRecord, library: Library) -> PhasesView | None:
    """Return the comparisons of all phases, on the questionnaires in their order."""
    return phases_view(
        phase_starts(record.annotations),
        [
            (library.instruments[key.instrument], key.respondent, _rows(record, key))
            for key in _ordered(record, library.instruments)
        ],
        confidence=library.rules.confidence,
    )


def _axis(record: ClientRecord, today: date) -> TimeAxis:
    days = [row.administered_on for row in record.scores]
    days += [session.held_on for session in record.sessions]
    days += [rating.rated_on for rating in record.goal_ratings]
    days += [note.noted_on for note in record.annotations]
    return time_axis(days, is_open=record.row.is_open, today=today)


def _identity(facts: EpisodeFacts) -> str:
    """Return at least two identifiers of the client."""
    parts = [facts.client_id, f"episode {facts.episode_id}"]
    if facts.age_band:
        parts.append(f"age {facts.age_band}")
    if facts.clinician_id:
        parts.append(facts.clinician_id)
    return " · ".join(parts)


def _subtitle(record: ClientRecord, today: date) -> str:
    facts, row = record.facts, record.row
    parts = [facts.team or "", facts.modality or ""]
    if facts.problem:
        parts.append(f"for {facts.problem}")
    if row.sessions is None:  # no list of appointments came
        held = counted(
            len({s.administered_on for s in record.scores}), "day with a score", "days with a score"
        )
    else:
        held = counted(row.sessions, "session held", "sessions held")
    start = facts.started_on or row.first_on
    parts.append(held if start is None else f"{held} since {day_text(start)}")
    if facts.ended_on is not None:
        why = f" ({facts.ending.replace('_', ' ')})" if facts.ending else ""
        parts.append(f"ended {day_text(facts.ended_on)}{why}")
    if row.last_on is not None:
        last = f"last measure {day_text(row.last_on)}, {ago_text(row.last_on, today)}"
        parts.append(last)
    return " · ".join(part for part in parts if part)


def _word(word: str, findings: Sequence[Finding]) -> Word:
    """Return the word of an episode; where no criterion is known, "not yet" would be false."""
    none = CATEGORY["not_assessable"]
    own = {finding.mark for finding in findings if finding.attention == word}
    return none if word == "cannot_tell" and own == {none.text} else ATTENTION[word]


def _set_aside(count: int) -> str | None:
    if not count:
        return None
    rows = counted(count, "row of this client was", "rows of this client were")
    return (
        f"{rows} set aside on import and {'is' if count == 1 else 'are'} not shown here; an answer "
        "to a risk item may be among them. See Import."
    )


def _remarks(
    record: ClientRecord,
    instruments: Mapping[str, Instrument],
    measures: Mapping[int, MeasureView],
    goals: GoalsView,
) -> tuple[str, ...]:
    remarks = [] if measures else [NOT_SCORED]
    for key in record.series:
        if key.series_id not in measures:
            name = measure_name(instruments[key.instrument], key.respondent)
            rows = _rows(record, key)
            if not rows:
                continue
            given = counted(len(rows), "time")
            remarks.append(
                f"{name} was given {given}, but too few items were answered for a total."
            )
    remarks.append(goals.sentence)
    return tuple(remarks)


def _sessions(record: ClientRecord, axis: TimeAxis) -> SessionsView:
    marks = tuple(
        Marked(
            s.held_on,
            s.attendance,
            f"session {s.session_no}, {day_text(s.held_on)}: {s.attendance}",
        )
        for s in record.sessions
    )
    if not marks:
        return SessionsView(axis, (), "No list of appointments has been imported.", "")
    count = {
        kind: sum(m.kind == kind for m in marks) for kind in ("attended", "missed", "cancelled")
    }
    sentence = (
        f"{counted(len(marks), 'appointment')}: ■ {count['attended']} attended, "
        f"□ {count['missed']} missed, × {count['cancelled']} cancelled."
    )
    return SessionsView(axis, marks, sentence, f"Appointments over time. {sentence}")
