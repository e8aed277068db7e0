"""The record: reads logs, judges rows, stores them, derives results.

The only package that opens DuckDB or SQLite. It uses ``analytics`` for every formula
and draws nothing.
"""
