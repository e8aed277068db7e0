"""How do scores run on after intake among a service's own episodes?

The only module that needs statsmodels.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.expectation.calibration import Calibration, calibration
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.episodes import (
    NEARBY,
    NEARBY_SHARE,
    Episodes,
    episodes_after_intake,
    flat_series,
    last_week_reached,
    random_sample,
    supported_intake,
)
from analytics.instrument import Better
from analytics.series import FloatArray, IntArray, checked

# Fewer episodes than this give no curve.
FEWEST_EPISODES = 100

# A random sample of this many is fitted where there are more: time grows with their number,
# and precision with its square root only.
SAMPLE = 4_000

# The likelihood is usually computed about so many times; only for showing progress.
_USUAL_STEPS = 12

# The fit works on scores whose spread is 10, so that what it takes for zero has no unit.
_SPREAD = 10.0

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no curve, as a sentence, and how many episodes there were."""

    reason: str
    episodes: int


def fit_growth(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    instrument: str,
    minimum: float,
    maximum: float,
    better: Better,
    at_most: int = SAMPLE,
    seed: int = 0,
    progress: Progress | None = None,
) -> GrowthCurve | Refusal:
    r"""Return the growth curve of a service's own episodes, or why there is none.

    .. math::

        y_{ij} = b_0 + b_1 c_i + b_2 L_{ij} + b_3 c_i L_{ij} + u_{0i} + u_{1i} L_{ij} + e_{ij}

    with c the intake score minus its mean, L = ln(1 + weeks since intake), normal and
    correlated u0 and u1 of each episode and independent e, by restricted maximum likelihood.
    The intake scores themselves are not among the y.

    An episode counts with two scores or more on days after its intake. Where there are more
    than ``at_most``, a random sample of that many is fitted. Weeks that fewer than 30
    episodes reach are left out, and the curve ends there. It speaks for the intake scores
    about the median that have 30 fitted episodes within a tenth of the scale's range to
    either side. Where the clients' own slopes cannot be estimated, they share one slope and
    the source says so.

    Parameters
    ----------
    weeks, scores, offsets
        Episodes as in `analytics.trend.ols_slope`; the first score of each is the intake.
    instrument, minimum, maximum, better
        The questionnaire: its id, range of totals and direction.
    at_most
        Number of episodes to fit at most, 100 or more.
    seed
        Of the random sample; the same seed takes the same episodes.
    progress
        Called with the share of the work done, from 0 to 1; an estimate that never falls.

    Returns
    -------
    The curve, its ``source`` a sentence with the numbers behind it; or a `Refusal`.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value or go backwards; if
        ``at_most`` is below 100 or the range of totals does not go upwards.

    References
    ----------
    Laird, N. M., & Ware, J. H. (1982). Random-effects models for longitudinal data.
    *Biometrics, 38*(4), 963-974. https://doi.org/10.2307/2529876.
    The design: Finch and others 2001; see `analytics.expectation.expected`.

    Examples
    --------
    >>> fit_growth(
    ...     [0, 1, 2], [20, 16, 13], [0, 3],
    ...     instrument="mood", minimum=0, maximum=30, better="lower",
    ... ).reason
    'A curve of the own service needs 100 episodes with three scores or more; there is 1.'
    """
    if at_most < FEWEST_EPISODES:
        raise ValueError(f"at_most must be {FEWEST_EPISODES} or more, got {at_most}")
    if not minimum < maximum:
        raise ValueError(f"The range of totals must go upwards, got {minimum} to {maximum}")
    report = _Report(progress)
    every = episodes_after_intake(*checked(weeks, scores, offsets))
    if every.size < FEWEST_EPISODES:
        return _too_few(every.size, "")
    chosen = every.take(random_sample(every.size, at_most, seed))
    longest = last_week_reached(chosen)
    fitted = chosen.until(longest)
    if fitted.size < FEWEST_EPISODES:
        return _too_few(fitted.size, f" up to week {longest:g}, which 30 of them reach")
    support = supported_intake(fitted.intake, NEARBY_SHARE * (maximum - minimum))
    if support is None:
        return Refusal(
            f"The {fitted.size:,} episodes begin with scores that lie too far apart: fewer "
            f"than {NEARBY} are within a tenth of the scale of the middle one.",
            fitted.size,
        )
    numbers = _mixed_model(fitted, report)
    if isinstance(numbers, str):
        return Refusal(numbers, fitted.size)
    report(1.0)
    return GrowthCurve(
        instrument=instrument,
        source=_source(every.size, fitted, longest, shared_slope=numbers["var_u1"] == 0),
        is_own=True,
        episodes=fitted.size,
        scores=fitted.weeks.size,
        minimum=float(minimum),
        maximum=float(maximum),
        better=better,
        intake_low=support[0],
        intake_high=support[1],
        longest=longest,
        **numbers,
    )


