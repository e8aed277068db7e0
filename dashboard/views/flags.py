"""Which flags stand for this client, the most severe first, and since when?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analytics.agreement import DIVERGENCE
from analytics.flags import KINDS
from dashboard.theme import ATTENTION, CATEGORY, COURSE, FLAG, PLATEAU_KIND, STATE, Word
from dashboard.views.agreement import AgreementLine
from dashboard.views.answers import AnswerLine
from dashboard.views.case import Case
from dashboard.views.findings import measure_name


@dataclass(frozen=True, slots=True)
class FlagLine:
    """One flag: its kind of `analytics.flags.KINDS`, its mark and word, and what it is about."""

    kind: str
    label: str
    text: str


def flag_lines(
    cases: Sequence[Case],
    answers: Sequence[AnswerLine],
    together: Sequence[AgreementLine],
    review: str,
) -> tuple[FlagLine, ...]:
    """Return every flag of one episode, of its measures as of all it holds.

    ``review`` is the sentence that a review of goals is due, or empty.
    """
    found = [line for case in cases for line in _of_measure(case)]
    found += [
        FlagLine("risk_answer", ATTENTION["answer"].text, line.text)
        for line in answers
        if line.to_acknowledge
    ]
    found += [
        FlagLine("disagreement", FLAG["disagreement"].text, line.text)
        for line in together
        if line.kind in DIVERGENCE
    ]
    if review:
        found.append(FlagLine("review_due", FLAG["review_due"].text, review))
    return tuple(sorted(found, key=lambda line: KINDS.index(line.kind)))


def _of_measure(case: Case) -> Iterator[FlagLine]:
    name = measure_name(case.instrument, case.result.respondent)
    for kind, seen in case.flags.items():
        if kind == "maintained" and "deterioration" in case.flags:
            continue  # a level that is worse than the baseline is no gain that holds
        yield FlagLine(kind, _word(kind, case).text, f"{name}, since {seen.words}.")


def _word(kind: str, case: Case) -> Word:
    """Return the word of a flag, as the finding beside it has it."""
    if kind in ("deterioration", "improvement"):
        # Since when holds for the change; whether the cutoff is passed, for the last score.
        return CATEGORY["deteriorated" if kind == "deterioration" else "improved"]
    if kind in ("worsening", "improving"):
        return STATE[kind]
    if kind in ("stuck", "maintained"):
        return PLATEAU_KIND[case.result.plateau_kind or kind]
    if kind in ("off_course", "near_limit"):
        return COURSE["red" if kind == "off_course" else "amber"]
    return ATTENTION["alliance"] if kind == "alliance" else FLAG[kind]
