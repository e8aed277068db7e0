"""On which side of the line between clients and the general population is a score?"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics.instrument import Better, Comparison, Cutoff, Instrument, Norms
from analytics.series import BoolArray

Letter = Literal["a", "b", "c"]

# Decimal scores and their sums are not exact in binary: comparisons with a published number
# of points treat a billionth of a point as equal.
TOLERANCE = 1e-9


def cutoff_a(*, clinical_mean: float, clinical_sd: float, better: Better) -> float:
    r"""Return cutoff *a*: two standard deviations beyond the clinical mean.

    .. math::

        a = M_1 \pm 2 s_1

    with plus where higher is better.

    Parameters
    ----------
    clinical_mean, clinical_sd
        Norms of clients before treatment, in points.
    better
        The direction in which a client gets better.

    Returns
    -------
    One number, in points; nothing is missing, as both norms are required.

    Raises
    ------
    ValueError
        If the standard deviation is not above 0 or the mean is not a number.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
    defining meaningful change in psychotherapy research. *Journal of Consulting and
    Clinical Psychology, 59*(1), 12-19, p. 13. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    The example of the paper, M1 = 40 and s = 7.5:

    >>> cutoff_a(clinical_mean=40, clinical_sd=7.5, better="higher")
    55.0
    """
    _check_norms("clinical", clinical_mean, clinical_sd)
    return clinical_mean + _sign(better) * 2 * clinical_sd


def cutoff_b(*, functional_mean: float, functional_sd: float, better: Better) -> float:
    r"""Return cutoff *b*: two standard deviations short of the functional mean.

    .. math::

        b = M_0 \mp 2 s_0

    with minus where higher is better. The standard deviation is that of the functional
    group, as in the paper; some programs take the clinical one.

    Parameters
    ----------
    functional_mean, functional_sd
        Norms of the functional (general) population, in points.
    better
        The direction in which a client gets better.

    Returns
    -------
    One number, in points; nothing is missing, as both norms are required.

    Raises
    ------
    ValueError
        If the standard deviation is not above 0 or the mean is not a number.

    References
    ----------
    Jacobson & Truax (1991), p. 13. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    The example of the paper, M0 = 60 and s = 7.5:

    >>> cutoff_b(functional_mean=60, functional_sd=7.5, better="higher")
    45.0
    """
    _check_norms("functional", functional_mean, functional_sd)
    return functional_mean - _sign(better) * 2 * functional_sd


def cutoff_c(
    *, clinical_mean: float, clinical_sd: float, functional_mean: float, functional_sd: float
) -> float:
    r"""Return cutoff *c*: the point equally many standard deviations from both means.

    .. math::

        c = \frac{s_0 M_1 + s_1 M_0}{s_0 + s_1}

    Parameters
    ----------
    clinical_mean, clinical_sd
        Norms of clients before treatment, in points (M1, s1).
    functional_mean, functional_sd
        Norms of the functional population, in points (M0, s0).

    Returns
    -------
    One number, in points; nothing is missing, as all norms are required. The formula is the
    same for both directions.

    Raises
    ------
    ValueError
        If a standard deviation is not above 0 or a mean is not a number.

    References
    ----------
    Jacobson & Truax (1991), p. 13. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    The example of the paper:

    >>> cutoff_c(clinical_mean=40, clinical_sd=7.5, functional_mean=60, functional_sd=7.5)
    50.0
    """
    _check_norms("clinical", clinical_mean, clinical_sd)
    _check_norms("functional", functional_mean, functional_sd)
    weighted = functional_sd * clinical_mean + clinical_sd * functional_mean
    return weighted / (functional_sd + clinical_sd)


def letter_to_use(wanted: str, clinical: Norms | None, functional: Norms | None) -> Letter | None:
    """Return which cutoff the norms allow: the wanted one, or the one that is left.

    Cutoff *c* needs both groups, *a* the clinical and *b* the functional one.

    Parameters
    ----------
    wanted
        ``"a"``, ``"b"`` or ``"c"``.
    clinical, functional
        Norms of the two groups; ``None`` where none is known.

    Returns
    -------
    A letter, or ``None`` when no norm is known.

    Raises
    ------
    ValueError
        If ``wanted`` is none of the three letters.

    References
    ----------
    Jacobson & Truax (1991), p. 13-14. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> letter_to_use("c", Norms(22.4, 10.5, 248, "a study"), None)
    'a'
    """
    if wanted not in ("a", "b", "c"):
        raise ValueError(f"The cutoff to use must be a, b or c, got {wanted!r}.")
    if clinical is None and functional is None:
        return None
    if functional is None:
        return "a"
    if clinical is None:
        return "b"
    return "a" if wanted == "a" else "b" if wanted == "b" else "c"


def on_clinical_side(scores: npt.ArrayLike, cutoff: Cutoff) -> BoolArray:
    """Return whether each score counts as a case.

    Parameters
    ----------
    scores
        Totals in points, any shape; a missing score (``nan``) is no case, and callers that
        must tell the two apart look at the scores.
    cutoff
        Value and comparison, such as ``>= 10``.

    Returns
    -------
    Array of booleans of the same shape.

    Raises
    ------
    ValueError
        If the comparison of the cutoff is none of ``>=``, ``>``, ``<=`` and ``<``.

    References
    ----------
    Jacobson & Truax (1991), p. 13. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> on_clinical_side([9.0, 10.0, 11.0], Cutoff(10, ">=", "caseness", "a manual"))
    array([False,  True,  True])
    """
    x = np.asarray(scores, dtype=np.float64)
    if cutoff.op == ">=":
        return np.asarray(x >= cutoff.value - TOLERANCE)
    if cutoff.op == ">":
        return np.asarray(x > cutoff.value + TOLERANCE)
    if cutoff.op == "<=":
        return np.asarray(x <= cutoff.value + TOLERANCE)
    if cutoff.op == "<":
        return np.asarray(x < cutoff.value - TOLERANCE)
    raise ValueError(f"A cutoff compares by >=, >, <= or <, got {cutoff.op!r}.")


def _sign(better: Better) -> int:
    return 1 if better == "higher" else -1


def _check_norms(group: str, mean: float, sd: float) -> None:
    if not math.isfinite(mean):
        raise ValueError(f"The {group} mean must be a number of points, got {mean}.")
    if not 0 < sd < math.inf:
        raise ValueError(f"The {group} standard deviation must be greater than 0, got {sd}.")


def case_cutoff(
    instrument: Instrument, clinical: Norms | None, letter: str
) -> tuple[Cutoff | None, str | None]:
    """Return which totals count as a case, or ``None`` and a sentence that says why not.

    The published cutoff for caseness, else the first published one, else that of Jacobson
    and Truax which *letter* names, as far as norms allow.

    Parameters
    ----------
    instrument
        The facts of the questionnaire.
    clinical
        The norms of clients to use: those of the instrument, or the service's own.
    letter
        ``"a"``, ``"b"`` or ``"c"``.

    Examples
    --------
    >>> mood = Instrument("mood", "1", "Mood list", "lower", 0, 30, 1)
    >>> case_cutoff(mood, Norms(20, 5, 100, "a manual"), "c")[0].value
    10
    >>> case_cutoff(mood, None, "c")[1][:68]
    'Mood list: no cutoff for caseness that holds for every client is on '
    """
    ends: tuple[Comparison, ...] = ("<=", "<") if instrument.better == "higher" else (">=", ">")
    # A threshold that counts the healthy end (a remission mark, say) is no case cutoff, nor is
    # the mark of a measure of the session.
    published = [c for c in instrument.cutoffs if c.op in ends and c.purpose != "alert"]
    for cutoff in published:
        if cutoff.purpose == "caseness":
            return cutoff, None
    if published:
        return published[0], None

    functional = instrument.functional
    chosen = letter_to_use(letter, clinical, functional)
    value: float
    used: tuple[Norms, ...]
    if chosen == "c" and clinical is not None and functional is not None:
        value = cutoff_c(
            clinical_mean=clinical.mean,
            clinical_sd=clinical.sd,
            functional_mean=functional.mean,
            functional_sd=functional.sd,
        )
        used = (clinical, functional)
    elif chosen == "b" and functional is not None:
        value = cutoff_b(
            functional_mean=functional.mean,
            functional_sd=functional.sd,
            better=instrument.better,
        )
        used = (functional,)
    elif chosen == "a" and clinical is not None:
        value = cutoff_a(
            clinical_mean=clinical.mean, clinical_sd=clinical.sd, better=instrument.better
        )
        used = (clinical,)
    else:
        return None, (
            f"{instrument.name}: no cutoff for caseness that holds for every client is on record "
            f"and no norms are known{_healthy_marks(instrument, ends)}, so recovery and the kind "
            f"of a plateau cannot be assessed."
        )
    if not instrument.minimum < value < instrument.maximum:
        return None, (
            f"{instrument.name}: the cutoff {chosen} computed from its norms, {value:.1f}, lies "
            f"outside the scale, so recovery and the kind of a plateau cannot be assessed."
        )
    sources = " and ".join(f"M {n.mean:.4g}, SD {n.sd:.4g} ({n.source})" for n in used)
    return Cutoff(value, ends[0], f"computed {chosen}", f"computed from {sources}"), None


def _healthy_marks(instrument: Instrument, clinical_ends: tuple[Comparison, ...]) -> str:
    """Return which marks of the healthy end are on record, as an aside."""
    marks = " and ".join(
        f"{c.op} {c.value:g} is the mark of {c.purpose}"
        for c in instrument.cutoffs
        if c.op not in clinical_ends
    )
    return f" ({marks}, which is no cutoff for caseness)" if marks else ""
