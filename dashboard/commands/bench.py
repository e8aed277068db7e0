"""Measuring: ``bench``."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands.terminal import as_json, err, out, today
from data.errors import DataError


def bench(
    scores: Annotated[int, typer.Option(help="Size of the synthetic log.")] = 10_000_000,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each job; medians are reported.")] = 3,
    folder: Annotated[
        Path | None, typer.Option(help="Scratch folder that is kept; needs about 3 GB.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Measure derivation, import, queries and appends; the exit code is 1 if a bound breaks."""
    from data.bench.suite import Suite  # it imports pandas, which no other command needs
    from data.bench.writing import as_markdown

    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as scratch:
        place = folder or Path(scratch)
        _make_room(place, write)
        suite = Suite(scores, place, runs, lambda line: err.print(line, markup=False))
        suite.run()
    text = as_markdown(suite.figures, scores=scores, runs=runs, day=today())
    if write is not None:
        write.write_text(text, encoding="utf-8")
    if json:
        as_json({"scores": scores, "figures": suite.figures})
    else:
        out.print(text, markup=False)
    raise typer.Exit(1 if any(f.holds is False for f in suite.figures) else 0)


def _make_room(folder: Path, report: Path | None) -> None:
    """Make the folders that are written to, before minutes are spent on measuring."""
    for needed in (folder, *(() if report is None else (report.parent,))):
        try:
            needed.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"{needed} cannot be written to ({error.strerror}). Nothing was measured."
            ) from None
    if report is not None and report.is_dir():
        raise DataError(f"{report} is a folder; --write needs a file. Nothing was measured.")
