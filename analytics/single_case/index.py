"""What is an effect size of one client's phases, and from which scores can it be had?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.instrument import Better
from analytics.series import BoolArray, FloatArray

# Fewer scores in a phase are refused; fewer than the second number call for caution, after
# the standards for single-case designs.
SMALLEST_PHASE = 3
SOLID_PHASE = 5


@dataclass(frozen=True, slots=True)
class Index:
    """One effect size of two phases, under its full name.

    Attributes
    ----------
    name
        The name with its variant, as it should be printed.
    value
        The effect size, without unit; higher when phase B is better.
    standard_error, low, high
        Its standard error and interval; ``None`` where no formula is known for them.
    note
        What a reader must know besides, as a sentence; empty if nothing.
    """

    name: str
    value: float
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Phases:
    """The scores of two phases without the missing ones, turned so that higher is better.

    ``session_a`` and ``session_b`` are the places of the scores in the whole series: a session
    without a score keeps its place.
    """

    a: FloatArray
    b: FloatArray
    session_a: FloatArray
    session_b: FloatArray


def phases(a: Sequence[float], b: Sequence[float], better: Better) -> Phases:
    """Return two phases as the effect sizes need them, or say why there are none.

    Parameters
    ----------
    a, b
        Scores of the first and the second phase in points, in the order of the sessions; a
        missing score is ``nan`` and is left out.
    better
        The direction in which a client gets better.

    Returns
    -------
    See `Phases`.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores, or one is infinite.

    References
    ----------
    Kratochwill, T. R., et al. (2013). Single-case intervention research design standards.
    *Remedial and Special Education, 34*(1), 26-38. https://doi.org/10.1177/0741932512452794

    Examples
    --------
    >>> phases([12, float("nan"), 11, 14], [9, 8, 7], "lower").session_a
    array([0., 2., 3.])
    >>> phases([12, 11], [9, 8, 7], "lower")
    Traceback (most recent call last):
        ...
    ValueError: Phase A has 2 scores; effect sizes need at least 3 in each phase.
    """
    sign = 1.0 if better == "higher" else -1.0
    first, second = (sign * np.asarray(scores, dtype=np.float64) for scores in (a, b))
    sessions = np.arange(first.size + second.size, dtype=np.float64)
    there_a, there_b = (_there(name, scores) for name, scores in (("A", first), ("B", second)))
    return Phases(
        first[there_a],
        second[there_b],
        sessions[: first.size][there_a],
        sessions[first.size :][there_b],
    )


def _there(name: str, scores: FloatArray) -> BoolArray:
    if np.isinf(scores).any():
        raise ValueError(f"Phase {name} has an infinite score.")
    there: BoolArray = ~np.isnan(scores)
    count = int(there.sum())
    if count < SMALLEST_PHASE:
        words = "1 score" if count == 1 else f"{count} scores"
        raise ValueError(
            f"Phase {name} has {words}; effect sizes need at least {SMALLEST_PHASE} in each phase."
        )
    return there
