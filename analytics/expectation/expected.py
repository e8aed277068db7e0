"""Does a client do about as well as others who began with the same score?

A growth curve says how scores of one questionnaire run on after intake: fast at first and
slower later, along the logarithm of time, and from the client's own intake score. It is
fitted on a service's own episodes (`analytics.expectation.growth`) or read from the literature; here it
is only applied.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import TOLERANCE
from analytics.expectation.curve import GrowthCurve as GrowthCurve
from analytics.series import BoolArray, CodeArray, FloatArray
from analytics.trend import t_quantile

# A result holds the place of its word in this tuple, or NOT_ASSESSABLE.
COURSE_CODES = ("within", "amber", "red")
WITHIN, AMBER, RED = range(3)
NOT_ASSESSABLE = -1

Side = Literal["worse", "better"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a curve expects; arrays of the broadcast shape, in points.

    ``expected`` is the expected score, kept on the scale; ``sd`` the standard deviation of
    a new client's score about it; ``line`` the expected score before it was kept on the
    scale, from which the limits are counted. All three are ``nan`` where the curve does
    not speak.
    """

    expected: FloatArray
    sd: FloatArray
    line: FloatArray


def expected_course(curve: GrowthCurve, intake: npt.ArrayLike, weeks: npt.ArrayLike) -> Expected:
    r"""Return the score that a curve expects, and how far clients spread about it.

    .. math::

        \hat y = b_0 + b_1 c + b_2 L + b_3 c L,\qquad
        s = \sqrt{x'Vx + \sigma_0^2 + 2 \sigma_{01} L + \sigma_1^2 L^2 + \sigma^2}

    with c = intake - mean intake, L = ln(1 + weeks), x = (1, c, L, cL) and V the covariance
    of the four coefficients: the spread of a new client's score, not that of the mean.

    Parameters
    ----------
    curve
        The growth curve.
    intake
        First score of the episode, in points.
    weeks
        Weeks since that score; of a shape that broadcasts with ``intake``.

    Returns
    -------
    Arrays of the broadcast shape; see `Expected`. ``nan`` where either value is ``nan``, the
    intake is outside ``intake_low`` to ``intake_high``, or the time not above 0 and at most
    ``longest``: the intake itself is not expected, it is given.

    References
    ----------
    Finch, A. E., Lambert, M. J., & Schaalje, B. G. (2001). Psychotherapy quality control:
    the statistical generation of expected recovery curves for integration into an early
    warning system. *Clinical Psychology & Psychotherapy, 8*(4), 231-242.
    https://doi.org/10.1002/cpp.286

    Examples
    --------
    An intake at the mean, c = 0, so that after e - 1 weeks (L = 1) 20 - 4 points are
    expected, with the variance 9 - 2 * 3 + 4 + 16 = 23:

    >>> curve = GrowthCurve(
    ...     "mood", "An example.", False, 600, 4000, 20, 20, 0.8, -4, -0.1, ((0.0,) * 4,) * 4,
    ...     var_u0=9, var_u1=4, cov_u=-3, var_e=16, minimum=0, maximum=60, better="lower",
    ...     intake_low=5, intake_high=40, longest=26,
    ... )
    >>> course = expected_course(curve, 20, np.e - 1)
    >>> float(course.expected), round(float(course.sd) ** 2, 6)
    (16.0, 23.0)
    """
    first = np.asarray(intake, dtype=np.float64)
    t = np.asarray(weeks, dtype=np.float64)
    known: BoolArray = (first >= curve.intake_low) & (first <= curve.intake_high)
    c = np.where(known, first - curve.intake_mean, np.nan)
    log_time = np.log1p(np.where((t > 0) & (t <= curve.longest + TOLERANCE), t, np.nan))
    v = curve.covariance
    # The variance is a polynomial in L, whose three coefficients are polynomials in c.
    at_zero = v[0][0] + curve.var_u0 + curve.var_e + c * (2 * v[0][1] + c * v[1][1])
    first_order = v[0][2] + curve.cov_u + c * (v[0][3] + v[1][2] + c * v[1][3])
    second_order = v[2][2] + curve.var_u1 + c * (2 * v[2][3] + c * v[3][3])
    variance = at_zero + log_time * (2 * first_order + log_time * second_order)
    # A perfect correlation of intercept and slope leaves nothing but rounding to subtract.
    sd = np.sqrt(np.maximum(variance, 0.0))
    line = curve.b0 + curve.b1 * c + log_time * (curve.b2 + curve.b3 * c)
    return Expected(
        np.asarray(np.clip(line, curve.minimum, curve.maximum)), np.asarray(sd), np.asarray(line)
    )