def split_half_calibration(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    instrument: str,
    minimum: float,
    maximum: float,
    better: Better,
    at_most: int = SAMPLE,
    seed: int = 0,
    progress: Progress | None = None,
) -> Calibration | Refusal:
    """Return how well a curve holds for episodes that had no part in fitting it.

    The episodes are dealt at random into two halves; the curve of the first is checked on
    the second. It is a check of the method on this service: the curve in use is fitted on
    both halves.

    Parameters
    ----------
    weeks, scores, offsets, instrument, minimum, maximum, better, at_most, seed, progress
        As in `fit_growth`; each half needs 100 episodes.

    Returns
    -------
    See `analytics.expectation.calibration.Calibration`; or a `Refusal`.

    Raises
    ------
    ValueError
        As in `fit_growth`.
    """
    t, y, starts = checked(weeks, scores, offsets)
    every = episodes_after_intake(t, y, starts)
    if every.size < 2 * FEWEST_EPISODES:
        return Refusal(
            f"A check on other episodes needs {2 * FEWEST_EPISODES} with three scores or more; "
            f"there {_are(every.size)}.",
            every.size,
        )
    order = np.random.default_rng([seed, 1]).permutation(every.size)
    halves = np.sort(order[: every.size // 2]), np.sort(order[every.size // 2 :])
    first, second = (flat_series(t, y, starts, every.series[half]) for half in halves)
    curve = fit_growth(
        *first, instrument=instrument, minimum=minimum, maximum=maximum, better=better,
        at_most=at_most, seed=seed, progress=progress,
    )  # fmt: skip
    if isinstance(curve, Refusal):
        return curve
    found = calibration(curve, *second, held_out=True)
    if found is None:
        return Refusal("The other half holds no score for which the curve speaks.", every.size)
    return found


def _mixed_model(episodes: Episodes, report: "_Report") -> dict[str, Any] | str:
    """Return the numbers of a curve by their names, or why there are none."""
    mean = float(episodes.intake.mean())
    spread = float(episodes.intake.std())
    if spread == 0:
        return "All episodes begin with the same score, so that the intake explains nothing."
    c = ((episodes.intake - mean) / spread)[episodes.episode]
    log_time = np.log1p(episodes.weeks)
    x = np.column_stack([np.ones_like(c), c, log_time, c * log_time])
    level = float(episodes.scores.mean())
    y = episodes.scores - level
    beta, _, rank, _ = np.linalg.lstsq(x, y)
    if rank < 4:
        return "The scores after intake are all on the same week, so that there is no course."
    unit = float((y - x @ beta).std()) / _SPREAD
    if unit <= 1e-9 * max(1.0, float(np.abs(y).max())):
        return "All clients of one intake score run alike, so that there is no spread to fit."
    for columns in ([0, 2], [0]):
        fit = _reml(y / unit, x, x[:, columns], episodes.episode, report)
        if fit is None:
            continue
        b, v, g, var_e = fit
        # Back to points: of the score, and of the intake that c was divided by.
        scale = unit / np.array([1.0, spread, 1.0, spread])
        b, v = b * scale, v * np.outer(scale, scale)
        v = (v + v.T) / 2
        g = g * unit**2
        slopes = len(columns) == 2
        return {
            "intake_mean": mean,
            "b0": float(b[0]) + level,
            "b1": float(b[1]),
            "b2": float(b[2]),
            "b3": float(b[3]),
            "covariance": tuple(tuple(row) for row in v.tolist()),
            "var_u0": float(g[0, 0]),
            "var_u1": float(g[1, 1]) if slopes else 0.0,
            "cov_u": float(g[0, 1]) if slopes else 0.0,
            "var_e": var_e * unit**2,
        }
    return (
        "The model could not be fitted: the clients do not differ from one another beyond "
        "their intake score, or the computation did not settle."
    )


def _reml(
    y: FloatArray, x: FloatArray, z: FloatArray, group: IntArray, report: "_Report"
) -> tuple[FloatArray, FloatArray, FloatArray, float] | None:
    """Return b, its covariance, that of the random effects, and the variance of e."""
    # Imported here, as statsmodels takes seconds to load and most runs fit nothing.
    from statsmodels.regression.mixed_linear_model import MixedLM  # type: ignore[import-untyped]

    class Watched(MixedLM):  # type: ignore[misc]
        def loglike(self, *args: Any, **kwargs: Any) -> Any:
            report.step()
            return super().loglike(*args, **kwargs)

    # Where one way up the likelihood ends in a singular matrix, another may not. Slopes that
    # the first one walks after for long are not there to be found, and cost most of the time.
    for method in ("lbfgs", "bfgs", "powell"):
        with warnings.catch_warnings():
            # What they warn of is looked for below, in the numbers themselves.
            warnings.simplefilter("ignore")
            try:
                result = Watched(y, x, groups=group, exog_re=z).fit(reml=True, method=method)
                v = np.asarray(result.cov_params())[:4, :4]
            except (np.linalg.LinAlgError, ValueError):
                continue
        if result.converged and np.isfinite(v).all() and (np.diag(v) > 0).all():
            g = np.asarray(result.cov_re)
            if _on_the_boundary(g):
                return None
            return np.asarray(result.fe_params), v, g, float(result.scale)
        if z.shape[1] == 2:
            return None
    return None


def _on_the_boundary(g: FloatArray) -> bool:
    """Return whether a random effect vanishes or two are one; g is where the spread is 10."""
    sizes = np.sqrt(np.maximum(np.diag(g), 0.0))
    if sizes.min() < 1e-3 * _SPREAD:
        return True
    return float(np.linalg.eigvalsh(g / np.outer(sizes, sizes)).min()) < 1e-4


class _Report:
    """Turns counted steps into a share of the work that never falls."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._steps = 0
        self._shown = -1.0

    def step(self) -> None:
        self._steps += 1
        # Four fifths after the usual number of steps, and never quite there.
        self(self._steps / (self._steps + _USUAL_STEPS / 4))

    def __call__(self, share: float) -> None:
        if self._progress is not None and share > self._shown:
            self._shown = share
            self._progress(share)


def _source(there: int, fitted: Episodes, longest: float, *, shared_slope: bool) -> str:
    of = f"{there:,}" if there == fitted.size else f"{fitted.size:,} (of {there:,})"
    text = (
        f"Fitted on {of} episodes of this service with three scores or more "
        f"({fitted.weeks.size:,} scores after intake), up to week {longest:g}."
    )
    if shared_slope:
        text += (
            " The speed of change of single clients could not be estimated; the band is as if "
            "all shared one, and is less sure late in the course."
        )
    return text


def _too_few(episodes: int, where: str) -> Refusal:
    return Refusal(
        f"A curve of the own service needs {FEWEST_EPISODES} episodes with three scores or "
        f"more{where}; there {_are(episodes)}.",
        episodes,
    )


def _are(count: int) -> str:
    return f"{'is' if count == 1 else 'are'} {count:,}"
