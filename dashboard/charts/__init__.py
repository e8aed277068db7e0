"""Views as Plotly figures, written as plain dictionaries: no Streamlit, no Plotly import."""
