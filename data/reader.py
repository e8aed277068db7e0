"""What may somebody with a scope read from one generation?

Every query starts from the relation ``scoped``, so there is no way to ask without a scope.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb

from data.caseload_page import caseload_page
from data.cases import Cases, CasesQuery, read_cases
from data.client_record import client_record
from data.closed import ClosedEpisodes, read_closed
from data.library import Library
from data.records import (
    CaseloadPage,
    CaseloadQuery,
    ClientRecord,
    Generation,
    QuarantinedRow,
    RiskSetAside,
    Totals,
)
from data.scope import Ask, Columns, Fetch, Scope


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

    def _all(self, query: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run one query on a cursor of its own; see `_asking`."""
        with self._asking() as ask:
            return ask(query, values)

    @contextmanager
    def _asking(
        self, only: str = "true", only_values: Mapping[str, object] | None = None
    ) -> Iterator[Ask]:
        """Yield a function that runs queries after ``WITH scoped AS (...)``.

        A query that does not name ``scoped`` asks by keys that one before it found in scope.

        *only* narrows the scope further: a condition on the caseload's columns.
        """
        if self._parent is None:
            yield lambda _query, _values=None: []
            return
        relation, scope_values = self._scope.relation(only)
        with self._parent.cursor() as cursor:

            def ask(
                query: str, values: Mapping[str, object] | None = None
            ) -> list[tuple[Any, ...]]:
                named = "scoped" in query or "aside" in query
                text = f"WITH {relation} {query}" if named else query
                known = {**(only_values or {}), **(values or {}), **scope_values}
                used = {k: v for k, v in known.items() if f"${k}" in text}
                return cursor.execute(text, used or None).fetchall()

            yield ask

    def about(self) -> Generation | None:
        """Return the generation's number and versions, or ``None`` before the first import."""
        rows = self._all(
            "SELECT generation, software, rules, kernel, library, made_at, fit FROM meta"
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
                (SELECT count(*) FROM aside), min(first_on), max(last_on)
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
        with self._asking() as ask:
            return caseload_page(ask, self.library, query)

    # Service ------------------------------------------------------------------------

    def cases(self, query: CasesQuery) -> Cases:
        """Return the episodes in scope with their first and last scores, as arrays."""
        with self._fetching() as fetch:
            return read_cases(fetch, self.library, query)

    def closed(self, instrument: str) -> ClosedEpisodes:
        """Return the closed episodes in scope with every total of one questionnaire."""
        with self._fetching() as fetch:
            return read_closed(fetch, instrument)

    @contextmanager
    def _fetching(self) -> Iterator[Fetch | None]:
        """Yield a function that returns the rest of a query as arrays, ``None`` without a store."""
        if self._parent is None:
            yield None
            return
        relation, scope_values = self._scope.relation()
        with self._parent.cursor() as cursor:

            def fetch(text: str, values: Mapping[str, object]) -> Columns:
                given = {**values, **scope_values}
                whole = f"WITH {relation}, {text}"
                used = {name: value for name, value in given.items() if f"${name}" in whole}
                found: Columns = cursor.execute(whole, used).fetchnumpy()
                return found

            yield fetch

    # Client -------------------------------------------------------------------------

    def client(self, client_id: str, episode_id: str | None = None) -> ClientRecord:
        """Return one episode of a client: the one named, else the open or latest one.

        Raises
        ------
        DataError
            If there is no such client in scope; a client out of scope reads the same.
        """
        with self._asking("client_id = $client", {"client": client_id}) as ask:
            return client_record(ask, self.library, client_id, episode_id)

    def set_aside_for(self, client_id: str) -> int:
        """Count the rows of a client that were set aside; 0 for a client out of scope."""
        rows = self._all(
            "SELECT count(*) FROM quarantine WHERE client_id = $client "
            "AND client_id IN (SELECT client_id FROM scoped)",
            {"client": client_id},
        )
        return int(rows[0][0]) if rows else 0

    def risk_set_aside(self, client_id: str) -> tuple[RiskSetAside, ...]:
        """Return the answers to risk items in rows of a client that were set aside."""
        rows = self._all(
            "SELECT import_no, source_row, instrument, administered_on, risk_item, risk_answer, "
            "risk_positive FROM quarantine WHERE client_id = $client AND risk_item IS NOT NULL "
            "AND client_id IN (SELECT client_id FROM scoped) ORDER BY administered_on DESC, import_no",
            {"client": client_id},
        )
        return tuple(RiskSetAside(*row) for row in rows)

    # Quarantine ---------------------------------------------------------------------

    def quarantine(self, import_no: int | None = None) -> tuple[QuarantinedRow, ...]:
        """Return the rows that were set aside, of one import or of all.

        Only a scope that sees everyone finds any: the rows hold other people's text.
        """
        rows = self._all(
            "SELECT import_no, source_row, column_name, found, allowed, code, line FROM aside "
            "WHERE $import IS NULL OR import_no = $import ORDER BY import_no, source_row",
            {"import": import_no},
        )
        return tuple(QuarantinedRow(*row) for row in rows)
