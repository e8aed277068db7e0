"""Goals: what a client works towards, counts and commits to, one question a module.

The functions take one client's numbers and dates; nothing here knows a file or a screen.
"""
