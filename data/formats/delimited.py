"""Which records does a text file with separated values hold, and which lines are none?"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from data.errors import FileRefused, RowProblem
from data.formats.plain import split_plain
from data.formats.text import BLOCK_BYTES, Source, blocks

DELIMITERS = (",", ";", "\t", "|")
CELL_LIMIT = 65_536
LINE_LIMIT = 16 << 20
COLUMN_LIMIT = 2_000


Column: TypeAlias = list[str] | pa.Array
"""The texts of one column; an Arrow array where the block was plain."""


@dataclass(slots=True)
class Chunk:
    """Some whole records of one width, column by column, and the lines that are none.

    ``rows[i]`` is the number of the i-th record as a spreadsheet shows it.
    """

    rows: Sequence[int]
    columns: Sequence[Column]
    problems: list[tuple[RowProblem, str]] = field(default_factory=list)
    blank: int = 0
    parts: list[int] = field(default_factory=list)  # with a mapping: the column of each entry


def read_header(source: Source) -> tuple[str, list[str]]:
    """Return the delimiter and the names in row 1.

    The delimiter is the one that splits the first line into the most cells.

    Raises
    ------
    FileRefused
        If the first row is blank or not closed, or has too many columns.
    """
    first = next(blocks(source), "")
    line = first.replace("\r\n", "\n").replace("\r", "\n").split("\n", 1)[0]
    if not line.strip():
        raise FileRefused(
            f"{source.name}, row 1 is blank; it must hold the column names. Nothing was imported."
        )
    delimiter = max(DELIMITERS, key=lambda mark: (_cells(line, mark), line.count(mark)))
    try:
        names = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise FileRefused(
            f"{source.name}, row 1: a quotation mark is opened and not closed in the column "
            "names. Nothing was imported."
        ) from None
    if len(names) > COLUMN_LIMIT:
        raise FileRefused(
            f"{source.name} has {len(names)} columns; at most {COLUMN_LIMIT} are read. "
            "Nothing was imported."
        )
    return delimiter, [name.strip() for name in names]


def _cells(line: str, delimiter: str) -> int:
    """Return into how many cells *delimiter* splits the line; 0 where it does not."""
    try:
        cells = len(next(csv.reader([line], delimiter=delimiter, strict=True)))
    except csv.Error:
        return 0
    return cells if cells > 1 else 0


def read_records(
    source: Source, *, delimiter: str, width: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[Chunk]:
    """Yield the records below the header as chunks of text columns.

    A line that is no record (another number of cells, a quotation mark that is not
    closed) becomes a problem of its own and never swallows the lines after it. Where one
    block ends and the next begins never shows in the result.

    Raises
    ------
    FileRefused
        If the text cannot be decoded, or a line is so long that it is no table.
    """
    splitter = _Splitter(source.name, delimiter, width)
    rest = ""
    for block in _with_line_feeds(blocks(source, block_bytes=block_bytes)):
        text = rest + block
        cut = text.rfind("\n") + 1
        if not cut and len(text) > LINE_LIMIT:
            raise FileRefused(
                f"{source.name}, row {splitter.row + 1}: the line is longer than "
                f"{LINE_LIMIT >> 20} MB, so it is no row of a table. Nothing was imported."
            )
        chunk, used = splitter.split(text[:cut], last=False) if cut else (None, 0)
        rest = text[used:]
        if chunk is not None:
            yield chunk
    if rest:
        yield splitter.split(rest, last=True)[0]


def _with_line_feeds(texts: Iterable[str]) -> Iterator[str]:
    """Give a file whose header ends with a lone carriage return line feeds instead."""
    lone: bool | None = None
    held = ""
    for text in texts:
        if lone is None:
            held += text
            end = re.search("\r(?=.)|\n", held, re.DOTALL)
            if end is None:
                continue
            lone = end[0] == "\r" and held[end.end()] != "\n"
            text, held = held, ""
        yield text.replace("\r", "\n") if lone else text
    if held:
        yield held.replace("\r", "\n")


class _Splitter:
    """Turns blocks of whole lines into chunks and counts rows as it goes."""

    def __init__(self, name: str, delimiter: str, width: int) -> None:
        self.name = name
        self.delimiter = delimiter
        self.width = width
        self.row = 0  # the header will be row 1

    def split(self, text: str, *, last: bool) -> tuple[Chunk, int]:
        """Return the records of *text*, whole lines, and how many characters they took.

        A record whose quotation mark is still open at the end is left for the next block,
        unless this is the *last* one.
        """
        columns = split_plain(
            text, delimiter=self.delimiter, width=self.width, cell_limit=CELL_LIMIT
        )
        if columns is not None:
            return self._whole(columns), len(text)
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        try:
            records = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
            if len(records) == len(lines):  # no quoted cell goes on in the next line
                return self._collect(records, lines), len(text)
        except csv.Error:  # an open quotation mark, a stray return, an endless cell: line by line
            pass
        chunk, taken = self._split_quoted(lines, last=last)
        if taken == len(lines):
            return chunk, len(text)
        return chunk, sum(len(line) + 1 for line in lines[:taken])

    def _whole(self, columns: list[pa.Array]) -> Chunk:
        start, header = self.row, 1 if self.row == 0 else 0
        self.row += len(columns[0])
        return Chunk(range(start + 1 + header, self.row + 1), [c[header:] for c in columns])

    def _collect(self, records: Sequence[list[str]], lines: Sequence[str]) -> Chunk:
        width, start = self.width, self.row
        self.row += len(records)
        first = 1 if start == 0 else 0  # the header
        if all(len(record) == width for record in records):
            whole = range(start + 1 + first, self.row + 1)
            return Chunk(whole, [list(c) for c in zip(*records[first:], strict=True)])
        rows: list[int] = []
        chunk = Chunk(rows, [])
        kept: list[list[str]] = []
        for i in range(first, len(records)):
            record = records[i]
            if len(record) == width:
                rows.append(start + 1 + i)
                kept.append(record)
            elif not record or (len(record) == 1 and not record[0].strip()):
                chunk.blank += 1
            else:
                chunk.problems.append(self._ragged(start + 1 + i, len(record), lines[i]))
        chunk.columns = [list(c) for c in zip(*kept, strict=True)]
        return chunk

    def _split_quoted(self, lines: list[str], *, last: bool) -> tuple[Chunk, int]:
        """Split lines of which some hold quotation marks, one record at a time."""
        rows: list[int] = []
        chunk = Chunk(rows, [])
        kept: list[list[str]] = []
        position, ran_out = 0, False

        def feed(start: int) -> Iterator[str]:
            nonlocal ran_out
            for i in range(start, len(lines)):
                yield lines[i] + "\n"
            ran_out = True

        while position < len(lines):
            reader = csv.reader(feed(position), delimiter=self.delimiter, strict=True)
            used = 0
            stray = False
            try:
                for record in reader:
                    taken = reader.line_num - used
                    if taken > 1 and len(record) != self.width:
                        break  # several lines that make no record: the first one is at fault
                    used = reader.line_num
                    if self._take(record, lines[position], chunk):
                        rows.append(self.row)
                        kept.append(record)
                    position += taken
                else:
                    continue
            except csv.Error as error:
                if ran_out and not last:
                    break  # the rest of the record may stand in the next block
                stray = "new-line" in str(error)
            self._set_aside(lines[position], chunk, stray=stray)
            position += 1
        chunk.columns = [list(c) for c in zip(*kept, strict=True)]
        return chunk, position

    def _take(self, record: list[str], line: str, chunk: Chunk) -> bool:
        """Count one record; return whether it is one of the table's rows."""
        self.row += 1
        if self.row == 1:
            return False
        if len(record) == self.width:
            return True
        if not record or (len(record) == 1 and not record[0].strip()):
            chunk.blank += 1
        else:
            chunk.problems.append(self._ragged(self.row, len(record), line))
        return False

    def _set_aside(self, line: str, chunk: Chunk, *, stray: bool) -> None:
        self.row += 1
        allowed, code = (
            ("a row without a carriage return inside; the file mixes line ends", "stray_return")
            if stray
            else (
                "a row whose quotation marks are opened and closed around whole cells",
                "unclosed_quote",
            )
        )
        problem = RowProblem(
            self.name, self.row, "(the whole row)", _shortened(line), allowed, code
        )
        chunk.problems.append((problem, line.rstrip("\r")))

    def _ragged(self, row: int, cells: int, line: str) -> tuple[RowProblem, str]:
        problem = RowProblem(
            self.name,
            row,
            "(the whole row)",
            f"{cells} cell{'' if cells == 1 else 's'}",
            f"a row of {self.width} cells, as the header has",
            "ragged_row",
        )
        return problem, line.rstrip("\r")


def _shortened(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[:limit] + "..."


csv.field_size_limit(CELL_LIMIT)
