"""Is the store what its ledger and its original files say it is?"""

import hashlib
from dataclasses import dataclass

import duckdb

from data.derive import derive
from data.errors import DataError
from data.flags import shadow_results, stored_schema
from data.results import is_fresh
from data.store import Store


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was wrong (empty: nothing)."""

    what: str
    wrong: str = ""


def verify(store: Store) -> tuple[Check, ...]:
    """Check files, invariants and derived results; nothing is changed."""
    checks = [_pointer(store), *_originals(store)]
    number = store.current()
    if number is None:
        return tuple(checks)
    try:
        parent = store.parent(number)
    except duckdb.Error as error:
        wrong = f"generation {number} cannot be opened ({str(error).splitlines()[0]}); rebuild it"
        return (*checks, Check("the generation in use opens", wrong))
    if parent is None:
        return tuple(checks)
    with parent.cursor() as con:
        checks += [_counts(store, con), *_invariants(con), _results(store, con)]
    return tuple(checks)


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
        what, f"CURRENT names {named} and the ledger {pointer}; the next import mends this"
    )


def _originals(store: Store) -> list[Check]:
    wrong: dict[str, str] = {}
    for record in store.ledger.imports():
        path = store.root / "originals" / record.sha256
        if not path.exists():
            wrong[record.sha256] = f"the file of import {record.import_no} is missing"
            continue
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != record.sha256:
                wrong[record.sha256] = f"the file of import {record.import_no} was changed"
    return [Check("every original file is as it came", "; ".join(wrong.values()))]


def _counts(store: Store, con: duckdb.DuckDBPyConnection) -> Check:
    """Compare the stored rows with the ledger, as far as the generation in use goes."""
    generation = store.current() or 0
    known = {
        r.import_no: r
        for r in store.ledger.imports()
        if r.table == "log" and r.undone_at is None and r.generation <= generation
    }
    stored = dict(con.execute("SELECT import_no, count(*) FROM score GROUP BY 1").fetchall())
    # An episode that arrives later can show that two scores are one; what was set aside then
    # stands in the quarantine, beyond the rows that were set aside on import.
    aside = dict(con.execute("SELECT import_no, count(*) FROM quarantine GROUP BY 1").fetchall())
    for no, record in known.items():
        stored[no] = stored.get(no, 0) + aside.get(no, 0) - record.counts.quarantined
    wrong = [
        f"import {no}: {record.counts.accepted} scores acknowledged, {stored.get(no, 0)} stored"
        for no, record in known.items()
        if record.counts.accepted != stored.get(no, 0)
    ]
    return Check("every acknowledged score is stored", "; ".join(wrong))


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
    derive(con, store.library, only_touched=False, temporary=True)
    differing = 0
    for table in ("result", "event"):
        for first, second in ((stored, "temp.main"), ("temp.main", stored)):
            differing += con.execute(
                f"SELECT count(*) FROM (SELECT * FROM {first}.{table} EXCEPT ALL "
                f"SELECT * FROM {second}.{table})"
            ).fetchall()[0][0]
    return Check(what, f"{differing} rows differ; run `milepost rebuild`" if differing else "")
