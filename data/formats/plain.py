"""Does a block of lines hold nothing but cells and separators? Then it splits in one go."""

import numpy as np
import pyarrow as pa

_LINE_END = ord("\n")


def split_plain(text: str, *, delimiter: str, width: int, cell_limit: int) -> list[pa.Array] | None:
    """Return the columns of *text*, or ``None`` where it needs a reader that knows quotes.

    *text* is whole lines with a line end behind each. Every line must have exactly *width*
    cells, two at least, and no quotation mark, carriage return or overlong cell may stand
    in it. The order of all separators is checked, so that one short and one long line can
    never make up for each other. At ten million rows this is many times faster than
    reading row by row; which way a block is read never shows in the result.
    """
    if width < 2 or '"' in text or "\r" in text or not text.endswith("\n"):
        return None
    octets = np.frombuffer(text.encode("utf-8"), np.uint8)
    is_mark = (octets == _LINE_END) | (octets == ord(delimiter))
    places = np.flatnonzero(is_mark)
    if len(places) % width:
        return None
    marks = octets[places].reshape(-1, width)
    if not ((marks[:, -1] == _LINE_END).all() and (marks[:, :-1] == ord(delimiter)).all()):
        return None
    if np.diff(places, prepend=-1).max() > cell_limit:
        return None
    # All cells as one Arrow array: the octets without separators, and where each cell ends.
    ends = np.zeros(len(places) + 1, np.int32)
    ends[1:] = places - np.arange(len(places))
    cells = pa.StringArray.from_buffers(
        len(places), pa.py_buffer(ends), pa.py_buffer(octets[~is_mark])
    )
    first = np.arange(0, len(places), width, dtype=np.int32)
    return [cells.take(pa.array(first + i)) for i in range(width)]
