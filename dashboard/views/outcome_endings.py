"""Do those who completed differ from those who dropped out?"""

from dataclasses import dataclass

import numpy as np

from analytics.groups.enough import SUPPRESS_BELOW
from analytics.groups.proportions import DifferenceOfProportions, difference_of_proportions
from analytics.instrument import Instrument
from analytics.series import BoolArray
from dashboard.views.outcome_shares import (
    FEW,
    complete_cell,
    few_or,
    good_words,
    share_cells,
    whom_words,
)
from dashboard.views.tables import Table
from data.cases import ANOTHER, COMPLETED, DROPPED_OUT, UNKNOWN, Cases
from data.library import Library
from data.outcomes import GoodEnds, good_ends

_ROWS = (
    (COMPLETED, "Completed"),
    (DROPPED_OUT, "Dropped out"),
    (ANOTHER, "Ended otherwise"),
    (UNKNOWN, "Not known, or still open"),
)
CAUTION = (
    "Who drops out is often not asked a last time, and is seen for a shorter time. The difference "
    "is between people who differ in more than their ending: it does not say what completing does."
)


@dataclass(frozen=True, slots=True)
class EndingsView:
    """The difference in words, and the shares behind it; ``reason`` stands alone."""

    answer: str
    table: Table | None
    caution: str
    reason: str | None


def endings_view(cases: Cases, library: Library) -> EndingsView | None:
    """Return the difference between planned endings and dropping out."""
    if cases.measure is None or cases.episode.size < SUPPRESS_BELOW:
        return None
    instrument = library.instruments[cases.measure]
    good = good_ends(cases, instrument, library)
    if good is None:
        return _only(f"{instrument.name}: no criterion of reliable change is known.")
    if not np.isin(cases.ending, (COMPLETED, DROPPED_OUT)).any():
        return _only(
            "No episode here is known to be completed or dropped out: the column ending of a "
            "file of episodes says it, as 'completed' or 'dropped_out'."
        )
    return EndingsView(
        answer=_difference(cases, good, instrument),
        table=_table(cases, good, instrument),
        caution=CAUTION,
        reason=None,
    )


def _only(reason: str) -> EndingsView:
    return EndingsView("", None, "", reason)


def _counts(good: GoodEnds, ending: BoolArray) -> tuple[int, int]:
    known = ending & good.known
    return int(np.nansum(good.had[known])), int(np.count_nonzero(known))


def _difference(cases: Cases, good: GoodEnds, instrument: Instrument) -> str:
    found: DifferenceOfProportions = difference_of_proportions(
        *_counts(good, cases.ending == DROPPED_OUT), *_counts(good, cases.ending == COMPLETED)
    )
    left, stayed = found.first, found.second
    words = good_words(good)
    if min(left.n, stayed.n) < SUPPRESS_BELOW or None in (found.value, left.value, stayed.value):
        return (
            f"Not compared: {FEW} of those who completed, or of those who dropped out, began on "
            f"the clinical side and have a last {instrument.name}."
        )
    points = 100 * (found.value or 0.0)
    low, high = 100 * (found.low or 0.0), 100 * (found.high or 0.0)
    crossing = " The interval includes no difference." if low <= 0 <= high else ""
    return (
        f"{100 * (stayed.value or 0.0):.1f} % of {stayed.n:,} who completed and "
        f"{100 * (left.value or 0.0):.1f} % of {left.n:,} who dropped out {words}: a difference "
        f"of {points:+.1f} percentage points (95 % interval {low:+.1f} to {high:+.1f}, Newcombe)."
        f"{crossing}"
    )


def _table(cases: Cases, good: GoodEnds, instrument: Instrument) -> Table:
    rows = []
    both = ~np.isnan(cases.ends[instrument.id].last)
    for code, name in _ROWS:
        mine = cases.ending == code
        if not mine.any():
            continue
        events, n = _counts(good, mine)
        whole, answered = int(np.count_nonzero(mine)), int(np.count_nonzero(mine & both))
        rows.append(
            (
                name,
                complete_cell(answered, whole, smallest=SUPPRESS_BELOW),
                few_or(n),
                *share_cells(events, n, smallest=SUPPRESS_BELOW),
            )
        )
    return Table(
        "By how the episode ended",
        ("Ending", "First and last score", "Cases", "Percent", "95 % interval"),
        tuple(rows),
        f"{instrument.name}: cases are those {whom_words(good)} and have a last score. The "
        f"percentage is how many of them {good_words(good)}, with Wilson's score interval; that of "
        f"{FEW} is not shown.",
    )
