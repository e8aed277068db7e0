"""What do all formulas say of each series?"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.change import CATEGORIES, NOT_ASSESSABLE
from analytics.criteria import Criteria
from analytics.cutoffs import on_clinical_side
from analytics.expectation.expected import course_limit, expected_course, not_on_track
from analytics.flags import flag_bits
from analytics.judged_rows import Rows, judged_rows, jumps, trend_rows
from analytics.level import NO_KIND, PLATEAU_KINDS
from analytics.plateau import STATES
from analytics.process import ALERTS
from analytics.process import NOT_ASSESSABLE as NO_ALERT
from analytics.series import (
    BoolArray,
    Bucket,
    CodeArray,
    FloatArray,
    IntArray,
    buckets,
    checked,
)
from analytics.sudden.gains import SuddenGains
from analytics.sudden.slots import place

__all__ = ["ALERTS", "CATEGORIES", "KERNEL_VERSION", "PLATEAU_KINDS", "STATES", "Course", "course"]

# Stored with every result; a new number has everything derived anew.
KERNEL_VERSION = "2"


@dataclass(frozen=True, slots=True)
class Jumps:
    """The sudden gains and losses of all series, ordered by series and score.

    Attributes
    ----------
    series, row
        Place of the series, and of the first score after the jump within it (from 0).
    is_gain
        Whether it is a gain, and not a loss.
    size
        Points between the scores before and after it, positive when better.
    reversed_row
        The first later score that gave back more than half of it; -1 if none did.
    """

    series: IntArray
    row: IntArray
    is_gain: BoolArray
    size: FloatArray
    reversed_row: IntArray


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
    theil_sen_per_week, theil_sen_low, theil_sen_high
        Theil-Sen slope over all scores, with its interval, in points per week.
    mann_kendall_p
        Two-sided p of the test of Mann and Kendall, exact for up to 10 scores without ties.
    shrunken_slope, shrunken_weight
        Slope drawn towards those of the service's other clients, in points per week, and the
        share of it that the client's own scores make up.
    state
        Place in `analytics.plateau.STATES`.
    state_window, block_weeks, block_change, block_low, block_high
        Numbers behind the state; see `analytics.plateau.PlateauResult`.
    plateau_kind
        Place in `analytics.level.PLATEAU_KINDS`; -1 if none.
    level
        Mean of the last three scores (of all, if fewer), in points.
    weeks
        Weeks from the first to the last score.
    sudden_gains, sudden_losses
        Number of sudden gains and losses.
    sudden_evaluable
        Number of intervals between sessions that could be judged; 0 means not evaluable, and
        not that there was none. -1 where there is no rule.
    expected, expected_amber, expected_limit
        What the expected course says of the day of the last score, and its limits on the
        worse side, in points.
    not_on_track
        Place of the last score in `analytics.expectation.expected.COURSE_CODES`; -1 where it cannot be
        assessed: no course, too few scores, or the first score is not on the clinical side.
    alert, alert_since
        Place in `analytics.process.ALERTS` of the last score, and the score that began it.
    flags
        Which of `analytics.flags.KINDS` stand, one bit each.
    jumps
        The sudden gains and losses themselves; ``series`` counts the series.
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
    theil_sen_low: FloatArray
    theil_sen_high: FloatArray
    mann_kendall_p: FloatArray
    shrunken_slope: FloatArray
    shrunken_weight: FloatArray
    state: CodeArray
    state_window: IntArray
    block_weeks: FloatArray
    block_change: FloatArray
    block_low: FloatArray
    block_high: FloatArray
    plateau_kind: CodeArray
    level: FloatArray
    weeks: FloatArray
    sudden_gains: IntArray
    sudden_losses: IntArray
    sudden_evaluable: IntArray
    expected: FloatArray
    expected_amber: FloatArray
    expected_limit: FloatArray
    not_on_track: CodeArray
    alert: CodeArray
    alert_since: IntArray
    flags: IntArray
    jumps: Jumps


def course(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    criteria: Sequence[Criteria],
    which: npt.ArrayLike,
    sessions: npt.ArrayLike | None = None,
) -> Course:
    """Return change, trend, state, sudden gains, expected course and flags of every series.

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
    sessions
        Session number of each score, -1 where it is not known; left out, none is known.

    Returns
    -------
    Arrays with one value a series; see `Course`.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, the weeks of a series go
        backwards, ``which`` names no criteria, or the criteria come of different rules.

    References
    ----------
    Those of `analytics.change`, `analytics.cutoffs`, `analytics.trend`, `analytics.ranks`,
    `analytics.plateau`, `analytics.sudden.gains`, `analytics.expectation.expected` and `analytics.process`,
    whose formulas are applied.

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
        _store(out, bucket, trend_rows(t[bucket.positions], y[bucket.positions], confidence))
    slot = _slots(t, sessions, starts, criteria, group)
    found = []
    for bucket in buckets(starts, group):
        judging, rows = criteria[bucket.group], y[bucket.positions]
        level = out["level"][bucket.series]
        _store(out, bucket, judged_rows(t[bucket.positions], rows, level, judging))
        jumped = jumps(slot[bucket.positions], rows, judging)
        if jumped is not None:
            out["sudden_gains"][bucket.series] = jumped.gains
            out["sudden_losses"][bucket.series] = jumped.losses
            out["sudden_evaluable"][bucket.series] = jumped.evaluable
            if jumped.row.size:
                found.append((bucket.series, jumped))
    _hold_against_courses(out, criteria, group)
    all_jumps = _joined(found)
    outcome = np.array([c.role == "outcome" for c in criteria], dtype=np.bool_)[group]
    standing = all_jumps.reversed_row < 0
    flags = flag_bits(
        out,
        outcome=outcome,
        gained=all_jumps.series[standing & all_jumps.is_gain],
        lost=all_jumps.series[standing & ~all_jumps.is_gain],
        alliance=np.array([c.measures == "alliance" for c in criteria], dtype=np.bool_)[group],
    )
    return Course(**out, flags=flags, jumps=all_jumps)


