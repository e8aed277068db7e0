"""Is the store what its ledger and its original files say it is?"""

from dataclasses import dataclass

import duckdb

from data.caseload import list_caseload
from data.derive import derive
from data.errors import DataError
from data.flags import shadow_results, stored_schema
from data.loose import STORED
from data.originals import original_path, sha256_of
from data.results import is_fresh
from data.store import Store


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was wrong (empty: nothing)."""

    what: str
    wrong: str = ""


def verify(store: Store) -> tuple[Check, ...]:
    """Check files, invariants and derived results; nothing is changed."""
    checks = [_pointer(store), _originals(store)]
    try:
        number = store.current()
    except DataError:  # what CURRENT holds stands in the first check
        return tuple(checks)
    if number is None:
        return tuple(checks)
    readable = "the generation in use can be read"
    try:
        parent = store.parent(number)
        if parent is None:
            return tuple(checks)
        with parent.cursor() as con:
            _read_all(con)
            checks += [_counts(store, con), *_invariants(con), _results(store, con)]
    except duckdb.Error as error:
        first = (str(error).splitlines() or [type(error).__name__])[0][:200]
        wrong = f"generation {number} is damaged ({first}); run `milepost rebuild`"
        return (*checks, Check(readable, wrong))
    return (*checks, Check(readable))


def _read_all(con: duckdb.DuckDBPyConnection) -> None:
    """Read every cell: a damaged block is noticed only by who reads it."""
    for (table,) in con.execute("SHOW TABLES").fetchall():
        con.execute(f"SELECT bit_xor(hash(t)) FROM {table} t").fetchall()


def _pointer(store: Store) -> Check:
    what = "CURRENT agrees with the ledger"
    try:
        named = store.current()
    except DataError as error:
        return Check(what, str(error))
    pointer = store.ledger.pointer()
    if named == pointer:
        return Check(what)
    return Check(
        what, f"CURRENT names {named} and the ledger {pointer}; opening the store again mends this"
    )


def _originals(store: Store) -> Check:
    wrong: dict[str, str] = {}
    for record in store.ledger.imports():
        path = original_path(store.root, record.sha256)
        if not path.exists():
            wrong[record.sha256] = f"the file of import {record.import_no} is missing"
        elif sha256_of(path) != record.sha256:
            wrong[record.sha256] = f"the file of import {record.import_no} was changed"
    return Check("every original file is as it came", "; ".join(wrong.values()))


def _counts(store: Store, con: duckdb.DuckDBPyConnection) -> Check:
    """Compare the stored rows with the ledger, as far as the generation in use goes."""
    generation = store.current() or 0
    known = {
        r.import_no: r
        for r in store.ledger.imports()
        if r.undone_at is None and r.generation <= generation
    }
    aside = _per_import(con, "quarantine")
    wrong = []
    for table, name in {"log": "score", **STORED, "episodes": "episode"}.items():
        stored = _per_import(con, name)
        wrong += [
            f"import {no} is not on record, but {count} rows of {name} are its"
            for no, count in stored.items()
            if no not in known
        ]
        if table == "episodes":
            continue  # a row of it may only have filled in blanks of an episode that was here
        for no, record in known.items():
            # An episode that arrives later can show that two scores are one; what was set aside
            # then stands in the quarantine, beyond the rows that were set aside on import.
            later = max(0, aside.get(no, 0) - record.counts.quarantined) if table == "log" else 0
            found = stored.get(no, 0) + later
            if record.table == table and record.counts.accepted != found:
                wrong.append(
                    f"import {no}: {record.counts.accepted} rows acknowledged, {found} stored"
                )
    return Check("every acknowledged row is stored", "; ".join(wrong))


def _per_import(con: duckdb.DuckDBPyConnection, table: str) -> dict[int, int]:
    return dict(
        con.execute(
            f"SELECT import_no, count(*) FROM {table} WHERE import_no IS NOT NULL GROUP BY 1"
        ).fetchall()
    )


_INVARIANTS = {
    "one score for one occasion": (
        "SELECT count(*) FROM (SELECT 1 FROM score "
        "GROUP BY series_id, administered_on, coalesce(session_no, -1) HAVING count(*) > 1)"
    ),
    "every score belongs to a series": "SELECT count(*) FROM score ANTI JOIN series USING (series_id)",
    "every series belongs to an episode": (
        "SELECT count(*) FROM series ANTI JOIN episode USING (episode_key)"
    ),
    "every episode stands in the caseload once": (
        "SELECT abs((SELECT count(*) FROM episode) - (SELECT count(DISTINCT episode_key) FROM caseload))"
        " + abs((SELECT count(*) FROM episode) - (SELECT count(*) FROM caseload))"
    ),
    "one client for one episode id": (
        "SELECT count(*) FROM (SELECT episode_id FROM episode GROUP BY 1 HAVING count(*) > 1)"
    ),
}


def _invariants(con: duckdb.DuckDBPyConnection) -> list[Check]:
    checks = []
    for what, query in _INVARIANTS.items():
        count = con.execute(query).fetchall()[0][0]
        checks.append(Check(what, f"{count} exceptions" if count else ""))
    return checks


def _results(store: Store, con: duckdb.DuckDBPyConnection) -> Check:
    what = "the results follow from the scores"
    if not is_fresh(con, store.library):
        return Check(what, "they were made by other rules or facts; run `milepost rebuild`")
    stored = stored_schema(con)
    shadow_results(con)
    for table in ("risk_answer", "caseload"):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM {stored}.{table} LIMIT 0")
    derive(con, store.library, only_touched=False, temporary=True)
    list_caseload(con, store.library, only_touched=False)
    differing = 0
    for table in ("result", "event", "risk_answer", "caseload"):
        for first, second in ((stored, "temp.main"), ("temp.main", stored)):
            differing += con.execute(
                f"SELECT count(*) FROM (SELECT * FROM {first}.{table} EXCEPT ALL "
                f"SELECT * FROM {second}.{table})"
            ).fetchall()[0][0]
    return Check(what, f"{differing} rows differ; run `milepost rebuild`" if differing else "")
