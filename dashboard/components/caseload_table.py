"""The table of the caseload, and which client was opened from it."""

from typing import Any

import streamlit as st

from dashboard.components.plain import plain
from dashboard.views.caseload import CaseloadLine, CaseloadView

# The clients of the table from which one was opened, for "previous" and "next".
ORDER = "caseload_order"
# How often a client was opened. A table that comes back must not remember the last click.
OPENED = "caseload_opened"


def caseload_table(view: CaseloadView) -> CaseloadLine | None:
    """Draw the rows and return the one that was clicked.

    The key holds everything that changes the rows: Streamlit remembers the position of a
    selection, and a position in another table is another client.
    """
    data: dict[str, list[Any]] = {
        "client": [line.client_id for line in view.lines],
        "attention": [line.attention for line in view.lines],
    }
    config: dict[str, Any] = {
        "client": st.column_config.TextColumn("Client", pinned=True, width=75),
        "attention": st.column_config.TextColumn("Attention", width=370),
    }
    for place, column in enumerate(view.columns):
        cells = [line.measures[place] for line in view.lines]
        data[column.label] = [None if cell is None else cell.text for cell in cells]
        data[column.trend_label] = [None if cell is None else list(cell.recent) for cell in cells]
        config[column.label] = st.column_config.TextColumn(width=110, help=plain(column.help))
        config[column.trend_label] = st.column_config.LineChartColumn(
            width=80,
            y_min=column.y_min,
            y_max=column.y_max,
            color="gray",
            help=f"The last scores on the fixed axis {column.y_min:g} to {column.y_max:g}.",
        )
    data["first goal"] = [line.goal for line in view.lines]
    data["sessions"] = [line.sessions for line in view.lines]
    data["last measure"] = [line.last_measure for line in view.lines]
    data["clinician"] = [line.clinician for line in view.lines]
    config |= {name: st.column_config.TextColumn(width=80) for name in ("first goal", "sessions")}
    config["last measure"] = st.column_config.TextColumn(width=105)
    event: Any = st.dataframe(
        data,
        key=f"{view.key}-{st.session_state.get(OPENED, 0)}",
        hide_index=True,
        height="content",
        row_height=76,  # above 4rem the grid wraps its texts
        placeholder="",
        column_config=config,
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        alt="Clients in order of need; choosing a row opens the client",
    )
    st.caption(f"Clients {view.shown}. Choose a row to open the client.")
    rows = list(event.selection.rows) or [row for row, _ in event.selection.cells]
    return view.lines[rows[0]] if rows and rows[0] < len(view.lines) else None


def remember(view: CaseloadView) -> None:
    """Keep the order of the table for the client's page, and forget the click."""
    st.session_state[ORDER] = [(line.client_id, line.episode_id) for line in view.lines]
    st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1
