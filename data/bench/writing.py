"""How does a benchmark run read on paper?"""

import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

from analytics.simulation import Rate
from data.bench.suite import Figure

_PACKAGES = ("milepost", "duckdb", "numpy", "scipy", "pyarrow", "pandas")


def as_markdown(
    figures: Sequence[Figure], rates: Sequence[Rate], *, scores: int, runs: int, day: date
) -> str:
    """Return the report that stands in ``docs/benchmarks.md``."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    lines = [
        "# Benchmarks",
        "",
        "Written by `milepost bench`; nothing here is typed by hand. Ratios are taken within one "
        "run, because seconds depend on the machine and on what else it does.",
        "",
        f"- {day.isoformat()}, {scores:,} synthetic scores, medians of {runs} runs in turns",
        f"- {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        f"- {versions}",
        "",
        "| what | value | bound | holds |",
        "|---|--:|--:|---|",
    ]
    for f in figures:
        bound = "" if f.bound is None else f"{'>=' if f.at_least else '<='} {f.bound:g} {f.unit}"
        holds = {None: "", True: "yes", False: "**no**"}[f.holds]
        lines.append(f"| {f.what} | {f.value:,.3g} {f.unit} | {bound} | {holds} |")
    lines += [
        "",
        "## How often the plateau rules speak",
        "",
        "Share of simulated clients whom a rule flags at least once by the twelfth weekly score "
        "(PHQ-9-like scale; set-up in `analytics/simulation.py`, method in `docs/methods.md`). "
        "Flat courses should be flagged, steady ones not.",
        "",
    ]
    courses = list(dict.fromkeys(r.trajectory for r in rates))
    lines += [f"| rule | error | {' | '.join(courses)} |", "|---|---|" + "--:|" * len(courses)]
    found = {(r.rule, r.noise, r.trajectory): r for r in rates}
    for rule, noise in dict.fromkeys((r.rule, r.noise) for r in rates):
        cells = [f"{found[rule, noise, c].share:.3f}" for c in courses]
        lines.append(f"| {rule} | {noise} | {' | '.join(cells)} |")
    if rates:
        lines += ["", f"{rates[0].runs:,} clients a cell."]
    return "\n".join(lines) + "\n"
