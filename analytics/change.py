"""Has a client changed by more than measurement error?"""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import TOLERANCE, on_clinical_side
from analytics.instrument import Better, Cutoff
from analytics.series import CodeArray, FloatArray, IntArray

# A result holds the place of its word in this tuple.
CATEGORIES = ("recovered", "improved", "unchanged", "deteriorated", "harmed", "not_assessable")
RECOVERED, IMPROVED, UNCHANGED, DETERIORATED, HARMED, NOT_ASSESSABLE = range(6)


def standard_error_of_measurement(sd: float, reliability: float) -> float:
    r"""Return the standard error of one score, in points: :math:`s\,\sqrt{1 - r}`.

    Parameters
    ----------
    sd
        Standard deviation of the reference sample before treatment, in points; above 0.
    reliability
        Reliability of the questionnaire in that sample, 0 <= r < 1 (no unit).

    Returns
    -------
    One number, in points. There are no missing values: where a norm is unknown, nothing
    can be computed, and the caller says so.

    Raises
    ------
    ValueError
        If ``sd`` or ``reliability`` is out of range.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
    defining meaningful change in psychotherapy research. *Journal of Consulting and
    Clinical Psychology, 59*(1), 12-19, p. 14. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    The example of the paper, s = 7.5 and r = .80:

    >>> round(standard_error_of_measurement(7.5, 0.80), 2)
    3.35
    """
    if not 0 < sd < math.inf:
        raise ValueError(f"sd must be greater than 0, got {sd}")
    if not 0 <= reliability < 1:
        raise ValueError(f"reliability must be at least 0 and below 1, got {reliability}")
    return sd * math.sqrt(1 - reliability)


def standard_error_of_difference(sd: float, reliability: float) -> float:
    r"""Return the standard error of a difference, in points: :math:`\sqrt{2}\,s\sqrt{1-r}`.

    Parameters, missing values, ``Raises`` and the reference are those of
    `standard_error_of_measurement`; two scores carry the error of one measurement each.

    Returns
    -------
    One number, in points.

    Raises
    ------
    ValueError
        If ``sd`` or ``reliability`` is out of range.

    References
    ----------
    Jacobson & Truax (1991), p. 14. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> round(standard_error_of_difference(7.5, 0.80), 2)
    4.74
    """
    return math.sqrt(2) * standard_error_of_measurement(sd, reliability)


def reliable_change_index(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    sd: float,
    reliability: float,
    better: Better = "lower",
) -> FloatArray:
    r"""Return the change in standard errors of the difference, positive when better.

    .. math::

        RCI = \pm\frac{x_2 - x_1}{S_{diff}}

    with the minus sign where a lower score is better.

    Parameters
    ----------
    before, after
        Totals in points, of one shape or of shapes that broadcast; a missing score
        (``nan``) gives ``nan``.
    sd, reliability
        As in `standard_error_of_measurement`.
    better
        The direction in which a client gets better.

    Returns
    -------
    Array of the broadcast shape, without unit.

    Raises
    ------
    ValueError
        If ``sd`` or ``reliability`` is out of range.

    References
    ----------
    Jacobson & Truax (1991), p. 14. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    The example of the paper: from 32.5 to 47.5 where higher is better.

    >>> reliable_change_index([32.5], [47.5], sd=7.5, reliability=0.80, better="higher").round(2)
    array([3.16])
    """
    return improvement(before, after, better) / standard_error_of_difference(sd, reliability)


def improvement(before: npt.ArrayLike, after: npt.ArrayLike, better: Better) -> FloatArray:
    """Return the change in points, positive when the client got better.

    Parameters
    ----------
    before, after
        Totals in points, of shapes that broadcast; a missing score gives ``nan``.
    better
        The direction in which a client gets better.

    Returns
    -------
    Array of the broadcast shape, in points.

    Examples
    --------
    >>> improvement([20.0], [14.0], "lower")
    array([6.])
    """
    if better == "higher":
        return np.subtract(after, before, dtype=np.float64)
    return np.subtract(before, after, dtype=np.float64)


