"""Not yet written."""

import streamlit as st

st.title("import_")
