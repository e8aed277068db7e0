"""The parts of the page of outcomes."""

from dataclasses import replace

import streamlit as st

from dashboard.charts.outcomes import improvement_chart
from dashboard.components.plain import plain
from dashboard.theme import Theme
from dashboard.views.outcome_evidence import EvidenceView
from dashboard.views.outcomes import OPEN_TOO, OutcomesView
from dashboard.views.tables import Table
from data.cases import Cases, CasesQuery
from data.reader import Reader

EVERY = "all"


def chosen_cases(source: Reader) -> tuple[Cases, CasesQuery]:
    """Draw the choices and read: closed episodes of everybody, unless something else is asked for.

    Only questionnaires with a total in the episodes can be chosen.
    """
    _, teams = source.choices()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        team = st.selectbox(
            "Team", (EVERY, *teams), key="outcome_team", bind="query-params", width=180
        )
        place = st.container(width=200)
        whole = st.toggle(
            OPEN_TOO,
            key="outcome_open",
            bind="query-params",
            help="An open episode counts with its latest score. Profiles that ask for an ended "
            "course leave it out.",
        )
    query = CasesQuery(closed_only=not whole, team=None if team == EVERY else team)
    cases = source.cases(query)
    if len(cases.answered) < 2:
        return cases, query
    instruments = source.library.instruments
    measure = place.selectbox(
        "Questionnaire",
        cases.answered,
        format_func=lambda name: instruments[name].name,
        key="outcome_measure",
        bind="query-params",
    )
    if measure != cases.measure:
        query = replace(query, measure=measure)
        cases = source.cases(query)
    return cases, query


def profiles_panel(view: OutcomesView) -> None:
    """Draw the same cases under each profile, why the rows differ, and where."""
    if view.profiles is None or view.differences is None or view.rates is None:
        return
    table(view.profiles, pinned=True)
    with st.container(border=True):
        head, *reasons = view.why
        st.markdown(f"**Why the numbers differ.** {plain(head)}")
        st.markdown("\n".join(f"- {plain(reason)}" for reason in reasons))
        if view.agreement:
            st.markdown(plain(view.agreement))
    table(view.differences, pinned=True)
    with st.expander(view.rates.title):
        table(view.rates, titled=False)


def evidence_panel(view: EvidenceView, theme: Theme) -> None:
    """Draw effect sizes, what the missing could hide, and times to improvement."""
    st.subheader("How large is the change?", anchor=False)
    st.markdown(plain(view.effect))
    table(view.bounds)
    with st.expander(view.effects.title):
        table(view.effects, titled=False)
    st.subheader("How soon does improvement come?", anchor=False)
    curves = view.curves
    st.markdown(f"**{plain(curves.title)}**")
    if curves.reason is not None:
        st.info(plain(curves.reason))
        return
    # Streamlit's own chart theme would replace the explicit colours.
    st.plotly_chart(
        improvement_chart(curves, theme),
        theme=None,
        key="improvement",
        alt=curves.alt,
        config={"displayModeBar": False},
    )
    for sentence in curves.sentences:
        st.markdown(plain(sentence))
    for caution in curves.cautions:
        st.caption(plain(caution))


def table(shown: Table, *, pinned: bool = False, titled: bool = True) -> None:
    """Draw a table of texts with its title and its note, or the note where it has no row."""
    if titled:
        st.subheader(plain(shown.title), anchor=False)
    if not shown.rows:
        st.info(plain(shown.note))
        return
    columns = zip(*shown.rows, strict=True)
    st.dataframe(
        dict(zip(shown.columns, (list(column) for column in columns), strict=True)),
        hide_index=True,
        height="content",
        column_config={
            shown.columns[0]: st.column_config.TextColumn(
                pinned=pinned, width="medium" if pinned else "large"
            )
        },
        alt=shown.title,
    )
    if shown.note:
        st.caption(plain(shown.note))
