"""Which scores after intake can a growth curve be fitted on, and for whom does it speak?"""

from dataclasses import dataclass

import numpy as np

from analytics.cutoffs import TOLERANCE, on_clinical_side
from analytics.instrument import Cutoff
from analytics.series import BoolArray, FloatArray, IntArray

# An intake score and a week are supported where this many fitted episodes stand behind them.
NEARBY = 30

# "Nearby" is within this share of the scale's range, to either side.
NEARBY_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Episodes:
    """Scores after intake, flat, of the episodes that count.

    ``series`` is the place of each episode among those passed, ``intake`` its first score,
    ``sizes`` its number of later scores; ``weeks`` and ``scores`` are those later scores.
    """

    series: IntArray
    intake: FloatArray
    sizes: IntArray
    weeks: FloatArray
    scores: FloatArray

    @property
    def size(self) -> int:
        """Number of episodes."""
        return self.series.size

    @property
    def episode(self) -> IntArray:
        """The episode of each score."""
        return np.repeat(np.arange(self.size), self.sizes)

    def take(self, chosen: IntArray) -> "Episodes":
        """Return some of the episodes, in the same order."""
        kept = np.zeros(self.size, dtype=np.bool_)
        kept[chosen] = True
        return self.where(kept[self.episode])

    def until(self, week: float) -> "Episodes":
        """Return the episodes up to a week."""
        return self.where(self.weeks <= week + TOLERANCE)

    def where(self, rows: BoolArray) -> "Episodes":
        """Return the episodes that keep two of their scores or more."""
        sizes = np.bincount(self.episode[rows], minlength=self.size)
        enough = sizes >= 2
        rows = rows & enough[self.episode]
        return Episodes(
            self.series[enough], self.intake[enough], sizes[enough], self.weeks[rows],
            self.scores[rows],
        )  # fmt: skip


def episodes_after_intake(t: FloatArray, y: FloatArray, starts: IntArray) -> Episodes:
    """Return the later scores of the episodes with two of them or more after intake."""
    lengths = np.diff(starts)
    after = t - np.repeat(t[starts[:-1]], lengths)
    every = Episodes(np.arange(lengths.size), y[starts[:-1]], lengths, after, y)
    return every.where(after > 0)


def flat_series(
    t: FloatArray, y: FloatArray, starts: IntArray, series: IntArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return some of the series as flat arrays of their own."""
    none = np.empty(0, dtype=np.int64)
    rows = np.concatenate([none, *(np.arange(starts[s], starts[s + 1]) for s in series)])
    return t[rows], y[rows], np.concatenate(([0], np.cumsum(np.diff(starts)[series])))


def cases(y: FloatArray, starts: IntArray, cutoff: Cutoff | None) -> IntArray:
    """Return the series that began on the clinical side; all of them without a cutoff.

    Only they are held against an expected course, so only they are fitted and checked.

    Examples
    --------
    >>> mild = Cutoff(10, ">=", "caseness", "a manual")
    >>> cases(np.array([12.0, 9, 8, 15]), np.array([0, 2, 4]), mild)
    array([0])
    """
    if cutoff is None:
        return np.arange(starts.size - 1)
    return np.flatnonzero(on_clinical_side(y[starts[:-1]], cutoff))


def random_sample(size: int, at_most: int, seed: int) -> IntArray:
    """Return which of ``size`` episodes are taken: all, or a random ``at_most`` of them.

    Examples
    --------
    >>> random_sample(3, 5, seed=0)
    array([0, 1, 2])
    """
    if size <= at_most:
        return np.arange(size)
    return np.random.default_rng([seed, 0]).choice(size, at_most, replace=False)


def last_week_reached(episodes: Episodes) -> float:
    """Return the last whole week that 30 of the episodes reach.

    Where that is before the first week, as with several scores a day, it is not rounded.
    """
    last = episodes.weeks[np.cumsum(episodes.sizes) - 1]
    week = float(np.sort(last)[-NEARBY])
    return float(np.floor(week + TOLERANCE)) if week + TOLERANCE >= 1 else week


def supported_intake(intake: FloatArray, reach: float) -> tuple[float, float] | None:
    """Return the intake scores about the median with 30 episodes within reach of each.

    The range ends where too few are near, and at a gap wider than the reach. ``None`` if
    the median itself has too few.

    Examples
    --------
    Thirty clients began at 10 and thirty at 12; one at 20 is too far from them.

    >>> supported_intake(np.repeat([10.0, 12.0, 20.0], [30, 30, 1]), 3)
    (10.0, 12.0)
    """
    ordered = np.sort(intake)
    values = np.unique(ordered)
    near = np.searchsorted(ordered, values + reach, "right") - np.searchsorted(
        ordered, values - reach, "left"
    )
    enough = near >= NEARBY
    middle = int(np.searchsorted(values, ordered[(ordered.size - 1) // 2]))
    if not enough[middle]:
        return None
    joined = enough[1:] & enough[:-1] & (np.diff(values) <= reach)
    broken = np.flatnonzero(~joined)  # place i: the range cannot pass from value i to i + 1
    low = int(broken[broken < middle].max(initial=-1)) + 1
    high = int(broken[broken >= middle].min(initial=values.size - 1))
    return float(values[low]), float(values[high])
