"""Does the dashboard stand in a real browser, in both themes and on a phone?"""

import http.client
import re
from urllib.parse import urlsplit

import pytest

PATHS = ("", "client?client={client}", "import", "instruments")
BANNED = re.compile(
    r"\b(predicts|detects|diagnoses|screens|safe|at risk|treatment failing)\b", re.IGNORECASE
)
CELL = '[data-testid="data-grid-canvas"] [role=gridcell]'
CHART = ".js-plotly-plot .scatterlayer .point"
MAIN = '[data-testid="stMain"]'


def fits(page) -> bool:
    """Return whether nothing has to be moved sideways."""
    parts = ("document.documentElement", f"document.querySelector('{MAIN}')")
    return all(page.evaluate(f"{part}.scrollWidth <= {part}.clientWidth") for part in parts)


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)], ids=str
)
def test_every_page_stands_and_fits_the_screen(theme, width, open_page, demo_url):
    """Also: the age of the data and the statement on each page, and no word that must not be."""
    opened = open_page(demo_url, width=width, theme=theme)
    client = ""
    for path in PATHS:
        page = opened.go(path.format(client=client))
        page.wait_for_selector(CHART if path.startswith("client") else "table", state="attached")
        words = page.inner_text("body") + "\n".join(page.locator(CELL).all_text_contents())
        if path == "":
            client = page.locator('[data-testid="glide-cell-1-0"]').first.text_content()
        assert page.locator('[data-testid="stException"]').count() == 0
        assert "Data up to 20 Nov 2026" in words
        assert "Synthetic service" in words
        assert "does not replace clinical judgement" in words
        assert "!" not in words, re.findall(r".{0,40}!.{0,10}", words)
        assert not BANNED.search(words), BANNED.findall(words)
        assert fits(page), path
        ground = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        brightness = sum(int(part) for part in re.findall(r"\d+", ground)[:3])
        assert (brightness > 600) == (theme == "light"), ground


def test_deterioration_comes_first(open_page, demo_url):
    page = open_page(demo_url).go()
    page.wait_for_selector(CELL, state="attached")
    reasons = [
        page.locator(f'[data-testid="glide-cell-2-{row}"]').first.text_content() for row in range(5)
    ]
    assert all(reason.startswith("▼ worse") for reason in reasons), reasons


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 101), ("evil.example", 403)])
def test_only_this_machine_s_own_name_gets_a_socket(host, status, demo_url):
    """A foreign page whose name is made to point here must not read the record."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(demo_url).port, timeout=5)
    connection.request(
        "GET",
        "/_stcore/stream",
        headers={
            "Host": host,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    )
    response = connection.getresponse()
    assert response.status == status
    response.close()
    connection.close()
