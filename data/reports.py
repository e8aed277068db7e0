"""What is told of an import or a rebuild when it is done?"""

from dataclasses import dataclass, replace
from datetime import datetime

from data.ledger import Counts, ImportRecord


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of one file."""

    file: str
    table: str
    counts: Counts
    import_no: int
    generation: int
    already_imported_at: datetime | None = None
    unread: tuple[str, ...] = ()
    urgent: int = 0  # rows set aside that hold an answer to a risk item which asks for a look


def urgent_rows(report: ImportReport) -> str | None:
    """Return the sentence on answers to risk items in rows that were set aside, if any were."""
    if not report.urgent:
        return None
    one = report.urgent == 1
    return (
        f"{report.urgent:,} of the rows set aside {'holds' if one else 'hold'} an answer to a risk item "
        "that asks for a look. It stands first on the client's page; look at it now."
    )


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A generation made from the original files, and the imports that count otherwise now."""

    generation: int
    changed: tuple[tuple[ImportRecord, Counts], ...]


def already_imported(name: str, earlier: ImportRecord) -> ImportReport:
    """Tell that all rows of a file are here already, and which were set aside then."""
    c = earlier.counts
    counts = replace(c, accepted=0, duplicate=c.accepted + c.duplicate)
    return ImportReport(
        name,
        earlier.table,
        counts,
        earlier.import_no,
        earlier.generation,
        already_imported_at=earlier.imported_at,
    )
