"""Which judged scores are new, which are here already, and which contradict what is here?"""

import duckdb

from data.occasions import settle_sessions
from data.placing import forget_what_got_no_score, place_in_series

# A score's occasion: two scores of one series on one day are two occasions only if their
# session numbers differ.
_SAME_OCCASION = "series_id, administered_on, coalesce(session_no, -1)"


def admit_scores(con: duckdb.DuckDBPyConnection, import_no: int) -> None:
    """Write the new scores of ``judged`` into the generation.

    Rows that cannot be placed or that contradict another score go to ``problem``; rows
    that are here already go to ``duplicate``; touched series go to ``touched``.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE duplicate (entry BIGINT)")
    place_in_series(con)
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
    forget_what_got_no_score(con)


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
