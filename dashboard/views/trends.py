"""What line runs through the scores of one questionnaire, and how sure is its slope?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

from analytics.criteria import Criteria
from analytics.kendall import EXACT_SCORES
from analytics.ranks import INTERVAL_SCORES
from analytics.shrinkage import borrowed_words
from analytics.trend import slope_per_session
from dashboard.views.windows import Scored
from dashboard.views.words import percent
from data.records import SeriesResult

# The ranks between which the interval of the Theil-Sen slope runs rest on a large sample.
_ROUGH_BELOW = 10


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through the scores, and the lines of its interval."""

    start: date
    end: date
    line: tuple[float, float]
    low: tuple[float, float] | None
    high: tuple[float, float] | None


def trend_line(judged: SeriesResult, scored: Sequence[Scored]) -> Trend | None:
    """Return the least squares line, which passes through the mean day and the mean total."""
    if judged.slope_per_week is None:
        return None
    first = scored[0][0]
    weeks = [(day - first).days / 7.0 for day, _ in scored]
    middle, level = fmean(weeks), fmean(total for _, total in scored)

    def ends(slope: float) -> tuple[float, float]:
        return level - slope * middle, level + slope * (weeks[-1] - middle)

    low, high = judged.slope_low, judged.slope_high
    return Trend(
        first,
        scored[-1][0],
        ends(judged.slope_per_week),
        None if low is None else ends(low),
        None if high is None else ends(high),
    )


def trend_text(judged: SeriesResult, criteria: Criteria, scored: Sequence[Scored]) -> str:
    """Return the slopes of the scores since the baseline with their intervals, in sentences.

    A series too short for the plateau rule also gets the slope that borrows from the
    caseload, and which share of it is borrowed.
    """
    if judged.slope_per_week is None:
        return "No trend can be drawn yet: it needs scores on two days."
    text = f"Trend since the baseline: {_slope(judged.slope_per_week)} points a week"
    if judged.slope_low is not None and judged.slope_high is not None:
        text += (
            f" ({percent(criteria.confidence)} interval {_slope(judged.slope_low)} to "
            f"{_slope(judged.slope_high)})"
        )
    per_session = slope_per_session([total for _, total in scored], [0, len(scored)]).slope
    text += f", {_slope(float(per_session[0]))} a session"
    if judged.theil_sen_per_week is not None:
        text += (
            f"; Theil-Sen, which one odd score hardly moves, {_slope(judged.theil_sen_per_week)}"
            f"{_theil_sen_interval(judged)}"
        )
    sentences = [f"{text}; n = {judged.n}."]
    if judged.mann_kendall_p is not None and judged.n >= INTERVAL_SCORES:
        exact = " (exact)" if _is_exact(scored) else ""
        sentences.append(f"Mann-Kendall test of a trend: {_p(judged.mann_kendall_p)}{exact}.")
    sentences += _borrowed(judged, criteria)
    return " ".join(sentences)


def _theil_sen_interval(judged: SeriesResult) -> str:
    if judged.theil_sen_low is None or judged.theil_sen_high is None:
        return ""
    about = "about " if judged.n < _ROUGH_BELOW else ""
    return f" ({about}{_slope(judged.theil_sen_low)} to {_slope(judged.theil_sen_high)})"


def _is_exact(scored: Sequence[Scored]) -> bool:
    """Return whether the p value counts all orders of the scores, as `analytics.kendall` does."""
    count = len(scored)
    days, totals = {day for day, _ in scored}, {total for _, total in scored}
    return count <= EXACT_SCORES and len(days) == count == len(totals)


def _borrowed(judged: SeriesResult, criteria: Criteria) -> list[str]:
    """Return what a short series says when it is read beside those of the other clients."""
    slope, weight = judged.shrunken_slope, judged.shrunken_weight
    prior = criteria.slope_prior(judged.n)
    if slope is None or weight is None or prior is None:
        return []
    if judged.n >= criteria.plateau.windows[0]:
        return []
    return [
        f"Few scores, so also read beside the caseload: {_slope(slope)} points a week, "
        f"give or take {prior.sd * math.sqrt(1 - weight):.2f}.",
        borrowed_words(weight, prior),
    ]


def _slope(value: float) -> str:
    return "0.00" if math.isnan(value) or abs(value) < 0.005 else f"{value:+.2f}"


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".", 1)
