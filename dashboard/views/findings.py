"""What does one sentence say of one measure?"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from analytics.criteria import Criteria
from analytics.cutoffs import TOLERANCE
from analytics.instrument import Instrument
from dashboard.theme import ATTENTION, CATEGORY, PLATEAU_KIND, STATE
from dashboard.views.dates import day_text
from dashboard.views.words import (
    BEYOND_ERROR,
    BEYOND_PUBLISHED,
    counted,
    cutoff_words,
    exact,
    number,
    opened,
)
from data.records import SeriesResult

# From the greatest need to the least; a fact makes no demand.
ORDER = tuple(ATTENTION)

WORSE = ("deteriorated", "harmed")
BETTER = ("recovered", "improved")
ALERTS = ("below", "both")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one measure, in words.

    ``attention`` is a key of `dashboard.theme.ATTENTION`. ``reads`` is ``worse``, ``better`` or
    empty, and tells whether two measures contradict one another: one that is stuck after a
    reliable improvement still reads better. ``short`` has the change only and
    goes into a table; ``sentence`` stands in the answer box, without its mark.
    """

    series_id: int
    name: str
    attention: str
    reads: str
    mark: str
    short: str
    sentence: str
    size: float  # the change, as a multiple of the criterion; 0 where there is none


def finding(
    result: SeriesResult, instrument: Instrument, criteria: Criteria, *, goal: str = ""
) -> Finding:
    """Return the words for one measure; process measures are facts without a judgement.

    *goal* tells what the first goal adds to a plateau, as the end of a sentence.
    """
    name = measure_name(instrument, result.respondent)
    word = attention_of(result, instrument)
    mark, reads = _mark(result, word), _reads(result, word)
    if word in ("fact", "alliance"):
        text = _fact(result, name, instrument, criteria)
        short = text
        if word == "alliance":
            last = number(result.latest, instrument.step)
            short = f"{name} {last}, {_alert(result, instrument, criteria)}"
        return Finding(result.series_id, name, word, reads, mark, short, text + ".", 0.0)
    if result.n < 2:
        text = f"{name} cannot be assessed yet (n = 1)"
        latest = f"the only score is {number(result.latest, instrument.step)} of {day_text(result.last_on)}"
        return Finding(result.series_id, name, word, reads, mark, text, f"{text}: {latest}.", 0.0)
    short = _short(result, name, word, instrument, criteria)
    return Finding(
        result.series_id,
        name,
        word,
        reads,
        mark,
        short,
        opened(_full(result, name, word, instrument, criteria, goal)),
        _size(result, criteria),
    )


def _size(result: SeriesResult, criteria: Criteria) -> float:
    """Return how large a change is against its criterion, so that the largest is told first."""
    if result.change is None or criteria.reliable_change is None:
        return 0.0
    return abs(result.change) / criteria.reliable_change.value


def measure_name(instrument: Instrument, respondent: str) -> str:
    """Return the name of the questionnaire, and who filled it in where that is unusual."""
    return f"{instrument.name} ({respondent})" if respondent else instrument.name


def attention_of(result: SeriesResult, instrument: Instrument) -> str:
    """Return what one measure asks for, by the same order as the caseload."""
    if instrument.role != "outcome":
        beyond = result.alert in ALERTS and instrument.measures == "alliance"
        return "alliance" if beyond else "fact"
    if result.category in WORSE:
        return "worse"
    if result.state == "worsening":
        return "worsening"
    if result.not_on_track == "red":
        return "off_course"
    if result.plateau_kind == "stuck":
        return "stuck"
    if result.plateau_kind in ("maintained", "at_floor"):
        return "maintained"
    if result.category in BETTER:
        return "better"
    if result.category == "unchanged" and result.state != "too_early":
        return "unchanged"
    return "cannot_tell"


def _reads(result: SeriesResult, word: str) -> str:
    if word in ("worse", "worsening"):
        return "worse"
    if word in ("better", "maintained"):
        return "better"
    # Neither a plateau nor a place beside others takes back a reliable improvement.
    return "better" if word in ("stuck", "off_course") and result.category in BETTER else ""


