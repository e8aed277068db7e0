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
    "r.series_id, r.episode_key, r.instrument, s.respondent, r.n, r.first_on, r.last_on, r.baseline, "
    "r.latest, r.change, r.improvement, r.rci, r.category, r.confirmed, r.category_since, "
    "r.slope_per_week, r.slope_low, r.slope_high, r.theil_sen_per_week, r.state, r.state_window, "
    "r.block_weeks, r.block_change, r.block_low, r.block_high, r.plateau_kind, r.level, r.recent"
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
    keys = {"keys": [row[0] for row in rows]}
    if not rows:
        return ()
    results: dict[int, list[SeriesResult]] = {}
    for r in ask(
        f"SELECT {_RESULT} FROM result r JOIN series s ON s.series_id = r.series_id "
        "WHERE r.episode_key IN (SELECT unnest($keys)) ORDER BY r.instrument, s.respondent",
        keys,
    ):
        results.setdefault(r[1], []).append(SeriesResult(*(*r[:-1], tuple(r[-1]))))
    order = {name: i for i, name in enumerate(library.instruments)}
    risk: dict[int, list[RiskAnswer]] = {}
    for key, *answer in ask(
        """
        SELECT episode_key, instrument, item, administered_on, session_no, value, positive
        FROM risk_answer
        WHERE episode_key IN (SELECT unnest($keys))
        QUALIFY row_number() OVER (PARTITION BY episode_key, series_id, item
            ORDER BY administered_on DESC, session_no DESC) = 1
        ORDER BY instrument, item
        """,
        keys,
    ):
        risk.setdefault(key, []).append(RiskAnswer(*answer))
    goals = {
        key: GoalRating(*rating)
        for key, *rating in ask(
            """
            SELECT g.episode_key, g.goal_id, q.rated_on, q.session_no, q.rating
            FROM goal g
            JOIN goal_rating q ON q.episode_key = g.episode_key AND q.goal_id = g.goal_id
            WHERE g.episode_key IN (SELECT unnest($keys))
            QUALIFY row_number() OVER (PARTITION BY g.episode_key
                ORDER BY g.rank, g.goal_id, q.rated_on DESC, q.session_no DESC) = 1
            """,
            keys,
        )
    }
    return tuple(
        CaseloadRow(
            *(
                *row[:6],
                words(row[6])[0],
                words(row[6]),
                *row[7:11],
                tuple(sorted(results.get(row[0], ()), key=lambda r: order.get(r.instrument, 99))),
                tuple(risk.get(row[0], ())),
                goals.get(row[0]),
            )
        )
        for row in rows
    )


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
