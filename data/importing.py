"""How does one file go from bytes to judged rows, and from there into a generation?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from analytics.instrument import Instrument
from data.admission import admit_scores
from data.companions import admit_companion, admit_episodes
from data.errors import DataError, RowProblem
from data.formats.mapping import read_mapping
from data.formats.reading import DATE_ORDERS, DECIMALS, Reading
from data.formats.tables import EPISODES, LOG
from data.formats.text import ENCODINGS, Source
from data.judging import judge
from data.ledger import Counts, ImportOptions
from data.library import Library
from data.quarantine import write_quarantine
from data.staging import Progress, Staged, stage

PREVIEWED = 1_000


@dataclass(slots=True)
class Judged:
    """A file whose rows are judged in the temporary tables of one connection."""

    staged: Staged
    con: duckdb.DuckDBPyConnection
    instruments: Mapping[str, Instrument]

    @property
    def table(self) -> str:
        """Which table of the log the file holds."""
        return self.staged.table.name

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns that are not read."""
        return self.staged.unread


def judge_file(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    options: ImportOptions,
    *,
    library: Library,
    today: date,
    progress: Progress | None = None,
) -> Judged:
    """Read and judge *source* in temporary tables of *con*."""
    if options.encoding is not None and options.encoding not in ENCODINGS:
        raise DataError(f"The encoding is one of {', '.join(ENCODINGS)}, not {options.encoding}.")
    if options.dates not in DATE_ORDERS:
        raise DataError(f"The order of dates is {', '.join(DATE_ORDERS)}, not {options.dates}.")
    if options.decimal not in DECIMALS:
        raise DataError(f"The decimal mark is one of {' '.join(DECIMALS)}, not {options.decimal}.")
    source = Source(source.name, source.path, options.encoding)
    reading = Reading(options.dates, options.decimal)
    mapping = None
    if options.mapping is not None:
        mapping = read_mapping(options.mapping, options.mapping_name or "the mapping")
    staged = stage(con, source, reading=reading, mapping=mapping, progress=progress)
    if progress is not None:
        progress("judging rows", 0, 0)
    judge(con, staged, instruments=dict(library.instruments), today=today)
    return Judged(staged, con, library.instruments)


def admit(
    con: duckdb.DuckDBPyConnection,
    judged: Judged,
    import_no: int,
    *,
    replaces: Sequence[int] = (),
) -> Counts:
    """Write the good rows and the quarantine of a judged file; account for every row.

    *replaces* are earlier imports of the same file: what they had set aside is judged anew.

    Raises
    ------
    DataError
        If a row is unaccounted for; the caller then drops the whole generation.
    """
    staged = judged.staged
    if staged.table is LOG:
        admit_scores(con, import_no)
    elif staged.table is EPISODES:
        admit_episodes(con, import_no)
    else:
        admit_companion(con, staged.table, import_no)
    write_quarantine(con, staged, import_no, judged.instruments)
    for earlier in replaces:
        con.execute("DELETE FROM quarantine WHERE import_no = ?", [earlier])
    counts = count_rows(con, staged)
    if staged.table is LOG:
        written = con.execute(
            "SELECT count(*) FROM score WHERE import_no = ?", [import_no]
        ).fetchall()
        if written[0][0] != counts.accepted:
            raise DataError(
                f"{staged.file}: {counts.accepted} rows should have been written and {written[0][0]} "
                "were. This is a fault of the program; the store is as it was before."
            )
    return counts


def count_rows(con: duckdb.DuckDBPyConnection, staged: Staged) -> Counts:
    """Count where the rows of the file went; accepted rows are those left in the last table."""
    left = "keyed" if staged.table is LOG else "judged"
    accepted, duplicate, set_aside = con.execute(
        f"SELECT (SELECT count(*) FROM {left}), (SELECT count(*) FROM duplicate), "
        "(SELECT count(*) FROM problem)"
    ).fetchall()[0]
    quarantined = set_aside + len(staged.problems)
    counts = Counts(staged.rows, accepted, duplicate, quarantined, staged.blank, staged.unit)
    if not counts.reconciles():
        raise DataError(
            f"{staged.file}: {counts.rows} rows came, and {accepted} new, {duplicate} already here and "
            f"{quarantined} set aside do not add up to them. This is a fault of the program; the "
            "store is as it was before."
        )
    return counts


def problems(con: duckdb.DuckDBPyConnection, staged: Staged) -> list[RowProblem]:
    """Return the rows that were set aside, in the order of the file, at most PREVIEWED."""
    rows = con.execute(
        "SELECT (entry >> 12)::INTEGER, column_name, found, allowed, code FROM problem "
        f"ORDER BY entry LIMIT {PREVIEWED}"
    ).fetchall()
    judged = [RowProblem(staged.file, *row) for row in rows]
    return sorted([*judged, *(p for p, _ in staged.problems)], key=lambda p: p.row)[:PREVIEWED]
