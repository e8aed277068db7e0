"""How probable is it that a client has truly changed in the direction that the scores show?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.instrument import Better
from analytics.sensitivity.samples import FEWEST, PairedSample, mean_and_sd
from analytics.series import FloatArray


@dataclass(frozen=True, slots=True)
class TrueChanges:
    """True changes of a service's clients, in points, positive when better.

    ``n`` is the number of clients from whom mean and standard deviation were estimated.
    """

    mean: float
    sd: float
    n: int


def probability_of_change(rci: npt.ArrayLike) -> FloatArray:
    r"""Return the probability that the true change has the direction of the observed one.

    .. math::

        P = \Phi(|RCI|)

    This is the posterior probability under a flat prior, in which all true changes, of
    whatever size and direction, were equally likely beforehand: the true change is then
    normal about the observed one, with the standard error of the difference. It is one
    minus the one-sided p value. It is *not* the probability that the change is reliable in
    the sense of a criterion, that it is large enough to matter, or that therapy caused it;
    and it does not know that clients begin on bad days (regression toward the mean), which
    `probability_of_change_in_service` takes into account.

    Parameters
    ----------
    rci
        Reliable change indices of Jacobson and Truax, any shape and either sign; a missing
        one (``nan``) gives ``nan``.

    Returns
    -------
    Array of the same shape, from .5 (no change observed) to 1. At 1.96 it is .975.

    References
    ----------
    Gelman, A., Carlin, J. B., Stern, H. S., Dunson, D. B., Vehtari, A., & Rubin, D. B.
    (2013). *Bayesian data analysis* (3rd ed.), section 2.5. Chapman & Hall/CRC.
    https://doi.org/10.1201/b16018

    Examples
    --------
    The index of 3.16 of Jacobson and Truax, and no change:

    >>> probability_of_change([3.1623, -1.959964, 0.0]).round(4)
    array([0.9992, 0.975 , 0.5   ])
    """
    # Imported here, as SciPy takes longer to load than a caseload takes to compute.
    from scipy.special import ndtr

    return np.asarray(ndtr(np.abs(np.asarray(rci, dtype=np.float64))), dtype=np.float64)


def probability_of_change_in_service(
    improvements: npt.ArrayLike, *, s_diff: float, true_changes: TrueChanges
) -> FloatArray:
    r"""Return the same probability with what the service knows of true changes.

    .. math::

        m = \frac{\tau^2 D + S_{diff}^2\,\mu}{\tau^2 + S_{diff}^2},\qquad
        v = \frac{\tau^2 S_{diff}^2}{\tau^2 + S_{diff}^2},\qquad
        P = \Phi\!\left(\frac{\pm m}{\sqrt v}\right)

    with the sign of the observed improvement D; the true changes of comparable clients are
    normal with mean mu and standard deviation tau. The observed change is drawn toward
    theirs. Where most clients improve, a small observed worsening may be more probably an
    improvement: then the result is below .5, and says that the direction itself is in doubt.

    Parameters
    ----------
    improvements
        Observed changes in points (D), positive when better, any shape; a missing one gives
        ``nan``. A change of 0 is answered as an improvement.
    s_diff
        Standard error of the difference, in points; above 0.
    true_changes
        Mean and standard deviation of true changes in the service; see
        `true_changes_of_service`.

    Returns
    -------
    Array of the same shape, from 0 to 1.

    Raises
    ------
    ValueError
        If ``s_diff`` or the standard deviation is not above 0.

    References
    ----------
    Gelman et al. (2013), section 2.5. https://doi.org/10.1201/b16018

    Examples
    --------
    D = 6, S_diff = 3, mu = 4 and tau = 4: m = (16 * 6 + 9 * 4) / 25 = 5.28 over 2.4.

    >>> service = TrueChanges(mean=4.0, sd=4.0, n=120)
    >>> probability_of_change_in_service([6.0, -1.0], s_diff=3.0, true_changes=service).round(3)
    array([0.986, 0.369])
    """
    from scipy.special import ndtr

    if not 0 < s_diff < math.inf:
        raise ValueError(f"s_diff must be greater than 0 points, got {s_diff}")
    if not 0 < true_changes.sd < math.inf:
        raise ValueError(
            f"The standard deviation of true changes must be greater than 0 points, "
            f"got {true_changes.sd}."
        )
    observed = np.asarray(improvements, dtype=np.float64)
    tau2, error2 = true_changes.sd**2, s_diff**2
    mean = (tau2 * observed + error2 * true_changes.mean) / (tau2 + error2)
    spread = math.sqrt(tau2 * error2 / (tau2 + error2))
    sign = np.where(observed < 0, -1.0, 1.0)
    return np.asarray(ndtr(sign * mean / spread), dtype=np.float64)


def true_changes_of_service(
    improvements: npt.ArrayLike, *, s_diff: float, fewest: int = FEWEST
) -> tuple[TrueChanges | None, str | None]:
    r"""Return mean and spread of true changes behind the observed ones of a service.

    .. math::

        \mu = \bar D,\qquad \tau^2 = s_D^2 - S_{diff}^2

    Parameters
    ----------
    improvements
        Observed changes of the service's clients in points, positive when better; missing
        ones are left out.
    s_diff
        Standard error of the difference, in points; above 0.
    fewest
        How many changes are needed.

    Returns
    -------
    The true changes and ``None``, or ``None`` and a sentence that says why there are none.

    Raises
    ------
    ValueError
        If ``s_diff`` is not above 0, or a change is infinite.

    References
    ----------
    Hageman, W. J. J. M., & Arrindell, W. A. (1999). Establishing clinically significant
    change: increment of precision and the distinction between individual and group level
    of analysis. *Behaviour Research and Therapy, 37*(12), 1169-1193.
    https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    >>> found, _ = true_changes_of_service([0.0, 4.0, 8.0], s_diff=2.0, fewest=3)
    >>> found.mean, round(found.sd, 3)
    (4.0, 3.464)
    """
    changes = np.asarray(improvements, dtype=np.float64).ravel()
    changes = changes[~np.isnan(changes)]
    return _behind(*mean_and_sd(changes), int(changes.size), s_diff, fewest)


def true_changes_from(
    pairs: PairedSample, *, s_diff: float, better: Better, fewest: int = FEWEST
) -> tuple[TrueChanges | None, str | None]:
    r"""Return mean and spread of true changes behind the pairs of scores of a service.

    .. math::

        \mu = \pm (M_2 - M_1),\qquad \tau^2 = s_D^2 - S_{diff}^2

    What `true_changes_of_service` gives for the changes themselves, from their summary.

    Parameters
    ----------
    pairs
        First and last scores of the same clients, in points.
    s_diff
        Standard error of the difference, in points; above 0.
    better
        The direction in which a client gets better.
    fewest
        How many clients are needed.

    Returns
    -------
    The true changes, positive when better, and ``None``; or ``None`` and a sentence that says
    why there are none.

    Raises
    ------
    ValueError
        If ``s_diff`` is not above 0.

    References
    ----------
    Hageman & Arrindell (1999). https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    s_D^2 = 5^2 + 6^2 - 2 * 5 * 6 * .4 = 37, less 9:

    >>> pairs = PairedSample(60, 16.0, 5.0, 10.0, 6.0, 0.4, "the service's own sample")
    >>> found, _ = true_changes_from(pairs, s_diff=3.0, better="lower")
    >>> found.mean, round(found.sd**2, 3), found.n
    (6.0, 28.0, 60)
    """
    gain = pairs.mean_after - pairs.mean_before
    mean = gain if better == "higher" else -gain
    return _behind(mean, pairs.sd_change, pairs.n, s_diff, fewest)


def _behind(
    mean: float, sd: float, n: int, s_diff: float, fewest: int
) -> tuple[TrueChanges | None, str | None]:
    """Return the true changes behind *n* observed ones with this mean and spread."""
    if not 0 < s_diff < math.inf:
        raise ValueError(f"s_diff must be greater than 0 points, got {s_diff}")
    if n < max(fewest, 2):
        return None, (
            f"The service has {n} changes on record; an estimate of true changes "
            f"needs at least {max(fewest, 2)}."
        )
    if sd <= s_diff:
        return None, (
            f"The changes of {n} clients spread by {sd:.1f} points, no more than "
            f"their error of measurement, {s_diff:.1f} points, so true changes cannot be told "
            f"from error."
        )
    return TrueChanges(mean, math.sqrt(sd * sd - s_diff * s_diff), n), None
