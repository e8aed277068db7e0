"""Results as files: ``flags``, ``analyse``, and the facts behind them: ``instruments``."""

import math
import shutil
import tempfile
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from analytics.instrument import Instrument
from dashboard.commands.imports import (
    REFUSED,
    SET_ASIDE,
    DatesOption,
    DecimalOption,
    EncodingOption,
    MappingOption,
    StoreOption,
    reading_options,
    sentence,
    source_of,
)
from dashboard.commands.terminal import as_json, err, out, progress_bar, today
from data.errors import DataError
from data.flags import write_flags
from data.library import Library, load_instrument
from data.near_names import in_words, near_names
from data.store import Store


def flags(
    store: StoreOption,
    out_file: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Count scores up to this day only."),
    ] = None,
) -> None:
    """Write one row a series with every derived result."""
    day: date | None = None if as_of is None else as_of.date()
    written = write_flags(Store.open(store), out_file, as_of=day)
    out.print(f"{written.series:,} series written to {out_file}.", markup=False)


def analyse(
    log: Annotated[Path, typer.Argument(help="Canonical long CSV, or any file with --mapping.")],
    instrument: Annotated[
        list[str], typer.Option(help="Id of a known instrument, or a TOML file; may be repeated.")
    ],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the two CSV files.")],
    mapping: MappingOption = None,
    encoding: EncodingOption = None,
    dates: DatesOption = "iso",
    decimal: DecimalOption = ".",
) -> None:
    """Analyse a log without a store: write series.csv and events.csv.

    Rows that cannot be read are told and left out; the exit code is then 3.
    """
    options = reading_options(encoding, dates, decimal, mapping)
    with tempfile.TemporaryDirectory(prefix="milepost-") as scratch:
        root = Path(scratch) / "store"
        record, names = _store_with(root, instrument)
        with progress_bar() as progress:
            report = record.import_file(source_of(log), options, today=today(), progress=progress)
        err.print(sentence(report), markup=False)
        for row in record.reader_for_care().quarantine()[:10]:
            err.print(
                f"  row {row.row}, column {row.column}: {row.found!r} is not {row.allowed}.",
                markup=False,
            )
        written = write_flags(
            record, out_dir / "series.csv", out_dir / "events.csv", instruments=names
        )
    out.print(
        f"{written.series:,} series and {written.events:,} events written to {out_dir}.",
        markup=False,
    )
    raise typer.Exit(SET_ASIDE if report.counts.quarantined else 0)


def _store_with(root: Path, wanted: list[str]) -> tuple[Store, tuple[str, ...]]:
    """Make a scratch store that knows the wanted instruments, and return their ids."""
    own = root / "library" / "instruments"
    Store.create(root)
    names: list[str] = []
    known = Library.load().instruments
    for word in wanted:
        if word in known:
            names.append(word)
            continue
        path = Path(word)
        if not path.exists():
            raise DataError(
                f"{word!r} is neither a known instrument nor a file. {_perhaps(word, known)}"
            )
        names.append(load_instrument(path).id)
        own.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, own / f"{names[-1]}.toml")
    return Store.open(root), tuple(names)


def instruments(
    instrument: Annotated[str | None, typer.Argument(help="Id of one instrument.")] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Also a store's own instruments.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List the instruments, or tell the facts of one with their sources."""
    library = Library.load() if store is None else Store.open(store).library
    if instrument is None:
        if json:
            as_json(list(library.instruments.values()))
            return
        out.print(_overview(library))
        out.print("* computed from norms, as no cutoff is on record", markup=False)
        return
    if instrument not in library.instruments:
        err.print(
            f"{instrument!r} is not a known instrument. "
            f"{_perhaps(instrument, library.instruments)}",
            markup=False,
        )
        raise typer.Exit(REFUSED)
    facts = library.instruments[instrument]
    if json:
        as_json({"instrument": facts, "criteria": library.judging(facts.id)})
        return
    _tell_facts(facts, library)


def _perhaps(word: str, known: Iterable[str]) -> str:
    near = near_names(word, known)
    question = f"Did you mean {in_words(near)}? " if near else ""
    return f"{question}See `milepost instruments` for all."


def _overview(library: Library) -> Table:
    """Return all instruments, narrow enough for a terminal of 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("id", "name", "range", "better", "role", "reliable\nchange", "cutoff"):
        # An id is typed again, so all of it must be there; a long name may take two lines.
        table.add_column(heading, no_wrap=heading != "name")
    for i in library.instruments.values():
        change = "" if i.reliable_change is None else f"{i.reliable_change.value:g}"
        used = library.judging(i.id).cutoff
        mark = "*" if used is not None and used.purpose.startswith("computed") else ""
        cutoff = "" if used is None else f"{used.op} {used.value:.3g}{mark}"
        span = f"{i.minimum:g} to {i.maximum:g}"
        table.add_row(i.id, i.name, span, i.better, i.role, change, cutoff)
    return table


def _tell_facts(facts: Instrument, library: Library) -> None:
    from dataclasses import fields, is_dataclass

    def lines(value: object, name: str, depth: int) -> None:
        pad = "  " * depth
        if is_dataclass(value):
            out.print(f"{pad}{name}", markup=False)
            for field in fields(value):
                lines(getattr(value, field.name), field.name, depth + 1)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for part in value:
                lines(part, name, depth)
        elif isinstance(value, tuple) and any(isinstance(part, (str, tuple)) for part in value):
            out.print(f"{pad}{name}", markup=False)
            for part in value:  # a sentence or a word each, or a pair of a name and its text
                text = part if isinstance(part, str) else ": ".join(map(_written, part))
                out.print(f"{pad}  {text}", markup=False)
        elif (text := _written(value)) != "":
            out.print(f"{pad}{name}: {text}", markup=False)

    lines(facts, getattr(facts, "name", ""), 0)
    lines(library.judging(facts.id), f"criteria under rules {library.rules.id}", 0)


def _written(value: object) -> str:
    """Return one fact as a person writes it; what is not known (``nan`` too) is left out."""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4g}"
    if isinstance(value, tuple):
        return ", ".join(map(_written, value))
    return "" if value is None else str(value)
