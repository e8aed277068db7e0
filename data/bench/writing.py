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
        bound = "" if f.bound is None else f"{'>=' if f.at_least else '<='} {f.bound:g} {f.unit}"
        value, unit = (f.value / 1000, "GB") if _is_large(f) else (f.value, f.unit)
        holds = {None: "", True: "yes", False: "**no**"}[f.holds]
        lines.append(f"| {f.what} | {value:,.3g} {unit} | {bound} | {holds} |")
    return "\n".join(lines) + "\n"


def _is_large(figure: Figure) -> bool:
    """Return whether a memory is easier to read in gigabytes; a bounded one keeps its unit."""
    return figure.unit == "MB" and figure.value >= 1000 and figure.bound is None
