"""How well does each rule find what was planted in the synthetic service?

Each rule looks at a series after every score and sees the scores so far, as a clinician
would. Truth is the true course before measurement error (``true_totals.csv``) and the
planted course (``truth.csv``); only outcome questionnaires count, and for a rule only those
with the numbers that it needs. RC is the questionnaire's reliable change, MIC its meaningful
change, SEM its standard error of measurement; "better" is in its own direction.

*Reliable improvement* (deterioration likewise, with worse for better)
    Flag: the last score is reliably better than the first; *confirmed*: the last two are.
    To be found: series whose true total is better than the first true total by RC or more at
    some look. Found: a flag at the first such look or later. Not to be flagged: series whose
    true total is at no look better than the first. A true change between these bounds is
    neither: it counts nowhere.

*Plateau*, and the two naive rules beside it
    Flag: the state is plateau; "slope p > .05 over 6": the 95 % interval of the slope of the
    last six scores holds 0; "range within RC over 6": their range is at most RC.
    To be found: series with a planted level of ten scores or more, counted from the first
    score at which the level holds. Found: a flag at that score or later. Not to be flagged, in
    two groups. *Steady improvers*: the planted course is a steady improvement, and a look
    counts while the true slope of the last eight scores (of all, if fewer) comes to the MIC or
    more over a block. *Worsening*: the planted course is a deterioration, and a look counts while
    the true total got worse by more than one SEM over those scores. Looks begin at the sixth
    score, and a series counts as falsely flagged if it is flagged at any look that counts.

*Plateau: stuck* and *plateau: met*
    Flag: the state is plateau of the kind stuck; of the kind maintained or at the floor. To be
    found: the planted levels of ten scores or more of that kind. Not to be flagged: those of the
    other kind, at looks from the third score of the level on; and the steady improvers.

Sensitivity is the share of the series to be found that are found, the false-flag rate that of
the series not to be flagged that are flagged at any look, and the delay the median number of
scores from the first look at which the truth holds to the flag, of those found.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from analytics.change import reliable_direction
from analytics.course import Course, course
from analytics.criteria import Criteria, criteria
from analytics.level import PLATEAU_KINDS
from analytics.plateau import PLATEAU
from analytics.trend import ols_slope
from data.library import Library
from data.synthetic.planted import Planted, read_planted

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

LEVEL_SCORES = 10
TRUE_WINDOW = 8
NAIVE_WINDOW = 6
_KIND_FROM = 3
# true_totals.csv has three decimals, so two equal ones may differ by this much.
_ROUNDED = 1e-3 + 1e-9


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a group of series were flagged."""

    group: str
    hits: int
    of: int

    @property
    def rate(self) -> float:
        """Return the share, ``nan`` for an empty group."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953.

        Examples
        --------
        >>> low, high = Share("ten of forty", 10, 40).interval
        >>> round(low, 3), round(high, 3)
        (0.142, 0.402)
        """
        if not self.of:
            return math.nan, math.nan
        z, n, p = NormalDist().inv_cdf(0.975), self.of, self.rate
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return centre - half, centre + half


@dataclass(frozen=True, slots=True)
class RuleScore:
    """How one rule did; ``delay`` is a median in scores, ``nan`` where nothing was found."""

    rule: str
    found: Share
    false_flags: tuple[Share, ...]
    delay: float

    def falsely(self, group: str) -> Share:
        """Return the false flags among one group."""
        return next(share for share in self.false_flags if share.group == group)


@dataclass(frozen=True, slots=True)
class _Truth:
    """What is true of one series at its looks; ``since`` is the place of a look, -1: never."""

    better_since: int
    never_better: bool
    worse_since: int
    never_worse: bool
    level_since: int
    kind: str
    improving: BoolArray
    worsening: BoolArray


@dataclass(frozen=True, slots=True)
class _Flags:
    """At which looks of one series each rule speaks."""

    by_rule: dict[str, BoolArray]


def score_rules(folder: Path, library: Library) -> tuple[RuleScore, ...]:
    """Return how each rule does on the synthetic service in *folder*.

    Parameters
    ----------
    folder
        Where ``synthetic_service`` wrote its files.
    library
        The facts and the rule profile by which the rules judge.

    Raises
    ------
    DataError
        If a file is missing or is not one of the synthetic service.
    """
    known = {
        name: criteria(facts, library.rules)
        for name, facts in library.instruments.items()
        if facts.role == "outcome"
    }
    series = [s for s in read_planted(folder, library) if s.instrument in known]
    judged = [known[s.instrument] for s in series]
    flags = _flags(series, judged)
    truths = [_truth(s, c) for s, c in zip(series, judged, strict=True)]
    return tuple(_score(rule, flags, truths) for rule in _GROUPS)


def as_table(scores: Iterable[RuleScore]) -> str:
    """Return the scores as lines of text, one rule a line."""
    lines = [f"{'rule':32}{'found':>24}{'delay':>7}  falsely flagged"]
    for score in scores:
        false = "; ".join(f"{share.group} {_told(share)}" for share in score.false_flags)
        lines.append(f"{score.rule:32}{_told(score.found):>24}{score.delay:>7.1f}  {false}")
    return "\n".join(lines)


