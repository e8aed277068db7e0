"""Which episodes stand on one page of the caseload, and what is shown of each?"""

from collections.abc import Sequence
from typing import Any

from data.caseload import ATTENTION, bits, words
from data.errors import DataError
from data.library import Library
from data.records import (
    CaseloadPage,
    CaseloadQuery,
    CaseloadRow,
    GoalRating,
    RiskAnswer,
    SeriesResult,
)
from data.scope import Ask

PAGE_LIMIT = 100
URGENT = ("worse", "answer")
"""What a choice of others may leave out only with a word about it."""
CASELOAD_COLUMNS = (
    "episode_key, client_id, episode_id, clinician_id, team, is_open, needs, sessions, missed, "
    "first_on, last_on"
)

_ORDERS = {
    "need": "priority, last_on DESC NULLS LAST, client_id, episode_id",
    "client": "client_id, episode_id",
    "last measure": "last_on DESC NULLS LAST, client_id, episode_id",
    "longest without a measure": "last_on NULLS FIRST, client_id, episode_id",
    "sessions": "sessions DESC, client_id, episode_id",
}
SORTS = tuple(_ORDERS)

_RESULT = (
    "series_id, episode_key, instrument, respondent, n, first_on, last_on, baseline, "
    "latest, change, improvement, rci, category, confirmed, category_since, "
    "slope_per_week, slope_low, slope_high, theil_sen_per_week, state, state_window, "
    "block_weeks, block_change, block_low, block_high, plateau_kind, level, recent"
)


def caseload_page(ask: Ask, library: Library, query: CaseloadQuery) -> CaseloadPage:
    """Return one page of the caseload, at most ``PAGE_LIMIT`` rows.

    Raises
    ------
    DataError
        If the sort order is unknown.
    """
    if query.sort not in _ORDERS:
        raise DataError(f"The caseload is sorted by {', '.join(SORTS)}, not by {query.sort}.")
    where, values = _conditions(query)
    size = max(1, min(query.page_size, PAGE_LIMIT))
    counts = ", ".join(f"count(*) FILTER (WHERE needs & {bits([word])} > 0)" for word in ATTENTION)
    chosen = "needs & $attention > 0" if query.attention else "true"
    hidden = ", ".join(
        f"count(*) FILTER (WHERE needs & {bits([word])} > 0 AND NOT ({chosen}))" for word in URGENT
    )
    values["attention"] = bits(query.attention)
    counted = ask(
        f"SELECT count(*), count(*) FILTER (WHERE {chosen}), {counts}, {hidden} "
        f"FROM scoped WHERE {where}",
        values,
    )
    if not counted:  # no generation yet
        return CaseloadPage((), 0, 0, (), ())
    whole, total, *each = counted[0]
    rows = ask(
        f"SELECT {CASELOAD_COLUMNS} FROM scoped WHERE {where} AND {chosen} "
        f"ORDER BY {_ORDERS[query.sort]} LIMIT $size OFFSET $start",
        {**values, "size": size, "start": (max(1, query.page) - 1) * size},
    )
    per = tuple((word, n) for word, n in zip(ATTENTION, each, strict=False) if n)
    unseen = tuple((w, n) for w, n in zip(URGENT, each[len(ATTENTION) :], strict=True) if n)
    return CaseloadPage(caseload_rows(ask, library, rows), total, whole, per, unseen)


def caseload_rows(
    ask: Ask, library: Library, rows: Sequence[tuple[Any, ...]]
) -> tuple[CaseloadRow, ...]:
    """Return the episodes of *rows* with their results, answers and goals."""
    if not rows:
        return ()
    keys = [row[0] for row in rows]
    results, risk, goals = results_of(ask, library, keys), _risk(ask, keys), _goals(ask, keys)
    return tuple(
        caseload_row(row, results.get(row[0], ()), risk.get(row[0], ()), goals.get(row[0]))
        for row in rows
    )


def caseload_row(
    row: tuple[Any, ...],
    results: Sequence[SeriesResult],
    risk: Sequence[RiskAnswer],
    goal: GoalRating | None,
) -> CaseloadRow:
    """Return one episode from its row (``CASELOAD_COLUMNS``) and what belongs to it."""
    needs = words(row[6])
    return CaseloadRow(*(*row[:6], needs[0], needs, *row[7:11], tuple(results), tuple(risk), goal))


def results_of(
    ask: Ask, library: Library, keys: Sequence[int]
) -> dict[int, tuple[SeriesResult, ...]]:
    """Return the results of each episode, in the order of the library."""
    order = {name: i for i, name in enumerate(library.instruments)}
    found: dict[int, list[SeriesResult]] = {}
    for row in ask(f"SELECT {_RESULT} FROM result WHERE {_among(keys)}"):
        found.setdefault(row[1], []).append(SeriesResult(*(*row[:-1], tuple(row[-1]))))
    return {
        key: tuple(sorted(some, key=lambda r: (order.get(r.instrument, len(order)), r.respondent)))
        for key, some in found.items()
    }


def _among(keys: Sequence[int]) -> str:
    """Return a condition on the key; written out, whole numbers let DuckDB skip what is far off."""
    return f"episode_key IN ({', '.join(str(int(key)) for key in keys)})"


def _risk(ask: Ask, keys: Sequence[int]) -> dict[int, list[RiskAnswer]]:
    """Return the latest answer to each risk item of each episode."""
    found: dict[int, list[RiskAnswer]] = {}
    for key, *answer in ask(
        f"""
        SELECT episode_key, instrument, item, administered_on, session_no, value, positive
        FROM risk_answer WHERE {_among(keys)}
        QUALIFY row_number() OVER (PARTITION BY episode_key, series_id, item
            ORDER BY administered_on DESC, session_no DESC) = 1
        ORDER BY instrument, item
        """
    ):
        found.setdefault(key, []).append(RiskAnswer(*answer))
    return found


def _goals(ask: Ask, keys: Sequence[int]) -> dict[int, GoalRating]:
    """Return the latest rating of the first goal of each episode."""
    return {
        key: GoalRating(*rating)
        for key, *rating in ask(
            f"""
            SELECT g.episode_key, g.goal_id, q.rated_on, q.session_no, q.rating
            FROM goal g
            JOIN goal_rating q ON q.episode_key = g.episode_key AND q.goal_id = g.goal_id
            WHERE g.{_among(keys)} AND q.{_among(keys)}
            QUALIFY row_number() OVER (PARTITION BY g.episode_key
                ORDER BY g.rank, g.goal_id, q.rated_on DESC, q.session_no DESC) = 1
            """
        )
    }


def _conditions(query: CaseloadQuery) -> tuple[str, dict[str, object]]:
    conditions, values = ["true"], dict[str, object]()
    if query.search.strip():
        conditions.append("contains(lower(client_id), lower($search))")
        values["search"] = query.search.strip()
    if query.clinician_id is not None:
        conditions.append("clinician_id = $clinician")
        values["clinician"] = query.clinician_id
    if query.team is not None:
        conditions.append("team = $team")
        values["team"] = query.team
    if query.open_only:
        conditions.append("is_open")
    if query.instrument is not None:
        conditions.append(
            "episode_key IN (SELECT episode_key FROM result WHERE instrument = $instrument)"
        )
        values["instrument"] = query.instrument
    return " AND ".join(conditions), values
