"""Which judged rows of a companion file are new, and which contradict what is here?"""

import duckdb

from data.formats.tables import EPISODES, Table
from data.loose import STORED, move_loose_scores


def admit_episodes(con: duckdb.DuckDBPyConnection, import_no: int) -> None:
    """Write the episodes of ``judged``; a blank cell may be filled in later, nothing is replaced."""
    con.execute("CREATE OR REPLACE TEMP TABLE duplicate (entry BIGINT)")
    present = {row[0] for row in con.execute("DESCRIBE judged").fetchall()}
    facts = [c.name for c in EPISODES.columns if c.name not in ("episode_id", "client_id")]
    facts.append("attributes")
    missing = [f for f in facts if f not in present]
    if missing:
        types = {"started_on": "DATE", "ended_on": "DATE"}
        for name in missing:
            con.execute(f"ALTER TABLE judged ADD COLUMN {name} {types.get(name, 'VARCHAR')}")
    con.execute("UPDATE judged SET attributes = NULL WHERE attributes = '{}'")
    _reject_repeats(con, EPISODES, ["client_id", *facts])

    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE here AS
        SELECT
            j.entry, e.episode_key, e.client_id AS stored_client, j.client_id,
            e.import_no IS NOT NULL AS stated,
            {" OR ".join(f"(e.{f} <> j.{f})" for f in facts)} AS contradicts,
            {" AND ".join(f"(j.{f} IS NULL OR e.{f} IS NOT DISTINCT FROM j.{f})" for f in facts)} AS adds_nothing,
            coalesce(j.ended_on < j.started_on, false) AS backwards
        FROM judged j LEFT JOIN episode e ON e.episode_id = j.episode_id
        """
    )
    _reject_here(
        con,
        "backwards",
        "ended_on",
        "'ends before it starts'",
        "an episode that ends on or after the day it starts",
        "backwards",
    )
    _reject_here(
        con,
        "stored_client <> client_id",
        "client_id",
        "client_id",
        "the client this episode already belongs to",
        "episode_of_two_clients",
    )
    _reject_here(
        con,
        "coalesce(contradicts, false)",
        "(the whole row)",
        "'other facts for a known episode'",
        "the facts that are here already, or blanks filled in; a person must decide",
        "conflict",
    )
    con.execute(
        "INSERT INTO duplicate SELECT entry FROM here WHERE stated AND adds_nothing "
        "AND entry NOT IN (SELECT entry FROM problem)"
    )
    con.execute(
        """
        DELETE FROM judged WHERE entry IN (
            SELECT entry FROM problem UNION ALL SELECT entry FROM duplicate
        )
        """
    )
    sets = ", ".join(f"{f} = coalesce(e.{f}, j.{f})" for f in facts)
    con.execute(
        f"""
        UPDATE episode AS e SET {sets}, import_no = coalesce(e.import_no, ?),
            source_row = coalesce(e.source_row, (j.entry >> 12)::INTEGER)
        FROM judged j WHERE e.episode_id = j.episode_id
        """,
        [import_no],
    )
    con.execute(
        f"""
        INSERT INTO episode (episode_key, client_id, episode_id, {", ".join(facts)}, import_no, source_row)
        SELECT (SELECT coalesce(max(episode_key), 0) FROM episode)
                + row_number() OVER (ORDER BY j.client_id, j.episode_id),
            j.client_id, j.episode_id, {", ".join(f"j.{f}" for f in facts)}, ?, (j.entry >> 12)::INTEGER
        FROM judged j ANTI JOIN episode e ON e.episode_id = j.episode_id
        """,
        [import_no],
    )
    move_loose_scores(con)


def _reject_here(
    con: duckdb.DuckDBPyConnection,
    where: str,
    column: str,
    found: str,
    allowed: str,
    code: str,
) -> None:
    con.execute(
        f"INSERT INTO problem SELECT entry, 0, '{column}', {found}, ?, '{code}' FROM here "
        f"WHERE {where} AND entry NOT IN (SELECT entry FROM problem)",
        [allowed],
    )


def admit_companion(con: duckdb.DuckDBPyConnection, table: Table, import_no: int) -> None:
    """Write the rows of ``judged`` into the table that belongs to the file."""
    stored = STORED[table.name]
    con.execute("CREATE OR REPLACE TEMP TABLE duplicate (entry BIGINT)")
    con.execute("CREATE OR REPLACE TEMP TABLE touched (series_id INTEGER)")
    present = {row[0] for row in con.execute("DESCRIBE judged").fetchall()}
    types = {"date": "DATE", "integer": "INTEGER", "number": "DOUBLE"}
    for column in table.columns:
        if column.name not in present:
            kind = types.get(column.kind, "VARCHAR")
            con.execute(f"ALTER TABLE judged ADD COLUMN {column.name} {kind}")
    con.execute(
        """
        INSERT INTO problem
        SELECT j.entry, 0, 'episode_id', j.episode_id,
            'a known episode; import episodes.csv or the scores of this episode first',
            'unknown_episode'
        FROM judged j ANTI JOIN episode e ON e.episode_id = j.episode_id
        """
    )
    con.execute("DELETE FROM judged WHERE entry IN (SELECT entry FROM problem)")
    rest = [c.name for c in table.columns if c.name not in table.key]
    _reject_repeats(con, table, rest)
    same_key = " AND ".join(
        f"t.{k} IS NOT DISTINCT FROM j.{k}" for k in table.key if k != "episode_id"
    )
    same = " AND ".join(f"t.{c} IS NOT DISTINCT FROM j.{c}" for c in rest) or "true"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE here AS
        SELECT j.entry, {same} AS same
        FROM judged j
        JOIN episode e ON e.episode_id = j.episode_id
        JOIN {stored} t ON t.episode_key = e.episode_key AND {same_key}
        """
    )
    _reject_here(
        con,
        "NOT same",
        "(the whole row)",
        "'other values'",
        "the values that are here already for " + ", ".join(table.key) + "; a person must decide",
        "conflict",
    )
    con.execute("INSERT INTO duplicate SELECT entry FROM here WHERE same")
    con.execute("DELETE FROM judged WHERE entry IN (SELECT entry FROM here)")
    names = [c.name for c in table.columns if c.name != "episode_id"]
    con.execute(
        f"""
        INSERT INTO {stored} (episode_key, {", ".join(names)}, import_no, source_row)
        SELECT e.episode_key, {", ".join(f"j.{n}" for n in names)}, ?, (j.entry >> 12)::INTEGER
        FROM judged j JOIN episode e ON e.episode_id = j.episode_id
        ORDER BY j.entry
        """,
        [import_no],
    )


def _reject_repeats(con: duckdb.DuckDBPyConnection, table: Table, rest: list[str]) -> None:
    """Find keys that stand more than once in the file: the same again, or a contradiction."""
    key = ", ".join(table.key)
    content = ", ".join(rest) or "1"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE repeats AS
        SELECT entry,
            count(*) OVER (PARTITION BY {key}) AS same_key,
            count(*) OVER (PARTITION BY {key}, {content}) AS same_row,
            row_number() OVER (PARTITION BY {key}, {content} ORDER BY entry) AS place
        FROM judged
        """
    )
    con.execute(
        """
        INSERT INTO problem
        SELECT entry, 0, '(the whole row)', 'another row with the same key',
            'one row for one ' || ? || '; this file has rows that differ, and a person must decide',
            'conflict'
        FROM repeats WHERE same_key > same_row
        """,
        [key],
    )
    con.execute(
        "INSERT INTO duplicate SELECT entry FROM repeats WHERE same_key = same_row AND place > 1"
    )
    con.execute(
        "DELETE FROM judged WHERE entry IN (SELECT entry FROM repeats "
        "WHERE same_key > same_row OR place > 1)"
    )
