"""Which scores of one questionnaire are there, and what follows from a chosen baseline?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from analytics.change import CATEGORIES
from analytics.course import course
from analytics.criteria import Criteria
from analytics.instrument import Band, Instrument
from analytics.level import PLATEAU_KINDS
from analytics.plateau import STATES
from dashboard.views.dates import day_text
from dashboard.views.words import number
from data.records import ScoreRow, SeriesResult


@dataclass(frozen=True, slots=True)
class Choice:
    """One score that may be the baseline: its place among the totals, and its words."""

    place: int
    label: str


def totals_of(rows: Sequence[ScoreRow]) -> list[ScoreRow]:
    """Return the administrations that have a total, in order."""
    return [row for row in rows if row.total is not None]


def baseline_choices(rows: Sequence[ScoreRow], step: float) -> tuple[Choice, ...]:
    """Return every score of the episode as a possible baseline, the first one first."""
    choices = []
    for place, row in enumerate(totals_of(rows)):
        session = "" if row.session_no is None else f"session {row.session_no}, "
        first = " (first score of this episode)" if place == 0 else ""
        total = number(row.total or 0.0, step)
        choices.append(Choice(place, f"{session}{day_text(row.administered_on)}: {total}{first}"))
    return tuple(choices)


def from_baseline(
    result: SeriesResult, rows: Sequence[ScoreRow], place: int, criteria: Criteria
) -> SeriesResult:
    """Return the result of the scores from the chosen baseline on.

    ``place`` counts the scores with a total from 0. The first one gives the stored result;
    any other leaves out all scores before it, in the change as in the course. What belongs to
    the whole episode, its sudden gains and its expected course from intake, stays as it is.
    """
    kept = totals_of(rows)[place:]
    if place == 0 or not kept:
        return result
    days = [row.administered_on for row in kept]
    found = course(
        [(day - days[0]).days / 7.0 for day in days],
        [row.total for row in kept if row.total is not None],
        [0, len(kept)],
        criteria=[criteria],
        which=[0],
    )
    since = int(found.category_since[0])
    window = int(found.state_window[0])
    kind = int(found.plateau_kind[0])
    return replace(
        result,
        n=len(kept),
        first_on=days[0],
        baseline=float(found.baseline[0]),
        change=_known(found.change[0]),
        improvement=_known(found.improvement[0]),
        rci=_known(found.rci[0]),
        category=CATEGORIES[int(found.category[0])],
        confirmed=bool(found.confirmed[0]),
        category_since=None if since < 0 else days[since],
        slope_per_week=_known(found.slope_per_week[0]),
        slope_low=_known(found.slope_low[0]),
        slope_high=_known(found.slope_high[0]),
        theil_sen_per_week=_known(found.theil_sen_per_week[0]),
        theil_sen_low=_known(found.theil_sen_low[0]),
        theil_sen_high=_known(found.theil_sen_high[0]),
        mann_kendall_p=_known(found.mann_kendall_p[0]),
        # The other clients' slopes are those from their first score on.
        shrunken_slope=None,
        shrunken_weight=None,
        state=STATES[int(found.state[0])],
        state_window=window or None,
        block_weeks=_known(found.block_weeks[0]),
        block_change=_known(found.block_change[0]),
        block_low=_known(found.block_low[0]),
        block_high=_known(found.block_high[0]),
        plateau_kind=None if kind < 0 else PLATEAU_KINDS[kind],
        level=float(found.level[0]),
    )


def _known(value: np.float64) -> float | None:
    return None if math.isnan(value) else float(value)


def band_of(total: float, instrument: Instrument) -> Band | None:
    """Return the severity band of a total; a total between two bands belongs to the lower one."""
    below = [band for band in instrument.bands if band.start <= total]
    return max(below, key=lambda band: band.start) if below else None


def segments(
    days: Sequence[date], *, interval_days: int, breaks: float = 2.5
) -> tuple[tuple[int, int], ...]:
    """Return the runs of scores that a line may join, as first and last place.

    A gap of more than ``breaks`` intervals of the questionnaire is left open.
    """
    if not days:
        return ()
    runs: list[tuple[int, int]] = []
    start = 0
    for place in range(1, len(days)):
        if (days[place] - days[place - 1]).days > breaks * interval_days:
            runs.append((start, place - 1))
            start = place
    return (*runs, (start, len(days) - 1))
