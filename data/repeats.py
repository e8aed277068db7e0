"""Has the same file come before, read in the same way?"""

from collections.abc import Sequence

from data.ledger import ImportOptions, ImportRecord


def earlier_imports(
    records: Sequence[ImportRecord], sha256: str, options: ImportOptions
) -> list[ImportRecord]:
    """Return the imports in use of the same bytes, read in the same way, the first one first."""
    return [
        record
        for record in records
        if (record.sha256, record.options) == (sha256, options) and record.undone_at is None
    ]


def same_import(
    records: Sequence[ImportRecord], sha256: str, options: ImportOptions
) -> ImportRecord | None:
    """Return the one of them that took every row, if there is one."""
    for record in earlier_imports(records, sha256, options):
        if not record.counts.quarantined:
            return record
    return None
