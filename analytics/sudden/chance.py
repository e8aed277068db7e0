"""How many sudden gains would there be if they meant nothing?

Two answers: what permuted scores of the service itself give, and how often simulated clients
without any jump have one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.change import smallest_reliable_change
from analytics.series import BoolArray, FloatArray, IntArray
from analytics.simulation import LOOKS, RELIABILITY, SD, Rate, simulate
from analytics.sudden.gains import SuddenRule, sudden_rows

# Courses without a jump, from no change to a log-linear one.
WITHOUT_JUMP = ("flat", "slow", "steady", "slowing")

# Matrices of this many scores at most are filled at once.
_CELLS = 1_048_576
# Where a series has no more scores, its column is filled with one far slot.
_FAR = 2**30


@dataclass(frozen=True, slots=True)
class SuddenChance:
    """How the sudden gains of a service compare with those of permuted scores.

    Attributes
    ----------
    observed
        Sudden gains in the scores as they are.
    expected
        Mean number of sudden gains in the permuted scores.
    p
        Share of permutations with at least as many; ``None`` where nothing was evaluable.
    permutations
        Number of permutations behind it.
    evaluable
        Number of intervals that could be judged.
    reason
        Why there is no p; ``None`` where there is one.
    """

    observed: int
    expected: float | None
    p: float | None
    permutations: int
    evaluable: int
    reason: str | None


def permutation_p(
    slot: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    rule: SuddenRule,
    permutations: int = 999,
    seed: int = 1,
) -> SuddenChance:
    r"""Return whether a service has more sudden gains than its scores give by chance.

    The scores of one session are dealt anew among the clients who have a score of that
    session, which keeps the mean course of the service and the pattern of missed sessions,
    and the sudden gains are counted again.

    .. math::

        p = \frac{1 + \#\{G^* \ge G\}}{1 + R}

    with the gains G as observed, G* as permuted, and R permutations. A small p says that
    sudden gains are more frequent than chance; it does not say which of them is one. A large
    p does not say the opposite: dealing mixes mild with severe clients, and where these lie
    far apart, that alone makes large steps.

    Parameters
    ----------
    slot
        Slot of each score, as `analytics.sudden.slots.slots` gives it; -1 takes no part.
    scores
        Totals in points, without missing values.
    offsets
        Start of each series in the two arrays, and their length at the end.
    rule
        The three criteria; one questionnaire only.
    permutations
        Number of permutations R, at least 1; p is never below 1 / (1 + R).
    seed
        The same seed gives the same p.

    Returns
    -------
    See `SuddenChance`. Without an evaluable interval there is a reason and no p.

    Raises
    ------
    ValueError
        If the arrays do not fit together, or there is no permutation.

    References
    ----------
    Lorenzo-Luaces, L., Wiedemann, M., Huibers, M. J. H., & Lemmens, L. H. J. M. A permutation
    test to probe the statistical significance of sudden gain frequency: An application to
    patterns of change in cognitive and interpersonal therapy for depression. PsyArXiv
    preprint (no DOI on record here). Their code deals out missing scores as well; here they
    stay where they are, so that the evaluable intervals are the same.

    Examples
    --------
    Clients start at 16 to 39 points, and the first twelve fall by 10 after session 4:

    >>> scores = np.arange(16.0, 40)[:, np.newaxis] * np.ones(8)
    >>> scores[:12, 4:] -= 10
    >>> found = permutation_p(
    ...     np.tile(np.arange(1, 9), 24), scores.ravel(), np.arange(25) * 8,
    ...     rule=SuddenRule(7), permutations=199,
    ... )
    >>> found.observed, found.p
    (12, 0.005)
    """
    place, points, starts = np.asarray(slot), np.asarray(scores, np.float64), np.asarray(offsets)
    if place.shape != points.shape or place.ndim != 1 or starts[-1] != points.size:
        raise ValueError(
            f"Slots and scores must be two flat arrays of one length, which is the last offset; "
            f"got {place.shape}, {points.shape} and {starts[-1]}."
        )
    if permutations < 1:
        raise ValueError(f"There must be at least 1 permutation, got {permutations}.")
    blocks = list(_blocks(place, starts))
    observed, evaluable = _count(points, blocks, rule)
    if evaluable == 0:
        reason = "No interval between two sessions has enough scores around it to be judged."
        return SuddenChance(observed, None, None, permutations, 0, reason)
    order = np.argsort(place, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(place[order])) + 1)
    rng = np.random.default_rng(seed)
    counts = np.empty(permutations, dtype=np.int64)
    dealt = points.copy()
    for at in range(permutations):
        for group in groups:
            dealt[group] = rng.permutation(points[group])
        counts[at], _ = _count(dealt, blocks, rule)
    p = (1 + int((counts >= observed).sum())) / (1 + permutations)
    return SuddenChance(observed, float(counts.mean()), p, permutations, evaluable, None)


def false_positive_rates(
    *,
    runs: int,
    seed: int,
    rule: SuddenRule | None = None,
    trajectories: Sequence[str] = WITHOUT_JUMP,
    noises: Sequence[str] = ("white",),
    sessions: int = LOOKS,
    losses: bool = False,
) -> Iterator[Rate]:
    """Yield how many simulated clients without any jump have a sudden gain, or loss.

    Parameters
    ----------
    runs
        Clients a cell.
    seed
        The same seed gives the same rates.
    rule
        The three criteria; if left out, the published ones with the reliable change of the
        simulated questionnaire as the first.
    trajectories, noises
        As in `analytics.simulation.simulate`.
    sessions
        Number of weekly sessions, at most those that are simulated.
    losses
        Whether sudden losses are counted instead of gains.

    Yields
    ------
    One `analytics.simulation.Rate` a cell; ``share`` is that of clients with one such jump
    or more, and ``first`` the median number of the score after the first one.

    Raises
    ------
    ValueError
        If there is no such trajectory or noise.

    References
    ----------
    The question is that of Vittengl, J. R., Clark, L. A., Thase, M. E., & Jarrett, R. B.
    (2015). Detecting sudden gains during treatment of major depressive disorder: cautions
    from a Monte Carlo analysis. *Current Psychiatry Reviews, 11*(1), 19-31.
    https://doi.org/10.2174/1573400510666140929195441

    Examples
    --------
    >>> flat, steady = false_positive_rates(runs=500, seed=1, trajectories=("flat", "steady"))
    >>> flat.share < 0.05 < steady.share
    True
    """
    judged = rule or SuddenRule(smallest_reliable_change(SD, RELIABILITY))
    for noise in noises:
        for trajectory in trajectories:
            scores = simulate(trajectory, noise, runs=runs, seed=seed)[:, :sessions]
            first = first_jump(scores, judged, losses=losses)
            hit = first[first > 0]
            median = float(np.median(hit)) if hit.size else np.nan
            kind = "sudden_loss" if losses else "sudden_gain"
            yield Rate(kind, trajectory, noise, runs, hit.size / runs, median)


def first_jump(scores: FloatArray, rule: SuddenRule, *, losses: bool = False) -> IntArray:
    """Return the number of the score after the first sudden gain, or loss; 0 without one.

    Parameters
    ----------
    scores
        Totals in points, of shape (clients, sessions): every client is scored every session.
    rule
        The three criteria.
    losses
        Whether losses are looked for instead of gains.

    Examples
    --------
    >>> first_jump(np.array([[20.0, 21, 20, 9, 8, 9], [20, 21, 20, 19, 21, 20]]), SuddenRule(7))
    array([4, 0])
    >>> first_jump(np.array([[9.0, 8, 9, 20, 21, 20]]), SuddenRule(7), losses=True)
    array([4])
    """
    clients, sessions = scores.shape
    slot = np.repeat(np.arange(1, sessions + 1)[:, np.newaxis], clients, axis=1)
    found = sudden_rows(slot, np.ascontiguousarray(scores.T), rule)
    first = np.zeros(clients, dtype=np.int64)
    # From the last jump to the first: what is written last stays.
    jumps = np.flatnonzero(found.is_gain != losses)[::-1]
    first[found.series[jumps]] = found.row[jumps] + 1
    return first


_Block = tuple[IntArray, BoolArray, npt.NDArray[np.integer[Any]]]


def _blocks(slot: npt.NDArray[np.integer[Any]], offsets: IntArray) -> Iterator[_Block]:
    """Yield all series in wide matrices: where each score lies, which are there, and slots."""
    lengths = np.diff(offsets)
    by_length = np.argsort(lengths, kind="stable")
    start = 0
    while start < by_length.size:
        # Ascending lengths: the last series that still fits decides the number of rows.
        cells = lengths[by_length[start:]] * np.arange(1, by_length.size - start + 1)
        stop = start + max(1, int(np.searchsorted(cells, _CELLS, side="right")))
        series = by_length[start:stop]
        rows = np.arange(int(lengths[series[-1]]))[:, np.newaxis]
        there = rows < lengths[series]
        positions = np.where(there, offsets[series] + rows, 0)
        yield positions, there, np.where(there, slot[positions], _FAR)
        start = stop


def _count(scores: FloatArray, blocks: list[_Block], rule: SuddenRule) -> tuple[int, int]:
    """Return the numbers of sudden gains and of evaluable intervals."""
    gains = evaluable = 0
    for positions, there, slot in blocks:
        found = sudden_rows(slot, np.where(there, scores[positions], 0.0), rule)
        gains += int(found.gains.sum())
        evaluable += int(found.evaluable.sum())
    return gains, evaluable
