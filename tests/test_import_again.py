"""What happens when the same scores come again, in another form or after something was mended?"""

from datetime import date, timedelta

from data.records import CaseloadQuery
from data.scope import Scope
from data.store import Store
from data.verification import verify

WITH_SESSIONS = (
    "client_id,instrument,administered_on,session_no,total\n"
    "A,phq-9,2026-01-05,1,18\nA,phq-9,2026-01-12,2,8\nA,phq-9,2026-01-19,3,10\n"
)
WITHOUT = (
    "client_id,instrument,administered_on,total\n"
    "A,phq-9,2026-01-05,18\nA,phq-9,2026-01-12,8\nA,phq-9,2026-01-19,25\n"
)


def scores(store: Store):
    record = store.reader(Scope.everyone("t")).client("A")
    return [(s.session_no, s.total) for s in record.scores]


def is_clean(store: Store) -> bool:
    return not [check for check in verify(store) if check.wrong]


def test_a_log_without_session_numbers_is_the_same_log(store, import_text):
    import_text(WITH_SESSIONS, "with.csv")
    again = import_text(WITHOUT, "without.csv")
    assert (again.report.counts.duplicate, again.codes) == (2, ["conflict"])
    assert scores(store) == [(1, 18.0), (2, 8.0), (3, 10.0)]
    assert is_clean(store)


def test_session_numbers_that_come_later_are_filled_in(store, import_text):
    import_text(WITHOUT, "without.csv")
    again = import_text(WITH_SESSIONS, "with.csv")
    assert (again.report.counts.duplicate, again.codes) == (2, ["conflict"])
    assert scores(store) == [(1, 18.0), (2, 8.0), (3, 25.0)]
    assert is_clean(store)


def test_a_day_with_two_sessions_leaves_a_blank_one_open(store, import_text):
    two = "client_id,instrument,administered_on,session_no,total\n"
    import_text(two + "A,phq-9,2026-01-05,1,18\nA,phq-9,2026-01-05,2,16\n", "two.csv")
    assert import_text(WITHOUT, "without.csv").codes == ["ambiguous_session"]
    assert import_text(two + "A,phq-9,2026-01-12,5,8\nA,phq-9,2026-01-12,6,9\n").codes == [
        "ambiguous_session",
        "ambiguous_session",
    ]
    assert is_clean(store)


def test_rows_that_waited_for_another_file_come_in_when_the_file_comes_again(
    store, write_csv, today
):
    sessions = write_csv(
        "episode_id,session_no,held_on,attendance\nE1,1,2026-01-05,attended\n", "sessions.csv"
    )
    episodes = write_csv("episode_id,client_id,started_on\nE1,A,2026-01-01\n", "episodes.csv")
    assert store.import_file(sessions, today=today).counts.quarantined == 1
    again = store.import_file(sessions, today=today)
    assert again.already_imported_at is not None
    store.import_file(episodes, today=today)
    third = store.import_file(sessions, today=today)
    assert (third.counts.accepted, third.already_imported_at) == (1, None)
    assert store.reader(Scope.everyone("t")).quarantine() == ()
    assert is_clean(store)
    store.rebuild()
    assert is_clean(store)
    assert store.reader(Scope.everyone("t")).quarantine() == ()


def test_a_rebuild_names_the_imports_that_count_otherwise_since_facts_changed(store, import_text):
    import_text("client_id,instrument,administered_on,total\nA,mood,2026-01-05,3\n", "mood.csv")
    own = store.root / "library" / "instruments"
    own.mkdir(parents=True)
    (own / "mood.toml").write_text(
        'id = "mood"\nversion = "1"\nname = "Mood"\nbetter = "lower"\n'
        "minimum = 0\nmaximum = 10\nstep = 1\n",
        encoding="utf-8",
    )
    rebuilt = Store.open(store.root).rebuild()
    ((record, now),) = rebuilt.changed
    assert (record.file, record.counts.quarantined, now.accepted) == ("mood.csv", 1, 1)
    assert Store.open(store.root).rebuild().changed == ()


