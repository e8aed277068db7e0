"""How does a test look at the real dashboard with a real browser?"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from data.formats.text import Source
from data.store import Store
from data.synthetic.service import synthetic_service
from data.synthetic.writing import LOG_FILES

ROOT = Path(__file__).parents[2]
LAST_DAY = date(2026, 11, 20)  # of the invented log
TODAY = LAST_DAY + timedelta(days=1)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
READY = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'
OWN_HOSTS = {"127.0.0.1", "localhost"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A page of the dashboard and where it came from."""

    page: Page
    url: str
    foreign: list[str]  # every request and socket to another host

    def go(self, path: str = "") -> Page:
        """Open a page by its address and wait until it stands."""
        self.page.goto(f"{self.url}/{path}")
        self.wait()
        return self.page

    def wait(self) -> None:
        """Wait until the server and the page have nothing more to do."""
        self.page.wait_for_selector(READY)
        self.page.wait_for_function(
            '() => !document.querySelector(\'[data-stale="true"], [data-testid="stSkeleton"]\')'
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a browser; without one the tests are skipped, or fail where it is required."""
    if not CHROMIUM:
        reason = "Chromium is not installed (on Debian: apt-get install chromium fonts-dejavu-core)"
        if os.environ.get("MILEPOST_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the invented service; nobody writes to it."""
    home = tmp_path_factory.mktemp("demo")
    synthetic_service(home / "files", seed=1, today=LAST_DAY)
    store = Store.create(home / "store")
    for name in LOG_FILES:
        store.import_file(Source(f"{name}.csv", home / "files" / f"{name}.csv"), today=TODAY)
    return store.root


@contextmanager
def dashboard(root: Path, log: Path) -> Iterator[str]:
    """Run the real server over a store; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = (
        "import sys; from pathlib import Path; from dashboard.serve import serve; "
        f"sys.exit(serve(Path({str(root)!r}), port={port}, open_browser=False))"
    )
    environment = {**os.environ, "MILEPOST_TODAY": TODAY.isoformat(), "PYTHONPATH": str(ROOT)}
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=log.parent,  # a folder that has nothing to do with the project
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _await_health(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def _await_health(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert server.poll() is None, f"the server stopped: {log.read_text()}"
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):  # noqa: S310
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not answer: {log.read_text()}")


@pytest.fixture(scope="session")
def start_dashboard() -> Callable[[Path, Path], AbstractContextManager[str]]:
    """Return the function that runs a server over a store and writes its output to a file."""
    return dashboard


@pytest.fixture(scope="session")
def demo_url(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a dashboard over the invented service, which nobody changes."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with dashboard(demo_root, log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def own_copy(demo_root: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Return a dashboard over a copy of the store, for a test that imports."""
    root = tmp_path / "store"
    shutil.copytree(demo_root, root)
    log = tmp_path / "log.txt"
    with dashboard(root, log) as url:
        yield url, root
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Opened]]:
    """Return a function that opens a page; afterwards no request may have left the machine."""
    contexts: list[BrowserContext] = []
    foreign: list[str] = []

    def note(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in OWN_HOSTS:
            foreign.append(url)

    def run(url: str, *, width: int = 1280, height: int = 1000, theme: str = "light") -> Opened:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            accept_downloads=True,
        )
        context.set_default_timeout(15_000)
        context.on("request", lambda request: note(request.url))
        page = context.new_page()
        page.on("websocket", lambda socket: note(socket.url))
        contexts.append(context)
        return Opened(page, url, foreign)

    yield run
    for context in contexts:
        context.close()
    assert foreign == []
