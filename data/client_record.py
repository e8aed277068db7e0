"""What does the record hold of one episode of a client?"""

from collections.abc import Mapping, Sequence
from typing import Any

from data.caseload_page import (
    CASELOAD_COLUMNS,
    caseload_row,
    first_goal,
    latest_answers,
    results_of,
)
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

_GOAL = "goal_id, set_on, rank, kind, target_on, start_value, target_value, unit, statement"
_RATING = "goal_id, rated_on, session_no, rating"


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
    episode = chosen[-1]
    key = {"key": episode[0]}
    facts = ask(
        "SELECT service, started_on, ended_on, ending, problem, modality, age_band, gender "
        "FROM episode WHERE episode_key = $key",
        key,
    )
    series = _of(ask, "series_id, instrument, respondent", "series", key, 0)
    goals = tuple(Goal(*r) for r in _of(ask, _GOAL, "goal", key, 2, 0))
    ratings = tuple(GoalRating(*r) for r in _of(ask, _RATING, "goal_rating", key, 1, 0))
    answers = _of(
        ask,
        "instrument, item, administered_on, session_no, value, positive",
        "risk_answer",
        key,
        0,
        1,
    )
    # The latest first; a blank session number stands before all others of its day.
    answers.sort(key=lambda a: (a[2], -1 if a[3] is None else a[3]), reverse=True)
    risk = tuple(RiskAnswer(*a) for a in answers)
    results = results_of(ask, library, [episode[0]]).get(episode[0], ())
    return ClientRecord(
        EpisodeFacts(*episode[:5], *facts[0]),
        caseload_row(
            episode,
            results,
            latest_answers([a for a in risk if a.value is not None]),
            first_goal([goal.goal_id for goal in goals], ratings),
        ),
        tuple(row[2] for row in rows),
        _scores(ask, [s[0] for s in series]),
        tuple(
            SessionRow(*r)
            for r in _of(ask, "session_no, held_on, attendance", "session", key, 1, 0)
        ),
        goals,
        ratings,
        tuple(
            TallyRow(*r) for r in _of(ask, "tally_id, counted_on, days, count", "tally", key, 1, 0)
        ),
        tuple(AnnotationRow(*r) for r in _of(ask, "noted_on, kind, text", "annotation", key, 0)),
        risk,
        tuple(
            Event(*r)
            for r in _of(
                ask,
                "series_id, kind, session_no, happened_on, size, detail",
                "event",
                key,
                3,
                0,
            )
        ),
        tuple(SeriesKey(*s) for s in series),
    )


def _scores(ask: Ask, series: Sequence[int]) -> tuple[ScoreRow, ...]:
    """Return the administrations of some series.

    Written out, the two bounds let DuckDB skip nearly all of a table clustered by series.
    """
    if not series:
        return ()
    rows = ask(
        "SELECT series_id, administered_on, session_no, total, answers, import_no, source_row "
        f"FROM score WHERE series_id BETWEEN {min(series)} AND {max(series)} "
        f"AND series_id IN ({', '.join(str(int(s)) for s in series)}) "
        "ORDER BY series_id, administered_on, session_no NULLS FIRST"
    )
    return tuple(ScoreRow(*(*s[:4], s[4] and tuple(s[4]), *s[5:])) for s in rows)


def _of(
    ask: Ask, columns: str, table: str, key: Mapping[str, object], *by: int
) -> list[tuple[Any, ...]]:
    """Read the rows of one episode, in the order of some of their columns.

    The key was read through the scope just before. Some dozen rows are sorted faster here
    than DuckDB plans a sort.
    """
    rows = ask(f"SELECT {columns} FROM {table} WHERE episode_key = $key", key)
    return sorted(rows, key=lambda row: [(row[i] is None, row[i]) for i in by])
