"""How far could the clients without a final score move the result of the group?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import improvement
from analytics.groups.means import MeanWithInterval, mean_with_interval
from analytics.groups.proportions import Proportion, proportion
from analytics.instrument import Better
from analytics.series import FloatArray


@dataclass(frozen=True, slots=True)
class ProportionBounds:
    """A share among those with an outcome, and its bounds over all clients.

    ``worst`` counts every missing outcome as not had, ``best`` as had; each has its own
    Wilson interval. ``share_missing`` is None where there is no client.
    """

    n_all: int
    n_known: int
    n_missing: int
    share_missing: float | None
    completers: Proportion
    worst: Proportion
    best: Proportion


@dataclass(frozen=True, slots=True)
class MeanChangeBounds:
    """The mean improvement in points, among completers and over all who started.

    ``unchanged`` takes a missing final score as equal to intake, ``worst`` and ``best`` as the
    end of the scale. Clients without an intake score (``n_no_intake``) are in none.
    """

    n_all: int
    n_known: int
    n_missing: int
    n_no_intake: int
    completers: MeanWithInterval
    unchanged: MeanWithInterval
    worst: MeanWithInterval
    best: MeanWithInterval


def proportion_bounds(outcomes: npt.ArrayLike, *, confidence: float = 0.95) -> ProportionBounds:
    r"""Return a share among completers, and between which bounds it lies over all clients.

    .. math::

        \frac{x}{n},\qquad \frac{x}{n + m} \le p \le \frac{x + m}{n + m}

    with x of n known outcomes had and m missing. The bounds assume nothing about the missing;
    each carries its own Wilson interval, as if its assumption were true.

    Parameters
    ----------
    outcomes
        1 for an outcome had, 0 for not had, ``nan`` for missing; one value a client.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    Shares with their intervals and all counts; without numbers where there is no client, or
    for completers where nobody has an outcome.

    Raises
    ------
    ValueError
        If a value is none of 0, 1 and ``nan``, or ``confidence`` is out of range.

    References
    ----------
    Horowitz, J. L., & Manski, C. F. (2000). Nonparametric analysis of randomized experiments
    with missing covariate and outcome data. *Journal of the American Statistical
    Association, 95*, 77-84. https://doi.org/10.1080/01621459.2000.10473902

    Examples
    --------
    Of 10 clients 4 recovered, 4 did not, and 2 have no final score:

    >>> found = proportion_bounds([1, 1, 1, 1, 0, 0, 0, 0, float("nan"), float("nan")])
    >>> found.completers.value, found.worst.value, found.best.value
    (0.5, 0.4, 0.6)
    """
    x = np.asarray(outcomes, dtype=np.float64).ravel()
    known = x[~np.isnan(x)]
    wrong = np.flatnonzero((known != 0) & (known != 1))
    if wrong.size:
        raise ValueError(f"An outcome is 0, 1 or missing (nan), got {known[wrong[0]]:g}.")
    had, n, n_all = int(np.count_nonzero(known)), int(known.size), int(x.size)
    missing = n_all - n
    return ProportionBounds(
        n_all=n_all,
        n_known=n,
        n_missing=missing,
        share_missing=missing / n_all if n_all else None,
        completers=proportion(had, n, confidence=confidence),
        worst=proportion(had, n_all, confidence=confidence),
        best=proportion(had + missing, n_all, confidence=confidence),
    )


def mean_change_bounds(
    intake: npt.ArrayLike,
    final: npt.ArrayLike,
    *,
    lowest: float,
    highest: float,
    better: Better,
    confidence: float = 0.95,
) -> MeanChangeBounds:
    """Return the mean improvement among completers, and its bounds over all who started.

    Parameters
    ----------
    intake, final
        One total a client, in points; ``nan`` marks a missing one.
    lowest, highest
        The ends of the scale, in points.
    better
        The direction in which a client gets better.
    confidence
        Two-sided confidence of the t intervals, between 0 and 1.

    Returns
    -------
    Mean improvements in points, positive when better. The bounds hold whatever the missing
    scores were; the interval of each is as if its assumption were true.

    Raises
    ------
    ValueError
        If the arrays differ in length, the scale has no width, or a score lies outside it.

    References
    ----------
    Horowitz & Manski (2000). https://doi.org/10.1080/01621459.2000.10473902

    Examples
    --------
    Two completers gained 6 and 2 points; a third client, at 20 of 27, has no final score.

    >>> found = mean_change_bounds(
    ...     [18, 12, 20], [12, 10, float("nan")], lowest=0, highest=27, better="lower")
    >>> found.completers.value, round(found.unchanged.value, 2)
    (4.0, 2.67)
    >>> round(found.worst.value, 2), round(found.best.value, 2)
    (0.33, 9.33)
    """
    x = np.asarray(intake, dtype=np.float64)
    y = np.asarray(final, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"Intake and final scores must be two flat arrays of one length, got the shapes "
            f"{x.shape} and {y.shape}."
        )
    if not -math.inf < lowest < highest < math.inf:
        raise ValueError(
            f"The scale must go from a lower to a higher end, got {lowest}, {highest}."
        )
    for scores in (x, y):
        wrong = np.flatnonzero((scores < lowest) | (scores > highest))
        if wrong.size:
            raise ValueError(
                f"A score must lie on the scale from {lowest:g} to {highest:g}, got "
                f"{scores[wrong[0]]:g}."
            )
    started = ~np.isnan(x)
    x, y = x[started], y[started]
    missing = np.isnan(y)
    worst_end, best_end = (highest, lowest) if better == "lower" else (lowest, highest)

    def filled(with_what: FloatArray | float) -> MeanWithInterval:
        gains = improvement(x, np.where(missing, with_what, y), better)
        return mean_with_interval(gains, confidence=confidence)

    return MeanChangeBounds(
        n_all=int(started.size),
        n_known=int((~missing).sum()),
        n_missing=int(missing.sum()),
        n_no_intake=int((~started).sum()),
        completers=mean_with_interval(
            improvement(x[~missing], y[~missing], better), confidence=confidence
        ),
        unchanged=filled(x),
        worst=filled(worst_end),
        best=filled(best_end),
    )
