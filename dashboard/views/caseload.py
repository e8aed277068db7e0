"""Who needs me first?"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from analytics.criteria import Criteria
from analytics.instrument import Instrument
from dashboard.theme import ATTENTION
from dashboard.views.answers import answer_short
from dashboard.views.dates import ago_text
from dashboard.views.findings import Finding, finding
from dashboard.views.words import counted, direction, joined, number, signed, span
from data.library import Library
from data.records import CaseloadPage, CaseloadQuery, CaseloadRow, SeriesResult

PAGE_SIZE = 50
# The mark may rest on an answer that a row of the caseload does not carry.
ANSWER_ELSEWHERE = "given before the latest questionnaire, or in a row set aside on import; open the client to see it"
MEASURES_SHOWN = 2

NO_DATA = (
    "No scores are on file yet. Import a log on the page Import, or see an invented service with "
    "`milepost demo`."
)
CLOSED_TOO = "Show closed episodes too"
NO_MATCH = "No client matches this search and these filters. Clear one of them to see more."
NO_OPEN = f"No episode is open. Turn on '{CLOSED_TOO}' to see the closed ones."


# The same need has two reasons: too few scores, or no criterion to judge them by.
_CANNOT_TELL = "cannot tell yet or not assessable"
_PILLS = {"cannot_tell": f"{ATTENTION['cannot_tell'].mark} {_CANNOT_TELL}"}


@dataclass(frozen=True, slots=True)
class MeasureColumn:
    """One questionnaire in the table: its header and the fixed axis of its sparkline."""

    instrument: str
    label: str
    trend_label: str
    help: str
    y_min: float
    y_max: float


@dataclass(frozen=True, slots=True)
class MeasureCell:
    """One client's last score with its change, and the last scores."""

    text: str
    recent: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CaseloadLine:
    """One row of the table; a cell is ``None`` where the measure was not given."""

    client_id: str
    episode_id: str
    attention: str
    measures: tuple[MeasureCell | None, ...]
    goal: str
    sessions: str
    last_measure: str
    clinician: str


@dataclass(frozen=True, slots=True)
class Pill:
    """One kind of attention with the number of clients that it holds for."""

    attention: str
    label: str


@dataclass(frozen=True, slots=True)
class CaseloadView:
    """Everything that the caseload page shows.

    ``key`` differs whenever the rows could: a selection made in one table can then never be
    read as a row of another. Opening a client takes the ids from ``lines`` of this view.
    """

    answer: str
    pills: tuple[Pill, ...]
    hidden: str | None
    columns: tuple[MeasureColumn, ...]
    lines: tuple[CaseloadLine, ...]
    shown: str
    pages: int
    key: str
    empty: str | None


def caseload_view(
    page: CaseloadPage,
    query: CaseloadQuery,
    library: Library,
    *,
    today: date,
    generation: int | None,
    has_data: bool = True,
    closed: int = 0,
) -> CaseloadView:
    """Return the caseload of one query; *closed* episodes would match it too, but are left out."""
    judging = {name: library.judging(name) for name in library.instruments}
    columns = _columns(page, query, library.instruments)
    lines = tuple(
        _line(row, columns, library.instruments, judging, today, query.attention)
        for row in page.rows
    )
    return CaseloadView(
        answer=_answer(page, query),
        pills=pills(page),
        hidden=_hidden(page),
        columns=columns,
        lines=lines,
        shown=_shown(page, query),
        pages=page_count(page.total, query.page_size),
        key=_key(query, generation),
        empty=None if lines else _empty(page, query, has_data, closed),
    )


def page_count(total: int, page_size: int) -> int:
    """Return how many pages so many rows have, at least 1."""
    return max(1, ceil(total / page_size))


def pills(page: CaseloadPage) -> tuple[Pill, ...]:
    """Return one pill for each kind of attention, the most urgent first."""
    return tuple(
        Pill(word, f"{_PILLS.get(word, ATTENTION[word].text)} {count}")
        for word, count in page.per_attention
    )


def _answer(page: CaseloadPage, query: CaseloadQuery) -> str:
    """Return how many episodes there are, and of what kind, in one sentence."""
    count = dict(page.per_attention)
    kinds = (
        ("worse", "worse"),
        ("answer", "with an answer to acknowledge"),
        ("worsening", "with a worsening trend"),
        ("off_course", "off the expected course"),
        ("stuck", "stuck"),
        ("maintained", "maintained"),
        ("cannot_tell", _CANNOT_TELL),
        ("unchanged", f"with {ATTENTION['unchanged'].word}"),
        ("alliance", "with an alliance to talk about"),
    )
    told = counted(page.whole, "open client" if query.open_only else "episode")
    parts = [f"{count[word]} {text}" for word, text in kinds if word in count]
    if parts:
        told += f": {', '.join(parts)}"
    twice = sum(count.values()) > page.whole
    return f"{told}." + (" A client may count in several." if twice else "")


def _hidden(page: CaseloadPage) -> str | None:
    """Return what the attention filter leaves out, where that is urgent."""
    if not page.hidden:
        return None
    words = " and ".join(f"{ATTENTION[word].text} {count}" for word, count in page.hidden)
    return f"Not shown by this choice: {words}."


def _columns(
    page: CaseloadPage, query: CaseloadQuery, instruments: Mapping[str, Instrument]
) -> tuple[MeasureColumn, ...]:
    """Return the measures to show: the one asked for, then the most frequent outcome measures."""
    seen = Counter(
        r.instrument
        for row in page.rows
        for r in row.results
        if instruments[r.instrument].role == "outcome"
    )
    frequent = sorted(seen, key=lambda name: (-seen[name], name))
    asked = [query.instrument] if query.instrument is not None else []
    names = list(dict.fromkeys([*asked, *frequent]))[:MEASURES_SHOWN]
    return tuple(_column(instruments[name]) for name in names)


