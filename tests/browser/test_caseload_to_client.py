"""Does a click in the caseload open the client of the row that was clicked, always?"""

import re

from playwright.sync_api import Page, expect

CELL = '[data-testid="data-grid-canvas"] [role=gridcell]'
CHART = ".js-plotly-plot .scatterlayer .point"
HEADER = 35


def client_of_row(page: Page, row: int) -> str:
    """Return the id that stands in a row of the table, counted from 0."""
    page.wait_for_selector(CELL, state="attached")
    return page.locator(f'[data-testid="glide-cell-1-{row}"]').first.text_content() or ""


def click_row(page: Page, row: int) -> None:
    """Click into a row. The table is a picture, so the place is reckoned from its height."""
    canvas = page.locator('[data-testid="data-grid-canvas"]').first
    canvas.evaluate("table => table.scrollIntoView({block: 'start'})")
    rows = int(canvas.locator("table").get_attribute("aria-rowcount") or 0)  # with the header
    box = canvas.bounding_box()
    assert box is not None
    height = (box["height"] - HEADER) / (rows - 1)
    page.mouse.click(box["x"] + 90, box["y"] + HEADER + height * (row + 0.5))


def opened_client(page: Page) -> str:
    """Return the client whose page has come up, by its address; its charts stand."""
    page.wait_for_url("**/client?*")
    page.wait_for_selector(CHART, state="attached")
    found = re.search(r"[?&]client=([^&]+)", page.url)
    assert found is not None
    expect(page.locator('[data-testid="stMain"]')).to_contain_text(found[1])
    return found[1]


def test_a_click_opens_the_client_with_a_chart(open_page, demo_url):
    page = open_page(demo_url).go()
    wanted = client_of_row(page, 2)
    click_row(page, 2)
    assert opened_client(page) == wanted
    assert page.locator(CHART).count() >= 3
    assert page.locator('[data-testid="stException"]').count() == 0


def test_a_row_means_its_own_client_after_paging_and_filtering(open_page, demo_url):
    """Streamlit remembers a selection by position: the same place is another client."""
    opened = open_page(demo_url)
    page = opened.go()
    seen = [client_of_row(page, 1)]
    click_row(page, 1)
    assert opened_client(page) == seen[0]

    page.get_by_role("link", name="Caseload").first.click()
    page.wait_for_selector(CELL, state="attached")
    page.get_by_role("button", name="Page 2", exact=True).click()
    page.wait_for_url("**page=2*")
    expect(page.locator('[data-testid="glide-cell-1-1"]').first).not_to_have_text(seen[0])
    opened.wait()
    assert "/client" not in page.url, "the old choice has opened nothing on the other page"
    seen.append(client_of_row(page, 1))
    click_row(page, 1)
    assert opened_client(page) == seen[1]

    page.get_by_role("link", name="Caseload").first.click()
    page.wait_for_selector(CELL, state="attached")
    first = client_of_row(page, 0)
    page.get_by_label("Search client").fill("7")
    expect(page.locator('[data-testid="glide-cell-1-0"]').first).not_to_have_text(first)
    opened.wait()
    assert "/client" not in page.url, "the old choice has opened nothing in the filtered table"
    seen.append(client_of_row(page, 1))
    assert "7" in seen[2]
    click_row(page, 1)
    assert opened_client(page) == seen[2]
    assert len(set(seen)) == 3
