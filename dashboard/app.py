"""Which page is shown, and what stands on every page?"""

import streamlit as st

from dashboard.components.plain import plain
from dashboard.state import open_store, reader, today
from dashboard.views.frame import STATEMENT, frame_view
from data.errors import DataError

# A local picture: a Material icon would make the browser fetch it from a foreign host.
st.set_page_config(page_title="Milepost", page_icon="🪧", layout="wide")

pages = [
    st.Page(
        "app_pages/caseload.py",
        title="Caseload",
        icon="",
        url_path="caseload",
        default=True,
        help="All open clients, those who need attention first.",
    ),
    st.Page(
        "app_pages/client.py",
        title="Client",
        icon="",
        url_path="client",
        help="One client: scores over time, what they may mean, and how sure that is.",
    ),
    st.Page(
        "app_pages/outcomes.py",
        title="Outcomes",
        icon="",
        url_path="outcomes",
        help="What the service achieves, by five definitions, and how complete the answer is.",
    ),
    st.Page(
        "app_pages/import_.py",
        title="Import",
        icon="",
        url_path="import",
        help="Bring in a file, see what is set aside, and undo an earlier import.",
    ),
    st.Page(
        "app_pages/instruments.py",
        title="Instruments",
        icon="",
        url_path="instruments",
        help="The facts about each questionnaire and the thresholds in use, with their sources.",
    ),
]
page = st.navigation(pages, position="top")

try:
    store = open_store()
    frame = frame_view(reader(), store.ledger.imports(), today=today())
except DataError as error:
    st.title("No record to show")
    st.error(plain(str(error)))
    st.caption(STATEMENT)
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", key="frame"):
    if frame.notice is not None:
        st.badge(frame.notice, color="violet")
    if frame.late is not None:
        st.badge(frame.late, color="orange")
    st.caption(frame.line)
if frame.facts is not None:
    st.info(frame.facts)

body = st.container()
# Drawn before the page, so that it also stands under a page that stops early.
st.caption(frame.footer)
with body:
    try:
        page.run()
    except DataError as error:
        st.error(plain(str(error)))
