"""Which records does a text file with separated values hold, and which lines are none?"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from data.errors import FileRefused, RowProblem
from data.formats.text import Source, blocks

DELIMITERS = (",", ";", "\t", "|")
CELL_LIMIT = 65_536
COLUMN_LIMIT = 2_000


@dataclass(slots=True)
class Chunk:
    """Some whole records of one width, column by column, and the lines that are none.

    ``rows[i]`` is the number of the i-th record as a spreadsheet shows it.
    """

    rows: list[int]
    columns: list[list[str]]
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
    delimiter = max(DELIMITERS, key=line.count)
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


def read_records(source: Source, *, delimiter: str, width: int) -> Iterator[Chunk]:
    """Yield the records below the header as chunks of text columns.

    A line that is no record (another number of cells, a quotation mark that is not
    closed) becomes a problem of its own and never swallows the lines after it.
    """
    splitter = _Splitter(source.name, delimiter, width)
    rest = ""
    lone_returns: bool | None = None
    for text in blocks(source):
        if lone_returns is None:
            lone_returns = "\n" not in text and "\r" in text
        if lone_returns:
            text = text.replace("\r", "\n")
        text = rest + text
        cut = text.rfind("\n") + 1
        rest = text[cut:]
        # A quoted cell may span lines; a quotation mark left open at the cut waits for more text.
        if text.count('"', 0, cut) % 2 and len(rest) < CELL_LIMIT:
            cut = splitter.even_cut(text, cut)
            rest = text[cut:]
        if cut:
            yield splitter.split(text[:cut])
    if rest:
        yield splitter.split(rest)


class _Splitter:
    """Turns blocks of whole lines into chunks and counts rows as it goes."""

    def __init__(self, name: str, delimiter: str, width: int) -> None:
        self.name = name
        self.delimiter = delimiter
        self.width = width
        self.row = 0  # the header will be row 1

    def even_cut(self, text: str, cut: int) -> int:
        """Return the last line end before *cut* with all quotation marks closed, or *cut*."""
        position = text.rfind("\n", max(0, cut - 2 * CELL_LIMIT), cut - 1) + 1
        quotes = text.count('"', 0, position)
        while position > max(0, cut - CELL_LIMIT):
            if quotes % 2 == 0:
                return position
            earlier = text.rfind("\n", 0, position - 1) + 1
            quotes -= text.count('"', earlier, position)
            position = earlier
        return cut  # open for longer than a cell may be: the line itself is at fault

    def split(self, text: str) -> Chunk:
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        if '"' in text:
            return self._split_quoted(lines)
        records = csv.reader(lines, delimiter=self.delimiter, strict=True)
        try:
            cells = list(records)
        except csv.Error:  # a stray carriage return or an endless cell: line by line
            return self._split_quoted(lines)
        return self._collect(cells, lines)

    def _collect(self, records: Sequence[list[str]], lines: Sequence[str]) -> Chunk:
        width, start = self.width, self.row
        self.row += len(records)
        first = 1 if start == 0 else 0  # the header
        if all(len(record) == width for record in records):
            rows = list(range(start + 1 + first, self.row + 1))
            return Chunk(rows, [list(c) for c in zip(*records[first:], strict=True)])
        chunk = Chunk([], [])
        kept: list[list[str]] = []
        for i in range(first, len(records)):
            record = records[i]
            if len(record) == width:
                chunk.rows.append(start + 1 + i)
                kept.append(record)
            elif not record or (len(record) == 1 and not record[0].strip()):
                chunk.blank += 1
            else:
                chunk.problems.append(self._ragged(start + 1 + i, len(record), lines[i]))
        chunk.columns = [list(c) for c in zip(*kept, strict=True)]
        return chunk

    def _split_quoted(self, lines: list[str]) -> Chunk:
        """Split lines of which some hold quotation marks, one record at a time."""
        chunk = Chunk([], [])
        kept: list[list[str]] = []
        position = 0
        while position < len(lines):
            feed = (lines[i] + "\n" for i in range(position, len(lines)))
            reader = csv.reader(feed, delimiter=self.delimiter, strict=True)
            used = 0
            try:
                for record in reader:
                    taken = reader.line_num - used
                    if taken > 1 and len(record) != self.width:
                        break  # several lines that make no record: the first one is at fault
                    used = reader.line_num
                    self._take(record, lines[position], chunk, kept)
                    position += taken
                else:
                    continue
                self._set_aside(lines[position], chunk)
            except csv.Error:
                self._set_aside(lines[position], chunk)
            position += 1
        chunk.columns = [list(c) for c in zip(*kept, strict=True)]
        return chunk

    def _take(
        self, record: list[str], line: str, chunk: Chunk, kept: list[list[str]]
    ) -> None:
        self.row += 1
        if self.row == 1:
            return
        if len(record) == self.width:
            chunk.rows.append(self.row)
            kept.append(record)
        elif not record or (len(record) == 1 and not record[0].strip()):
            chunk.blank += 1
        else:
            chunk.problems.append(self._ragged(self.row, len(record), line))

    def _set_aside(self, line: str, chunk: Chunk) -> None:
        self.row += 1
        problem = RowProblem(
            self.name,
            self.row,
            "(the whole row)",
            _shortened(line),
            "a row whose quotation marks are opened and closed around whole cells",
            "unclosed_quote",
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
