"""How would scores run on for clients who began with the same one?"""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.criteria import Criteria
from analytics.cutoffs import on_clinical_side
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import course_limit, expected_course, why_not_assessable
from dashboard.theme import COURSE
from dashboard.views.dates import day_text
from dashboard.views.words import cutoff_words, number, opened, percent
from data.records import SeriesResult

# Points on each line: enough for a smooth one.
_POINTS = 40


@dataclass(frozen=True, slots=True)
class ExpectedCourse:
    """The expected course of one client and its limits on the worse side, day by day.

    ``amber`` and ``red`` are the narrower and the wider limit; ``is_above`` tells whether
    they lie above the expected course. The labels stand in the chart.
    """

    days: tuple[date, ...]
    line: tuple[float, ...]
    amber: tuple[float, ...]
    red: tuple[float, ...]
    is_above: bool
    label: str
    amber_label: str
    red_label: str


def expected_view(
    judged: SeriesResult, criteria: Criteria, *, until: date, step: float, is_changed: bool
) -> tuple[ExpectedCourse | None, str]:
    """Return the lines of the expected course, and what is to be said of it.

    The lines run from the day after the first score to *until*, as far as the curve speaks.
    ``is_changed`` tells that another score than the first one is the baseline.
    """
    curve = criteria.curve
    if criteria.role != "outcome" or curve is None:
        return None, ""
    if is_changed:
        return None, (
            "The expected course begins with the first score of the episode, so none is drawn "
            "from a changed baseline."
        )
    intake = judged.baseline
    if criteria.cutoff is not None and not bool(on_clinical_side(intake, criteria.cutoff)):
        return None, (
            f"No expected course: the first score, {number(intake, step)}, is outside the "
            f"clinical range ({cutoff_words(criteria.cutoff)}), so there is no recovery to expect."
        )
    last = min((until - judged.first_on).days, math.floor(7 * curve.longest))
    why = why_not_assessable(curve, intake, last / 7)
    if why is not None:
        return None, why
    return _lines(judged, criteria, curve, last, step), _words(judged, criteria, curve, step)


def _lines(
    judged: SeriesResult, criteria: Criteria, curve: GrowthCurve, last: int, step: float
) -> ExpectedCourse:
    count = min(_POINTS, last)
    after = sorted({1 + round(place * (last - 1) / max(count - 1, 1)) for place in range(count)})
    weeks = [days / 7 for days in after]
    intake = judged.baseline
    line = expected_course(curve, intake, weeks).expected
    amber, red = (
        course_limit(curve, intake, weeks, share=share)
        for share in (criteria.course_amber, criteria.course_red)
    )
    return ExpectedCourse(
        tuple(judged.first_on + timedelta(days=days) for days in after),
        tuple(line.tolist()),
        tuple(amber.tolist()),
        tuple(red.tolist()),
        curve.better == "lower",
        f"expected for clients who began at {number(intake, step)}",
        f"limit, {percent(criteria.course_amber)}",
        f"limit, {percent(criteria.course_red)}",
    )


def _words(judged: SeriesResult, criteria: Criteria, curve: GrowthCurve, step: float) -> str:
    """Return where the last score lies, and on whose episodes the course rests."""
    expected, amber, red = judged.expected, judged.expected_amber, judged.expected_limit
    if judged.not_on_track is None or expected is None or amber is None or red is None:
        weeks = (judged.last_on - judged.first_on).days / 7
        why = why_not_assessable(curve, judged.baseline, weeks) if weeks > 0 else None
        if why is None:
            why = "No score can be held against the expected course yet."
        return f"{why} {curve.source}"
    return (
        f"{opened(COURSE[judged.not_on_track].word)}: clients who began at "
        f"{number(judged.baseline, step)} are expected at about {number(expected)} on "
        f"{day_text(judged.last_on)}, with limits on the worse side of {number(amber)} "
        f"({percent(criteria.course_amber)}) and {number(red)} ({percent(criteria.course_red)}); "
        f"the last score is {number(judged.latest, step)}. {curve.source}"
    )