def test_the_kept_copy_is_what_is_judged(store, write_csv, today, monkeypatch):
    source = write_csv(WITH_SESSIONS, "moving.csv")
    import data.store as module

    judge = module.judge_file

    def change_then_judge(con, copy, *arguments, **options):
        source.path.write_text(WITH_SESSIONS.replace(",18", ",27"), encoding="utf-8")
        return judge(con, copy, *arguments, **options)

    monkeypatch.setattr(module, "judge_file", change_then_judge)
    store.import_file(source, today=today)
    monkeypatch.undo()
    assert scores(store)[0] == (1, 18.0)
    assert store.rebuild().changed == ()


def test_a_client_whose_every_row_is_set_aside_does_not_appear(store, import_text):
    import_text("client_id,instrument,administered_on,total\nX,phq-9,2026-01-05,3\n", "x.csv")
    ghost = (
        "client_id,clinician_id,instrument,administered_on,total\n"
        "G,Ana,phq-9,2026-01-05,5\nG,Ana,phq-9,2026-01-05,6\n"
    )
    assert import_text(ghost, "ghost.csv").codes == ["conflict", "conflict"]
    page = store.reader(Scope.everyone("t")).caseload(CaseloadQuery())
    assert [row.client_id for row in page.rows] == ["X"]
    assert is_clean(store)


ITEMS = "client_id,instrument,administered_on,total," + ",".join(f"item_{k}" for k in range(1, 10))


def test_a_risk_answer_in_a_row_that_was_set_aside_is_seen(store, import_text):
    import_text(f"{ITEMS}\nA,phq-9,2026-01-05,0,0,0,0,0,0,0,0,0,0\n", "first.csv")
    bad = import_text(f"{ITEMS}\nA,phq-9,2026-01-12,10,1,1,1,1,1,1,1,1,3\n", "second.csv")
    assert bad.codes == ["total_disagrees"]
    reader = store.reader(Scope.everyone("t"))
    (row,) = reader.caseload(CaseloadQuery()).rows
    assert row.attention == "answer"
    (answer,) = reader.risk_set_aside("A")
    assert (answer.item, answer.answer, answer.positive, answer.row) == (9, "3", True, 2)
    assert reader.set_aside_for("A") == 1
    other = store.reader(Scope.clinician("somebody"))
    assert (other.risk_set_aside("A"), other.set_aside_for("A")) == ((), 0)
    store.rebuild()
    (row,) = store.reader(Scope.everyone("t")).caseload(CaseloadQuery()).rows
    assert row.attention == "answer"


def test_a_client_without_reliable_change_or_plateau_reads_unchanged(store, import_text):
    totals = (12, 14, 16, 14, 11, 10, 17, 18, 8, 9)
    days = [date(2026, 1, 5) + timedelta(weeks=n) for n in range(len(totals))]
    rows = "".join(f"A,phq-9,{d},{t}\n" for d, t in zip(days, totals, strict=True))
    import_text("client_id,instrument,administered_on,total\n" + rows, today=date(2026, 11, 1))
    (row,) = store.reader(Scope.everyone("t")).caseload(CaseloadQuery()).rows
    assert row.results[0].category == "unchanged"
    assert row.results[0].state == "undetermined"
    assert row.attention == "unchanged"


def test_scores_of_a_day_stand_in_the_order_in_which_they_are_judged(store, import_text):
    text = (
        "client_id,instrument,respondent,administered_on,session_no,total\n"
        "A,phq-9,,2026-01-05,2,10\nA,phq-9,,2026-01-04,,12\nA,phq-9,,2026-01-05,1,11\n"
    )
    import_text(text)
    record = store.reader(Scope.everyone("t")).client("A")
    result = record.row.results[0]
    totals = [s.total for s in record.scores]
    assert (totals[0], totals[-1]) == (result.baseline, result.latest)
