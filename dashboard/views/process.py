"""What is a fact worth knowing about a measure of the session, such as the alliance?"""

import math
from collections.abc import Sequence

from analytics.instrument import Instrument
from analytics.process import ALERTS, Marks, alerts, marks
from dashboard.views.dates import day_text
from dashboard.views.findings import measure_name
from dashboard.views.words import counted, exact, number
from data.records import ScoreRow


def process_facts(
    rows: Sequence[ScoreRow], instrument: Instrument, respondent: str = ""
) -> tuple[str, ...]:
    """Return the last score against its published marks, as sentences without a judgement.

    *rows* are the administrations of one series in order of time. Nothing is returned for a
    measure that is no process measure, without a published mark, or without a total.
    """
    scored = [(row.administered_on, row.total) for row in rows if row.total is not None]
    known = marks(instrument)
    if instrument.role != "process" or not scored or _is_off(known):
        return ()
    totals = [total for _, total in scored]
    found = alerts(totals, [0, len(totals)], marks=known, better=instrument.better)
    alert, since = ALERTS[int(found.code[0])], int(found.since[0])
    step = instrument.step
    name = measure_name(instrument, respondent)
    side, fell, fall = (
        ("below", "dropped", "drop") if instrument.better == "higher" else ("above", "rose", "rise")
    )
    latest = f"{name} {number(totals[-1], step)} on {day_text(scored[-1][0])}"
    mark = f"{side} its mark of {exact(known.below)}" if not math.isnan(known.below) else ""
    if known.inclusive:
        mark = f"at or {mark}"
    facts = []
    if alert in ("below", "both"):
        run = len(totals) - since
        lasting = f", since {day_text(scored[since][0])} ({counted(run, 'score')})"
        facts.append(f"{latest}, {mark}{lasting if run > 1 else ''}.")
    if alert in ("dropped", "both"):
        before = scored[-2]
        text = (
            f"{name if facts else latest + ','} {fell} by {number(abs(float(found.drop[0])), step)} "
            f"since {day_text(before[0])} ({number(before[1], step)} to {number(totals[-1], step)}), "
            f"at least the published {fall} of {exact(known.drop)}."
        )
        facts.append(text)
    if facts:
        return tuple(facts)
    return (f"{latest}, {_quiet(mark, fall, known, scored, step)}.",)


def _is_off(known: Marks) -> bool:
    return math.isnan(known.below) and math.isnan(known.drop)


def _quiet(
    mark: str,
    fall: str,
    known: Marks,
    scored: Sequence[tuple[object, float]],
    step: float,
) -> str:
    """Return what was looked at where nothing was found; no flag is not an all-clear."""
    parts = [f"not {mark}"] if mark else []
    if not math.isnan(known.drop):
        if len(scored) < 2:
            parts.append(f"one score so far, so that a {fall} cannot be told")
        else:
            parts.append(
                f"no {fall} of {exact(known.drop)} or more since the score before "
                f"({number(scored[-2][1], step)})"
            )
    return ", ".join(parts)
