"""What do all formulas say of each series?"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.change import (
    CATEGORIES,
    NOT_ASSESSABLE,
    change_category,
    improvement,
    reliable_direction,
    unbroken_run,
)
from analytics.criteria import Criteria
from analytics.level import NO_KIND, PLATEAU_KINDS, plateau_kind, recent_level
from analytics.plateau import STATES, plateau_rows
from analytics.series import (
    BoolArray,
    Bucket,
    CodeArray,
    FloatArray,
    IntArray,
    buckets,
    checked,
)
from analytics.trend import ols_rows, theil_sen_rows

__all__ = ["CATEGORIES", "KERNEL_VERSION", "PLATEAU_KINDS", "STATES", "Course", "course"]

# Stored with every result; a new number has everything derived anew.
KERNEL_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Course:
    """The results of each series; one value a series, ``nan`` where there is no answer.

    Attributes
    ----------
    n
        Number of scores.
    baseline, latest, change, improvement
        First and last score and their difference in points; ``improvement`` is positive
        when better. One score has no change.
    rci
        Reliable change index, positive when better.
    category
        Place in `analytics.change.CATEGORIES`.
    confirmed
        Whether the last two scores are both reliably changed, in the same direction.
    category_since
        Which score of the series (from 0) began the unbroken run of the present reliable
        direction; -1 if the last score is not reliably changed.
    first_improved, first_deteriorated
        First score reliably better or worse than the baseline; -1 if none.
    slope_per_week, slope_low, slope_high
        Least squares slope over all scores, with its interval, in points per week.
    theil_sen_per_week
        Theil-Sen slope over all scores, in points per week.
    state
        Place in `analytics.plateau.STATES`.
    state_window, block_weeks, block_change, block_low, block_high
        Numbers behind the state; see `analytics.plateau.PlateauResult`.
    plateau_kind
        Place in `analytics.level.PLATEAU_KINDS`; -1 if none.
    level
        Mean of the last three scores (of all, if fewer), in points.
    """

    n: IntArray
    baseline: FloatArray
    latest: FloatArray
    change: FloatArray
    improvement: FloatArray
    rci: FloatArray
    category: CodeArray
    confirmed: BoolArray
    category_since: IntArray
    first_improved: IntArray
    first_deteriorated: IntArray
    slope_per_week: FloatArray
    slope_low: FloatArray
    slope_high: FloatArray
    theil_sen_per_week: FloatArray
    state: CodeArray
    state_window: IntArray
    block_weeks: FloatArray
    block_change: FloatArray
    block_low: FloatArray
    block_high: FloatArray
    plateau_kind: CodeArray
    level: FloatArray


def course(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    criteria: Sequence[Criteria],
    which: npt.ArrayLike,
) -> Course:
    """Return change, trend and state of every series.

    A series gets the same bits alone and among a million others.

    Parameters
    ----------
    weeks
        Weeks since the first score of the series (or any day), ascending within a series.
    scores
        Totals in points, without missing values (see `analytics.series.drop_missing`).
    offsets
        Start of each series in the two arrays, and their length at the end.
    criteria
        The numbers of each questionnaire; see `analytics.criteria.criteria`.
    which
        For each series the place of its questionnaire in ``criteria``.

    Returns
    -------
    Arrays with one value a series; see `Course`.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, the weeks of a series go
        backwards, or ``which`` names no criteria.

    References
    ----------
    Those of `analytics.change`, `analytics.cutoffs`, `analytics.trend` and
    `analytics.plateau`, whose formulas are applied.

    Examples
    --------
    >>> from analytics.criteria import criteria
    >>> from analytics.instrument import Instrument, Sourced
    >>> from analytics.rules import Rules
    >>> mood = Instrument(
    ...     "mood", "1", "Mood list", "lower", 0, 30, 1, reliable_change=Sourced(6, "a manual")
    ... )
    >>> result = course(
    ...     [0, 1, 2], [20, 16, 13], [0, 3], criteria=[criteria(mood, Rules())], which=[0]
    ... )
    >>> result.improvement, result.slope_per_week, result.first_improved
    (array([7.]), array([-3.5]), array([2]))
    """
    t, y, starts = checked(weeks, scores, offsets)
    group = np.ascontiguousarray(which, dtype=np.int64)
    size = starts.size - 1
    if group.shape != (size,):
        raise ValueError(f"which must name the criteria of {size} series, got {group.shape}.")
    if size and not (group.min() >= 0 and group.max() < len(criteria)):
        raise ValueError(
            f"which must count from 0 to {len(criteria) - 1}, got {group.min()} to {group.max()}."
        )
    out = _empty(size)
    # What no questionnaire changes goes by length alone: fewer and wider matrices.
    levels = sorted({c.confidence for c in criteria})
    code = np.array([levels.index(c.confidence) for c in criteria], dtype=np.int64)
    for bucket in buckets(starts, code[group] if len(levels) > 1 else None):
        confidence = levels[bucket.group]
        _store(out, bucket, _trend_rows(t[bucket.positions], y[bucket.positions], confidence))
    for bucket in buckets(starts, group):
        level = out["level"][bucket.series]
        judged = _judged_rows(
            t[bucket.positions], y[bucket.positions], level, criteria[bucket.group]
        )
        _store(out, bucket, judged)
    return Course(**out)


_Rows = dict[str, npt.NDArray[Any] | int]


def _store(out: dict[str, npt.NDArray[Any]], bucket: Bucket, rows: _Rows) -> None:
    for name, values in rows.items():
        out[name][bucket.series] = values


def _trend_rows(weeks: FloatArray, scores: FloatArray, confidence: float) -> _Rows:
    """Return the fields of `Course` that need only a dense (scores x series) matrix."""
    fit = ols_rows(weeks, scores, confidence)
    return {
        "n": weeks.shape[0],
        "baseline": scores[0],
        "latest": scores[-1],
        "slope_per_week": fit.slope,
        "slope_low": fit.low,
        "slope_high": fit.high,
        "theil_sen_per_week": theil_sen_rows(weeks, scores),
        "level": recent_level(scores),
    }


def _judged_rows(
    weeks: FloatArray, scores: FloatArray, level: FloatArray, criteria: Criteria
) -> _Rows:
    """Return the fields of `Course` that one questionnaire's criteria judge."""
    n = weeks.shape[0]
    rule = plateau_rows(weeks, scores, criteria.plateau)
    reliable = criteria.reliable_change
    result: _Rows = {
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
    }
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
        result["confirmed"] = (since >= 0) & (since < n - 1)
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


def _empty(size: int) -> dict[str, npt.NDArray[Any]]:
    """Return arrays that say "no answer" for each field of `Course`."""
    codes = {"category": NOT_ASSESSABLE, "plateau_kind": NO_KIND, "state": -1}
    counts = ("n", "category_since", "first_improved", "first_deteriorated", "state_window")
    out: dict[str, npt.NDArray[Any]] = {}
    for field in fields(Course):
        if field.name in codes:
            out[field.name] = np.full(size, codes[field.name], dtype=np.int8)
        elif field.name in counts:
            out[field.name] = np.full(size, -1, dtype=np.int64)
        elif field.name == "confirmed":
            out[field.name] = np.zeros(size, dtype=np.bool_)
        else:
            out[field.name] = np.full(size, np.nan)
    return out
