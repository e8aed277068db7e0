"""Single cases: did a client's scores change from one phase to the next, one family a module.

The functions take the scores of two phases of one client, a baseline A and what followed it B,
in the order of the sessions. Positive results mean that B is better.
"""
