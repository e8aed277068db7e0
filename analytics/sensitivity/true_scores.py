"""Which side of the cutoff are the true scores on, for one client and for a whole group?

Hageman and Arrindell tell a client from a group: of a client they ask how sure the answer
is, of a group how large the share is. Nothing here is the status of a client.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from analytics.change import improvement
from analytics.cutoffs import Letter, cutoff_a, cutoff_b, cutoff_c
from analytics.instrument import Better, Norms
from analytics.sensitivity.hageman_arrindell import (
    check_sem,
    difference_reliability,
    hageman_arrindell_obstacle,
    reliability_in,
)
from analytics.sensitivity.samples import PairedSample
from analytics.series import FloatArray


@dataclass(frozen=True, slots=True)
class GroupChange:
    """Shares of a sample from 0 to 1; ``None`` with a sentence in ``reasons``.

    Attributes
    ----------
    changed
        Share whose true score went in the better direction.
    functional
        Share whose true score after treatment is on the functional side of the cutoff.
    reasons
        Why a share is not assessable, one sentence each.
    """

    changed: float | None
    functional: float | None
    reasons: tuple[str, ...]


def true_score_cutoff(
    letter: Letter,
    *,
    clinical: Norms | None,
    functional: Norms | None,
    sem: float,
    better: Better,
) -> float:
    r"""Return cutoff *a*, *b* or *c* of true scores: each SD is :math:`s_k\sqrt{r_k}`.

    Parameters
    ----------
    letter
        Which of the cutoffs of Jacobson and Truax.
    clinical, functional
        Norms of clients before treatment, and of the functional population; *a* needs the
        first, *b* the second and *c* both.
    sem
        Standard error of measurement, in points; above 0.
    better
        The direction in which a client gets better.

    Returns
    -------
    One number, in points.

    Raises
    ------
    ValueError
        If a norm is missing that the letter needs, or scores spread no more than their error.

    References
    ----------
    Hageman, W. J. J. M., & Arrindell, W. A. (1999). Establishing clinically significant
    change: increment of precision and the distinction between individual and group level
    of analysis. *Behaviour Research and Therapy, 37*(12), 1169-1193.
    https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    With SEM = 6 an SD of 10 is one of 8 in true scores.

    >>> true_score_cutoff(
    ...     "a", clinical=Norms(40, 10, None, "x"), functional=None, sem=6.0, better="higher"
    ... )
    56.0
    """
    if letter in ("a", "c") and clinical is None:
        raise ValueError(f"Cutoff {letter} needs norms of clients, and none were given.")
    if letter in ("b", "c") and functional is None:
        raise ValueError(f"Cutoff {letter} needs norms of the population, and none were given.")
    if letter == "a" and clinical is not None:
        sd = _true_sd("clients", clinical, sem)
        return cutoff_a(clinical_mean=clinical.mean, clinical_sd=sd, better=better)
    if letter == "b" and functional is not None:
        sd = _true_sd("the population", functional, sem)
        return cutoff_b(functional_mean=functional.mean, functional_sd=sd, better=better)
    if letter == "c" and clinical is not None and functional is not None:
        return cutoff_c(
            clinical_mean=clinical.mean,
            clinical_sd=_true_sd("clients", clinical, sem),
            functional_mean=functional.mean,
            functional_sd=_true_sd("the population", functional, sem),
        )
    raise ValueError(f"The cutoff to use must be a, b or c, got {letter!r}.")


def functional_side_index(
    after: npt.ArrayLike, *, sem: float, sample: PairedSample, cutoff: float, better: Better
) -> FloatArray:
    r"""Return how far each estimated true score lies beyond the cutoff, in standard errors.

    .. math::

        CS_{indiv} = \pm\frac{M_2 + r_2 (x_2 - M_2) - TC}{\sqrt{r_2}\,SEM}

    The authors call a score functional when this exceeds 1.645.

    Parameters
    ----------
    after
        Last totals in points, any shape; a missing score gives ``nan``.
    sem, sample, better
        As in `hageman_arrindell_index`.
    cutoff
        Cutoff of true scores (TC), in points; see `true_score_cutoff`.

    Returns
    -------
    Array of the same shape, without unit, positive on the functional side.

    Raises
    ------
    ValueError
        If ``sem`` is not above 0, or the scores after spread no more than their error.

    References
    ----------
    Hageman & Arrindell (1999). https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    r2 = .64, so 10 counts as 12 + .64 * (10 - 12) = 10.72, over .8 * 6.

    >>> sample = PairedSample(40, 30, 10, 12, 10, 0.5, "a service")
    >>> functional_side_index([10.0], sem=6.0, sample=sample, cutoff=14, better="lower").round(3)
    array([0.683])
    """
    r = reliability_in(sample.sd_after, sem)
    if r <= 0:
        raise ValueError(_no_spread("after"))
    x = np.asarray(after, dtype=np.float64)
    estimate = sample.mean_after + r * (x - sample.mean_after)
    return np.asarray(improvement(cutoff, estimate, better) / (math.sqrt(r) * sem))


def group_change(
    sample: PairedSample, *, sem: float, cutoff: float | None, better: Better
) -> GroupChange:
    r"""Return which share of a sample changed for the better and which is functional now.

    .. math::

        p_{changed} = \Phi\!\left(\frac{\pm(M_2 - M_1)}{s_D\sqrt{r_{dd}}}\right),\qquad
        p_{functional} = \Phi\!\left(\frac{\pm(M_2 - TC)}{s_2\sqrt{r_2}}\right)

    with the minus sign where a lower score is better. True scores are taken as normal.

    Parameters
    ----------
    sample, sem, better
        As in `hageman_arrindell_index`.
    cutoff
        Cutoff of true scores (TC), in points; ``None`` where no norm is known.

    Returns
    -------
    Two shares, each ``None`` with a sentence where it is not assessable.

    Raises
    ------
    ValueError
        If ``sem`` is not above 0.

    References
    ----------
    Hageman & Arrindell (1999). https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    >>> sample = PairedSample(40, 20, 5, 14, 5, 0.5, "a service")
    >>> round(group_change(sample, sem=2.0, cutoff=14, better="lower").changed, 3)
    0.927
    """
    check_sem(sem)
    reasons: list[str] = []
    changed = functional = None
    obstacle = hageman_arrindell_obstacle(sample, sem)
    if obstacle is None:
        mean = float(improvement(sample.mean_before, sample.mean_after, better))
        spread = sample.sd_change * math.sqrt(difference_reliability(sample, sem))
        changed = NormalDist().cdf(mean / spread)
    else:
        reasons.append(obstacle)
    if cutoff is None:
        reasons.append("No cutoff of true scores is known, so the functional share is unknown.")
    elif sample.sd_after <= sem:
        reasons.append(_no_spread("after"))
    else:
        beyond = float(improvement(cutoff, sample.mean_after, better))
        spread = sample.sd_after * math.sqrt(reliability_in(sample.sd_after, sem))
        functional = NormalDist().cdf(beyond / spread)
    return GroupChange(changed, functional, tuple(reasons))


def _true_sd(group: str, norms: Norms, sem: float) -> float:
    reliability = reliability_in(norms.sd, sem)
    if reliability <= 0:
        raise ValueError(
            f"Scores of {group} spread by {norms.sd:g} points, no more than the error of one "
            f"score, {sem:g} points; there is no cutoff of true scores."
        )
    return norms.sd * math.sqrt(reliability)


def _no_spread(when: str) -> str:
    return (
        f"The scores {when} spread no more than the error of one score, so which clients are "
        f"functional is not assessable."
    )
