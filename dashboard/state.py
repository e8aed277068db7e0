"""Which store does the dashboard show, for whom, and what day is it?"""

import os
import time
from datetime import date, datetime
from pathlib import Path

import streamlit as st

from dashboard.environment import BEING_MADE, STORE_VARIABLE, TODAY_VARIABLE
from data.errors import DataError
from data.reader import Reader
from data.scope import Scope
from data.store import Store

ACTOR = "local"
_PATIENCE_SECONDS = 60.0


def open_store() -> Store:
    """Return the store that the environment names, opened once a server.

    Raises
    ------
    DataError
        If none is named, or the folder holds none; the sentence says what to do.
    """
    root = os.environ.get(STORE_VARIABLE, "").strip()
    if not root:
        raise DataError(
            "No store is chosen. Start the dashboard with `milepost serve --store FOLDER`, or see "
            "an invented service with `milepost demo`. Nothing was read."
        )
    _wait_until_made(Path(root))
    store = _opened(root)
    about = store.reader(Scope.everyone(ACTOR)).about()
    if about is None or about.library == store.library.hash:
        return store
    # Another process has made the numbers anew: its facts are read from the folder as it is now.
    return _opened_anew(root, about.library, _stamp(Path(root) / "library"))


def _wait_until_made(root: Path) -> None:
    """Wait while the demo's first content is on the way, so that no page shows an empty store."""
    if not (root / BEING_MADE).exists():
        return
    end = time.monotonic() + _PATIENCE_SECONDS
    with st.spinner("The synthetic service is being made. That takes a few seconds."):
        while (root / BEING_MADE).exists() and time.monotonic() < end:
            time.sleep(0.02)


@st.cache_resource(show_spinner=False)
def _opened(root: str) -> Store:
    return Store.open(Path(root))


@st.cache_resource(show_spinner=False, max_entries=2)
def _opened_anew(root: str, library: str, stamp: tuple[object, ...]) -> Store:  # noqa: ARG001
    """Open the store once more, once for each library that a generation was made with."""
    return Store.open(Path(root))


def _stamp(folder: Path) -> tuple[object, ...]:
    """Return what changes when a file in a folder does."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    states = [(str(path), path.stat()) for path in files]
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def reader() -> Reader:
    """Return a reader of the generation in use, for the one person at this machine."""
    return open_store().reader(Scope.everyone(ACTOR))


def today() -> date:
    """Return the day on which the page is read; the environment can fix it."""
    fixed = os.environ.get(TODAY_VARIABLE, "").strip()
    if not fixed:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(fixed)
    except ValueError:
        raise DataError(
            f"{TODAY_VARIABLE} is {fixed!r}, which is no date such as 2026-11-20. Nothing was read."
        ) from None
