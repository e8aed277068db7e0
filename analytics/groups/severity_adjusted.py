"""How large is the change of a caseload once the severity at intake is allowed for?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import on_clinical_side
from analytics.groups.enough import (
    IMPRECISE_BELOW,
    REFERENCE_FROM,
    SUPPRESS_BELOW,
    too_few,
    z_quantile,
)
from analytics.groups.means import mean_with_interval
from analytics.groups.moments import mean, standard_deviation
from analytics.instrument import Better, Cutoff
from analytics.series import BoolArray, FloatArray

NAME = "severity-adjusted effect size (residual gain plus the reference's mean change, in its SD)"


@dataclass(frozen=True, slots=True)
class SeverityReference:
    """A regression of final on intake scores in a reference sample of the clinical range.

    ``coefficients`` are the intercept, the slope on intake and those of the covariates;
    ``mean_gain`` is positive when better; ``sd_intake`` is in points. Numbers are empty or
    ``nan`` where ``reason`` says why there is no reference.
    """

    label: str
    n: int
    n_all: int
    cutoff: Cutoff
    better: Better
    coefficients: tuple[float, ...]
    mean_gain: float
    sd_intake: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class SeverityAdjusted:
    """The mean severity-adjusted effect of one caseload, with a t interval.

    The interval takes the reference as known. ``n`` clients had both scores and an intake in
    the clinical range, of ``n_all``.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n: int
    n_all: int
    reference: str
    reference_n: int
    very_imprecise: bool
    reason: str | None


def severity_reference(
    intake: npt.ArrayLike,
    final: npt.ArrayLike,
    *,
    cutoff: Cutoff,
    better: Better,
    label: str,
    covariates: npt.ArrayLike | None = None,
    fewest: int = REFERENCE_FROM,
) -> SeverityReference:
    r"""Return the regression of final on intake scores that says what change is expected.

    .. math::

        \hat x_2 = b_0 + b_1 x_1 + \ldots

    by least squares, over clients whose intake is on the clinical side of the cutoff and who
    have both scores.

    Parameters
    ----------
    intake, final
        One score a client, in points; ``nan`` marks a missing one.
    cutoff
        A client at intake on its clinical side is in the clinical range.
    better
        The direction in which a client gets better.
    label
        What the sample is, in words, such as "this service, closed episodes of 2023".
    covariates
        One row a client and one column a variable (such as the session number of the first
        score); a client with a missing value is left out.
    fewest
        Clients that a reference needs.

    Returns
    -------
    The reference; with a reason and without numbers where there are too few clients or all
    have the same intake score.

    Raises
    ------
    ValueError
        If the arrays do not fit together.

    References
    ----------
    Seidel, J. A., Miller, S. D., & Chow, D. L. (2014). Effect size calculations for the
    clinician: methods and comparability. *Psychotherapy Research, 24*, 470-484.
    https://doi.org/10.1080/10503307.2013.840812

    Examples
    --------
    Three clients, final = 2 + 0.5 intake exactly (a real reference has 30 or more):

    >>> at_10 = Cutoff(10, ">=", "caseness", "example")
    >>> found = severity_reference(
    ...     [12, 16, 20], [8, 10, 12], cutoff=at_10, better="lower", label="example", fewest=3)
    >>> [round(b, 6) for b in found.coefficients], found.mean_gain, found.sd_intake
    ([2.0, 0.5], 6.0, 4.0)
    """
    x, y, extra = _columns(intake, final, covariates)
    used = _usable(x, y, extra, cutoff)
    n, n_all = int(used.sum()), int(x.size)
    reason = too_few(n, fewest, "clients in the clinical range with both scores")
    x, y, extra = x[used], y[used], extra[used]
    sd = standard_deviation(x)
    design = np.column_stack((np.ones(n), x - x.mean() if n else x, extra))
    if reason is None and not (sd > 0 and np.linalg.matrix_rank(design) == design.shape[1]):
        reason = (
            "Not assessable: the intake scores or covariates of the reference do not differ "
            "between clients (SD 0)."
        )
    if reason is not None:
        return SeverityReference(label, n, n_all, cutoff, better, (), math.nan, math.nan, reason)
    # Sorted rows and a centred intake: the order of the clients changes no digit.
    order = np.lexsort((*extra.T, y, x))
    centre = mean(x)
    design = np.column_stack((np.ones(n), x[order] - centre, extra[order]))
    b = np.linalg.lstsq(design, y[order], rcond=None)[0]
    coefficients = (float(b[0] - b[1] * centre), *(float(value) for value in b[1:]))
    gain = mean(x - y) if better == "lower" else mean(y - x)
    return SeverityReference(label, n, n_all, cutoff, better, coefficients, gain, sd, None)


