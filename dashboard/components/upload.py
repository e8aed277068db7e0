"""How does a person hand in a file and say how it is written?"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from dashboard.components.plain import plain
from dashboard.views.importing import (
    DATES,
    DECIMALS,
    ENCODINGS,
    ImportView,
    ReportView,
    SetAsideRow,
    reading_options,
)
from data.errors import DataError
from data.ledger import ImportOptions
from data.preview import Preview, preview_import
from data.rejected import rejected_rows
from data.scratch import uploaded
from data.store import Store

AUTOMATIC = "automatic"


_ROWS_IN_VIEW = 40


def chosen_options() -> ImportOptions:
    """Return how the person said the file is written, as the choices below stand.

    Raises
    ------
    DataError
        If the mapping is no text.
    """
    state = st.session_state
    encoding = state.get("encoding", AUTOMATIC)
    mapping = state.get("mapping")
    text: tuple[str, str] | None = None
    if mapping is not None:
        try:
            text = (mapping.name, mapping.getvalue().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise DataError(
                f"{mapping.name} is not UTF-8 text. A mapping is a TOML file. Nothing was imported."
            ) from None
    return reading_options(
        None if encoding == AUTOMATIC else encoding,
        state.get("dates", "iso"),
        state.get("decimal", "."),
        text,
    )


def show_choices(*, expanded: bool) -> None:
    """Show the choices of how a file is written; they hold from the next run on."""
    with st.expander("How the file is written", expanded=expanded):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox(
                "Encoding",
                [AUTOMATIC, *ENCODINGS],
                format_func=lambda name: ENCODINGS.get(name, "by its mark, else UTF-8"),
                key="encoding",
            )
            st.selectbox("Dates", list(DATES), format_func=lambda d: DATES[d], key="dates")
            st.selectbox(
                "Numbers", list(DECIMALS), format_func=lambda d: DECIMALS[d], key="decimal"
            )
        st.file_uploader(
            "Mapping, for another layout (TOML; it says itself how dates and numbers are written)",
            type=["toml"],
            key="mapping",
        )


def judged(store: Store, upload: UploadedFile, *, today: date) -> Preview:
    """Return what an import of the upload would do; once for each file, choice and record.

    Raises
    ------
    DataError
        If the file is refused as a whole.
    """
    options = chosen_options()
    key = (upload.file_id, options, store.current(), today)
    known = st.session_state.get("judged")
    if known is None or known[0] != key:
        with (
            st.spinner("Reading the file"),
            uploaded(store.root, upload.name, upload.getvalue()) as source,
        ):
            known = (key, preview_import(store, source, options, today=today))
        st.session_state["judged"] = known
    preview: Preview = known[1]
    return preview


def show_preview(store: Store, upload: UploadedFile, preview: Preview, view: ImportView) -> None:
    """Show where the rows of a file would go."""
    st.subheader(plain(view.reconciliation), anchor=False)
    for note in view.notes:
        st.caption(plain(note))
    if view.rows:
        st.markdown(f"**Set aside:** {plain(view.reasons)}")
        show_set_aside(view.rows, view.rows_note)
        st.download_button(
            "Download these rows",
            data=lambda: _rejected(store, upload, preview),
            file_name=view.rejected_name,
            mime="text/csv",
            on_click="ignore",
            help="The rows letter by letter as in the file, to be corrected and imported again.",
        )
    if view.measures:
        st.markdown("**New scores**")
        st.dataframe(
            [asdict(row) for row in view.measures],
            column_config={
                "measure": st.column_config.TextColumn("Measure", pinned=True),
                "scores": "Scores",
                "found": "Lowest to highest",
                "allowed": "Allowed",
                "first": "First",
                "last": "Last",
                "clients_new": "New clients",
                "clients_known": "Known clients",
            },
            hide_index=True,
            alt="New scores of each measure: how many, range, dates and clients",
        )


def show_set_aside(rows: Sequence[SetAsideRow], note: str | None) -> None:
    """Show the rows that were set aside, with what was found and what is allowed."""
    st.dataframe(
        [asdict(row) for row in rows],
        column_config={
            "row": st.column_config.NumberColumn("Row", format="%d", width=60),
            "column": st.column_config.TextColumn("Column", width=120),
            "found": st.column_config.TextColumn("Found", width=110),
            "allowed": st.column_config.TextColumn("Allowed", width=760),
        },
        hide_index=True,
        height=38 + 35 * min(len(rows), _ROWS_IN_VIEW),
        alt="Rows that were set aside: row, column, found, allowed",
    )
    if len(rows) > _ROWS_IN_VIEW:
        st.caption(
            f"{_ROWS_IN_VIEW} of {len(rows)} rows are in view; scroll in the table for the others."
        )
    if note is not None:
        st.caption(plain(note))


def show_report(report: ReportView) -> None:
    """Show how the last import went; only a complete one is shown as a success."""
    show: dict[str, Any] = {"complete": st.success, "partly": st.warning, "nothing": st.info}
    show[report.kind](plain(report.text), title=plain(report.title))


def progress_bar(first: str) -> Any:
    """Return a function that draws how far an import has come."""
    bar = st.progress(0.0, text=first)

    def draw(what: str, done: int, total: int) -> None:
        share = min(done / total, 1.0) if total else 0.0
        count = f", {done:,} rows" if done and what == "reading rows" else ""
        bar.progress(share, text=f"{what.capitalize()}{count}")

    return draw


def _rejected(store: Store, upload: UploadedFile, preview: Preview) -> bytes:
    with uploaded(store.root, upload.name, upload.getvalue()) as source:
        text = rejected_rows(source, preview.options, preview.rejected)
        return text.encode(preview.encoding)
