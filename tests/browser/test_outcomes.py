"""Does the page of outcomes stand in a real browser, in both themes and on a phone?"""

import re

import pytest

CELL = '[data-testid="data-grid-canvas"] [role=gridcell]'
CURVES = ".js-plotly-plot .scatterlayer .trace"
MAIN = '[data-testid="stMain"]'
BANNED = re.compile(
    r"\b(predicts|detects|diagnoses|screens|safe|at risk|treatment failing|rank|league)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)], ids=str
)
def test_the_page_stands_fits_and_says_what_it_counts(theme, width, open_page, demo_url):
    page = open_page(demo_url, width=width, theme=theme).go("outcomes")
    page.wait_for_selector(CURVES, state="attached")
    page.wait_for_selector(CELL, state="attached")
    words = page.inner_text("body") + "\n".join(page.locator(CELL).all_text_contents())
    assert page.locator('[data-testid="stException"]').count() == 0
    assert re.search(r"\d+ of \d+ closed episodes \(\d+ %\) have a first and a last", words)
    for name in ("Milepost, published criteria", "HEDIS", "Jacobson and Truax", "NHS Talking"):
        assert name in words
    assert "Why the numbers differ" in words
    assert "seen twice in a row" in words
    assert not BANNED.search(words), BANNED.findall(words)
    assert "!" not in words
    for part in ("document.documentElement", f"document.querySelector('{MAIN}')"):
        assert page.evaluate(f"{part}.scrollWidth <= {part}.clientWidth")


def test_a_choice_is_kept_in_the_address(open_page, demo_url):
    opened = open_page(demo_url)
    page = opened.go("outcomes?outcome_measure=GAD-7&outcome_open=true")
    page.wait_for_selector(CELL, state="attached")
    assert "a first and a last GAD-7" in page.inner_text("body")
    assert "closed episodes" not in page.locator("strong").first.text_content()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)], ids=str)
def test_teams_stand_beside_one_another_only_when_asked(theme, width, open_page, demo_url):
    opened = open_page(demo_url, width=width, theme=theme)
    page = opened.go("outcomes")
    page.wait_for_selector(CURVES, state="attached")
    assert page.locator(".js-plotly-plot").count() == 1
    assert "There is no order of merit" in page.inner_text("body")
    page.get_by_text("Show the teams beside one another").click()
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 2")
    opened.wait()
    page.wait_for_function(
        f"() => [...document.querySelectorAll('{CELL}')].some(c => c.textContent === 'Orchard')"
    )
    chart = page.locator(".js-plotly-plot").nth(1)
    words = page.inner_text("body") + "\n".join(page.locator(CELL).all_text_contents())
    drawn = " ".join(chart.locator(".annotation-text").all_text_contents())
    for team in ("Harbour", "Meadow", "Orchard"):
        assert team in words
        assert team in drawn
    assert "all teams, " in drawn
    assert "Case-mix: " in words
    assert page.locator('[data-testid="stException"]').count() == 0
    assert not BANNED.search(words), BANNED.findall(words)
    for part in ("document.documentElement", f"document.querySelector('{MAIN}')"):
        assert page.evaluate(f"{part}.scrollWidth <= {part}.clientWidth")
