"""Which course is planted in which client, and how long is the therapy?"""

import math
from dataclasses import replace

import numpy as np

from data.synthetic.courses import LATE_PER_WEEK, STEADY_PER_WEEK, SUDDEN_GAIN, Course, Shape
from data.synthetic.measures import Measure

#: How often each course is planted among clients whose first measure starts as a case ...
_CASES: dict[Course, float] = {
    "steady_improver": 0.17,
    "log_improver": 0.19,
    "late_responder": 0.08,
    "sudden_gain": 0.11,
    "stuck": 0.13,
    "flat": 0.04,
    "maintained": 0.17,
    "deterioration": 0.07,
    "brief": 0.04,
}
#: ... and among the others.
_NOT_CASES: dict[Course, float] = {"low": 0.65, "deterioration": 0.30, "brief": 0.05}

#: Fewest and most appointments of a whole therapy.
_LENGTHS: dict[Course, tuple[int, int]] = {
    "log_improver": (9, 24),
    "sudden_gain": (13, 26),
    "stuck": (17, 32),
    "flat": (13, 30),
    "maintained": (17, 30),
    "low": (6, 18),
    "deterioration": (11, 24),
    "brief": (1, 2),
}
#: First and last appointment from which the planted event may hold.
_TURNS: dict[Course, tuple[int, int]] = {
    "late_responder": (7, 10),
    "sudden_gain": (4, 8),
    "stuck": (4, 8),
    "maintained": (5, 9),
    "deterioration": (1, 6),
}
#: Appointments after the turn that no early ending takes away, so that what was planted
#: can be seen in the scores.
_KEPT_AFTER_TURN: dict[Course, int] = {
    "late_responder": 3,
    "sudden_gain": 4,
    "stuck": 8,
    "maintained": 8,
    "deterioration": 5,
}
#: A therapy that goes well ends about here, in PHQ-9 points.
_WELL = 3.0


def draw_shape(start: float, measure: Measure, rng: np.random.Generator) -> Shape:
    """Return the planted course of a client whose true severity begins at *start*."""
    weights = _CASES if start >= measure.cutoff_severity else _NOT_CASES
    courses = list(weights)
    chances = np.array(list(weights.values()))
    course = courses[int(rng.choice(len(courses), p=chances / chances.sum()))]
    speed = float(np.clip(rng.normal(1.0, 0.12), 0.7, 1.4))
    depth = float(rng.random())
    first, last = _TURNS.get(course, (1, 1))
    turn = int(rng.integers(first, last + 1))
    return fitted(Shape(course, turn, speed, depth), start=start, measure=measure)


def fitted(shape: Shape, *, start: float, measure: Measure) -> Shape:
    """Return *shape*, or the nearest one for which the questionnaire leaves room.

    Nobody is stuck who never was a case, nobody falls by more points than there are.
    """
    level: Course = "flat" if start >= measure.cutoff_severity else "low"
    match shape.course:
        case "deterioration" if measure.width - start < 1.4 * measure.reliable_change:
            return replace(shape, course=level, turn=1)
        case "sudden_gain" if start < (SUDDEN_GAIN + 4) * measure.unit:
            return replace(shape, course="log_improver", turn=1)
        case "stuck" if start < measure.cutoff_severity + 2 * measure.sem:
            return replace(shape, course=level, turn=1)
        case "maintained" if level == "low":
            return replace(shape, course="low", turn=1)
        case "flat" | "low":
            return replace(shape, course=level)
        case _:
            return shape


def draw_length(
    shape: Shape, *, start: float, measure: Measure, cut: float, rng: np.random.Generator
) -> int:
    """Return the number of appointments.

    ``cut`` is the share of a whole therapy that has taken place: 1 for a completed one,
    less for a dropout or an open episode.
    """
    to_go = max(start - _WELL * measure.unit, 0.0) / (measure.unit * shape.speed)
    if shape.course == "steady_improver":
        whole = int(np.clip(math.ceil(to_go / STEADY_PER_WEEK) + 1, 5, 22))
    elif shape.course == "late_responder":
        whole = shape.turn + int(np.clip(math.ceil(to_go / LATE_PER_WEEK) + 1, 5, 18))
    else:
        fewest, most = _LENGTHS[shape.course]
        whole = int(rng.integers(fewest, most + 1))
    if shape.course == "brief":
        return whole
    least = max(3, shape.turn + _KEPT_AFTER_TURN.get(shape.course, 0))
    return max(round(whole * cut), least)
