"""How uncertain is a cutoff, judged by drawing the people of its norms again and again?"""

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import Letter
from analytics.instrument import Better, Norms
from analytics.sensitivity.norm_intervals import (
    NormInterval,
    check_n,
    cutoff_and_groups,
    normal_quantile,
)
from analytics.sensitivity.samples import mean_and_sd
from analytics.series import FloatArray

# A bootstrap of fewer scores resamples the same few people over and over.
FEWEST_RESAMPLED = 10


def bootstrap_cutoff_interval(
    letter: Letter,
    *,
    clinical: npt.ArrayLike | Norms | None,
    functional: npt.ArrayLike | Norms | None,
    better: Better,
    seed: int,
    confidence: float = 0.95,
    draws: int = 2000,
) -> NormInterval:
    """Return cutoff *a*, *b* or *c* with its percentile interval by a bootstrap of people.

    Each draw takes as many people as there are, with replacement, and computes the cutoff
    anew; the interval holds the middle ``confidence`` of the cutoffs. Nothing is assumed
    about the form of the distribution.

    Parameters
    ----------
    letter, better, confidence
        As in `analytics.sensitivity.norm_intervals.cutoff_interval`.
    clinical, functional
        Scores of the people of each group, in points (missing ones are left out), or norms,
        which count as known exactly; ``notes`` then says so.
    seed
        Seed of the random numbers: the same seed gives the same interval.
    draws
        How often people are drawn, at least 100.

    Returns
    -------
    The cutoff of the scores as they are, and the ends of its interval, in points; no ends
    where no group has scores, or one has fewer than 10.

    Raises
    ------
    ValueError
        If a group is missing that the letter needs, its scores are all equal or fewer than
        2, or a number is out of range.

    References
    ----------
    DiCiccio, T. J., & Efron, B. (1996). Bootstrap confidence intervals. *Statistical
    Science, 11*(3), 189-228. https://doi.org/10.1214/ss/1032280214

    Examples
    --------
    >>> scores = np.arange(20.0, 60.0)
    >>> found = bootstrap_cutoff_interval(
    ...     "a", clinical=scores, functional=None, better="lower", seed=1
    ... )
    >>> found.low < found.value < found.high
    True
    """
    tail = (1 - confidence) / 2
    normal_quantile(confidence)
    if draws < 100:
        raise ValueError(f"draws must be at least 100, got {draws}")
    raw = {
        name: np.sort(x[~np.isnan(x)])
        for name, x in (("clients", _scores(clinical)), ("the population", _scores(functional)))
        if x is not None
    }
    first = _norms_of("clients", clinical, raw)
    zero = _norms_of("the population", functional, raw)
    value, groups = cutoff_and_groups(letter, first, zero, better)
    notes = [
        f"The norms of {name} ({norms.source}) come without scores and count as known exactly."
        for name, norms in groups
        if name not in raw
    ]
    small = [name for name, _ in groups if name in raw and raw[name].size < FEWEST_RESAMPLED]
    notes += [
        f"{raw[name].size} scores of {name} are too few for a bootstrap, which needs "
        f"{FEWEST_RESAMPLED}."
        for name in small
    ]
    if small or not any(name in raw for name, _ in groups):
        return NormInterval(value, None, None, "bootstrap", tuple(notes))
    random = np.random.default_rng(seed)
    drawn = {name: _resampled(norms, raw.get(name), draws, random) for name, norms in groups}
    cutoffs = _cutoffs(letter, drawn, better)
    # Draws in which both groups are all equal have no cutoff c; they are as good as none.
    low, high = np.quantile(cutoffs[np.isfinite(cutoffs)], (tail, 1 - tail))
    return NormInterval(value, float(low), float(high), "bootstrap", tuple(notes))


def _scores(group: npt.ArrayLike | Norms | None) -> FloatArray | None:
    if group is None or isinstance(group, Norms):
        return None
    return np.asarray(group, dtype=np.float64).ravel()


def _norms_of(
    name: str, group: npt.ArrayLike | Norms | None, raw: dict[str, FloatArray]
) -> Norms | None:
    if group is None or isinstance(group, Norms):
        return group
    check_n(name, raw[name].size)
    mean, sd = mean_and_sd(raw[name])
    return Norms(mean, sd, int(raw[name].size), "their scores")


def _resampled(
    norms: Norms, scores: FloatArray | None, draws: int, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of each draw; the norms again without scores."""
    if scores is None:
        return np.full(draws, norms.mean), np.full(draws, norms.sd)
    means, sds = np.empty(draws), np.empty(draws)
    for draw in range(draws):
        taken = scores[random.integers(0, scores.size, scores.size)]
        means[draw], sds[draw] = taken.mean(), taken.std(ddof=1)
    return means, sds


def _cutoffs(
    letter: Letter, drawn: dict[str, tuple[FloatArray, FloatArray]], better: Better
) -> FloatArray:
    """Return the cutoff of each draw, by the formulas of `analytics.cutoffs`."""
    sign = 1 if better == "higher" else -1
    if letter == "a":
        mean, sd = drawn["clients"]
        return np.asarray(mean + sign * 2 * sd)
    if letter == "b":
        mean, sd = drawn["the population"]
        return np.asarray(mean - sign * 2 * sd)
    (m1, s1), (m0, s0) = drawn["clients"], drawn["the population"]
    out = np.full(m1.shape, np.nan)
    np.divide(s0 * m1 + s1 * m0, s0 + s1, out=out, where=s0 + s1 > 0)
    return out
