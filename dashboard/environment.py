"""Through which variables does the command tell the pages what to show?"""

STORE_VARIABLE = "MILEPOST_STORE"
TODAY_VARIABLE = "MILEPOST_TODAY"
