"""Sudden gains and losses: the grid of sessions, the three criteria, and chance."""
