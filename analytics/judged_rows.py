"""What do the criteria of one questionnaire say of a matrix of its scores?"""

from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.change import change_category, improvement, reliable_direction, unbroken_run
from analytics.criteria import Criteria
from analytics.level import plateau_kind, recent_level
from analytics.plateau import plateau_rows
from analytics.process import alert_rows
from analytics.ranks import rank_rows
from analytics.series import FloatArray
from analytics.shrinkage import shrunken_slope_rows
from analytics.sudden.gains import SuddenGains, sudden_rows
from analytics.sudden.slots import SlotArray
from analytics.trend import ols_rows

# The fields of `analytics.course.Course` that a matrix has results for.
Rows = dict[str, npt.NDArray[Any] | int]


def trend_rows(weeks: FloatArray, scores: FloatArray, confidence: float) -> Rows:
    """Return the fields of `Course` that need only a dense (scores x series) matrix."""
    fit = ols_rows(weeks, scores, confidence)
    ranks = rank_rows(weeks, scores, confidence)
    return {
        "n": weeks.shape[0],
        "baseline": scores[0],
        "latest": scores[-1],
        "weeks": weeks[-1] - weeks[0],
        "slope_per_week": fit.slope,
        "slope_low": fit.low,
        "slope_high": fit.high,
        "theil_sen_per_week": ranks.theil_sen.slope,
        "theil_sen_low": ranks.theil_sen.low,
        "theil_sen_high": ranks.theil_sen.high,
        "mann_kendall_p": ranks.mann_kendall.p,
        "level": recent_level(scores),
    }


def judged_rows(
    weeks: FloatArray, scores: FloatArray, level: FloatArray, criteria: Criteria
) -> Rows:
    """Return the fields of `Course` that one questionnaire's criteria judge."""
    n = weeks.shape[0]
    rule = plateau_rows(weeks, scores, criteria.plateau)
    reliable = criteria.reliable_change
    marks = criteria.marks
    alert, alert_since = alert_rows(
        scores, marks.below, marks.drop, criteria.better, inclusive=marks.inclusive
    )
    result: Rows = {
        "state": rule.state,
        "state_window": rule.window,
        "block_weeks": rule.block_weeks,
        "block_change": rule.block_change,
        "block_low": rule.block_low,
        "block_high": rule.block_high,
        "plateau_kind": plateau_kind(
            rule.state,
            level,
            cutoff=criteria.cutoff,
            reliable_change=None if reliable is None else reliable.value,
            best=criteria.best,
        ),
        "alert": alert,
        "alert_since": alert_since,
    }
    prior = criteria.slope_prior(n)
    if prior is not None and criteria.spread is not None:
        shrunken = shrunken_slope_rows(weeks, scores, criteria.spread.value, prior)
        result["shrunken_slope"] = shrunken.slope
        result["shrunken_weight"] = shrunken.weight
    if n < 2:
        return result
    gained = improvement(scores[0], scores, criteria.better)
    result["change"] = scores[-1] - scores[0]
    result["improvement"] = gained[-1]
    if criteria.s_diff is not None:
        result["rci"] = gained[-1] / criteria.s_diff.value
    if reliable is not None:
        inclusive = criteria.reliable_inclusive
        direction = reliable_direction(gained, criterion=reliable.value, inclusive=inclusive)
        since, first_up, first_down = unbroken_run(direction)
        result["category_since"] = since
        # Two scores of one day are one look.
        began = weeks[np.maximum(since, 0), np.arange(weeks.shape[1])]
        result["confirmed"] = (since >= 0) & (began < weeks[-1])
        result["first_improved"] = first_up
        result["first_deteriorated"] = first_down
        result["category"] = change_category(
            scores[0],
            scores[-1],
            criterion=reliable.value,
            inclusive=inclusive,
            cutoff=criteria.cutoff,
            better=criteria.better,
        )
    return result


def jumps(slot: SlotArray, scores: FloatArray, criteria: Criteria) -> SuddenGains | None:
    """Return the sudden gains and losses of a matrix, or ``None`` where there is no rule."""
    return None if criteria.sudden is None else sudden_rows(slot, scores, criteria.sudden)
