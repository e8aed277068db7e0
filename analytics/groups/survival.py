"""How long does it take until clients have improved reliably, and how many have by then?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.groups.enough import HIDE_UNIT_BELOW, SUPPRESS_BELOW, too_few, z_quantile
from analytics.series import BoolArray, FloatArray, IntArray

# A curve that equals one half but for rounding counts as equal to it.
EQUAL = 1e-8

INTERVAL = "Greenwood's variance on the log-log scale"
MEDIAN_INTERVAL = "Brookmeyer-Crowley, from the log-log limits of the curve"


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """The Kaplan-Meier curve of the time to a first event.

    The arrays have one value for each day on which a client had the event or was last seen.
    ``survival`` is the share that has not had the event by the end of that day, ``at_risk``
    the number of clients still followed at its beginning. The limits are ``nan`` after the
    curve has reached 0. Medians are None where the curve, or its limit, stays above one half.
    All is empty, with a ``reason``, where there is no curve.
    """

    days: FloatArray
    at_risk: IntArray
    events: IntArray
    survival: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    median: float | None
    median_low: float | None
    median_high: float | None
    confidence: float
    interval: str
    median_interval: str
    n: int
    n_events: int
    last_day: float | None
    reason: str | None


def kaplan_meier(
    days: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    fewest: int = HIDE_UNIT_BELOW,
    fewest_events: int = SUPPRESS_BELOW,
) -> SurvivalCurve:
    r"""Return the Kaplan-Meier curve, its limits and the median time.

    .. math::

        \hat S(t) = \prod_{t_j \le t}\Bigl(1 - \frac{d_j}{n_j}\Bigr),\qquad
        \operatorname{var}\,\hat S = \hat S^2 \sum_{t_j \le t} \frac{d_j}{n_j(n_j - d_j)}

    .. math::

        \hat S^{\exp(\pm z\,\hat\sigma)},\qquad
        \hat\sigma = \frac{1}{|\log \hat S|}\sqrt{\sum \frac{d_j}{n_j(n_j - d_j)}}

    A client who left, or is still in treatment, without the event counts as followed until
    the last score: dropping such clients would make times look short, counting them as
    events too. The method assumes that leaving has nothing to do with improving, which is
    not certain in a clinic; show the number at risk beside the curve.

    The median is the first day on which the curve is at or below one half; where it equals
    one half for a while, the middle of that while. Its limits are those days for the limits
    of the curve, as ``survfit(conf.type = "log-log")`` of R prints them.

    Parameters
    ----------
    days
        Days from intake to the event, or to the last score where there was none; at least 0.
    events
        Whether the event happened; the caller decides on which (first reliable improvement,
        or the confirmed one). See `analytics.groups.time_to_event`.
    confidence
        Two-sided confidence, between 0 and 1.
    fewest, fewest_events
        Below these numbers of clients or events there is no curve.

    Returns
    -------
    The curve; times in days, shares between 0 and 1.

    Raises
    ------
    ValueError
        If the arrays differ in length, or a number of days is missing or negative.

    References
    ----------
    Kaplan, E. L., & Meier, P. (1958). Nonparametric estimation from incomplete observations.
    *Journal of the American Statistical Association, 53*, 457-481.
    https://doi.org/10.1080/01621459.1958.10501452

    Kalbfleisch, J. D., & Prentice, R. L. (2002). *The statistical analysis of failure time
    data* (2nd ed.). Wiley. https://doi.org/10.1002/9781118032985

    Brookmeyer, R., & Crowley, J. (1982). A confidence interval for the median survival time.
    *Biometrics, 38*, 29-41. https://doi.org/10.2307/2530286

    Examples
    --------
    The remissions of 21 children on 6-MP (Freireich 1963), where R and Stata print 0.8571
    with 0.6197 to 0.9516 after week 6, and a median of 23 with a lower limit of 13:

    >>> weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    >>> curve = kaplan_meier(weeks, [True] * 9 + [False] * 12)
    >>> curve.survival[0].round(4), curve.low[0].round(4), curve.high[0].round(4)
    (np.float64(0.8571), np.float64(0.6197), np.float64(0.9516))
    >>> curve.median, curve.median_low, curve.median_high
    (23.0, 13.0, None)
    """
    z = z_quantile(confidence)
    t, happened = _checked(days, events)
    n, n_events = int(t.size), int(happened.sum())
    reason = too_few(n, fewest, "clients with at least two scores")
    if reason is None and n_events == 0:
        reason = "Not assessable: the event has not happened to any client so far."
    if reason is None:
        reason = too_few(n_events, fewest_events, "clients to whom the event happened")
    if reason is not None:
        return _no_curve(confidence, n, n_events, float(t.max()) if n else None, reason)

    day, inverse = np.unique(t, return_inverse=True)
    left = np.bincount(inverse, minlength=day.size)
    d = np.bincount(inverse[happened], minlength=day.size)
    at_risk = n - np.concatenate(([0], np.cumsum(left)[:-1]))
    survival = np.cumprod((at_risk - d) / at_risk)
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(d / (at_risk * (at_risk - d).astype(np.float64)))
    ended = survival == 0
    error = survival * np.sqrt(np.where(ended, 0.0, greenwood))
    low, high = _log_log_limits(survival, greenwood, z)
    last = float(day[-1])
    return SurvivalCurve(
        days=day,
        at_risk=at_risk.astype(np.int64),
        events=d.astype(np.int64),
        survival=survival,
        standard_error=error,
        low=low,
        high=high,
        median=_crossing(day, survival),
        median_low=_crossing(day, low),
        median_high=_crossing(day, high),
        confidence=confidence,
        interval=INTERVAL,
        median_interval=MEDIAN_INTERVAL,
        n=n,
        n_events=n_events,
        last_day=last,
        reason=None,
    )


def number_at_risk(curve: SurvivalCurve, days: npt.ArrayLike) -> IntArray:
    """Return how many clients were still followed without the event at the start of each day.

    Parameters
    ----------
    curve
        A curve of `kaplan_meier`.
    days
        The days below the chart.

    Returns
    -------
    Counts of the same shape; 0 after the last day of the curve, and everywhere if there is
    no curve.

    Examples
    --------
    >>> curve = kaplan_meier([5, 8, 8, 12], [1, 1, 0, 0], fewest=1, fewest_events=1)
    >>> number_at_risk(curve, [0, 5, 6, 8, 9, 13])
    array([4, 4, 3, 3, 1, 0])
    """
    counts = np.append(curve.at_risk, 0)
    return counts[np.searchsorted(curve.days, np.asarray(days, dtype=np.float64), side="left")]


def share_without_event(curve: SurvivalCurve, day: float) -> float | None:
    """Return the share that has not had the event by the end of a day.

    Parameters
    ----------
    curve
        A curve of `kaplan_meier`.
    day
        Days from intake, at least 0.

    Returns
    -------
    A share between 0 and 1; None after the last day of the curve (unless it has reached 0),
    as nobody was followed that long, and where there is no curve.

    Examples
    --------
    >>> curve = kaplan_meier([5, 8, 8, 12], [1, 1, 0, 0], fewest=1, fewest_events=1)
    >>> share_without_event(curve, 4), share_without_event(curve, 5), share_without_event(curve, 13)
    (1.0, 0.75, None)
    """
    if curve.reason is not None or (day > curve.days[-1] and curve.survival[-1] > 0):
        return None
    at = int(np.searchsorted(curve.days, day, side="right")) - 1
    return 1.0 if at < 0 else float(curve.survival[at])


def _checked(days: npt.ArrayLike, events: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Return both arrays as the formula needs them, or say what is wrong with them."""
    t = np.asarray(days, dtype=np.float64)
    happened = np.asarray(events, dtype=np.bool_)
    if t.ndim != 1 or t.shape != happened.shape:
        raise ValueError(
            f"Days and events must be two flat arrays of one length, got the shapes {t.shape} "
            f"and {happened.shape}."
        )
    wrong = np.flatnonzero(~(np.isfinite(t) & (t >= 0)))
    if wrong.size:
        raise ValueError(f"Days must be at least 0, got {t[wrong[0]]} for client {wrong[0]}.")
    return t, happened


