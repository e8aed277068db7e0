"""Do the pages work together over a real store, from the router on?"""

from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.views.frame import STATEMENT
from data.store import Store

APP = Path(__file__).parents[1] / "dashboard" / "app.py"
PAGES = ("caseload", "client", "import_", "instruments")
TODAY = date(2026, 3, 2)

EPISODES = """\
episode_id,client_id,started_on,clinician_id,team,service
E-1,C-1,2026-01-01,Ana,North,Harbour
E-2,C-2,2026-01-01,Ben,South,Harbour
"""
SCORES = "client_id,episode_id,instrument,administered_on,total,session_no\n" + "".join(
    f"C-1,E-1,phq-9,2026-0{1 + k // 4}-{1 + 7 * (k % 4):02d},{8 + 2 * k},{k + 1}\n"
    f"C-2,E-2,phq-9,2026-0{1 + k // 4}-{1 + 7 * (k % 4):02d},{20 - 2 * k},{k + 1}\n"
    for k in range(8)
)
MORE = """\
client_id,episode_id,instrument,administered_on,total,session_no
C-1,E-1,phq-9,2026-03-01,23,9
C-3,E-3,phq-9,2026-03-01,11,1
C-3,E-3,phq-9,2026-03-01,28,2
C-3,E-3,phq-9,2026-02-30,9,2
C-2,E-2,phq-9,2026-01-01,20,1
"""
TEXTS = (
    "title",
    "header",
    "subheader",
    "markdown",
    "caption",
    "error",
    "warning",
    "info",
    "success",
)


@pytest.fixture
def filled(store, write_csv):
    for name, text in (("episodes.csv", EPISODES), ("scores.csv", SCORES)):
        store.import_file(write_csv(text, name), today=TODAY)
    return store


@pytest.fixture
def open_app(monkeypatch):
    """Return a function that opens a page of the app over a store."""
    monkeypatch.setenv("MILEPOST_TODAY", TODAY.isoformat())

    def run(store: Store, page: str = "caseload") -> AppTest:
        monkeypatch.setenv("MILEPOST_STORE", str(store.root))
        app = AppTest.from_file(APP, default_timeout=30).run()
        if page != "caseload":
            app.switch_page(f"app_pages/{page}.py").run()
        assert not app.exception, [e.value for e in app.exception]
        return app

    yield run
    st.cache_resource.clear()


def words(app: AppTest) -> str:
    return "\n".join(str(element.value) for kind in TEXTS for element in app.get(kind))


def button(app: AppTest, label: str):
    return next(b for b in app.button if b.label == label)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_over_an_empty_store(page, store, open_app):
    app = open_app(store, page)
    assert "No data yet: nothing has been imported." in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_age_of_the_data_and_the_statement(page, filled, open_app):
    app = open_app(filled, page)
    said = [caption.value for caption in app.caption]
    assert any("Data up to 22 Feb 2026" in line and "generation 2" in line for line in said)
    assert STATEMENT in said
    assert "Data are 8 days old" in words(app)


def test_a_missing_store_says_what_to_do(tmp_path, open_app):
    class Nowhere:
        root = tmp_path / "nothing"

    app = open_app(Nowhere())
    assert app.title[0].value == "No record to show"
    assert "holds no store" in app.error[0].value
    assert "milepost demo" in app.error[0].value


def test_no_store_named_says_what_to_do(monkeypatch):
    monkeypatch.delenv("MILEPOST_STORE", raising=False)
    app = AppTest.from_file(APP, default_timeout=30).run()
    assert not app.exception
    assert "milepost serve" in app.error[0].value


def test_a_wrong_day_in_the_environment_is_told(filled, open_app, monkeypatch):
    monkeypatch.setenv("MILEPOST_TODAY", "tomorrow")
    assert "no date such as" in open_app(filled).error[0].value


def upload(app: AppTest, text: str | bytes, name: str = "march.csv") -> AppTest:
    content = text if isinstance(text, bytes) else text.encode()
    app.file_uploader[0].upload(name, content).run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_nothing_is_written_until_it_is_confirmed(filled, open_app):
    app = upload(open_app(filled, "import_"), MORE)
    assert "5 rows = 2 new + 1 already here + 2 set aside" in words(app)
    assert "Nothing is written until you confirm." in words(app)
    assert filled.current() == 2

    button(app, "Import 2 rows").click().run()
    assert not app.exception
    assert filled.current() == 3
    assert "5 rows = 2 new + 1 already here + 2 set aside" in app.warning[0].value
    assert not app.success, "an import with rows set aside is no plain success"


