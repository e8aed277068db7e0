"""The parts of the page of outcomes that compare: endings, sudden gains and teams."""

import streamlit as st

from dashboard.charts.funnel import funnel_chart
from dashboard.components.outcomes_panels import table
from dashboard.components.plain import plain
from dashboard.theme import Theme
from dashboard.views.outcome_endings import endings_view
from dashboard.views.outcome_sudden import SuddenView, chance_sentences, sudden_view
from dashboard.views.outcome_teams import ABOUT, CAUTIONS, LINES, SHOW, TITLE, no_teams, teams_view
from data.cases import Cases, CasesQuery
from data.library import Library


def endings_panel(cases: Cases, library: Library) -> None:
    """Draw those who completed beside those who dropped out."""
    view = endings_view(cases, library)
    if view is None:
        return
    st.subheader("Completed, and dropped out", anchor=False)
    if view.reason is not None or view.table is None:
        st.info(plain(view.reason or ""))
        return
    st.markdown(plain(view.answer))
    table(view.table, pinned=True, titled=False)
    st.caption(plain(view.caution))


def sudden_panel(cases: Cases, library: Library) -> None:
    """Draw how many had a sudden gain, and how many would by chance."""
    view = sudden_view(cases, library)
    if view is None:
        return
    st.subheader("Sudden gains", anchor=False)
    if view.reason is not None:
        st.info(plain(view.reason))
        return
    st.markdown(f"**{plain(view.answer)}**")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in view.sentences))
    st.caption(plain(view.caution))
    with st.expander("Are there more than dealt scores would give?"):
        _dealing(cases, library, view)


@st.fragment
def _dealing(cases: Cases, library: Library, view: SuddenView) -> None:
    """Deal the scores when asked to: with many of them it takes seconds."""
    st.markdown(plain(view.about_dealing))
    if st.button(f"Deal the scores {view.dealt:,} times", key="outcome_deal"):
        with st.spinner("Dealing the scores"):
            sentences = chance_sentences(cases, library, dealt=view.dealt)
        for sentence in sentences:
            st.markdown(plain(sentence))


def teams_panel(cases: Cases, library: Library, query: CasesQuery, theme: Theme) -> None:
    """Draw the teams, if somebody asks for them."""
    st.subheader(TITLE, anchor=False)
    if query.team is not None:
        st.caption("One team is chosen above. The teams stand beside one another with all of them.")
        return
    reason = no_teams(cases)
    if reason is not None:
        st.caption(plain(reason))
        return
    st.caption(plain(ABOUT))
    if not st.toggle(SHOW, key="outcome_teams"):
        return
    view = teams_view(cases, library)
    if view.reason is not None or view.table is None:
        st.info(plain(view.reason or ""))
        return
    for sentence in view.sentences:
        st.markdown(plain(sentence))
    for caution in CAUTIONS:
        st.caption(plain(caution))
    if view.chart is not None:
        st.markdown(f"**{plain(view.chart.title)}**")
        st.plotly_chart(
            funnel_chart(view.chart, theme),
            theme=None,
            key="funnel",
            alt=view.chart.alt,
            config={"displayModeBar": False},
        )
        st.caption(plain(LINES))
    table(view.table, pinned=True)
    if view.effects is not None:
        table(view.effects, pinned=True)
