"""The panels of a client's page; each repeats who the client is."""

from collections.abc import Sequence

import streamlit as st

from dashboard.charts.diary import goals_chart, rates_chart, sessions_chart
from dashboard.charts.layout import Figure
from dashboard.charts.trajectory import trajectory
from dashboard.components.evidence_panels import sensitivity_panel
from dashboard.components.plain import plain
from dashboard.theme import Theme
from dashboard.views.client import ClientView
from dashboard.views.goals import LADDER_COLUMNS, RATING_COLUMNS
from dashboard.views.measure import MeasureView
from dashboard.views.reasons import Reason
from dashboard.views.tables import Table
from dashboard.views.tallies import TALLY_COLUMNS


def answer_box(view: ClientView) -> None:
    """Draw the answer: risk items first, whatever else there is to say."""
    with st.container(border=True):
        st.caption(plain(view.identity))
        for line in view.answers:
            st.markdown(
                f":violet[**{line.mark} {plain(line.text)}**]" if line.mark else plain(line.text)
            )
        # Directly below the risk items: one of their answers may be in such a row.
        if view.set_aside is not None:
            st.markdown(f"**{plain(view.set_aside)}**")
        for several in view.together:
            if several.is_urgent:
                st.markdown(f"**{plain(several.text)}**")
        for found in view.findings:
            st.markdown(f"**{found.mark}** — {plain(found.sentence)}")
        for several in view.together:
            if not several.is_urgent:
                st.markdown(plain(several.text))
        for remark in view.remarks:
            st.markdown(plain(remark))


def why_panel(view: ClientView) -> None:
    """Draw the flags and the reasons of every finding, then what raised no flag."""
    with st.expander("Why this is shown"):
        st.caption(plain(view.identity))
        if not view.reasons:
            st.markdown("No outcome measure has a total yet, so no rule was applied.")
        if view.flags:
            st.markdown("**Flags that stand, the most severe first**")
            lines = [f"- {flag.label}: {plain(flag.text)}" for flag in view.flags]
            st.markdown("\n".join(lines))
        _reasons([reason for reason in view.reasons if not reason.is_further])
    further = [reason for reason in view.reasons if reason.is_further]
    if further:
        with st.expander("What else was computed"):
            st.caption(plain(view.identity))
            _reasons(further)


def _reasons(reasons: Sequence[Reason]) -> None:
    for reason in reasons:
        st.markdown(f"**{plain(reason.title)}**")
        st.markdown("\n".join(f"- {plain(label)}: {plain(text)}" for label, text in reason.parts))


def measure_panel(view: ClientView, measure: MeasureView, theme: Theme) -> None:
    """Draw one measure with the choice of its baseline."""
    with st.container(border=True):
        st.caption(plain(view.identity))
        _chart(trajectory(measure, theme), f"chart-{measure.series_id}-{view.key}", measure.alt)
        if not measure.is_judged:
            st.markdown("Shown without a judgement: this measure says nothing about outcome.")
            st.caption(plain(measure.caption))
            return
        labels = {choice.place: choice.label for choice in measure.choices}
        st.selectbox(
            f"Baseline for {plain(measure.name)}",
            list(labels),
            format_func=lambda place: labels[place],
            key=f"baseline-{view.client_id}/{view.episode_id}-{measure.series_id}",
            width=420,
        )
        st.markdown(plain(measure.baseline_note))
        if measure.trend_text:
            st.markdown(plain(measure.trend_text))
        if measure.expected_text:
            st.markdown(plain(measure.expected_text))
        if measure.caption:
            st.caption(plain(measure.caption))
        if measure.sensitivity is not None:
            sensitivity_panel(measure.sensitivity)


def goals_panel(view: ClientView, theme: Theme) -> None:
    """Draw the goals."""
    with st.container(border=True):
        st.caption(plain(view.identity))
        goals = view.goals
        if goals.lines:
            _chart(goals_chart(goals, theme), f"goals-{view.key}", goals.alt)
        if goals.rates:
            _chart(rates_chart(goals, theme), f"rates-{view.key}", goals.rates_alt)
        if goals.words:
            st.markdown("\n".join(f"- {plain(words)}" for words in goals.words))
        else:
            st.markdown(plain(goals.sentence))
        if goals.caption:
            st.caption(plain(goals.caption))


def sessions_panel(view: ClientView, theme: Theme) -> None:
    """Draw the strip of appointments."""
    with st.container(border=True):
        st.caption(plain(view.identity))
        if view.sessions.marks:
            _chart(sessions_chart(view.sessions, theme), f"sessions-{view.key}", view.sessions.alt)
        st.markdown(plain(view.sessions.sentence))


def details(view: ClientView) -> None:
    """Draw the tables: every number of the charts, and where it comes from."""
    goals = view.goals
    pages: dict[str, Sequence[Table]] = {
        "Scores": view.score_tables,
        "Items": view.item_tables,
        "Goals": (
            Table("Ladder", LADDER_COLUMNS, goals.ladder),
            Table("Ratings", RATING_COLUMNS, goals.ratings),
            Table("Tallies", TALLY_COLUMNS, goals.tallies),
        ),
        "Notes": (view.notes,),
        "Where each number comes from": view.provenance,
    }
    for tab, tables in zip(
        st.tabs(list(pages), key=f"tabs-{view.key}"), pages.values(), strict=True
    ):
        with tab:
            st.caption(plain(view.identity))
            full = [table for table in tables if table.rows]
            if not full:
                st.markdown("Nothing is on file here for this episode.")
            for table in full:
                _table(table, view)


def _table(table: Table, view: ClientView) -> None:
    st.markdown(f"**{plain(table.title)}**")
    if table.note:
        st.caption(plain(table.note))
    columns = zip(*table.rows, strict=True)
    st.dataframe(
        dict(zip(table.columns, (list(column) for column in columns), strict=True)),
        hide_index=True,
        alt=f"{table.title}, {view.identity}",
    )


def _chart(chart: Figure, key: str, alt: str) -> None:
    # Streamlit's own chart theme would replace the explicit colours.
    st.plotly_chart(chart, theme=None, key=key, alt=alt, config={"displayModeBar": False})
