"""What do all standardised effect sizes share: a full name, a correction, an interval?"""

import math
from dataclasses import dataclass

from analytics.groups.enough import IMPRECISE_BELOW, SUPPRESS_BELOW, too_few, z_quantile

NORMAL = "normal, large-sample variance"


@dataclass(frozen=True, slots=True)
class EffectSize:
    """One standardised effect, named in full; positive means better.

    Attributes
    ----------
    name
        Which standardised difference this is, never only "d".
    value, standard_error, low, high
        In standard deviations; None where not assessable, and then ``reason`` says why.
    interval
        How the interval was made, in words.
    n, n_all
        Clients used (complete pairs before and after), and all clients of the group.
    standardiser
        The standard deviation in the denominator, in points.
    very_imprecise
        True below 10 clients: the words belong next to the number.
    """

    name: str
    value: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    confidence: float
    interval: str
    n: int
    n_all: int
    standardiser: float | None
    very_imprecise: bool
    reason: str | None


def small_sample_correction(degrees_of_freedom: float) -> float:
    r"""Return the factor J that removes the upward bias of a standardised difference.

    .. math::

        J(m) = \frac{\Gamma(m/2)}{\sqrt{m/2}\;\Gamma((m-1)/2)} \approx 1 - \frac{3}{4m - 1}

    Parameters
    ----------
    degrees_of_freedom
        Degrees of freedom m of the standard deviation in the denominator, above 1.

    Returns
    -------
    One number below 1, without unit.

    Raises
    ------
    ValueError
        If there is no more than one degree of freedom.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and
    related estimators. *Journal of Educational Statistics, 6*, 107-128.
    https://doi.org/10.3102/10769986006002107

    Examples
    --------
    >>> round(small_sample_correction(10), 4), round(1 - 3 / (4 * 10 - 1), 4)
    (0.9227, 0.9231)
    """
    m = degrees_of_freedom
    if not 1 < m < math.inf:
        raise ValueError(f"degrees_of_freedom must be greater than 1, got {m}")
    return math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)


def noncentrality_limits(
    t: float, degrees_of_freedom: float, confidence: float
) -> tuple[float, float]:
    r"""Return the noncentrality parameters for which an observed t is just not surprising.

    .. math::

        P(T_{m,\lambda_{low}} \le t) = \frac{1 + c}{2},\qquad
        P(T_{m,\lambda_{high}} \le t) = \frac{1 - c}{2}

    Parameters
    ----------
    t
        Observed t statistic, without unit.
    degrees_of_freedom
        Its degrees of freedom m.
    confidence
        Two-sided confidence c, between 0 and 1.

    Returns
    -------
    Lower and upper limit of the noncentrality, to about five digits; divided by the square
    root of n they are limits of the standardised mean change.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Cumming, G., & Finch, S. (2001). A primer on the understanding, use, and calculation of
    confidence intervals that are based on central and noncentral distributions. *Educational
    and Psychological Measurement, 61*, 532-574. https://doi.org/10.1177/0013164401614002

    Examples
    --------
    >>> low, high = noncentrality_limits(3.0, 24, 0.95)
    >>> round(low, 2), round(high, 2)
    (0.84, 5.11)
    """
    from scipy.special import nctdtrinc

    z_quantile(confidence)
    tails = (0.5 + confidence / 2, 0.5 - confidence / 2)
    # Found for the positive t and mirrored, so that both directions of a scale agree exactly.
    low, high = (float(nctdtrinc(degrees_of_freedom, tail, abs(t))) for tail in tails)
    if t < 0:
        return -high, -low
    return low, high


def not_assessable(
    name: str, interval: str, n: int, n_all: int, confidence: float, reason: str | None
) -> EffectSize:
    """Return an effect size without numbers, for the reason given."""
    return EffectSize(
        name,
        None,
        None,
        None,
        None,
        confidence,
        interval,
        n,
        n_all,
        None,
        False,
        reason or "Not assessable.",
    )


def assessed(
    name: str,
    value: float,
    standard_error: float,
    limits: tuple[float, float],
    *,
    interval: str,
    n: int,
    n_all: int,
    confidence: float,
    standardiser: float,
) -> EffectSize:
    """Return an effect size with its numbers, marked where few clients stand behind it."""
    return EffectSize(
        name=name,
        value=value,
        standard_error=standard_error,
        low=limits[0],
        high=limits[1],
        confidence=confidence,
        interval=interval,
        n=n,
        n_all=n_all,
        standardiser=standardiser,
        very_imprecise=n < IMPRECISE_BELOW,
        reason=None,
    )


def suppressed(n: int, what: str = "clients with both scores") -> str | None:
    """Return the reason for no effect size where fewer than 5 clients would stand behind it.

    Examples
    --------
    >>> suppressed(4)
    'Not assessable: 4 clients with both scores, at least 5 are needed.'
    """
    return too_few(n, SUPPRESS_BELOW, what)
