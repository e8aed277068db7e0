"""Which threshold raises no more flags than a service can answer?"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics.back_test.replay import Replay
from analytics.series import IntArray

# What an alert budget is spent on: a client's first flag, or every session with a flag.
Count = Literal["first", "standing"]
# And over what it is counted.
Unit = Literal["100 sessions", "clinician-week"]


@dataclass(frozen=True, slots=True)
class Workload:
    """Where a service's sessions took place, for counting flags by clinician and week.

    ``days`` has one value a score (whole days since any day, or dates), ``clinicians`` one a
    series. A clinician-week is a clinician with one session or more in a calendar week that
    starts on the weekday of day 0 (of a Monday, for dates).
    """

    days: npt.ArrayLike
    clinicians: npt.ArrayLike


@dataclass(frozen=True, slots=True)
class Budgeted:
    """The lowest threshold that keeps within an alert budget.

    ``load`` is the number of flags per unit that it gives. ``looser`` is the next lower
    threshold, which would go beyond the budget, and ``looser_load`` its load; ``None`` where
    every candidate keeps within it. ``threshold`` is ``None``, with a ``reason``, where none does.
    """

    threshold: float | None
    load: float | None
    looser: float | None
    looser_load: float | None
    budget: float
    reason: str | None


def threshold_for_budget(
    seen: Replay,
    rule: str,
    *,
    budget: float,
    unit: Unit = "100 sessions",
    count: Count = "first",
    workload: Workload | None = None,
) -> Budgeted:
    """Return the lowest threshold of a rule that raises no more flags than can be answered.

    Candidates are the values that the measure took. The number of clients with a flag, and
    that of sessions with one, never rises with the threshold, so the lowest that keeps
    within the budget is found by halving.

    Parameters
    ----------
    seen
        What `analytics.back_test.replay.replay` returned.
    rule
        Name of one of its rules, best one with a measure and not a yes or no.
    budget
        Flags per unit that can be answered; 0 or more.
    unit
        What they are counted over.
    count
        A client's first flag only, or every session at which a flag stands.
    workload
        Days and clinicians; needed for clinician-weeks.

    Returns
    -------
    See `Budgeted`. The threshold held for the episodes that were replayed; for new ones the
    load is an estimate.

    Raises
    ------
    ValueError
        If there is no such rule, the budget is below 0, or clinician-weeks are asked for
        without a workload.

    Examples
    --------
    Ten sessions of five clients. Two first flags in ten sessions are 20 per 100:

    >>> from analytics.back_test.replay import points_worse, replay
    >>> scores = [10, 11, 10, 12, 10, 13, 10, 14, 10, 15]
    >>> seen = replay(points_worse("lower"), [0, 1] * 5, scores, [0, 2, 4, 6, 8, 10])
    >>> found = threshold_for_budget(seen, "points worse than the first score", budget=20)
    >>> found.threshold, found.load, found.looser, found.looser_load
    (4.0, 20.0, 3.0, 30.0)
    """
    if rule not in seen.measures:
        raise ValueError(f"There is no rule {rule!r}; there are {', '.join(seen.measures)}.")
    if not budget >= 0:
        raise ValueError(f"The budget must be at least 0 flags, got {budget}.")
    if unit == "100 sessions":
        per_flag = 100.0 / max(seen.weeks.size, 1)
    elif workload is None:
        raise ValueError("Flags per clinician-week need the days and clinicians of a workload.")
    else:
        per_flag = 1.0 / max(clinician_weeks(workload, seen.offsets), 1)
    values = seen.measures[rule]
    if count == "first" and values.size:
        known = np.where(np.isnan(values), -np.inf, values)
        values = np.maximum.reduceat(known, seen.offsets[:-1])
        values = values[values > -np.inf]
    values = np.sort(values[~np.isnan(values)])
    if values.size == 0:
        reason = f"The rule {rule!r} could say nothing at any look."
        return Budgeted(None, None, None, None, budget, reason)
    candidates, first_at = np.unique(values, return_index=True)
    loads = (values.size - first_at) * per_flag
    # Loads descend. A budget of exactly so many flags is met by them, whatever the last digit.
    chosen = int(np.searchsorted(-loads, -(budget * (1 + 1e-12)), side="left"))
    looser = None if chosen == 0 else float(candidates[chosen - 1])
    looser_load = None if chosen == 0 else float(loads[chosen - 1])
    if chosen == candidates.size:
        reason = (
            f"Even the highest value, {candidates[-1]:g}, raises {loads[-1]:.3g} flags per "
            f"{unit}, more than {budget:g}."
        )
        return Budgeted(None, None, looser, looser_load, budget, reason)
    return Budgeted(
        float(candidates[chosen]), float(loads[chosen]), looser, looser_load, budget, None
    )


def clinician_weeks(workload: Workload, offsets: IntArray) -> int:
    """Return in how many clinician-weeks there was a session.

    Parameters
    ----------
    workload
        Days and clinicians.
    offsets
        Start of each series in the days, and their length at the end.

    Raises
    ------
    ValueError
        If there is not a day for each score and a clinician for each series.

    Examples
    --------
    Ana sees one client on days 0 and 7, and another on day 1; Ben sees one on day 1.

    >>> clinician_weeks(Workload([0, 7, 1, 1], ["Ana", "Ana", "Ben"]), np.array([0, 2, 3, 4]))
    3
    """
    days = np.asarray(workload.days)
    if np.issubdtype(days.dtype, np.datetime64):
        # Day 0 of NumPy, 1 January 1970, was a Thursday.
        days = days.astype("datetime64[D]").astype(np.int64) + 3
    _, who = np.unique(np.asarray(workload.clinicians), return_inverse=True)
    if days.shape != (int(offsets[-1]),) or who.shape != (offsets.size - 1,):
        raise ValueError(
            f"A workload needs {offsets[-1]} days and {offsets.size - 1} clinicians, "
            f"got {days.shape} and {who.shape}."
        )
    week = np.floor_divide(days, 7).astype(np.int64)
    of_score = np.repeat(who, np.diff(offsets)).astype(np.int64)
    return int(np.unique(np.stack((of_score, week)), axis=1).shape[1])
