"""Why does a finding stand there, and what would change it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from analytics.change import CATEGORIES, change_category
from analytics.criteria import Criteria
from analytics.instrument import Instrument
from analytics.plateau import PlateauRule
from dashboard.theme import CATEGORY, PLATEAU_KIND, STATE
from dashboard.views.dates import day_text
from dashboard.views.findings import (
    error_of_change,
    is_below_error,
    last_scores,
    measure_name,
)
from dashboard.views.windows import Scored, would_turn
from dashboard.views.words import cutoff_words, exact, number, opened, percent, signed
from data.records import SeriesResult


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding, taken apart.

    ``parts`` are pairs of what is told and the sentence that tells it, in the order in
    which they are read.
    """

    title: str
    parts: tuple[tuple[str, str], ...]


def reasons(
    result: SeriesResult,
    instrument: Instrument,
    criteria: Criteria,
    scored: Sequence[Scored],
    *,
    rules: str,
    kernel: str,
) -> tuple[Reason, ...]:
    """Return the reasons for the change and for the course of one outcome measure.

    *scored* are its days and totals from the baseline on; ``rules`` and ``kernel`` are the
    versions that made the numbers.
    """
    if instrument.role != "outcome":
        return ()
    made = f"rules {rules}, formulas {kernel}"
    name = measure_name(instrument, result.respondent)
    return (
        Reason(
            f"{name}: {CATEGORY[result.category].text}",
            _change(result, instrument, criteria, made),
        ),
        Reason(
            f"{name}: {_state_words(result)}", _state(result, instrument, criteria, scored, made)
        ),
    )


def _state_words(result: SeriesResult) -> str:
    if result.plateau_kind is not None:
        return PLATEAU_KIND[result.plateau_kind].text
    return STATE[result.state or "undetermined"].text


def error_reach(criteria: Criteria) -> float | None:
    """Return how far the error band reaches to each side of a score, in points."""
    if criteria.sem is None:
        return None
    return NormalDist().inv_cdf(0.5 + criteria.confidence / 2) * criteria.sem.value


# Change since the baseline --------------------------------------------------------------


def _change(
    result: SeriesResult, instrument: Instrument, criteria: Criteria, made: str
) -> tuple[tuple[str, str], ...]:
    step = instrument.step
    parts = [("Rule", f"reliable change since the baseline, {made}")]
    if result.n < 2:
        parts.append(
            ("Numbers", f"one score, {number(result.latest, step)}: there is no change yet (n = 1)")
        )
    else:
        index = "" if result.rci is None else f", reliable change index {signed(result.rci, 0.01)}"
        parts.append(
            (
                "Numbers",
                f"{number(result.baseline, step)} on {day_text(result.first_on)} to "
                f"{number(result.latest, step)} on {day_text(result.last_on)}, change "
                f"{signed(result.change or 0.0, step)} points{index}, n = {result.n}",
            )
        )
    parts.append(("Error band", _error_band(criteria)))
    reliable = criteria.reliable_change
    if reliable is not None:
        points = f"{exact(reliable.value)} points"
        than = f"{points} or more" if criteria.reliable_inclusive else f"more than {points}"
        error = error_of_change(criteria)
        if error is not None and is_below_error(criteria):
            than += f", below the {exact(error)} points that measurement error reaches"
        parts.append(("Criterion", f"{than}; source: {reliable.source}"))
    if criteria.cutoff is not None:
        cutoff = criteria.cutoff
        parts.append(
            (
                "Cutoff",
                f"clinical range {cutoff_words(cutoff)} ({cutoff.purpose}); source: {cutoff.source}",
            )
        )
    parts += [("Not assessed", sentence) for sentence in _missing(criteria, plateau=False)]
    parts.append(("What would change it", _would_change(result, instrument, criteria)))
    return tuple(parts)


def _error_band(criteria: Criteria) -> str:
    reach = error_reach(criteria)
    if reach is None or criteria.sem is None:
        return "unknown: no standard error of measurement can be computed"
    return (
        f"a score may be off by ±{number(reach)} points ({percent(criteria.confidence)}, standard error "
        f"{criteria.sem.value:.2f}, {criteria.sem.source})"
    )


