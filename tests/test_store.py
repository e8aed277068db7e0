"""Does the store give the same record again, whatever was imported, undone or rolled back?"""

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from data.errors import DataError
from data.formats.text import Source
from data.generations import available
from data.library import SHIPPED
from data.scope import Scope
from data.store import Store
from data.verification import verify

TODAY = date(2026, 3, 2)
HEADER = "client_id,instrument,administered_on,session_no,total\n"
FIRST = HEADER + "a,phq-9,2025-01-01,1,20\na,phq-9,2025-01-15,2,9\nb,gad-7,2025-01-03,1,11\n"
LATER = HEADER + "a,phq-9,2025-01-15,2,9\na,phq-9,2025-02-01,3,5\nc,phq-9,2025-02-01,1,14\n"
CLASH = HEADER + "a,phq-9,2025-01-01,1,19\nd,phq-9,2025-02-03,1,7\nd,phq-9,2025-02-31,2,7\n"
EPISODES = """\
episode_id,client_id,started_on,ended_on,clinician_id,team,service
E-1,a,2025-01-10,,Ana,North,Harbour
E-2,b,2025-01-01,2025-06-01,Ben,South,Harbour
"""
SESSIONS = """\
episode_id,session_no,held_on,attendance
E-1,1,2025-01-15,attended
E-1,2,2025-01-22,missed
E-9,1,2025-01-22,missed
"""
GOALS = """\
episode_id,goal_id,set_on,rank,kind,statement
E-1,G-1,2025-01-15,1,general,to sleep through
"""
RATINGS = """\
episode_id,goal_id,rated_on,session_no,rating
E-1,G-1,2025-01-15,2,3
E-1,G-1,2025-02-01,3,6
"""
ITEMS = (
    "client_id,instrument,administered_on,session_no,total,"
    + ",".join(f"item_{i}" for i in range(1, 10))
    + "\na,phq-9,2025-02-01,3,5,1,1,1,0,0,1,0,0,1\nb,phq-9,2025-02-02,1,3,1,1,1,0,0,0,0,0,0\n"
)
FACTS = {"assignment", "episode", "series", "score", "session", "goal", "goal_rating", "tally"}
FACTS |= {"annotation", "quarantine", "meta", "scale", "result", "event", "risk_answer", "caseload"}


