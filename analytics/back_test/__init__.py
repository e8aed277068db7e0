"""Closed episodes replayed without their future, and thresholds for an alert budget."""
