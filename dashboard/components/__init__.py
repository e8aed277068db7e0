"""Pieces of a page that more than one page shows; they call Streamlit and decide nothing."""
