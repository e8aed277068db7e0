"""Would a rule have told the episodes that ended badly from the others, and at what price?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.back_test.alert_budget import Workload, clinician_weeks
from analytics.back_test.replay import Replay
from analytics.change import improvement, reliable_direction
from analytics.groups.proportions import Proportion, proportion
from analytics.instrument import Better
from analytics.series import BoolArray, FloatArray, IntArray, checked


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Median and quartiles."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class BackTest:
    """How one rule with one threshold would have done.

    Attributes
    ----------
    rule, threshold
        A look is flagged if the measure is at the threshold or above (1 is yes).
    n, with_outcome
        Episodes that were judged, and those among them with the outcome.
    without_a_look
        Episodes left out because no look came before their last score, or the rule could say
        nothing at any.
    sensitivity, specificity, positive_predictive_value, negative_predictive_value
        Shares of episodes, with Wilson intervals. An episode is flagged if it is at any look
        before its last score.
    lead_scores, lead_weeks
        From the first flag to the last score, of the episodes that were rightly flagged;
        ``None`` if there is none.
    sessions
        Scores of all episodes.
    first_flags, standing_flags
        Episodes with a flag at any look, the last score among them; looks with a flag.
    first_flags_per_100_sessions, standing_flags_per_100_sessions
        The same for 100 sessions.
    first_flags_per_clinician_week
        ``None`` where no workload is known.
    """

    rule: str
    threshold: float
    n: int
    with_outcome: int
    without_a_look: int
    sensitivity: Proportion
    specificity: Proportion
    positive_predictive_value: Proportion
    negative_predictive_value: Proportion
    lead_scores: Quartiles | None
    lead_weeks: Quartiles | None
    sessions: int
    first_flags: int
    standing_flags: int
    first_flags_per_100_sessions: float
    standing_flags_per_100_sessions: float
    first_flags_per_clinician_week: float | None


def poor_ends(
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    criterion: float,
    inclusive: bool,
    better: Better,
) -> tuple[BoolArray, BoolArray]:
    """Return which episodes ended without reliable improvement, and which reliably worse.

    Parameters
    ----------
    scores, offsets
        Totals in points, flat, and where each series starts; the first and the last count.
    criterion, inclusive
        As in `analytics.change.reliable_direction`.
    better
        The direction in which a client gets better.

    Returns
    -------
    Two arrays with one value a series. One score has no change: not improved, and not worse.

    Raises
    ------
    ValueError
        If the arrays do not fit together, a score is missing, or ``criterion`` is not above 0.

    References
    ----------
    Jacobson & Truax (1991). https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> poor_ends(
    ...     [20, 12, 20, 18, 20, 27], [0, 2, 4, 6], criterion=6, inclusive=True, better="lower"
    ... )
    (array([False,  True,  True]), array([False, False,  True]))
    """
    _, y, starts = checked(np.zeros(np.size(scores)), scores, offsets)
    change = improvement(y[starts[:-1]], y[starts[1:] - 1], better)
    direction = reliable_direction(change, criterion=criterion, inclusive=inclusive)
    return direction <= 0, direction < 0


def back_test(
    seen: Replay,
    outcome: npt.ArrayLike,
    *,
    thresholds: Mapping[str, Sequence[float]] | None = None,
    workload: Workload | None = None,
    confidence: float = 0.95,
) -> list[BackTest]:
    r"""Return how well each rule, at each threshold, would have foretold the outcome.

    .. math::

        \text{sensitivity} = \frac{\text{flagged, with outcome}}{\text{with outcome}},\qquad
        \text{positive predictive value} = \frac{\text{flagged, with outcome}}{\text{flagged}}

    and specificity and negative predictive value likewise for the others. The outcome is
    read from the last score, so that a flag at the last score foretells nothing: it counts
    for the workload and not for the prediction.

    Parameters
    ----------
    seen
        What `analytics.back_test.replay.replay` returned for closed episodes.
    outcome
        For each series whether it had the outcome to be foretold, judged by its last score;
        see `poor_ends`.
    thresholds
        By rule, the thresholds to try; 1 where a rule is not among them (yes or no).
    workload
        Days and clinicians, for flags per clinician-week.
    confidence
        Two-sided confidence of the intervals, between 0 and 1.

    Returns
    -------
    One `BackTest` a rule and threshold, in their order.

    Raises
    ------
    ValueError
        If the arrays do not fit together, a threshold is for no rule, or ``confidence`` is out
        of range.

    References
    ----------
    Altman, D. G., & Bland, J. M. (1994). Diagnostic tests 1: sensitivity and specificity.
    *BMJ, 308*, 1552. https://doi.org/10.1136/bmj.308.6943.1552 (predictive values: 2,
    https://doi.org/10.1136/bmj.309.6947.102)

    Examples
    --------
    Four episodes of three scores; the first two ended badly. A rise of 3 points by the second
    score finds one of them, and wrongly flags one of the others:

    >>> from analytics.back_test.replay import points_worse, replay
    >>> scores = [10, 14, 18, 10, 11, 18, 10, 13, 4, 10, 8, 4]
    >>> seen = replay(points_worse("lower"), [0, 1, 2] * 4, scores, [0, 3, 6, 9, 12])
    >>> rule = "points worse than the first score"
    >>> (found,) = back_test(seen, [True, True, False, False], thresholds={rule: [3]})
    >>> found.sensitivity.value, found.specificity.value, found.lead_weeks.median
    (0.5, 0.5, 1.0)
    """
    bad = np.asarray(outcome, dtype=np.bool_)
    size = seen.offsets.size - 1
    if bad.shape != (size,):
        raise ValueError(f"outcome must say yes or no of {size} series, got {bad.shape}.")
    tried = thresholds or {}
    unknown = set(tried) - set(seen.measures)
    if unknown:
        raise ValueError(
            f"There is no rule {sorted(unknown)[0]!r}; there are {', '.join(seen.measures)}."
        )
    worked = None if workload is None else clinician_weeks(workload, seen.offsets)
    return [
        _scored(name, threshold, seen, bad, worked, confidence)
        for name in seen.measures
        for threshold in tried.get(name, (1.0,))
    ]


def _scored(
    rule: str,
    threshold: float,
    seen: Replay,
    bad: BoolArray,
    worked: int | None,
    confidence: float,
) -> BackTest:
    """Return how one rule does with one threshold."""
    measure, starts = seen.measures[rule], seen.offsets
    last = starts[1:] - 1
    flagged = measure >= threshold  # nan is not
    ahead = ~np.isnan(measure)
    ahead[last] = False
    judged = np.logical_or.reduceat(ahead, starts[:-1]) if last.size else bad
    first = _first(flagged & ahead, starts)
    hit, bad_ones = (first >= 0)[judged], bad[judged]
    right = judged & bad & (first >= 0)
    found, false = int((hit & bad_ones).sum()), int((hit & ~bad_ones).sum())
    n, with_outcome = hit.size, int(bad_ones.sum())
    passed = n - with_outcome - false
    first_flags = int((_first(flagged, starts) >= 0).sum())
    standing = int(flagged.sum())
    per_100 = 100.0 / max(measure.size, 1)
    return BackTest(
        rule=rule,
        threshold=float(threshold),
        n=n,
        with_outcome=with_outcome,
        without_a_look=bad.size - n,
        sensitivity=proportion(found, with_outcome, confidence=confidence),
        specificity=proportion(passed, n - with_outcome, confidence=confidence),
        positive_predictive_value=proportion(found, found + false, confidence=confidence),
        negative_predictive_value=proportion(passed, n - found - false, confidence=confidence),
        lead_scores=_quartiles((last - first)[right].astype(np.float64)),
        lead_weeks=_quartiles(seen.weeks[last[right]] - seen.weeks[first[right]]),
        sessions=measure.size,
        first_flags=first_flags,
        standing_flags=standing,
        first_flags_per_100_sessions=first_flags * per_100,
        standing_flags_per_100_sessions=standing * per_100,
        first_flags_per_clinician_week=(None if worked is None else first_flags / max(worked, 1)),
    )


def _first(flagged: BoolArray, offsets: IntArray) -> IntArray:
    """Return the place of the first flag of each series in the flat array; -1 if none."""
    if offsets.size == 1:
        return np.empty(0, dtype=np.int64)
    place = np.where(flagged, np.arange(flagged.size), flagged.size)
    first = np.minimum.reduceat(place, offsets[:-1])
    return np.where(first < flagged.size, first, -1)


def _quartiles(values: FloatArray) -> Quartiles | None:
    if values.size == 0:
        return None
    low, median, high = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    return Quartiles(low, median, high)
