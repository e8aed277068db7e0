"""Do as many scores lie beyond the limits of a growth curve as it promises?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import expected_course, limit_factor
from analytics.groups.proportions import wilson_interval
from analytics.series import BoolArray, FloatArray, IntArray, checked

# Two-sided shares whose limits are checked; half of the rest is expected beyond each.
SHARES = (0.68, 0.80, 0.90, 0.95)

# A look with fewer episodes than this is not shown by itself.
FEWEST_AT_A_LOOK = 30


@dataclass(frozen=True, slots=True)
class Exceedance:
    """How many scores lay beyond one limit, of how many; shares between 0 and 1.

    ``share`` is the two-sided share of the band, ``nominal`` the share of scores expected
    beyond its limit on the worse side, ``low`` and ``high`` the interval of the ``observed`` one.
    """

    share: float
    nominal: float
    beyond: int
    of: int
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Promised and found shares of scores beyond the limits on the worse side.

    Attributes
    ----------
    total
        One `Exceedance` for each share, over all scores after intake.
    ever
        For each share the episodes with at least one score beyond its limit; ``nominal`` is
        that of one score.
    looks
        The same for each score number of the course (2 is the first after intake) with at
        least 30 episodes, by number.
    episodes, scores
        How many were checked.
    outside
        Scores after intake for which the curve does not speak; they are not counted.
    held_out
        Whether the episodes had no part in fitting the curve.
    sentence
        The result of the .80 band in words.
    """

    total: tuple[Exceedance, ...]
    ever: tuple[Exceedance, ...]
    looks: tuple[tuple[int, tuple[Exceedance, ...]], ...]
    episodes: int
    scores: int
    outside: int
    held_out: bool
    sentence: str


def calibration(
    curve: GrowthCurve,
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    held_out: bool,
    shares: Sequence[float] = SHARES,
    confidence: float = 0.95,
) -> Calibration | None:
    r"""Return how many scores after intake lie beyond the limits, beside how many should.

    .. math::

        \hat p = \frac{\sum a_i}{\sum m_i},\qquad
        d = \frac{k}{k - 1}\,\frac{\sum (a_i - \hat p\, m_i)^2}{\hat p (1 - \hat p) \sum m_i}

    with a of the m scores of each of k episodes beyond the limit. At one look each episode
    has one score, and the interval is Wilson's. Over all looks the scores of one client are
    alike: the distance of both Wilson limits from the share is widened by the square root of
    d, and at least not narrowed. Where none or all lie beyond, d is the mean m.

    The limits are those that a page would draw for this curve
    (`analytics.expectation.expected.course_limit`).

    Parameters
    ----------
    curve
        The growth curve.
    weeks, scores, offsets
        Episodes as in `analytics.trend.ols_slope`; the first score of each is the intake.
    held_out
        Whether these episodes had no part in fitting the curve.
    shares
        Two-sided shares of the bands, each between 0 and 1.
    confidence
        Two-sided confidence of the intervals.

    Returns
    -------
    See `Calibration`; ``None`` where the curve speaks for no score at all.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value or go backwards; if a share
        or ``confidence`` is out of range.

    References
    ----------
    Wilson's interval: see `analytics.groups.proportions`. Ratio of sums over clusters:
    Cochran, W. G. (1977). *Sampling techniques* (3rd ed.), section 3.12. Wiley.

    Examples
    --------
    Four clients who began at 20; the limit of the .80 band after e - 1 weeks is 22.15, and
    one of the four scores is above it.

    >>> curve = GrowthCurve(
    ...     "mood", "An example.", False, 600, 4000, 20, 20, 0.8, -4, -0.1, ((0.0,) * 4,) * 4,
    ...     var_u0=9, var_u1=4, cov_u=-3, var_e=16, minimum=0, maximum=60, better="lower",
    ...     intake_low=5, intake_high=40, longest=26,
    ... )
    >>> found = calibration(
    ...     curve, [0, 1.718] * 4, [20, 16, 20, 23, 20, 11, 20, 18], [0, 2, 4, 6, 8], held_out=True
    ... )
    >>> found.total[1].observed, round(found.total[1].nominal, 2), found.looks
    (0.25, 0.1, ())
    """
    if not all(0 < share < 1 for share in shares):
        raise ValueError(f"Each share must be between 0 and 1, got {tuple(shares)}")
    t, y, starts = checked(weeks, scores, offsets)
    lengths = np.diff(starts)
    series = np.repeat(np.arange(lengths.size), lengths)
    number = np.arange(t.size) - starts[:-1][series] + 1
    course = expected_course(curve, y[starts[:-1]][series], t - t[starts[:-1]][series])
    counted: BoolArray = ~np.isnan(course.line)
    after = int(t.size - lengths.size)
    if not counted.any():
        return None
    y, series, number = y[counted], series[counted], number[counted]
    line, sd = course.line[counted], course.sd[counted]
    sign = 1.0 if curve.better == "lower" else -1.0
    beyond = []
    for share in shares:
        limit = line + sign * limit_factor(share, curve.episodes) * sd
        beyond.append(sign * (y - np.clip(limit, curve.minimum, curve.maximum)) > 0)
    total = tuple(
        _exceedance(share, one, series, confidence)
        for share, one in zip(shares, beyond, strict=True)
    )
    first = np.flatnonzero(np.diff(series, prepend=-1))
    each = np.arange(first.size)
    ever = tuple(
        _exceedance(share, np.logical_or.reduceat(one, first), each, confidence)
        for share, one in zip(shares, beyond, strict=True)
    )
    looks = tuple(
        (
            look,
            tuple(
                _exceedance(share, one[number == look], series[number == look], confidence)
                for share, one in zip(shares, beyond, strict=True)
            ),
        )
        for look in np.unique(number).tolist()
        if np.count_nonzero(number == look) >= FEWEST_AT_A_LOOK
    )
    episodes = int(np.unique(series).size)
    return Calibration(
        total, ever, looks, episodes, y.size, after - y.size, held_out, _sentence(total, ever, episodes, held_out)
    )  # fmt: skip