def _mark(result: SeriesResult, word: str) -> str:
    if word in ("stuck", "maintained") and result.plateau_kind is not None:
        return PLATEAU_KIND[result.plateau_kind].text
    if word == "unchanged" and result.state == "improving" and (result.improvement or 0) > 0:
        return STATE["improving"].text
    if word == "cannot_tell" and result.n > 1 and result.category == "not_assessable":
        return CATEGORY["not_assessable"].text
    return ATTENTION[word].text


def error_of_change(criteria: Criteria) -> float | None:
    """Return the points that a change by measurement error alone seldom exceeds."""
    if criteria.s_diff is None:
        return None
    return NormalDist().inv_cdf(0.5 + criteria.confidence / 2) * criteria.s_diff.value


def error_reach(criteria: Criteria) -> float | None:
    """Return how far the error band reaches to each side of a score, in points."""
    if criteria.sem is None:
        return None
    return NormalDist().inv_cdf(0.5 + criteria.confidence / 2) * criteria.sem.value


def is_below_error(criteria: Criteria) -> bool:
    """Return whether the criterion in use is smaller than what error alone may do."""
    error, reliable = error_of_change(criteria), criteria.reliable_change
    return error is not None and reliable is not None and reliable.value < error - TOLERANCE


def beyond(criteria: Criteria) -> str:
    """Return what a reliable change of this questionnaire is beyond."""
    return BEYOND_PUBLISHED if is_below_error(criteria) else BEYOND_ERROR


def _not_beyond(result: SeriesResult, criteria: Criteria) -> str:
    """Return what an unchanged score is not beyond: a large criterion may leave error behind."""
    error, change = error_of_change(criteria), abs(result.change or 0.0)
    within = error is None or change <= error + TOLERANCE
    return f"not {beyond(criteria) if within else BEYOND_PUBLISHED}"


def _moved(
    result: SeriesResult, name: str, instrument: Instrument, criteria: Criteria, *, full: bool
) -> str:
    """Return where the score went since the baseline, in the direction of the points."""
    since, step = f"since {day_text(result.first_on)}", instrument.step
    if not result.change or number(result.change, step) == "0":
        latest = number(result.latest, step)
        if _has_stayed(result, criteria):
            return f"{name} unchanged at {latest} {since}"
        return f"{name} at {latest}, as on {day_text(result.first_on)}"
    way = "up" if result.change > 0 else "down"
    ends = f" ({number(result.baseline, step)} to {number(result.latest, step)})" if full else ""
    return f"{name} {way} {number(abs(result.change), step)}{ends} {since}"


def _has_stayed(result: SeriesResult, criteria: Criteria) -> bool:
    """Return whether no score in between was further from the baseline than error explains.

    Where not all scores are at hand, or no criterion is, nothing is claimed of them.
    """
    scores = result.recent[-result.n :]
    if len(scores) < result.n:
        return False
    reliable = criteria.reliable_change
    limit = 0.0 if reliable is None else reliable.value
    return max(abs(score - result.baseline) for score in scores) < limit + (
        -TOLERANCE if criteria.reliable_inclusive else TOLERANCE
    )


def _beyond(result: SeriesResult, criteria: Criteria, *, full: bool) -> str:
    """Return whether the change is more than error, how often it was seen, and the cutoff."""
    if result.category == "unchanged":
        return _not_beyond(result, criteria)
    if result.category == "not_assessable":
        return "whether that is beyond error cannot be assessed"
    seen = "seen twice or more" if result.confirmed else "seen once so far"
    crossed = ""
    if result.category in ("recovered", "harmed") and criteria.cutoff is not None:
        side = "into" if result.category == "harmed" else "out of"
        which = f" ({cutoff_words(criteria.cutoff)})" if full else ""
        crossed = f", and {side} the clinical range{which} at the last score"
    return f"{beyond(criteria)}, {seen}{crossed}"


