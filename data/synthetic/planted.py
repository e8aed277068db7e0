"""What was planted in each series of a synthetic service, beside the scores that a rule sees?"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.instrument import Instrument
from analytics.scoring import total_from_items
from data.errors import DataError
from data.library import Library
from data.synthetic.measures import ITEMISED
from data.synthetic.writing import COLUMNS

FloatArray = npt.NDArray[np.float64]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Planted:
    """One series: its scores as the log gives them, and the truth behind them.

    ``weeks`` (since the first score), ``sessions`` (appointment numbers), ``scores`` and
    ``true_totals`` run along each other; sheets with too many blanks for a total are left out.
    ``onset_session`` is that of `data.synthetic.truth.Truth`, 0 where there is none.
    ``level_since`` is the place of the first score on a planted level, -1 where there is none;
    ``plateau_kind`` is then empty.
    """

    client_id: str
    episode_id: str
    instrument: str
    course: str
    onset_session: int
    plateau_kind: str
    level_since: int
    weeks: FloatArray
    sessions: npt.NDArray[np.int64]
    scores: FloatArray
    true_totals: FloatArray


def read_planted(folder: Path, library: Library) -> list[Planted]:
    """Return the series of the synthetic service in *folder*, in the order of ``truth.csv``.

    Raises
    ------
    DataError
        If a file is missing or is not one of the synthetic service.
    """
    scored: dict[Key, list[tuple[str, int, float]]] = defaultdict(list)
    for row in _rows(folder, "scores"):
        total = _total(row, library.instruments[row["instrument"]])
        if not np.isnan(total):
            occasion = (row["administered_on"], int(row["session_no"]), total)
            scored[row["episode_id"], row["instrument"]].append(occasion)
    true: dict[tuple[str, str, int], float] = {
        (row["episode_id"], row["instrument"], int(row["session_no"])): float(row["true_total"])
        for row in _rows(folder, "true_totals")
    }
    planted = []
    for row in _rows(folder, "truth"):
        key = (row["episode_id"], row["instrument"])
        occasions = sorted(scored[key])
        if not occasions:
            continue
        days = np.array([date.fromisoformat(day).toordinal() for day, _, _ in occasions])
        numbers = [number for _, number, _ in occasions]
        kind, onset = row["plateau_kind"], int(row["onset_session"] or 0)
        on_level = [kind != "" and number >= onset for number in numbers]
        planted.append(
            Planted(
                row["client_id"],
                *key,
                course=row["course"],
                onset_session=onset,
                plateau_kind=kind if any(on_level) else "",
                level_since=on_level.index(True) if any(on_level) else -1,
                weeks=(days - days[0]) / 7.0,
                sessions=np.array(numbers),
                scores=np.array([total for _, _, total in occasions]),
                true_totals=np.array([true[*key, number] for number in numbers]),
            )
        )
    return planted


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}), so the rules cannot be scored."
        ) from None
    if tuple(reader.fieldnames or ()) != COLUMNS[name]:
        raise DataError(f"{path} has other columns than the synthetic service writes.")
    return rows


def _total(row: dict[str, str], facts: Instrument) -> float:
    """Return the total as an import takes it; ``nan`` where nothing or too little was answered."""
    if facts.items is None or facts.id not in ITEMISED:
        return float(row["total"])
    cells = [row[f"item_{item}"] for item in range(1, facts.items.count + 1)]
    if row["total"]:
        total = float(row["total"])
        return total if total or any(cells) else np.nan  # a sheet that was ticked nowhere
    answers = [float(cell) if cell else np.nan for cell in cells]
    return float(total_from_items(answers, items=facts.items).totals[0])
