"""What does each rule say of each series after every score, knowing only the scores so far?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.course import Course, course
from analytics.criteria import Criteria
from analytics.expectation.expected import AMBER, RED
from analytics.level import PLATEAU_KINDS
from analytics.plateau import IMPROVING, PLATEAU, TOO_EARLY, WORSENING
from analytics.process import BELOW, BOTH, DROPPED, NONE
from analytics.process import NOT_ASSESSABLE as NO_ALERT
from data.synthetic.planted import Planted
from data.validation.naive import naive_rules

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

#: A jump counts as the planted one if it lies within so many sessions of it.
NEAR = 2
_TWICE = ("off the expected course", "off or near it", "worsening trend", "improving trend")


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule says, one value a look.

    Attributes
    ----------
    flags
        Whether the rule speaks.
    known
        Whether it could: it has the numbers and enough scores.
    finds
        Whether it speaks of what was planted there, and not of something else.
    could_find
        Whether it could speak of what was planted there.
    naive
        Whether it is one for comparison.
    """

    flags: BoolArray
    known: BoolArray
    finds: BoolArray
    could_find: BoolArray
    naive: bool = False

    def part(self, looks: slice) -> "Said":
        """Return what it says at some of the looks."""
        return Said(
            self.flags[looks],
            self.known[looks],
            self.finds[looks],
            self.could_find[looks],
            self.naive,
        )


@dataclass(frozen=True, slots=True)
class Looks:
    """All beginnings of all series, one after the other: each score of the log is one look.

    ``series`` and ``number`` say of which series the look is, and how many scores it sees;
    ``weeks``, ``scores`` and ``sessions`` hold these scores from ``starts`` on.
    """

    series: IntArray
    number: IntArray
    weeks: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    sessions: IntArray
    starts: IntArray


def all_looks(planted: Sequence[Planted]) -> Looks:
    """Return every beginning of every series as a series of its own."""
    number = np.concatenate([np.arange(1, s.scores.size + 1) for s in planted])
    begins = [(s, n) for s in planted for n in range(1, s.scores.size + 1)]
    return Looks(
        series=np.repeat(np.arange(len(planted)), [s.scores.size for s in planted]),
        number=number,
        weeks=np.concatenate([s.weeks[:n] for s, n in begins]),
        scores=np.concatenate([s.scores[:n] for s, n in begins]),
        sessions=np.concatenate([s.sessions[:n] for s, n in begins]),
        starts=np.append(0, np.cumsum(number)),
    )


def said_of(planted: Sequence[Planted], judged: Sequence[Criteria]) -> Mapping[str, Said]:
    """Return by name what each rule says at each look, ours first and the naive ones after."""
    looks = all_looks(planted)
    by_name = {c.instrument: c for c in judged}
    # One place an instrument and not one a series, so that series of a length stay together.
    place = {name: at for at, name in enumerate(by_name)}
    seen = course(
        looks.weeks,
        looks.scores,
        looks.starts,
        criteria=list(by_name.values()),
        which=np.array([place[s.instrument] for s in planted])[looks.series],
        sessions=looks.sessions,
    )
    ours = _change_and_level(seen, judged, looks) | _course_and_process(seen, looks)
    ours |= _sudden(seen, planted, looks)
    return ours | {
        name: Said(flags, known, finds, known, naive=True)
        for name, (flags, known, finds) in naive_rules(planted, judged, seen, NEAR).items()
    }


def _plain(flags: BoolArray, known: BoolArray) -> Said:
    return Said(flags & known, known, flags & known, known)


def _change_and_level(seen: Course, judged: Sequence[Criteria], looks: Looks) -> dict[str, Said]:
    reliable = seen.category_since >= 0
    better, worse = reliable & (seen.improvement > 0), reliable & (seen.improvement < 0)
    plateau = seen.state == PLATEAU
    stuck = plateau & (seen.plateau_kind == PLATEAU_KINDS.index("stuck"))
    criterion = np.array([c.reliable_change is not None for c in judged])[looks.series]
    changed = criterion & (looks.number >= 2)
    twice = criterion & (looks.number >= 3)
    level = np.array([not np.isnan(c.plateau.margin + c.plateau.sigma) for c in judged])
    level = level[looks.series] & (seen.state != TOO_EARLY)
    cutoff = np.array([c.cutoff is not None for c in judged])[looks.series]
    return {
        "reliable improvement": _plain(better, changed),
        "reliable improvement, confirmed": _plain(better & seen.confirmed, twice),
        "reliable deterioration": _plain(worse, changed),
        "reliable deterioration, confirmed": _plain(worse & seen.confirmed, twice),
        "plateau": _plain(plateau, level),
        "plateau: stuck": _plain(stuck, level & cutoff),
        "plateau: met": _plain(plateau & (seen.plateau_kind >= 0) & ~stuck, level & cutoff),
    }


def _course_and_process(seen: Course, looks: Looks) -> dict[str, Said]:
    on_curve = seen.not_on_track >= 0
    states = seen.state != TOO_EARLY
    alert = seen.alert != NO_ALERT
    # Below the mark and dropped are told by two bits of the code.
    dropped = alert & (seen.alert >= DROPPED)
    below = (seen.alert == BELOW) | (seen.alert == BOTH)
    said = {
        "off the expected course": _plain(seen.not_on_track == RED, on_curve),
        "off or near it": _plain(seen.not_on_track >= AMBER, on_curve),
        "worsening trend": _plain(seen.state == WORSENING, states),
        "improving trend": _plain(seen.state == IMPROVING, states),
        "alliance below its mark": _plain(alert & (seen.alert != NONE) & below, alert),
        "below its mark or dropped": _plain(alert & (seen.alert != NONE), alert),
        "the drop alone": _plain(dropped, alert & (looks.number >= 2)),
    }
    for name in _TWICE:
        once = said[name]
        flags, known = _again(once.flags, looks), _again(once.known, looks)
        said[f"{name}, twice in a row"] = _plain(flags, known)
    return said


def _again(holds: BoolArray, looks: Looks) -> BoolArray:
    """Return where something holds at a look and at the one before it."""
    again = holds.copy()
    again[1:] &= holds[:-1]
    again[looks.number == 1] = False
    return again


def _sudden(seen: Course, planted: Sequence[Planted], looks: Looks) -> dict[str, Said]:
    known = seen.sudden_evaluable > 0
    onset = np.array([s.onset_session for s in planted])[looks.series[seen.jumps.series]]
    session = looks.sessions[looks.starts[seen.jumps.series] + seen.jumps.row]
    near = seen.jumps.is_gain & (onset > 0) & (np.abs(session - onset) <= NEAR)
    finds = np.zeros(looks.number.size, dtype=np.bool_)
    finds[seen.jumps.series[near]] = True
    there = np.concatenate([_planted_interval(s) for s in planted])
    return {
        "sudden gain": Said((seen.sudden_gains > 0) & known, known, finds, known & there),
        "sudden loss": _plain(seen.sudden_losses > 0, known),
    }


def _planted_interval(series: Planted) -> BoolArray:
    """Return the looks that see enough around the planted jump for the third criterion.

    Both sessions of the jump are scored, and two of three on each side of it.
    """
    onset, sessions = series.onset_session, series.sessions
    if onset == 0 or not np.isin((onset - 1, onset), sessions).all():
        return np.zeros(sessions.size, dtype=np.bool_)
    before = np.count_nonzero((sessions >= onset - 3) & (sessions < onset)) >= 2
    after = np.cumsum((sessions >= onset) & (sessions <= onset + 2)) >= 2
    return np.asarray(after & before)
