"""Which session does a score belong to that names none?

A blank session number means "not known", never "another one": the same log with and without
session numbers is one record.
"""

import duckdb


def settle_sessions(con: duckdb.DuckDBPyConnection) -> None:
    """Give rows of ``keyed`` without a session that of their day, and stored ones that of the file.

    A day with several sessions on one instrument leaves it open: such a row goes to
    ``problem``. Series whose stored scores learn their session go to ``settled``.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE settled (series_id INTEGER)")
    _from_the_day(con)
    _from_the_file(con)


def _from_the_day(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE blank_day AS
        SELECT DISTINCT series_id, administered_on FROM keyed WHERE session_no IS NULL
        """
    )
    if not con.execute("SELECT count(*) FROM blank_day").fetchall()[0][0]:
        return
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE day_session AS
        SELECT series_id, administered_on, min(session_no) AS session_no,
            count(DISTINCT session_no) AS sessions
        FROM (
            SELECT series_id, administered_on, session_no FROM keyed
            UNION ALL SELECT series_id, administered_on, session_no FROM score
        )
        SEMI JOIN blank_day USING (series_id, administered_on)
        WHERE session_no IS NOT NULL
        GROUP BY series_id, administered_on
        """
    )
    _set_open_ones_aside(con, "day_session", "keyed.session_no IS NULL")
    con.execute(
        """
        UPDATE keyed SET session_no = d.session_no
        FROM day_session d
        WHERE keyed.session_no IS NULL AND d.series_id = keyed.series_id
            AND d.administered_on = keyed.administered_on
        """
    )


def _from_the_file(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE told_session AS
        SELECT k.series_id, k.administered_on, min(k.session_no) AS session_no,
            count(DISTINCT k.session_no) AS sessions
        FROM keyed k
        JOIN score s ON s.series_id = k.series_id AND s.administered_on = k.administered_on
        WHERE s.session_no IS NULL AND k.session_no IS NOT NULL
        GROUP BY k.series_id, k.administered_on
        """
    )
    if not con.execute("SELECT count(*) FROM told_session").fetchall()[0][0]:
        return
    _set_open_ones_aside(con, "told_session", "true")
    con.execute(
        """
        UPDATE score SET session_no = t.session_no
        FROM told_session t
        WHERE score.session_no IS NULL AND t.sessions = 1 AND t.series_id = score.series_id
            AND t.administered_on = score.administered_on
        """
    )
    con.execute("INSERT INTO settled SELECT series_id FROM told_session WHERE sessions = 1")


def _set_open_ones_aside(con: duckdb.DuckDBPyConnection, table: str, which: str) -> None:
    """Set aside the rows of days on which it stays open which session is meant."""
    con.execute(
        f"""
        INSERT INTO problem
        SELECT keyed.entry, 0, 'session_no', coalesce(keyed.session_no::VARCHAR, ''),
            'the one session of this day; on this day the instrument stands with several sessions '
                || 'and once without a number, so a person must say which is which',
            'ambiguous_session'
        FROM keyed
        JOIN {table} o ON o.series_id = keyed.series_id
            AND o.administered_on = keyed.administered_on
        WHERE o.sessions > 1 AND {which}
        """
    )
    con.execute("DELETE FROM keyed WHERE entry IN (SELECT entry FROM problem)")
