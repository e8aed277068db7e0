"""What would rules of thumb say of the same scores? For comparison; no page uses them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from analytics.course import Course
from analytics.criteria import Criteria
from analytics.trend import ols_slope
from data.synthetic.planted import Planted

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
# Flags, whether there was something to look at, and whether they speak of what was planted.
Spoken = tuple[BoolArray, BoolArray, BoolArray]

NAIVE_WINDOW = 6
_ROUNDED = 1e-9


def naive_rules(
    planted: Sequence[Planted], judged: Sequence[Criteria], seen: Course, near: int
) -> Mapping[str, Spoken]:
    """Return by name what each rule of thumb says at each look.

    Parameters
    ----------
    planted, judged
        The series, and the numbers of the questionnaire of each.
    seen
        What the formulas say of every beginning of every series, in their order.
    near
        A step counts as the planted jump if it lies within so many sessions of it.
    """
    sizes = [s.scores.size for s in planted]
    sem = np.repeat([math.nan if c.sem is None else c.sem.value for c in judged], sizes)
    lower = np.repeat([c.better == "lower" for c in judged], sizes)
    second = seen.n >= 2
    behind = np.where(lower, seen.latest - seen.expected, seen.expected - seen.latest)
    said = {
        "better than the first score": (seen.improvement > _ROUNDED, second),
        "better by 1 SEM": (seen.improvement >= sem - _ROUNDED, second & ~np.isnan(sem)),
        "worse than the first score": (seen.improvement < -_ROUNDED, second),
        "worse by 1 SEM": (seen.improvement <= -sem + _ROUNDED, second & ~np.isnan(sem)),
        "worse than the average course": (behind > 0, ~np.isnan(behind)),
    }
    flags = {name: (speaks & there, there) for name, (speaks, there) in said.items()}
    flags |= _of_last_six(planted, judged, np.array(sizes))
    spoken = {name: (speaks, there, speaks) for name, (speaks, there) in flags.items()}
    spoken["one step of the reliable change"] = _one_step(planted, judged, near)
    return spoken


def _of_last_six(
    planted: Sequence[Planted], judged: Sequence[Criteria], sizes: npt.NDArray[np.int64]
) -> dict[str, tuple[BoolArray, BoolArray]]:
    """Return what the slope and the range of the last six scores say."""
    enough, flat, near, up, down = np.zeros((5, int(sizes.sum())), dtype=np.bool_)
    looks, weeks, scores, limits, signs = [], [], [], [], []
    start = 0
    for s, c in zip(planted, judged, strict=True):
        for n in range(NAIVE_WINDOW, s.scores.size + 1):
            looks.append(start + n - 1)
            weeks.append(s.weeks[n - NAIVE_WINDOW : n])
            scores.append(s.scores[n - NAIVE_WINDOW : n])
            limits.append(math.nan if c.reliable_change is None else c.reliable_change.value)
            signs.append(1.0 if c.better == "higher" else -1.0)
        start += s.scores.size
    if looks:
        last, sign = np.array(scores), np.array(signs)
        slopes = ols_slope(
            np.array(weeks).ravel(), last.ravel(), np.arange(len(looks) + 1) * NAIVE_WINDOW
        )
        enough[looks] = True
        flat[looks] = (slopes.low <= 0) & (slopes.high >= 0)
        near[looks] = last.max(axis=1) - last.min(axis=1) <= np.array(limits) + _ROUNDED
        up[looks] = np.where(sign > 0, slopes.low > 0, slopes.high < 0)
        down[looks] = np.where(sign > 0, slopes.high < 0, slopes.low > 0)
    return {
        "slope p > .05 over 6": (flat, enough),
        "range within RC over 6": (near, enough),
        "better slope, p < .05 over 6": (up, enough),
        "worse slope, p < .05 over 6": (down, enough),
    }


def _one_step(planted: Sequence[Planted], judged: Sequence[Criteria], near: int) -> Spoken:
    """Return where two neighbouring scores once lay a reliable change apart, for the better."""
    flags, finds, known = [], [], []
    for s, c in zip(planted, judged, strict=True):
        sign = 1.0 if c.better == "higher" else -1.0
        limit = math.nan if c.reliable_change is None else c.reliable_change.value
        step = np.zeros(s.scores.size, dtype=np.bool_)
        step[1:] = sign * np.diff(s.scores) >= limit - _ROUNDED
        planted_one = (s.onset_session > 0) & (np.abs(s.sessions - s.onset_session) <= near)
        flags.append(np.maximum.accumulate(step))
        finds.append(np.maximum.accumulate(step & planted_one))
        known.append((np.arange(step.size) > 0) & (not math.isnan(limit)))
    return np.concatenate(flags), np.concatenate(known), np.concatenate(finds)
