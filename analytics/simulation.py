"""How often does a rule call a plateau that is there, or one that is not?

Clients with a known true course are scored weekly, with the error of a questionnaire like
the PHQ-9 (standard deviation 5.5, reliability .85, totals 0 to 27), and each rule looks at
every session. The rules are the public formulas, on all clients at once.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.change import smallest_reliable_change, standard_error_of_measurement
from analytics.plateau import PLATEAU, PlateauRule, plateau
from analytics.series import BoolArray, FloatArray, IntArray
from analytics.trend import ols_slope

SD, RELIABILITY, MEANINGFUL = 5.5, 0.85, 5.0
LOWEST, HIGHEST = 0.0, 27.0
WEEKS = 16
LOOKS = 12
GATE = 10.0  # a flag counts where the mean of the last three scores is a case
WINDOW = 6  # of the two rules that are shown for comparison

TRAJECTORIES = (
    "flat",
    "fall_then_flat",
    "sudden_gain",
    "steady",
    "slow",
    "slowing",
    "worsening",
    "late",
)
# Weekly scores spread more than the standard error says: part of the spread lasts.
NOISES = ("white", "mixed", "lasting")

# The plateau rule, and two rules of thumb that are shown for comparison.
RULES = ("equivalence", "significance", "range")

Flag = Callable[[FloatArray], BoolArray]


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of simulated clients whom a rule flags by the last look.

    ``first`` is the median score number of the first flag, ``nan`` if there was none.
    """

    rule: str
    trajectory: str
    noise: str
    runs: int
    share: float
    first: float


def true_course(trajectory: str, *, runs: int, rng: np.random.Generator) -> FloatArray:
    """Return the true scores of simulated clients, in points, of shape (runs, weeks).

    Clients start at Normal(17, 2.5), kept within 12 to 24, and differ in slope.

    Parameters
    ----------
    trajectory
        One of ``TRAJECTORIES``.
    runs
        Number of clients.
    rng
        A seeded generator.

    Raises
    ------
    ValueError
        If there is no such trajectory.

    Examples
    --------
    >>> true_course("sudden_gain", runs=3, rng=np.random.default_rng(1)).shape
    (3, 16)
    """
    t = np.arange(WEEKS, dtype=np.float64)
    start = np.clip(rng.normal(17, 2.5, (runs, 1)), 12, 24)
    own = rng.normal(0, 0.1, (runs, 1))
    if trajectory == "flat":
        return np.asarray(start + 0.05 * own * t)
    if trajectory == "fall_then_flat":
        return np.asarray(start - 6 * np.log1p(np.minimum(t, 6)) / math.log(7) * (1 + own))
    if trajectory == "sudden_gain":
        return np.asarray(start - 8.0 * (t >= 5))
    if trajectory == "steady":
        return np.maximum(start + (-0.9 + own) * t, 1.5)
    if trajectory == "slow":
        return np.maximum(start + (-0.5 + own) * t, 1.5)
    if trajectory == "slowing":
        return np.maximum(start - 3.2 * np.log1p(t) * (1 + own), 1.5)
    if trajectory == "worsening":
        return np.minimum(start - 3 + (0.6 + own) * t, 26)
    if trajectory == "late":
        return np.maximum(start - (1.2 + own) * np.maximum(t - 6, 0), 1.5)
    raise ValueError(f"A trajectory is one of {', '.join(TRAJECTORIES)}, got {trajectory!r}.")


def error(noise: str, *, runs: int, rng: np.random.Generator) -> FloatArray:
    """Return errors of scores, in points, of shape (runs, weeks).

    White: independent, with the standard error of measurement. Mixed: independent with SD
    1.84, and an autoregressive part (.5 from week to week) with SD 1.8. Lasting: all of it
    autoregressive, with SD 3.48.

    Parameters
    ----------
    noise
        One of ``NOISES``.
    runs
        Number of clients.
    rng
        A seeded generator.

    Raises
    ------
    ValueError
        If there is no such noise.

    Examples
    --------
    >>> errors = error("lasting", runs=4000, rng=np.random.default_rng(1))
    >>> bool(abs(errors.std() - 3.48) < 0.05)
    True
    """
    sem = standard_error_of_measurement(SD, RELIABILITY)
    spreads = {"white": (sem, 0.0), "mixed": (1.84, 1.8), "lasting": (0.0, 3.48)}
    if noise not in spreads:
        raise ValueError(f"A noise is one of {', '.join(NOISES)}, got {noise!r}.")
    white, lasting = spreads[noise]
    carried = rng.normal(0, lasting, (runs, WEEKS))
    for week in range(1, WEEKS):
        # The fresh part is smaller, so that the spread stays the same from week to week.
        carried[:, week] = 0.5 * carried[:, week - 1] + math.sqrt(0.75) * carried[:, week]
    return np.asarray(rng.normal(0, white, (runs, WEEKS)) + carried)


