"""Which judged scores are new, which are here already, and which contradict what is here?"""

import duckdb

from data.occasions import settle_sessions

# A score's occasion: two scores of one series on one day are two occasions only if their
# session numbers differ.
_SAME_OCCASION = "series_id, administered_on, coalesce(session_no, -1)"


def admit_scores(con: duckdb.DuckDBPyConnection, import_no: int) -> None:
    """Write the new scores of ``judged`` into the generation.

    Rows that cannot be placed or that contradict another score go to ``problem``; rows
    that are here already go to ``duplicate``; touched series go to ``touched``.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE duplicate (entry BIGINT)")
    _place_in_episodes(con)
    _name_new_episodes(con)
    _name_new_series(con)
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE keyed AS
        SELECT p.entry, s.series_id, p.administered_on, p.session_no, p.total, p.answers
        FROM placed p
        JOIN named_series s
            ON s.client_id = p.client_id
            AND s.episode = p.episode
            AND s.instrument = p.instrument
            AND s.respondent = p.respondent
        """
    )
    settle_sessions(con)
    _set_repeats_aside(con)
    _compare_with_store(con)
    con.execute(
        """
        INSERT INTO score
        SELECT series_id, administered_on, session_no, total, answers, ?, (entry >> 12)::INTEGER
        FROM keyed
        ORDER BY series_id, administered_on, session_no NULLS FIRST, entry
        """,
        [import_no],
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS "
        "SELECT series_id FROM keyed UNION SELECT series_id FROM filled "
        "UNION SELECT series_id FROM settled"
    )
    _note_assignments(con, import_no)
    _forget_what_got_no_score(con)


def _forget_what_got_no_score(con: duckdb.DuckDBPyConnection) -> None:
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


def _set_repeats_aside(con: duckdb.DuckDBPyConnection) -> None:
    """Find occasions that stand more than once in the file itself."""
    # Counting three numbers is cheap at any size; the words are made for repeats only.
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE twice AS
        SELECT series_id, administered_on, coalesce(session_no, -1) AS occasion
        FROM keyed GROUP BY {_SAME_OCCASION} HAVING count(*) > 1
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE repeated AS
        SELECT
            t.series_id, t.administered_on, t.occasion,
            count(DISTINCT coalesce(k.total, 'nan'::DOUBLE)) AS totals,
            count(DISTINCT k.answers) AS answered,
            string_agg(DISTINCT coalesce(format('{:g}', k.total), 'no total'), ' and '
                ORDER BY coalesce(format('{:g}', k.total), 'no total')) AS found,
            coalesce(min(k.entry) FILTER (WHERE k.answers IS NOT NULL), min(k.entry)) AS kept
        FROM keyed k
        JOIN twice t
            ON t.series_id = k.series_id
            AND t.administered_on = k.administered_on
            AND t.occasion = coalesce(k.session_no, -1)
        GROUP BY t.series_id, t.administered_on, t.occasion
        """
    )
    if not con.execute("SELECT count(*) FROM repeated").fetchall()[0][0]:
        return
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE repeats AS
        SELECT k.entry, r.totals, r.answered, r.kept, r.found, k.total
        FROM keyed k
        JOIN repeated r
            ON r.series_id = k.series_id
            AND r.administered_on = k.administered_on
            AND r.occasion = coalesce(k.session_no, -1)
        """
    )
    con.execute(
        """
        INSERT INTO problem
        SELECT entry, 0, 'total', coalesce(format('{:g}', total), 'no total'),
            CASE WHEN totals > 1
                THEN 'one score for one client, instrument, date and occasion; this file has ' || found
                ELSE 'one set of answers for one occasion; this file has two with the same total'
            END || ', and a person must decide',
            'conflict'
        FROM repeats WHERE totals > 1 OR answered > 1
        """
    )
    con.execute(
        """
        INSERT INTO duplicate
        SELECT entry FROM repeats WHERE totals = 1 AND answered <= 1 AND entry <> kept
        """
    )
    con.execute(
        """
        DELETE FROM keyed WHERE entry IN (
            SELECT entry FROM repeats
            WHERE totals > 1 OR answered > 1 OR entry <> kept
        )
        """
    )


def _compare_with_store(con: duckdb.DuckDBPyConnection) -> None:
    """Find occasions that are in the store already."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE here AS
        SELECT
            k.entry, k.series_id, k.administered_on, k.session_no, k.total, s.total AS stored,
            coalesce(s.answers = k.answers, true) AS same_answers,
            k.answers IS NOT NULL AND s.answers IS NULL
                AND k.total IS NOT DISTINCT FROM s.total AS adds_answers
        FROM keyed k
        JOIN score s
            ON s.series_id = k.series_id
            AND s.administered_on = k.administered_on
            AND coalesce(s.session_no, -1) = coalesce(k.session_no, -1)
        """
    )
    # The answers to a total that came alone are filled in, so that the same record results
    # whichever file came first; the row itself is here already.
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE filled AS
        SELECT series_id, administered_on, session_no, k.answers
        FROM here JOIN (SELECT entry, answers FROM keyed) k USING (entry)
        WHERE adds_answers
        """
    )
    if con.execute("SELECT count(*) FROM filled").fetchall()[0][0]:
        con.execute(
            """
            UPDATE score SET answers = f.answers FROM filled f
            WHERE score.series_id = f.series_id AND score.administered_on = f.administered_on
                AND coalesce(score.session_no, -1) = coalesce(f.session_no, -1)
            """
        )
    con.execute(
        """
        INSERT INTO problem
        SELECT entry, 0, 'total', coalesce(format('{:g}', total), 'no total'),
            CASE WHEN total IS DISTINCT FROM stored
                THEN 'the score that is here already for this client, instrument, date and occasion: '
                    || coalesce(format('{:g}', stored), 'no total')
                ELSE 'the set of answers that is here already for this occasion (the total is the same)'
            END || '; a person must decide which is right',
            'conflict'
        FROM here WHERE total IS DISTINCT FROM stored OR NOT same_answers
        """
    )
    con.execute(
        """
        INSERT INTO duplicate
        SELECT entry FROM here WHERE total IS NOT DISTINCT FROM stored AND same_answers
        """
    )
    con.execute("DELETE FROM keyed WHERE entry IN (SELECT entry FROM here)")


def _note_assignments(con: duckdb.DuckDBPyConnection, import_no: int) -> None:
    """Keep who had the episode, and until which score, as the rows say it."""
    con.execute(
        """
        INSERT INTO assignment
        SELECT n.episode_key, max(p.administered_on), p.clinician_id, p.team, p.service, ?
        FROM placed p
        JOIN (SELECT DISTINCT client_id, episode, episode_key FROM named_series) n
            ON n.client_id = p.client_id AND n.episode = p.episode
        WHERE coalesce(p.clinician_id, p.team, p.service) IS NOT NULL
            AND p.entry NOT IN (SELECT entry FROM problem)
        GROUP BY n.episode_key, p.clinician_id, p.team, p.service
        """,
        [import_no],
    )