def _exceedance(share: float, beyond: BoolArray, series: IntArray, confidence: float) -> Exceedance:
    n, events = beyond.size, int(np.count_nonzero(beyond))
    observed = events / n
    low, high = wilson_interval(events, n, confidence=confidence)
    stretch = np.sqrt(_design_factor(beyond, series, observed))
    return Exceedance(
        share=share,
        nominal=(1 - share) / 2,
        beyond=events,
        of=n,
        observed=observed,
        low=max(0.0, observed - stretch * (observed - float(low))),
        high=min(1.0, observed + stretch * (float(high) - observed)),
    )


def _design_factor(beyond: BoolArray, series: IntArray, observed: float) -> float:
    """Return how many times the variance of the share is that of independent scores."""
    _, place = np.unique(series, return_inverse=True)
    m: FloatArray = np.bincount(place).astype(np.float64)
    if m.size == beyond.size:
        return 1.0
    if observed in (0.0, 1.0) or m.size < 2:
        return beyond.size / m.size
    residual = np.bincount(place, weights=beyond) - observed * m
    squares = float(residual @ residual) * m.size / (m.size - 1)
    return max(1.0, squares / (observed * (1 - observed) * beyond.size))


def _sentence(
    total: Sequence[Exceedance], ever: Sequence[Exceedance], episodes: int, held_out: bool
) -> str:
    middle = min(total, key=lambda one: abs(one.share - 0.80))
    once = ever[list(total).index(middle)]
    whose = (
        "that had no part in fitting the curve"
        if held_out
        else "that the curve was fitted on, which flatters it"
    )
    return (
        f"{middle.observed:.1%} of {middle.of:,} later scores lay beyond the limit of the "
        f"{middle.share:.0%} band, where {middle.nominal:.1%} are expected (interval "
        f"{middle.low:.1%} to {middle.high:.1%}; {episodes:,} episodes {whose}). Over the whole "
        f"course {once.observed:.0%} of these episodes did so at least once."
    )
