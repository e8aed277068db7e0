"""Which table of the log is a file, and what may stand in its columns?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from data.errors import FileRefused

Kind = Literal["id", "text", "date", "integer", "number", "choice"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical file: what its cells are and whether they may be blank."""

    name: str
    kind: Kind
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    future: bool = False  # a planned date may lie ahead
    long: bool = False  # a text that may have several lines


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical file: its columns, and the key that tells its rows apart.

    Rows that agree in the key and differ elsewhere are a conflict for a person to decide.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(c.name for c in self.columns if c.required)

    def column(self, name: str) -> Column:
        """Return the column called *name*."""
        return next(c for c in self.columns if c.name == name)


LOG = Table(
    "log",
    (
        Column("client_id", "id", required=True),
        Column("instrument", "id", required=True),
        Column("administered_on", "date", required=True),
        Column("total", "number"),
        Column("episode_id", "id"),
        Column("clinician_id", "text"),
        Column("team", "text"),
        Column("service", "text"),
        Column("session_no", "integer", low=0, high=100_000),
        Column("respondent", "text"),
    ),
    key=("client_id", "episode_id", "instrument", "respondent", "administered_on", "session_no"),
)
EPISODES = Table(
    "episodes",
    (
        Column("episode_id", "id", required=True),
        Column("client_id", "id", required=True),
        Column("started_on", "date", required=True),
        Column("clinician_id", "text"),
        Column("team", "text"),
        Column("service", "text"),
        Column("ended_on", "date"),
        Column("ending", "text"),
        Column("problem", "text"),
        Column("modality", "text"),
        Column("age_band", "text"),
        Column("gender", "text"),
    ),
    key=("episode_id",),
)
SESSIONS = Table(
    "sessions",
    (
        Column("episode_id", "id", required=True),
        Column("session_no", "integer", required=True, low=0, high=100_000),
        Column("held_on", "date", required=True, future=True),
        Column(
            "attendance",
            "choice",
            required=True,
            choices=("attended", "missed", "cancelled"),
        ),
    ),
    key=("episode_id", "session_no", "held_on"),
)
GOALS = Table(
    "goals",
    (
        Column("episode_id", "id", required=True),
        Column("goal_id", "id", required=True),
        Column("set_on", "date", required=True),
        Column("rank", "integer", low=1, high=100),
        Column("kind", "text"),
        Column("target_on", "date", future=True),
        Column("start_value", "number"),
        Column("target_value", "number"),
        Column("unit", "text"),
        Column("statement", "text", long=True),
    ),
    key=("episode_id", "goal_id"),
)
GOAL_RATINGS = Table(
    "goal_ratings",
    (
        Column("episode_id", "id", required=True),
        Column("goal_id", "id", required=True),
        Column("rated_on", "date", required=True),
        Column("rating", "number", required=True, low=0, high=10),
        Column("session_no", "integer", low=0, high=100_000),
    ),
    key=("episode_id", "goal_id", "rated_on", "session_no"),
)
TALLIES = Table(
    "tallies",
    (
        Column("episode_id", "id", required=True),
        Column("tally_id", "id", required=True),
        Column("counted_on", "date", required=True),
        Column("count", "integer", required=True, low=0, high=1_000_000),
        Column("days", "integer", low=1, high=3_660),
    ),
    key=("episode_id", "tally_id", "counted_on"),
)
ANNOTATIONS = Table(
    "annotations",
    (
        Column("episode_id", "id", required=True),
        Column("noted_on", "date", required=True),
        Column("text", "text", required=True, long=True),
        Column("kind", "text"),
    ),
    key=("episode_id", "noted_on", "kind", "text"),
)
TABLES = (LOG, EPISODES, SESSIONS, GOALS, GOAL_RATINGS, TALLIES, ANNOTATIONS)

ITEM = re.compile(r"item_([1-9][0-9]?[0-9]?)")


def recognise(file: str, header: Sequence[str]) -> Table:
    """Return the canonical table whose columns *header* names.

    Raises
    ------
    FileRefused
        If a column name stands twice or a required column is missing; the sentence names
        the table that comes nearest.
    """
    seen: set[str] = set()
    for name in header:
        if name in seen and name:
            raise FileRefused(
                f"{file}, row 1: the column name {name!r} stands twice, so it is unclear which one "
                "to read. Rename or remove one. Nothing was imported."
            )
        seen.add(name)

    def missing(table: Table) -> list[str]:
        lacks = [name for name in table.required if name not in seen]
        if table is LOG and "total" not in seen and "item_1" not in seen:
            lacks.append("total (or item_1, item_2, ...)")
        return lacks

    whole = [table for table in TABLES if not missing(table)]
    if whole:
        return max(whole, key=lambda table: len(table.required))
    # The log needs a total or items besides. At equal distance it is meant: it stands first.
    nearest = min(
        TABLES, key=lambda table: len(missing(table)) / (len(table.required) + (table is LOG))
    )
    lacks = missing(nearest)
    plural = "s" if len(lacks) > 1 else ""
    raise FileRefused(
        f"{file}, row 1: the column{plural} {', '.join(lacks)} {'are' if plural else 'is'} "
        "missing. "
        f"Found: {', '.join(n for n in header if n) or 'no names'}. The nearest known file is "
        f"{nearest.name} (see docs/log_format.md); other layouts need a mapping. "
        "Nothing was imported."
    )
