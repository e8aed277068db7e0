"""What does the record hold of one episode of a client?"""

from collections.abc import Mapping
from typing import Any

from data.caseload_page import CASELOAD_COLUMNS, caseload_rows
from data.errors import DataError
from data.library import Library
from data.records import (
    AnnotationRow,
    ClientRecord,
    EpisodeFacts,
    Event,
    Goal,
    GoalRating,
    RiskAnswer,
    ScoreRow,
    SeriesKey,
    SessionRow,
    TallyRow,
)
from data.scope import Ask


def client_record(
    ask: Ask, library: Library, client_id: str, episode_id: str | None
) -> ClientRecord:
    """Return one episode of a client: the one named, else the open or latest one.

    Raises
    ------
    DataError
        If there is no such client in scope.
    """
    rows = ask(
        f"SELECT {CASELOAD_COLUMNS} FROM scoped WHERE client_id = $client "
        "ORDER BY is_open, last_on NULLS FIRST, episode_id",
        {"client": client_id},
    )
    chosen = [row for row in rows if episode_id is None or row[2] == episode_id]
    if not chosen:
        what = f"client {client_id}" if not rows else f"episode {episode_id} of {client_id}"
        raise DataError(f"No {what} is on file for you.")
    row = caseload_rows(ask, library, chosen[-1:])[0]
    key = {"key": row.episode_key}
    facts = ask(
        "SELECT service, started_on, ended_on, ending, problem, modality, age_band, gender "
        "FROM episode WHERE episode_key = $key",
        key,
    )
    series = _of(ask, "series_id, instrument, respondent", "series", key, "series_id")
    ids = {"ids": [s[0] for s in series]}
    scores = ask(
        "SELECT series_id, administered_on, session_no, total, answers, import_no, source_row "
        # The two bounds let DuckDB skip nearly all of a table that is clustered by series.
        "FROM score WHERE series_id BETWEEN list_min($ids) AND list_max($ids) "
        "AND list_contains($ids, series_id) "
        "ORDER BY series_id, administered_on, session_no",
        ids,
    )
    return ClientRecord(
        EpisodeFacts(
            row.episode_key, row.client_id, row.episode_id, row.clinician_id, row.team, *facts[0]
        ),
        row,
        tuple(r[2] for r in rows),
        tuple(ScoreRow(*(*s[:4], s[4] and tuple(s[4]), *s[5:])) for s in scores),
        tuple(SessionRow(*r) for r in _of(ask, "session_no, held_on, attendance", "session", key)),
        tuple(
            Goal(*r)
            for r in _of(
                ask,
                "goal_id, set_on, rank, kind, target_on, start_value, target_value, unit, "
                "statement",
                "goal",
                key,
                "rank, goal_id",
            )
        ),
        tuple(
            GoalRating(*r)
            for r in _of(
                ask,
                "goal_id, rated_on, session_no, rating",
                "goal_rating",
                key,
                "rated_on, goal_id",
            )
        ),
        tuple(
            TallyRow(*r)
            for r in _of(ask, "tally_id, counted_on, days, count", "tally", key, "counted_on")
        ),
        tuple(
            AnnotationRow(*r)
            for r in _of(ask, "noted_on, kind, text", "annotation", key, "noted_on")
        ),
        tuple(
            RiskAnswer(*r)
            for r in _of(
                ask,
                "instrument, item, administered_on, session_no, value, positive",
                "risk_answer",
                key,
                "administered_on DESC, session_no DESC, instrument, item",
            )
        ),
        tuple(
            Event(*r)
            for r in _of(
                ask,
                "series_id, kind, session_no, happened_on, size, detail",
                "event",
                key,
                "happened_on, series_id",
            )
        ),
        tuple(SeriesKey(*s) for s in series),
    )


def _of(
    ask: Ask, columns: str, table: str, key: Mapping[str, object], order: str = "held_on"
) -> list[tuple[Any, ...]]:
    """Read the rows of one episode; its key was read through the scope just before."""
    return ask(f"SELECT {columns} FROM {table} WHERE episode_key = $key ORDER BY {order}", key)
