"""How does a person look back at an import, and take one back?"""

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from dashboard.components.plain import plain
from dashboard.components.upload import show_set_aside
from dashboard.views.importing import HistoryRow, ReportView, SetAsideRow, undo_question
from data.errors import DataError
from data.formats.text import Source, encoding_of
from data.reader import Reader
from data.rejected import rejected_rows
from data.store import Store

LISTED = 1_000


def show_history(rows: Sequence[HistoryRow]) -> None:
    """Show all imports, the latest first."""
    st.dataframe(
        [asdict(row) for row in rows],
        column_config={
            "import_no": st.column_config.NumberColumn("Import", format="%d", width="small"),
            "when": "When",
            "file": "File",
            "holds": "Holds",
            "by": "By",
            "rows": st.column_config.TextColumn("Rows", width=350),
            "generation": st.column_config.NumberColumn("Generation", format="%d", width="small"),
            "state": st.column_config.TextColumn("State", width=170),
            "undoable": None,
            "set_aside": None,
        },
        hide_index=True,
        alt="History of imports: when, file, by whom, rows, generation, state",
    )


def choose_import(rows: Sequence[HistoryRow], *, generation: int | None) -> HistoryRow:
    """Return the import that the person looks at; the latest one after each change."""
    chosen: HistoryRow = st.selectbox(
        "Look at one import",
        rows,
        format_func=lambda r: f"{r.import_no}: {r.file}, {r.when}, {r.state}",
        key=f"import-{generation}-{len(rows)}",
        on_change=lambda: st.session_state.pop("undo", None),
    )
    return chosen


def show_import(store: Store, reader: Reader, row: HistoryRow) -> None:
    """Show what was set aside in an import, and offer to undo it."""
    st.markdown(plain(f"{row.file}: {row.rows}."))
    if row.set_aside and row.undoable:
        problems = reader.quarantine(row.import_no)
        note = None
        if len(problems) > LISTED:
            note = f"The first {LISTED:,} of {len(problems):,} are listed; the download holds all."
        show_set_aside(
            [SetAsideRow(p.row, p.column, p.found, p.allowed) for p in problems[:LISTED]], note
        )
    with st.container(horizontal=True):
        if row.set_aside and row.undoable:
            st.download_button(
                "Download its rows set aside",
                data=lambda: _rejected(store, reader, row.import_no),
                file_name=f"import {row.import_no} - set aside.csv",
                mime="text/csv",
                on_click="ignore",
            )
        if row.undoable and st.button("Undo this import", key=f"undo-{row.import_no}"):
            st.session_state["undo"] = row.import_no
    if row.undoable and st.session_state.get("undo") == row.import_no:
        _confirm_undo(store, row)


def _confirm_undo(store: Store, row: HistoryRow) -> None:
    """Ask once more, below the button, and undo on yes."""
    with st.container(border=True):
        st.markdown(plain(undo_question(row)))
        with st.container(horizontal=True):
            yes = st.button(f"Yes, undo import {row.import_no}", type="primary", key="undo-yes")
            no = st.button("Keep it", key="undo-no")
        if no:
            del st.session_state["undo"]
            st.rerun()
        if yes:
            del st.session_state["undo"]
            try:
                with st.spinner(f"Making the record again without import {row.import_no}"):
                    generation = store.undo_import(row.import_no).generation
            except DataError as error:
                st.error(plain(str(error)), title=f"Import {row.import_no} was not undone")
                return
            st.session_state["report"] = ReportView(
                "nothing",
                f"Import {row.import_no} ({row.file}) is undone",
                f"The record is now generation {generation}, as if the file had not come.",
            )
            st.rerun()


def _rejected(store: Store, reader: Reader, import_no: int) -> bytes:
    original, record = store.original_of(import_no)
    rows = {problem.row for problem in reader.quarantine(import_no)}
    text = rejected_rows(original, record.options, rows)
    chosen = Source(original.name, original.path)
    return text.encode(record.options.encoding or encoding_of(chosen))