def smallest_reliable_change(sd: float, reliability: float, *, confidence: float = 0.95) -> float:
    r"""Return the criterion of reliable change in points: :math:`z\,S_{diff}`.

    A change is reliable when it is larger than this number. Criteria that services publish
    as whole numbers ("6 points or more") are met by equality as well; see
    `reliable_direction`.

    Parameters
    ----------
    sd, reliability
        As in `standard_error_of_measurement`.
    confidence
        Two-sided confidence, between 0 and 1; .95 gives z = 1.959964.

    Returns
    -------
    One number, in points.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Jacobson & Truax (1991), p. 14. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> round(smallest_reliable_change(7.5, 0.80), 3)
    9.297
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return z * standard_error_of_difference(sd, reliability)


def reliable_direction(
    improvements: npt.ArrayLike, *, criterion: float, inclusive: bool
) -> CodeArray:
    """Return 1 for reliable improvement, -1 for reliable deterioration, and 0 otherwise.

    Parameters
    ----------
    improvements
        Changes in points, positive when better; any shape. A missing change gives 0.
    criterion
        Reliable change in points, above 0.
    inclusive
        Whether a change of exactly the criterion counts: true for a published criterion,
        false for a computed one.

    Returns
    -------
    Array of the same shape, without unit.

    Raises
    ------
    ValueError
        If ``criterion`` is not above 0.

    References
    ----------
    Jacobson & Truax (1991), p. 14. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> reliable_direction([6.0, 5.0, -6.0], criterion=6, inclusive=True)
    array([ 1,  0, -1], dtype=int8)
    >>> reliable_direction([6.0, 5.0, -6.0], criterion=6, inclusive=False)
    array([0, 0, 0], dtype=int8)
    """
    if not criterion > 0:
        raise ValueError(f"criterion must be greater than 0 points, got {criterion}")
    change = np.asarray(improvements, dtype=np.float64)
    # 1.4 - 0.9 is a hair below 0.5 in binary: equality is judged to a billionth of a point.
    limit = criterion - TOLERANCE if inclusive else criterion + TOLERANCE
    up = (change > limit).view(np.int8)
    return np.asarray(up - (change < -limit).view(np.int8))


def change_category(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    criterion: float | None,
    inclusive: bool,
    cutoff: Cutoff | None,
    better: Better,
) -> CodeArray:
    """Return the clinical significance of each change, as a place in ``CATEGORIES``.

    Recovered is a reliable improvement from the clinical to the functional side of the
    cutoff, harmed a reliable deterioration the other way. Without a cutoff a reliable
    change is only improved or deteriorated.

    Parameters
    ----------
    before, after
        Totals in points, of one shape or of shapes that broadcast; a change with a missing
        score is not assessable.
    criterion, inclusive
        As in `reliable_direction`; without a criterion nothing is assessable.
    cutoff
        Which totals count as a case.
    better
        The direction in which a client gets better.

    Returns
    -------
    Array of codes of the broadcast shape.

    Raises
    ------
    ValueError
        If ``criterion`` is not above 0.

    References
    ----------
    Jacobson & Truax (1991), pp. 13-16. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> case = Cutoff(10, ">=", "caseness", "a manual")
    >>> codes = change_category(
    ...     [18, 18, 18, 8], [9, 11, 17, 15],
    ...     criterion=6, inclusive=True, cutoff=case, better="lower",
    ... )
    >>> [CATEGORIES[code] for code in codes]
    ['recovered', 'improved', 'unchanged', 'harmed']
    """
    first, last = np.broadcast_arrays(
        np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    )
    if criterion is None:
        return np.full(first.shape, NOT_ASSESSABLE, dtype=np.int8)
    change = improvement(first, last, better)
    direction = reliable_direction(change, criterion=criterion, inclusive=inclusive)
    codes = np.full(first.shape, UNCHANGED, dtype=np.int8)
    codes[direction > 0] = IMPROVED
    codes[direction < 0] = DETERIORATED
    if cutoff is not None:
        case_before, case_after = on_clinical_side(first, cutoff), on_clinical_side(last, cutoff)
        codes[(direction > 0) & case_before & ~case_after] = RECOVERED
        codes[(direction < 0) & ~case_before & case_after] = HARMED
    codes[np.isnan(change)] = NOT_ASSESSABLE
    return codes


def unbroken_run(direction: CodeArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return since when each series has its present direction, and when it first had each.

    Parameters
    ----------
    direction
        Codes of `reliable_direction` against the first score; one row a score, one column
        a series. The first row is the baseline itself, and 0.

    Returns
    -------
    Three arrays with one row number a series, -1 where there is none: the score that began
    the unbroken run of reliable scores that lasts to the end; the first reliably improved
    score; the first reliably deteriorated score. The present change is confirmed when its
    run has two scores or more.

    Examples
    --------
    >>> unbroken_run(np.array([[0], [1], [0], [1], [1]], dtype=np.int8))
    (array([3]), array([1]), array([-1]))
    """
    n = direction.shape[0]
    # The latest row that matches is the largest of row numbers times 0 or 1; as integers of
    # one byte, where they fit, these are taken by the dozen.
    rows = np.arange(n, dtype=np.min_scalar_type(n))[:, np.newaxis]
    from_end = np.flip(rows + 1)
    broken = ((direction != direction[-1]).view(np.uint8) * rows).max(axis=0).astype(np.int64)
    up = ((direction > 0).view(np.uint8) * from_end).max(axis=0).astype(np.int64)
    down = ((direction < 0).view(np.uint8) * from_end).max(axis=0).astype(np.int64)
    return (
        np.where(direction[-1] != 0, broken + 1, -1),
        np.where(up > 0, n - up, -1),
        np.where(down > 0, n - down, -1),
    )
