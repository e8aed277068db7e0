"""In which order do the episodes of a service need somebody's attention?

One row an episode, derived from the results of all its outcome measures. Deterioration on
any measure outranks improvement on another; process measures and goals do not decide.
"""

from collections.abc import Iterable

import duckdb
import numpy as np
import pyarrow as pa

from analytics.flags import bits as flag_numbers
from analytics.instrument import Instrument
from data.library import Library

# From the greatest need to the least; the position of the first that holds is the priority.
ATTENTION = (
    "worse",
    "answer",
    "worsening",
    "off_course",
    "stuck",
    "cannot_tell",
    "unchanged",
    "maintained",
    "better",
    "alliance",  # a process measure: it can be looked for, and never decides the order
)


def _bit(word: str) -> int:
    return 1 << ATTENTION.index(word)


# Which flags of its series give an episode each word.
_FLAGS = {
    "worse": ("deterioration",),
    "worsening": ("worsening",),
    "off_course": ("off_course",),
    "stuck": ("stuck",),
    "alliance": ("alliance",),
    "maintained": ("maintained",),
    "better": ("improvement",),
}
_JUDGED = flag_numbers(kind for kinds in _FLAGS.values() for kind in kinds if kind != "alliance")


def bits(words: Iterable[str]) -> int:
    """Return the words of ``ATTENTION`` as one number, a bit each."""
    return sum(_bit(word) for word in set(words) & set(ATTENTION))


def words(needs: int) -> tuple[str, ...]:
    """Return the words of a number, the greatest need first.

    >>> words(bits(["better", "worse"]))
    ('worse', 'better')
    """
    return tuple(word for word in ATTENTION if needs & _bit(word))


def list_caseload(con: duckdb.DuckDBPyConnection, library: Library, *, only_touched: bool) -> None:
    """Write ``risk_answer`` and ``caseload`` for all episodes, or for those of ``touched``."""
    instruments = tuple(library.instruments.values())
    con.execute("CREATE OR REPLACE TEMP TABLE concerned (episode_key INTEGER)")
    con.execute(
        "INSERT INTO concerned SELECT DISTINCT episode_key FROM series "
        "WHERE series_id IN (SELECT series_id FROM touched)"
        if only_touched
        else "INSERT INTO concerned SELECT episode_key FROM episode"
    )
    only = "IN (SELECT episode_key FROM concerned)" if only_touched else "IS NOT NULL"
    con.execute(
        "INSERT INTO concerned SELECT episode_key FROM episode WHERE client_id IN "
        "(SELECT client_id FROM quarantine WHERE risk_positive)"
    )
    con.execute(f"DELETE FROM risk_answer WHERE episode_key {only}")
    con.execute(f"DELETE FROM caseload WHERE episode_key {only}")
    _write_risk_answers(con, instruments)
    outcome = [i.id for i in instruments if i.role == "outcome"]
    con.register("outcome_instrument", pa.table({"instrument": pa.array(outcome, pa.string())}))
    _write_caseload(con, only)
    con.unregister("outcome_instrument")


def _write_risk_answers(
    con: duckdb.DuckDBPyConnection, instruments: tuple[Instrument, ...]
) -> None:
    """Note every answer to a risk item, also that it was left blank."""
    items = [(i.id, risk) for i in instruments for risk in i.risk_items]
    if not items:
        return
    # Answers count upwards or downwards; a strict bound becomes the next number.
    least = [
        {">=": r.value, ">": np.nextafter(r.value, np.inf)}.get(r.op, -np.inf) for _, r in items
    ]
    most = [
        {"<=": r.value, "<": np.nextafter(r.value, -np.inf)}.get(r.op, np.inf) for _, r in items
    ]
    bounds = {
        "instrument": pa.array([name for name, _ in items]),
        "item": pa.array([r.item for _, r in items], pa.int32()),
        "least": pa.array(least, pa.float64()),
        "most": pa.array(most, pa.float64()),
    }
    con.register("risk_item", pa.table(bounds))
    con.execute(
        """
        INSERT INTO risk_answer
        SELECT sc.series_id, s.episode_key, s.instrument, i.item, sc.administered_on, sc.session_no,
            sc.answers[i.item], coalesce(sc.answers[i.item] BETWEEN i.least AND i.most, false)
        FROM (SELECT * FROM series SEMI JOIN concerned USING (episode_key)) s
        JOIN risk_item i ON i.instrument = s.instrument
        JOIN score sc ON sc.series_id = s.series_id
        WHERE sc.answers IS NOT NULL
        """
    )
    con.unregister("risk_item")