def _slots(
    weeks: FloatArray,
    sessions: npt.ArrayLike | None,
    offsets: IntArray,
    criteria: Sequence[Criteria],
    group: IntArray,
) -> npt.NDArray[np.int32]:
    """Return the place of each score on the grid of sessions."""
    if sessions is None:
        numbers = np.full(weeks.size, -1, dtype=np.int32)
    else:
        numbers = np.ascontiguousarray(sessions, dtype=np.int32)
        if numbers.shape != weeks.shape:
            raise ValueError(f"sessions must name {weeks.size} numbers, got {numbers.shape}.")
    begins = {c.sudden_from_session for c in criteria}
    if len(begins) > 1:
        raise ValueError(f"The criteria must begin at one session, got {sorted(begins)}.")
    gaps = np.array([c.plateau.gap_weeks for c in criteria])
    return place(weeks, numbers, offsets, gaps[group], begins.pop() if begins else 0)


def _joined(found: list[tuple[IntArray, SuddenGains]]) -> Jumps:
    """Return the jumps of all buckets, by series and score."""
    none = np.empty(0, dtype=np.int64)
    if not found:
        return Jumps(none, none, np.empty(0, dtype=np.bool_), np.empty(0), none)
    series = np.concatenate([place_of[part.series] for place_of, part in found])
    row, is_gain, size, back = (
        np.concatenate([getattr(part, name) for _, part in found])
        for name in ("row", "is_gain", "size", "reversed_row")
    )
    order = np.lexsort((row, series))
    return Jumps(series[order], row[order], is_gain[order], size[order], back[order])


def _store(out: dict[str, npt.NDArray[Any]], bucket: Bucket, rows: Rows) -> None:
    for name, values in rows.items():
        out[name][bucket.series] = values


def _hold_against_courses(
    out: dict[str, npt.NDArray[Any]], criteria: Sequence[Criteria], group: IntArray
) -> None:
    """Fill what the expected course says of the last score of each series."""
    for number, judging in enumerate(criteria):
        if judging.curve is None:
            continue
        own = np.flatnonzero((group == number) & (out["n"] >= judging.course_from_score))
        intake, weeks = out["baseline"][own], out["weeks"][own]
        if judging.cutoff is not None:
            # Whoever begins on the healthy side has no recovery to be late for.
            intake = np.where(on_clinical_side(intake, judging.cutoff), intake, np.nan)
        amber, red = judging.course_amber, judging.course_red
        out["expected"][own] = expected_course(judging.curve, intake, weeks).expected
        out["expected_amber"][own] = course_limit(judging.curve, intake, weeks, share=amber)
        out["expected_limit"][own] = course_limit(judging.curve, intake, weeks, share=red)
        out["not_on_track"][own] = not_on_track(
            judging.curve, intake, weeks, out["latest"][own], amber=amber, red=red
        )


def _empty(size: int) -> dict[str, npt.NDArray[Any]]:
    """Return arrays that say "no answer" for each field of `Course` but the last two."""
    codes = {"category": NOT_ASSESSABLE, "plateau_kind": NO_KIND, "state": -1}
    codes |= {"not_on_track": -1, "alert": NO_ALERT}
    counts = {"n", "category_since", "first_improved", "first_deteriorated", "state_window"}
    counts |= {"sudden_gains", "sudden_losses", "sudden_evaluable", "alert_since"}
    out: dict[str, npt.NDArray[Any]] = {}
    for field in fields(Course):
        if field.name in ("flags", "jumps"):
            continue
        if field.name in codes:
            out[field.name] = np.full(size, codes[field.name], dtype=np.int8)
        elif field.name in counts:
            out[field.name] = np.full(size, -1, dtype=np.int64)
        elif field.name == "confirmed":
            out[field.name] = np.zeros(size, dtype=np.bool_)
        else:
            out[field.name] = np.full(size, np.nan)
    return out
