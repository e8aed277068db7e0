"""Bringing files in and taking imports back: ``import``, ``undo``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dashboard.commands.terminal import as_json, err, out, progress_bar, today
from data.errors import DataError
from data.formats.reading import DATE_ORDERS
from data.formats.text import ENCODINGS, Source
from data.ledger import ImportOptions
from data.reports import ImportReport, Rebuilt, urgent_rows
from data.store import Store

StoreOption = Annotated[Path, typer.Option("--store", help="Folder of the store.")]
MappingOption = Annotated[Path | None, typer.Option(help="Mapping (TOML) for another layout.")]
EncodingOption = Annotated[str | None, typer.Option(help=f"One of {', '.join(ENCODINGS)}.")]
DatesOption = Annotated[str, typer.Option(help=f"One of {', '.join(DATE_ORDERS)}.")]
DecimalOption = Annotated[str, typer.Option(help="Decimal mark: . or ,")]

SET_ASIDE = 3
REFUSED = 2


def import_command(
    files: Annotated[list[Path], typer.Argument(help="CSV files; each is one import.")],
    store: StoreOption,
    mapping: MappingOption = None,
    encoding: EncodingOption = None,
    dates: DatesOption = "iso",
    decimal: DecimalOption = ".",
    by: Annotated[str, typer.Option(help="Who imports; kept in the ledger.")] = "local",
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Import files; every row is accounted for.

    The exit code is 0 when all rows are new or already here, 3 when some were set aside,
    and 2 when a file was refused as a whole.
    """
    options = reading_options(encoding, dates, decimal, mapping)
    record = Store.create(store)
    results: list[dict[str, Any]] = []
    code = 0
    for path in files:
        try:
            with progress_bar(quiet=json) as progress:
                report = record.import_file(
                    source_of(path), options, today=today(), by=by, progress=progress
                )
        except DataError as error:
            code = REFUSED
            results.append({"file": source_of(path).name, "refused": str(error)})
            if not json:
                err.print(str(error), markup=False)
            continue
        if report.counts.quarantined and code == 0:
            code = SET_ASIDE
        results.append(_as_dict(report))
        if not json:
            _tell(record, report)
    if json:
        as_json({"files": results, "exit_code": code})
    raise typer.Exit(code)


def reading_options(
    encoding: str | None, dates: str, decimal: str, mapping: Path | None
) -> ImportOptions:
    """Return how a file is to be read, or say which option is wrong."""
    if dates not in DATE_ORDERS:
        raise DataError(f"--dates is one of {', '.join(DATE_ORDERS)}, not {dates!r}.")
    if decimal not in (".", ","):
        raise DataError(f"--decimal is . or , and not {decimal!r}.")
    if encoding is not None and encoding not in ENCODINGS:
        raise DataError(f"--encoding is one of {', '.join(ENCODINGS)}, not {encoding!r}.")
    return ImportOptions(encoding, dates, decimal, *mapping_text(mapping))


def source_of(path: Path) -> Source:
    """Return a file with the name by which it is spoken of; the path ``.`` has none of its own."""
    whole = path if path.name else path.resolve()
    return Source(whole.name, whole)


def mapping_text(path: Path | None) -> tuple[str | None, str | None]:
    """Return the text and the name of a mapping file, as the ledger keeps them."""
    if path is None:
        return None, None
    try:
        return path.read_text(encoding="utf-8"), path.name
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"The mapping {path} cannot be read ({error}). Nothing was imported."
        ) from None


def _as_dict(report: ImportReport) -> dict[str, Any]:
    c = report.counts
    return {
        "file": report.file,
        "table": report.table,
        "import_no": report.import_no,
        "generation": report.generation,
        "rows": c.rows,
        "accepted": c.accepted,
        "duplicate": c.duplicate,
        "quarantined": c.quarantined,
        "blank_lines": c.blank,
        "columns_not_read": list(report.unread),
        "already_imported_at": report.already_imported_at,
    }


def sentence(report: ImportReport) -> str:
    """Return the reconciliation of one import as a line."""
    c = report.counts
    return (
        f"{report.file} ({report.table}): {c.rows:,} {c.unit}{'' if c.rows == 1 else 's'} = "
        f"{c.accepted:,} new + "
        f"{c.duplicate:,} already here + {c.quarantined:,} set aside"
    )


def _tell(record: Store, report: ImportReport) -> None:
    out.print(sentence(report), markup=False)
    if report.counts.rows == 0:
        out.print(f"  {report.file} has column names and no rows below them.", markup=False)
    if report.unread:
        out.print(f"  Columns that are not read: {', '.join(report.unread)}", markup=False)
    if report.already_imported_at is not None:
        day = report.already_imported_at.date()
        out.print(f"  The same file was imported on {day}; nothing was added.", markup=False)
        return
    warning = urgent_rows(report)
    if warning is not None:
        out.print(f"  {warning}", markup=False)
    if report.counts.quarantined:
        rows = record.reader_for_care().quarantine(report.import_no)
        for row in rows[:10]:
            out.print(
                f"  row {row.row}, column {row.column}: {row.found!r} is not {row.allowed}.",
                markup=False,
            )
        if len(rows) > 10:
            out.print(
                f"  and {len(rows) - 10:,} more; the Import page lists them all.", markup=False
            )


def tell_changes(rebuilt: Rebuilt) -> None:
    """Name the imports that count otherwise than when they were made, and how."""
    for record, now in rebuilt.changed:
        then = record.counts
        out.print(
            f"Import {record.import_no} ({record.file}) counts otherwise now: {then.accepted:,} new, "
            f"{then.duplicate:,} already here and {then.quarantined:,} set aside before; "
            f"{now.accepted:,}, {now.duplicate:,} and {now.quarantined:,} now.",
            markup=False,
        )


def undo(
    import_no: Annotated[int, typer.Argument(help="Number of the import (see `status`).")],
    store: StoreOption,
) -> None:
    """Take one import back; its file and its record are kept."""
    record = Store.open(store)
    with progress_bar() as progress:
        rebuilt = record.undo_import(import_no, progress=progress)
    tell_changes(rebuilt)
    out.print(f"Import {import_no} is undone. Generation {rebuilt.generation} is in use.")
