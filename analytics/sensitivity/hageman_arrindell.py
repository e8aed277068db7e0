"""Has a client changed, when the change is drawn toward that of comparable clients?

Hageman and Arrindell judge estimated true scores instead of observed ones. Their index
stands beside that of Jacobson and Truax, and is never the status of a client.
"""

import math

import numpy as np
import numpy.typing as npt

from analytics.change import improvement
from analytics.instrument import Better
from analytics.sensitivity.samples import PairedSample
from analytics.series import FloatArray


def reliability_in(sd: float, sem: float) -> float:
    r"""Return the reliability of scores in a sample: :math:`r_k = (s_k^2 - SEM^2)/s_k^2`.

    The error of measurement belongs to the questionnaire, the reliability to the sample:
    where clients are more alike, the same error leaves less reliable scores.

    Parameters
    ----------
    sd
        Standard deviation of the sample, in points; above 0.
    sem
        Standard error of measurement, in points; above 0.

    Returns
    -------
    One number, at most 1; 0 or less where the scores spread no more than their error.

    Raises
    ------
    ValueError
        If ``sd`` or ``sem`` is not above 0.

    References
    ----------
    Hageman, W. J. J. M., & Arrindell, W. A. (1999). Establishing clinically significant
    change: increment of precision and the distinction between individual and group level
    of analysis. *Behaviour Research and Therapy, 37*(12), 1169-1193.
    https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    >>> reliability_in(10.0, 6.0)
    0.64
    """
    check_sem(sem)
    if not 0 < sd < math.inf:
        raise ValueError(f"sd must be greater than 0 points, got {sd}")
    return (sd * sd - sem * sem) / (sd * sd)


def difference_reliability(sample: PairedSample, sem: float) -> float:
    r"""Return the reliability of the differences between both scores of a sample.

    .. math::

        r_{dd} = \frac{s_1^2 r_1 + s_2^2 r_2 - 2 s_1 s_2 r_{12}}
        {s_1^2 + s_2^2 - 2 s_1 s_2 r_{12}}

    Parameters
    ----------
    sample
        Standard deviations and correlation of the scores before and after.
    sem
        Standard error of measurement, in points; above 0.

    Returns
    -------
    One number, below 1; 0 or less where the differences spread no more than their error,
    and ``nan`` where all differences are equal.

    Raises
    ------
    ValueError
        If ``sem`` or a standard deviation is not above 0.

    References
    ----------
    Hageman & Arrindell (1999). https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    With s1 = s2 = 5, r12 = .5 and SEM = 2: (21 + 21 - 25) / (25 + 25 - 25).

    >>> difference_reliability(PairedSample(40, 20, 5, 14, 5, 0.5, "a service"), 2.0)
    0.68
    """
    s1, s2 = sample.sd_before, sample.sd_after
    true = s1 * s1 * reliability_in(s1, sem) + s2 * s2 * reliability_in(s2, sem)
    shared = 2 * s1 * s2 * sample.correlation
    observed = s1 * s1 + s2 * s2 - shared
    # What rounding leaves of equal differences is some units in the last place.
    if observed <= 1e-12 * (s1 * s1 + s2 * s2):
        return math.nan
    return (true - shared) / observed


def hageman_arrindell_obstacle(sample: PairedSample, sem: float) -> str | None:
    """Return why the index cannot be computed from this sample, or ``None`` if it can.

    Parameters, ``Raises`` and the reference are those of `difference_reliability`.

    Returns
    -------
    A sentence, or ``None``.

    Examples
    --------
    >>> print(hageman_arrindell_obstacle(PairedSample(40, 20, 5, 14, 5, 0.9, "a service"), 2.0))
    The differences between both scores of the sample spread no more than their error of \
measurement, so this index is not assessable.
    """
    if sample.sd_before <= 0 or sample.sd_after <= 0:
        return (
            "All scores before or after are equal in the sample, so this index is not assessable."
        )
    reliability = difference_reliability(sample, sem)
    if math.isnan(reliability):
        return "All differences in the sample are equal, so this index is not assessable."
    if reliability <= 0:
        return (
            "The differences between both scores of the sample spread no more than their error "
            "of measurement, so this index is not assessable."
        )
    return None


def hageman_arrindell_denominator(sample: PairedSample, sem: float) -> float:
    r"""Return :math:`\sqrt{r_{dd}}\,\sqrt{2}\,SEM` in points.

    Parameters and ``Raises`` are those of `hageman_arrindell_index`.

    Examples
    --------
    >>> round(
    ...     hageman_arrindell_denominator(PairedSample(40, 20, 5, 14, 5, 0.5, "x"), 2.0), 4
    ... )
    2.3324
    """
    obstacle = hageman_arrindell_obstacle(sample, sem)
    if obstacle is not None:
        raise ValueError(obstacle)
    return math.sqrt(2 * difference_reliability(sample, sem)) * sem


def hageman_arrindell_index(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    sem: float,
    sample: PairedSample,
    better: Better = "lower",
) -> FloatArray:
    r"""Return the estimated true change of each client in its standard errors.

    .. math::

        RC_{indiv} = \pm\frac{(x_2 - x_1)\, r_{dd} + (M_2 - M_1)(1 - r_{dd})}
        {\sqrt{r_{dd}}\,\sqrt{2}\,SEM}

    The observed change is drawn toward the mean change of the sample. The authors compare
    the index with 1.645 on either side, which limits the risk of a wrong call to 5 %.

    Parameters
    ----------
    before, after
        Totals in points, of shapes that broadcast; a missing score gives ``nan``.
    sem
        Standard error of measurement, in points; above 0.
    sample
        Scores before and after of the clients to whom this one belongs.
    better
        The direction in which a client gets better.

    Returns
    -------
    Array of the broadcast shape, without unit. Never the status of a client.

    Raises
    ------
    ValueError
        If ``sem`` is not above 0, or with the sentence of `hageman_arrindell_obstacle`.

    References
    ----------
    Hageman & Arrindell (1999). https://doi.org/10.1016/S0005-7967(99)00032-7

    Examples
    --------
    Eleven points fewer where the sample lost six: 11 * .68 + 6 * .32 = 9.4 over 2.3324.

    >>> sample = PairedSample(40, 20, 5, 14, 5, 0.5, "a service")
    >>> hageman_arrindell_index([21.0], [10.0], sem=2.0, sample=sample).round(2)
    array([4.03])
    """
    error = hageman_arrindell_denominator(sample, sem)
    r = difference_reliability(sample, sem)
    mean = improvement(sample.mean_before, sample.mean_after, better)
    return np.asarray((improvement(before, after, better) * r + mean * (1 - r)) / error)


def check_sem(sem: float) -> None:
    """Refuse a standard error of measurement that is not a positive number of points."""
    if not 0 < sem < math.inf:
        raise ValueError(f"sem must be greater than 0 points, got {sem}")
