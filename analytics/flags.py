"""What do the results of a series ask for, in which order of severity?"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.change import DETERIORATED, HARMED, IMPROVED, RECOVERED
from analytics.expectation.expected import AMBER, RED
from analytics.level import AT_FLOOR, MAINTAINED, STUCK
from analytics.plateau import IMPROVING, WORSENING
from analytics.process import BELOW, BOTH
from analytics.series import BoolArray, IntArray

# The closed list of flags, from the greatest need to the least. The first block asks for a
# look, the second for a conversation, the third is good news.
KINDS = (
    "deterioration",  # reliably worse than at the baseline
    "risk_answer",  # an answer to a risk item that asks for a look
    "worsening",  # the trend of the last scores is worse beyond error
    "off_course",  # above the red limit of the expected course
    "stuck",  # a plateau on the clinical side of the cutoff
    "sudden_loss",  # a sudden loss that was not made good
    "near_limit",  # between the amber and the red limit of the expected course
    "alliance",  # a process measure beyond its mark
    "disagreement",  # measures or goals contradict one another
    "review_due",  # goals have not been reviewed for the agreed number of sessions
    "maintained",  # a plateau on the functional side
    "improvement",  # reliably better than at the baseline
    "improving",  # the trend of the last scores is better beyond error
    "sudden_gain",  # a sudden gain that still holds
)

# Flags that a page does not let be filtered away without saying how many are hidden.
URGENT = ("deterioration", "risk_answer")

# Looked at again and again, these flags also speak by chance; a second look in a row confirms.
CONFIRMED_BY_TWO = ("deterioration", "improvement", "off_course")


def bit(kind: str) -> int:
    """Return the number that stands for one kind.

    >>> bit("deterioration"), bit("worsening")
    (1, 4)
    """
    return 1 << KINDS.index(kind)


def bits(kinds: Iterable[str]) -> int:
    """Return some kinds as one number, a bit each.

    >>> bits(["worsening", "deterioration"])
    5
    """
    return sum(bit(kind) for kind in set(kinds))


def kinds_of(flags: int) -> tuple[str, ...]:
    """Return the kinds of a number, the most severe first.

    >>> kinds_of(bits(["improvement", "deterioration"]))
    ('deterioration', 'improvement')
    """
    return tuple(kind for kind in KINDS if flags & bit(kind))


def flag_bits(
    results: Mapping[str, npt.NDArray[Any]],
    *,
    outcome: BoolArray,
    gained: IntArray,
    lost: IntArray,
    alliance: BoolArray,
) -> IntArray:
    """Return the flags that the results of each series raise, one bit each.

    Only outcome measures are judged; a process measure raises its own flag alone. What hangs
    on several measures (``disagreement``) or on other facts (``risk_answer``, ``review_due``)
    is not known of one series, and is never set here.

    Parameters
    ----------
    results
        The fields of `analytics.course.Course` by name, one value a series.
    outcome
        Whether the series is of an outcome measure.
    alliance
        Whether it is of the alliance; alerts of other process measures are facts.
    gained, lost
        Series with a sudden gain or loss that was not reversed; may name one twice.

    Returns
    -------
    One number a series; see `kinds_of`.
    """
    category, state, kind = results["category"], results["state"], results["plateau_kind"]
    track, alert = results["not_on_track"], results["alert"]
    said = {
        "deterioration": (category == DETERIORATED) | (category == HARMED),
        "worsening": state == WORSENING,
        "off_course": track == RED,
        "stuck": kind == STUCK,
        "near_limit": track == AMBER,
        "maintained": (kind == MAINTAINED) | (kind == AT_FLOOR),
        "improvement": (category == IMPROVED) | (category == RECOVERED),
        "improving": state == IMPROVING,
    }
    flags = np.zeros(outcome.shape, dtype=np.int64)
    for name, holds in said.items():
        flags[holds] |= bit(name)
    flags[gained] |= bit("sudden_gain")
    flags[lost] |= bit("sudden_loss")
    flags[~outcome] = 0
    # A drop since the last time is told as a fact and raises no flag: nine in ten alliances
    # that stay as they are drop by the published point at some session (docs/validation.md).
    flags[alliance & ((alert == BELOW) | (alert == BOTH))] |= bit("alliance")
    return flags
