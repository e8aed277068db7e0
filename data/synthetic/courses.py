"""How does a client truly fare, before any error of measurement?"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from data.synthetic.measures import Measure

FloatArray = npt.NDArray[np.float64]

Course = Literal[
    "steady_improver",
    "log_improver",
    "late_responder",
    "sudden_gain",
    "stuck",
    "flat",
    "maintained",
    "low",
    "deterioration",
    "brief",
    "alliance",
    "alliance_rupture",
]
COURSES: tuple[Course, ...] = get_args(Course)

PlateauKind = Literal["stuck", "maintained"]

# Speeds and sizes in PHQ-9 points (a measure's ``unit``), so that each questionnaire moves
# by the same share of its own spread.
STEADY_PER_WEEK = 0.9
LOG_COEFFICIENT = 3.2
LATE_PER_WEEK = 1.2
WORSE_PER_WEEK = 0.6
SUDDEN_GAIN = 8.0
RUPTURE = 9.0
#: No course goes below this: nobody is entirely without complaints.
FLOOR = 1.5


@dataclass(frozen=True, slots=True)
class Shape:
    """What the measures of one client's episode have in common.

    ``turn`` is the appointment from which the planted event holds, counted from 1;
    ``speed`` is a factor on the rate of change, ``depth`` (0 to 1) says how far it goes.
    """

    course: Course
    turn: int
    speed: float
    depth: float


def true_severity(shape: Shape, *, start: float, weeks: FloatArray, measure: Measure) -> FloatArray:
    """Return the true severity at each appointment, in points from the best total.

    ``weeks`` are the weeks since the first appointment and ``start`` the severity there.
    """
    unit, cutoff = measure.unit, measure.cutoff_severity
    floor = min(start, FLOOR * unit)
    ceiling = max(start, measure.width - 0.5 * unit)
    turned = np.arange(1, weeks.size + 1) >= shape.turn
    turn_week = float(weeks[min(shape.turn, weeks.size) - 1])
    since_turn = np.maximum(weeks - turn_week, 0.0)
    course: npt.NDArray[np.floating]
    match shape.course:
        case "steady_improver":
            course = start - STEADY_PER_WEEK * unit * shape.speed * weeks
        case "log_improver":
            course = start - LOG_COEFFICIENT * unit * shape.speed * np.log1p(weeks)
        case "late_responder":
            course = start - LATE_PER_WEEK * unit * shape.speed * since_turn
        case "sudden_gain":
            course = start - (SUDDEN_GAIN + 3 * shape.depth) * unit * turned
        case "stuck":
            level = start - (0.5 + 0.7 * shape.depth) * measure.source.sd
            course = _fall(start, max(level, cutoff + measure.sem), weeks, turn_week)
        case "maintained":
            course = _fall(start, (0.15 + 0.55 * shape.depth) * cutoff, weeks, turn_week)
        case "deterioration":
            course = start + WORSE_PER_WEEK * unit * shape.speed * since_turn
        case "alliance_rupture":
            # The damage halves with each week, as client and clinician speak about it.
            course = start + RUPTURE * unit * turned * np.exp2(-since_turn)
        case "flat" | "low" | "brief" | "alliance":
            course = np.full(weeks.size, start)
    return np.clip(course.astype(np.float64), floor, ceiling)


def _fall(start: float, level: float, weeks: FloatArray, until: float) -> FloatArray:
    """Return a fall from *start* along log time that reaches *level* in week *until*."""
    if level >= start or until <= 0:
        return np.full(weeks.size, start)
    share = np.log1p(np.minimum(weeks, until)) / math.log1p(until)
    return start - (start - level) * share


def plateau_of(course: Course, severity: FloatArray, measure: Measure) -> PlateauKind | None:
    """Return which plateau the course ends in, or ``None`` where none was planted.

    A level at the cutoff or on its clinical side is stuck, one beyond it is maintained.
    """
    if course not in ("stuck", "flat", "maintained", "low", "sudden_gain"):
        return None
    return "stuck" if severity[-1] >= measure.cutoff_severity else "maintained"