def _log_log_limits(
    survival: FloatArray, greenwood: FloatArray, z: float
) -> tuple[FloatArray, FloatArray]:
    """Return the limits; 1 before the first event, ``nan`` once nobody is left."""
    low, high = np.full(survival.shape, np.nan), np.full(survival.shape, np.nan)
    low[survival == 1], high[survival == 1] = 1.0, 1.0
    inner = (survival > 0) & (survival < 1)
    s = survival[inner]
    reach = np.exp(z * np.sqrt(greenwood[inner]) / np.abs(np.log(s)))
    low[inner], high[inner] = s**reach, s ** (1 / reach)
    return low, high


def _crossing(days: FloatArray, curve: FloatArray) -> float | None:
    """Return the day on which a falling curve reaches one half, or None."""
    reached = np.flatnonzero(curve <= 0.5 + EQUAL)
    if reached.size == 0:
        return None
    first = int(reached[0])
    if curve[first] < 0.5 - EQUAL:
        return float(days[first])
    below = np.flatnonzero(~(curve >= 0.5 - EQUAL))
    until = days[below[0]] if below.size else days[-1]
    return float((days[first] + until) / 2)


def _no_curve(
    confidence: float, n: int, n_events: int, last_day: float | None, reason: str
) -> SurvivalCurve:
    """Return an empty curve with its reason."""
    none, counts = np.zeros(0), np.zeros(0, dtype=np.int64)
    return SurvivalCurve(
        days=none,
        at_risk=counts,
        events=counts,
        survival=none,
        standard_error=none,
        low=none,
        high=none,
        median=None,
        median_low=None,
        median_high=None,
        confidence=confidence,
        interval=INTERVAL,
        median_interval=MEDIAN_INTERVAL,
        n=n,
        n_events=n_events,
        last_day=last_day,
        reason=reason,
    )
