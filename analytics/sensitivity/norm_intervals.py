"""How uncertain are a cutoff and a criterion of change whose norms come from few people?"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from analytics.change import smallest_reliable_change
from analytics.cutoffs import Letter, cutoff_a, cutoff_b, cutoff_c
from analytics.instrument import Better, Norms


@dataclass(frozen=True, slots=True)
class NormInterval:
    """A number that rests on norms, and how far it might be off.

    Attributes
    ----------
    value
        The number itself, in points.
    low, high
        Ends of its interval, in points; ``None`` where it cannot be computed.
    method
        ``delta method``, ``bootstrap`` or ``chi-square``.
    notes
        What the interval takes for granted or why there is none, in sentences.
    """

    value: float
    low: float | None
    high: float | None
    method: str
    notes: tuple[str, ...]


def cutoff_interval(
    letter: Letter,
    *,
    clinical: Norms | None,
    functional: Norms | None,
    better: Better,
    confidence: float = 0.95,
) -> NormInterval:
    r"""Return cutoff *a*, *b* or *c* with its interval by the delta method.

    .. math::

        var(M_k) = \frac{s_k^2}{n_k},\qquad var(s_k) = \frac{s_k^2}{2 (n_k - 1)}

        var(a) = var(M_1) + 4\,var(s_1),\qquad var(b) = var(M_0) + 4\,var(s_0)

        var(c) = \frac{s_0^2\,var(M_1) + s_1^2\,var(M_0)}{(s_0 + s_1)^2}
        + \frac{(M_0 - M_1)^2\,[s_0^2\,var(s_1) + s_1^2\,var(s_0)]}{(s_0 + s_1)^4}

    and the cutoff +- z times the square root. The variance of a standard deviation holds for
    scores that are about normal; for skewed ones
    `analytics.sensitivity.norm_bootstrap.bootstrap_cutoff_interval` is better.

    Parameters
    ----------
    letter
        Which cutoff of Jacobson and Truax.
    clinical, functional
        Norms of clients before treatment (M1, s1) and of the functional population (M0, s0);
        *a* needs the first, *b* the second, *c* both. A group without ``n`` counts as known
        exactly, and ``notes`` says so.
    better
        The direction in which a client gets better.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    The cutoff and the ends of its interval, in points; no ends where no group has an ``n``.

    Raises
    ------
    ValueError
        If a norm is missing that the letter needs, an ``n`` is below 2, or a number is out
        of range.

    References
    ----------
    Oehlert, G. W. (1992). A note on the delta method. *The American Statistician, 46*(1),
    27-29. https://doi.org/10.1080/00031305.1992.10475842

    Examples
    --------
    M1 = 40, s1 = 10 and n = 51: var(M1) = 1.96 and var(s1) = 1, so the variance is 5.96.

    >>> found = cutoff_interval(
    ...     "a", clinical=Norms(40, 10, 51, "x"), functional=None, better="higher"
    ... )
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (60.0, 55.21, 64.79)
    """
    z = normal_quantile(confidence)
    value, groups = cutoff_and_groups(letter, clinical, functional, better)
    notes = tuple(
        f"The norms of {name} ({norms.source}) give no number of people and count as known exactly."
        for name, norms in groups
        if norms.n is None
    )
    if len(notes) == len(groups):
        return NormInterval(value, None, None, "delta method", notes)
    errors = {name: _variances(norms) for name, norms in groups}
    if letter == "a":
        variance = errors["clients"][0] + 4 * errors["clients"][1]
    elif letter == "b":
        variance = errors["the population"][0] + 4 * errors["the population"][1]
    else:
        (_, first), (_, zero) = groups
        var_m1, var_s1 = errors["clients"]
        var_m0, var_s0 = errors["the population"]
        total = zero.sd + first.sd
        spread = zero.sd**2 * var_s1 + first.sd**2 * var_s0
        variance = (zero.sd**2 * var_m1 + first.sd**2 * var_m0) / total**2
        variance += (zero.mean - first.mean) ** 2 * spread / total**4
    reach = z * math.sqrt(variance)
    return NormInterval(value, value - reach, value + reach, "delta method", notes)


def reliable_change_interval(
    clinical: Norms, reliability: float, *, criterion: float = 0.95, confidence: float = 0.95
) -> NormInterval:
    r"""Return the computed criterion of reliable change with its interval.

    .. math::

        RC\sqrt{\frac{n - 1}{\chi^2_{n-1;\,1-\alpha/2}}}\quad\text{to}\quad
        RC\sqrt{\frac{n - 1}{\chi^2_{n-1;\,\alpha/2}}}

    The criterion is proportional to the standard deviation of the norms, so its interval is
    that of a standard deviation. The reliability counts as known, and scores as about normal.

    Parameters
    ----------
    clinical
        Norms of clients before treatment; a group without ``n`` counts as known exactly.
    reliability
        Reliability in that sample, 0 <= r < 1.
    criterion
        Two-sided confidence of the criterion itself, as in `smallest_reliable_change`.
    confidence
        Two-sided confidence of the interval about it.

    Returns
    -------
    The criterion and the ends of its interval, in points; no ends without an ``n``.

    Raises
    ------
    ValueError
        If a number is out of range, or ``n`` is below 2.

    References
    ----------
    Snedecor, G. W., & Cochran, W. G. (1989). *Statistical methods* (8th ed.).
    Iowa State University Press.

    Examples
    --------
    >>> found = reliable_change_interval(Norms(16, 5.5, 30, "x"), 0.85)
    >>> round(found.low, 2), round(found.value, 2), round(found.high, 2)
    (4.7, 5.9, 7.94)
    """
    normal_quantile(confidence)
    value = smallest_reliable_change(clinical.sd, reliability, confidence=criterion)
    if clinical.n is None:
        note = (
            f"The norms of clients ({clinical.source}) give no number of people and count as "
            f"known exactly."
        )
        return NormInterval(value, None, None, "chi-square", (note,))
    check_n("clients", clinical.n)
    # Imported here, as SciPy takes longer to load than a caseload takes to compute.
    from scipy.special import chdtri

    df = clinical.n - 1
    low = value * math.sqrt(df / float(chdtri(df, (1 - confidence) / 2)))
    high = value * math.sqrt(df / float(chdtri(df, (1 + confidence) / 2)))
    return NormInterval(value, low, high, "chi-square", ("The reliability counts as known.",))


def cutoff_and_groups(
    letter: Letter, clinical: Norms | None, functional: Norms | None, better: Better
) -> tuple[float, tuple[tuple[str, Norms], ...]]:
    """Return the cutoff and the groups that it rests on, clients first."""
    if letter not in ("a", "b", "c"):
        raise ValueError(f"The cutoff to use must be a, b or c, got {letter!r}.")
    groups = [
        (name, norms)
        for name, norms, letters in (
            ("clients", clinical, "ac"),
            ("the population", functional, "bc"),
        )
        if letter in letters and norms is not None
    ]
    if len(groups) < (2 if letter == "c" else 1):
        raise ValueError(f"Cutoff {letter} needs norms that were not given.")
    for name, norms in groups:
        if norms.n is not None:
            check_n(name, norms.n)
    first, last = groups[0][1], groups[-1][1]
    if letter == "a":
        value = cutoff_a(clinical_mean=first.mean, clinical_sd=first.sd, better=better)
    elif letter == "b":
        value = cutoff_b(functional_mean=last.mean, functional_sd=last.sd, better=better)
    else:
        value = cutoff_c(
            clinical_mean=first.mean,
            clinical_sd=first.sd,
            functional_mean=last.mean,
            functional_sd=last.sd,
        )
    return float(value), tuple(groups)


def _variances(norms: Norms) -> tuple[float, float]:
    """Return the variances of the mean and of the standard deviation; 0 without ``n``."""
    if norms.n is None:
        return 0.0, 0.0
    return norms.sd**2 / norms.n, norms.sd**2 / (2 * (norms.n - 1))


def check_n(group: str, n: int) -> None:
    """Refuse norms of fewer than two people, which have no standard deviation."""
    if n < 2:
        raise ValueError(f"Norms of {group} must come from at least 2 people, got {n}.")


def normal_quantile(confidence: float) -> float:
    """Return z of a two-sided confidence between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2)
