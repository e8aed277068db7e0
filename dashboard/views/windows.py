"""What would have to happen for the course of the last scores to be called something else?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf, isnan

import numpy as np

from analytics.cutoffs import TOLERANCE
from analytics.plateau import PlateauRule, plateau_rows
from dashboard.views.words import counted, exact, joined, number
from data.records import SeriesResult

Scored = tuple[date, float]


@dataclass(frozen=True, slots=True)
class Window:
    """One number of last scores, as the rule of the plateau looks at it.

    ``worsening`` is the estimate over the whole window, in points. ``weeks_allowed`` is the
    longest time over which so many scores are looked at together.
    """

    scores: int
    weeks: float
    weeks_allowed: float
    is_inside: bool = False
    worsening: float = 0.0

    @property
    def is_tested(self) -> bool:
        """Return whether the rule looks at these scores at all."""
        return 0 < self.weeks <= self.weeks_allowed + TOLERANCE


def windows(
    result: SeriesResult, rule: PlateauRule, scored: Sequence[Scored]
) -> tuple[Window, ...]:
    """Return each window that there are scores for, taken apart.

    *scored* are the days and totals from the baseline on.
    """
    if not scored:
        return ()
    last = scored[-1][0]
    weeks = np.array([[(day - last).days / 7.0] for day, _ in scored])
    totals = np.array([[total] for _, total in scored], dtype=np.float64)
    there = [w for w in rule.windows if w <= len(scored)]
    gap = float(np.median(np.diff(weeks[-there[-1] :, 0]))) if there else 0.0
    found = []
    for w in there:
        span = float(-weeks[-w, 0])
        window = Window(w, span, rule.span * w * max(gap, rule.gap_weeks))
        if window.is_tested and result.block_weeks is not None:
            # One window alone, over the block of the result, whatever its own gaps are.
            block = result.block_weeks
            alone = replace(
                rule, windows=(w,), block_weeks=block, block_cap_weeks=None, guard=inf, span=inf
            )
            d = plateau_rows(weeks[-w:], totals[-w:], replace(alone, margin=float("nan")))
            low, high = float(d.block_low[0]), float(d.block_high[0])
            slope = float(d.block_change[0]) / block
            window = replace(
                window,
                is_inside=-rule.margin < low and high < rule.margin,
                worsening=span * (slope if rule.better == "lower" else -slope),
            )
        found.append(window)
    return tuple(found)


def would_turn(result: SeriesResult, rule: PlateauRule, scored: Sequence[Scored]) -> str:
    """Return what would make the state of the last scores another one."""
    if result.state == "too_early":
        return _more_scores(result.n, rule)
    if isnan(rule.sigma):
        return "a known standard error of measurement and a known meaningful change"
    there = windows(result, rule, scored)
    tested = [window for window in there if window.is_tested]
    if not tested:
        return "; ".join(_not_tested(window) for window in there)
    over = f"over the last {tested[-1].scores} scores"
    trend = f"an interval {over} that excludes 0 would be an improving or a worsening trend"
    if isnan(rule.margin):
        if result.state == "undetermined":
            return f"{trend}; a plateau needs a larger meaningful change than this one"
        return f"an interval {over} that includes 0 would no longer be a trend"
    limit, guard = exact(rule.margin), exact(rule.guard)
    names = joined([str(window) for window in rule.windows])
    several = len(rule.windows) > 1
    one = f"one of the windows of {names} scores" if several else f"the window of {names} scores"
    each = f"all of the windows of {names} scores" if several else one
    if result.state == "plateau":
        return (
            f"it would no longer be a plateau if, in {each}, the interval reached past ±{limit} "
            f"points or the estimated worsening was more than {guard} points; an interval {over} "
            "with nothing but worsening in it would be a worsening trend"
        )
    if result.state == "undetermined":
        blocked = [window for window in tested if window.is_inside]
        if blocked:
            return f"{_guarded(blocked, limit, guard)}; {trend}"
        late = [_not_tested(window) for window in there if not window.is_tested]
        inside = (
            f"an interval inside ±{limit} points in {one}, with an estimated worsening of at most "
            f"{guard} points over it, would be a plateau"
        )
        return "; ".join([inside, trend, *late])
    text = f"an interval {over} that includes 0 would no longer be a trend"
    if result.state == "improving":
        text += f"; an interval inside ±{limit} points in {one} would be a plateau"
    return text


def plateau_from(rule: PlateauRule) -> int | None:
    """Return how many scores at the planned interval show a flat course to be a plateau.

    ``None`` where no window is long enough for so much scatter.
    """
    if isnan(rule.sigma) or isnan(rule.margin):
        return None
    for scores in rule.windows:
        weeks = rule.gap_weeks * np.arange(scores, dtype=np.float64)[:, np.newaxis]
        if plateau_rows(weeks, np.zeros((scores, 1)), rule).verdict[0]:
            return scores
    return None


def _more_scores(n: int, rule: PlateauRule) -> str:
    """Return how many more scores a trend and a plateau need."""
    first, least = rule.windows[0], plateau_from(rule)
    text = f"{counted(first - n, 'more score')} ({first} are needed)"
    if isnan(rule.sigma) or isnan(rule.margin) or least == first:
        return text
    scatter = f"scores scatter by {exact(rule.sigma)} points and the limit is ±{exact(rule.margin)}"
    if least is None:
        return f"{text} for a trend; no plateau can be called, as {scatter}"
    return f"{text} for a trend, {least - n} more for a plateau ({least} are needed, as {scatter})"


def _guarded(blocked: Sequence[Window], limit: str, guard: str) -> str:
    """Return why intervals inside the limit are no plateau."""
    told = joined([f"{exact(window.worsening)} points over {window.scores}" for window in blocked])
    which = joined([str(window.scores) for window in blocked])
    return (
        f"the interval of the last {which} scores lies inside ±{limit} points, but these scores "
        f"worsen by an estimated {told}; at most {guard}, one standard error of measurement, "
        "would be a plateau"
    )


def _not_tested(window: Window) -> str:
    if window.weeks == 0:
        return (
            f"the last {window.scores} scores lie on one day, so no course can be seen; scores of "
            "other days would change that"
        )
    return (
        f"the last {window.scores} scores lie over {number(window.weeks)} weeks, too far apart to "
        f"be looked at together; at most {number(window.weeks_allowed)} weeks would be"
    )
