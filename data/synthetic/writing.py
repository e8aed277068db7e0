"""In which files and columns does the synthetic service stand?"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from data.synthetic.measures import ITEM_COLUMNS

Cell = str | int | float | date | None
Row = tuple[Cell, ...]

#: The columns of each file, in order.
COLUMNS: dict[str, tuple[str, ...]] = {
    "scores": (
        "client_id", "episode_id", "clinician_id", "team", "service", "instrument",
        "administered_on", "session_no", "total",
        *(f"item_{item}" for item in range(1, ITEM_COLUMNS + 1)),
    ),
    "episodes": (
        "episode_id", "client_id", "clinician_id", "team", "service", "started_on",
        "ended_on", "ending", "problem", "modality", "age_band", "gender",
    ),
    "sessions": ("episode_id", "session_no", "held_on", "attendance"),
    "goals": (
        "episode_id", "goal_id", "set_on", "rank", "kind", "target_on", "start_value",
        "target_value", "unit", "statement",
    ),
    "goal_ratings": ("episode_id", "goal_id", "rated_on", "session_no", "rating"),
    "tallies": ("episode_id", "tally_id", "counted_on", "days", "count"),
    "annotations": ("episode_id", "noted_on", "kind", "text"),
    "truth": (
        "client_id", "episode_id", "instrument", "course", "onset_session", "onset_on",
        "plateau_kind", "deteriorated", "disagrees", "true_intake", "true_latest",
        "true_improvement", "error_sd", "scores", "is_open",
    ),
    "sources": ("instrument", "mean", "sd", "reliability", "error_sd", "source"),
    "true_totals": (
        "client_id", "episode_id", "instrument", "session_no", "administered_on", "true_total",
    ),
}  # fmt: skip

#: The files that an import reads; the others tell what was planted.
LOG_FILES = (
    "scores", "episodes", "sessions", "goals", "goal_ratings", "tallies", "annotations",
)  # fmt: skip


def write_tables(folder: Path, tables: Mapping[str, Sequence[Row]]) -> None:
    """Write each table to ``<name>.csv`` in *folder*, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS[name])
            # The writer itself leaves None blank and gives dates in ISO form.
            writer.writerows(
                [_text(cell) if isinstance(cell, float | bool) else cell for cell in row]
                for row in rows
            )


def _text(cell: float | bool) -> str:
    """Return a number without trailing zeros, and a truth value as a word."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.3f}".rstrip("0").rstrip(".")
