"""How does a benchmark run read on paper?"""

import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

from data.bench.suite import Figure

_PACKAGES = ("milepost", "duckdb", "numpy", "scipy", "pyarrow", "pandas")


def as_markdown(figures: Sequence[Figure], *, scores: int, runs: int, day: date) -> str:
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
        # A thousand megabytes are easier to read as one gigabyte, and the bound goes along.
        by, unit = (1000, "GB") if f.unit == "MB" and f.value >= 1000 else (1, f.unit)
        bound = ""
        if f.bound is not None:
            bound = f"{'>=' if f.at_least else '<='} {f.bound / by:g} {unit}"
        holds = {None: "", True: "yes", False: "**no**"}[f.holds]
        lines.append(f"| {f.what} | {f.value / by:,.3g} {unit} | {bound} | {holds} |")
    return "\n".join(lines) + "\n"
