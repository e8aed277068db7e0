"""How was each risk item answered, and when?"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analytics.instrument import Instrument, Items, RiskItem
from dashboard.theme import ATTENTION
from dashboard.views.dates import ago_text, day_text
from dashboard.views.findings import measure_name
from dashboard.views.words import number
from data.records import RiskAnswer, RiskSetAside, ScoreRow, SeriesKey

NONE_GIVEN = "No questionnaire with a risk item has been given in this episode."

_COMPARE = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One risk item: what was answered and when, and whether it asks for a look."""

    text: str
    to_acknowledge: bool

    @property
    def mark(self) -> str:
        """Return the mark in front; an answer of 0 has none, as it is no all-clear."""
        return ATTENTION["answer"].mark if self.to_acknowledge else ""


def answer_lines(
    scores: Sequence[ScoreRow],
    series: Sequence[SeriesKey],
    instruments: Mapping[str, Instrument],
    *,
    today: date,
    aside: Sequence[RiskSetAside] = (),
    files: Mapping[int, str] | None = None,
) -> tuple[AnswerLine, ...]:
    """Return one line for each risk item of each questionnaire given, positive answers first.

    The latest answer decides whether a line asks for a look: an item left blank, or a total
    without items, says nothing and takes nothing back. The line tells both, with their days.
    Answers in rows that were set aside on import (*aside*) have lines of their own.
    """
    lines: list[AnswerLine] = []
    for key in series:
        instrument = instruments[key.instrument]
        given = [row for row in scores if row.series_id == key.series_id]
        if given:
            name = measure_name(instrument, key.respondent)
            lines += [_line(given, name, instrument, risk, today) for risk in instrument.risk_items]
    lines += [_aside(answer, instruments, files or {}) for answer in aside]
    if not lines:
        return (AnswerLine(NONE_GIVEN, False),)
    return tuple(sorted(lines, key=lambda line: not line.to_acknowledge))


def answer_short(answer: RiskAnswer, instrument: Instrument) -> str:
    """Return a positive answer for the caseload."""
    said = _said(answer.value, instrument.items)
    return f"item {answer.item} of {instrument.name} {said} on {day_text(answer.administered_on)}"


def _line(
    given: Sequence[ScoreRow], name: str, instrument: Instrument, risk: RiskItem, today: date
) -> AnswerLine:
    ordered = sorted(given, key=_moment)
    latest = ordered[-1]
    which = f"Item {risk.item} of {name}:"
    when = f"on {day_text(latest.administered_on)} ({ago_text(latest.administered_on, today)})"
    answered = [row for row in ordered if _value(row, risk) is not None]
    deciding = answered[-1] if answered else None
    positive = deciding is not None and _positive(_value(deciding, risk), risk)
    before = "" if deciding is None else _told(deciding, risk, instrument)
    if latest.answers is None:
        text = f"{which} item not recorded; the latest {name}, {when}, has a total only."
        if deciding is not None:
            text += f" Last recorded: {before}."
        elif any(row.answers is not None for row in ordered):
            text += " It was left blank before."
        return AnswerLine(text, positive)
    if deciding is None:
        return AnswerLine(f"{which} not answered {when}.", False)
    if deciding is not latest:
        return AnswerLine(f"{which} {before}; not answered {when}.", positive)
    text = f"{which} {_said(_value(latest, risk), instrument.items)} {when}."
    earlier = [row for row in answered[:-1] if _positive(_value(row, risk), risk)]
    if earlier and not positive:
        text += f" Before that {_told(earlier[-1], risk, instrument)}."
    return AnswerLine(text, positive)


def _aside(
    answer: RiskSetAside, instruments: Mapping[str, Instrument], files: Mapping[int, str]
) -> AnswerLine:
    """Return the line of an answer whose row was set aside; its texts are as the row has them."""
    instrument = instruments.get(answer.instrument)
    name = answer.instrument if instrument is None else instrument.name
    try:
        said = _said(float(answer.answer), None if instrument is None else instrument.items)
    except ValueError:
        said = f"answered '{answer.answer}'"
    try:
        when = day_text(date.fromisoformat(answer.administered_on or ""))
    except ValueError:
        when = answer.administered_on or "an unknown day"
    file = files.get(answer.import_no, f"import {answer.import_no}")
    return AnswerLine(
        f"Item {answer.item} of {name}: {said} on {when}, in row {answer.row} of {file}, which was "
        "set aside on import.",
        answer.positive,
    )


def _moment(row: ScoreRow) -> tuple[date, int]:
    return row.administered_on, -1 if row.session_no is None else row.session_no


def _told(row: ScoreRow, risk: RiskItem, instrument: Instrument) -> str:
    return f"{_said(_value(row, risk), instrument.items)} on {day_text(row.administered_on)}"


def _value(row: ScoreRow, risk: RiskItem) -> float | None:
    return None if row.answers is None else row.answers[risk.item - 1]


def _positive(value: float | None, risk: RiskItem) -> bool:
    return value is not None and _COMPARE[risk.op](value, risk.value)


def _said(value: float | None, items: Items | None) -> str:
    """Return the answer in the questionnaire's words, or as a number where there are none."""
    if value is None:
        return "not answered"
    if items is None:
        return f"answered {number(value, 0.01)}"
    place = round((value - items.minimum) / items.step)
    if 0 <= place < len(items.labels):
        return f"answered '{items.labels[place].lower()}'"
    low, high = (number(end, items.step) for end in (items.minimum, items.maximum))
    return f"answered {number(value, items.step)} on a scale of {low} to {high}"
