"""How long after the command does the first page of the demo stand?"""

import re
import time
from statistics import median

import pytest
from playwright.sync_api import expect

CELL = '[data-testid="data-grid-canvas"] [role=gridcell]'
LIMIT_SECONDS = 3.0
RUNS = 3


# Seconds say something about the code only where nothing else runs: `make slow`.
@pytest.mark.slow
def test_the_answer_of_the_first_page_stands_within_three_seconds(
    chromium, demo_root, start_dashboard, tmp_path, record_property
):
    """From the start of the process, with the browser open, to the sentence that answers.

    The rows of the table come a moment later; their time is printed beside it.
    """
    answer, rows = [], []
    for run in range(RUNS):
        with chromium.new_context() as context:
            page = context.new_page()
            start = time.monotonic()
            with start_dashboard(demo_root, tmp_path / f"log-{run}.txt") as url:
                page.goto(url)
                expect(page.get_by_text(re.compile(r"^\d+ open clients"))).to_be_visible()
                answer.append(round(time.monotonic() - start, 2))
                page.wait_for_selector(CELL, state="attached")
                rows.append(round(time.monotonic() - start, 2))
    record_property("seconds", {"answer": answer, "rows": rows})
    print(f"answer after {answer} s, rows after {rows} s")  # noqa: T201
    # The middle one: a machine that does other things as well is slow now and then.
    assert median(answer) <= LIMIT_SECONDS, (answer, rows)
