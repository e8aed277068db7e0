"""Holds every rule against series of which the truth is known; it changes no record."""
