"""How fast does a client change, when his few scores are read beside those of the others?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.series import FloatArray, buckets, checked
from analytics.trend import slopes_of_last

# With fewer clients the spread between their slopes is itself a guess.
PRIOR_CLIENTS = 30


@dataclass(frozen=True, slots=True)
class SlopePrior:
    """How the slopes of a service's clients are spread, in points per week.

    Attributes
    ----------
    mean, sd
        Mean of the slopes, and the standard deviation between clients without the error of
        their scores; ``sd`` is above 0.
    clients
        How many clients had a slope of their own.
    source
        Whose slopes they are, in words for a screen.
    """

    mean: float
    sd: float
    clients: int
    source: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise ValueError(f"The mean of the slopes must be a number, got {self.mean}.")
        if not 0 < self.sd < math.inf:
            raise ValueError(
                f"The standard deviation between clients must be greater than 0, got {self.sd}."
            )


@dataclass(frozen=True, slots=True)
class ShrunkenSlopes:
    """Slopes partly borrowed from the caseload, one value a series; see `shrunken_slopes`.

    ``slope`` and ``sd`` are in points per week; ``weight`` is the share of the client's own
    scores, between 0 and 1. ``nan`` where the client has no slope of his own.
    """

    slope: FloatArray
    sd: FloatArray
    weight: FloatArray


def shrunken_slopes(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    sigma: float,
    prior: SlopePrior,
) -> ShrunkenSlopes:
    r"""Return the slope of each series, drawn towards that of the caseload.

    .. math::

        \tilde b = \frac{b\, S_{xx}/\sigma^2 + \mu/\tau^2}{S_{xx}/\sigma^2 + 1/\tau^2}
            = w\,b + (1 - w)\,\mu,\qquad
        w = \frac{\tau^2}{\tau^2 + \sigma^2 / S_{xx}},\qquad
        SD = \sqrt{w\,\sigma^2 / S_{xx}}

    with b the least squares slope, mu and tau the mean and standard deviation of the
    caseload's slopes. Few scores, close together, have a small Sxx and a small weight w: the
    result is then mostly the average client's slope. Always say so beside it
    (`borrowed_words`), and never judge a client by it.

    Parameters
    ----------
    weeks, scores, offsets
        As in `analytics.trend.ols_slope`; the series of one questionnaire.
    sigma
        Standard deviation of the error of one score, in points; above 0.
    prior
        The slopes of the caseload, from `slope_prior`.

    Returns
    -------
    Arrays with one value a series. ``nan`` with a single score or all scores on one day:
    the average of others says nothing of a client who has no slope of his own.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards; if ``sigma`` is not above 0.

    References
    ----------
    Laird, N. M., & Ware, J. H. (1982). Random-effects models for longitudinal data.
    *Biometrics, 38*(4), 963-974. https://doi.org/10.2307/2529876

    Examples
    --------
    Scores 20, 17 and 14 fall by 3 a week with Sxx = 2, and sigma = 2 gives that slope an
    error variance of 4 / 2 = 2. Clients differ with a variance of 0.5, so his own scores
    weigh 0.5 / (0.5 + 2) = 0.2, and 0.2 * -3 + 0.8 * -0.5 = -1.

    >>> prior = SlopePrior(mean=-0.5, sd=0.5**0.5, clients=120, source="this service")
    >>> found = shrunken_slopes([0, 1, 2], [20, 17, 14], [0, 3], sigma=2, prior=prior)
    >>> found.slope.round(6), found.weight.round(6), found.sd.round(3)
    (array([-1.]), array([0.2]), array([0.632]))
    """
    t, y, starts = checked(weeks, scores, offsets)
    out = np.empty((3, starts.size - 1))
    for bucket in buckets(starts):
        found = shrunken_slope_rows(t[bucket.positions], y[bucket.positions], sigma, prior)
        out[:, bucket.series] = (found.slope, found.sd, found.weight)
    return ShrunkenSlopes(*out)


def shrunken_slope_rows(
    weeks: FloatArray, scores: FloatArray, sigma: float, prior: SlopePrior
) -> ShrunkenSlopes:
    """Return what `shrunken_slopes` returns for a dense (scores x series) matrix."""
    _check_sigma(sigma)
    ((_, sxx, own),) = slopes_of_last(weeks, scores, (weeks.shape[0],))
    nan = np.full(sxx.shape, np.nan)
    error = np.divide(sigma**2, sxx, out=nan, where=sxx > 0)
    weight = prior.sd**2 / (prior.sd**2 + error)
    slope = weight * own + (1 - weight) * prior.mean
    return ShrunkenSlopes(slope, np.sqrt(weight * error), weight)


def slope_prior(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    sigma: float,
    source: str,
    first: int | None = None,
) -> tuple[SlopePrior | None, str]:
    r"""Return how the slopes of a caseload are spread, or why that cannot be said.

    .. math::

        v_i = \frac{\sigma^2}{S_{xx,i}},\quad w_i = \frac{1}{v_i},\quad
        Q = \sum w_i (b_i - \bar b)^2,\quad
        \tau^2 = \frac{Q - (k - 1)}{\sum w_i - \sum w_i^2 / \sum w_i},\quad
        \mu = \frac{\sum b_i / (v_i + \tau^2)}{\sum 1 / (v_i + \tau^2)}

    the method of moments: what the k slopes differ by beyond the error of their scores is
    the variance between clients.

    Parameters
    ----------
    weeks, scores, offsets
        As in `analytics.trend.ols_slope`: one series a client, all of one questionnaire.
        Series with a single day do not count.
    sigma
        Standard deviation of the error of one score, in points; above 0.
    source
        Whose slopes they are, in words for a screen: "clients of this service since 2021".
    first
        Take only the first so many scores of each series. Most clients change fastest at
        the start, and a short series is fairly compared with the starts of the others.

    Returns
    -------
    The prior and a sentence that describes it; or ``None`` and a sentence that says why
    not: fewer than 30 clients with a slope, or slopes that differ by no more than the error
    of their scores, where a variance would be 0 or below and every client the average one.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards; if ``sigma`` is not above 0 or ``first`` is below 2.

    References
    ----------
    DerSimonian, R., & Laird, N. (1986). Meta-analysis in clinical trials. *Controlled
    Clinical Trials, 7*(3), 177-188. https://doi.org/10.1016/0197-2456(86)90046-2

    Examples
    --------
    Thirty clients with two scores a week apart, half falling by 4 and half by 2 points:
    each v is 2 * 0.5^2 = 0.5, Q = 30 / 0.5 = 60, and tau^2 = (60 - 29) / (60 - 2).

    >>> scores = [20, 16] * 15 + [20, 18] * 15
    >>> prior, words = slope_prior(
    ...     [0, 1] * 30, scores, range(0, 61, 2), sigma=0.5, source="an example"
    ... )
    >>> prior.mean, round(prior.sd**2, 4), prior.clients
    (-3.0, 0.5345, 30)
    """
    _check_sigma(sigma)
    t, y, starts = checked(weeks, scores, offsets)
    own, sxx = np.empty((2, starts.size - 1))
    if first is not None and first < 2:
        raise ValueError(f"A slope needs at least the first 2 scores, got {first}.")
    for bucket in buckets(starts):
        rows = bucket.positions[:first]
        ((_, sxx[bucket.series], own[bucket.series]),) = slopes_of_last(
            t[rows], y[rows], (rows.shape[0],)
        )
    there = sxx > 0
    k = int(there.sum())
    if k < PRIOR_CLIENTS:
        return None, (
            f"{k} of {own.size} clients have scores on two days; slopes are borrowed from at "
            f"least {PRIOR_CLIENTS} clients."
        )
    b, error = own[there], sigma**2 / sxx[there]
    # Exact sums, so that the order of the clients does not change the last digits.
    weight = 1 / error
    total = math.fsum(weight)
    centre = math.fsum(weight * b) / total
    q = math.fsum(weight * (b - centre) ** 2)
    variance = (q - (k - 1)) / (total - math.fsum(weight**2) / total)
    if variance <= 0:
        return None, (
            f"The slopes of {k} clients differ by no more than the error of their scores; there "
            f"is no spread between clients to weigh an own slope against."
        )
    weight = 1 / (error + variance)
    mean = math.fsum(weight * b) / math.fsum(weight)
    prior = SlopePrior(mean, math.sqrt(variance), k, source)
    return prior, (
        f"{k} clients ({source}) change by {mean:.2f} points a week on average, and differ from "
        f"one another with a standard deviation of {prior.sd:.2f}."
    )


def borrowed_words(weight: float, prior: SlopePrior) -> str:
    """Return the sentence that belongs beside every shrunken slope.

    Parameters
    ----------
    weight
        The share of the client's own scores, between 0 and 1.
    prior
        The slopes it was drawn towards.

    Returns
    -------
    One sentence. Where ``weight`` is ``nan``, the one that nothing was borrowed.

    Examples
    --------
    >>> print(borrowed_words(0.2, SlopePrior(-0.5, 0.7, 120, "this service")))
    Partly borrowed: 20 % rests on this client's own scores, 80 % on the average slope of 120 \
clients (this service).
    """
    if math.isnan(weight):
        return "No slope: with scores on a single day nothing is borrowed from other clients."
    own = round(100 * weight)
    return (
        f"Partly borrowed: {own} % rests on this client's own scores, {100 - own} % on the "
        f"average slope of {prior.clients} clients ({prior.source})."
    )


def _check_sigma(sigma: float) -> None:
    if not 0 < sigma < math.inf:
        raise ValueError(f"The error of a score must be greater than 0 points, got {sigma}.")
