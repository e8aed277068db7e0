"""What would each rule have said after each score, knowing only the scores so far?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import NOT_ASSESSABLE, improvement
from analytics.course import course
from analytics.criteria import Criteria
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import expected_course
from analytics.instrument import Better
from analytics.level import PLATEAU_KINDS
from analytics.plateau import PLATEAU, TOO_EARLY, WORSENING
from analytics.series import BoolArray, FloatArray, IntArray, checked

# A judge is handed weeks, scores and offsets of series of one length, and says by name what
# each of its rules makes of each series: yes or no, or a measure that is higher the more it
# alarms, nan where it cannot say.
Judge = Callable[[FloatArray, FloatArray, IntArray], Mapping[str, npt.ArrayLike]]

# So many scores are handed over at once.
_CELLS = 4_194_304


@dataclass(frozen=True, slots=True)
class Replay:
    """What the rules said at each look.

    Attributes
    ----------
    weeks, offsets
        As they were passed.
    measures
        By rule, one value a score: the measure when this score was the last one known, 1 for
        yes and 0 for no. ``nan`` where the rule could not say, or nobody looked.
    earliest, latest
        Numbers of the first and the last score that were looked at (the first score is 1);
        ``latest`` is ``None`` for all.
    """

    weeks: FloatArray
    offsets: IntArray
    measures: Mapping[str, FloatArray]
    earliest: int
    latest: int | None


def replay(
    judge: Judge,
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    earliest: int = 1,
    latest: int | None = None,
) -> Replay:
    """Return what each rule says at each look at closed episodes.

    The look at score k hands over the first k scores of every series that has as many, in
    arrays of their own: later scores are not in them, so that no rule can use them.

    Parameters
    ----------
    judge
        The rules; see `by_course`, `above_expected`, `points_worse` and `by_rules`.
    weeks, scores, offsets
        As in `analytics.series.checked`: flat arrays, sorted by date, without missing values.
    earliest, latest
        The first and the last score to look at, counted from 1; all, if left out. The work
        grows with the square of the number of looks.

    Returns
    -------
    See `Replay`.

    Raises
    ------
    ValueError
        If the arrays do not fit together, the looks are out of order, or a rule does not
        return one value for each series.

    Examples
    --------
    >>> seen = replay(points_worse("lower"), [0, 1, 2, 0, 1], [10, 14, 9, 20, 21], [0, 3, 5])
    >>> seen.measures["points worse than the first score"]
    array([nan,  4., -1., nan,  1.])
    """
    t, y, starts = checked(weeks, scores, offsets)
    if earliest < 1 or (latest is not None and latest < earliest):
        raise ValueError(f"Looks must go from 1 or later onwards, got {earliest} to {latest}.")
    lengths = np.diff(starts)
    longest = int(lengths.max(initial=0))
    measures: dict[str, FloatArray] = {}
    for k in range(earliest, min(longest, latest or longest) + 1):
        with_k = starts[:-1][lengths >= k]
        step = max(1, _CELLS // k)
        for first in range(0, with_k.size, step):
            begin = with_k[first : first + step]
            known = begin[:, np.newaxis] + np.arange(k)
            ends = np.arange(begin.size + 1, dtype=np.int64) * k
            for name, said in judge(t[known].ravel(), y[known].ravel(), ends).items():
                values = np.asarray(said, dtype=np.float64)
                if values.shape != begin.shape:
                    raise ValueError(
                        f"The rule {name!r} must return one value for each of {begin.size} "
                        f"series, got {values.shape}."
                    )
                measure = measures.setdefault(name, np.full(y.size, np.nan))
                measure[begin + k - 1] = values
    return Replay(t, starts, measures, earliest, latest)


def by_course(criteria: Criteria) -> Judge:
    """Return the rules of the pages, for series of one questionnaire.

    *reliable deterioration* and *reliable deterioration, confirmed* compare the last score
    with the first; *worsening*, *plateau* and *plateau: stuck* are the state and its kind.
    Where a rule could say nothing (the first score, too few scores for a trend, no criterion)
    it says ``nan``, and not "no".
    *not on track* is 0 within the expected course, 1 beyond its amber limit and 2 beyond the
    red one; it is there where the questionnaire has a curve. A curve, or another figure of the
    service's own, that was fitted on the replayed episodes has seen their end: take one from
    other episodes.

    Parameters
    ----------
    criteria
        The numbers of the questionnaire.

    Examples
    --------
    >>> from analytics.criteria import criteria
    >>> from analytics.instrument import Instrument, Sourced
    >>> from analytics.rules import Rules
    >>> mood = Instrument(
    ...     "mood", "1", "Mood list", "lower", 0, 30, 1, reliable_change=Sourced(6, "a manual")
    ... )
    >>> seen = replay(by_course(criteria(mood, Rules())), [0, 1, 2], [10, 16, 17], [0, 3])
    >>> seen.measures["reliable deterioration"], seen.measures["reliable deterioration, confirmed"]
    (array([nan,  1.,  1.]), array([nan,  0.,  1.]))
    """

    def judge(
        weeks: FloatArray, scores: FloatArray, offsets: IntArray
    ) -> Mapping[str, npt.ArrayLike]:
        which = np.zeros(offsets.size - 1, dtype=np.int64)
        seen = course(weeks, scores, offsets, criteria=[criteria], which=which)
        worse = (seen.category_since >= 0) & (seen.improvement < 0)
        stuck = seen.plateau_kind == PLATEAU_KINDS.index("stuck")
        changed = seen.category != NOT_ASSESSABLE
        tested = (seen.state != TOO_EARLY) & (seen.state_window > 0) & ~np.isnan(seen.block_low)
        level = tested & (not np.isnan(criteria.plateau.margin))
        said: dict[str, npt.ArrayLike] = {
            "reliable deterioration": _known(worse, changed),
            "reliable deterioration, confirmed": _known(worse & seen.confirmed, changed),
            "worsening": _known(seen.state == WORSENING, tested),
            "plateau": _known(seen.state == PLATEAU, level),
            "plateau: stuck": _known(stuck, level & (criteria.cutoff is not None)),
        }
        if criteria.curve is not None:
            said["not on track"] = np.where(seen.not_on_track < 0, np.nan, seen.not_on_track)
        return said

    return judge


def _known(flags: BoolArray, assessable: BoolArray) -> FloatArray:
    return np.where(assessable, flags, np.nan)


def above_expected(curve: GrowthCurve) -> Judge:
    """Return how far the last score lies on the worse side of the expected course.

    The measure is in standard deviations of a prediction: 0.9945, 1.2816 and 1.6449 are the
    limits of 68, 80 and 90 % (two-sided) where the curve comes from many episodes; with fewer
    see `analytics.expectation.expected.limit_factor`. The first score has none.

    Parameters
    ----------
    curve
        The expected course; best one that was fitted on other episodes.
    """

    def judge(
        weeks: FloatArray, scores: FloatArray, offsets: IntArray
    ) -> Mapping[str, npt.ArrayLike]:
        first, last = offsets[:-1], offsets[1:] - 1
        measure = np.full(first.size, np.nan)
        after = np.flatnonzero(weeks[last] > weeks[first])
        first, last = first[after], last[after]
        found = expected_course(curve, scores[first], weeks[last] - weeks[first])
        worse = -improvement(found.line, scores[last], curve.better)
        measure[after] = worse / found.sd
        return {"SDs above the expected course": measure}

    return judge


def points_worse(better: Better) -> Judge:
    """Return by how many points the last score is worse than the first, which has no measure.

    Parameters
    ----------
    better
        The direction in which a client gets better.
    """

    def judge(
        _weeks: FloatArray, scores: FloatArray, offsets: IntArray
    ) -> Mapping[str, npt.ArrayLike]:
        worse = improvement(scores[offsets[1:] - 1], scores[offsets[:-1]], better)
        worse[np.diff(offsets) == 1] = np.nan
        return {"points worse than the first score": worse}

    return judge


def by_rules(
    rules: Mapping[str, Callable[[FloatArray, FloatArray, IntArray], npt.ArrayLike]],
) -> Judge:
    """Return a judge of rules that each say yes or no, or a measure, of all series at once.

    Parameters
    ----------
    rules
        By name, what takes weeks, scores and offsets and returns one value a series.

    Examples
    --------
    >>> judge = by_rules({"above 12": lambda weeks, scores, offsets: scores[offsets[1:] - 1] > 12})
    >>> replay(judge, [0, 1, 2], [10, 14, 9], [0, 3]).measures["above 12"]
    array([0., 1., 0.])
    """

    def judge(
        weeks: FloatArray, scores: FloatArray, offsets: IntArray
    ) -> Mapping[str, npt.ArrayLike]:
        return {name: rule(weeks, scores, offsets) for name, rule in rules.items()}

    return judge
