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
    "sessions": "sessions DESC NULLS LAST, client_id, episode_id",
}
SORTS = tuple(_ORDERS)

_RESULT = (
    "series_id, episode_key, instrument, respondent, n, first_on, last_on, baseline, "
    "latest, change, improvement, rci, category, confirmed, category_since, "
    "slope_per_week, slope_low, slope_high, theil_sen_per_week, theil_sen_low, "
    "theil_sen_high, mann_kendall_p, shrunken_slope, shrunken_weight, state, state_window, "
    "block_weeks, block_change, block_low, block_high, plateau_kind, level, sudden_gains, "
    "sudden_losses, sudden_evaluable, expected, expected_amber, expected_limit, not_on_track, "
    "alert, alert_since, flags, recent"
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


# A join with the keys: written out as a list, DuckDB would read whole row groups (measured at
# 1.2 million results, 50 keys: 7 ms in place of 25 far apart, 2 ms in place of 7 side by side).
_AMONG = "episode_key IN (SELECT unnest($keys))"


def results_of(
    ask: Ask, library: Library, keys: Sequence[int]
) -> dict[int, tuple[SeriesResult, ...]]:
    """Return the results of each episode, in the order of the library."""
    order = {name: i for i, name in enumerate(library.instruments)}
    found: dict[int, list[SeriesResult]] = {}
    where, values = (
        (_AMONG, {"keys": keys}) if len(keys) > 1 else ("episode_key = $key", {"key": keys[0]})
    )
    for row in ask(f"SELECT {_RESULT} FROM result WHERE {where}", values):
        found.setdefault(row[1], []).append(SeriesResult(*(*row[:-1], tuple(row[-1]))))
    return {
        key: tuple(sorted(some, key=lambda r: (order.get(r.instrument, len(order)), r.respondent)))
        for key, some in found.items()
    }


def _risk(ask: Ask, keys: Sequence[int]) -> dict[int, tuple[RiskAnswer, ...]]:
    """Return the latest answer to each risk item of each episode; a blank is no answer."""
    found: dict[int, list[RiskAnswer]] = {}
    for key, *answer in ask(
        "SELECT episode_key, instrument, item, administered_on, session_no, value, positive "
        f"FROM risk_answer WHERE {_AMONG} AND value IS NOT NULL ORDER BY administered_on DESC, session_no DESC",
        {"keys": keys},
    ):
        found.setdefault(key, []).append(RiskAnswer(*answer))
    return {key: latest_answers(answers) for key, answers in found.items()}


def latest_answers(answers: Sequence[RiskAnswer]) -> tuple[RiskAnswer, ...]:
    """Return the first answer to each item of answers that stand with the latest first."""
    first: dict[tuple[str, int], RiskAnswer] = {}
    for answer in answers:
        first.setdefault((answer.instrument, answer.item), answer)
    return tuple(first[key] for key in sorted(first))


def _goals(ask: Ask, keys: Sequence[int]) -> dict[int, GoalRating]:
    """Return the latest rating of the first goal of each episode that has one."""
    ratings: dict[int, list[GoalRating]] = {}
    for key, *rating in ask(
        "SELECT episode_key, goal_id, rated_on, session_no, rating FROM goal_rating "
        f"WHERE {_AMONG} ORDER BY rated_on, session_no",
        {"keys": keys},
    ):
        ratings.setdefault(key, []).append(GoalRating(*rating))
    if not ratings:
        return {}
    goals: dict[int, list[str]] = {}
    for key, goal in ask(
        f"SELECT episode_key, goal_id FROM goal WHERE {_AMONG} ORDER BY rank, goal_id",
        {"keys": list(ratings)},
    ):
        goals.setdefault(key, []).append(goal)
    found = {key: first_goal(goals.get(key, ()), own) for key, own in ratings.items()}
    return {key: rating for key, rating in found.items() if rating is not None}


def first_goal(goals: Sequence[str], ratings: Sequence[GoalRating]) -> GoalRating | None:
    """Return the latest rating of the first goal that has one; ratings come by date."""
    for goal in goals:
        own = [rating for rating in ratings if rating.goal_id == goal]
        if own:
            return own[-1]
    return None


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