def limit_factor(share: float, episodes: int) -> float:
    r"""Return how many standard deviations a limit lies from the expected score.

    .. math::

        t_{N-1;\,p},\qquad p = \frac{1 + share}{2}

    the factor of a prediction interval: the spread of a new client's score holds the error
    of the curve already (`expected_course`), and t in place of z allows for a spread that was
    estimated on N episodes.

    Parameters
    ----------
    share
        Two-sided share of clients between the two limits, between 0 and 1, such as .80.
    episodes
        Number of episodes behind the curve, 2 or more.

    Returns
    -------
    A factor above 0, without unit.

    Raises
    ------
    ValueError
        If ``share`` or ``episodes`` is out of range.

    References
    ----------
    Hahn, G. J., & Meeker, W. Q. (1991). *Statistical intervals: a guide for practitioners*,
    section 4.7. Wiley. https://doi.org/10.1002/9780470316771

    Examples
    --------
    >>> round(limit_factor(0.80, 500), 4), round(limit_factor(0.80, 100), 4)
    (1.2833, 1.2902)
    """
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, got {share}")
    if episodes < 2:
        raise ValueError(f"A limit needs 2 episodes or more, got {episodes}")
    return t_quantile((1 + share) / 2, episodes - 1)


def course_limit(
    curve: GrowthCurve,
    intake: npt.ArrayLike,
    weeks: npt.ArrayLike,
    *,
    share: float,
    side: Side = "worse",
) -> FloatArray:
    """Return one limit of the band that holds a share of clients, in points.

    Parameters
    ----------
    curve, intake, weeks
        As in `expected_course`.
    share
        Two-sided share of clients inside the band, such as .68, .80 or .90.
    side
        Which limit: that on the ``worse`` side (above, where lower is better) or the
        ``better`` side.

    Returns
    -------
    Expected score plus or minus `limit_factor` standard deviations, kept on the scale, of
    the broadcast shape; ``nan`` where the curve does not speak.

    Raises
    ------
    ValueError
        If ``share`` is not between 0 and 1, or ``side`` is another word.

    References
    ----------
    As `expected_course` and `limit_factor`.

    Examples
    --------
    >>> curve = GrowthCurve(
    ...     "mood", "An example.", False, 600, 4000, 20, 20, 0.8, -4, -0.1, ((0.0,) * 4,) * 4,
    ...     var_u0=9, var_u1=4, cov_u=-3, var_e=16, minimum=0, maximum=60, better="lower",
    ...     intake_low=5, intake_high=40, longest=26,
    ... )
    >>> float(course_limit(curve, 20, np.e - 1, share=0.80).round(2))  # 16 + 1.2829 * 4.796
    22.15
    """
    course = expected_course(curve, intake, weeks)
    limit = course.line + _signed_factor(curve, share, side) * course.sd
    return np.asarray(np.clip(limit, curve.minimum, curve.maximum))


