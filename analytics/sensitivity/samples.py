"""What do the service's own scores say about its clients before and after treatment?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.instrument import Norms
from analytics.series import FloatArray

# Fewer scores than this are no norm: the SD of 30 normal scores is still uncertain by -20 %
# to +34 % (chi-square interval at 95 %).
FEWEST = 30


@dataclass(frozen=True, slots=True)
class PairedSample:
    """Scores before and after treatment of the same clients, in points.

    Attributes
    ----------
    n
        Clients with both scores.
    mean_before, sd_before, mean_after, sd_after
        M1, s1, M2 and s2; standard deviations have n - 1 in the denominator.
    correlation
        Pearson's correlation of both scores (r12), from -1 to 1.
    source
        Where the sample comes from.
    """

    n: int
    mean_before: float
    sd_before: float
    mean_after: float
    sd_after: float
    correlation: float
    source: str

    def __post_init__(self) -> None:
        """Refuse numbers that no sample can have."""
        if not -1 <= self.correlation <= 1:
            raise ValueError(f"correlation must be between -1 and 1, got {self.correlation}")
        for name in ("mean_before", "mean_after"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be a number of points, got {getattr(self, name)}")
        for name in ("sd_before", "sd_after"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least 0 points, got {getattr(self, name)}")

    @property
    def sd_change(self) -> float:
        """Return the standard deviation of the differences, in points."""
        shared = 2 * self.sd_before * self.sd_after * self.correlation
        return math.sqrt(max(0.0, self.sd_before**2 + self.sd_after**2 - shared))


def mean_and_sd(scores: npt.ArrayLike) -> tuple[float, float]:
    r"""Return the mean and the standard deviation of a sample, the same in any order.

    .. math::

        M = \frac{1}{n}\sum x,\qquad s = \sqrt{\frac{\sum (x - M)^2}{n - 1}}

    Parameters
    ----------
    scores
        Totals in points, any shape; missing scores (``nan``) are left out.

    Returns
    -------
    Two numbers, in points; the second is ``nan`` for one score, both for none.

    Raises
    ------
    ValueError
        If a score is infinite.

    References
    ----------
    Any textbook of statistics.

    Examples
    --------
    >>> mean_and_sd([2, 4, 6])
    (4.0, 2.0)
    """
    x = _present(scores)
    if x.size == 0:
        return math.nan, math.nan
    # math.fsum rounds once, at the end, so that the order of the clients cannot matter.
    mean = math.fsum(x) / x.size
    if x.size == 1:
        return mean, math.nan
    return mean, math.sqrt(math.fsum((x - mean) ** 2) / (x.size - 1))


def own_norms(
    first_scores: npt.ArrayLike, *, fewest: int = FEWEST
) -> tuple[Norms | None, str | None]:
    """Return norms of clients before treatment from the service's own first scores.

    Parameters
    ----------
    first_scores
        The first total of each client or episode, in points; missing ones are left out.
    fewest
        How many scores make a norm.

    Returns
    -------
    The norms, whose ``source`` says that they are the service's own and from how many
    scores, and ``None``; or ``None`` and a sentence that says why there are none.

    Raises
    ------
    ValueError
        If a score is infinite.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
    defining meaningful change in psychotherapy research. *Journal of Consulting and
    Clinical Psychology, 59*(1), 12-19. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> norms, _ = own_norms([10.0, 20.0] * 20)
    >>> norms.source
    "the service's own sample, n = 40 first scores"
    >>> print(own_norms([10.0, 20.0])[1])
    The service's own sample has 2 first scores; norms need at least 30.
    """
    x = _present(first_scores)
    if x.size < max(fewest, 2):
        return None, (
            f"The service's own sample has {x.size} first {_scores(x.size)}; norms need at "
            f"least {max(fewest, 2)}."
        )
    mean, sd = mean_and_sd(x)
    if sd == 0:
        return None, f"All {x.size} first scores of the service's own sample are equal."
    source = f"the service's own sample, n = {x.size} first scores"
    return Norms(mean, sd, int(x.size), source), None


def paired_sample(
    before: npt.ArrayLike, after: npt.ArrayLike, *, fewest: int = FEWEST
) -> tuple[PairedSample | None, str | None]:
    """Return means, standard deviations and correlation of the service's pairs of scores.

    Parameters
    ----------
    before, after
        First and last totals of the same clients, in points; a pair with a missing score is
        left out.
    fewest
        How many pairs make a sample.

    Returns
    -------
    The sample and ``None``, or ``None`` and a sentence that says why there is none.

    Raises
    ------
    ValueError
        If the two arrays differ in shape, or a score is infinite.

    References
    ----------
    Hageman, W. J. J. M., & Arrindell, W. A. (1999). Establishing clinically significant
    change: increment of precision and the distinction between individual and group level
    of analysis. *Behaviour Research and Therapy, 37*(12), 1169-1193.
    https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    >>> sample, _ = paired_sample([20, 18, 16], [10, 12, 8], fewest=3)
    >>> sample.mean_before, sample.sd_before, sample.mean_after, sample.correlation
    (18.0, 2.0, 10.0, 0.5)
    """
    first = np.asarray(before, dtype=np.float64).ravel()
    last = np.asarray(after, dtype=np.float64).ravel()
    if first.shape != last.shape:
        raise ValueError(
            f"Scores before and after must be pairs, got {first.size} and {last.size} scores."
        )
    both = ~(np.isnan(first) | np.isnan(last))
    first, last = _present(first[both]), _present(last[both])
    n = int(first.size)
    if n < max(fewest, 2):
        return None, (
            f"The service's own sample has {n} clients with two scores; this needs at least "
            f"{max(fewest, 2)}."
        )
    mean_before, sd_before = mean_and_sd(first)
    mean_after, sd_after = mean_and_sd(last)
    if sd_before == 0 or sd_after == 0:
        return None, "All scores before or after are equal in the service's own sample."
    shared = math.fsum((first - mean_before) * (last - mean_after)) / (n - 1)
    r = min(1.0, max(-1.0, shared / (sd_before * sd_after)))
    source = "the service's own sample"
    return PairedSample(n, mean_before, sd_before, mean_after, sd_after, r, source), None


def _present(scores: npt.ArrayLike) -> FloatArray:
    x = np.asarray(scores, dtype=np.float64).ravel()
    x = x[~np.isnan(x)]
    if np.isinf(x).any():
        raise ValueError("A score is infinite; scores must be numbers of points.")
    return x


def _scores(n: int) -> str:
    return "score" if n == 1 else "scores"