def severity_adjusted_effects(
    intake: npt.ArrayLike,
    final: npt.ArrayLike,
    reference: SeverityReference,
    *,
    covariates: npt.ArrayLike | None = None,
) -> FloatArray:
    r"""Return the severity-adjusted effect of each client.

    .. math::

        SAES_i = \frac{\bar g_{ref} \pm (x_{2i} - \hat x_{2i})}{s_{1,ref}}

    with minus where lower is better: the mean gain of the reference plus what this client
    gained beyond the gain expected from the intake score.

    Parameters
    ----------
    intake, final, covariates
        As in `severity_reference`; covariates of the same number of columns.
    reference
        What `severity_reference` found.

    Returns
    -------
    One value a client, in standard deviations of the reference at intake, positive when
    better; ``nan`` for a missing score, an intake outside the clinical range, or where there
    is no reference.

    Raises
    ------
    ValueError
        If the arrays do not fit together, or the covariates are not those of the reference.

    References
    ----------
    ACORN Collaboration: Severity adjusted effect size.
    http://psychoutcomes.org/OutcomesMeasurement/SeverityAdjustedEffectSize

    Examples
    --------
    The reference of `severity_reference` expects 10 after an intake of 16, and gains 6 points
    on average. A client who goes to 8 gained 2 more: (6 + 2) / 4.

    >>> at_10 = Cutoff(10, ">=", "caseness", "example")
    >>> reference = severity_reference(
    ...     [12, 16, 20], [8, 10, 12], cutoff=at_10, better="lower", label="example", fewest=3)
    >>> severity_adjusted_effects([16, 9], [8, 3], reference).round(6)
    array([ 2., nan])
    """
    x, y, extra = _columns(intake, final, covariates)
    out = np.full(x.size, np.nan)
    if reason_of(reference) is not None:
        return out
    b = reference.coefficients
    if extra.shape[1] != len(b) - 2:
        raise ValueError(
            f"The reference has {len(b) - 2} covariates, the clients have {extra.shape[1]}."
        )
    used = _usable(x, y, extra, reference.cutoff)
    expected = b[0] + b[1] * x[used]
    for weight, column in zip(b[2:], extra[used].T, strict=True):
        expected += weight * column
    sign = 1.0 if reference.better == "higher" else -1.0
    out[used] = (reference.mean_gain + sign * (y[used] - expected)) / reference.sd_intake
    return out


def severity_adjusted_mean(
    effects: npt.ArrayLike, reference: SeverityReference, *, confidence: float = 0.95
) -> SeverityAdjusted:
    r"""Return the mean severity-adjusted effect of one caseload: :math:`\bar e \pm t_{n-1}\,s/\sqrt n`.

    Parameters
    ----------
    effects
        Effects of its clients, as `severity_adjusted_effects` returns them; ``nan`` is left
        out and counted in ``n_all``.
    reference
        The reference behind them, reported with its number of clients.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    Mean and interval in standard deviations; without numbers below 5 clients.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Seidel, Miller & Chow (2014). https://doi.org/10.1080/10503307.2013.840812

    Examples
    --------
    >>> at_10 = Cutoff(10, ">=", "caseness", "example")
    >>> reference = severity_reference(
    ...     [12, 16, 20], [8, 10, 12], cutoff=at_10, better="lower", label="example", fewest=3)
    >>> found = severity_adjusted_mean([1.0, 1.5, 2.0, 0.5, 1.0], reference)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2), found.reference_n
    (1.2, 0.49, 1.91, 3)
    """
    z_quantile(confidence)
    every = np.asarray(effects, dtype=np.float64).ravel()
    known = every[~np.isnan(every)]
    n = int(known.size)
    reason = reason_of(reference) or too_few(
        n, SUPPRESS_BELOW, "clients in the clinical range with both scores"
    )
    found = mean_with_interval(known, confidence=confidence) if reason is None else None
    return SeverityAdjusted(
        name=NAME,
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        confidence=confidence,
        n=n,
        n_all=int(every.size),
        reference=reference.label,
        reference_n=reference.n,
        very_imprecise=found is not None and n < IMPRECISE_BELOW,
        reason=reason,
    )


def reason_of(reference: SeverityReference) -> str | None:
    """Return why nothing can be compared with this reference, or nothing."""
    if reference.reason is None:
        return None
    return f"Not assessable: no reference ({reference.label}). {reference.reason}"


def _columns(
    intake: npt.ArrayLike, final: npt.ArrayLike, covariates: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return scores and covariates as arrays that fit together."""
    x = np.asarray(intake, dtype=np.float64)
    y = np.asarray(final, dtype=np.float64)
    if covariates is None:
        extra = np.zeros((x.size, 0))
    else:
        extra = np.asarray(covariates, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or extra.ndim != 2 or len(extra) != x.size:
        raise ValueError(
            f"Intake, final scores and covariates must have one row a client, got the shapes "
            f"{x.shape}, {y.shape} and {extra.shape}."
        )
    return x, y, extra


def _usable(x: FloatArray, y: FloatArray, extra: FloatArray, cutoff: Cutoff) -> BoolArray:
    """Return which clients have everything and started in the clinical range."""
    known = np.isfinite(x) & np.isfinite(y) & np.isfinite(extra).all(axis=1)
    return np.asarray(known & on_clinical_side(x, cutoff))
