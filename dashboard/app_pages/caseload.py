"""Caseload page: who needs me first?"""

from dataclasses import replace

import streamlit as st

from dashboard.components.caseload_table import caseload_table, remember
from dashboard.components.filters import caseload_filters, first_page
from dashboard.components.plain import plain
from dashboard.state import reader, today
from dashboard.views.caseload import PAGE_SIZE, caseload_view, page_count, pills
from data.records import CaseloadQuery

st.title("Caseload", anchor=False)
answer = st.container()  # stands first, and is known last
source = reader()
asked = caseload_filters(source, CaseloadQuery(page_size=PAGE_SIZE))

# The counts of the pills do not depend on the pills, so they are asked for first.
counts = source.caseload(replace(asked, page_size=1))
choice, shown = st.container(), st.container()
with choice:
    labels = {pill.attention: plain(pill.label) for pill in pills(counts)}
    chosen = (
        st.pills(
            "Show only (nothing chosen shows all, the greatest need first)",
            list(labels),
            selection_mode="multi",
            format_func=lambda word: labels[word],
            key="attention",
            on_change=first_page,
        )
        if labels
        else []
    )
query = replace(asked, attention=tuple(chosen))
total = source.caseload(replace(query, page_size=1)).total if chosen else counts.total
number = st.pagination(page_count(total, PAGE_SIZE), key="page", bind="query-params")
query = replace(query, page=number)
closed = 0
if query.open_only and not total:  # say where else the search would find somebody
    closed = source.caseload(replace(query, open_only=False, page_size=1)).total
view = caseload_view(
    source.caseload(query),
    query,
    source.library,
    today=today(),
    generation=source.number,
    has_data=source.number is not None,
    closed=closed,
)
answer.markdown(f"**{view.answer}**")
with shown:
    if view.hidden is not None:
        st.warning(view.hidden)
    if view.empty is not None:
        st.info(view.empty)
        st.stop()
    line = caseload_table(view)
if line is not None:
    remember(view)
    st.switch_page(
        "app_pages/client.py", query_params={"client": line.client_id, "episode": line.episode_id}
    )
