"""What may somebody with a scope read from one generation?

Every query starts from the relation ``scoped``, so there is no way to ask without a scope.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from data.caseload import ATTENTION
from data.errors import DataError
from data.library import Library
from data.records import (
    AnnotationRow,
    CaseloadPage,
    CaseloadQuery,
    CaseloadRow,
    ClientRecord,
    EpisodeFacts,
    Event,
    Generation,
    Goal,
    GoalRating,
    QuarantinedRow,
    RiskAnswer,
    ScoreRow,
    SeriesKey,
    SeriesResult,
    SessionRow,
    TallyRow,
    Totals,
)
from data.scope import Scope

PAGE_LIMIT = 100

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


class Reader:
    """Reads one generation for one scope. A reader without a generation finds nothing."""

    def __init__(
        self,
        parent: duckdb.DuckDBPyConnection | None,
        scope: Scope,
        library: Library,
        number: int | None,
    ) -> None:
        self._parent = parent
        self._scope = scope
        self.library = library
        self.number = number

    def _all(
        self, query: str, values: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one query that begins after ``WITH scoped AS (...),`` on a cursor of its own."""
        if self._parent is None:
            return []
        relation, scope_values = self._scope.relation()
        with self._parent.cursor() as cursor:
            text = f"WITH {relation} {query}"
            used = {k: v for k, v in {**scope_values, **(values or {})}.items() if f"${k}" in text}
            return cursor.execute(text, used or None).fetchall()

    def about(self) -> Generation | None:
        """Return the generation's number and versions, or ``None`` before the first import."""
        rows = self._all(
            "SELECT generation, software, rules, kernel, library, made_at FROM meta"
        )
        return Generation(*rows[0]) if rows else None

    def totals(self) -> Totals:
        """Count what is in scope."""
        rows = self._all(
            """
            SELECT
                count(DISTINCT client_id), count(*), count(*) FILTER (WHERE is_open),
                coalesce(sum(measures), 0)::BIGINT,
                (SELECT count(*) FROM score WHERE series_id IN (
                    SELECT s.series_id FROM series s SEMI JOIN scoped USING (episode_key))),
                (SELECT count(*) FROM session SEMI JOIN scoped USING (episode_key)),
                (SELECT count(*) FROM quarantine), min(first_on), max(last_on)
            FROM scoped
            """
        )
        return Totals(*rows[0]) if rows else Totals(0, 0, 0, 0, 0, 0, 0, None, None)

    def choices(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the clinicians and the teams in scope."""
        clinicians = self._all(
            "SELECT DISTINCT clinician_id FROM scoped WHERE clinician_id IS NOT NULL ORDER BY 1"
        )
        teams = self._all("SELECT DISTINCT team FROM scoped WHERE team IS NOT NULL ORDER BY 1")
        return tuple(r[0] for r in clinicians), tuple(r[0] for r in teams)

    def span(self) -> tuple[date | None, date | None]:
        """Return the first and the last day with a measure in scope."""
        rows = self._all("SELECT min(first_on), max(last_on) FROM scoped")
        return (rows[0][0], rows[0][1]) if rows else (None, None)

    def services(self) -> tuple[str, ...]:
        """Return the names of the services in scope."""
        rows = self._all(
            "SELECT DISTINCT service FROM episode SEMI JOIN scoped USING (episode_key) "
            "WHERE service IS NOT NULL ORDER BY 1"
        )
        return tuple(row[0] for row in rows)

    # Caseload -----------------------------------------------------------------------

    def caseload(self, query: CaseloadQuery) -> CaseloadPage:
        """Return one page of the caseload, at most 100 rows.

        Raises
        ------
        DataError
            If the sort order is unknown.
        """
        if query.sort not in _ORDERS:
            raise DataError(f"The caseload is sorted by {', '.join(SORTS)}, not by {query.sort}.")
        where, values = _conditions(query)
        size = max(1, min(query.page_size, PAGE_LIMIT))
        counted = self._all(
            f"SELECT attention, count(*) FROM scoped c WHERE {where} GROUP BY attention", values
        )
        per = {word: int(count) for word, count in counted}
        page_values = {
            **values,
            "attention": list(query.attention),
            "size": size,
            "start": (max(1, query.page) - 1) * size,
        }
        chosen = "list_contains($attention, attention)" if query.attention else "true"
        rows = self._all(
            "SELECT episode_key, client_id, episode_id, clinician_id, team, is_open, attention, states, "
            f"sessions, missed, first_on, last_on FROM scoped c WHERE {where} AND {chosen} "
            f"ORDER BY {_ORDERS[query.sort]} LIMIT $size OFFSET $start",
            page_values,
        )
        total = sum(n for word, n in per.items() if not query.attention or word in query.attention)
        ordered = tuple((word, per[word]) for word in ATTENTION if word in per)
        return CaseloadPage(self._rows(rows), total, ordered)

    def _rows(self, rows: Sequence[tuple[Any, ...]]) -> tuple[CaseloadRow, ...]:
        keys = {"keys": [row[0] for row in rows]}
        if not rows:
            return ()
        results: dict[int, list[SeriesResult]] = {}
        for r in self._all(
            f"SELECT {_RESULT} FROM result r JOIN series s ON s.series_id = r.series_id "
            "WHERE r.episode_key IN (SELECT unnest($keys)) ORDER BY r.instrument, s.respondent",
            keys,
        ):
            results.setdefault(r[1], []).append(SeriesResult(*(*r[:-1], tuple(r[-1]))))
        order = {name: i for i, name in enumerate(self.library.instruments)}
        risk: dict[int, list[RiskAnswer]] = {}
        for key, *answer in self._all(
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
            for key, *rating in self._all(
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
                    *row[:7],
                    tuple(row[7]),
                    *row[8:12],
                    tuple(
                        sorted(results.get(row[0], ()), key=lambda r: order.get(r.instrument, 99))
                    ),
                    tuple(risk.get(row[0], ())),
                    goals.get(row[0]),
                )
            )
            for row in rows
        )

    # Client -------------------------------------------------------------------------

    def client(self, client_id: str, episode_id: str | None = None) -> ClientRecord:
        """Return one episode of a client: the one named, else the open or latest one.

        Raises
        ------
        DataError
            If there is no such client in scope; a client out of scope reads the same.
        """
        rows = self._all(
            "SELECT c.episode_key, c.client_id, c.episode_id, c.clinician_id, c.team, c.is_open, "
            "c.attention, c.states, c.sessions, c.missed, c.first_on, c.last_on FROM scoped c "
            "WHERE c.client_id = $client ORDER BY c.is_open, c.last_on NULLS FIRST, c.episode_id",
            {"client": client_id},
        )
        chosen = [row for row in rows if episode_id is None or row[2] == episode_id]
        if not chosen:
            what = f"client {client_id}" if not rows else f"episode {episode_id} of {client_id}"
            raise DataError(f"No {what} is on file for you.")
        row = self._rows(chosen[-1:])[0]
        key = {"key": row.episode_key}
        facts = self._all(
            "SELECT e.episode_key, e.client_id, e.episode_id, c.clinician_id, c.team, e.service, "
            "e.started_on, e.ended_on, e.ending, e.problem, e.modality, e.age_band, e.gender "
            "FROM episode e JOIN scoped c ON c.episode_key = e.episode_key WHERE e.episode_key = $key",
            key,
        )
        ids = {"ids": [r.series_id for r in row.results], "key": row.episode_key}
        scores = self._all(
            "SELECT series_id, administered_on, session_no, total, answers, import_no, source_row "
            "FROM score WHERE series_id IN (SELECT series_id FROM series WHERE episode_key = $key) "
            "ORDER BY series_id, administered_on, session_no",
            ids,
        )
        return ClientRecord(
            EpisodeFacts(*facts[0]),
            row,
            tuple(r[2] for r in rows),
            tuple(ScoreRow(*(*s[:4], s[4] and tuple(s[4]), *s[5:])) for s in scores),
            tuple(SessionRow(*r) for r in self._of("session_no, held_on, attendance", "session", key)),
            tuple(
                Goal(*r)
                for r in self._of(
                    "goal_id, set_on, rank, kind, target_on, start_value, target_value, unit, "
                    "statement",
                    "goal",
                    key,
                    "rank, goal_id",
                )
            ),
            tuple(
                GoalRating(*r)
                for r in self._of(
                    "goal_id, rated_on, session_no, rating", "goal_rating", key, "rated_on, goal_id"
                )
            ),
            tuple(
                TallyRow(*r)
                for r in self._of("tally_id, counted_on, days, count", "tally", key, "counted_on")
            ),
            tuple(
                AnnotationRow(*r)
                for r in self._of("noted_on, kind, text", "annotation", key, "noted_on")
            ),
            tuple(
                RiskAnswer(*r)
                for r in self._of(
                    "instrument, item, administered_on, session_no, value, positive",
                    "risk_answer",
                    key,
                    "administered_on DESC, session_no DESC, instrument, item",
                )
            ),
            tuple(
                Event(*r)
                for r in self._of(
                    "series_id, kind, session_no, happened_on, size, detail",
                    "event",
                    key,
                    "happened_on, series_id",
                )
            ),
            tuple(
                SeriesKey(*r)
                for r in self._of("series_id, instrument, respondent", "series", key, "series_id")
            ),
        )

    def _of(
        self, columns: str, table: str, key: Mapping[str, object], order: str = "held_on"
    ) -> list[tuple[Any, ...]]:
        return self._all(
            f"SELECT {columns} FROM {table} SEMI JOIN scoped USING (episode_key) "
            f"WHERE episode_key = $key ORDER BY {order}",
            key,
        )

    # Quarantine ---------------------------------------------------------------------

    def quarantine(self, import_no: int | None = None) -> tuple[QuarantinedRow, ...]:
        """Return the rows that were set aside, of one import or of all."""
        rows = self._all(
            "SELECT import_no, source_row, column_name, found, allowed, code, line FROM quarantine "
            "WHERE $import IS NULL OR import_no = $import ORDER BY import_no, source_row",
            {"import": import_no},
        )
        return tuple(QuarantinedRow(*row) for row in rows)


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
