"""Which episode do scores belong to that came without one?"""

import duckdb

STORED = {
    "sessions": "session",
    "goals": "goal",
    "goal_ratings": "goal_rating",
    "tallies": "tally",
    "annotations": "annotation",
}


def move_loose_scores(con: duckdb.DuckDBPyConnection) -> None:
    """Move scores that came without an episode into the stated one that covers their day.

    They stand in the client's own episode (called by the client's id) until then. The
    same state results whichever file came first.
    """
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE moving AS
        SELECT s.series_id AS old_id, sc.administered_on, sc.session_no, s.instrument,
            s.respondent, any_value(e.episode_key) AS episode_key
        FROM episode loose
        JOIN series s ON s.episode_key = loose.episode_key
        JOIN score sc ON sc.series_id = s.series_id
        JOIN episode e
            ON e.client_id = loose.client_id
            AND e.episode_key <> loose.episode_key
            AND e.import_no IS NOT NULL
            AND sc.administered_on BETWEEN e.started_on AND coalesce(e.ended_on, DATE '9999-12-31')
        WHERE loose.import_no IS NULL AND loose.episode_id = loose.client_id
        GROUP BY ALL HAVING count(*) = 1
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT DISTINCT s.series_id FROM series s JOIN judged j ON true
        JOIN episode e ON e.episode_key = s.episode_key AND e.episode_id = j.episode_id
        """
    )
    if not con.execute("SELECT count(*) FROM moving").fetchall()[0][0]:
        return
    con.execute(
        """
        INSERT INTO series
        SELECT ((SELECT max(series_id) FROM series)
                + row_number() OVER (ORDER BY m.episode_key, m.instrument, m.respondent))::INTEGER,
            m.episode_key, m.instrument, m.respondent
        FROM (SELECT DISTINCT episode_key, instrument, respondent FROM moving) m
        ANTI JOIN series s ON s.episode_key = m.episode_key
            AND s.instrument = m.instrument AND s.respondent = m.respondent
        """
    )
    _set_clashes_aside(con)
    con.execute(
        """
        UPDATE score SET series_id = s.series_id
        FROM moving m
        JOIN series s ON s.episode_key = m.episode_key AND s.instrument = m.instrument
            AND s.respondent = m.respondent
        WHERE score.series_id = m.old_id AND score.administered_on = m.administered_on
            AND coalesce(score.session_no, -1) = coalesce(m.session_no, -1)
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE was_loose AS
        SELECT series_id, episode_key FROM series WHERE series_id IN (SELECT old_id FROM moving)
        """
    )
    con.execute(
        """
        INSERT INTO touched
        SELECT old_id FROM moving UNION
        SELECT s.series_id FROM moving m JOIN series s ON s.episode_key = m.episode_key
            AND s.instrument = m.instrument AND s.respondent = m.respondent
        """
    )
    con.execute(
        """
        DELETE FROM series WHERE series_id IN (SELECT old_id FROM moving)
            AND series_id NOT IN (SELECT series_id FROM score)
        """
    )
    _move_assignments(con)
    holders = " UNION ALL ".join(
        f"SELECT episode_key FROM {table}" for table in ("series", *STORED.values())
    )
    con.execute(f"DELETE FROM episode WHERE import_no IS NULL AND episode_key NOT IN ({holders})")
    con.execute("DELETE FROM assignment WHERE episode_key NOT IN (SELECT episode_key FROM episode)")


def _set_clashes_aside(con: duckdb.DuckDBPyConnection) -> None:
    """Find moving scores whose occasion the stated episode has already.

    The same score is kept once, with its answers where one of the two has them; another
    score is a contradiction for a person to decide, as it is in an import.
    """
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE clash AS
        SELECT m.old_id, m.administered_on, m.session_no, t.series_id AS target,
            sc.import_no, sc.source_row, sc.total, t.total AS stored,
            coalesce(sc.answers = t.answers, true)
                AND sc.total IS NOT DISTINCT FROM t.total AS same,
            same AND t.answers IS NULL AND sc.answers IS NOT NULL AS adds_answers,
            sc.answers, e.client_id, m.instrument
        FROM moving m
        JOIN score sc ON sc.series_id = m.old_id AND sc.administered_on = m.administered_on
            AND coalesce(sc.session_no, -1) = coalesce(m.session_no, -1)
        JOIN series s ON s.episode_key = m.episode_key AND s.instrument = m.instrument
            AND s.respondent = m.respondent
        JOIN score t ON t.series_id = s.series_id AND t.administered_on = m.administered_on
            AND coalesce(t.session_no, -1) = coalesce(m.session_no, -1)
        JOIN episode e ON e.episode_key = m.episode_key
        """
    )
    con.execute(
        """
        INSERT INTO quarantine (import_no, source_row, column_name, found, allowed, code, line,
            client_id, instrument, administered_on)
        SELECT import_no, source_row, 'total', coalesce(format('{:g}', total), 'no total'),
            CASE WHEN same
                THEN 'a score of its own: it stands in the episode of its day already, and is '
                    || 'kept once'
                ELSE 'the score that is here already for this client, instrument, date and '
                    || 'occasion: ' || coalesce(format('{:g}', stored), 'no total')
                    || '; a person must decide which is right'
            END,
            CASE WHEN same THEN 'merged' ELSE 'conflict' END,
            concat_ws(',', client_id, instrument, administered_on,
                coalesce(session_no::VARCHAR, ''), coalesce(format('{:g}', total), '')),
            client_id, instrument, administered_on::VARCHAR
        FROM clash
        """
    )
    con.execute(
        """
        UPDATE score SET answers = c.answers FROM clash c
        WHERE c.adds_answers AND score.series_id = c.target
            AND score.administered_on = c.administered_on
            AND coalesce(score.session_no, -1) = coalesce(c.session_no, -1)
        """
    )
    con.execute(
        """
        DELETE FROM score USING clash c
        WHERE score.series_id = c.old_id AND score.administered_on = c.administered_on
            AND coalesce(score.session_no, -1) = coalesce(c.session_no, -1)
        """
    )


def _move_assignments(con: duckdb.DuckDBPyConnection) -> None:
    """Let the clinicians of moved scores come along, until the last moved score."""
    con.execute(
        """
        INSERT INTO assignment
        SELECT m.episode_key, least(a.last_on, m.last_on), a.clinician_id, a.team, a.service,
            a.import_no
        FROM (
            SELECT l.episode_key AS loose_key, moving.episode_key,
                min(administered_on) AS first_on, max(administered_on) AS last_on
            FROM moving JOIN was_loose l ON l.series_id = moving.old_id
            GROUP BY ALL
        ) m
        JOIN assignment a ON a.episode_key = m.loose_key AND a.last_on >= m.first_on
        """
    )
