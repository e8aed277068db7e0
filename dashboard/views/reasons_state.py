"""Why are the last scores called a plateau, a trend or neither, and what would change it?"""

import functools
from math import isnan

from analytics.plateau import PlateauRule
from analytics.simulation import LOOKS, operating_characteristics
from dashboard.theme import PLATEAU_KIND, STATE
from dashboard.views.case import Case, Reason
from dashboard.views.findings import last_scores, measure_name
from dashboard.views.reasons_change import missing
from dashboard.views.trends import trend_text
from dashboard.views.windows import would_turn
from dashboard.views.words import cutoff_words, exact, joined, number, percent, rate
from data.records import SeriesResult

# Which flag the state of a series raises, where it raises one.
_FLAG = {"improving": "improving", "worsening": "worsening"}
# Simulated clients behind the caveat of a level: enough for a whole percent, and made in an instant.
_RUNS = 2000
# Courses that are no level, as the sentence names them.
_COURSES = {
    "steady": "who improve steadily",
    "worsening": "who worsen slowly",
    "late": "who are level at first and improve later",
}
_KIND = {"stuck": "stuck", "maintained": "maintained", "at_floor": "maintained"}


def state_reason(case: Case) -> Reason:
    """Return the reason of the state of the last scores."""
    result, criteria = case.result, case.criteria
    rule, mic = criteria.plateau, criteria.meaningful_change
    flag = _KIND.get(result.plateau_kind or "") or _FLAG.get(result.state or "")
    kinds = () if flag is None else (flag,)
    own = case.figures is not None and case.figures.spread is not None
    fitted = own or case.has_own_norms
    parts = [case.rule("plateau, by equivalence of the last scores", is_fitted=fitted)]
    parts += case.since(*kinds)
    numbers = block_numbers(result, rule)
    parts.append(("Numbers", f"{numbers}, n = {result.n}" if numbers else f"n = {result.n}"))
    if not isnan(rule.sigma):
        text = f"scores scatter by {rule.sigma:.2f} points about the client's course"
        source = "" if criteria.spread is None else f"; source: {criteria.spread.source}"
        parts.append(("Error band", text + source))
    if mic is not None:
        text = f"a meaningful change is {exact(mic.value)} points; source: {mic.source}"
        parts.append(("Criterion", text))
    if result.plateau_kind is not None and criteria.cutoff is not None:
        text = f"mean of the last three scores {number(result.level, case.instrument.step)}"
        parts.append(("Level", f"{text}, clinical range {cutoff_words(criteria.cutoff)}"))
        parts.append(("Met or stuck", _met_or_stuck(case)))
    if result.state in _FLAG:
        parts.append(("By chance", _by_chance(case)))
    elif result.state == "plateau":
        parts.append(("By chance", _level_by_chance()))
    parts += [("Not assessed", sentence) for sentence in missing(criteria, plateau=True)]
    parts.append(("What would change it", would_turn(result, rule, case.scored)))
    name = measure_name(case.instrument, result.respondent)
    return Reason(f"{name}: {_state_words(result)}", tuple(parts), kinds)


def trend_reason(case: Case) -> Reason | None:
    """Return the slopes of all scores; they describe, and no verdict rests on them."""
    if case.result.slope_per_week is None:
        return None
    fitted = case.result.shrunken_slope is not None
    parts = (
        case.rule("trend of all scores since the baseline", is_fitted=fitted),
        ("Numbers", trend_text(case.result, case.criteria, case.scored)),
        ("What it decides", "nothing: slopes describe a course, and no flag rests on them"),
    )
    name = measure_name(case.instrument, case.result.respondent)
    return Reason(f"{name}: trend", parts, is_further=True)


def _state_words(result: SeriesResult) -> str:
    if result.plateau_kind is not None:
        return PLATEAU_KIND[result.plateau_kind].text
    return STATE[result.state or "undetermined"].text


def _met_or_stuck(case: Case) -> str:
    """Return what the cutoff and the first goal say together."""
    side = "clinical" if case.result.plateau_kind == "stuck" else "functional"
    text = f"by the cutoff, the level is on the {side} side"
    if case.goal:
        return f"{text}, {case.goal}"
    return f"{text}; no rated goal is on file that could say more"


def _by_chance(case: Case) -> str:
    """Return how often a flat course shows a trend, which the confidence of its interval says."""
    one = rate((1 - case.criteria.plateau.confidence) / 2)
    trend = "a worsening trend" if case.result.state == "worsening" else "an improving trend"
    return (
        f"of clients whose true score never changes, about {one} would show {trend} at one look, "
        "and more of them at one of several looks; errors that last from week to week make this "
        "more frequent"
    )


def _level_by_chance() -> str:
    """Return how often a course that goes on is called level by the same rule."""
    found = [f"{rate(share)} of those {_COURSES[name]}" for name, share in _simulated()]
    return (
        f"among {_RUNS:,} simulated clients a course, scored weekly in the clinical range like "
        f"those of the PHQ-9 with a new error at each score, {joined(found)} are called level at "
        f"some look up to score {LOOKS}; errors that last from week to week make this more "
        "frequent; a level that is flagged is a reason to review"
    )


@functools.cache
def _simulated() -> tuple[tuple[str, float], ...]:
    """Return the share of each course that is called level at some look."""
    rates = operating_characteristics(
        runs=_RUNS, seed=1, trajectories=tuple(_COURSES), noises=("white",), rules=("equivalence",)
    )
    return tuple((one.trajectory, one.share) for one in rates)


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
    return text if isnan(rule.margin) else f"{text}, limit ±{exact(rule.margin)}"


def _exact(value: float) -> str:
    return f"{value:+.1f}" if abs(value) >= 0.05 else "0.0"
