"""Does a browser show hostile names letter by letter, and fetch nothing for them?"""

from datetime import date
from urllib.parse import quote

import pytest

from data.formats.text import Source
from data.store import Store

TODAY = date(2026, 11, 21)
PICTURE = "![x](http://evil.example/{}.png)"
ALERT = '[data-testid="stAlert"]'
CHART = ".js-plotly-plot .scatterlayer .point"
CELL = '[data-testid="data-grid-canvas"] [role=gridcell]'
CLIENT = "C " + PICTURE.format("id")
NASTY = (
    "A -- 7", "- 7", "7. A", "# 7", "---", "A -> B", "A >= B", ":material/warning:", ":smile:",
    ":red[x]", "http://evil.example", "www.evil.example", "a@evil.example", "<b>x</b>", "&amp;",
    "*x* _y_ ~~z~~ `w` $v$", "[x](http://evil.example)", "A  7", "\\!", "<img src=//evil.example/i>",
)  # fmt: skip


def hostile(root, folder):
    """Make a store in which every text that may be free is a picture of a foreign host."""

    def cell(name):
        return PICTURE.format(name)

    head = "client_id,episode_id,clinician_id,team,service,respondent,instrument,administered_on,"
    head += "session_no,total," + ",".join(f"item_{k}" for k in range(1, 10)) + "\n"
    log = head
    for respondent in ("", f"resp <b>{cell('resp')}</b>"):
        for k in range(1, 5):
            answers = ",".join(["1"] * 9) if k == 4 else "," * 8
            log += f"{CLIENT},E1,{cell('who')},{cell('team')},{cell('service')},{respondent},phq-9,"
            log += f"2026-11-0{k},{k},{9 if k == 4 else 12},{answers}\n"
    log += f"{CLIENT},E1,{cell('who')},,,,phq-9,2026-11-09,9,99{',' * 9}\n"
    files = {
        "episodes.csv": "episode_id,client_id,clinician_id,started_on,problem,modality,age_band\n"
        f"E1,{CLIENT},{cell('who')},2026-11-01,{cell('problem')},{cell('modality')},\n",
        "scores.csv": log,
        "goals.csv": "episode_id,goal_id,set_on,rank,kind,target_on,statement\n"
        f"E1,{cell('goal')},2026-11-01,1,outcome,2026-11-20,{cell('statement')}\n",
        "goal_ratings.csv": "episode_id,goal_id,rated_on,session_no,rating\n"
        f"E1,{cell('goal')},2026-11-01,1,3\n",
        "annotations.csv": f"episode_id,noted_on,kind,text\nE1,2026-11-02,event,{cell('note')}\n",
    }
    store = Store.create(root)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        chosen = Source(f"{PICTURE.format('file').replace('/', ' ')} {name}", folder / name)
        store.import_file(chosen, today=TODAY)
    return store


@pytest.fixture
def hostile_url(tmp_path, start_dashboard):
    folder = tmp_path / "files"
    folder.mkdir()
    hostile(tmp_path / "store", folder)
    log = tmp_path / "log.txt"
    with start_dashboard(tmp_path / "store", log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


def test_names_from_outside_fetch_nothing(open_page, hostile_url):
    """That no request left the machine is asserted by `open_page`, and here once more."""
    opened = open_page(hostile_url)
    for theme in ("light", "dark"):
        opened = open_page(hostile_url, theme=theme)
        page = opened.go()
        page.wait_for_selector(CELL, state="attached")
        page.get_by_label("Clinician").click()
        page.wait_for_timeout(300)
        page = opened.go(f"client?client={quote(CLIENT)}")
        page.wait_for_selector(CHART, state="attached")
        assert page.locator("h1").first.text_content().replace("\u2060", "") == CLIENT
        words = page.inner_text('[data-testid="stMain"]').replace("\u2060", "")
        assert f"Baseline for PHQ-9 (resp <b>{PICTURE.format('resp')}</b>)" in words
        assert f"First goal ({PICTURE.format('goal')})" in words
        for name in ("who", "team", "problem", "modality"):
            assert PICTURE.format(name) in words
        assert "Item 9 of PHQ-9 (resp" in words
        assert page.locator('[data-testid="stMain"] img').count() == 0
        assert page.locator('[data-testid="stMain"] a[href*="evil"]').count() == 0
        page.get_by_text("Why this is shown").click()
        for tab in page.get_by_role("tab").all():
            tab.click()
            for table in page.locator('[data-testid="stDataFrame"]:visible').all():
                for x in (60, 200, 400):
                    table.hover(position={"x": x, "y": 52}, force=True)
        for point in page.locator(CHART).all()[:3]:
            point.hover(force=True)
        opened.go("import").wait_for_selector(CELL, state="attached")
        opened.go("instruments")
    assert opened.foreign == []


def test_a_client_in_the_address_is_shown_letter_by_letter(open_page, hostile_url):
    opened = open_page(hostile_url)
    for name in (PICTURE.format("address"), *NASTY):
        page = opened.go(f"client?client={quote(name, safe='')}")
        page.wait_for_selector(ALERT)
        shown = page.locator(ALERT).first.text_content()
        told = shown.replace("\u2060", "").replace("\u00a0", " ")
        assert told == f"No client {name} is on file for you."
        assert page.locator(f"{ALERT} :is(img, a, code, em, del, svg.katex)").count() == 0
    assert opened.foreign == []
