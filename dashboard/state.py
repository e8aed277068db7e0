"""Which store does the dashboard show, for whom, and what day is it?"""

import os
from datetime import date, datetime
from pathlib import Path

import streamlit as st

from dashboard.environment import STORE_VARIABLE, TODAY_VARIABLE
from data.errors import DataError
from data.reader import Reader
from data.scope import Scope
from data.store import Store

ACTOR = "local"


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
    return _opened(root)


@st.cache_resource(show_spinner=False)
def _opened(root: str) -> Store:
    return Store.open(Path(root))


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
