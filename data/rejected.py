"""What did the rows of a file that were set aside look like in the file itself?"""

import csv
from collections.abc import Collection, Iterator, Sequence
from typing import cast

from data.formats.delimited import read_header
from data.formats.text import Encoding, Source, blocks
from data.ledger import ImportOptions


def rejected_rows(source: Source, options: ImportOptions, rows: Collection[int]) -> str:
    """Return the header and the rows of these numbers, letter by letter as in the file.

    Corrected, the text is a file of the same layout that can be imported again.

    Parameters
    ----------
    source
        The original file.
    options
        How it was read; only the encoding matters here.
    rows
        Numbers of rows as a spreadsheet shows them: the header is row 1.

    Raises
    ------
    FileRefused
        If the file cannot be read at all.
    """
    source = Source(source.name, source.path, cast("Encoding | None", options.encoding))
    delimiter, names = read_header(source)
    wanted = {1, *rows}
    last = max(wanted)
    kept = []
    for row, text in original_rows(source, delimiter=delimiter, width=len(names)):
        if row in wanted:
            kept.append(text if text.endswith("\n") else text + "\n")
        if row >= last:
            break
    return "".join(kept)


def original_rows(source: Source, *, delimiter: str, width: int) -> Iterator[tuple[int, str]]:
    """Yield each row's number and its text with the line end, counted as an import counts.

    A quoted cell may span lines; lines that together are no record are a row each.
    """
    lines = _Lines(blocks(source))
    row = 0
    while (first := lines.peek(0)) is not None:
        row += 1
        taken = 1
        if '"' in first:
            taken = _lines_of_record(lines, delimiter, width)
        yield row, "".join(lines.take() for _ in range(taken))


def _lines_of_record(lines: "_Lines", delimiter: str, width: int) -> int:
    """Return how many lines the record at the front takes; 1 if they are no record."""
    reader = csv.reader(lines.ahead(), delimiter=delimiter, strict=True)
    try:
        record: Sequence[str] = next(reader)
    except (csv.Error, StopIteration):
        return 1
    return reader.line_num if len(record) == width else 1


class _Lines:
    """The lines of a file, of which some may be looked at before they are taken."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self._waiting: list[str] = []
        self._at = 0
        self._rest = ""
        self._lone_returns: bool | None = None

    def peek(self, ahead: int) -> str | None:
        """Return the line that many places ahead, or ``None`` behind the end."""
        while self._at + ahead >= len(self._waiting):
            if not self._read_more():
                return None
        return self._waiting[self._at + ahead]

    def take(self) -> str:
        """Return the line at the front and go on to the next one."""
        line = self._waiting[self._at]
        self._at += 1
        return line

    def ahead(self) -> Iterator[str]:
        """Yield the lines from the front on without taking them."""
        position = 0
        while (line := self.peek(position)) is not None:
            yield line
            position += 1

    def _read_more(self) -> bool:
        text = next(self._texts, None)
        if text is None:
            if self._rest:
                self._waiting = [*self._waiting[self._at :], self._rest]
                self._at, self._rest = 0, ""
                return True
            return False
        if self._lone_returns is None:
            self._lone_returns = "\n" not in text and "\r" in text
        if self._lone_returns:
            text = text.replace("\r", "\n")
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        self._waiting = [*self._waiting[self._at :], *(line + "\n" for line in lines)]
        self._at = 0
        return True
