"""Can a person import a file with good and bad rows, see what became of each, and undo it?"""

import re
from pathlib import Path

from playwright.sync_api import expect

from data.scope import Scope
from data.store import Store

HEADER = "client_id,episode_id,instrument,administered_on,total,session_no\n"
GOOD = "N-1,N-1,phq-9,2026-11-01,12,1\nN-1,N-1,phq-9,2026-11-08,11,2\n"
BAD = 'N-2,N-2,phq-9,2026-11-08,28,1\n"N-2","N-2",gad-7,2026-02-30,8,2\n'
SUM = "4 rows = 2 new + 0 already here + 2 set aside"
CELLS = '[data-testid="data-grid-canvas"] [role=gridcell]'


def test_from_the_file_to_the_record_and_back(open_page, own_copy, tmp_path):
    url, root = own_copy
    file = tmp_path / "november.csv"
    file.write_text(HEADER + GOOD + BAD, encoding="utf-8")
    store = Store.open(root)
    before = store.reader(Scope.everyone("test")).totals()

    opened = open_page(url)
    page = opened.go("import")
    main = page.locator('[data-testid="stMain"]')
    page.locator('input[type="file"]').first.set_input_files(file)
    expect(main).to_contain_text("Recognised: canonical log, comma, UTF-8, dates as 2026-11-20")
    expect(page.get_by_role("heading", name=SUM)).to_be_visible()
    expect(main).to_contain_text("Nothing is written until you confirm.")
    allowed = page.locator(CELLS, has_text="a PHQ-9 total from 0 to 27")
    allowed.first.wait_for(state="attached")
    cells = page.locator(CELLS).all_text_contents()
    assert {"28", "a PHQ-9 total from 0 to 27", "2026-02-30"} <= set(cells)

    with page.expect_download() as download:
        page.get_by_role("button", name="Download these rows").click()
    assert download.value.suggested_filename == "november - set aside.csv"
    assert Path(download.value.path()).read_text(encoding="utf-8") == HEADER + BAD
    assert store.reader(Scope.everyone("test")).totals() == before, "nothing is written yet"

    page.get_by_role("button", name="Import 2 rows").click()
    report = page.get_by_text("imported, and 2 rows set aside")
    expect(report).to_be_visible()
    expect(page.locator('[data-testid="stAlert"]').first).to_contain_text(SUM)
    after = store.reader(Scope.everyone("test")).totals()
    assert after.scores == before.scores + 2
    assert after.quarantined == before.quarantined + 2

    page.get_by_role("button", name="Undo this import").click()
    page.get_by_role("button", name="Yes, undo import 8").click()
    expect(page.get_by_text("Import 8 (november.csv) is undone")).to_be_visible()
    opened.wait()
    assert store.reader(Scope.everyone("test")).totals() == before
    page.locator(CELLS, has_text="undone on").first.wait_for(state="attached")
    assert list((root / "scratch").glob("work-*")) == []


def test_a_refused_file_never_looks_like_a_success(open_page, own_copy, tmp_path):
    url, root = own_copy
    file = tmp_path / "report.csv"
    file.write_bytes(b"PK\x03\x04 no text at all")
    page = open_page(url).go("import")
    page.locator('input[type="file"]').first.set_input_files(file)
    alert = page.locator('[data-testid="stAlert"]')
    expect(alert).to_contain_text("report.csv was not imported")
    expect(alert).to_contain_text("a zip file or an Excel workbook")
    assert page.get_by_role("button", name=re.compile(r"^Import \d")).count() == 0
    assert Store.open(root).current() == 7
