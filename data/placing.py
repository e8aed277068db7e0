"""Which episode and which series does each judged row belong to?"""

import duckdb


def place_in_series(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``placed`` (rows with their episode) and ``named_series`` (with keys) from ``judged``.

    Rows that cannot be placed go to ``problem``; new episodes and series get the next keys.
    """
    _place_in_episodes(con)
    _name_new_episodes(con)
    _name_new_series(con)


def forget_what_got_no_score(con: duckdb.DuckDBPyConnection) -> None:
    """Remove series and episodes that were named for rows which were then set aside."""
    con.execute(
        """
        DELETE FROM series WHERE series_id IN (
            SELECT series_id FROM named_series
            ANTI JOIN keyed USING (series_id)
            ANTI JOIN score USING (series_id)
        )
        """
    )
    con.execute(
        """
        DELETE FROM episode WHERE import_no IS NULL AND episode_key IN (
            SELECT episode_key FROM named_series ANTI JOIN series USING (episode_key)
            ANTI JOIN session USING (episode_key) ANTI JOIN goal USING (episode_key)
            ANTI JOIN goal_rating USING (episode_key) ANTI JOIN tally USING (episode_key)
            ANTI JOIN annotation USING (episode_key)
        )
        """
    )
    con.execute(
        "DELETE FROM assignment WHERE episode_key IN (SELECT episode_key FROM named_series) "
        "AND episode_key NOT IN (SELECT episode_key FROM episode)"
    )


def _place_in_episodes(con: duckdb.DuckDBPyConnection) -> None:
    """Give each row its episode: the one it names, else the stated one of its date.

    A client without stated episodes has one, called by the client's own id.
    """
    present = {row[0] for row in con.execute("DESCRIBE judged").fetchall()}
    given = "j.episode_id" if "episode_id" in present else "NULL::VARCHAR"
    respondent = "coalesce(j.respondent, '')" if "respondent" in present else "''"
    session = "j.session_no" if "session_no" in present else "NULL::INTEGER"
    kept = ", ".join(
        f"j.{name}" if name in present else f"NULL::VARCHAR AS {name}"
        for name in ("clinician_id", "team", "service")
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE dated AS
        SELECT j.entry, count(*) AS episodes, any_value(e.episode_id) AS episode_id
        FROM judged j
        JOIN episode e
            ON e.client_id = j.client_id
            AND e.import_no IS NOT NULL
            AND j.administered_on BETWEEN e.started_on AND coalesce(e.ended_on, DATE '9999-12-31')
        WHERE {given} IS NULL
        GROUP BY j.entry
        """
    )
    con.execute(
        """
        INSERT INTO problem
        SELECT j.entry, 0, 'administered_on', j.administered_on::VARCHAR,
            'a day of one episode only; this client has two that cover it, so name the episode_id',
            'ambiguous_episode'
        FROM judged j JOIN dated d USING (entry) WHERE d.episodes > 1
        """
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE placed AS
        SELECT
            j.entry, j.client_id, coalesce({given}, d.episode_id, j.client_id) AS episode,
            j.instrument, {respondent} AS respondent, j.administered_on, {session} AS session_no,
            j.total, j.answers, {kept}
        FROM judged j
        LEFT JOIN dated d ON d.entry = j.entry
        WHERE coalesce(d.episodes, 1) = 1
        """
    )


def _name_new_episodes(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE named AS
        SELECT DISTINCT client_id, episode FROM placed
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE named_episode AS
        SELECT e.episode_key, e.client_id, e.episode_id AS episode
        FROM episode e SEMI JOIN named n ON n.episode = e.episode_id
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE of_two AS
        SELECT episode FROM (
            SELECT client_id, episode FROM named UNION SELECT client_id, episode FROM named_episode
        ) GROUP BY episode HAVING count(*) > 1
        """
    )
    if con.execute("SELECT count(*) FROM of_two").fetchall()[0][0]:
        con.execute(
            """
            INSERT INTO problem
            SELECT entry, 0, 'episode_id', episode,
                'an episode of one client only; this id also stands with another client',
                'episode_of_two_clients'
            FROM placed WHERE episode IN (SELECT episode FROM of_two)
            """
        )
        con.execute("DELETE FROM placed WHERE episode IN (SELECT episode FROM of_two)")
        con.execute("DELETE FROM named WHERE episode IN (SELECT episode FROM of_two)")
    con.execute(
        """
        INSERT INTO named_episode
        SELECT
            (SELECT coalesce(max(episode_key), 0) FROM episode)
                + row_number() OVER (ORDER BY n.client_id, n.episode),
            n.client_id, n.episode
        FROM named n
        ANTI JOIN named_episode e ON e.client_id = n.client_id AND e.episode = n.episode
        """
    )
    con.execute(
        """
        INSERT INTO episode (episode_key, client_id, episode_id)
        SELECT episode_key, client_id, episode FROM named_episode
        WHERE episode_key > (SELECT coalesce(max(episode_key), 0) FROM episode)
        ORDER BY episode_key
        """
    )


def _name_new_series(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE wanted AS
        SELECT e.episode_key, w.*
        FROM (SELECT DISTINCT client_id, episode, instrument, respondent FROM placed) w
        JOIN named_episode e ON e.client_id = w.client_id AND e.episode = w.episode
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE named_series AS
        SELECT w.*, s.series_id
        FROM wanted w
        LEFT JOIN series s
            ON s.episode_key = w.episode_key
            AND s.instrument = w.instrument
            AND s.respondent = w.respondent
        """
    )
    con.execute(
        """
        UPDATE named_series SET series_id = fresh.series_id
        FROM (
            SELECT episode_key, instrument, respondent,
                ((SELECT coalesce(max(series_id), 0) FROM series)
                    + row_number() OVER (ORDER BY client_id, episode, instrument, respondent))
                    ::INTEGER AS series_id
            FROM named_series WHERE series_id IS NULL
        ) fresh
        WHERE named_series.series_id IS NULL AND fresh.episode_key = named_series.episode_key
            AND fresh.instrument = named_series.instrument
            AND fresh.respondent = named_series.respondent
        """
    )
    con.execute(
        """
        INSERT INTO series
        SELECT series_id, episode_key, instrument, respondent FROM named_series
        WHERE series_id > (SELECT coalesce(max(series_id), 0) FROM series)
        ORDER BY series_id
        """
    )
