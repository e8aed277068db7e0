"""Why does a client count as off the expected course, and what would change it?"""

from math import ceil, floor, isnan

from analytics.cutoffs import TOLERANCE
from analytics.expectation.calibration import Calibration
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import course_limit
from dashboard.theme import COURSE
from dashboard.views.case import Case, Reason
from dashboard.views.dates import day_text
from dashboard.views.expected import expected_view
from dashboard.views.findings import measure_name
from dashboard.views.reasons_change import rate
from dashboard.views.words import counted, exact, number, percent
from data.records import SeriesResult

_FLAG = {"amber": "near_limit", "red": "off_course"}
NO_CURVE = (
    "no expected course: the service has no own figures for this questionnaire yet, and no curve "
    "of the literature is on record"
)


def course_reason(case: Case) -> Reason:
    """Return where the last score lies beside the expected course of the whole episode."""
    result, curve = case.result, case.criteria.curve
    name = measure_name(case.instrument, result.respondent)
    if result.not_on_track is None or curve is None:
        parts: tuple[tuple[str, str], ...] = (("Not assessed", _why_not(case)),)
        if curve is not None:
            parts += (("Source", curve.source),)
        title = f"{name}: the expected course cannot be assessed"
        return Reason(title, parts, is_further=True)
    flag = _FLAG.get(result.not_on_track)
    kinds = () if flag is None else (flag,)
    red, amber = case.criteria.course_red, case.criteria.course_amber
    side = "above" if curve.better == "lower" else "below"
    parts = (
        case.rule("last score beside the expected course", is_fitted=curve.is_own),
        *case.since(*kinds),
        ("Numbers", _numbers(result, case.instrument.step)),
        (
            "Criterion",
            f"off the expected course is {side} the limit of the {percent(red)} band of clients who "
            f"began with the same score, near its limit {side} that of the {percent(amber)} band; "
            f"source: {curve.source}",
        ),
        ("By chance", _by_chance(case, curve)),
        ("What would change it", _would_change(case, curve)),
    )
    title = f"{name}: {COURSE[result.not_on_track].text}"
    return Reason(title, parts, kinds, is_further=not kinds)


def _numbers(result: SeriesResult, step: float) -> str:
    weeks = (result.last_on - result.first_on).days / 7
    amber, red = (exact(value or 0.0) for value in (result.expected_amber, result.expected_limit))
    return (
        f"{number(result.latest, step)} on {day_text(result.last_on)}, {number(weeks)} weeks after "
        f"the first score of {number(result.baseline, step)}; expected about "
        f"{number(result.expected or 0.0)}, limits {amber} and {red}, n = {result.n}"
    )


def _by_chance(case: Case, curve: GrowthCurve) -> str:
    """Return how many comparable clients lie beyond the limits, as far as that was checked."""
    red, amber = ((1 - s) / 2 for s in (case.criteria.course_red, case.criteria.course_amber))
    text = (
        f"the limits are drawn so that, over all scores together, {rate(red)} of comparable clients "
        f"lie beyond the wider one and {rate(amber)} beyond the narrower one"
    )
    checked = case.figures.calibration if case.figures is not None and curve.is_own else None
    if checked is None:
        return f"{text}. Whether this holds for clients of this service has not been checked."
    return f"{text}. {checked.sentence}{_at_this_score(checked, case)}"


def _at_this_score(checked: Calibration, case: Case) -> str:
    """Return the share found at the score of this number, which may differ from that of all."""
    number_of = max((look for look, _ in checked.looks if look <= case.result.n), default=None)
    if number_of is None:
        return ""
    red = case.criteria.course_red
    found = next((one for one in dict(checked.looks)[number_of] if one.share == red), None)
    if found is None:
        return ""
    text = f" At score {number_of} it was {found.observed:.1%} of {found.of:,}"
    if found.low > found.nominal:
        return f"{text}, more than the limits promise."
    if found.high < found.nominal:
        return f"{text}, fewer than the limits promise."
    return f"{text}."


def _would_change(case: Case, curve: GrowthCurve) -> str:
    """Return which totals would lie elsewhere, at the next score as planned."""
    result, criteria, step = case.result, case.criteria, case.instrument.step
    days = case.instrument.interval_days
    weeks = ((result.last_on - result.first_on).days + days) / 7
    limits = [
        float(course_limit(curve, result.baseline, weeks, share=share))
        for share in (criteria.course_amber, criteria.course_red)
    ]
    if any(isnan(limit) for limit in limits):
        return f"nothing at the next score, as the curve ends at week {number(curve.longest)}"
    amber, red = (_next_total(limit, case) for limit in limits)
    beyond, within = (
        ("more than", "or less") if curve.better == "lower" else ("less than", "or more")
    )
    text = f"at a next score {counted(days, 'day')} later, a total of {number(amber, step)} {within} would be within it"
    return f"{text}, and {beyond} {number(red, step)} off the expected course"


def _next_total(limit: float, case: Case) -> float:
    """Return the last total that does not lie beyond a limit."""
    instrument = case.instrument
    steps = (limit - instrument.minimum) / instrument.step
    last = floor(steps + TOLERANCE) if instrument.better == "lower" else ceil(steps - TOLERANCE)
    return instrument.minimum + instrument.step * last


def _why_not(case: Case) -> str:
    if case.criteria.curve is None:
        refused = [] if case.figures is None else [s for s in case.figures.refusals if "curve" in s]
        return refused[0] if refused else NO_CURVE
    if case.result.n < case.criteria.course_from_score:
        need = counted(case.criteria.course_from_score, "score")
        return f"cannot be assessed yet (n = {case.result.n}, {need} are needed)"
    _, why = expected_view(
        case.result,
        case.criteria,
        until=case.result.last_on,
        step=case.instrument.step,
        is_changed=False,
    )
    return why or NO_CURVE