def not_on_track(
    curve: GrowthCurve,
    intake: npt.ArrayLike,
    weeks: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    amber: float = 0.68,
    red: float = 0.80,
) -> CodeArray:
    """Return whether each score is within the expected band, or on its worse side.

    A code belongs to the given score alone: the next score inside the band ends it.

    Parameters
    ----------
    curve, intake, weeks
        As in `expected_course`. An intake of ``nan`` leaves a client out, for instance one
        who began on the functional side of the cutoff.
    score
        The score held against the band, in points; all three broadcast.
    amber, red
        Two-sided shares of the narrower and the wider band.

    Returns
    -------
    Places in ``COURSE_CODES``: ``red`` beyond the wider limit on the worse side, ``amber``
    beyond the narrower one, else ``within``, also for a score far on the better side. A
    score exactly on a limit, or on the end of the scale that the limit was held to, is not
    beyond it. ``NOT_ASSESSABLE`` where a value is ``nan`` or the curve does not speak; see
    `why_not_assessable`.

    Raises
    ------
    ValueError
        Unless 0 < amber <= red < 1.

    References
    ----------
    As `expected_course`. The two bands: Finch and others 2001.

    Examples
    --------
    >>> curve = GrowthCurve(
    ...     "mood", "An example.", False, 600, 4000, 20, 20, 0.8, -4, -0.1, ((0.0,) * 4,) * 4,
    ...     var_u0=9, var_u1=4, cov_u=-3, var_e=16, minimum=0, maximum=60, better="lower",
    ...     intake_low=5, intake_high=40, longest=26,
    ... )
    >>> codes = not_on_track(curve, 20, np.e - 1, [20, 21, 23, np.nan])
    >>> codes.tolist(), [COURSE_CODES[c] for c in codes[:3]]
    ([0, 1, 2, -1], ['within', 'amber', 'red'])
    """
    if not 0 < amber <= red < 1:
        raise ValueError(f"Shares must be 0 < amber <= red < 1, got {amber} and {red}")
    course = expected_course(curve, intake, weeks)
    y = np.asarray(score, dtype=np.float64)
    code = np.full(np.broadcast_shapes(y.shape, course.line.shape), WITHIN, dtype=np.int8)
    for share, name in ((amber, AMBER), (red, RED)):
        factor = _signed_factor(curve, share, "worse")
        limit = np.clip(course.line + factor * course.sd, curve.minimum, curve.maximum)
        code[y > limit + TOLERANCE if factor > 0 else y < limit - TOLERANCE] = name
    code[np.isnan(course.line + y)] = NOT_ASSESSABLE
    return code


def course_rows(
    curve: GrowthCurve,
    weeks: FloatArray,
    scores: FloatArray,
    *,
    amber: float = 0.68,
    red: float = 0.80,
    from_score: int = 2,
) -> CodeArray:
    """Return the code of every score of a dense (scores x series) matrix.

    The first row is the intake, and weeks are counted from it. Rows before ``from_score``
    (counted from 1) are ``NOT_ASSESSABLE``, as the intake always is.

    Raises
    ------
    ValueError
        As in `not_on_track`.
    """
    code = not_on_track(curve, scores[0], weeks - weeks[0], scores, amber=amber, red=red)
    code[: max(from_score - 1, 1)] = NOT_ASSESSABLE
    return code


def why_not_assessable(curve: GrowthCurve, intake: float, weeks: float) -> str | None:
    """Return the sentence that says why a curve expects nothing here; ``None`` if it does.

    Examples
    --------
    >>> curve = GrowthCurve(
    ...     "mood", "An example.", False, 600, 4000, 20, 20, 0.8, -4, -0.1, ((0.0,) * 4,) * 4,
    ...     var_u0=9, var_u1=4, cov_u=-3, var_e=16, minimum=0, maximum=60, better="lower",
    ...     intake_low=5, intake_high=40, longest=26,
    ... )
    >>> why_not_assessable(curve, 48, 3)
    'No expected course: the intake score 48 is outside 5 to 40, where the curve is supported.'
    """
    if np.isnan(intake):
        return "No expected course: there is no intake score."
    if not curve.intake_low <= intake <= curve.intake_high:
        return (
            f"No expected course: the intake score {intake:g} is outside {curve.intake_low:g} "
            f"to {curve.intake_high:g}, where the curve is supported."
        )
    if not weeks > 0:
        return "No expected course yet: there is no score after the day of the intake."
    if weeks > curve.longest + TOLERANCE:
        return (
            f"No expected course: the score is {weeks:.1f} weeks after intake, and the curve "
            f"is supported up to week {curve.longest:g}."
        )
    return None


def _signed_factor(curve: GrowthCurve, share: float, side: Side) -> float:
    if side not in ("worse", "better"):
        raise ValueError(f"side must be 'worse' or 'better', got {side!r}")
    up = (side == "worse") == (curve.better == "lower")
    return limit_factor(share, curve.episodes) * (1.0 if up else -1.0)
