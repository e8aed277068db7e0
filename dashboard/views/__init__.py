"""Everything on a screen as plain values: no Streamlit, no drawing, no arithmetic of its own."""
