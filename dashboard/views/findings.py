"""What does one sentence say of one measure?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.criteria import Criteria
from analytics.instrument import Instrument
from dashboard.theme import ATTENTION, PLATEAU_KIND, STATE
from dashboard.views.dates import day_text
from dashboard.views.words import counted, cutoff_words, joined, number, opened
from data.records import SeriesResult

# From the greatest need to the least; a fact makes no demand.
ORDER = tuple(ATTENTION)

_WORSE = ("deteriorated", "harmed")
_BETTER = ("recovered", "improved")


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


def finding(result: SeriesResult, instrument: Instrument, criteria: Criteria) -> Finding:
    """Return the words for one measure; process measures are facts without a judgement."""
    name = measure_name(instrument, result.respondent)
    word = attention_of(result, instrument)
    mark, reads = _mark(result, word), _reads(result, word)
    if word == "fact":
        text = _fact(result, name)
        return Finding(result.series_id, name, word, reads, mark, text, text + ".")
    if result.n < 2:
        text = f"{name} cannot be assessed yet (n = 1)"
        latest = f"the only score is {number(result.latest)} of {day_text(result.last_on)}"
        return Finding(result.series_id, name, word, reads, mark, text, f"{text}: {latest}.")
    short = _short(result, name, word, criteria)
    return Finding(
        result.series_id,
        name,
        word,
        reads,
        mark,
        short,
        opened(_full(result, name, word, criteria)),
    )


def measure_name(instrument: Instrument, respondent: str) -> str:
    """Return the name of the questionnaire, and who filled it in where that is unusual."""
    return f"{instrument.name} ({respondent})" if respondent else instrument.name


def attention_of(result: SeriesResult, instrument: Instrument) -> str:
    """Return what one measure asks for, by the same order as the caseload."""
    if instrument.role != "outcome":
        return "fact"
    if result.category in _WORSE:
        return "worse"
    if result.state == "worsening":
        return "worsening"
    if result.plateau_kind == "stuck":
        return "stuck"
    if result.plateau_kind in ("maintained", "at_floor"):
        return "maintained"
    if result.category in _BETTER or result.state == "improving":
        return "better"
    if result.category == "unchanged" and result.state != "too_early":
        return "unchanged"
    return "cannot_tell"


def disagreement(findings: Sequence[Finding]) -> str | None:
    """Return how the outcome measures contradict one another, if they do."""
    worse = [f.name for f in findings if f.reads == "worse"]
    better = [f.name for f in findings if f.reads == "better"]
    if not worse or not better:
        return None
    is_worse = f"{joined(worse)} {'is' if len(worse) == 1 else 'are'} worse"
    is_better = f"{joined(better)} {'is' if len(better) == 1 else 'are'} better or holding"
    return f"The measures disagree: {is_worse}, while {is_better}."


def _reads(result: SeriesResult, word: str) -> str:
    if word in ("worse", "worsening"):
        return "worse"
    if word in ("better", "maintained") or (word == "stuck" and result.category in _BETTER):
        return "better"
    return ""


def _mark(result: SeriesResult, word: str) -> str:
    if word in ("stuck", "maintained") and result.plateau_kind is not None:
        return PLATEAU_KIND[result.plateau_kind].text
    if word == "better" and result.category not in _BETTER:
        return STATE["improving"].text
    return ATTENTION[word].text


def _moved(result: SeriesResult, name: str, *, full: bool) -> str:
    """Return where the score went since the baseline, in the direction of the points."""
    since = f"since {day_text(result.first_on)}"
    if not result.change or number(result.change) == "0":
        return f"{name} unchanged at {number(result.latest)} {since}"
    way = "up" if result.change > 0 else "down"
    ends = f" ({number(result.baseline)} to {number(result.latest)})" if full else ""
    return f"{name} {way} {number(abs(result.change))}{ends} {since}"


def _beyond(result: SeriesResult, criteria: Criteria, *, full: bool) -> str:
    """Return whether the change is more than error, how often it was seen, and the cutoff."""
    if result.category == "unchanged":
        return "not beyond error"
    if result.category == "not_assessable":
        return "whether that is beyond error cannot be assessed"
    seen = "seen twice" if result.confirmed else "seen once so far"
    crossed = ""
    if result.category in ("recovered", "harmed") and criteria.cutoff is not None:
        side = "into" if result.category == "harmed" else "out of"
        which = f" ({cutoff_words(criteria.cutoff)})" if full else ""
        crossed = f" and {side} the clinical range{which}"
    return f"beyond error{crossed}, {seen}"


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


def last_scores(result: SeriesResult) -> str:
    """Return which scores the course was judged on."""
    window = result.state_window or result.n
    return f"the last {counted(window, 'score')}"


def _short(result: SeriesResult, name: str, word: str, criteria: Criteria) -> str:
    moved = _moved(result, name, full=False)
    if word in ("worsening", "stuck", "maintained"):
        return f"{name} {_course(result, criteria)}, {_moved(result, '', full=False).strip()}"
    if word == "cannot_tell":
        return f"{moved}, {_beyond(result, criteria, full=False)}, n = {result.n}"
    return f"{moved}, {_beyond(result, criteria, full=False)}"


def _full(result: SeriesResult, name: str, word: str, criteria: Criteria) -> str:
    moved = f"{_moved(result, name, full=True)}, {_beyond(result, criteria, full=True)}"
    course = _course(result, criteria)
    if course is None:
        return f"{moved}."
    # After a deterioration a good-sounding course must not stand as comfort.
    joint = "; the course since" if word == "worse" and result.state == "plateau" else ""
    return f"{moved}{joint + ':' if joint else ';'} {course}."


def _fact(result: SeriesResult, name: str) -> str:
    latest = f"{name} {number(result.latest)} on {day_text(result.last_on)}"
    if result.n < 2:
        return f"{latest}, one score so far"
    first = f"first {number(result.baseline)} on {day_text(result.first_on)}"
    return f"{latest}, {first}, {counted(result.n, 'score')}"
