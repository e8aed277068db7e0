"""Why is a change called reliable or not, how often would chance say so, and what would change it?"""

import functools

import numpy as np

from analytics.change import CATEGORIES, change_category
from analytics.criteria import Criteria
from analytics.false_alarms import false_alarm_rate
from dashboard.theme import CATEGORY
from dashboard.views.case import Case, Reason
from dashboard.views.dates import day_text
from dashboard.views.findings import (
    BETTER,
    WORSE,
    error_of_change,
    error_reach,
    is_below_error,
    measure_name,
)
from dashboard.views.probability import WHAT_IT_IS_NOT, WITHIN_ERROR, true_change
from dashboard.views.words import counted, cutoff_words, exact, number, opened, percent, signed
from dashboard.views.words import rate as rate


def change_reason(case: Case) -> Reason:
    """Return the reason of the change since the baseline."""
    result, criteria, step = case.result, case.criteria, case.instrument.step
    kind = "deterioration" if result.category in WORSE else "improvement"
    flagged = (kind,) if result.category in (*WORSE, *BETTER) else ()
    parts = [case.rule("reliable change since the baseline", is_fitted=case.has_own_norms)]
    parts += case.since(*flagged)
    if result.n < 2:
        told = f"one score, {number(result.latest, step)}: there is no change yet (n = 1)"
        parts.append(("Numbers", told))
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
    parts += _criterion(criteria)
    parts += _probability(case)
    parts += _by_chance(case) if flagged else []
    parts += [("Not assessed", s) for s in missing(criteria, plateau=False)]
    parts.append(("What would change it", _would_change(case)))
    name = measure_name(case.instrument, result.respondent)
    return Reason(f"{name}: {CATEGORY[result.category].text}", tuple(parts), flagged)


def missing(criteria: Criteria, *, plateau: bool) -> list[str]:
    """Return what cannot be assessed, each sentence under the rule that it turns off."""
    return [opened(s) for s in criteria.missing if ("plateau" in s) is plateau]


def _error_band(criteria: Criteria) -> str:
    reach = error_reach(criteria)
    if reach is None or criteria.sem is None:
        return "unknown: no standard error of measurement can be computed"
    return (
        f"a score may be off by ±{number(reach)} points ({percent(criteria.confidence)}, standard error "
        f"{criteria.sem.value:.2f}, {criteria.sem.source})"
    )


def _criterion(criteria: Criteria) -> list[tuple[str, str]]:
    parts = []
    reliable, cutoff = criteria.reliable_change, criteria.cutoff
    if reliable is not None:
        points = f"{exact(reliable.value)} points"
        than = f"{points} or more" if criteria.reliable_inclusive else f"more than {points}"
        error = error_of_change(criteria)
        if error is not None and is_below_error(criteria):
            than += f", below the {exact(error)} points that measurement error reaches"
        parts.append(("Criterion", f"{than}; source: {reliable.source}"))
    if cutoff is not None:
        text = f"clinical range {cutoff_words(cutoff)} ({cutoff.purpose}); source: {cutoff.source}"
        parts.append(("Cutoff", text))
    return parts


def _probability(case: Case) -> list[tuple[str, str]]:
    """Return how probable a true change in this direction is, and what that is not."""
    result = case.result
    if result.rci is None or not result.improvement:
        return []
    found = true_change(result, case.criteria, case.figures)
    if found is None:
        return [("Probability", WITHIN_ERROR)]
    way = "an improvement" if result.improvement > 0 else "a worsening"
    text = f"the probability that the true change is {way}: {found.words}; {WHAT_IT_IS_NOT}"
    return [("Probability", text)]


def _by_chance(case: Case) -> list[tuple[str, str]]:
    """Return how often a course without any change would be called changed."""
    reliable, sem, looks = case.criteria.reliable_change, case.criteria.sem, case.looks
    if reliable is None or sem is None or looks < 1:
        return []
    word = "worse" if case.result.category in WORSE else "better"
    grid = (case.instrument.step, case.criteria.reliable_inclusive)
    once = rate(_chance(reliable.value, sem.value, looks, *grid, confirmed=False))
    text = f"of clients whose true score never changes, {once} would be called {word} "
    if looks == 1:
        text += "at one look; two in a row need a second score"
    else:
        twice = rate(_chance(reliable.value, sem.value, looks, *grid, confirmed=True))
        text += f"at least once in {counted(looks, 'look')}, and {twice} at two looks in a row"
    text += "; errors that last from week to week make this more frequent"
    worse_end = "high" if case.criteria.better == "lower" else "low"
    text += (
        f"; this is the average over first scores: after a {worse_end} one a false improvement is "
        "more frequent and a false worsening rarer, at the other end the other way round "
        "(regression to the mean)"
    )
    return [("By chance", text)]


@functools.lru_cache(maxsize=1024)
def _chance(
    criterion: float, sem: float, looks: int, step: float, inclusive: bool, *, confirmed: bool
) -> float:
    """Return the rate of false alarms; the same few numbers are asked for by every client."""
    return false_alarm_rate(
        criterion, sem, looks=looks, confirmed=confirmed, step=step, inclusive=inclusive
    )


def _would_change(case: Case) -> str:
    """Return which next totals would be called something else, tried out one by one."""
    result, instrument, criteria = case.result, case.instrument, case.criteria
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