def _would_change(result: SeriesResult, instrument: Instrument, criteria: Criteria) -> str:
    """Return which next totals would be called something else, tried out one by one."""
    reliable = criteria.reliable_change
    if reliable is None:
        return "a published or computable criterion of reliable change"
    steps = round((instrument.maximum - instrument.minimum) / instrument.step)
    totals = instrument.minimum + instrument.step * np.arange(steps + 1)
    codes = change_category(
        result.baseline,
        totals,
        criterion=reliable.value,
        inclusive=criteria.reliable_inclusive,
        cutoff=criteria.cutoff,
        better=instrument.better,
    )
    current = result.category if result.n > 1 else "unchanged"
    same = np.flatnonzero(codes == CATEGORIES.index(current))
    if not same.size:
        return "any next total would be judged anew"
    sentences = []
    for at, end in ((int(same[0]) - 1, "or less"), (int(same[-1]) + 1, "or more")):
        if 0 <= at <= steps:
            word = CATEGORIES[int(codes[at])]
            sentences.append(
                f"a next total of {number(float(totals[at]), instrument.step)} {end} {_turn(current, word)}"
            )
    return "; ".join(sentences) or "no total on this scale would change it from this baseline"


def _turn(current: str, then: str) -> str:
    if then == "unchanged":
        plain = {"recovered": "improved", "harmed": "deteriorated"}.get(current, current)
        return f"would no longer count as {CATEGORY[plain].word}"
    if (current, then) in (("recovered", "improved"), ("harmed", "deteriorated")):
        return f"would still count as {CATEGORY[then].word}, but no longer past the cutoff"
    return f"would count as {CATEGORY[then].word}"


# Course of the last scores --------------------------------------------------------------


def _state(
    result: SeriesResult,
    instrument: Instrument,
    criteria: Criteria,
    scored: Sequence[Scored],
    made: str,
) -> tuple[tuple[str, str], ...]:
    rule = criteria.plateau
    parts = [("Rule", f"plateau, by equivalence of the last scores, {made}")]
    numbers = block_numbers(result, rule)
    parts.append(("Numbers", f"{numbers}, n = {result.n}" if numbers else f"n = {result.n}"))
    if rule.sigma == rule.sigma:  # not nan: the spread is known
        parts.append(
            ("Error band", f"scores scatter by {rule.sigma:.2f} points about the client's course")
        )
    mic = criteria.meaningful_change
    if mic is not None:
        parts.append(
            (
                "Criterion",
                f"a meaningful change is {exact(mic.value)} points; source: {mic.source}",
            )
        )
    if result.plateau_kind is not None and criteria.cutoff is not None:
        parts.append(
            (
                "Level",
                f"mean of the last three scores {number(result.level, instrument.step)}, clinical range "
                f"{cutoff_words(criteria.cutoff)}",
            )
        )
    parts += [("Not assessed", sentence) for sentence in _missing(criteria, plateau=True)]
    parts.append(("What would change it", would_turn(result, rule, scored)))
    return tuple(parts)


def block_numbers(result: SeriesResult, rule: PlateauRule) -> str | None:
    """Return the estimate over a block with its interval and limit, as the rule used them."""
    if result.block_change is None or result.block_weeks is None:
        return None
    text = f"{last_scores(result)}: {_exact(result.block_change)} points per "
    text += f"{number(result.block_weeks)} weeks"
    if result.block_low is not None and result.block_high is not None:
        text += (
            f", {percent(rule.confidence)} interval {_exact(result.block_low)} to "
            f"{_exact(result.block_high)}"
        )
    return text if rule.margin != rule.margin else f"{text}, limit ±{exact(rule.margin)}"


def _exact(value: float) -> str:
    return f"{value:+.1f}" if abs(value) >= 0.05 else "0.0"


def _missing(criteria: Criteria, *, plateau: bool) -> list[str]:
    """Return what cannot be assessed, each sentence under the rule that it turns off."""
    return [opened(s) for s in criteria.missing if ("plateau" in s) is plateau]
