"""Not yet written."""

import streamlit as st

st.title("instruments")