def _course(result: SeriesResult, criteria: Criteria) -> str | None:
    """Return what the last scores say of the course."""
    if math.isnan(criteria.plateau.sigma):
        return "its course cannot be assessed, as its measurement error is unknown"
    if result.state == "too_early":
        need = criteria.plateau.windows[0]
        return f"too early to tell a trend or a plateau ({result.n} of {need} scores)"
    if result.state == "plateau":
        level = {
            "stuck": ", on the clinical side of the cutoff",
            "maintained": ", on the functional side of the cutoff",
            "at_floor": ", near the best possible total",
        }.get(result.plateau_kind or "", "")
        return f"no meaningful change over {last_scores(result)}{level}"
    if result.state in ("improving", "worsening"):
        return f"{STATE[result.state].word} over {last_scores(result)}"
    if result.state == "undetermined" and math.isnan(criteria.plateau.margin):
        return "no trend beyond error, and no plateau can be called on this questionnaire"
    if result.state == "undetermined":
        return "whether the course has levelled off cannot be told yet"
    return None


def beside_expected(result: SeriesResult, instrument: Instrument) -> str:
    """Return how the last score lies beyond the limits of the expected course; else nothing."""
    amber, limit = result.expected_amber, result.expected_limit
    if amber is None or limit is None or result.not_on_track not in ("amber", "red"):
        return ""
    step = instrument.step
    latest = number(result.latest, step)
    told = [number(value, step) for value in (amber, limit)]
    if latest in told:  # a tenth of a point does not tell them apart
        told = [exact(amber), exact(limit)]
    if result.not_on_track == "amber":
        return f"near the limit of the expected course ({latest}, between {told[0]} and {told[1]})"
    side = "above" if instrument.better == "lower" else "below"
    return f"{side} the limit of the expected course ({latest}, limit {told[1]})"


def last_scores(result: SeriesResult) -> str:
    """Return which scores the course was judged on."""
    window = result.state_window or result.n
    return f"the last {counted(window, 'score')}"


def _short(
    result: SeriesResult, name: str, word: str, instrument: Instrument, criteria: Criteria
) -> str:
    moved = _moved(result, name, instrument, criteria, full=False)
    since = moved.removeprefix(name).strip()
    if word in ("worsening", "stuck", "maintained"):
        return f"{name} {_course(result, criteria)}, {since}"
    if word == "off_course":
        return f"{name} {beside_expected(result, instrument)}, {since}"
    if word == "cannot_tell":
        return f"{moved}, {_beyond(result, criteria, full=False)}, n = {result.n}"
    return f"{moved}, {_beyond(result, criteria, full=False)}"


def _full(
    result: SeriesResult,
    name: str,
    word: str,
    instrument: Instrument,
    criteria: Criteria,
    goal: str,
) -> str:
    moved = _moved(result, name, instrument, criteria, full=True)
    moved += f", {_beyond(result, criteria, full=True)}"
    course, beside = _course(result, criteria), beside_expected(result, instrument)
    if course is not None and result.plateau_kind is not None and goal:
        course += f", {goal}"
    # After a deterioration a good-sounding course must not stand as comfort.
    if course is not None and word == "worse" and result.state == "plateau":
        course = f"the course since: {course}"
    clauses = [beside, course] if word == "off_course" else [course, beside]
    return "; ".join([moved, *(clause for clause in clauses if clause)]) + "."


def _fact(result: SeriesResult, name: str, instrument: Instrument, criteria: Criteria) -> str:
    step = instrument.step
    latest = f"{name} {number(result.latest, step)} on {day_text(result.last_on)}"
    if result.alert in (*ALERTS, "dropped"):
        return f"{latest}, {_alert(result, instrument, criteria)}"
    if result.n < 2:
        return f"{latest}, one score so far"
    first = f"first {number(result.baseline, step)} on {day_text(result.first_on)}"
    return f"{latest}, {first}, {counted(result.n, 'score')}"


def _alert(result: SeriesResult, instrument: Instrument, criteria: Criteria) -> str:
    """Return beyond which published mark a process measure lies."""
    marks, is_up = criteria.marks, instrument.better == "higher"
    parts = []
    if result.alert in ("below", "both"):
        side = "below" if is_up else "above"
        parts.append(f"{side} its mark of {exact(marks.below)}")
    if result.alert in ("dropped", "both") and len(result.recent) > 1:
        before, last = result.recent[-2:]
        way = "down" if is_up else "up"
        parts.append(f"{way} {number(abs(last - before), instrument.step)} since the score before")
    return " and ".join(parts)
