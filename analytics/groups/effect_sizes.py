"""By how many standard deviations did a group change from before to after treatment?"""

import math

import numpy.typing as npt

from analytics.groups.alternative_sizes import average_sd_change, repeated_measures_change
from analytics.groups.enough import z_quantile
from analytics.groups.pairs import PairedSummary, gain, summary_of_pairs
from analytics.groups.standardising import (
    NORMAL,
    EffectSize,
    assessed,
    noncentrality_limits,
    not_assessable,
    small_sample_correction,
    suppressed,
)
from analytics.instrument import Better

RAW = (
    "Becker's standardised mean change, raw score standardisation (SD before treatment, "
    "corrected for small samples)"
)
CHANGE = (
    "standardised mean change, change score standardisation (d_z: SD of the changes, "
    "corrected for small samples)"
)
NONCENTRAL = "noncentral t"


def pre_post_effect_sizes(
    before: npt.ArrayLike, after: npt.ArrayLike, *, better: Better, confidence: float = 0.95
) -> tuple[EffectSize, EffectSize, EffectSize, EffectSize]:
    """Return the four usual pre-post effect sizes of a group, the primary one first.

    They answer different questions and differ by a factor of two or more on the same scores;
    compare only those of one name.

    Parameters
    ----------
    before, after
        One score a client, in points; ``nan`` marks a missing one. Pairs with both are used.
    better
        The direction in which a client gets better.
    confidence
        Two-sided confidence of the intervals, between 0 and 1.

    Returns
    -------
    `raw_score_change`, `change_score_change`, `average_sd_change` and
    `repeated_measures_change`, each with its full name.

    Raises
    ------
    ValueError
        If the arrays do not fit together or ``confidence`` is out of range.

    References
    ----------
    Lakens, D. (2013). Calculating and reporting effect sizes to facilitate cumulative
    science. *Frontiers in Psychology, 4*, 863. https://doi.org/10.3389/fpsyg.2013.00863

    Examples
    --------
    >>> sizes = pre_post_effect_sizes(
    ...     [20, 18, 15, 22, 17, 19], [12, 15, 9, 18, 16, 10], better="lower"
    ... )
    >>> [round(size.value, 2) for size in sizes]
    [1.79, 1.42, 1.7, 1.63]
    """
    pairs = summary_of_pairs(before, after)
    return (
        raw_score_change(pairs, better=better, confidence=confidence),
        change_score_change(pairs, better=better, confidence=confidence),
        average_sd_change(pairs, better=better, confidence=confidence),
        repeated_measures_change(pairs, better=better, confidence=confidence),
    )


def raw_score_change(
    pairs: PairedSummary, *, better: Better, confidence: float = 0.95
) -> EffectSize:
    r"""Return Becker's standardised mean change with raw score standardisation.

    .. math::

        g = \pm J(n - 1)\,\frac{M_2 - M_1}{s_1},\qquad
        \operatorname{var}(g) = \frac{2(1 - r_{12})}{n} + \frac{g^2}{2n},\qquad
        g \pm z\sqrt{\operatorname{var}(g)}

    The primary effect size: its unit, the spread of clients before treatment, is the one of
    a comparison of two groups.

    Parameters
    ----------
    pairs
        Means, standard deviations and correlation of the complete pairs.
    better
        The direction in which a client gets better; decides the sign.
    confidence
        Two-sided confidence, between 0 and 1.

    Returns
    -------
    Effect in standard deviations before treatment, positive when better; without numbers
    below 5 pairs, or where all scores before, or all after, are the same.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Becker, B. J. (1988). Synthesizing standardized mean-change measures. *British Journal of
    Mathematical and Statistical Psychology, 41*, 257-278.
    https://doi.org/10.1111/j.2044-8317.1988.tb00901.x

    Examples
    --------
    First study of Morris (2008), treatment group, where metafor prints 0.5056 with a
    variance of 0.0594:

    >>> from analytics.groups.pairs import published_pairs
    >>> found = raw_score_change(published_pairs(
    ...     n=20, mean_before=30.6, mean_after=38.5, sd_before=15.0, sd_after=11.6,
    ...     correlation=0.47), better="higher")
    >>> round(found.value, 4), round(found.standard_error**2, 4)
    (0.5056, 0.0594)
    """
    z = z_quantile(confidence)
    reason = suppressed(pairs.n) or _without_spread(pairs)
    if reason is None and pairs.correlation is None:
        reason = "Not assessable: all scores after treatment are the same, so no interval exists."
    if reason is not None or pairs.correlation is None:
        return not_assessable(RAW, NORMAL, pairs.n, pairs.n_all, confidence, reason)
    n = pairs.n
    g = small_sample_correction(n - 1) * gain(pairs, better) / pairs.sd_before
    error = math.sqrt(2 * (1 - pairs.correlation) / n + g * g / (2 * n))
    return assessed(
        RAW,
        g,
        error,
        (g - z * error, g + z * error),
        interval=NORMAL,
        n=n,
        n_all=pairs.n_all,
        confidence=confidence,
        standardiser=pairs.sd_before,
    )


