"""Since which score does each flag of a series stand, and was it seen twice in a row?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.course import course
from analytics.criteria import Criteria
from analytics.expectation.expected import AMBER, RED, course_rows
from analytics.flags import KINDS, kinds_of
from analytics.series import FloatArray, IntArray, checked
from analytics.sudden.gains import sudden_rows
from analytics.sudden.slots import place

# What a flag rests on decides which scores have to be looked at again.
_CHANGE = ("deterioration", "improvement")
_LIMITS = {"off_course": RED, "near_limit": AMBER}
_JUMPS = ("sudden_loss", "sudden_gain")
_FAR = 2**30


@dataclass(frozen=True, slots=True)
class Standing:
    """One flag that stands after the last score.

    Attributes
    ----------
    kind
        One of `analytics.flags.KINDS`.
    since
        Which score of the series (from 0) began the unbroken run of looks at which it stood.
    in_a_row
        At how many looks in a row it was seen, the last one included.
    """

    kind: str
    since: int
    in_a_row: int


@dataclass(frozen=True, slots=True)
class SeriesStanding:
    """The flags of one series, the most severe first; ``looks`` counts the scores after the first."""

    looks: int
    flags: tuple[Standing, ...]


def standing(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    criteria: Sequence[Criteria],
    which: npt.ArrayLike,
    sessions: npt.ArrayLike | None = None,
) -> tuple[SeriesStanding, ...]:
    r"""Return since when the flags of each series stand, by replaying it score by score.

    With the flags :math:`F_k` that `analytics.course.course` raises when score k is the last
    one known, a flag f of the last of n scores stands since

    .. math::

        \min \{\, j : f \in F_k \text{ for all } k = j, \dots, n \,\}

    A look knows only the scores up to it. Criteria and curves are those of today throughout,
    so that a change of rules does not look like a change of the client.

    Parameters
    ----------
    weeks, scores, offsets, criteria, which, sessions
        As in `analytics.course.course`. Meant for the few series of a page: the work grows
        with the square of their length.

    Returns
    -------
    One value a series. A series of one score was never looked at: 0 looks, and at most the
    alert of a process measure.

    Raises
    ------
    ValueError
        As in `analytics.course.course`.

    References
    ----------
    Why a second look in a row: `analytics.false_alarms`.

    Examples
    --------
    Worse by 6 at the second score, not at the third, and again at the last two:

    >>> from analytics.criteria import criteria
    >>> from analytics.instrument import Instrument, Sourced
    >>> from analytics.rules import Rules
    >>> mood = Instrument(
    ...     "mood", "1", "Mood list", "lower", 0, 30, 1, reliable_change=Sourced(6, "a manual")
    ... )
    >>> (found,) = standing(
    ...     range(5), [10, 16, 12, 17, 18], [0, 5], criteria=[criteria(mood, Rules())], which=[0]
    ... )
    >>> found.looks, found.flags
    (4, (Standing(kind='deterioration', since=3, in_a_row=2),))
    """
    t, y, starts = checked(weeks, scores, offsets)
    group = np.ascontiguousarray(which, dtype=np.int64)
    numbers = None if sessions is None else np.ascontiguousarray(sessions, dtype=np.int64)
    now = course(t, y, starts, criteria=criteria, which=group, sessions=numbers)
    replay = _Replay(t, y, starts, criteria, group, numbers)
    since: list[dict[str, int]] = [{} for _ in range(starts.size - 1)]
    recent: list[int] = []
    for series, kinds in enumerate(kinds_of(int(flags)) for flags in now.flags):
        for kind in kinds:
            if kind in _CHANGE:
                since[series][kind] = int(now.category_since[series])
            elif kind in _LIMITS:
                since[series][kind] = replay.beyond(series, _LIMITS[kind])
        if set(kinds) & set(_JUMPS):
            jumped = replay.jumped(series)
            since[series].update((kind, jumped[kind]) for kind in kinds if kind in _JUMPS)
        if set(kinds) - since[series].keys():
            recent.append(series)
    for series, found in replay.of_last_scores(recent).items():
        for kind in set(kinds_of(int(now.flags[series]))) - since[series].keys():
            since[series][kind] = found[kind]
    lengths = np.diff(starts).tolist()
    return tuple(
        SeriesStanding(
            n - 1,
            tuple(Standing(kind, own[kind], n - own[kind]) for kind in KINDS if kind in own),
        )
        for n, own in zip(lengths, since, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Replay:
    """Looks at some series again, each time with the scores up to one of them."""

    weeks: FloatArray
    scores: FloatArray
    offsets: IntArray
    criteria: Sequence[Criteria]
    which: IntArray
    sessions: IntArray | None

    def beyond(self, series: int, code: int) -> int:
        """Return since which score the expected course has said *code* of each."""
        rows = slice(self.offsets[series], self.offsets[series + 1])
        judging = self.criteria[self.which[series]]
        if judging.curve is None:  # then nothing was said, and nothing is asked here
            raise ValueError(f"Series {series} has no expected course.")
        weeks, scores = self.weeks[rows, np.newaxis], self.scores[rows, np.newaxis]
        codes = course_rows(
            judging.curve,
            weeks,
            scores,
            amber=judging.course_amber,
            red=judging.course_red,
            from_score=judging.course_from_score,
        )
        return _began([bool(value == code) for value in codes[:, 0]])

    def jumped(self, series: int) -> dict[str, int]:
        """Return since which score the sudden gains and losses of one series stand.

        A jump is known some scores after it, and may be given back at any later one: all
        looks are columns of one matrix, each filled up with its last score in a slot far off,
        which no interval reaches.
        """
        judging = self.criteria[self.which[series]]
        if judging.sudden is None:  # then nothing was said, and nothing is asked here
            raise ValueError(f"Series {series} has no rule of sudden gains.")
        first, n = int(self.offsets[series]), int(np.diff(self.offsets)[series])
        ends = np.arange(1, n + 1)
        known = np.arange(n)[:, np.newaxis] < ends
        rows = first + np.broadcast_to(np.arange(n)[:, np.newaxis], (n, n)).T[known.T]
        numbers = np.full(rows.size, -1) if self.sessions is None else self.sessions[rows]
        slot = np.full((n, n), _FAR, dtype=np.int32)
        slot.T[known.T] = place(
            self.weeks[rows],
            numbers.astype(np.int32),
            np.concatenate(([0], np.cumsum(ends))),
            judging.plateau.gap_weeks,
            judging.sudden_from_session,
        )
        last = np.minimum(np.arange(n)[:, np.newaxis], ends - 1)
        found = sudden_rows(slot, self.scores[first + last], judging.sudden)
        since = {}
        for kind, is_gain in (("sudden_gain", True), ("sudden_loss", False)):
            stands = found.series[(found.is_gain == is_gain) & ~found.is_reversed]
            since[kind] = _began(np.isin(np.arange(n), stands).tolist())
        return since

    def of_last_scores(self, wanted: Sequence[int]) -> dict[int, dict[str, int]]:
        """Return since which score the flags stand that rest on the last few scores.

        These are the trend, the plateau and the alert of a process measure: a look needs no
        more scores than the longest window, and many looks are one matrix.
        """
        looks: list[tuple[int, int, int]] = []
        for series in wanted:
            judging = self.criteria[self.which[series]]
            is_outcome = judging.role == "outcome"
            last = judging.plateau.windows[-1] if is_outcome else 2
            first = judging.plateau.windows[0] if is_outcome else 1
            n = int(self.offsets[series + 1] - self.offsets[series])
            looks += [(series, end, min(end, last)) for end in range(first, n + 1)]
        flags = self._flags(looks) if looks else []
        found: dict[int, dict[str, int]] = {}
        for series in wanted:
            own = [
                (end, kinds)
                for (of, end, _), kinds in zip(looks, flags, strict=True)
                if of == series
            ]
            found[series] = {
                kind: own[0][0] - 1 + _began([kind in kinds for _, kinds in own])
                for kind in own[-1][1]
            }
        return found

    def _flags(self, looks: Sequence[tuple[int, int, int]]) -> list[tuple[str, ...]]:
        """Return the flags at each look: of a series, up to a score, with so many scores."""
        ends = np.array([self.offsets[series] + end for series, end, _ in looks])
        lengths = np.array([length for _, _, length in looks])
        rows = np.concatenate(
            [np.arange(end - length, end) for end, length in zip(ends, lengths, strict=True)]
        )
        seen = course(
            self.weeks[rows],
            self.scores[rows],
            np.concatenate(([0], np.cumsum(lengths))),
            criteria=self.criteria,
            which=self.which[[series for series, _, _ in looks]],
            sessions=None if self.sessions is None else self.sessions[rows],
        )
        return [kinds_of(int(flags)) for flags in seen.flags]


def _began(holds: Sequence[bool]) -> int:
    """Return where the unbroken run began that lasts to the end, which holds.

    >>> _began([True, False, True, True])
    2
    """
    return max((place + 1 for place, held in enumerate(holds) if not held), default=0)
