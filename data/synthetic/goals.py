"""What do the clients of the synthetic service work towards, and what do they count?"""

from dataclasses import dataclass
from datetime import date, timedelta
from zlib import crc32

import numpy as np

from data.synthetic.courses import FloatArray
from data.synthetic.writing import Row

_WITH_GOALS = 0.75
#: Symptoms and goals do not always move together; in this share the goals stay where they are.
_GOALS_STAY = 0.15
_RATED = 0.6
_RATING_ERROR = 0.7
_WITH_TALLY = 0.2
_WITH_NOTE = 0.35
#: Goals are looked at in every fourth session held; some clinicians never note it, and now and
#: then it is forgotten and done a session later.
_REVIEW_EVERY = 4
_NEVER_REVIEWED = 0.15
_FORGOTTEN = 0.2

_RATING_UNIT = "rating from 0 to 10"


@dataclass(frozen=True, slots=True)
class Aim:
    """A goal as it is written down, with the numbers of its target."""

    kind: str
    statement: str
    start: float
    target: float
    unit: str


AIMS: tuple[Aim, ...] = (
    Aim("outcome", "Synthetic goal: feel rested on most mornings", 1, 8, _RATING_UNIT),
    Aim("outcome", "Synthetic goal: enjoy an evening with friends", 2, 8, _RATING_UNIT),
    Aim("outcome", "Synthetic goal: take the bus to town alone", 0, 10, _RATING_UNIT),
    Aim("outcome", "Synthetic goal: speak up once in each team meeting", 1, 7, _RATING_UNIT),
    Aim("process", "Synthetic goal: walk for twenty minutes", 1, 5, "walks a week"),
    Aim("process", "Synthetic goal: practise slow breathing", 0, 7, "exercises a week"),
    Aim("process", "Synthetic goal: write in the journal", 1, 4, "entries a week"),
    Aim("process", "Synthetic goal: call one friend", 0, 2, "calls a week"),
)
#: What is counted (name of the tally), with its goal: fewer is better.
COUNTED: tuple[tuple[str, Aim], ...] = (
    ("panic-attacks",
     Aim("outcome", "Synthetic goal: fewer panic attacks", 5, 1, "panic attacks a week")),
    ("crying-spells",
     Aim("outcome", "Synthetic goal: fewer crying spells", 7, 2, "crying spells a week")),
)  # fmt: skip
NOTES: tuple[tuple[str, str], ...] = (
    ("review", "Synthetic note: looked at the course together"),
    ("review", "Synthetic note: discussed in supervision"),
    ("event", "Synthetic note: moved house"),
    ("event", "Synthetic note: started a new job"),
    ("event", "Synthetic note: medication changed by the physician"),
    ("phase", "Synthetic note: exposure began"),
)


REVIEW = ("goal_review", "Synthetic note: goals reviewed together")


@dataclass(frozen=True, slots=True)
class Kept:
    """The kept appointments of one episode: number, day, and progress since intake.

    ``progress`` is the share of the first measure's severity at intake that is gone:
    1 is all of it, below 0 is worse than at the start.
    """

    episode_id: str
    numbers: tuple[int, ...]
    days: tuple[date, ...]
    progress: FloatArray


@dataclass(frozen=True, slots=True)
class Extras:
    """Rows of the four companion files of one episode."""

    goals: list[Row]
    ratings: list[Row]
    tallies: list[Row]
    annotations: list[Row]


def draw_extras(kept: Kept, rng: np.random.Generator) -> Extras:
    """Return goals, their ratings, tallies and notes of one episode."""
    extras = Extras([], [], [], [])
    set_on: list[date] = []
    if len(kept.days) >= 4 and rng.random() < _WITH_GOALS:
        counted = COUNTED[int(rng.integers(len(COUNTED)))] if rng.random() < _WITH_TALLY else None
        picked = rng.choice(len(AIMS), int(rng.integers(1, 4)), replace=False)
        aims = [AIMS[int(place)] for place in picked]
        if counted is not None:
            aims = [counted[1], *aims[:2]]
            extras.tallies.extend(_tallies(kept, counted[0], counted[1], rng))
        moving = 0.0 if rng.random() < _GOALS_STAY else 1.0
        for rank, aim in enumerate(aims, start=1):
            set_on.append(_add_goal(extras, kept, rank, aim, moving, rng))
    if rng.random() < _WITH_NOTE:
        kind, text = NOTES[int(rng.integers(len(NOTES)))]
        day = kept.days[int(rng.integers(len(kept.days)))]
        extras.annotations.append((kept.episode_id, day, kind, text))
    extras.annotations.extend(_reviews(kept, set_on))
    return extras


def _reviews(kept: Kept, set_on: list[date]) -> list[Row]:
    """Return the notes of goal reviews: about every fourth session after the last goal was set."""
    # A generator of its own: whether a review is noted moves no other draw of the service.
    rng = np.random.default_rng(crc32(kept.episode_id.encode()))
    if not set_on or rng.random() < _NEVER_REVIEWED:
        return []
    last = max(set_on)
    rows: list[Row] = []
    since = 0
    for day in kept.days:
        since += day > last
        if since >= _REVIEW_EVERY and rng.random() >= _FORGOTTEN:
            rows.append((kept.episode_id, day, *REVIEW))
            since = 0
    return rows


def _add_goal(
    extras: Extras, kept: Kept, rank: int, aim: Aim, moving: float, rng: np.random.Generator
) -> date:
    """Add a goal with its ratings, and return the day on which it was set."""
    goal_id = f"G{rank}"
    first = int(rng.integers(0, 3))
    set_on = kept.days[first]
    weeks = int(rng.integers(6, 13))
    extras.goals.append(
        (
            kept.episode_id, goal_id, set_on, rank, aim.kind, set_on + timedelta(weeks=weeks),
            aim.start, aim.target, aim.unit, aim.statement,
        )
    )  # fmt: skip
    start = float(rng.uniform(0.5, 3.0))
    rated = rng.random(len(kept.days)) < _RATED
    rated[first] = True
    error = rng.normal(0.0, _RATING_ERROR, len(kept.days))
    reached = start + moving * (9.5 - start) * kept.progress + error
    ratings = np.clip(np.rint(reached), 0, 10)
    for place in range(first, len(kept.days)):
        if rated[place]:
            number, day = kept.numbers[place], kept.days[place]
            extras.ratings.append((kept.episode_id, goal_id, day, number, int(ratings[place])))
    return set_on


def _tallies(kept: Kept, tally_id: str, aim: Aim, rng: np.random.Generator) -> list[Row]:
    """Return one count of the seven days before each kept appointment."""
    expected = np.clip(aim.start * (1 - kept.progress), 0.2, 3 * aim.start)
    counts = rng.poisson(expected)
    return [
        (kept.episode_id, tally_id, day, 7, int(count))
        for day, count in zip(kept.days, counts, strict=True)
    ]
