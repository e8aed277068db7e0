"""Panels beside the charts: what other methods say, and how phases of the therapy differ."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.plain import plain
from dashboard.views.client import ClientView
from dashboard.views.phases import COLUMNS, PhasesView
from dashboard.views.sensitivity import FACT_COLUMNS, INDEX_COLUMNS, SensitivityView


def sensitivity_panel(other: SensitivityView) -> None:
    """Draw what other methods say of a change, inside the panel of its measure."""
    with st.expander(plain(other.title)):
        st.markdown(plain(other.lead))
        _table(INDEX_COLUMNS, other.indices, "Indices of reliable change by five methods")
        if other.ingredients:
            st.caption(plain(other.ingredients))
        _table(FACT_COLUMNS, other.facts, "Cutoffs, meaningful change, response and remission")


def phases_panel(view: ClientView, phases: PhasesView) -> None:
    """Draw the comparison of phases."""
    with st.container(border=True):
        st.caption(plain(view.identity))
        st.markdown("**Phases**")
        st.markdown(plain(phases.lead))
        for one in phases.comparisons:
            st.markdown(f"**{plain(one.title)}**")
            st.markdown(plain(one.sentence))
            if one.rows:
                with st.expander("Effect sizes"):
                    _table(COLUMNS, one.rows, f"Effect sizes: {one.title}")
                    st.caption(plain(one.caution))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], alt: str) -> None:
    """Show rows in full: a reason that is cut off is none."""
    cells = zip(*rows, strict=True)
    table = {
        name: [plain(cell) for cell in column] for name, column in zip(columns, cells, strict=True)
    }
    st.table(table, border="horizontal", hide_index=True, hide_header=False, alt=alt)
