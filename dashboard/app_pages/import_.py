"""Import page: did everything arrive?"""

import streamlit as st

from dashboard.components.import_history import choose_import, show_history, show_import
from dashboard.components.plain import plain
from dashboard.components.upload import (
    judged,
    progress_bar,
    show_choices,
    show_preview,
    show_report,
)
from dashboard.state import ACTOR, open_store, reader, today
from dashboard.views.importing import history, import_view, report_view
from data.errors import DataError
from data.scratch import uploaded

store = open_store()
st.title("Import", anchor=False)
if "report" in st.session_state:
    show_report(st.session_state["report"])

turn = st.session_state.setdefault("turn", 0)
upload = st.file_uploader(
    "Drop a file, or choose one",
    key=f"upload-{turn}",
    help="A log of scores or one of its companion files, as text with separated values, up to 50 MB. "
    "Larger files are imported by the command milepost import.",
)
if upload is not None:
    try:
        preview = judged(store, upload, today=today())
    except DataError as error:
        st.error(plain(str(error)), title=plain(f"{upload.name} was not imported"))
        show_choices(expanded=True)
    else:
        view = import_view(preview, store.library.instruments)
        st.markdown(plain(view.recognised))
        if view.hint is not None:
            st.info(plain(view.hint))
        show_choices(expanded=view.hint is not None)
        show_preview(store, upload, preview, view)
        if view.button is None:
            st.info(plain(view.nothing_new or ""))
        # The key names file and record, so that a click never confirms what was not on screen.
        elif st.button(
            view.button, type="primary", key=f"do-{upload.file_id}-{preview.generation}"
        ):
            try:
                with uploaded(store.root, upload.name, upload.getvalue()) as source:
                    report = store.import_file(
                        source,
                        preview.options,
                        today=today(),
                        by=ACTOR,
                        progress=progress_bar("Reading rows"),
                    )
            except DataError as error:
                st.error(plain(str(error)), title=plain(f"{upload.name} was not imported"))
            else:
                st.session_state["report"] = report_view(report)
                st.session_state["turn"] = turn + 1
                st.rerun()
        if view.button is not None:
            st.caption("Nothing is written until you confirm.")

st.subheader("History", anchor=False)
past = history(store.ledger.imports())
if past:
    show_history(past)
    show_import(store, reader(), choose_import(past, generation=store.current()))
else:
    st.info(
        "Nothing has been imported yet. Choose a file above; docs/log_format.md says what it holds."
    )
