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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.change import reliable_direction
from analytics.course import Course, course
from analytics.criteria import Criteria
from analytics.level import PLATEAU_KINDS
from analytics.plateau import PLATEAU
from analytics.trend import ols_slope
from data.library import Library
from data.synthetic.planted import Planted, read_planted
from data.synthetic.verdicts import RuleScore, Share

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

LEVEL_SCORES = 10
TRUE_WINDOW = 8
NAIVE_WINDOW = 6
_KIND_FROM = 3
# true_totals.csv has three decimals, so two equal ones may differ by this much.
_ROUNDED = 1e-3 + 1e-9


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
class _Question:
    """Whom a rule is to find, and whom it is not to flag: at which looks, in which groups."""

    since: Callable[[_Truth], int]
    not_to_flag: Mapping[str, Callable[[_Truth], BoolArray]]


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
        name: library.judging(name)
        for name, facts in library.instruments.items()
        if facts.role == "outcome"
    }
    series = [s for s in read_planted(folder, library) if s.instrument in known]
    judged = [known[s.instrument] for s in series]
    speaks = _flags(series, judged)
    truths = [_truth(s, c) for s, c in zip(series, judged, strict=True)]
    return tuple(
        _score(rule, question, [flags[rule] for flags in speaks], truths)
        for rule, question in QUESTIONS.items()
    )


# Looks ----------------------------------------------------------------------------------


def _flags(series: list[Planted], judged: list[Criteria]) -> list[dict[str, BoolArray]]:
    """Replay every series: each beginning of it is a series of its own, all in one batch."""
    sizes = np.array([s.scores.size for s in series])
    by_name = {c.instrument: c for c in judged}
    # One place an instrument and not one a series, so that series of a length stay together.
    place = {name: at for at, name in enumerate(by_name)}
    which = np.repeat([place[s.instrument] for s in series], sizes)
    lengths = np.concatenate([np.arange(1, size + 1) for size in sizes])
    weeks = np.concatenate([s.weeks[:n] for s in series for n in range(1, s.scores.size + 1)])
    scores = np.concatenate([s.scores[:n] for s in series for n in range(1, s.scores.size + 1)])
    seen = course(
        weeks,
        scores,
        np.append(0, np.cumsum(lengths)),
        criteria=list(by_name.values()),
        which=which,
    )
    speaks = _rules(seen) | _naive(series, judged, sizes)
    ends = np.cumsum(sizes)
    return [
        {rule: flags[end - size : end] for rule, flags in speaks.items()}
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
    direction = np.zeros(size, dtype=np.int8)
    if reliable is not None:
        direction = reliable_direction(
            gained, criterion=reliable.value, inclusive=judged.reliable_inclusive
        )
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
        better_since=_first(direction > 0),
        never_better=reliable is not None and bool((gained <= _ROUNDED).all()),
        worse_since=_first(direction < 0),
        never_worse=reliable is not None and bool((gained >= -_ROUNDED).all()),
        level_since=level if lasts else -1,
        kind=series.plateau_kind if lasts else "",
        improving=improving,
        worsening=worsening,
    )


def _first(holds: BoolArray) -> int:
    return int(np.argmax(holds)) if holds.any() else -1


def _never(holds: bool, looks: int) -> BoolArray:
    """Return the looks at which a change could be flagged: all but the first, or none."""
    counts = np.full(looks, holds)
    counts[0] = False
    return counts


def _level(truth: _Truth, kind: str) -> BoolArray:
    """Return the looks at which the last three scores lie on a level of one kind."""
    counts = np.zeros(truth.improving.size, dtype=np.bool_)
    if truth.kind == kind:
        counts[truth.level_since + _KIND_FROM - 1 :] = True
    return counts


def _of_kind(kind: str) -> Callable[[_Truth], int]:
    return lambda truth: truth.level_since if truth.kind == kind else -1


_IMPROVERS = {"steady improvers": lambda t: t.improving}
_BETTER = _Question(
    lambda t: t.better_since, {"never better": lambda t: _never(t.never_better, t.improving.size)}
)
_WORSE = _Question(
    lambda t: t.worse_since, {"never worse": lambda t: _never(t.never_worse, t.improving.size)}
)
_LEVEL = _Question(lambda t: t.level_since, _IMPROVERS | {"worsening": lambda t: t.worsening})
QUESTIONS: dict[str, _Question] = {
    "reliable improvement": _BETTER,
    "reliable improvement, confirmed": _BETTER,
    "reliable deterioration": _WORSE,
    "reliable deterioration, confirmed": _WORSE,
    "plateau": _LEVEL,
    "slope p > .05 over 6": _LEVEL,
    "range within RC over 6": _LEVEL,
    "plateau: stuck": _Question(
        _of_kind("stuck"), {"planted as met": lambda t: _level(t, "maintained")} | _IMPROVERS
    ),
    "plateau: met": _Question(
        _of_kind("maintained"), {"planted as stuck": lambda t: _level(t, "stuck")} | _IMPROVERS
    ),
}


def _score(
    rule: str, question: _Question, speaks: list[BoolArray], truths: list[_Truth]
) -> RuleScore:
    delays: list[int] = []
    to_find = 0
    for flags, truth in zip(speaks, truths, strict=True):
        since = question.since(truth)
        if since >= 0:
            to_find += 1
            delay = _first(flags[since:])
            delays += [delay] if delay >= 0 else []
    false = []
    for group, looks_of in question.not_to_flag.items():
        looks = [looks_of(truth) for truth in truths]
        hits = sum(bool((f & counted).any()) for f, counted in zip(speaks, looks, strict=True))
        false.append(Share(group, hits, sum(bool(counted.any()) for counted in looks)))
    return RuleScore(
        rule=rule,
        found=Share("to be found", len(delays), to_find),
        false_flags=tuple(false),
        delay=float(np.median(delays)) if delays else math.nan,
    )
