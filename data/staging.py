"""How does a file become a table of text, row by row accounted for?"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from data.errors import FileRefused, RowProblem
from data.formats.delimited import Chunk, read_header, read_records
from data.formats.mapping import CANONICAL, Mapper, Mapping
from data.formats.reading import Reading
from data.formats.tables import EPISODES, ITEM, LOG, Table, recognise
from data.formats.text import Source

PARTS = 4096
"""An entry's number is its row times this, plus its place in the row: with a mapping, one
row may hold many scores. (A file has at most 2,000 columns.) SQL says ``entry >> 12``."""

_INSERTED_ROWS = 1_000_000

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is (0: unknown)."""


@dataclass(slots=True)
class Staged:
    """One file in the temporary table ``staged``, every cell as text.

    ``entries`` is the number of rows there (with a mapping, of score cells); ``problems``
    are the lines that are no records. Together they are all rows of the file.
    """

    file: str
    table: Table
    reading: Reading
    columns: tuple[str, ...]
    item_columns: int = 0
    unread: tuple[str, ...] = ()
    entries: int = 0
    blank: int = 0
    unit: str = "row"  # what an entry is; with a mapping it is a score
    problems: list[tuple[RowProblem, str]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows (entries and lines that are none) below the header; blank lines not counted."""
        return self.entries + len(self.problems)


def stage(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    *,
    reading: Reading,
    mapping: Mapping | None = None,
    progress: Progress | None = None,
) -> Staged:
    """Read *source* into the temporary table ``staged`` of *con*.

    Raises
    ------
    FileRefused
        If the file as a whole cannot be read; ``staged`` is then of no use.
    """
    delimiter, header = read_header(source)
    if mapping is None:
        staged, picks, extra = _canonical(source.name, header, reading)
        mapper = None
    else:
        mapper = Mapper(mapping, source.name, header)
        staged = Staged(
            source.name, LOG, mapping.reading, CANONICAL, unread=mapper.unread, unit="score"
        )
        picks, extra = list(range(len(CANONICAL))), []

    names = ["entry", *staged.columns, *(["attributes"] if extra else [])]
    typed = ", ".join(f"{n} {'BIGINT' if n == 'entry' else 'VARCHAR'}" for n in names)
    con.execute(f"CREATE OR REPLACE TEMP TABLE staged ({typed})")

    waiting: list[pa.Table] = []
    done = 0
    for chunk in _chunks(source, delimiter, len(header), mapper):
        staged.problems += chunk.problems
        staged.blank += chunk.blank
        staged.entries += len(chunk.rows)
        if len(chunk.rows):
            done = chunk.rows[-1]
            waiting.append(_as_arrow(names, chunk, picks, [(i, header[i]) for i in extra]))
        if sum(table.num_rows for table in waiting) >= _INSERTED_ROWS:
            _insert(con, waiting)
            if progress is not None:
                progress("reading rows", done, 0)
    _insert(con, waiting)
    return staged


def _chunks(source: Source, delimiter: str, width: int, mapper: Mapper | None) -> Iterator[Chunk]:
    for chunk in read_records(source, delimiter=delimiter, width=width):
        yield chunk if mapper is None else mapper.apply(chunk)


def _canonical(
    file: str, header: list[str], reading: Reading
) -> tuple[Staged, list[int], list[int]]:
    """Return what to stage, the positions of its columns, and the positions of further ones."""
    table = recognise(file, header)
    known = {column.name for column in table.columns}
    items = [name for name in header if table is LOG and ITEM.fullmatch(name)]
    expected = [f"item_{k}" for k in range(1, len(items) + 1)]
    if set(items) != set(expected):
        gap = next(name for name in expected if name not in items)
        raise FileRefused(
            f"{file}, row 1: there are {len(items)} item columns, but {gap} is missing among them. "
            "Item columns count from item_1 without gaps. Nothing was imported."
        )
    columns = [name for name in header if name in known] + expected
    further = [i for i, name in enumerate(header) if name and name not in {*columns}]
    staged = Staged(
        file,
        table,
        reading,
        tuple(columns),
        len(items),
        () if table is EPISODES else tuple(header[i] for i in further),
    )
    return staged, [header.index(name) for name in columns], further if table is EPISODES else []


def _as_arrow(
    names: list[str], chunk: Chunk, picks: list[int], extra: list[tuple[int, str]]
) -> pa.Table:
    entries = np.array(chunk.rows, dtype=np.int64) * PARTS
    if chunk.parts:
        entries += chunk.parts
    arrays = [pa.array(entries)]
    for i in picks:
        column = chunk.columns[i]
        arrays.append(pa.array(column, pa.string()) if isinstance(column, list) else column)
    if extra:
        cells = zip(*(chunk.columns[i] for i, _ in extra), strict=True)
        texts = [
            json.dumps({n: str(c) for (_, n), c in zip(extra, row, strict=True) if str(c)})
            for row in cells
        ]
        arrays.append(pa.array(texts, pa.string()))
    return pa.Table.from_arrays(arrays, names=names)


def _insert(con: duckdb.DuckDBPyConnection, waiting: list[pa.Table]) -> None:
    """Insert what waits in one statement: few large ones use both cores, many small ones none."""
    if waiting:
        con.register("incoming", pa.concat_tables(waiting))
        con.execute("INSERT INTO staged SELECT * FROM incoming")
        con.unregister("incoming")
        waiting.clear()