def tables(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table but ``meta``, in an order of their own."""
    parent = store.parent(store.current())
    assert parent is not None
    with parent.cursor() as con:
        there = [row[0] for row in con.execute("SHOW TABLES").fetchall()]
        assert set(there) == FACTS
        return {
            name: con.execute(f"FROM {name} ORDER BY ALL").fetchall()
            for name in there
            if name != "meta"
        }


def without_numbers(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return the record by people's names for things, without the store's own numbers."""
    parent = store.parent(store.current())
    assert parent is not None
    with parent.cursor() as con:
        return {
            "score": con.execute(
                "SELECT client_id, episode_id, instrument, respondent, administered_on, session_no, "
                "total, answers FROM score JOIN series USING (series_id) "
                "JOIN episode USING (episode_key) ORDER BY ALL"
            ).fetchall(),
            "result": con.execute(
                "SELECT client_id, episode_id, r.* EXCLUDE (series_id, episode_key) FROM result r "
                "JOIN episode USING (episode_key) ORDER BY ALL"
            ).fetchall(),
            "caseload": con.execute(
                "SELECT * EXCLUDE (episode_key) FROM caseload ORDER BY ALL"
            ).fetchall(),
        }


def healthy(store: Store) -> bool:
    """Return whether verification finds nothing."""
    wrong = [check for check in verify(store) if check.wrong]
    assert wrong == []
    return True


@pytest.fixture
def add(store: Store, write_csv: Callable[..., Source]) -> Callable[..., int]:
    """Return a function that imports texts and returns the number of the last import."""

    def run(*texts: str) -> int:
        number = 0
        for text in texts:
            name = f"{len(store.ledger.imports()) + 1}.csv"
            number = store.import_file(write_csv(text, name), today=TODAY).import_no
        return number

    return run


ORDERS = {
    "companions last": (FIRST, LATER, CLASH, ITEMS, EPISODES, SESSIONS, GOALS, RATINGS),
    "companions too early": (SESSIONS, RATINGS, FIRST, GOALS, CLASH, EPISODES, LATER, ITEMS),
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_rebuild_gives_the_same_rows_in_every_table(store, add, order):
    add(*ORDERS[order])
    live, counts = tables(store), [r.counts for r in store.ledger.imports()]
    assert len(live["score"]) >= 6
    assert live["quarantine"]
    assert healthy(store)
    store.rebuild()
    assert tables(store) == live
    assert [r.counts for r in store.ledger.imports()] == counts
    assert healthy(store)
    # And once more after an undo, from the record as it is then.
    store.undo_import(2)
    undone = tables(store)
    assert healthy(store)
    store.rebuild()
    assert tables(store) == undone


@pytest.mark.parametrize("text", [LATER, CLASH, EPISODES, ITEMS])
def test_undoing_the_last_import_gives_the_state_before_it(store, add, text):
    add(FIRST)
    before = tables(store)
    number = add(text)
    assert tables(store) != before
    store.undo_import(number)
    assert tables(store) == before
    assert store.ledger.imports()[-1].undone_at is not None
    assert healthy(store)
    with pytest.raises(DataError, match="nothing to undo"):
        store.undo_import(number)
    assert add(text) == number + 1  # the same file is welcome again
    assert healthy(store)


def test_a_row_that_came_in_two_files_survives_the_undo_of_the_first(store, add, query):
    first = add(FIRST)
    add(LATER)
    where = "SELECT import_no, total FROM score WHERE administered_on = DATE '2025-01-15'"
    assert query(where) == [(1, 9.0)]
    assert store.ledger.imports()[1].counts.duplicate == 1
    store.undo_import(first)
    assert query(where) == [(2, 9.0)]
    counts = store.ledger.imports()[1].counts
    assert (counts.accepted, counts.duplicate) == (3, 0)
    assert query("SELECT count(*) FROM episode WHERE client_id = 'b'") == [(0,)]
    assert healthy(store)


def test_a_conflict_is_resolved_by_undoing_the_wrong_file(store, add, query):
    wrong = add(FIRST)
    add(CLASH)
    assert query("SELECT count(*) FROM quarantine") == [(2,)]
    store.undo_import(wrong)
    assert query("SELECT total FROM score WHERE administered_on = DATE '2025-01-01'") == [(19.0,)]
    assert query("SELECT count(*) FROM quarantine") == [(1,)]
    assert healthy(store)


def test_the_same_file_twice_adds_nothing(store, add, write_csv):
    add(FIRST)
    before = tables(store)
    report = store.import_file(write_csv(FIRST, "another name.csv"), today=TODAY)
    assert report.already_imported_at is not None
    assert (report.counts.accepted, report.counts.duplicate) == (0, 3)
    assert store.current() == 1
    assert len(store.ledger.imports()) == 1
    assert tables(store) == before


def test_the_same_rows_in_another_order_are_all_here_already(store, add):
    add(FIRST)
    before = tables(store)
    lines = FIRST.splitlines(keepends=True)
    number = add("".join([lines[0], *reversed(lines[1:])]))
    assert store.ledger.imports()[number - 1].counts.duplicate == 3
    assert tables(store) == before


def test_several_files_are_imported_all_or_none(store, add, write_csv):
    add(FIRST)
    before = tables(store)
    good, bad = write_csv(LATER, "good.csv"), write_csv("name\nx\n", "bad.csv")
    with pytest.raises(DataError, match=r"bad\.csv"):
        store.import_files([good, bad], today=TODAY)
    assert tables(store) == before
    assert len(store.ledger.imports()) == 1
    assert len(list((store.root / "originals").iterdir())) == 1
    known = write_csv(FIRST, "known.csv")
    more = [good, known, write_csv(EPISODES, "episodes.csv"), write_csv(SESSIONS, "sessions.csv")]
    reports = store.import_files(more, today=TODAY)
    assert [r.file for r in reports] == [source.name for source in more]
    assert [r.import_no for r in reports] == [2, 1, 3, 4]
    assert {r.generation for r in reports} == {1, 2}
    assert store.current() == 2
    assert healthy(store)
    live = tables(store)
    store.rebuild()
    assert tables(store) == live


def test_going_back_to_an_earlier_generation_and_forward_again(store, add, write_csv):
    add(FIRST)
    first = tables(store)
    add(LATER)
    second = tables(store)
    add(CLASH)
    third = tables(store)
    store.roll_back(1)
    assert store.current() == 1
    assert tables(store) == first
    assert [r.undone_at is None for r in store.ledger.imports()] == [True, False, False]
    assert healthy(store)
    store.roll_back(3)
    assert tables(store) == third
    assert all(r.undone_at is None for r in store.ledger.imports())
    assert healthy(store)
    store.roll_back(2)
    assert tables(store) == second
    # What was rolled back is not "already imported", and a rebuild does not bring it back.
    report = store.import_file(write_csv(CLASH, "clash.csv"), today=TODAY)
    assert report.already_imported_at is None
    assert (report.import_no, report.generation) == (4, 4)
    live = tables(store)
    assert healthy(store)
    store.rebuild()
    assert tables(store) == live
    assert len(live["score"]) == len(third["score"])


def test_going_back_before_an_undo_brings_back_what_each_import_had(store, add):
    first = add(FIRST)
    add(LATER)
    both, counts = tables(store), [r.counts for r in store.ledger.imports()]
    store.undo_import(first)
    assert [r.counts for r in store.ledger.imports()] != counts
    store.roll_back(2)
    assert tables(store) == both
    assert [r.counts for r in store.ledger.imports()] == counts
    assert healthy(store)


def test_going_back_to_a_generation_that_is_gone_is_refused(store, add):
    for day in range(1, 8):
        add(HEADER + f"a,phq-9,2025-01-0{day},{day},9\n")
    assert sorted(available(store.root)) == [3, 4, 5, 6, 7]
    with pytest.raises(DataError, match=r"kept are 3, 4, 5, 6, 7\. Nothing was changed"):
        store.roll_back(2)
    store.roll_back(3)
    add(HEADER + "z,phq-9,2025-02-01,1,9\n")
    assert sorted(available(store.root)) == [4, 5, 6, 7, 8]
    assert healthy(store)


def test_a_store_that_was_read_before_going_back_is_read_after_it(store, add):
    readers = []
    for day in range(1, 5):
        add(HEADER + f"a,phq-9,2025-01-0{day},{day},9\n")
        readers.append(store.reader(Scope.everyone("test")))
    store.roll_back(1)
    assert store.reader(Scope.everyone("test")).totals().scores == 1
    assert [reader.totals().scores for reader in readers] == [1, 2, 3, 4]


def test_two_stores_over_one_folder_can_be_read_in_one_process(store, add):
    add(FIRST)
    other = Store.open(store.root)
    totals = [s.reader(Scope.everyone("test")).totals().scores for s in (store, other)]
    assert totals == [3, 3]


# Facts ----------------------------------------------------------------------------


def with_own_phq9(store: Store, before: str, after: str) -> Store:
    """Give the service a PHQ-9 of its own with one fact changed; return the store opened anew."""
    shipped = SHIPPED / "instruments" / "phq-9.toml"
    text = shipped.read_text(encoding="utf-8")
    assert before in text
    folder = store.root / "library" / "instruments"
    folder.mkdir(exist_ok=True)
    (folder / "phq-9.toml").write_text(text.replace(before, after), encoding="utf-8")
    return Store.open(store.root)


def test_a_changed_fact_is_told_and_the_next_import_derives_everything_anew(store, add, write_csv):
    add(FIRST)  # one client falls by 11 points, the other has one score
    assert {row[12] for row in tables(store)["result"]} == {"not_assessable", "recovered"}
    changed = with_own_phq9(store, "reliable = { value = 6,", "reliable = { value = 12,")
    told = [check for check in verify(changed) if check.wrong]
    assert len(told) == 1
    assert told[0].what == "the results follow from the scores"
    assert "other rules or facts" in told[0].wrong
    # A file that touches another client's series only.
    source = write_csv(HEADER + "z,gad-7,2025-02-01,1,9\n", "z.csv")
    changed.import_file(source, today=TODAY)
    assert healthy(changed)
    results = tables(changed)["result"]
    assert {row[12] for row in results} == {"not_assessable", "unchanged"}
    live = tables(changed)
    changed.rebuild()
    assert tables(changed) == live
    about = changed.reader(Scope.everyone("test")).about()
    assert about is not None
    assert about.library == changed.library.hash != store.library.hash


def test_an_instrument_that_is_gone_is_told_and_nothing_is_lost(store, add, write_csv):
    own = with_own_phq9(store, 'id = "phq-9"\n', 'id = "phq-9"\n')
    folder = own.root / "library" / "instruments"
    text = (folder / "phq-9.toml").read_text(encoding="utf-8")
    (folder / "phq-9.toml").unlink()
    (folder / "ours.toml").write_text(text.replace('id = "phq-9"', 'id = "ours"'), encoding="utf-8")
    own = Store.open(store.root)
    own.import_file(write_csv(HEADER + "a,ours,2025-01-01,1,9\n"), today=TODAY)
    (folder / "ours.toml").unlink()
    bare = Store.open(store.root)
    with pytest.raises(DataError, match="scores of ours, of which no facts are known any more"):
        bare.import_file(write_csv(FIRST, "first.csv"), today=TODAY)
    assert bare.current() == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_results_of_touched_series_alone_are_those_of_a_full_derivation(store, add, seed):
    chance = random.Random(seed)
    start = date(2025, 1, 1)
    taken: set[tuple[int, str, int]] = set()
    for _ in range(5):
        lines = []
        for _ in range(chance.randrange(5, 60)):
            key = (
                chance.randrange(6),
                chance.choice(["phq-9", "gad-7", "wsas"]),
                chance.randrange(40),
            )
            if key not in taken:
                taken.add(key)
                client, instrument, week = key
                day = start + timedelta(days=7 * week + chance.randrange(5))
                lines.append(f"c{client},{instrument},{day},{week + 1},{chance.randrange(22)}\n")
        add(HEADER + "".join(lines))
        assert healthy(store)  # derives everything beside the store and compares each row
    live = tables(store)
    assert len(live["score"]) == len(taken)
    store.rebuild()
    assert tables(store) == live


def test_the_order_of_the_files_does_not_change_the_record(tmp_path, write_csv):
    orders = (
        (FIRST, LATER, EPISODES, GOALS),
        (EPISODES, GOALS, LATER, FIRST),  # goals need their episode, wherever the scores stand
        (LATER, EPISODES, FIRST, GOALS),
    )
    records = []
    for attempt, texts in enumerate(orders):
        store = Store.create(tmp_path / str(attempt))
        for place, text in enumerate(texts):
            store.import_file(write_csv(text, f"{attempt}-{place}.csv"), today=TODAY)
        records.append(without_numbers(store))
    assert len(records[0]["score"]) == 5
    assert records[1] == records[0]
    assert records[2] == records[0]


def test_a_scale_that_changes_under_a_course_is_refused_with_the_two_ways_out(tmp_path):
    store = Store.create(tmp_path / "store")
    own = store.root / "library" / "instruments" / "mood.toml"
    own.parent.mkdir()
    facts = (
        'id = "mood"\nversion = "{}"\nname = "Mood"\nbetter = "lower"\nminimum = 0\n'
        "maximum = {}\nstep = 1\n"
    )
    log = tmp_path / "log.csv"

    def bring(day, total):
        log.write_text(
            "client_id,instrument,administered_on,total\n" + f"a,mood,2025-01-{day:02},{total}\n"
        )
        return Store.open(store.root).import_file(Source("log.csv", log), today=date(2026, 1, 1))

    own.write_text(facts.format(1, 30))
    assert bring(1, 20).counts.accepted == 1
    own.write_text(facts.format(2, 100))
    with pytest.raises(DataError, match=r"from 0 to 30 .* now says 0 to 100 .* id of its own"):
        bring(8, 66)
    with pytest.raises(DataError, match="two scales cannot be compared"):
        Store.open(store.root).fit()
    Store.open(store.root).rebuild()
    assert bring(8, 66).counts.accepted == 1