def _told(share: Share) -> str:
    low, high = share.interval
    return f"{share.hits}/{share.of} {share.rate:.2f} ({low:.2f}-{high:.2f})"


# Looks ----------------------------------------------------------------------------------


def _flags(series: list[Planted], judged: list[Criteria]) -> list[_Flags]:
    """Replay every series: each beginning of it is a series of its own, all in one batch."""
    sizes = np.array([s.scores.size for s in series])
    which = np.repeat(np.arange(len(series)), sizes)
    lengths = np.concatenate([np.arange(1, size + 1) for size in sizes])
    weeks = np.concatenate([s.weeks[:n] for s in series for n in range(1, s.scores.size + 1)])
    scores = np.concatenate([s.scores[:n] for s in series for n in range(1, s.scores.size + 1)])
    seen = course(
        weeks, scores, np.append(0, np.cumsum(lengths)), criteria=judged, which=which
    )
    speaks = _rules(seen) | _naive(series, judged, sizes)
    ends = np.cumsum(sizes)
    return [
        _Flags({rule: flags[end - size : end] for rule, flags in speaks.items()})
        for size, end in zip(sizes, ends, strict=True)
    ]


def _rules(seen: Course) -> dict[str, BoolArray]:
    """Return where our own rules speak, one value a look."""
    reliable = seen.category_since >= 0
    plateau = seen.state == PLATEAU
    stuck = plateau & (seen.plateau_kind == PLATEAU_KINDS.index("stuck"))
    better, worse = reliable & (seen.improvement > 0), reliable & (seen.improvement < 0)
    return {
        "reliable improvement": better,
        "reliable improvement, confirmed": better & seen.confirmed,
        "reliable deterioration": worse,
        "reliable deterioration, confirmed": worse & seen.confirmed,
        "plateau": plateau,
        "plateau: stuck": stuck,
        "plateau: met": plateau & (seen.plateau_kind >= 0) & ~stuck,
    }


def _naive(
    series: list[Planted], judged: list[Criteria], sizes: npt.NDArray[np.int64]
) -> dict[str, BoolArray]:
    """Return where the two naive rules speak: a slope that is "not significant", a small range."""
    flat = np.zeros(int(sizes.sum()), dtype=np.bool_)
    near = flat.copy()
    looks, weeks, scores, limits = [], [], [], []
    start = 0
    for s, c in zip(series, judged, strict=True):
        for n in range(NAIVE_WINDOW, s.scores.size + 1):
            looks.append(start + n - 1)
            weeks.append(s.weeks[n - NAIVE_WINDOW : n])
            scores.append(s.scores[n - NAIVE_WINDOW : n])
            limits.append(math.nan if c.reliable_change is None else c.reliable_change.value)
        start += s.scores.size
    last = np.array(scores)
    slopes = ols_slope(
        np.array(weeks).ravel(), last.ravel(), np.arange(len(looks) + 1) * NAIVE_WINDOW
    )
    flat[looks] = (slopes.low <= 0) & (slopes.high >= 0)
    near[looks] = last.max(axis=1) - last.min(axis=1) <= np.array(limits) + 1e-9
    return {"slope p > .05 over 6": flat, "range within RC over 6": near}


# Truth ----------------------------------------------------------------------------------


def _truth(series: Planted, judged: Criteria) -> _Truth:
    sign = 1.0 if judged.better == "higher" else -1.0
    gained = sign * (series.true_totals - series.true_totals[0])
    size = gained.size
    improving, worsening = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    reliable = judged.reliable_change
    up = down = np.zeros(size, dtype=np.int8)
    if reliable is not None:
        limit = {"criterion": reliable.value, "inclusive": judged.reliable_inclusive}
        up = down = reliable_direction(gained, **limit)
    rule = judged.plateau
    applies = not (math.isnan(rule.margin) or math.isnan(rule.sigma))
    if applies:
        for n in range(NAIVE_WINDOW, size + 1):
            part = slice(max(0, n - TRUE_WINDOW), n)
            t, y = series.weeks[part], gained[part]
            if series.course == "steady_improver":
                improving[n - 1] = rule.block_weeks * np.polyfit(t, y, 1)[0] >= rule.margin
            elif series.course == "deterioration":
                worsening[n - 1] = y[0] - y[-1] > rule.guard
    level = series.level_since
    lasts = applies and level >= 0 and size - level >= LEVEL_SCORES
    return _Truth(
        better_since=_first(up > 0),
        never_better=reliable is not None and bool((gained <= _ROUNDED).all()),
        worse_since=_first(down < 0),
        never_worse=reliable is not None and bool((gained >= -_ROUNDED).all()),
        level_since=level if lasts else -1,
        kind=series.plateau_kind if lasts else "",
        improving=improving,
        worsening=worsening,
    )


def _first(holds: BoolArray) -> int:
    return int(np.argmax(holds)) if holds.any() else -1
