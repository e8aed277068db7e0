"""Does text from outside stand on the page letter by letter, and is the library the right one?"""

import re
import shutil
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.components.plain import plain
from data.library import SHIPPED
from data.store import Store

APP = Path(__file__).parents[1] / "dashboard" / "app.py"
TODAY = date(2026, 3, 2)
PICTURE = "![p](http://evil.example/p.png)"
NASTY = (
    "A -- 7", "A — 7", "A - 7", "- 7", "-7", "+ 7", "7.", "7. A", "7) A", "# 7", "> 7", "---", "***",
    "A -> B", "A <- B", "A <-> B", "A >= B", "A <= B", "A ~= B", "A→B", ":material/warning:",
    ":material_warning:", ":streamlit:", ":smile:", ":red[x]", "http://evil.example", "www.evil.example",
    "https://x.example/a_b_c", "a@evil.example", "<b>x</b>", "&amp;", "&", "*x*", "_x_", "~~x~~", "`x`",
    "$x$", "[x](y)", PICTURE, "[^1]", "| a | b |", "A  7", "A 7", " A", "A ", "A\u00a07", "A\u200b7", "A7",
    "\u00e9", "e\u0301", "\\", "\\\\", "⟨U+200B⟩", "\u200b", "A\n7", "09:30:15",
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_nothing_is_left_that_markdown_would_read(text):
    shown = plain(text)
    bare = re.sub(r"\\.", "", shown)
    assert not re.search(r"[\\`*_\[\]!$~#|<>:]", bare)
    assert not re.search(r"&(?!nbsp;)", bare)
    assert not re.match(r"\s|[-+]|\d+[.)](\s|$)", shown)
    # What is changed after Markdown has been read never stands together.
    later = shown.replace("\\", "")
    assert not re.search(r"--|->|<-|[<>~]=|https?:|www\.|:material/|:[\w+-]+:|[\w.]@", later)


def seen(text):
    """Return what a reader sees of Markdown in which everything is escaped."""
    bare = re.sub(r"\\(.)", r"\1", plain(text)).replace("\u2060", "")
    return unicodedata.normalize("NFC", bare)


def test_two_texts_that_differ_look_different():
    assert len({seen(text) for text in NASTY}) == len(NASTY)


def test_ordinary_text_stays_as_it_is():
    for text in (
        "C-1 · episode C-1-1",
        "PHQ-9 up 7 (12 to 19), seen twice; 1.5 points",
        "Ana Lind",
    ):
        assert plain(text) == text


@pytest.fixture
def open_app(monkeypatch):
    """Return a function that opens a page of the app over a store."""
    monkeypatch.setenv("MILEPOST_TODAY", TODAY.isoformat())

    def run(store: Store, page="caseload", **address):
        monkeypatch.setenv("MILEPOST_STORE", str(store.root))
        app = AppTest.from_file(APP, default_timeout=30).run()
        if page != "caseload":
            app.switch_page(f"app_pages/{page}.py")
            for name, value in address.items():
                app.query_params[name] = value
            app.run()
        assert not app.exception, [e.value for e in app.exception]
        return app

    yield run
    st.cache_resource.clear()


def test_a_client_in_the_address_is_shown_and_not_read(store, write_csv, open_app):
    store.import_file(write_csv(SCORES), today=TODAY)
    app = open_app(store, "client", client=PICTURE)
    assert r"\!\[p\]" in app.error[0].value


SCORES = "client_id,episode_id,instrument,administered_on,session_no,total\n" + "".join(
    f"C-1,C-1-1,phq-9,2026-01-0{k},{k},{8 + k}\n" for k in range(1, 5)
)


def test_rows_set_aside_are_told_on_the_client_s_page(store, write_csv, open_app):
    bad = "C-1,C-1-1,phq-9,2026-01-09,9,99\n"
    store.import_file(write_csv(SCORES + bad), today=TODAY)
    app = open_app(store, "client", client="C-1")
    texts = [part.value for part in app.markdown]
    place = next(i for i, text in enumerate(texts) if "1 row of this client was set aside" in text)
    assert "Item 9 of PHQ-9" in texts[place - 1]
    assert any(caption.value.endswith("· 1 row set aside") for caption in app.caption)


def test_a_library_of_another_process_is_loaded_again(store, write_csv, open_app):
    """Another process changes a fact and rebuilds: names and numbers must be of one library."""
    store.import_file(write_csv(SCORES), today=TODAY)
    opened = open_app(store, "instruments")
    assert not opened.info
    own = store.root / "library" / "instruments"
    own.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHIPPED / "instruments" / "phq-9.toml", own / "phq-9.toml")
    text = (own / "phq-9.toml").read_text(encoding="utf-8")
    (own / "phq-9.toml").write_text(text.replace('"PHQ-9"', '"PHQ-9 own"', 1), encoding="utf-8")

    Store.open(store.root).rebuild()
    app = open_app(store, "client", client="C-1")
    assert any("PHQ-9 own" in part.value for part in app.markdown)
    assert not [i for i in app.info if "other facts" in i.value]

    (own / "phq-9.toml").write_text(text.replace('"PHQ-9"', '"PHQ-9 new"', 1), encoding="utf-8")
    st.cache_resource.clear()
    app = open_app(store)
    assert "other facts than those in the library folder" in app.info[0].value
    (own / "phq-9.toml").write_text(text.replace('"PHQ-9"', '"PHQ-9 own"', 1), encoding="utf-8")
    assert not open_app(store).info, "the folder is looked at again"


def test_a_closed_client_can_be_found(store, write_csv, open_app):
    episodes = "episode_id,client_id,started_on,ended_on\nC-1-1,C-1,2026-01-01,2026-02-01\n"
    store.import_file(write_csv(episodes, "episodes.csv"), today=TODAY)
    store.import_file(write_csv(SCORES), today=TODAY)
    app = open_app(store)
    app.text_input(key="search").set_value("C-1").run()
    assert "1 closed episode does. Closed episodes are not shown" in app.info[0].value
    toggle = app.toggle(key="closed")
    assert toggle.label == "Show closed episodes too"
    toggle.set_value(True).run()
    assert list(app.dataframe[0].value["client"]) == ["C-1"]
