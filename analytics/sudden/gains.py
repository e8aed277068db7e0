"""Did a client's score jump from one session to the next, and stay there?

Sudden gains are a description. Clients who improve steadily have them by chance, the more
the longer they are followed: `analytics.sudden.chance` says how often.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import TOLERANCE
from analytics.instrument import Better
from analytics.series import BoolArray, FloatArray, IntArray, buckets, checked
from analytics.sudden.slots import slots
from analytics.trend import t_quantile

# Between the last score before a jump and the first after it: how many sessions apart they
# are, and how many of the missed ones come before the jump. Two missed ones leave two
# scores within three sessions on both sides only if they lie one on each side.
_NEIGHBOURS = ((1, 0),)
_ACROSS_GAPS = ((1, 0), (2, 0), (2, 1), (3, 1))

# Series, row, whether a gain, size and reversed row of each jump; see `SuddenGains`.
_Jumps = tuple[IntArray, IntArray, BoolArray, FloatArray, IntArray]
_Slots = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class SuddenRule:
    """The numbers of the three criteria for one questionnaire.

    Attributes
    ----------
    criterion
        First criterion: a jump of this many points or more; above 0.
    share
        Second criterion: a jump of this share of the score before it, or more.
    confidence
        Third criterion: two-sided confidence of its critical value.
    adjusted
        Whether the critical value follows the number of scores around the jump (2.776 with
        three and three, 3.182 with five, 4.303 with four), or is always that of six.
    pooled
        Whether the third criterion is a t test of two means, or the published form, which
        leaves out the factor sqrt(1/n1 + 1/n2) and is stricter.
    better
        The direction in which a client gets better.
    criteria
        Which of the three are asked for.
    grid
        First and last session of a plan that all clients share: no jump is looked for
        before its second session or after its last but one. ``None`` where each client has
        a plan of their own; the third criterion needs two scores on both sides anyway.
    """

    criterion: float
    share: float = 0.25
    confidence: float = 0.95
    adjusted: bool = True
    pooled: bool = False
    better: Better = "lower"
    criteria: tuple[int, ...] = (1, 2, 3)
    grid: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers with which the rule has no meaning."""
        if not self.criteria or not set(self.criteria) <= {1, 2, 3}:
            raise ValueError(f"criteria must be some of 1, 2 and 3, got {self.criteria}.")
        if 1 in self.criteria and not self.criterion > 0:
            raise ValueError(f"criterion must be greater than 0 points, got {self.criterion}.")
        for name in ("share", "confidence"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, got {getattr(self, name)}.")

    @property
    def intervals(self) -> int:
        """Return how many intervals between sessions the plan of one client has.

        Examples
        --------
        >>> SuddenRule(7, grid=(1, 12)).intervals
        9
        """
        if self.grid is None:
            raise ValueError("Intervals can be counted only where all clients share one plan.")
        return max(0, self.grid[1] - self.grid[0] - 2)

    def critical_value(self, n_before: int, n_after: int) -> float:
        """Return the critical value of the third criterion (two or three scores a side).

        Examples
        --------
        >>> rule = SuddenRule(7)
        >>> [round(rule.critical_value(*n), 3) for n in ((3, 3), (3, 2), (2, 2))]
        [2.776, 3.182, 4.303]
        """
        df = n_before + n_after - 2 if self.adjusted else 4
        return t_quantile(0.5 + self.confidence / 2, df)


@dataclass(frozen=True, slots=True)
class SuddenGains:
    """Sudden gains and losses: counts with one value a series, and a list of the jumps.

    Attributes
    ----------
    gains, losses
        Number of sudden gains and losses of each series.
    evaluable
        Number of intervals that could be judged. 0 means that nothing is known, and not
        that there was no sudden gain.
    series, row
        Of each jump, the place of its series and of the first score after it within the
        series (from 0); ordered by series and row.
    is_gain
        Whether it is a gain, and not a loss.
    size
        Points between the scores before and after it, positive when better.
    reversed_row
        The first later score that gave back more than half of the jump; -1 if none did.
    """

    gains: IntArray
    losses: IntArray
    evaluable: IntArray
    series: IntArray
    row: IntArray
    is_gain: BoolArray
    size: FloatArray
    reversed_row: IntArray

    @property
    def is_reversed(self) -> BoolArray:
        """Return for each jump whether more than half of it was given back later."""
        return self.reversed_row >= 0


def sudden_gains(
    weeks: npt.ArrayLike,
    sessions: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    rule: SuddenRule,
    interval_weeks: npt.ArrayLike = 1.0,
    from_session: int = 1,
) -> SuddenGains:
    r"""Return the sudden gains and losses of each series.

    Between the neighbouring sessions n and n + 1, where a lower score is better:

    .. math::

        x_n - x_{n+1} \ge c,\qquad
        x_n - x_{n+1} \ge .25\, x_n,\qquad
        \bar x_{pre} - \bar x_{post} > t \sqrt{\frac{(n_1 - 1) s_1^2 + (n_2 - 1) s_2^2}{n_1 + n_2 - 2}}

    with the means and standard deviations of the sessions n - 2 to n and n + 1 to n + 3, of
    which two of three must have a score on both sides, and t at .975 with n1 + n2 - 2
    degrees of freedom. A loss mirrors all three; its share is also of the score before it.
    The jump is reversed when a later score gives back more than half of it. With ``pooled``
    the root is multiplied by sqrt(1/n1 + 1/n2), as in a t test of two means.

    Parameters
    ----------
    weeks, sessions, interval_weeks, from_session
        As in `analytics.sudden.slots.slots`; a missed session parts two scores.
    scores
        Totals in points, without missing values (see `analytics.series.drop_missing`).
    offsets
        Start of each series in the arrays, and their length at the end.
    rule
        The numbers of the three criteria.

    Returns
    -------
    See `SuddenGains`. An interval with a missing end, or with fewer than two scores on a
    side, is not evaluable, and neither a gain nor the lack of one. A jump of exactly the
    first or second criterion counts; equality is judged to a billionth of a point. Where
    only the third criterion is asked for, a missing end leaves the interval evaluable.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, the weeks of a series go
        backwards, or an interval is not above 0.

    References
    ----------
    Tang, T. Z., & DeRubeis, R. J. (1999). Sudden gains and critical sessions in
    cognitive-behavioral therapy for depression. *Journal of Consulting and Clinical
    Psychology, 67*(6), 894-904. https://doi.org/10.1037/0022-006X.67.6.894
    Wiedemann, M., Thew, G. R., Stott, R., & Ehlers, A. (2020). suddengains: An R package to
    identify sudden gains in longitudinal data. *PLoS ONE, 15*(3), e0230276 (critical
    values). https://doi.org/10.1371/journal.pone.0230276

    Examples
    --------
    From 24 to 14 between sessions 3 and 4: 10 points, 42 %, and a difference of the means of
    11 against 2.776 times a root of 2.5, which is 4.39. The last score, 20, gives back more
    than half.

    >>> found = sudden_gains(
    ...     range(7), range(1, 8), [26, 25, 24, 14, 13, 15, 20], [0, 7], rule=SuddenRule(7)
    ... )
    >>> found.gains, found.evaluable, found.row, found.size, found.reversed_row
    (array([1]), array([4]), array([3]), array([10.]), array([6]))
    """
    t, y, starts = checked(weeks, scores, offsets)
    slot = slots(t, sessions, starts, interval_weeks=interval_weeks, from_session=from_session)
    gains, losses, evaluable = np.zeros((3, starts.size - 1), dtype=np.int64)
    parts: list[_Jumps] = []
    for bucket in buckets(starts):
        part = sudden_rows(slot[bucket.positions], y[bucket.positions], rule)
        gains[bucket.series], losses[bucket.series] = part.gains, part.losses
        evaluable[bucket.series] = part.evaluable
        series = bucket.series[part.series]
        parts.append((series, part.row, part.is_gain, part.size, part.reversed_row))
    return SuddenGains(gains, losses, evaluable, *_ordered(parts))


def sudden_rows(slot: _Slots, scores: FloatArray, rule: SuddenRule) -> SuddenGains:
    """Return what `sudden_gains` returns for dense (scores x series) matrices.

    ``slot`` holds the slots of `analytics.sudden.slots.slots`; ``series`` of the result is a column.
    """
    n, size = scores.shape
    ends = 1 if 3 in rule.criteria else 0  # scores needed beyond the two of the jump
    evaluable = np.zeros(size, dtype=np.int64)
    parts: list[_Jumps] = []
    if n < 2 + 2 * ends:
        return SuddenGains(evaluable.copy(), evaluable.copy(), evaluable, *_ordered(parts))
    apart = slot[1:] - slot[:-1]
    if (slot[0] < 0).any():
        apart[slot[:-1] < 0] = np.iinfo(apart.dtype).max
    before, after = scores[ends : n - 1 - ends], scores[ends + 1 : n - ends]
    middle = apart[ends : n - 1 - ends]
    for gap, missed in _NEIGHBOURS if {1, 2} & set(rule.criteria) else _ACROSS_GAPS:
        judged = middle == gap
        if ends:
            judged &= apart[:-2] <= 2 - missed
            judged &= apart[2:] <= 3 + missed - gap
        if rule.grid is not None:
            jump_after = slot[ends : n - 1 - ends] + missed
            judged &= (jump_after > rule.grid[0]) & (jump_after < rule.grid[1] - 1)
        evaluable += judged.view(np.uint8).sum(axis=0, dtype=np.min_scalar_type(n))
        if 1 in rule.criteria:
            jump = before - after
            judged &= np.abs(jump, out=jump) >= rule.criterion - TOLERANCE
        row, column = np.divmod(np.flatnonzero(judged), size)
        if row.size:
            parts.append(_jumps(slot, scores, row + ends, column, missed, rule))
    jumps = _ordered(parts)
    column, _, is_gain, _, _ = jumps
    gains = np.bincount(column[is_gain], minlength=size)
    losses = np.bincount(column[~is_gain], minlength=size)
    return SuddenGains(gains, losses, evaluable, *jumps)


def _jumps(
    slot: _Slots, scores: FloatArray, row: IntArray, column: IntArray, missed: int, rule: SuddenRule
) -> _Jumps:
    """Return which candidates meet the second and third criterion, and what became of them.

    A candidate lies between the scores ``row`` and ``row + 1``, and ``missed`` sessions
    after the former.
    """
    sign = 1.0 if rule.better == "higher" else -1.0
    before, after = scores[row, column], scores[row + 1, column]
    gained = sign * (after - before)
    direction = np.sign(gained)
    holds = np.ones(row.size, dtype=np.bool_)
    if 2 in rule.criteria:
        holds &= np.abs(gained) >= rule.share * np.abs(before) - TOLERANCE
    if 3 in rule.criteria:
        between, limit = _means_apart(slot, scores, row, column, missed, rule)
        if rule.criteria == (3,):
            direction = np.sign(sign * between)
        holds &= direction * sign * between > limit + TOLERANCE
    holds &= direction != 0

    row, column = row[holds], column[holds]
    after, gained, direction = after[holds], gained[holds], direction[holds]
    limit = 0.5 * np.abs(gained) + TOLERANCE
    given_back = direction * sign * (after - scores[:, column]) > limit
    given_back &= np.arange(scores.shape[0])[:, np.newaxis] > row + 1
    reversed_row = np.where(given_back.any(axis=0), given_back.argmax(axis=0), -1)
    return column, row + 1, direction > 0, gained, reversed_row


def _means_apart(
    slot: _Slots, scores: FloatArray, row: IntArray, column: IntArray, missed: int, rule: SuddenRule
) -> tuple[FloatArray, FloatArray]:
    """Return by how much the mean after a jump is above that before, and what it must exceed."""
    session = slot[row, column] + missed
    n_1, mean_1, squares_1 = _window(slot, scores, row, -1, column, session - 2)
    n_2, mean_2, squares_2 = _window(slot, scores, row + 1, 1, column, session + 3)
    spread = np.sqrt((squares_1 + squares_2) / (n_1 + n_2 - 2))
    if rule.pooled:
        spread *= np.sqrt(1 / n_1 + 1 / n_2)
    critical = np.array([rule.critical_value(2, n - 2) for n in (4, 5, 6)])
    return mean_2 - mean_1, critical[n_1 + n_2 - 4] * spread


def _window(
    slot: _Slots,
    scores: FloatArray,
    row: IntArray,
    step: int,
    column: IntArray,
    bound: _Slots,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return number, mean and sum of squares of up to three scores from ``row`` outwards.

    ``step`` is the way to go, -1 or 1; a score belongs if its slot does not lie beyond
    ``bound``. The three are added one by one, so that a batch gives the same bits.
    """
    last = scores.shape[0] - 1
    values, belongs = [], []
    for distance in range(3):
        at = row + step * distance
        inside = np.clip(at, 0, last)
        place = slot[inside, column]
        belongs.append((at == inside) & (place >= 0) & (step * place <= step * bound))
        values.append(np.where(belongs[-1], scores[inside, column], 0.0))
    number = belongs[0].astype(np.int64) + belongs[1] + belongs[2]
    mean = (values[0] + values[1] + values[2]) / number
    squares = np.zeros(row.size)
    for value, there in zip(values, belongs, strict=True):
        squares += np.where(there, (value - mean) ** 2, 0.0)
    return number, mean, squares


def _ordered(parts: list[_Jumps]) -> _Jumps:
    """Return the jumps of all parts, by series and row."""
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return none, none, np.empty(0, dtype=np.bool_), np.empty(0), none
    series, row, is_gain, size, reversed_row = (
        np.concatenate(columns) for columns in zip(*parts, strict=True)
    )
    order = np.lexsort((row, series))
    return series[order], row[order], is_gain[order], size[order], reversed_row[order]
