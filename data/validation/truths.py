"""What is true of a series at each look, and whom should a rule find or leave alone?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import reliable_direction
from analytics.criteria import Criteria
from analytics.instrument import Role
from data.synthetic.planted import Planted

BoolArray = npt.NDArray[np.bool_]

LEVEL_SCORES = 10
TRUE_WINDOW = 8
FIRST_LOOK = 6  # of the questions about a level
_KIND_FROM = 3
# true_totals.csv has three decimals, so two equal ones may differ by this much.
_ROUNDED = 1e-3 + 1e-9


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one series at its looks.

    Attributes
    ----------
    client, role
        Whose series it is, and of what kind of measure.
    since
        By word, the place of the look since which something holds; without one it never does.
    at
        By word, the looks at which something holds.
    """

    client: str
    role: Role
    since: Mapping[str, int]
    at: Mapping[str, BoolArray]


@dataclass(frozen=True, slots=True)
class Question:
    """Whom some rules are to find, and whom they are not to flag.

    Attributes
    ----------
    name
        The question in a few words.
    rules
        Which rules answer it.
    to_find
        Word of `Truth.since`; ``None`` where nothing of the kind was planted.
    not_to_flag
        By the name of a group, the word of `Truth.at` for the looks that count.
    role
        Of which measures.
    """

    name: str
    rules: tuple[str, ...]
    to_find: str | None
    not_to_flag: Mapping[str, str]
    role: Role = "outcome"


def truth_of(series: Planted, judged: Criteria) -> Truth:
    """Return what is true of one series."""
    sign = 1.0 if judged.better == "higher" else -1.0
    gained = sign * (series.true_totals - series.true_totals[0])
    size = gained.size
    later = np.ones(size, dtype=np.bool_)
    later[0] = False  # nothing can have changed by the first score
    since: dict[str, int] = {}
    at = {f"course: {series.course}": later}
    reliable = judged.reliable_change
    if reliable is not None:
        direction = reliable_direction(
            gained, criterion=reliable.value, inclusive=judged.reliable_inclusive
        )
        since |= _first("better", direction > 0) | _first("worse", direction < 0)
        at["never better"] = later & bool((gained <= _ROUNDED).all())
        at["never worse"] = later & bool((gained >= -_ROUNDED).all())
    if series.onset_session:
        # The onset of a deterioration is the last level appointment before it.
        after = series.sessions > series.onset_session
        since |= _first(f"turned: {series.course}", after)
        since |= _first(f"from onset: {series.course}", series.sessions >= series.onset_session)
    if series.course in ("steady_improver", "log_improver"):
        since |= _first("improving throughout", later)
    if judged.role == "process" and not math.isnan(judged.marks.below):
        beyond = sign * (series.true_totals - judged.marks.below) < 0
        at["good alliance"] = later & (series.course == "alliance") & ~beyond.any()
    level_since, level_at = _level(series, judged, gained)
    return Truth(series.client_id, judged.role, since | level_since, at | level_at)


def _level(
    series: Planted, judged: Criteria, gained: npt.NDArray[np.float64]
) -> tuple[dict[str, int], dict[str, BoolArray]]:
    """Return since when there is a level, and the looks of the questions about it."""
    rule, size = judged.plateau, gained.size
    if math.isnan(rule.margin) or math.isnan(rule.sigma):
        return {}, {}
    improving, worsening = np.zeros((2, size), dtype=np.bool_)
    for n in range(FIRST_LOOK, size + 1):
        part = slice(max(0, n - TRUE_WINDOW), n)
        t, y = series.weeks[part], gained[part]
        if series.course == "steady_improver":
            improving[n - 1] = rule.block_weeks * np.polyfit(t, y, 1)[0] >= rule.margin
        elif series.course == "deterioration":
            worsening[n - 1] = y[0] - y[-1] > rule.guard
    at = {"improving fast": improving, "getting worse": worsening}
    since: dict[str, int] = {}
    begin, kind = series.level_since, series.plateau_kind
    if begin >= 0 and size - begin >= LEVEL_SCORES:
        since = {"level": begin, f"level: {kind}": begin}
        looks = np.zeros(size, dtype=np.bool_)
        looks[begin + _KIND_FROM - 1 :] = True
        at[f"on a level: {kind}"] = looks
    return since, at


def _first(word: str, holds: BoolArray) -> dict[str, int]:
    return {word: int(np.argmax(holds))} if holds.any() else {}


_IMPROVERS = {
    "steady improvers": "course: steady_improver",
    "slowing improvers": "course: log_improver",
}
_LEVEL = {"level, a case": "course: flat", "level, no case": "course: low"}
QUESTIONS = (
    Question(
        "reliable improvement",
        (
            "reliable improvement", "reliable improvement, confirmed",
            "better than the first score", "better by 1 SEM",
        ),
        "better", {"never better": "never better"},
    ),
    Question(
        "reliable deterioration",
        (
            "reliable deterioration", "reliable deterioration, confirmed",
            "worse than the first score", "worse by 1 SEM",
        ),
        "worse", {"never worse": "never worse"},
    ),
    Question(
        "a planted deterioration",
        (
            "off the expected course", "off the expected course, twice in a row",
            "off or near it", "off or near it, twice in a row",
            "worsening trend", "worsening trend, twice in a row",
            "reliable deterioration", "reliable deterioration, confirmed",
            "worse than the average course", "worse than the first score", "worse by 1 SEM",
            "worse slope, p < .05 over 6",
        ),
        "turned: deterioration", _IMPROVERS | _LEVEL,
    ),
    Question(
        "a planted improvement",
        (
            "improving trend", "improving trend, twice in a row",
            "reliable improvement", "reliable improvement, confirmed",
            "better slope, p < .05 over 6", "better than the first score",
        ),
        "improving throughout", _LEVEL | {"deterioration": "course: deterioration"},
    ),
    Question(
        "a level",
        ("plateau", "slope p > .05 over 6", "range within RC over 6"),
        "level", {"steady improvers": "improving fast", "worsening": "getting worse"},
    ),
    Question(
        "a level: stuck", ("plateau: stuck",), "level: stuck",
        {"planted as met": "on a level: maintained", "steady improvers": "improving fast"},
    ),
    Question(
        "a level: met", ("plateau: met",), "level: maintained",
        {"planted as stuck": "on a level: stuck", "steady improvers": "improving fast"},
    ),
    Question(
        "a sudden gain", ("sudden gain", "one step of the reliable change"),
        "from onset: sudden_gain", _IMPROVERS | _LEVEL,
    ),
    Question("a sudden loss", ("sudden loss",), None, {"never worse": "never worse"}),
    Question(
        "an alliance rupture",
        ("alliance below its mark", "below its mark or dropped", "the drop alone"),
        "from onset: alliance_rupture", {"level, within the mark": "good alliance"}, role="process",
    ),
)  # fmt: skip
