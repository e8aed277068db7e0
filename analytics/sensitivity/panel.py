"""Would another index of reliable change have judged the same two scores differently?

The status of a client rests on one index, that of Jacobson and Truax, or on a published
criterion. The other indices stand beside it to show how much the verdict depends on the
choice. They are never the status of a client.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from analytics.change import (
    reliable_change_index,
    standard_error_of_difference,
    standard_error_of_measurement,
)
from analytics.instrument import Better, Norms
from analytics.sensitivity.expected_score import (
    edwards_nunnally_index,
    gulliksen_lord_novick_denominator,
    gulliksen_lord_novick_index,
    nunnally_kotsch_denominator,
    nunnally_kotsch_index,
)
from analytics.sensitivity.hageman_arrindell import (
    hageman_arrindell_denominator,
    hageman_arrindell_index,
    hageman_arrindell_obstacle,
)
from analytics.sensitivity.samples import PairedSample
from analytics.series import CodeArray, FloatArray

# Codes of `verdicts`; a pair with a missing score has none.
WORSE, UNRELIABLE, IMPROVED, NO_VERDICT = -1, 0, 1, -2

METHODS = (
    "Jacobson-Truax",
    "Gulliksen-Lord-Novick",
    "Edwards-Nunnally",
    "Nunnally-Kotsch",
    "Hageman-Arrindell",
)


@dataclass(frozen=True, slots=True)
class IndexResult:
    """What one index says of each pair of scores; never the status of a client.

    Attributes
    ----------
    name
        One of ``METHODS``.
    index
        One number a pair, positive when better, ``nan`` where a score is missing; ``None``
        where the index cannot be computed.
    verdict
        Codes of `verdicts`; ``None`` as for ``index``.
    critical
        What the index must exceed: 1.959964 at .95, for Hageman-Arrindell 1.644854.
    denominator
        The standard error by which the change is divided, in points.
    reason
        Why there is no index, in a sentence; ``None`` where there is one.
    note
        What a reader must know of the ingredients, in a sentence, or ``""``.
    """

    name: str
    index: FloatArray | None
    verdict: CodeArray | None
    critical: float
    denominator: float | None
    reason: str | None = None
    note: str = ""


def verdicts(index: npt.ArrayLike, critical: float) -> CodeArray:
    """Return 1 where an index exceeds the critical value, -1 where it does so negatively.

    Parameters
    ----------
    index
        Indices of change, positive when better; any shape.
    critical
        The critical value, above 0; an index of exactly that size is not reliable.

    Returns
    -------
    Array of the same shape: ``IMPROVED``, ``WORSE``, ``UNRELIABLE`` (0) in between, and
    ``NO_VERDICT`` (-2) where the index is ``nan``.

    Raises
    ------
    ValueError
        If ``critical`` is not above 0.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
    defining meaningful change in psychotherapy research. *Journal of Consulting and
    Clinical Psychology, 59*(1), 12-19, p. 14. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> verdicts([2.0, 1.96, -2.5, float("nan")], 1.96)
    array([ 1,  0, -1, -2], dtype=int8)
    """
    if not critical > 0:
        raise ValueError(f"critical must be greater than 0, got {critical}")
    values = np.asarray(index, dtype=np.float64)
    codes = np.zeros(values.shape, dtype=np.int8)
    codes[values > critical] = IMPROVED
    codes[values < -critical] = WORSE
    codes[np.isnan(values)] = NO_VERDICT
    return codes


def sensitivity_panel(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    better: Better,
    clinical: Norms | None,
    reliability: float | None,
    reliability_after: float | None = None,
    sample: PairedSample | None = None,
    confidence: float = 0.95,
) -> tuple[IndexResult, ...]:
    """Return what each index of ``METHODS`` says of each pair of scores, in that order.

    The panel shows how far a verdict depends on the index; it is never the status of a
    client. All indices are computed ones with a strict comparison, also where the status
    rests on a published criterion in whole points.

    Parameters
    ----------
    before, after
        Totals in points, of shapes that broadcast; a missing score has no verdict.
    better
        The direction in which a client gets better.
    clinical
        Mean and standard deviation of clients before treatment (M1, s1).
    reliability, reliability_after
        Reliability before and after treatment, 0 <= r < 1; where that after is not known,
        Nunnally-Kotsch takes that before, and its ``note`` says so.
    sample
        Scores before and after in a sample of clients, for Hageman-Arrindell.
    confidence
        Two-sided confidence of the first four; Hageman-Arrindell takes the one-sided
        quantile of the same probability, as its authors do.

    Returns
    -------
    Five results. Where an ingredient is missing, a result has a reason instead of an index.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Each index has its own; see the functions that compute them.

    Examples
    --------
    >>> norms = Norms(40, 7.5, None, "a study")
    >>> panel = sensitivity_panel(
    ...     [32.5], [47.5], better="higher", clinical=norms, reliability=0.80
    ... )
    >>> [None if one.index is None else one.index.round(2).tolist() for one in panel]
    [[3.16], [3.0], [4.02], [3.14], None]
    >>> print(panel[-1].reason)
    No sample of clients with a score before and after is known, so this index is not assessable.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    two_sided = NormalDist().inv_cdf(0.5 + confidence / 2)
    one_sided = NormalDist().inv_cdf(confidence)
    critical = (two_sided, two_sided, two_sided, two_sided, one_sided)
    if clinical is None or reliability is None:
        lacking = "standard deviation of clients" if clinical is None else "reliability"
        reason = f"No {lacking} is known, so this index is not assessable."
        return tuple(
            IndexResult(name, None, None, limit, None, reason)
            for name, limit in zip(METHODS, critical, strict=True)
        )
    mean, sd, r = clinical.mean, clinical.sd, reliability
    r_post = r if reliability_after is None else reliability_after
    sem = standard_error_of_measurement(sd, r)
    jacobson = reliable_change_index(before, after, sd=sd, reliability=r, better=better)
    gulliksen = gulliksen_lord_novick_index(
        before, after, mean=mean, sd=sd, reliability=r, better=better
    )
    edwards = edwards_nunnally_index(before, after, mean=mean, sd=sd, reliability=r, better=better)
    nunnally = nunnally_kotsch_index(
        before, after, mean=mean, sd=sd, reliability=r, reliability_after=r_post, better=better
    )
    same = "" if reliability_after is not None else "The reliability before stands for that after."
    return (
        _result(0, jacobson, two_sided, standard_error_of_difference(sd, r)),
        _result(1, gulliksen, two_sided, gulliksen_lord_novick_denominator(sd, r)),
        _result(2, edwards, two_sided, sem),
        _result(3, nunnally, two_sided, nunnally_kotsch_denominator(sd, r, r_post), same),
        _hageman_arrindell(before, after, sem, sample, one_sided, better),
    )


def _hageman_arrindell(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    sem: float,
    sample: PairedSample | None,
    critical: float,
    better: Better,
) -> IndexResult:
    if sample is None:
        reason: str | None = (
            "No sample of clients with a score before and after is known, so this index is "
            "not assessable."
        )
    else:
        reason = hageman_arrindell_obstacle(sample, sem)
    if sample is None or reason is not None:
        return IndexResult(METHODS[4], None, None, critical, None, reason)
    index = hageman_arrindell_index(before, after, sem=sem, sample=sample, better=better)
    error = hageman_arrindell_denominator(sample, sem)
    return _result(4, index, critical, error, f"Sample: {sample.source}, n = {sample.n}.")


def _result(
    method: int, index: npt.ArrayLike, critical: float, denominator: float, note: str = ""
) -> IndexResult:
    values = np.asarray(index, dtype=np.float64)
    codes = verdicts(values, critical)
    return IndexResult(METHODS[method], values, codes, critical, denominator, note=note)
