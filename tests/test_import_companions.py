"""Do episodes, sessions, goals, ratings, tallies and annotations come in as safely as scores?"""

from itertools import permutations

import pytest

from data.ledger import Counts
from data.store import Store

SCORES = "client_id,episode_id,instrument,administered_on,total\nC1,E1,phq-9,2026-01-05,5\n"
LOOSE = (
    "client_id,instrument,administered_on,total,clinician_id\n"
    "C1,phq-9,2026-01-05,15,A\nC1,phq-9,2026-01-12,9,A\nC2,phq-9,2026-01-05,7,B\n"
)
EPISODES = "episode_id,client_id,started_on,ended_on,clinician_id\n"
E1 = EPISODES + "E1,C1,2026-01-01,,A\n"

# header, a good row, a row that agrees in the key only, bad rows with their column and code
FILES = {
    "sessions": (
        "episode_id,session_no,held_on,attendance",
        "E1,1,2026-01-05,attended",
        "E1,1,2026-01-05,missed",
        [("E1,1.5,2026-01-05,attended", "session_no", "not_whole"),
         ("E1,2,2026-01-32,attended", "held_on", "impossible_date"),
         ("E1,2,2026-01-06,came late", "attendance", "not_a_choice"),
         ("E1,,2026-01-06,attended", "session_no", "blank"),
         ("E9,2,2026-01-06,attended", "episode_id", "unknown_episode"),
         ("E1,2,2026-01-06", "(the whole row)", "ragged_row")],
    ),
    "goals": (
        "episode_id,goal_id,set_on,rank,target_on,start_value,target_value,statement",
        'E1,G1,2026-01-05,1,2026-12-01,2,8,"Sleep\nwell"',
        "E1,G1,2026-01-05,2,2026-12-01,2,8,Sleep",
        [("E1,G2,2027-01-05,1,,,,x", "set_on", "future_date"),
         ("E1,G2,2026-01-05,0,,,,x", "rank", "range"),
         ("E1,G2,2026-01-05,1,,two,,x", "start_value", "not_a_number"),
         ("E9,G2,2026-01-05,1,,,,x", "episode_id", "unknown_episode")],
    ),
    "goal_ratings": (
        "episode_id,goal_id,rated_on,rating,session_no",
        "E1,G1,2026-01-05,3.5,1",
        "E1,G1,2026-01-05,4,1",
        [("E1,G1,2026-01-06,11,2", "rating", "range"),
         ("E1,G1,2026-01-06,,2", "rating", "blank"),
         ('E1,G1,2026-01-06,"3,5",2', "rating", "decimal_mark"),
         ("E9,G1,2026-01-06,3,2", "episode_id", "unknown_episode")],
    ),
    "tallies": (
        "episode_id,tally_id,counted_on,count,days",
        "E1,panic,2026-01-05,3,7",
        "E1,panic,2026-01-05,4,7",
        [("E1,panic,2026-01-06,-1,7", "count", "range"),
         ("E1,panic,2026-01-06,2.5,7", "count", "not_whole"),
         ("E1,panic,2026-01-06,2,0", "days", "range"),
         ("E9,panic,2026-01-06,2,7", "episode_id", "unknown_episode")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("table", FILES)
def test_a_companion_file_takes_good_rows_and_sets_bad_ones_aside(import_text, query, table):
    header, good, other, bad = FILES[table]
    import_text(SCORES)
    name = f"{table}.csv"
    first = import_text("\n".join([header, good, *(row for row, _, _ in bad)]), name)
    assert first.report.table == table
    assert first.report.counts == Counts(1 + len(bad), 1, 0, len(bad))
    assert [(q.row, q.column, q.code) for q in first.quarantine] == [
        (n, column, code) for n, (_, column, code) in enumerate(bad, 3)
    ]
    stored = query(f"SELECT * FROM {table.rstrip('s') if table != 'tallies' else 'tally'}")
    assert len(stored) == 1
    # The same row again is a duplicate, and other values for the same key are a contradiction.
    assert import_text(f"{header}\n{good}\n{good}\n", name).report.counts == Counts(2, 0, 2, 0)
    assert import_text(f"{header}\n{other}\n", name).codes == ["conflict"]
    assert query(f"SELECT * FROM {table.rstrip('s') if table != 'tallies' else 'tally'}") == stored


def test_two_rows_of_one_key_that_differ_are_both_set_aside(import_text):
    header, good, other, _ = FILES["tallies"]
    import_text(SCORES)
    after = import_text(f"{header}\n{good}\n{good}\n{other}\n", "tallies.csv")
    assert after.report.counts == Counts(3, 0, 0, 3)
    assert "this file has rows that differ" in after.quarantine[0].allowed


def test_annotations_are_text_of_any_kind_and_never_replace_each_other(import_text, query):
    import_text(SCORES)
    texts = ["=1+1", "<b>bold</b>", "two\nlines", "x'; DROP TABLE score; --", "a,b;c"]
    rows = "".join(f'E1,2026-01-05,"{text}",note\n' for text in texts)
    header = "episode_id,noted_on,text,kind\n"
    bad = "E1,2026-01-05,,note\nE9,2026-01-05,x,note\nE1,5 Jan 2026,x,note\n"
    after = import_text(header + rows + bad, "annotations.csv")
    assert after.report.counts == Counts(8, 5, 0, 3)
    assert after.codes == ["blank", "unknown_episode", "not_a_date"]
    assert query("SELECT text FROM annotation ORDER BY source_row") == [(text,) for text in texts]
    assert import_text(header + rows, "annotations.csv").report.counts == Counts(5, 0, 5, 0)


def test_a_cancelled_session_may_lie_ahead_and_one_that_is_over_may_not(import_text, query):
    import_text(SCORES)  # today is 2 March 2026
    text = (
        "episode_id,session_no,held_on,attendance\nE1,9,2026-06-01,cancelled\n"
        "E1,7,2026-03-02,attended\nE1,8,2026-03-03,attended\nE1,8,2026-03-04,missed\n"
    )
    after = import_text(text, "sessions.csv")
    assert after.report.counts == Counts(4, 2, 0, 2)
    assert [(q.row, q.column, q.found, q.code) for q in after.quarantine] == [
        (4, "held_on", "2026-03-03", "lies_ahead"),
        (5, "held_on", "2026-03-04", "lies_ahead"),
    ]
    assert after.quarantine[0].allowed == (
        "a day up to today, 2 Mar 2026: a session that lies ahead cannot have been attended yet"
    )
    assert query("SELECT session_no FROM session ORDER BY 1") == [(7,), (9,)]


# Episodes -------------------------------------------------------------------------


def test_episodes_take_good_rows_and_set_bad_ones_aside(import_text, query):
    after = import_text(
        EPISODES + "E1,C1,2026-01-01,2026-02-01,A\nE2,C2,2026-02-01,2026-01-01,A\n"
        "E3,,2026-01-01,,A\n,C3,2026-01-01,,A\nE4,C4,,,A\nE5,C5,2026-09-01,,A\n",
        "episodes.csv",
    )
    assert after.report.counts == Counts(6, 1, 0, 5)
    assert after.codes == ["backwards", "blank", "blank", "blank", "future_date"]
    assert query("SELECT episode_id, client_id FROM episode") == [("E1", "C1")]


def test_an_episode_of_two_clients_in_a_file_is_set_aside(import_text, query):
    after = import_text(EPISODES + "E1,C1,2026-01-01,,A\nE1,C2,2026-01-01,,A\n", "episodes.csv")
    assert after.report.counts == Counts(2, 0, 0, 2)
    assert query("SELECT count(*) FROM episode") == [(0,)]


def test_an_episode_that_is_here_with_another_client_is_set_aside(import_text):
    import_text(E1, "episodes.csv")
    after = import_text(EPISODES + "E1,C2,2026-01-01,,A\n", "later.csv")
    assert (after.only.code, after.only.found) == ("episode_of_two_clients", "C2")


def test_scores_that_give_an_episode_to_two_clients_are_set_aside(import_text):
    import_text(SCORES)
    after = import_text(SCORES.replace("C1", "C2"), "other.csv")
    assert (after.only.code, after.only.column) == ("episode_of_two_clients", "episode_id")


def test_blanks_of_an_episode_are_filled_in_later_and_nothing_is_replaced(import_text, query):
    import_text("episode_id,client_id,started_on\nE1,C1,2026-01-01\n", "episodes.csv")
    full = EPISODES + "E1,C1,2026-01-01,2026-02-01,A\n"
    assert import_text(full, "episodes.csv").report.counts == Counts(1, 1, 0, 0)
    assert import_text(full + "\n", "episodes.csv").report.counts.duplicate == 1
    assert import_text(E1, "again.csv").report.counts.duplicate == 1
    assert import_text(full.replace("02-01,A", "02-01,B"), "other.csv").codes == ["conflict"]
    assert query("SELECT ended_on::VARCHAR, clinician_id FROM episode") == [("2026-02-01", "A")]


def test_further_columns_of_episodes_are_kept_as_attributes(import_text, query):
    import_text(
        'episode_id,client_id,started_on,"site ""A"", east",attributes\n'
        "E1,C1,2026-01-01,=1+1,x\nE2,C2,2026-01-01,,\n",
        "episodes.csv",
    )
    assert query("SELECT attributes FROM episode ORDER BY episode_id") == [
        (r'{"site \"A\", east": "=1+1", "attributes": "x"}',), (None,)
    ]  # fmt: skip


# Which file comes first -------------------------------------------------------------

FACTS = (
    "SELECT e.client_id, e.episode_id, e.started_on, e.ended_on, e.clinician_id FROM episode e",
    "SELECT e.episode_id, instrument, respondent, administered_on, session_no, total, answers "
    "FROM score JOIN series USING (series_id) JOIN episode e USING (episode_key)",
    "SELECT e.episode_id, r.* EXCLUDE (series_id, episode_key) FROM result r "
    "JOIN episode e USING (episode_key)",
    "SELECT * EXCLUDE (episode_key) FROM caseload",
    "SELECT e.episode_id, a.last_on, a.clinician_id, a.team, a.service FROM assignment a "
    "JOIN episode e USING (episode_key)",
    "SELECT e.episode_id, held_on FROM session JOIN episode e USING (episode_key)",
)


def state_after(store: Store, files, today) -> list[list[tuple[object, ...]]]:
    for file in files:
        store.import_file(file, today=today)
    cursor = store.parent(store.current()).cursor()
    return [sorted(cursor.execute(sql).fetchall(), key=str) for sql in FACTS]


def every_order(tmp_path, files, today):
    return [
        state_after(Store.create(tmp_path / f"s{n}"), order, today)
        for n, order in enumerate(permutations(files))
    ]


def test_episodes_before_or_after_the_scores_give_the_same_record(tmp_path, write_csv, today):
    episodes = write_csv(EPISODES + "E1,C1,2026-01-01,2026-02-01,A\n", "episodes.csv")
    first, second = every_order(tmp_path, [write_csv(LOOSE), episodes], today)
    assert [row[1] for row in first[0]] == ["E1", "C2"]
    assert first == second


def test_scores_outside_every_stated_episode_stay_with_the_client(tmp_path, write_csv, today):
    episodes = write_csv(EPISODES + "E1,C1,2026-01-01,2026-01-08,A\n", "episodes.csv")
    first, second = every_order(tmp_path, [write_csv(LOOSE), episodes], today)
    places = [(row[0], row[3].day) for row in first[1]]
    assert sorted(places) == [("C1", 12), ("C2", 5), ("E1", 5)]
    assert first[:4] == second[:4]


def test_a_score_sent_with_and_without_its_episode_counts_once(tmp_path, write_csv, today):
    named = write_csv(SCORES.replace(",5\n", ",15\n"), "named.csv")
    episodes = write_csv(E1, "episodes.csv")
    states = every_order(tmp_path, [write_csv(LOOSE), named, episodes], today)
    totals = [(row[0], row[5]) for row in states[0][1]]
    assert sorted(totals) == [("C2", 7.0), ("E1", 9.0), ("E1", 15.0)]
    for state in states[1:]:
        assert state[:4] == states[0][:4]


def test_a_score_moved_onto_another_one_is_set_aside_and_not_lost(import_text, query, store):
    """The scores say 5 with an episode and 15 without; the episode's dates bring them together."""
    import_text(SCORES)
    import_text(LOOSE, "loose.csv")
    import_text(E1, "episodes.csv")
    rows = query("SELECT import_no, source_row, code, found, line FROM quarantine")
    assert rows == [(2, 2, "conflict", "15", "C1,phq-9,2026-01-05,,15")]
    assert query("SELECT count(*) FROM score") == [(3,)]
    assert query("SELECT count(*) - count(DISTINCT (series_id, administered_on)) FROM score") == [
        (0,)
    ]


def test_sessions_of_an_episode_that_scores_move_out_of_are_not_lost(import_text, query):
    import_text(LOOSE)
    import_text("episode_id,session_no,held_on,attendance\nC1,1,2026-01-05,attended\n", "s.csv")
    import_text(E1, "episodes.csv")
    assert query("SELECT episode_id FROM session JOIN episode USING (episode_key)") == [("C1",)]


def test_a_day_of_two_episodes_needs_the_episode_named(import_text):
    import_text(EPISODES + "E1,C1,2026-01-01,,A\nE2,C1,2026-01-01,,A\n", "episodes.csv")
    after = import_text(LOOSE)
    assert after.codes == ["ambiguous_episode", "ambiguous_episode"]
    assert "name the episode_id" in after.quarantine[0].allowed


def test_a_rebuild_gives_the_same_rows(import_text, store, query):
    import_text(LOOSE)
    import_text(SCORES, "named.csv")
    import_text(E1, "episodes.csv")
    tables = ("score", "episode", "series", "assignment", "result", "quarantine", "caseload")
    before = [sorted(query(f"FROM {table}"), key=str) for table in tables]
    store.rebuild()
    assert [sorted(query(f"FROM {table}"), key=str) for table in tables] == before
