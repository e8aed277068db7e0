"""A service that does not exist, with planted truths: for the demo, the tests and the benchmark.

Nothing here describes a person. ``service`` writes a whole service into a folder of
canonical files; ``bulk`` writes one long score file of any size. A seed decides everything.
"""
