"""Outcomes page: what does this service achieve, and how complete is the answer?"""

import streamlit as st

from dashboard.components.outcomes_groups import endings_panel, sudden_panel, teams_panel
from dashboard.components.outcomes_panels import chosen_cases, evidence_panel, profiles_panel
from dashboard.components.plain import plain
from dashboard.state import reader, today
from dashboard.theme import Theme
from dashboard.views.outcome_evidence import evidence_view
from dashboard.views.outcomes import outcomes_view

theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
st.title("Outcomes", anchor=False)
answer = st.container()  # stands first, and is known last
source = reader()
cases, query = chosen_cases(source)
view = outcomes_view(cases, source.library, query, today=today())
answer.markdown(f"**{plain(view.answer)}**")
if view.empty is not None:
    st.info(plain(view.empty))
    st.stop()
answer.caption(plain(view.caution))
profiles_panel(view)
evidence = evidence_view(cases, source.library)
if evidence is not None:
    evidence_panel(evidence, theme)
endings_panel(cases, source.library)
sudden_panel(cases, source.library)
teams_panel(cases, source.library, query, theme)
