"""Do the caseload and the client's page show a real store, from the router on?"""

from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[1] / "dashboard" / "app.py"
TODAY = date(2026, 3, 2)
SCORES = "client_id,episode_id,instrument,administered_on,session_no,total\n" + "".join(
    f"{client},{client}-1,phq-9,2026-0{1 + week // 4}-{1 + 7 * (week % 4):02d},{week + 1},{total}\n"
    for client, totals in (("C-1", (8, 9, 15, 16)), ("C-2", (20, 18, 10, 8)))
    for week, total in enumerate(totals)
)


@pytest.fixture
def page_of(monkeypatch, store, write_csv):
    """Return a function that opens a page, with the client in its address."""
    monkeypatch.setenv("MILEPOST_TODAY", TODAY.isoformat())
    monkeypatch.setenv("MILEPOST_STORE", str(store.root))

    def run(page="caseload", *, empty=False, **address):
        if not empty:
            store.import_file(write_csv(SCORES), today=TODAY)
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


def texts(app):
    return [part.value for kind in ("markdown", "caption") for part in app.get(kind)]


def test_the_caseload_lists_the_client_who_is_worse_first(page_of):
    app = page_of()
    frame = app.dataframe[0].value
    assert list(frame["client"]) == ["C-1", "C-2"]
    assert frame["attention"][0].startswith("▼ worse: PHQ-9 up 8 since 1 Jan 2026")
    assert frame["last measure"][0] == "39 days ago"


def test_searching_and_sorting_happen_in_the_store(page_of):
    app = page_of()
    app.text_input(key="search").set_value("c-2").run()
    assert list(app.dataframe[0].value["client"]) == ["C-2"]
    app.text_input(key="search").set_value("nobody").run()
    assert not app.dataframe
    assert "No client matches" in app.info[0].value


def test_choosing_a_kind_warns_of_what_it_hides(page_of):
    app = page_of()
    app.button_group(key="attention").set_value(["better"]).run()
    assert list(app.dataframe[0].value["client"]) == ["C-2"]
    assert app.warning[0].value == "Not shown by this choice: ▼ worse 1."


def test_an_empty_store_says_what_to_do(page_of):
    assert "Import a log" in page_of(empty=True).info[0].value


def test_the_client_page_without_a_client_leads_to_the_caseload(page_of):
    assert page_of("client").info[0].value == "No client is chosen. Open one from the caseload."


def test_an_unknown_client_is_told_in_a_sentence(page_of):
    assert page_of("client", client="C-9").error[0].value == "No client C-9 is on file for you."


def test_the_client_page_has_two_identifiers_on_every_panel(page_of):
    app = page_of("client", client="C-1")
    assert app.title[0].value.endswith("C-1")
    panels = [text for text in texts(app) if text == "C-1 · episode C-1-1"]
    # Answer, reasons, what else was computed, one measure, goals, sessions, and five tabs.
    assert len(panels) == 11


def test_the_risk_item_is_the_first_line_of_the_answer(page_of):
    lines = [t for t in texts(page_of("client", client="C-1")) if "Item 9" in t or "worse**" in t]
    assert "item not recorded" in lines[0]
    assert lines[1].startswith("**▼ worse**")


def test_another_baseline_changes_the_answer_and_no_other_client(page_of):
    app = page_of("client", client="C-1")
    app.selectbox[0].set_value(2).run()
    assert not app.exception
    assert any("PHQ-9 up 1 (15 to 16)" in text for text in texts(app))
    app.query_params["client"] = "C-2"
    app.run()
    assert any("PHQ-9 down 12 (20 to 8)" in text for text in texts(app))
    app.query_params["client"] = "C-1"
    app.run()
    assert any("PHQ-9 up 8 (8 to 16)" in text for text in texts(app)), "the choice is forgotten"


def test_the_chart_reaches_the_browser_with_its_words(page_of):
    app = page_of("client", client="C-1")
    chart = app.get("plotly_chart")[0].proto
    assert "PHQ-9" in chart.spec
    assert "lower is better" in chart.spec


def test_the_scores_stand_in_a_table_beside_the_chart(page_of):
    frame = page_of("client", client="C-1").dataframe[0].value
    assert list(frame["total"]) == ["16", "15", "9", "8"]
    assert frame["source"][0] == "log.csv, row 5"
