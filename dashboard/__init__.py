"""What people see: the Streamlit pages and the ``milepost`` command."""
