"""Results of many clients together: shares, effect sizes, times and units, each with its interval.

Every result says how many clients stand behind it. A group that is too small gives no
number but a sentence; sums are exact, so that the order of the clients changes no digit.
Units are compared with limits and never ranked.
"""
