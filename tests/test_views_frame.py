"""Is the age of the data on every page, whatever was imported?"""

from datetime import UTC, date, datetime, timedelta

from dashboard.views.frame import STATEMENT, frame_view
from data.scope import Scope

HEADER = "client_id,instrument,administered_on,total\n"
IMPORTED = datetime.now(UTC).astimezone().date()


def frame(store, *, today):
    return frame_view(store.reader(Scope.everyone("test")), store.ledger.imports(), today=today)


def test_an_empty_store_says_so(store):
    view = frame(store, today=IMPORTED)
    assert view.line == "No data yet: nothing has been imported."
    assert view.late is None
    assert view.footer == STATEMENT


def test_the_age_of_data_and_import_is_said(store, write_csv):
    store.import_file(write_csv(HEADER + "C-1,phq-9,2026-01-05,12\n"), today=IMPORTED)
    view = frame(store, today=IMPORTED + timedelta(days=2))
    assert view.line == "Data up to 5 Jan 2026 · last import 2 days ago · generation 1"


def test_old_data_are_called_old_after_a_week(store, write_csv):
    store.import_file(write_csv(HEADER + "C-1,phq-9,2026-01-05,12\n"), today=IMPORTED)
    assert frame(store, today=date(2026, 1, 12)).late is None
    late = frame(store, today=date(2026, 1, 13)).late
    assert late == "Data are 8 days old: newer answers are not shown"


def test_an_invented_service_is_called_invented(store, write_csv):
    text = "client_id,instrument,administered_on,total,service\nC-1,phq-9,2026-01-05,12,{}\n"
    store.import_file(write_csv(text.format("Harbour"), "a.csv"), today=IMPORTED)
    assert frame(store, today=IMPORTED).notice is None
    episodes = "episode_id,client_id,started_on,service\nE-2,C-2,2026-01-05,Synthetic service\n"
    store.import_file(write_csv(episodes, "episodes.csv"), today=IMPORTED)
    notice = frame(store, today=IMPORTED).notice
    assert notice == "Synthetic service: invented people, no real client"


def test_the_statement_says_what_the_product_is_not():
    for words in ("between sessions", "no crisis or alarm service", "clinical judgement"):
        assert words in STATEMENT
