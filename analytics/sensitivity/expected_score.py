"""Has a client changed by more than the score that was to be expected anyway?

Part of an extreme first score is error, which the second measurement does not repeat. These
indices compare the second score with the expected one instead of the first; they are
shown beside the index of Jacobson and Truax, and are never the status of a client.
"""

import math

import numpy as np
import numpy.typing as npt

from analytics.change import improvement, standard_error_of_measurement
from analytics.instrument import Better
from analytics.series import FloatArray


def expected_score(before: npt.ArrayLike, *, mean: float, reliability: float) -> FloatArray:
    r"""Return the second score to expect of a client who has not changed.

    .. math::

        \hat x_2 = M_1 + r\,(x_1 - M_1)

    A client is often measured first on a bad day: part of an extreme first score is error,
    which the second measurement does not repeat (regression toward the mean).

    Parameters
    ----------
    before
        First totals in points, any shape; a missing score (``nan``) gives ``nan``.
    mean
        Mean of the reference sample before treatment (M1), in points.
    reliability
        Reliability in that sample, 0 <= r < 1.

    Returns
    -------
    Array of the same shape, in points.

    Raises
    ------
    ValueError
        If ``mean`` is not a number of points.

    References
    ----------
    Speer, D. C. (1992). Clinically significant change: Jacobson and Truax (1991) revisited.
    *Journal of Consulting and Clinical Psychology, 60*(3), 402-408.
    https://doi.org/10.1037/0022-006X.60.3.402

    Examples
    --------
    >>> expected_score([32.5], mean=40, reliability=0.80)
    array([34.])
    """
    if not math.isfinite(mean):
        raise ValueError(f"mean must be a number of points, got {mean}")
    x = np.asarray(before, dtype=np.float64)
    return np.asarray(mean + reliability * (x - mean))


def gulliksen_lord_novick_index(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    mean: float,
    sd: float,
    reliability: float,
    better: Better = "lower",
) -> FloatArray:
    r"""Return the change beyond the expected score, in standard errors of prediction.

    .. math::

        RC_{GLN} = \pm\frac{(x_2 - M_1) - r\,(x_1 - M_1)}{s_1\sqrt{1 - r^2}}

    with the minus sign where a lower score is better.

    Parameters
    ----------
    before, after
        Totals in points, of shapes that broadcast; a missing score gives ``nan``.
    mean, sd
        Mean and standard deviation of clients before treatment (M1, s1), in points.
    reliability
        Reliability in that sample, 0 <= r < 1.
    better
        The direction in which a client gets better.

    Returns
    -------
    Array of the broadcast shape, without unit. Never the status of a client.

    Raises
    ------
    ValueError
        If ``mean``, ``sd`` or ``reliability`` is out of range.

    References
    ----------
    Hsu, L. M. (1995). Regression toward the mean associated with measurement error and the
    identification of improvement and deterioration in psychotherapy. *Journal of
    Consulting and Clinical Psychology, 63*(1), 141-144.
    https://doi.org/10.1037/0022-006X.63.1.141

    Examples
    --------
    M1 = 40, s1 = 7.5, r = .80: 34 is expected after 32.5, and the standard error is 4.5.

    >>> gulliksen_lord_novick_index(
    ...     [32.5], [47.5], mean=40, sd=7.5, reliability=0.80, better="higher"
    ... ).round(6)
    array([3.])
    """
    error = gulliksen_lord_novick_denominator(sd, reliability)
    expected = expected_score(before, mean=mean, reliability=reliability)
    return np.asarray(improvement(expected, after, better) / error)


def gulliksen_lord_novick_denominator(sd: float, reliability: float) -> float:
    r"""Return the standard error of prediction in points: :math:`s_1\sqrt{1 - r^2}`.

    Parameters and ``Raises`` are those of `gulliksen_lord_novick_index`.

    Examples
    --------
    >>> round(gulliksen_lord_novick_denominator(7.5, 0.80), 6)
    4.5
    """
    return standard_error_of_measurement(sd, reliability) * math.sqrt(1 + reliability)


def edwards_nunnally_index(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    mean: float,
    sd: float,
    reliability: float,
    better: Better = "lower",
) -> FloatArray:
    r"""Return the change beyond the expected score, in standard errors of measurement.

    .. math::

        RC_{EN} = \pm\frac{x_2 - [r\,(x_1 - M_1) + M_1]}{s_1\sqrt{1 - r}}

    The denominator holds the error of one score only, which makes the index the most
    generous of the panel. The authors draw the interval at two standard errors.

    Parameters
    ----------
    before, after, mean, sd, reliability, better
        As in `gulliksen_lord_novick_index`.

    Returns
    -------
    Array of the broadcast shape, without unit. Never the status of a client.

    Raises
    ------
    ValueError
        If ``mean``, ``sd`` or ``reliability`` is out of range.

    References
    ----------
    Speer (1992), p. 404. https://doi.org/10.1037/0022-006X.60.3.402

    Examples
    --------
    >>> edwards_nunnally_index(
    ...     [32.5], [47.5], mean=40, sd=7.5, reliability=0.80, better="higher"
    ... ).round(2)
    array([4.02])
    """
    error = standard_error_of_measurement(sd, reliability)
    expected = expected_score(before, mean=mean, reliability=reliability)
    return np.asarray(improvement(expected, after, better) / error)


def nunnally_kotsch_index(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    mean: float,
    sd: float,
    reliability: float,
    reliability_after: float,
    better: Better = "lower",
) -> FloatArray:
    r"""Return the change beyond the expected score, with the errors of both measurements.

    .. math::

        RC_{NK} = \pm\frac{x_2 - [r\,(x_1 - M_1) + M_1]}
        {\sqrt{r^2 s_1^2 (1 - r) + s_1^2 (1 - r_{post})}}

    Parameters
    ----------
    before, after, mean, sd, reliability, better
        As in `gulliksen_lord_novick_index`.
    reliability_after
        Reliability after treatment, 0 <= r < 1; often only that before is known, and given.

    Returns
    -------
    Array of the broadcast shape, without unit. Never the status of a client.

    Raises
    ------
    ValueError
        If ``mean``, ``sd`` or a reliability is out of range.

    References
    ----------
    Nunnally, J. C., & Kotsch, W. E. (1983). Studies of individual subjects: Logic and
    methods of analysis. *British Journal of Clinical Psychology, 22*(2), 83-93.
    https://doi.org/10.1111/j.2044-8260.1983.tb00582.x

    Examples
    --------
    >>> nunnally_kotsch_index(
    ...     [32.5], [47.5], mean=40, sd=7.5, reliability=0.80, reliability_after=0.80,
    ...     better="higher",
    ... ).round(2)
    array([3.14])
    """
    error = nunnally_kotsch_denominator(sd, reliability, reliability_after)
    expected = expected_score(before, mean=mean, reliability=reliability)
    return np.asarray(improvement(expected, after, better) / error)


def nunnally_kotsch_denominator(sd: float, reliability: float, reliability_after: float) -> float:
    r"""Return :math:`\sqrt{r^2 s_1^2(1-r) + s_1^2(1-r_{post})}` in points.

    Parameters and ``Raises`` are those of `nunnally_kotsch_index`.

    Examples
    --------
    >>> round(nunnally_kotsch_denominator(7.5, 0.80, 0.80), 4)
    4.2953
    """
    first = reliability * standard_error_of_measurement(sd, reliability)
    return math.hypot(first, standard_error_of_measurement(sd, reliability_after))
