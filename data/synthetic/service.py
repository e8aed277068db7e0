"""What does a whole service look like in which the truth of every client is known?"""

from collections.abc import Mapping
from datetime import date, timedelta
from operator import itemgetter
from pathlib import Path

import numpy as np

from analytics.instrument import Instrument
from data.errors import DataError
from data.library import Library
from data.synthetic.episode import Plan, Written, draw_episode
from data.synthetic.measures import Measure, Source, measures, sources
from data.synthetic.people import Client, draw_clients
from data.synthetic.truth import Truth, Truths
from data.synthetic.writing import COLUMNS, Row, write_tables

_CLIENTS = 600
_OPEN = 250
#: In this share of open episodes the last appointment lies weeks back.
_OVERDUE = 0.14

# Rows stand as they would arrive: by date, then by client and what else tells them apart.
_ORDER: dict[str, tuple[str, ...]] = {
    "scores": ("administered_on", "episode_id", "instrument"),
    "episodes": ("started_on", "episode_id"),
    "sessions": ("held_on", "episode_id"),
    "goals": ("set_on", "episode_id", "rank"),
    "goal_ratings": ("rated_on", "episode_id", "goal_id"),
    "tallies": ("counted_on", "episode_id"),
    "annotations": ("noted_on", "episode_id"),
    "truth": ("episode_id", "instrument"),
    "true_totals": ("episode_id", "instrument", "session_no"),
}


def synthetic_service(
    folder: Path,
    *,
    seed: int = 1,
    today: date,
    instruments: Mapping[str, Instrument] | None = None,
) -> Truths:
    """Write the log of a service that does not exist into *folder*, and what is true of it.

    The same seed, day and instruments give the same bytes. No date lies after *today*.

    Parameters
    ----------
    folder
        Where the files go: seven of the canonical log (``writing.LOG_FILES``), ``truth.csv``
        with one row a series, ``true_totals.csv`` with the true total behind each score, and
        ``sources.csv`` with the published figures that the scores were drawn from.
    seed
        Start of the one random generator that everything is drawn from; 0 or more.
    today
        The last day of the log; open episodes end near it.
    instruments
        Facts by instrument id; the shipped library where they are not given.

    Raises
    ------
    DataError
        If the seed is negative or an instrument is missing.
    """
    if seed < 0:
        raise DataError(f"The seed is {seed}; it must be 0 or more. Nothing was written.")
    facts = Library.load().instruments if instruments is None else instruments
    given = measures(facts)
    rng = np.random.default_rng(seed)
    written: list[Written] = []
    for client in draw_clients(_CLIENTS, open_count=_OPEN, rng=rng):
        written.extend(_episodes(client, given, today, rng))
    truths = [truth for episode in written for truth in episode.truths]
    tables = _tables(written, truths)
    tables["sources"] = [_source_row(source) for source in sources(facts)]
    write_tables(folder, tables)
    return Truths(
        folder=folder,
        seed=seed,
        today=today,
        rows={name: len(rows) for name, rows in tables.items()},
        series=tuple(sorted(truths, key=lambda truth: (truth.episode_id, truth.instrument))),
    )


def _source_row(source: Source) -> Row:
    return (
        source.instrument, source.mean, source.sd, source.reliability, source.sem, source.source,
    )  # fmt: skip


def _episodes(
    client: Client, given: dict[str, Measure], today: date, rng: np.random.Generator
) -> list[Written]:
    """Return the client's episodes; an earlier one ends months before the next begins."""
    overdue = rng.random() < _OVERDUE
    days_back = int(rng.integers(21, 57) if overdue else rng.integers(0, 7))
    if not client.is_open:
        days_back = int(rng.integers(30, 730))
    latest = today - timedelta(days=days_back)
    current = draw_episode(Plan(client, client.episodes, latest, client.is_open), given, rng)
    if client.episodes == 1:
        return [current]
    before = current.started_on - timedelta(days=int(rng.integers(90, 400)))
    return [draw_episode(Plan(client, 1, before, is_open=False), given, rng), current]


def _tables(written: list[Written], truths: list[Truth]) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for episode in written:
        for name, rows in episode.tables.items():
            tables[name].extend(rows)
    for truth in truths:
        tables["truth"].append(truth.row())
        tables["true_totals"].extend(truth.occasion_rows())
    for name, order in _ORDER.items():
        places = [COLUMNS[name].index(column) for column in order]
        tables[name].sort(key=itemgetter(*places))
    return tables
