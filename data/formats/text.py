"""Which characters does a file hold?"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from data.errors import FileRefused

Encoding = Literal["utf-8", "utf-16", "cp1252"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "cp1252")

BLOCK_BYTES = 4 << 20

_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip file or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
)
_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be read: its display name, its bytes' place and its encoding.

    ``encoding`` is ``None`` where nobody has chosen one: then a byte-order mark decides,
    and UTF-8 is required otherwise. An encoding is never guessed.
    """

    name: str
    path: Path
    encoding: Encoding | None = None

    def open(self) -> BinaryIO:
        """Open the bytes; the caller closes them."""
        return self.path.open("rb")


def encoding_of(source: Source) -> Encoding:
    """Return the encoding that the file's first bytes or a person's choice name.

    Raises
    ------
    FileRefused
        If the file is empty, is no text, or is UTF-16 without its mark.
    """
    with source.open() as file:
        head = file.read(4096)
    if not head:
        raise FileRefused(f"{source.name} is empty (0 bytes). Nothing was imported.")
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            raise FileRefused(
                f"{source.name} is {kind}, not a text file with comma-separated values. "
                "Export it as CSV and import that. Nothing was imported."
            )
    if head[8:12] == b"DUCK":
        raise FileRefused(
            f"{source.name} is a DuckDB database. Databases are not opened from uploads, because "
            "they are not checked row by row; export the table as CSV. Nothing was imported."
        )
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if source.encoding is not None:
        return source.encoding
    if b"\x00" in head:
        raise FileRefused(
            f"{source.name} holds NUL bytes near its start: it is either not text or UTF-16 "
            "without a byte-order mark. Save it as UTF-8, or choose the encoding utf-16. "
            "Nothing was imported."
        )
    return "utf-8"


def blocks(source: Source, *, block_bytes: int = BLOCK_BYTES) -> Iterator[str]:
    """Yield the file's text in blocks, without a byte-order mark.

    Raises
    ------
    FileRefused
        At the first byte that the encoding does not have, or at a NUL, with its line.
    """
    encoding = encoding_of(source)
    decoder = codecs.getincrementaldecoder(_codec(source, encoding))("strict")
    other = codecs.getincrementaldecoder("utf-8")("strict") if encoding == "cp1252" else None
    plain = True
    line = 1
    with source.open() as file:
        while True:
            chunk = file.read(block_bytes)
            plain = plain and chunk.isascii()
            other = _still_fits(other, chunk)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                bad = line + bytes(error.object[: error.start]).count(b"\n")
                raise FileRefused(_undecodable(source, encoding, error, bad)) from None
            if "\x00" in text:
                bad = line + text[: text.index("\x00")].count("\n")
                raise FileRefused(
                    f"{source.name}, line {bad}: a NUL byte stands in the text, which no text file "
                    "has. The file is damaged or not a text file. Nothing was imported."
                )
            line += text.count("\n")
            if text:
                yield text
            if not chunk:
                break
    if other is not None and not plain:
        # Windows files with letters beyond ASCII are practically never valid UTF-8.
        raise FileRefused(
            f"{source.name} is UTF-8: read as cp1252 its letters beyond A to Z would come out "
            "wrong. Import it again without choosing an encoding. Nothing was imported."
        )


def _still_fits(
    decoder: codecs.BufferedIncrementalDecoder | None, chunk: bytes
) -> codecs.BufferedIncrementalDecoder | None:
    """Return *decoder* as long as it can read the file, and ``None`` from then on."""
    if decoder is None:
        return None
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError:
        return None
    return decoder


def _codec(source: Source, encoding: Encoding) -> str:
    """Return Python's name; UTF-16 without a mark shows its byte order in the header."""
    if encoding == "utf-8":
        return "utf-8-sig"
    if encoding == "utf-16":
        with source.open() as file:
            head = file.read(2)
        if head not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16-be" if head[:1] == b"\x00" else "utf-16-le"
    return encoding


def _undecodable(source: Source, encoding: Encoding, error: UnicodeDecodeError, line: int) -> str:
    found = error.object[error.start : error.start + 1].hex()
    if encoding == "utf-8":
        return (
            f"{source.name}, line {line}: the byte 0x{found} is not UTF-8. If the file was saved "
            "by Excel as CSV on Windows, import it again and choose the encoding cp1252; "
            "otherwise save it as UTF-8. Nothing was imported."
        )
    return (
        f"{source.name}, line {line}: the byte 0x{found} does not exist in {encoding}. Choose "
        f"another encoding ({', '.join(ENCODINGS)}). Nothing was imported."
    )


def source_from_bytes(name: str, content: bytes, folder: Path) -> Source:
    """Write uploaded bytes to a scratch file in *folder* and name it for reading."""
    path = folder / "upload"
    with path.open("wb") as file:
        file.write(io.BytesIO(content).getbuffer())
    return Source(name, path)
