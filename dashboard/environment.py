"""Through which variables and files does the command tell the pages what to show?"""

STORE_VARIABLE = "MILEPOST_STORE"
TODAY_VARIABLE = "MILEPOST_TODAY"

BEING_MADE = "being-made"
"""A file of this name in a store says that its first content is on the way."""