def change_score_change(
    pairs: PairedSummary, *, better: Better, confidence: float = 0.95
) -> EffectSize:
    r"""Return the standardised mean change with change score standardisation, d_z.

    .. math::

        g_z = \pm J(n - 1)\,\frac{M_2 - M_1}{s_D},\qquad
        \operatorname{var}(g_z) = \frac{1}{n} + \frac{g_z^2}{2n},\qquad
        J(n - 1)\,\frac{\lambda}{\sqrt n}

    with the limits of the noncentrality :math:`\lambda` of t for the interval. Its unit is the
    spread of changes, not of clients: the more alike the changes, the larger it is. It must
    not be compared with effects of other names.

    Parameters
    ----------
    pairs, better, confidence
        As in `raw_score_change`.

    Returns
    -------
    Effect in standard deviations of the change, positive when better; without numbers below
    5 pairs, or where all clients changed by the same amount.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Gibbons, R. D., Hedeker, D. R., & Davis, J. M. (1993). Estimation of effect size from a
    series of experiments involving paired comparisons. *Journal of Educational Statistics,
    18*, 271-279. https://doi.org/10.3102/10769986018003271

    Examples
    --------
    The same study, where metafor prints 0.5417 with a variance of 0.0573:

    >>> from analytics.groups.pairs import published_pairs
    >>> found = change_score_change(published_pairs(
    ...     n=20, mean_before=30.6, mean_after=38.5, sd_before=15.0, sd_after=11.6,
    ...     correlation=0.47), better="higher")
    >>> round(found.value, 4), round(found.standard_error**2, 4)
    (0.5417, 0.0573)
    """
    z_quantile(confidence)
    reason = suppressed(pairs.n)
    if reason is None and not pairs.sd_change > 0:
        reason = "Not assessable: all clients changed by the same amount (SD 0)."
    if reason is not None:
        return not_assessable(CHANGE, NONCENTRAL, pairs.n, pairs.n_all, confidence, reason)
    n = pairs.n
    correction, root = small_sample_correction(n - 1), math.sqrt(n)
    d = gain(pairs, better) / pairs.sd_change
    g = correction * d
    low, high = noncentrality_limits(d * root, n - 1, confidence)
    return assessed(
        CHANGE,
        g,
        math.sqrt(1 / n + g * g / (2 * n)),
        (correction * low / root, correction * high / root),
        interval=NONCENTRAL,
        n=n,
        n_all=pairs.n_all,
        confidence=confidence,
        standardiser=pairs.sd_change,
    )


def _without_spread(pairs: PairedSummary) -> str | None:
    """Return the reason where the standard deviation before treatment is 0."""
    if pairs.sd_before > 0:
        return None
    return "Not assessable: all scores before treatment are the same (SD 0)."
