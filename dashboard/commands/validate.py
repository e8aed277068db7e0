"""Holding the rules against a known truth: ``validate``."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands.terminal import as_json, err, out, progress_bar
from data.errors import DataError
from data.library import Library


def validate(
    seeds: Annotated[int, typer.Option(min=1, help="Number of synthetic services.")] = 5,
    runs: Annotated[int, typer.Option(min=1, help="Simulated clients a cell.")] = 4_000,
    write: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Hold each rule against planted and simulated truths; rules of thumb stand beside ours.

    Sensitivity, false flags and delay, each with its interval. Takes about four seconds a
    service. No store is read.
    """
    from data.validation.report import validation  # it loads what no other command needs
    from data.validation.rows import as_rows
    from data.validation.writing import as_markdown

    if write is not None and (write.is_dir() or not write.parent.is_dir()):
        raise DataError(f"{write} is no file in a folder that is there. Nothing was computed.")
    library = Library.load()
    with progress_bar(quiet=json) as progress:
        report = validation(library, seeds=range(1, seeds + 1), runs=runs, progress=progress)
    text = as_markdown(report, library)
    if write is not None:
        try:
            write.write_text(text, encoding="utf-8")
        except OSError as error:
            raise DataError(f"{write} cannot be written ({error.strerror}).") from None
        err.print(f"{write} was written.", markup=False)
    if json:
        as_json(as_rows(report))
    elif write is None:
        out.print(text, markup=False)
