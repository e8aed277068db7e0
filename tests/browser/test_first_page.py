"""Does the first page of the demo stand within three seconds of the command?"""

import time
from statistics import median

from playwright.sync_api import expect

CELL = '[data-testid="data-grid-canvas"] [role=gridcell]'
LIMIT_SECONDS = 3.0
RUNS = 3


def test_the_first_page_stands_within_three_seconds(
    chromium, demo_root, start_dashboard, tmp_path, record_property
):
    """From the start of the process, with the browser open, to the caseload's rows."""
    taken = []
    for run in range(RUNS):
        with chromium.new_context() as context:
            page = context.new_page()
            start = time.monotonic()
            with start_dashboard(demo_root, tmp_path / f"log-{run}.txt") as url:
                page.goto(url)
                expect(page.get_by_role("heading", name="Caseload")).to_be_visible()
                page.wait_for_selector(CELL, state="attached")
                taken.append(time.monotonic() - start)
    record_property("seconds", taken)
    print(f"first page after {', '.join(f'{t:.2f}' for t in taken)} s")  # noqa: T201
    # The middle one: a machine that does other things as well is slow now and then.
    assert median(taken) <= LIMIT_SECONDS, taken
