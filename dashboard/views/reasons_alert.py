"""Why is an alliance, or an answer, something to talk about?"""

from collections.abc import Mapping, Sequence

from analytics.instrument import Cutoff, Instrument
from dashboard.theme import ATTENTION
from dashboard.views.case import Case, Reason
from dashboard.views.dates import day_text
from dashboard.views.findings import ALERTS, measure_name
from dashboard.views.words import cutoff_words, exact, number
from data.records import RiskAnswer


def alert_reason(case: Case) -> Reason | None:
    """Return the reason of an alert of a process measure; nothing where there is none."""
    result, instrument, marks = case.result, case.instrument, case.criteria.marks
    if result.alert not in ALERTS:
        return None
    is_up, step = instrument.better == "higher", instrument.step
    numbers = f"{number(result.latest, step)} on {day_text(result.last_on)}"
    if len(result.recent) > 1:
        numbers += f", {number(result.recent[-2], step)} at the score before"
    parts = [
        case.rule("published marks of a measure of the session"),
        *case.since("alliance"),
        ("Numbers", f"{numbers}, n = {result.n}"),
    ]
    for cutoff in instrument.cutoffs:
        if cutoff.purpose == "alert":
            parts.append(("Criterion", f"{cutoff_words(cutoff)}; source: {cutoff.source}"))
    if instrument.alert_drop is not None:
        way = "drop" if is_up else "rise"
        text = f"a {way} of {exact(marks.drop)} or more since the score before"
        parts.append(("Criterion", f"{text}; source: {instrument.alert_drop.source}"))
    parts.append(
        (
            "By chance",
            "not known: the marks are published as occasions to talk, without a rate of false alarms",
        )
    )
    parts.append(("What would change it", "a next score that meets neither criterion"))
    name = measure_name(instrument, result.respondent)
    return Reason(f"{name}: {ATTENTION['alliance'].text}", tuple(parts), ("alliance",))


def answer_reasons(
    latest: Sequence[RiskAnswer], instruments: Mapping[str, Instrument]
) -> tuple[Reason, ...]:
    """Return by which rule each answer to a risk item is one to acknowledge."""
    found = []
    for answer in latest:
        if not answer.positive:
            continue
        instrument = instruments[answer.instrument]
        item = next(risk for risk in instrument.risk_items if risk.item == answer.item)
        which = cutoff_words(Cutoff(item.value, item.op, "risk", item.source))
        parts = (
            (
                "Rule",
                f"an answer of {which} to item {item.item} is shown before everything else, "
                f"{instrument.name} facts version {instrument.version}",
            ),
            (
                "Numbers",
                f"answered {number(answer.value or 0.0)} on {day_text(answer.administered_on)}",
            ),
            ("Criterion", f"{which}; source: {item.source}"),
            ("What would change it", "a later answer outside this range; a blank takes none back"),
        )
        title = f"Item {item.item} of {instrument.name}: {ATTENTION['answer'].text}"
        found.append(Reason(title, parts, ("risk_answer",)))
    return tuple(found)
