"""Placeholder until the page is there."""

import streamlit as st

st.title("client")