def test_rows_set_aside_are_shown_with_what_is_allowed(filled, open_app):
    app = upload(open_app(filled, "import_"), MORE)
    table = app.dataframe[0].value
    assert list(table["row"]) == [4, 5]
    assert list(table["column"]) == ["total", "administered_on"]
    assert list(table["found"]) == ["28", "2026-02-30"]
    assert all(table["allowed"].str.len() > 5)


def test_an_import_can_be_undone_after_a_second_question(filled, open_app):
    app = upload(open_app(filled, "import_"), MORE)
    button(app, "Import 2 rows").click().run()
    button(app, "Undo this import").click().run()
    assert filled.current() == 3, "asking alone changes nothing"
    assert "Undo import 3 (march.csv" in words(app)
    button(app, "Yes, undo import 3").click().run()
    assert not app.exception
    assert filled.current() == 4
    history = app.dataframe[0].value
    assert history["state"][0].startswith("undone on")
    assert list(history["state"][1:]) == ["in use", "in use"]


def test_an_undo_can_be_thought_better_of(filled, open_app):
    app = open_app(filled, "import_")
    button(app, "Undo this import").click().run()
    button(app, "Keep it").click().run()
    assert "Undo import" not in words(app)
    assert filled.current() == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "missing"),
        (b"client_id,instrument,administered_on,total\nZo\xeb,phq-9,2026-01-05,4\n", "cp1252"),
        (b"PK\x03\x04....", "a zip file or an Excel workbook"),
    ],
)
def test_a_refused_file_shows_its_sentence_and_no_success(content, sentence, filled, open_app):
    app = upload(open_app(filled, "import_"), content)
    assert sentence in app.error[0].value.replace("\\", "")
    assert not app.success
    assert not [b for b in app.button if b.label.startswith("Import")]
    assert filled.current() == 2
    assert list((filled.root / "scratch").iterdir()) == []


def test_another_encoding_can_be_chosen_for_a_refused_file(filled, open_app):
    content = b"client_id,instrument,administered_on,total\nZo\xeb,phq-9,2026-01-05,4\n"
    app = upload(open_app(filled, "import_"), content)
    app.selectbox(key="encoding").select("cp1252").run()
    assert not app.error
    assert "Windows (cp1252)" in words(app)
    assert button(app, "Import 1 row")


def test_a_mapping_reads_another_layout(filled, open_app):
    app = upload(open_app(filled, "import_"), "PATIENT,SCORE,DAY\nP-1,12,5\nP-1,14,12\n", "t.csv")
    assert "missing" in app.error[0].value
    mapping = (
        'id = "t"\nversion = "1"\nclient_id = "PATIENT"\norigin = 2026-01-01\n'
        '[[scores]]\ncolumn = "SCORE"\ninstrument = "phq-9"\ndays_column = "DAY"\n'
    )
    app.file_uploader(key="mapping").upload("t.toml", mapping.encode()).run()
    assert not app.exception
    assert "2 scores = 2 new + 0 already here + 0 set aside" in words(app)
    assert "mapped by t.toml" in words(app)


def test_the_same_file_again_offers_no_import(filled, open_app):
    app = upload(open_app(filled, "import_"), SCORES, "again.csv")
    assert "16 rows = 0 new + 16 already here + 0 set aside" in words(app)
    assert "This very file was imported on" in words(app)
    assert not [b for b in app.button if b.label.startswith("Import")]


def test_a_name_from_outside_is_shown_as_it_is_and_draws_nothing(filled, open_app):
    header = SCORES.splitlines()[0] + ",![x](https://example.org/x.png)"
    app = upload(open_app(filled, "import_"), header + "\nC-1,E-1,phq-9,2026-03-01,23,9,y\n")
    note = next(c.value for c in app.caption if "not read" in c.value)
    assert r"\!\[x\]" in note


def test_instruments_show_facts_with_sources(filled, open_app):
    app = open_app(filled, "instruments")
    app.selectbox(key="instrument").select("gad-7").run()
    assert not app.exception
    facts = app.table[0].value
    row = facts[facts["Fact"] == "Reliable change"].iloc[0]
    assert row["Value"] == "4 points or more"
    assert len(row["Source"]) > 10


def test_instruments_say_what_is_not_known(filled, open_app):
    app = open_app(filled, "instruments")
    app.selectbox(key="instrument").select("k10").run()
    assert "Not known, and so not assessed" in words(app)
    assert "no plateau can be called" in words(app)
