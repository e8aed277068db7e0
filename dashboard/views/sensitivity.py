"""Would other methods have judged the change of one measure differently?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from analytics.criteria import Criteria
from analytics.cutoffs import Letter, on_clinical_side
from analytics.estimates import Estimates
from analytics.instrument import Comparison, Cutoff, Instrument, Norms
from analytics.sensitivity.norm_intervals import cutoff_interval
from analytics.sensitivity.panel import IndexResult, sensitivity_panel
from analytics.sensitivity.response import (
    CHANGES,
    REASONS,
    REMISSIONS,
    Judged,
    change_by_meaningful,
    change_by_percentage,
    percentage_change,
    percentage_refers_to,
    remission,
)
from dashboard.theme import CHANGE
from dashboard.views.probability import WHAT_IT_IS_NOT, WITHIN_ERROR, true_change
from dashboard.views.words import (
    counted,
    cutoff_words,
    exact,
    number,
    opened,
    percent,
    rate,
    signed,
)
from data.records import SeriesResult

NEVER_THE_STATUS = (
    "This is never the client's status. It shows how far the verdict depends on the method."
)
# The verdict stands second, as the last columns of a table may lie off the edge of a phone.
INDEX_COLUMNS = ("Method", "Verdict", "Index", "Must exceed", "Standard error")
FACT_COLUMNS = ("Question", "Answer", "Details")

# What trials call a response; the figure is part of the word's meaning.
_RESPONSE = 0.5
_STATUS = {
    "recovered": "better",
    "improved": "better",
    "unchanged": "no_change",
    "deteriorated": "worse",
    "harmed": "worse",
}
_BY_CODE = {1: "better", 0: "no_change", -1: "worse"}


@dataclass(frozen=True, slots=True)
class SensitivityView:
    """The verdicts of other methods on one measure's change, never its status.

    ``indices`` are rows of ``INDEX_COLUMNS``, ``facts`` of ``FACT_COLUMNS``; ``ingredients``
    say with which norms the indices were computed, and why one was not.
    """

    title: str
    lead: str
    ingredients: str
    indices: tuple[tuple[str, str, str, str, str], ...]
    facts: tuple[tuple[str, str, str], ...]


def sensitivity_view(
    judged: SeriesResult,
    instrument: Instrument,
    criteria: Criteria,
    *,
    own: Estimates | None = None,
) -> SensitivityView | None:
    """Return what other methods say of the change since the baseline; ``None`` without a change.

    *own* are the service's own figures: its first scores stand in where the instrument has no
    norms, and its pairs of first and last scores serve the index that needs them.
    """
    if instrument.role != "outcome" or judged.n < 2:
        return None
    clinical = instrument.clinical
    if clinical is None and own is not None:
        clinical = own.norms
    panel = sensitivity_panel(
        judged.baseline,
        judged.latest,
        better=instrument.better,
        clinical=clinical,
        reliability=None if instrument.reliability is None else instrument.reliability.value,
        sample=None if own is None else own.pairs,
        confidence=criteria.confidence,
    )
    step = instrument.step
    return SensitivityView(
        "How other methods would judge this change",
        f"{NEVER_THE_STATUS} {_agreement(panel, judged)}",
        " ".join((_ingredients(instrument, clinical), *_notes(panel))).strip(),
        tuple(_index_row(result) for result in panel),
        (
            *_cutoff_facts(judged, instrument, clinical, criteria.confidence, step),
            *_change_facts(judged, instrument),
            *_probability(judged, criteria, own),
        ),
    )


def _agreement(panel: tuple[IndexResult, ...], judged: SeriesResult) -> str:
    """Return how many of the indices say what the status says."""
    found = [code for code in map(_code, panel) if code is not None]
    status = _STATUS.get(judged.category)
    if not found:
        return "None of these indices can be computed for this questionnaire."
    if status is None:
        return f"{counted(len(found), 'index', 'indices')} can be computed; the status cannot."
    same = sum(code == status for code in found)
    return (
        f"{same} of {counted(len(found), 'computable index', 'computable indices')} agree with "
        f"the status on this page ({CHANGE[status].word})."
    )


def _code(result: IndexResult) -> str | None:
    if result.verdict is None:
        return None
    return _BY_CODE.get(int(result.verdict))


def _index_row(result: IndexResult) -> tuple[str, str, str, str, str]:
    code = _code(result)
    limit = f"{result.critical:.2f}"
    if code is None or result.index is None or result.denominator is None:
        return result.name, "cannot be assessed", "none", limit, "none"
    index = f"{float(result.index):+.2f}"
    return result.name, CHANGE[code].word, index, limit, f"{result.denominator:.2f}"


def _notes(panel: tuple[IndexResult, ...]) -> Iterator[str]:
    """Yield why an index cannot be computed, or what a reader must know of it."""
    for result in panel:
        words = result.reason or result.note
        if words:
            yield f"{result.name}: {words}"


def _ingredients(instrument: Instrument, clinical: Norms | None) -> str:
    parts = []
    groups = (
        ("Clients before treatment", clinical),
        ("People not in treatment", instrument.functional),
    )
    for who, norms in groups:
        if norms is not None:
            n = "" if norms.n is None else f", n = {norms.n:,}"
            parts.append(
                f"{who}: mean {exact(norms.mean)}, SD {exact(norms.sd)}{n} ({norms.source})."
            )
    if instrument.reliability is not None:
        r = instrument.reliability
        parts.append(f"Reliability: {r.value:g} ({r.kind}; {r.source}).")
    return " ".join(parts)


def _cutoff_facts(
    judged: SeriesResult,
    instrument: Instrument,
    clinical: Norms | None,
    confidence: float,
    step: float,
) -> Iterator[tuple[str, str, str]]:
    """Yield for each cutoff of Jacobson and Truax whether the client has crossed it."""
    groups = {
        "clients before treatment": clinical,
        "people not in treatment": instrument.functional,
    }
    for letter in get_args(Letter):
        question = f"Past cutoff {letter}?"
        needed = {"a": ("clients before treatment",), "b": ("people not in treatment",)}.get(
            letter, tuple(groups)
        )
        lacking = [name for name in needed if groups[name] is None]
        if lacking:
            yield question, "cannot be assessed", f"No norms of {' or '.join(lacking)} are known."
            continue
        found = cutoff_interval(
            letter,
            clinical=clinical,
            functional=instrument.functional,
            better=instrument.better,
            confidence=confidence,
        )
        op: Comparison = "<=" if instrument.better == "higher" else ">="
        cutoff = Cutoff(found.value, op, f"cutoff {letter}", "")
        details = f"Clinical side {cutoff_words(cutoff)}; "
        if found.low is not None and found.high is not None:
            details += (
                f"{percent(confidence)} interval of the cutoff {exact(found.low)} to "
                f"{exact(found.high)} ({found.method})."
            )
            if found.notes:
                details += " One group gives no number of people and counts as known exactly."
        else:
            details += "no interval, as the norms give no number of people."
        if not instrument.minimum < found.value < instrument.maximum:
            yield question, "cannot be assessed", f"It lies outside the scale. {details}"
            continue
        yield question, _side(judged, cutoff, step), details


def _side(judged: SeriesResult, cutoff: Cutoff, step: float) -> str:
    was, is_now = (bool(on_clinical_side(x, cutoff)) for x in (judged.baseline, judged.latest))
    ends = f"{number(judged.baseline, step)} to {number(judged.latest, step)}"
    if was == is_now:
        return f"no, {ends} stays on the {'clinical' if was else 'functional'} side"
    return (
        f"{'yes' if was else 'no'}, {ends} goes to the {'functional' if was else 'clinical'} side"
    )


def _change_facts(judged: SeriesResult, instrument: Instrument) -> Iterator[tuple[str, str, str]]:
    """Yield meaningful change, percentage, response and remission."""
    before, after, better = judged.baseline, judged.latest, instrument.better
    best = instrument.maximum if better == "higher" else instrument.minimum
    mic = instrument.meaningful_change
    by_mic = change_by_meaningful(
        before, after, meaningful_change=None if mic is None else mic.value, better=better
    )
    details = "" if mic is None else f"{exact(mic.value)} points or more ({mic.source})."
    yield "Changed by a meaningful amount?", _change(by_mic), _reason(by_mic) or details

    share = float(percentage_change(before, after, best=best, better=better))
    answer = "cannot be assessed" if np.isnan(share) else f"{signed(share)} %"
    refers = opened(percentage_refers_to(best=best, better=better)) + "; positive is better."
    by_half = change_by_percentage(before, after, share=_RESPONSE, best=best, better=better)
    yield "Percentage change", answer, _reason(by_half) or refers
    half = {"improved": "yes", "unchanged": "no", "deteriorated": "no, worse by so much"}
    yield (
        f"Response ({percent(_RESPONSE)} or more)?",
        half.get(CHANGES[int(by_half.codes)], "cannot be assessed"),
        _reason(by_half) or "Of the same points as the percentage.",
    )
    definition = next((c for c in instrument.cutoffs if c.purpose == "remission"), None)
    found = remission(before, after, definition=definition)
    words = {"remission": "yes", "no_remission": "no"}
    details = ""
    if definition is not None:
        details = f"Remission is {cutoff_words(definition)} ({definition.source})."
    yield (
        "Remission?",
        words.get(REMISSIONS[int(found.codes)], "cannot be assessed"),
        _reason(found) or details,
    )


def _change(found: Judged) -> str:
    words = {"improved": "yes, better", "unchanged": "no", "deteriorated": "yes, worse"}
    return words.get(CHANGES[int(found.codes)], "cannot be assessed")


def _reason(found: Judged) -> str:
    return REASONS[int(found.reasons)]


def _probability(
    judged: SeriesResult, criteria: Criteria, own: Estimates | None
) -> Iterator[tuple[str, str, str]]:
    if judged.rci is None or not judged.change:
        return
    question = "Probability that the true change has this direction"
    found = true_change(judged, criteria, own)
    if found is None:
        yield question, "none", f"{opened(WITHIN_ERROR)}."
        return
    share = found.flat if found.service is None else found.service
    yield question, rate(share), f"{opened(found.words)}; {WHAT_IT_IS_NOT}."
