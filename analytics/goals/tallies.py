"""How often does something happen a week, and is it rarer than before?"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

DAYS = 7.0

NO_DAYS = "over how many days was counted is unknown"


@dataclass(frozen=True, slots=True)
class Rate:
    """A count over some days as a rate a week, with its interval.

    ``None`` where the number of days is unknown; ``reason`` then says so.
    """

    count: int
    days: float | None
    per_week: float | None
    low: float | None
    high: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class RateRatio:
    """How many times as often as before, with its interval; below 1 is rarer.

    ``ratio`` and ``high`` may be infinite: nothing was counted before. ``None`` where there
    is no answer, with its reason.
    """

    ratio: float | None
    low: float | None
    high: float | None
    reason: str


def weekly_rate(count: int, days: float | None, *, confidence: float = 0.95) -> Rate:
    r"""Return a count over some days as a rate a week, with its exact Poisson interval.

    .. math::

        \frac{7}{D}\left(\tfrac12\chi^2_{\alpha/2,\,2k},\;
        \tfrac12\chi^2_{1-\alpha/2,\,2k+2}\right)

    around 7 k / D, for a count of k in D days. The lower limit of a count of 0 is 0.

    Parameters
    ----------
    count
        How often it happened; a whole number from 0.
    days
        Over how many days was counted, above 0; ``None`` where that is unknown.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    The rate and its limits, in events a week.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. *Biometrika, 28*(3/4),
    437-442. https://doi.org/10.1093/biomet/28.3-4.437

    Examples
    --------
    Six in two weeks, and none in one:

    >>> rate = weekly_rate(6, 14)
    >>> rate.per_week, round(rate.low, 2), round(rate.high, 2)
    (3.0, 1.1, 6.53)
    >>> none = weekly_rate(0, 7)
    >>> none.per_week, none.low, round(none.high, 2)
    (0.0, 0.0, 3.69)
    >>> weekly_rate(6, None).reason
    'over how many days was counted is unknown'
    """
    from scipy.special import gammaincinv

    _check(count, days, confidence)
    if days is None:
        return Rate(count, None, None, None, None, NO_DAYS)
    tail = (1 - confidence) / 2
    # Half a chi-square quantile of 2k degrees of freedom is a gamma quantile of shape k.
    low = float(gammaincinv(count, tail)) if count else 0.0
    high = float(gammaincinv(count + 1, 1 - tail))
    return Rate(count, days, DAYS * count / days, DAYS * low / days, DAYS * high / days, "")


def pooled_rate(counts: Iterable[tuple[int, float | None]], *, confidence: float = 0.95) -> Rate:
    """Return the rate of several counts together; those over unknown days are left out.

    Parameters, units, errors and the reference are those of `weekly_rate`.

    Examples
    --------
    >>> pooled_rate([(6, 14), (9, None), (2, 14)]).per_week
    2.0
    """
    known = [(count, days) for count, days in counts if days is not None]
    for count, days in known:
        _check(count, days, confidence)
    total = sum(count for count, _ in known)
    return weekly_rate(
        total, math.fsum(days for _, days in known) if known else None, confidence=confidence
    )


def rate_ratio(before: Rate, after: Rate, *, confidence: float = 0.95) -> RateRatio:
    r"""Return how many times as often as before, with the exact conditional interval.

    Given the sum n of both counts, the later one is binomial with

    .. math::

        p = \frac{\theta D_2}{D_1 + \theta D_2}\quad\Rightarrow\quad
        \theta = \frac{p}{1 - p}\,\frac{D_1}{D_2}

    and the limits of p by Clopper and Pearson give those of the ratio.

    Parameters
    ----------
    before, after
        Two rates over different days.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    The ratio and its limits, without unit. Not assessable where days are unknown or both
    counts are 0.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Przyborowski, J., & Wilenski, H. (1940). Homogeneity of results in testing samples from
    Poisson series. *Biometrika, 31*(3/4), 313-323.
    https://doi.org/10.1093/biomet/31.3-4.313
    Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits
    illustrated in the case of the binomial. *Biometrika, 26*(4), 404-413.
    https://doi.org/10.1093/biomet/26.4.404

    Examples
    --------
    From 12 in four weeks to 3 in four weeks:

    >>> change = rate_ratio(weekly_rate(12, 28), weekly_rate(3, 28))
    >>> change.ratio, round(change.low, 3), round(change.high, 3)
    (0.25, 0.045, 0.926)
    """
    from scipy.special import betaincinv

    _check(0, None, confidence)
    if before.days is None or after.days is None:
        return RateRatio(None, None, None, NO_DAYS)
    k, n = after.count, before.count + after.count
    if not n:
        return RateRatio(None, None, None, "nothing was counted, before or after")
    tail = (1 - confidence) / 2
    p_low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    p_high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    exposure = before.days / after.days
    return RateRatio(exposure * _odds(k / n), exposure * _odds(p_low), exposure * _odds(p_high), "")


def _odds(p: float) -> float:
    return p / (1 - p) if p < 1 else math.inf


def _check(count: int, days: float | None, confidence: float) -> None:
    if count < 0 or count != int(count):
        raise ValueError(f"A count must be a whole number from 0, got {count}.")
    if days is not None and not 0 < days < math.inf:
        raise ValueError(f"Days must be above 0, or None where they are unknown, got {days}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
