"""What is there to know of clients with a score before and a score after treatment?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.groups.moments import correlation, mean, standard_deviation
from analytics.instrument import Better


@dataclass(frozen=True, slots=True)
class PairedSummary:
    """Means and standard deviations, in points, of the clients with both scores.

    ``n`` is the number of complete pairs, ``n_all`` of all clients. ``correlation`` is None
    where one of the standard deviations is 0. Numbers are ``nan`` where there are too few
    pairs to compute them.
    """

    n: int
    n_all: int
    mean_before: float
    mean_after: float
    sd_before: float
    sd_after: float
    sd_change: float
    correlation: float | None


def summary_of_pairs(before: npt.ArrayLike, after: npt.ArrayLike) -> PairedSummary:
    """Return the summary of the complete pairs.

    Parameters
    ----------
    before, after
        One score a client, in points, of one length; ``nan`` marks a missing score, and its
        client counts in ``n_all`` only.

    Returns
    -------
    The summary; its digits do not depend on the order of the clients.

    Raises
    ------
    ValueError
        If the arrays differ in length or hold an infinite score.

    Examples
    --------
    >>> found = summary_of_pairs([20, 14, 17, 9], [12, 10, float("nan"), 8])
    >>> found.n, found.n_all, round(found.mean_before, 3), found.mean_after
    (3, 4, 14.333, 10.0)
    """
    x = np.asarray(before, dtype=np.float64)
    y = np.asarray(after, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"Scores before and after must be two flat arrays of one length, got the shapes "
            f"{x.shape} and {y.shape}."
        )
    if np.isinf(x).any() or np.isinf(y).any():
        raise ValueError("A score is infinite; mark a missing score with nan.")
    both = ~(np.isnan(x) | np.isnan(y))
    x1, x2 = x[both], y[both]
    return PairedSummary(
        n=int(x1.size),
        n_all=int(x.size),
        mean_before=mean(x1),
        mean_after=mean(x2),
        sd_before=standard_deviation(x1),
        sd_after=standard_deviation(x2),
        sd_change=standard_deviation(x2 - x1),
        correlation=correlation(x1, x2),
    )


def published_pairs(
    *,
    n: int,
    mean_before: float,
    mean_after: float,
    sd_before: float,
    sd_after: float,
    correlation: float,
    n_all: int | None = None,
) -> PairedSummary:
    r"""Return the summary of a study that printed means, standard deviations and r.

    The standard deviation of the changes follows from
    :math:`s_D^2 = s_1^2 + s_2^2 - 2 r s_1 s_2`.

    Parameters
    ----------
    n, n_all
        Complete pairs, and all clients; the same where ``n_all`` is left out.
    mean_before, mean_after, sd_before, sd_after
        In points; standard deviations at least 0.
    correlation
        Correlation of the scores before and after, -1 <= r <= 1.

    Returns
    -------
    The summary, as `summary_of_pairs` would give it for the scores themselves.

    Raises
    ------
    ValueError
        If a standard deviation is negative, r is out of range, or n exceeds n_all.

    Examples
    --------
    >>> round(published_pairs(
    ...     n=20, mean_before=30.6, mean_after=38.5, sd_before=15, sd_after=11.6, correlation=0.47
    ... ).sd_change, 2)
    14.0
    """
    if not (0 <= sd_before < math.inf and 0 <= sd_after < math.inf):
        raise ValueError(f"Standard deviations must be at least 0, got {sd_before} and {sd_after}.")
    if not -1 <= correlation <= 1:
        raise ValueError(f"correlation must be between -1 and 1, got {correlation}")
    everyone = n if n_all is None else n_all
    if not 0 <= n <= everyone:
        raise ValueError(f"{n} complete pairs cannot come from {everyone} clients.")
    variance = sd_before**2 + sd_after**2 - 2 * correlation * sd_before * sd_after
    known = sd_before > 0 and sd_after > 0
    return PairedSummary(
        n=n,
        n_all=everyone,
        mean_before=mean_before,
        mean_after=mean_after,
        sd_before=sd_before,
        sd_after=sd_after,
        sd_change=math.sqrt(max(0.0, variance)),
        correlation=correlation if known else None,
    )


def gain(pairs: PairedSummary, better: Better) -> float:
    """Return the mean change in points, positive when better.

    Examples
    --------
    >>> gain(summary_of_pairs([20, 10], [12, 10]), "lower")
    4.0
    """
    change = pairs.mean_after - pairs.mean_before
    return change if better == "higher" else -change