def _column(i: Instrument) -> MeasureColumn:
    return MeasureColumn(
        i.id,
        f"{i.name}, {span(i)}",
        f"{i.name} so far",
        f"Last score and change since the baseline; {direction(i)}. {i.name}, {i.construct}.",
        i.minimum,
        i.maximum,
    )


def _line(
    row: CaseloadRow,
    columns: tuple[MeasureColumn, ...],
    instruments: Mapping[str, Instrument],
    judging: Mapping[str, Criteria],
    today: date,
    asked: Sequence[str],
) -> CaseloadLine:
    findings = [finding(r, instruments[r.instrument], judging[r.instrument]) for r in row.results]
    return CaseloadLine(
        row.client_id,
        row.episode_id,
        attention_text(row, findings, instruments, asked),
        tuple(
            _cell(row.results, column, instruments[column.instrument].step) for column in columns
        ),
        "" if row.goal is None else f"{number(row.goal.rating)} of 10",
        _sessions(row),
        "none yet" if row.last_on is None else ago_text(row.last_on, today),
        row.clinician_id or "",
    )


def _sessions(row: CaseloadRow) -> str:
    """Return how many sessions were held; without a list of them, how many scores there are."""
    if row.sessions is None:
        return f"{max((r.n for r in row.results), default=0)} scored"
    return f"{row.sessions}" + (f" ({row.missed} not held)" if row.missed else "")


def attention_text(
    row: CaseloadRow,
    findings: list[Finding],
    instruments: Mapping[str, Instrument],
    asked: Sequence[str] = (),
) -> str:
    """Return why a row stands where it stands, the most urgent reason first.

    A positive answer to a risk item is told in every row that has one, also where another
    finding decides the place; so are a measure that contradicts a deterioration and an
    alliance to talk about. *asked* are the kinds of attention that were chosen.
    """
    same = [f for f in findings if f.attention == row.attention]
    same.sort(key=lambda f: -f.size)
    told_once = dict.fromkeys(
        answer_short(a, instruments[a.instrument]) for a in row.risk_answers if a.positive
    )
    answers = list(told_once)
    # The texts are kept short, as a cell shows a few lines only: the answer comes second.
    if row.attention == "answer":
        told, answers = "; ".join(answers) or ANSWER_ELSEWHERE, []
    elif same:
        told = same[0].short
    else:
        told = "; ".join(f.short for f in findings) or "no questionnaire has a total yet"
    mark = ATTENTION[row.attention].text
    if row.attention == "cannot_tell" and len({f.mark for f in same}) == 1:
        mark = same[0].mark
    parts = [f"{mark}: {told}"]
    if answers:
        parts.append(f"{ATTENTION['answer'].mark} {'; '.join(answers)}")
    if len(same) > 1 and row.attention != "answer":
        parts.append(f"also {joined([f.name for f in same[1:]])}")
    if row.attention in ("worse", "worsening"):
        up = [f.name for f in findings if f.reads == "better"]
        if up:
            parts.append(f"{ATTENTION['better'].mark} measures disagree: better on {joined(up)}")
    late = {r.series_id for r in row.results if r.not_on_track == "red"}
    if late and "off_course" in asked and row.attention != "off_course":
        names = joined([f.name for f in findings if f.series_id in late])
        parts.append(f"{ATTENTION['off_course'].text} on {names}")
    mark = ATTENTION["alliance"].mark
    parts += [f"{mark} {f.short}" for f in findings if f.attention == "alliance"]
    return " | ".join(parts)


def _cell(
    results: tuple[SeriesResult, ...], column: MeasureColumn, step: float
) -> MeasureCell | None:
    own = [r for r in results if r.instrument == column.instrument]
    if not own:
        return None
    # The instrument's usual respondent comes first.
    result = own[0]
    if result.change is None:
        text = f"{number(result.latest, step)} (first score)"
    else:
        judged = {"unchanged": "no reliable change", "not_assessable": "not assessed"}.get(
            result.category, "reliable change"
        )
        text = f"{number(result.latest, step)} ({signed(result.change, step)}, {judged})"
    # One score is no line: a flat one would look like a client who does not change.
    return MeasureCell(text, result.recent if len(result.recent) > 1 else ())


def _shown(page: CaseloadPage, query: CaseloadQuery) -> str:
    if not page.rows:
        return ""
    first = (query.page - 1) * query.page_size + 1
    return f"{first}-{first + len(page.rows) - 1} of {page.total:,}"


def _key(query: CaseloadQuery, generation: int | None) -> str:
    """Return a name for exactly these rows: every field of the query, and the data."""
    # A hash of the fields in full, as a search text may hold any separator.
    digest = hashlib.sha256(repr((query, generation)).encode()).hexdigest()[:16]
    return f"caseload-{digest}"


def _empty(page: CaseloadPage, query: CaseloadQuery, has_data: bool, closed: int) -> str:
    if not has_data:
        return NO_DATA
    filters = (query.search.strip(), query.clinician_id, query.team, query.instrument)
    narrowed = any(filters) or bool(query.attention)
    if query.open_only and not narrowed and not page.per_attention:
        return NO_OPEN
    if query.open_only and closed:
        found = counted(closed, "closed episode does", "closed episodes do")
        return (
            f"No open episode matches this search and these filters, but {found}. Closed episodes "
            f"are not shown; turn on '{CLOSED_TOO}' to see them."
        )
    return NO_MATCH
