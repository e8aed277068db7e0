"""How was each risk item answered, and when?"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analytics.instrument import Instrument, Items, RiskItem
from dashboard.theme import ATTENTION
from dashboard.views.dates import ago_text, day_text
from dashboard.views.words import number
from data.records import RiskAnswer, ScoreRow, SeriesKey

NONE_GIVEN = "No questionnaire with a risk item has been given in this episode."

_COMPARE = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One risk item: what the latest administration says, and whether it asks for a look."""

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
) -> tuple[AnswerLine, ...]:
    """Return one line for each risk item of each questionnaire given, positive answers first.

    The latest administration decides, also when it came without answers: then an older
    answer is told with its date, but never stands in for the missing one.
    """
    lines: list[AnswerLine] = []
    for key in series:
        instrument = instruments[key.instrument]
        given = [row for row in scores if row.series_id == key.series_id]
        if given:
            lines += [_line(given, instrument, risk, today) for risk in instrument.risk_items]
    if not lines:
        return (AnswerLine(NONE_GIVEN, False),)
    return tuple(sorted(lines, key=lambda line: not line.to_acknowledge))


def answer_short(answer: RiskAnswer, instrument: Instrument) -> str:
    """Return a positive answer for the caseload."""
    said = _said(answer.value, instrument.items)
    return f"item {answer.item} of {instrument.name} {said} on {day_text(answer.administered_on)}"


def _line(
    given: Sequence[ScoreRow], instrument: Instrument, risk: RiskItem, today: date
) -> AnswerLine:
    ordered = sorted(given, key=lambda row: (row.administered_on, row.session_no or -1))
    latest = ordered[-1]
    which = f"Item {risk.item} of {instrument.name}:"
    when = f"on {day_text(latest.administered_on)} ({ago_text(latest.administered_on, today)})"
    recorded = [row for row in ordered if row.answers is not None]
    if latest.answers is None:
        text = f"{which} item not recorded; the latest {instrument.name}, {when}, has a total only."
        if not recorded:
            return AnswerLine(text, False)
        before = recorded[-1]
        value = _value(before, risk)
        told = f"{_said(value, instrument.items)} on {day_text(before.administered_on)}"
        return AnswerLine(f"{text} Last recorded: {told}.", _positive(value, risk))
    value = _value(latest, risk)
    text = f"{which} {_said(value, instrument.items)} {when}."
    if _positive(value, risk):
        return AnswerLine(text, True)
    earlier = [row for row in recorded[:-1] if _positive(_value(row, risk), risk)]
    if earlier:
        told = _said(_value(earlier[-1], risk), instrument.items)
        text += f" Before that {told} on {day_text(earlier[-1].administered_on)}."
    return AnswerLine(text, False)


def _value(row: ScoreRow, risk: RiskItem) -> float | None:
    return None if row.answers is None else row.answers[risk.item - 1]


def _positive(value: float | None, risk: RiskItem) -> bool:
    return value is not None and _COMPARE[risk.op](value, risk.value)


def _said(value: float | None, items: Items | None) -> str:
    """Return the answer in the questionnaire's words, or as a number where there are none."""
    if value is None:
        return "not answered"
    if items is None:
        return f"answered {number(value)}"
    place = round((value - items.minimum) / items.step)
    if 0 <= place < len(items.labels):
        return f"answered '{items.labels[place].lower()}'"
    return (
        f"answered {number(value)} on a scale of {number(items.minimum)} to {number(items.maximum)}"
    )