def simulate(trajectory: str, noise: str, *, runs: int, seed: int) -> FloatArray:
    """Return observed totals, whole points within the scale, of shape (runs, weeks).

    Parameters
    ----------
    trajectory, noise
        One of ``TRAJECTORIES`` and one of ``NOISES``.
    runs
        Number of clients.
    seed
        The same seed gives the same scores.

    Raises
    ------
    ValueError
        If there is no such trajectory or noise.

    Examples
    --------
    >>> scores = simulate("flat", "white", runs=2, seed=1)
    >>> scores.shape, bool((scores == scores.round()).all())
    ((2, 16), True)
    """
    rng = np.random.default_rng(seed)
    true = true_course(trajectory, runs=runs, rng=rng)
    observed = np.round(true + error(noise, runs=runs, rng=rng))
    return np.clip(observed, LOWEST, HIGHEST)


def shipped_rule() -> PlateauRule:
    """Return the plateau rule for the simulated questionnaire."""
    sem = standard_error_of_measurement(SD, RELIABILITY)
    return PlateauRule((8, 9, 10), sigma=1.2 * sem, margin=MEANINGFUL, guard=sem)


def by_equivalence(rule: PlateauRule, *, precedence: bool = False) -> Flag:
    """Return the flag of the plateau rule.

    With ``precedence`` a flag is the state that a page shows, where worsening comes first;
    without, it is the plateau test with its guard.
    """

    def flag(scores: FloatArray) -> BoolArray:
        result = plateau(*_flat(scores), rule=rule)
        return np.asarray(result.state == PLATEAU) if precedence else result.verdict

    return flag


def by_significance(scores: FloatArray) -> BoolArray:
    """Return the flag "the slope of the last six scores is not significant" (p > .05)."""
    if scores.shape[1] < WINDOW:
        return np.zeros(scores.shape[0], dtype=np.bool_)
    slopes = ols_slope(*_flat(scores[:, -WINDOW:]), confidence=0.95)
    return np.asarray((slopes.low < 0) & (slopes.high > 0) | (slopes.slope == 0))


def by_range(scores: FloatArray) -> BoolArray:
    """Return the flag "the last six scores lie within one reliable change"."""
    if scores.shape[1] < WINDOW:
        return np.zeros(scores.shape[0], dtype=np.bool_)
    last = scores[:, -WINDOW:]
    limit = smallest_reliable_change(SD, RELIABILITY)
    return np.asarray(last.max(axis=1) - last.min(axis=1) <= limit)


def ever_flagged(scores: FloatArray, flag: Flag, *, looks: int = LOOKS) -> FloatArray:
    """Return the score number at which each client is first flagged; ``nan`` if never.

    Parameters
    ----------
    scores
        Totals in points, of shape (runs, weeks).
    flag
        A rule: takes the scores so far, returns a boolean a client.
    looks
        Number of the last score that is looked at.

    Examples
    --------
    >>> ever_flagged(np.full((1, 16), 14.0), by_equivalence(shipped_rule()))
    array([8.])
    """
    first = np.full(scores.shape[0], np.nan)
    for look in range(3, looks + 1):
        seen = scores[:, :look]
        high = seen[:, -3:].mean(axis=1) >= GATE
        first[flag(seen) & high & np.isnan(first)] = look
    return first


def operating_characteristics(
    *,
    runs: int,
    seed: int,
    trajectories: Sequence[str] = TRAJECTORIES,
    noises: Sequence[str] = NOISES,
    rules: Sequence[str] = RULES,
) -> Iterator[Rate]:
    """Yield how often each rule flags each kind of client by the twelfth score.

    Parameters
    ----------
    runs
        Clients a cell; with 4,000 a share has a standard error of at most .008.
    seed
        The same seed gives the same rates.
    trajectories, noises
        Which cells to run; all, if left out.
    rules
        Which of ``RULES`` to run; all, if left out.

    Raises
    ------
    ValueError
        If there is no such trajectory, noise or rule.

    Examples
    --------
    >>> rates = operating_characteristics(
    ...     runs=200, seed=1, trajectories=["steady"], noises=["white"]
    ... )
    >>> [(rate.rule, rate.share > 0.4) for rate in rates]
    [('equivalence', False), ('significance', True), ('range', True)]
    """
    flags: tuple[Flag, ...] = (by_equivalence(shipped_rule()), by_significance, by_range)
    known = dict(zip(RULES, flags, strict=True))
    for name in rules:
        if name not in known:
            raise ValueError(f"A rule is one of {', '.join(RULES)}, got {name!r}.")
    for noise in noises:
        for trajectory in trajectories:
            scores = simulate(trajectory, noise, runs=runs, seed=seed)
            for name in rules:
                first = ever_flagged(scores, known[name])
                hit = first[~np.isnan(first)]
                median = float(np.median(hit)) if hit.size else math.nan
                yield Rate(name, trajectory, noise, runs, hit.size / runs, median)


def _flat(scores: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return weeks, scores and offsets of clients who were all scored every week."""
    runs, weeks = scores.shape
    t = np.tile(np.arange(weeks, dtype=np.float64), runs)
    return t, scores.ravel(), np.arange(runs + 1) * weeks