def _write_caseload(con: duckdb.DuckDBPyConnection, only: str) -> None:
    said = " + ".join(
        f"{_bit(word)} * (coalesce(m.flags, 0) & {flag_numbers(kinds)} > 0)::INTEGER"
        for word, kinds in _FLAGS.items()
    )
    first = " ".join(f"WHEN w.needs & {_bit(w)} > 0 THEN {i}" for i, w in enumerate(ATTENTION))
    con.execute(
        f"""
        INSERT INTO caseload
        WITH
        measured AS (
            SELECT
                r.episode_key, count(*)::INTEGER AS measures,
                min(first_on) AS first_on, max(last_on) AS last_on,
                -- A level after a reliable deterioration is none that was maintained.
                bit_or(CASE WHEN r.flags & {flag_numbers(["deterioration"])} > 0
                    THEN r.flags & ~{flag_numbers(["maintained"])} ELSE r.flags END) AS flags,
                bool_or(o.instrument IS NOT NULL AND category = 'unchanged'
                    AND state <> 'too_early') AS unchanged
            FROM result r
            LEFT JOIN outcome_instrument o ON o.instrument = r.instrument
            WHERE r.episode_key {only}
            GROUP BY r.episode_key
        ),
        answered AS (
            SELECT episode_key, bool_or(positive) AS answer
            FROM (
                -- The latest answer counts; a blank says nothing, and takes nothing back.
                SELECT episode_key, arg_max(positive, (administered_on, coalesce(session_no, -1)))
                    AS positive
                FROM risk_answer
                WHERE value IS NOT NULL AND episode_key {only}
                GROUP BY episode_key, series_id, item
            )
            GROUP BY episode_key
        ),
        -- An answer counts even where its row was set aside for another reason.
        aside AS (SELECT DISTINCT client_id FROM quarantine WHERE risk_positive),
        attended AS (
            SELECT episode_key, count(*) FILTER (WHERE attendance = 'attended')::INTEGER AS sessions,
                count(*) FILTER (WHERE attendance <> 'attended')::INTEGER AS missed
            FROM session WHERE episode_key {only} GROUP BY episode_key
        ),
        assigned AS (
            -- The clinician and the team of the last score, of one row; on one day by name.
            SELECT episode_key, clinician_id, team
            FROM assignment WHERE episode_key {only}
            QUALIFY row_number() OVER (PARTITION BY episode_key
                ORDER BY last_on DESC, clinician_id, team, service, import_no) = 1
        ),
        needed AS (
            SELECT e.*, m.measures, m.first_on, m.last_on,
                {said}
                + {_bit("answer")} * (coalesce(a.answer, false) OR x.client_id IS NOT NULL)::INTEGER
                + {_bit("unchanged")}
                    * coalesce(m.unchanged AND m.flags & {_JUDGED} = 0, false)::INTEGER AS said
            FROM episode e
            LEFT JOIN measured m ON m.episode_key = e.episode_key
            LEFT JOIN answered a ON a.episode_key = e.episode_key
            LEFT JOIN aside x ON x.client_id = e.client_id
            WHERE e.episode_key {only}
        ),
        ranked AS (
            SELECT *, said + CASE said & ~{_bit("alliance")} WHEN 0 THEN {_bit("cannot_tell")}
                ELSE 0 END AS needs
            FROM needed
        )
        SELECT
            w.episode_key, w.client_id, w.episode_id, coalesce(w.clinician_id, g.clinician_id),
            coalesce(w.team, g.team), w.ended_on IS NULL, w.needs,
            (CASE {first} END)::INTEGER, coalesce(w.measures, 0),
            t.sessions, coalesce(t.missed, 0), w.first_on, w.last_on
        FROM ranked w
        LEFT JOIN attended t ON t.episode_key = w.episode_key
        LEFT JOIN assigned g ON g.episode_key = w.episode_key
        ORDER BY w.client_id, w.episode_id
        """
    )
