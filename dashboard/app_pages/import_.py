"""Import page: did everything arrive?"""

from dataclasses import asdict

import streamlit as st

from dashboard.components.importing import (
    ask_undo,
    choices,
    chosen_options,
    file_text,
    show_report,
    stepwise,
)
from dashboard.state import ACTOR, open_store, today
from dashboard.views.importing import history, import_view, report_view
from data.errors import DataError
from data.formats.text import ENCODINGS
from data.preview import Preview, preview_import
from data.rejected import rejected_rows
from data.scratch import uploaded
from data.store import ImportReport

store = open_store()
