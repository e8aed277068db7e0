"""Which clients does somebody want to see?"""

from dataclasses import replace

import streamlit as st

from dashboard.views.caseload import CLOSED_TOO
from data.caseload_page import SORTS
from data.reader import Reader
from data.records import CaseloadQuery

EVERY = "all"


def caseload_filters(source: Reader, default: CaseloadQuery) -> CaseloadQuery:
    """Draw the filters and return what they ask for; a change goes back to the first page."""
    clinicians, teams = source.choices()
    measures = {name: i.name for name, i in source.library.instruments.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search client",
            type="search",
            live="300ms",
            key="search",
            bind="query-params",
            on_change=first_page,
            width=180,
        )
        clinician = _one_of("Clinician", clinicians, "clinician")
        team = _one_of("Team", teams, "team")
        measure = _one_of("Measure", tuple(measures), "measure", measures)
        sort = st.selectbox(
            "Sort by",
            SORTS,
            key="sort",
            bind="query-params",
            on_change=first_page,
            width=180,
        )
        whole = st.toggle(
            CLOSED_TOO,
            key="closed",
            bind="query-params",
            on_change=first_page,
            help="An episode is closed once its end is on file. Closed episodes are left out of the "
            "rows, the search and the counts until this is on.",
        )
    return replace(
        default,
        search=search or "",
        clinician_id=clinician,
        team=team,
        instrument=measure,
        sort=sort,
        open_only=not whole,
    )


def _one_of(
    label: str, choices: tuple[str, ...], key: str, words: dict[str, str] | None = None
) -> str | None:
    chosen = st.selectbox(
        label,
        (EVERY, *choices),
        format_func=lambda value: (words or {}).get(value, value),
        key=key,
        bind="query-params",
        on_change=first_page,
        width=160,
    )
    return None if chosen == EVERY else chosen


def first_page() -> None:
    """Go back to the first page: another choice has other rows."""
    st.session_state["page"] = 1
