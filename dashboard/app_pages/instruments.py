"""Instruments page: what does a number mean, and who says so?"""

from dataclasses import asdict

import streamlit as st

from dashboard.components.plain import plain
from dashboard.state import open_store
from dashboard.views.instruments import FactRow, instrument_view, library_view

library = open_store().library
view = library_view(library)


def facts(rows: tuple[FactRow, ...], alt: str) -> None:
    """Show facts with their sources, in full: a source that is cut off is none."""
    table = {
        "Fact": [plain(row.fact) for row in rows],
        "Value": [plain(row.value) for row in rows],
        "Source": [plain(row.source) for row in rows],
    }
    st.table(table, border="horizontal", hide_index=True, hide_header=False, alt=alt)


st.title("Instruments", anchor=False)
st.markdown(plain(view.headline))
st.caption(plain(view.origin_note))
key = st.selectbox(
    "Questionnaire",
    [row.id for row in view.overview],
    format_func=lambda name: library.instruments[name].name,
    key="instrument",
    bind="query-params",
)

one = instrument_view(library, key)
st.subheader(plain(one.name))
st.markdown(plain(one.headline))
if one.turned_off:
    with st.container(border=True):
        st.markdown("**Not known, and so not assessed**")
        for sentence in one.turned_off:
            st.markdown(f"- {plain(sentence)}")
st.markdown("**Numbers that judge a score**")
facts(one.in_use, f"Numbers that judge a score of {one.name}, with sources")
st.markdown("**This service's own figures**")
for sentence in one.own:
    st.markdown(f"- {plain(sentence)}")
st.markdown("**Printed facts**")
facts(one.printed, f"Printed facts about {one.name}, with sources")
st.caption(plain(f"{one.licence} From: {one.origin}."))
for note in one.notes:
    st.caption(plain(note))

st.subheader("All questionnaires")
st.dataframe(
    [asdict(row) for row in view.overview],
    column_config={
        "id": None,
        "name": st.column_config.TextColumn("Questionnaire", pinned=True),
        "measures": "Measures",
        "totals": "Totals",
        "better": "Direction",
        "cutoff": "Cutoff",
        "reliable_change": "Reliable change",
        "meaningful_change": "Meaningful change",
        "origin": "From",
    },
    hide_index=True,
    alt="All questionnaires with their ranges and criteria",
)

st.subheader("Thresholds of the rules")
st.markdown(plain(view.profile))
facts(view.thresholds, "Thresholds of the rules, with sources")
