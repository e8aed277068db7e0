"""Have the scores of a client stopped changing by a meaningful amount?

The rule has four answers, because "not significant" is not "no change": a client is
improving, worsening, on a plateau, or the scores cannot tell yet. A plateau is shown by
equivalence: the interval of the change over a block of weeks lies inside the margin.
"""

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import TOLERANCE
from analytics.instrument import Better
from analytics.rules import Rules
from analytics.series import BoolArray, CodeArray, FloatArray, IntArray, buckets, checked
from analytics.trend import slopes_of_last

# A result holds the place of its word in this tuple.
STATES = ("improving", "worsening", "plateau", "undetermined", "too_early")
IMPROVING, WORSENING, PLATEAU, UNDETERMINED, TOO_EARLY = range(5)


@dataclass(frozen=True, slots=True)
class PlateauRule:
    """The numbers of the rule for one questionnaire.

    Attributes
    ----------
    windows
        Numbers of last scores that are tested, ascending.
    sigma
        Spread of a single score about the client's course, in points; ``nan`` if unknown:
        then there is no interval, and no state but too early or undetermined.
    margin
        Meaningful change over a block, in points; ``nan`` if unknown: then no plateau.
    guard
        Worsening over the window, in points, up to which a plateau may be called.
    better
        The direction in which a client gets better.
    confidence
        Two-sided confidence of the interval; .90 is two one-sided tests at .05.
    gap_weeks
        Weeks between two scores as the questionnaire expects them.
    block_weeks
        Length of a block, in weeks.
    block_cap_weeks
        For a schedule slower than weekly a block has ``block_weeks`` median gaps, up to
        this many weeks; ``None`` leaves a block at ``block_weeks``.
    span
        A window that lasts longer than ``span`` times its scores times the gap between
        them (the expected or the client's median gap, whichever is longer) is not tested.
    """

    windows: tuple[int, ...]
    sigma: float
    margin: float
    guard: float
    better: Better = "lower"
    confidence: float = 0.90
    gap_weeks: float = 1.0
    block_weeks: float = 7.0
    block_cap_weeks: float | None = 14.0
    span: float = 2.0

    def __post_init__(self) -> None:
        """Refuse numbers with which the rule has no meaning."""
        if not self.windows or self.windows[0] < 3 or list(self.windows) != sorted(self.windows):
            raise ValueError(
                f"Plateau windows must be ascending numbers of at least 3 scores, "
                f"got {self.windows}."
            )
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must be between 0 and 1, got {self.confidence}")
        for name in ("sigma", "margin", "gap_weeks", "block_weeks", "span"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class PlateauResult:
    """What the rule says of each series; one value a series.

    ``window`` is the number of last scores behind the numbers of ``block_*`` (0: none).
    ``block_change``, ``block_low`` and ``block_high`` are in points over ``block_weeks``,
    in the direction of the points. ``verdict`` is the plateau test alone, before worsening
    takes precedence; ``state`` is a place in ``STATES``.
    """

    state: CodeArray
    window: IntArray
    block_weeks: FloatArray
    block_change: FloatArray
    block_low: FloatArray
    block_high: FloatArray
    verdict: BoolArray


def windows_for(mic: float, sem: float, rules: Rules) -> tuple[int, ...]:
    """Return the windows in which a plateau can be told from noise.

    A margin below one standard error of measurement can never be shown; one of fewer than
    ``rules.noisy_ratio`` standard errors needs ``rules.noisy_from`` scores or more.

    Parameters
    ----------
    mic
        Meaningful change of the questionnaire, in points.
    sem
        Its standard error of measurement, in points.
    rules
        The rule profile.

    Returns
    -------
    Numbers of scores, ascending; empty where no window is long enough.

    Raises
    ------
    ValueError
        If ``mic`` or ``sem`` is not above 0 (also when one is missing, ``nan``).

    References
    ----------
    Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the
    power approach. *Journal of Pharmacokinetics and Biopharmaceutics, 15*(6), 657-680.
    https://doi.org/10.1007/BF01068419

    Examples
    --------
    >>> windows_for(5, 2.13, Rules()), windows_for(4, 2.13, Rules()), windows_for(2, 2.13, Rules())
    ((8, 9, 10), (10,), ())
    """
    if not (mic > 0 and sem > 0):
        raise ValueError(
            f"Meaningful change and standard error must be greater than 0, got {mic} and {sem}."
        )
    if mic < sem:
        return ()
    least = rules.noisy_from if mic / sem < rules.noisy_ratio else 0
    return tuple(n for n in rules.plateau_windows if n >= least)


def plateau(
    weeks: npt.ArrayLike, scores: npt.ArrayLike, offsets: npt.ArrayLike, *, rule: PlateauRule
) -> PlateauResult:
    r"""Return whether each series is improving, worsening, on a plateau, or cannot tell.

    .. math::

        d = H b,\qquad d \pm z\,\frac{H \sigma}{\sqrt{S_{xx}}}

    with b the least squares slope per week of the last n scores, H the block in weeks and
    sigma the known spread of a score. *Plateau*: the interval lies inside the margin for
    one of the windows, and the estimated worsening over that window is at most the guard.
    *Improving*, *worsening*: the interval of the longest window excludes 0. Worsening comes
    before plateau, plateau before improving; else *undetermined*. Fewer scores than the
    shortest window are *too early*.

    A window with all its scores on one day has no slope and is not tested, nor is one that
    lasts too long (``rule.span``); where none is left the state is undetermined and the
    numbers are ``nan``. The numbers are those of the longest window that shows the plateau,
    or of the longest window tested; when it is too early, of all scores.

    Parameters
    ----------
    weeks
        Weeks since any day, ascending within a series.
    scores
        Totals in points, without missing values (see `analytics.series.drop_missing`).
    offsets
        Start of each series in the two arrays, and their length at the end.
    rule
        The numbers of the rule, in points and weeks.

    Returns
    -------
    Arrays with one value a series; see `PlateauResult`.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards.

    References
    ----------
    Two one-sided tests: Schuirmann, D. J. (1987). *Journal of Pharmacokinetics and
    Biopharmaceutics, 15*(6), 657-680. https://doi.org/10.1007/BF01068419.
    For slopes: Dixon, P. M., & Pechmann, J. H. K. (2005). A statistical test to show
    negligible trend. *Ecology, 86*(7), 1751-1756. https://doi.org/10.1890/04-1343

    Examples
    --------
    Eight equal scores of the PHQ-9 (SEM 2.13, meaningful change 5): Sxx = 42, and
    1.645 * 7 * 1.2 * 2.13 / sqrt(42) = 4.54 points, inside 5.

    >>> rule = PlateauRule((8, 9, 10), sigma=1.2 * 2.13, margin=5, guard=2.13)
    >>> result = plateau(np.arange(8), np.full(8, 14), [0, 8], rule=rule)
    >>> STATES[result.state[0]], result.block_high.round(2)
    ('plateau', array([4.54]))
    """
    t, y, starts = checked(weeks, scores, offsets)
    size = starts.size - 1
    numbers = np.empty((4, size))
    state = np.empty(size, dtype=np.int8)
    window = np.empty(size, dtype=np.int64)
    verdict = np.empty(size, dtype=np.bool_)
    for bucket in buckets(starts):
        part = plateau_rows(t[bucket.positions], y[bucket.positions], rule)
        state[bucket.series], window[bucket.series] = part.state, part.window
        verdict[bucket.series] = part.verdict
        numbers[:, bucket.series] = (
            part.block_weeks, part.block_change, part.block_low, part.block_high
        )  # fmt: skip
    block, change, low, high = numbers
    return PlateauResult(state, window, block, change, low, high, verdict)


def plateau_rows(weeks: FloatArray, scores: FloatArray, rule: PlateauRule) -> PlateauResult:
    """Return what `plateau` returns for a dense (scores x series) matrix."""
    n, series = weeks.shape
    early = n < rule.windows[0]
    windows = (n,) if early else tuple(w for w in rule.windows if w <= n)
    gap = _median_gap(weeks[-windows[-1] :])
    block = np.full(series, rule.block_weeks)
    if rule.block_cap_weeks is not None:
        # min before max: a cap below the block never shortens it.
        np.maximum(block, np.minimum(rule.block_weeks * gap, rule.block_cap_weeks), out=block)
    longest_gap = np.maximum(gap, rule.gap_weeks) + TOLERANCE
    reach = NormalDist().inv_cdf(0.5 + rule.confidence / 2) * rule.sigma
    sign = 1.0 if rule.better == "higher" else -1.0

    # From the shortest window to the longest: a longer one that passes replaces a shorter
    # one, and one that does not pass is only shown where no shorter one has passed.
    window = np.zeros(series, dtype=np.int64)
    change, low, high = (np.full(series, np.nan) for _ in range(3))
    verdict = np.zeros(series, dtype=np.bool_)
    better, worse = np.zeros(series, dtype=np.bool_), np.zeros(series, dtype=np.bool_)
    for w, sxx, slope in slopes_of_last(weeks, scores, windows):
        span = weeks[-1] - weeks[-w]
        tested = sxx > 0
        d = slope * block
        half = np.divide(reach * block, np.sqrt(sxx), out=np.full(series, np.nan), where=tested)
        if not early:
            tested &= span <= rule.span * w * longest_gap
        d_low, d_high = d - half, d + half
        passes = (d_low > -rule.margin) & (d_high < rule.margin) & tested
        passes &= -sign * slope * span <= rule.guard + TOLERANCE
        show = passes | (tested & ~verdict)
        verdict |= passes
        np.copyto(window, w, where=show)
        for value, kept in ((d, change), (d_low, low), (d_high, high)):
            np.copyto(kept, value, where=show)
        up, down = (d_low > 0, d_high < 0) if sign > 0 else (d_high < 0, d_low > 0)
        np.copyto(better, up, where=tested)
        np.copyto(worse, down, where=tested)

    if early:
        verdict[:] = False
        worse[:] = False
        state = np.full(series, TOO_EARLY, dtype=np.int8)
    else:
        state = np.full(series, UNDETERMINED, dtype=np.int8)
        state[better] = IMPROVING
        state[verdict] = PLATEAU
        state[worse] = WORSENING
    result = PlateauResult(state, window, block, change, low, high, verdict)
    overruled = np.flatnonzero(verdict & worse)
    if overruled.size:
        # A worsening is shown with the numbers that say so, not those of the plateau.
        again = plateau_rows(
            weeks[:, overruled], scores[:, overruled], replace(rule, margin=math.nan)
        )
        for name in ("window", "block_change", "block_low", "block_high"):
            getattr(result, name)[overruled] = getattr(again, name)
    return result


def _median_gap(weeks: FloatArray) -> FloatArray:
    """Return the median of the gaps between the scores of a dense matrix; 0 for one score."""
    gaps = np.sort((weeks[1:] - weeks[:-1]).T, axis=1)
    count = gaps.shape[1]
    if count == 0:
        return np.zeros(weeks.shape[1])
    return np.asarray((gaps[:, (count - 1) // 2] + gaps[:, count // 2]) / 2)
