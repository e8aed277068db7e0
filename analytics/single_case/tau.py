"""How far do two phases differ once a trend of the baseline is taken into account?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from analytics.instrument import Better
from analytics.kendall import pairs_of
from analytics.ranks import mann_kendall, theil_sen_slope
from analytics.series import FloatArray
from analytics.single_case.index import Index, Phases, phases
from analytics.single_case.overlap import nap_of

TAU = "Tau (A against B, no trend removed)"
TAU_U_PARKER = "Tau-U (A against B less trend A, over mn: Parker 2011)"
TAU_U_BOUNDED = "Tau-U (A against B less trend A, tau-b over all pairs but those within B)"
TAU_U_FULL = "Tau-U (A against B plus trend B less trend A, tau-b over all pairs)"
TAU_BC_REMOVED = "Tau-BC (tau-b, Theil-Sen trend of A removed)"
TAU_BC_KEPT = "Tau-BC (tau-b, trend of A not significant, nothing removed)"

# A trend of the baseline is removed when its p is below this; Tarlow's choice.
BASELINE_ALPHA = 0.05

# Residuals closer than this, in points, are equal: what rounding makes of a tie.
DIGITS = 9


@dataclass(frozen=True, slots=True)
class BaselineCorrected:
    """Tau-BC, whether a trend was removed, and what the test of that trend found.

    Attributes
    ----------
    index
        The effect size; its name tells whether the trend was removed.
    removed
        Whether the trend of phase A was removed.
    slope
        Theil-Sen slope of phase A in points a session, positive when scores get better.
    p
        Two-sided p of the Mann-Kendall test of phase A.
    """

    index: Index
    removed: bool
    slope: float
    p: float


def tau(
    a: Sequence[float], b: Sequence[float], *, better: Better, confidence: float = 0.95
) -> Index:
    r"""Return Tau: the share of pairs where B is better less the share where it is worse.

    .. math::

        \tau = 2\,NAP - 1

    Standard error and interval are those of NAP, doubled and shifted. A trend that phase A
    already had counts as an effect.

    Parameters
    ----------
    a, b, better, confidence
        As in `analytics.single_case.overlap.nonoverlap_of_all_pairs`.

    Returns
    -------
    `Index` between -1 and 1; 0 is no difference.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores, or ``confidence`` is out of range.

    References
    ----------
    Parker, R. I., Vannest, K. J., Davis, J. L., & Sauber, S. B. (2011). Combining nonoverlap
    and trend for single-case research: Tau-U. *Behavior Therapy, 42*(2), 284-299.
    https://doi.org/10.1016/j.beth.2010.08.006

    Examples
    --------
    (38 - 3) / 42 in the first example of Parker, Vannest and Davis (2011):

    >>> found = tau([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29], better="higher")
    >>> round(found.value, 4), round(found.low, 4)
    (0.8333, 0.1946)
    """
    return tau_of(phases(a, b, better), confidence)


def tau_of(both: Phases, confidence: float) -> Index:
    """Return what `tau` returns for turned phases."""
    nap = nap_of(both, confidence)
    error, low, high = nap.standard_error, nap.low, nap.high
    return Index(
        TAU,
        2 * nap.value - 1,
        None if error is None else 2 * error,
        None if low is None else 2 * low - 1,
        None if high is None else 2 * high - 1,
    )


def tau_u(a: Sequence[float], b: Sequence[float], *, better: Better) -> tuple[Index, ...]:
    r"""Return three statistics that go by the name of Tau-U, each under its full name.

    .. math::

        \frac{S_{AB} - S_A}{mn},\qquad
        \frac{S_{AB} - S_A}{\sqrt{(N - N_B)(N - T)}},\qquad
        \frac{S_{AB} + S_B - S_A}{\sqrt{N (N - T)}}

    with S the rises less the falls among the pairs between the phases (AB) and within one,
    N all pairs, N_B those within phase B and T those that are tied. The first is that of the
    paper; it can exceed 1, and falls with the length of the baseline. The other two are the
    bounded versions that the R package scan prints by default. They differ much: a Tau-U
    without its variant says nothing.

    Parameters
    ----------
    a, b, better
        As in `analytics.single_case.index.phases`, in the order of the sessions.

    Returns
    -------
    Three `Index` in this order, without standard error: none accounts for the trend being
    estimated.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores.

    References
    ----------
    Parker, Vannest, Davis & Sauber (2011). https://doi.org/10.1016/j.beth.2010.08.006.
    Variants: Brossart, D. F., Laird, V. C., & Armstrong, T. W. (2018). *Cogent Psychology, 5*,
    1518687. https://doi.org/10.1080/23311908.2018.1518687

    Examples
    --------
    11 / 20 in the second example of Parker, Vannest and Davis (2011):

    >>> tau_u([3, 3, 4, 5], [4, 5, 6, 7, 7], better="higher")[0].value
    0.55
    """
    return tau_u_of(phases(a, b, better))


def tau_u_of(both: Phases) -> tuple[Index, ...]:
    """Return what `tau_u` returns for turned phases."""
    m, n = both.a.size, both.b.size
    between, within_a, within_b = _rises(both.a, both.b), _trend(both.a), _trend(both.b)
    pairs = pairs_of(m + n)
    untied = pairs - _ties(np.concatenate((both.a, both.b)))
    less = between - within_a
    bounded = math.sqrt((pairs - pairs_of(n)) * untied)
    full = math.sqrt(pairs * untied)
    return (
        Index(TAU_U_PARKER, less / (m * n)),
        # Scores that are all equal have no pair to count: no rise and no fall.
        Index(TAU_U_BOUNDED, less / bounded if bounded else 0.0),
        Index(TAU_U_FULL, (less + within_b) / full if full else 0.0),
    )


def baseline_corrected_tau(
    a: Sequence[float], b: Sequence[float], *, better: Better, confidence: float = 0.95
) -> BaselineCorrected:
    r"""Return Tau-BC: Tau of what is left after the trend of the baseline, if it had one.

    .. math::

        \tau_b = \frac{S_{AB}}{\sqrt{mn\,(N - T)}},\qquad
        SE = \sqrt{\frac{2}{m + n}\,(1 - \tau_b^2)}

    with S, N and T as in `tau_u`, of the scores themselves or, where the Mann-Kendall test
    of phase A has p < .05, of what they differ by from the Theil-Sen line of phase A drawn
    on through phase B. Four scores cannot reach that p: a baseline of fewer than five is
    never corrected. A line that is drawn on far leaves the range of the questionnaire; the
    longer phase B is, the less a corrected value means.

    Parameters
    ----------
    a, b, better
        As in `analytics.single_case.index.phases`, in the order of the sessions; a session
        without a score keeps its place.
    confidence
        Two-sided confidence of the interval, between 0 and 1.

    Returns
    -------
    See `BaselineCorrected`. The interval ends at -1 and 1 at the latest, and does not
    account for the line being an estimate.

    Raises
    ------
    ValueError
        If a phase has fewer than 3 scores, or ``confidence`` is out of range.

    References
    ----------
    Tarlow, K. R. (2017). An improved rank correlation effect size statistic for single-case
    designs: Baseline corrected Tau. *Behavior Modification, 41*(4), 427-467.
    https://doi.org/10.1177/0145445516676750

    Examples
    --------
    A baseline that rises by one a session, and goes on doing so: nothing is left.

    >>> found = baseline_corrected_tau([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], better="higher")
    >>> found.removed, found.slope, found.index.value
    (True, 1.0, 0.0)
    """
    return tau_bc_of(phases(a, b, better), confidence)


def tau_bc_of(both: Phases, confidence: float) -> BaselineCorrected:
    """Return what `baseline_corrected_tau` returns for turned phases."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    m, n = both.a.size, both.b.size
    whole = (both.session_a, both.a, np.array([0, m]))
    p, slope = float(mann_kendall(*whole).p[0]), float(theil_sen_slope(*whole)[0])
    removed = p < BASELINE_ALPHA
    line = slope if removed else 0.0
    first = np.round(both.a - line * both.session_a, DIGITS)
    second = np.round(both.b - line * both.session_b, DIGITS)
    untied = pairs_of(m + n) - _ties(np.concatenate((first, second)))
    value = _rises(first, second) / math.sqrt(m * n * untied) if untied else 0.0
    error = math.sqrt(2 / (m + n) * (1 - value**2))
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * error
    note = (
        f"The baseline has a trend (Mann-Kendall p {_p_words(p)}): {abs(slope):.2f} points "
        f"{'better' if slope > 0 else 'worse'} a session were removed."
        if removed
        else f"The baseline has no significant trend (Mann-Kendall p {_p_words(p)}); "
        f"nothing was removed."
    )
    index = Index(
        TAU_BC_REMOVED if removed else TAU_BC_KEPT,
        value,
        error,
        max(value - reach, -1.0),
        min(value + reach, 1.0),
        note,
    )
    return BaselineCorrected(index, removed, slope, p)


def _p_words(p: float) -> str:
    return "below .001" if p < 0.001 else f"= {p:.3f}".replace("0.", ".", 1)


def _rises(first: FloatArray, second: FloatArray) -> int:
    """Return S between two phases: pairs that rise less pairs that fall."""
    return int(np.sign(second[np.newaxis, :] - first[:, np.newaxis]).sum())


def _trend(scores: FloatArray) -> int:
    """Return S within a phase."""
    return int(np.triu(np.sign(scores[np.newaxis, :] - scores[:, np.newaxis])).sum())


def _ties(scores: FloatArray) -> int:
    """Return how many pairs of scores are equal."""
    counts = np.unique(scores, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())
