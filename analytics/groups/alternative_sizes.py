"""How large is a change in the two other units in use, d_av and d_rm?"""

import math

from analytics.groups.enough import z_quantile
from analytics.groups.pairs import PairedSummary, gain
from analytics.groups.standardising import (
    NORMAL,
    EffectSize,
    assessed,
    not_assessable,
    suppressed,
)
from analytics.instrument import Better

AVERAGE = "standardised mean change, average standardisation (d_av: root mean square of both SDs)"
REPEATED = "standardised mean change, repeated measures standardisation (d_rm: SD of the changes over sqrt(2(1 - r)))"


def average_sd_change(
    pairs: PairedSummary, *, better: Better, confidence: float = 0.95
) -> EffectSize:
    r"""Return the standardised mean change with average standardisation, d_av.

    .. math::

        d_{av} = \pm\frac{M_2 - M_1}{s},\quad s^2 = \frac{s_1^2 + s_2^2}{2},\qquad
        \operatorname{var} = \frac{d^2 (s_1^4 + s_2^4 + 2 r^2 s_1^2 s_2^2)}{8 (n-1) s^4}
        + \frac{s_D^2}{(n-1) s^2}

    Not corrected for small samples.

    Parameters
    ----------
    pairs, better, confidence
        As in `raw_score_change`.

    Returns
    -------
    Effect in average standard deviations, positive when better; without numbers below 5
    pairs, or where neither before nor after two clients differ.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Bonett, D. G. (2008). Confidence intervals for standardized linear contrasts of means.
    *Psychological Methods, 13*, 99-109. https://doi.org/10.1037/1082-989X.13.2.99

    Examples
    --------
    The example of the R package statpsych, which prints 0.5550 with 0.2395 to 0.8706:

    >>> from analytics.groups.pairs import published_pairs
    >>> found = average_sd_change(published_pairs(
    ...     n=25, mean_before=110.4, mean_after=102.1, sd_before=15.3, sd_after=14.6,
    ...     correlation=0.75), better="lower")
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.555, 0.2395, 0.8706)
    """
    z = z_quantile(confidence)
    reason = suppressed(pairs.n)
    v1, v2 = pairs.sd_before**2, pairs.sd_after**2
    variance = (v1 + v2) / 2
    if reason is None and not variance > 0:
        reason = "Not assessable: before and after treatment all scores are the same (SD 0)."
    if reason is not None:
        return not_assessable(AVERAGE, NORMAL, pairs.n, pairs.n_all, confidence, reason)
    m, r = pairs.n - 1, pairs.correlation or 0.0
    d = gain(pairs, better) / math.sqrt(variance)
    spread = d * d * (v1 * v1 + v2 * v2 + 2 * r * r * v1 * v2) / (8 * m * variance * variance)
    error = math.sqrt(spread + pairs.sd_change**2 / (m * variance))
    return assessed(
        AVERAGE,
        d,
        error,
        (d - z * error, d + z * error),
        interval=NORMAL,
        n=pairs.n,
        n_all=pairs.n_all,
        confidence=confidence,
        standardiser=math.sqrt(variance),
    )


def repeated_measures_change(
    pairs: PairedSummary, *, better: Better, confidence: float = 0.95
) -> EffectSize:
    r"""Return the standardised mean change with repeated measures standardisation, d_rm.

    .. math::

        d_{rm} = \pm\frac{M_2 - M_1}{s_D}\sqrt{2(1 - r)},\qquad
        \operatorname{var} = \left(\frac1n + \frac{d^2}{2n}\right) 2(1 - r)

    Not corrected for small samples.

    Parameters
    ----------
    pairs, better, confidence
        As in `raw_score_change`.

    Returns
    -------
    Effect in standard deviations within an occasion, positive when better; without numbers
    below 5 pairs, where all clients changed by the same amount, or where no correlation
    exists.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Morris, S. B., & DeShon, R. P. (2002). Combining effect size estimates in meta-analysis
    with repeated measures and independent-groups designs. *Psychological Methods, 7*,
    105-125. https://doi.org/10.1037/1082-989X.7.1.105

    Borenstein, M., Hedges, L. V., Higgins, J. P. T., & Rothstein, H. R. (2009). *Introduction
    to meta-analysis*, chapter 4. Wiley. https://doi.org/10.1002/9780470743386.ch4

    Examples
    --------
    The example of the R package MOTE, which prints 0.43:

    >>> from analytics.groups.pairs import published_pairs
    >>> round(repeated_measures_change(published_pairs(
    ...     n=7, mean_before=5.571, mean_after=4.429, sd_before=1.988, sd_after=2.878,
    ...     correlation=0.678), better="lower").value, 2)
    0.43
    """
    z = z_quantile(confidence)
    reason = suppressed(pairs.n)
    r = pairs.correlation
    if reason is None and (r is None or r >= 1 or not pairs.sd_change > 0):
        reason = (
            "Not assessable: the changes, or the scores on one occasion, do not differ between "
            "clients (SD 0)."
        )
    if reason is not None or r is None:
        return not_assessable(REPEATED, NORMAL, pairs.n, pairs.n_all, confidence, reason)
    n, shared = pairs.n, 2 * (1 - r)
    within = pairs.sd_change / math.sqrt(shared)
    d = gain(pairs, better) / within
    error = math.sqrt((1 / n + d * d / (2 * n)) * shared)
    return assessed(
        REPEATED,
        d,
        error,
        (d - z * error, d + z * error),
        interval=NORMAL,
        n=n,
        n_all=pairs.n_all,
        confidence=confidence,
        standardiser=within,
    )
