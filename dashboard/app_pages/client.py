"""Client page: is this client getting better, how sure is that, and what do we talk about?"""

import streamlit as st

from dashboard.components.client_panels import (
    answer_box,
    details,
    goals_panel,
    measure_panel,
    sessions_panel,
    why_panel,
)
from dashboard.components.evidence_panels import phases_panel
from dashboard.components.neighbours import chosen_client, neighbours
from dashboard.components.plain import plain
from dashboard.state import open_store, reader, today
from dashboard.theme import Theme
from dashboard.views.client import client_view
from data.errors import DataError

client_id, episode_id = chosen_client()
if client_id is None:
    st.title("Client", anchor=False)
    st.info("No client is chosen. Open one from the caseload.")
    st.page_link("app_pages/caseload.py", label="Go to the caseload")
    st.stop()

source = reader()
try:
    record = source.client(client_id, episode_id)
except DataError as error:
    st.title("Client", anchor=False)
    st.error(plain(str(error)))
    st.page_link("app_pages/caseload.py", label="Go to the caseload")
    st.stop()

theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
name = f"{record.facts.client_id}/{record.facts.episode_id}"
prefix = f"baseline-{name}-"
view = client_view(
    record,
    source.library,
    today=today(),
    about=source.about(),
    baselines={
        result.series_id: st.session_state.get(f"{prefix}{result.series_id}", 0)
        for result in record.row.results
    },
    files={record.import_no: record.file for record in open_store().ledger.imports()},
    set_aside=source.set_aside_for(record.facts.client_id),
    risk_aside=source.risk_set_aside(record.facts.client_id),
)
neighbours(view)
answer_box(view)
why_panel(view)
for measure in view.measures:
    measure_panel(view, measure, theme)
if view.phases is not None:
    phases_panel(view, view.phases)
goals_panel(view, theme)
sessions_panel(view, theme)
details(view)
