"""Is every record of a text file found, whatever the text is, and no column shifted?"""

import csv
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import FileRefused
from data.formats.delimited import CELL_LIMIT, LINE_LIMIT, Chunk, read_header, read_records
from data.formats.plain import split_plain
from data.formats.text import BLOCK_BYTES, Source

BOUNDED = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PIECES = ["a", "1", " ", ",", ";", "\t", '"', '""', "\n", "\r", "\r\n", "é", "\u2028", "\x0b"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
CELL = st.text(st.sampled_from('ab1 ,;"\n\té\u2028\u0085'), max_size=8)


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text as a file: records with their rows, problems, blanks."""

    def run(text: str | bytes, width: int = 3, block_bytes: int = BLOCK_BYTES):
        path = tmp_path / "file.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        source = Source("file.csv", path)
        delimiter, _ = read_header(source)
        rows, records, problems, blank = [], [], [], 0
        for chunk in read_records(
            source, delimiter=delimiter, width=width, block_bytes=block_bytes
        ):
            assert isinstance(chunk, Chunk)
            columns = [c if isinstance(c, list) else c.to_pylist() for c in chunk.columns]
            rows += chunk.rows
            found = list(zip(*columns, strict=True))
            assert len(found) == len(chunk.rows)
            records += found
            problems += [(p.row, p.code, line) for p, line in chunk.problems]
            blank += chunk.blank
        return list(zip(rows, records, strict=True)), problems, blank

    return run


@BOUNDED
@given(text=HOSTILE)
@example('"a\n,b,c\n1,2,3\n')
@example('a,b,"c\n1,2,3\n1,2,3"\n')
@example("a\rb\nc,d,e\r\n")
@example('1,2,"3\n\n\n4"\r\n1,2,3\r1,2,3\n')
def test_hostile_text_loses_no_row_wherever_a_block_ends(read, text):
    content = "h1,h2,h3\n" + text
    whole = read(content)
    records, problems, blank = whole
    numbers = sorted([row for row, _ in records] + [row for row, _, _ in problems])
    assert len(set(numbers)) == len(numbers)
    # Every row below the header is a record, a problem or a blank row.
    assert all(2 <= number <= 1 + len(numbers) + blank for number in numbers)
    # Every letter is somewhere.
    letters = "".join("".join(cells) for _, cells in records)
    letters += "".join(line for _, _, line in problems)
    for letter in "a1é":
        assert letters.count(letter) == text.count(letter)
    for block_bytes in (1, 2, 3, 7, 16):
        assert read(content, block_bytes=block_bytes) == whole


@BOUNDED
@given(
    table=st.lists(st.tuples(CELL, CELL, CELL), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    mark=st.sampled_from([",", ";", "\t", "|"]),
    block_bytes=st.sampled_from([3, 11, BLOCK_BYTES]),
)
def test_a_well_formed_file_reads_as_it_was_written(
    read, table, line_end, quoting, mark, block_bytes
):
    file = io.StringIO()
    writer = csv.writer(file, lineterminator=line_end, quoting=quoting, delimiter=mark)
    writer.writerow(["h1", "h2", "h3"])
    writer.writerows(table)
    records, problems, blank = read(file.getvalue(), block_bytes=block_bytes)
    assert [cells for _, cells in records] == table
    assert [row for row, _ in records] == list(range(2, len(table) + 2))
    assert (problems, blank) == ([], 0)


@BOUNDED
@given(
    lines=st.lists(
        st.one_of(
            st.just("a,b,c"), st.just("1,,2"), st.just(",,"), st.just("a,b"), st.just("a,b,c,d"),
            st.just(""), st.just("  "), st.just("é,ü,\u2028"),
        ),
        max_size=12,
    ),
    last=st.sampled_from(["", "\n"]),
)  # fmt: skip
def test_the_fast_way_and_the_quoted_way_agree(read, lines, last):
    """A quotation mark anywhere sends a block the slow way; here in one more row at the end."""
    plain = "h1,h2,h3\n" + "\n".join(lines)
    records, problems, blank = read(plain + last)
    more = read(plain + '\n"x",y,z' + last)
    # An empty line behind the last row shows only where another row follows.
    assert more[0][:-1] == records
    assert more[0][-1][1] == ("x", "y", "z")
    assert more[1] == problems
    assert more[2] - blank in (0, 1)
    assert read("h1,h2,h3\r\n" + "\r\n".join(lines) + last) == (records, problems, blank)


@BOUNDED
@given(
    raw=st.binary(max_size=200),
    head=st.sampled_from([b"", b"a,b,c\n", b"\xff\xfe", b"\xef\xbb\xbf"]),
)
def test_bytes_of_any_kind_are_read_or_refused_in_a_sentence(read, raw, head):
    sentence = "file.csv was read. Nothing was imported."
    try:
        read(head + raw)
    except FileRefused as refusal:
        sentence = str(refusal)
    assert sentence.startswith("file.csv")
    assert sentence.endswith("Nothing was imported.")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_of_line_ends_of_one_kind_reads_the_same_in_blocks_of_any_size(read, end):
    text = end.join(["h1,h2,h3", "a,b,c", "d,e", "", '"f",g,h', "i,j,k"])
    expected = (
        [(2, ("a", "b", "c")), (5, ("f", "g", "h")), (6, ("i", "j", "k"))],
        [(3, "ragged_row", "d,e")],
        1,
    )
    for block_bytes in (1, 2, 5, BLOCK_BYTES):
        assert read(text, block_bytes=block_bytes) == expected


def test_an_open_mark_is_found_in_the_row_where_it_stands(read):
    text = 'h1,h2,h3\na,b,c\n"open,b,c\nd,e,f\ng,h,i\n'
    assert read(text)[0] == [(2, ("a", "b", "c")), (4, ("d", "e", "f")), (5, ("g", "h", "i"))]
    assert read(text)[1] == [(3, "unclosed_quote", '"open,b,c')]


def test_an_open_mark_that_a_later_row_happens_to_close_takes_no_row_along(read):
    text = 'h1,h2,h3\n"open,b,c\nd,e,f\ng,h",i\nj,k,l\n'
    records, problems, _ = read(text)
    assert records == [(3, ("d", "e", "f")), (4, ("g", 'h"', "i")), (5, ("j", "k", "l"))]
    assert problems == [(2, "unclosed_quote", '"open,b,c')]


def test_a_quoted_cell_may_have_many_lines_across_blocks(read):
    long = "\n".join(f"line {n}" for n in range(2000))
    text = f'h1,h2,h3\na,"{long}",c\nd,e,f\n'
    for block_bytes in (512, BLOCK_BYTES):
        records, problems, _ = read(text, block_bytes=block_bytes)
        assert records == [(2, ("a", long, "c")), (3, ("d", "e", "f"))]
        assert problems == []


def test_an_endless_cell_takes_no_other_row_along(read):
    text = f"h1,h2,h3\na,{'x' * (CELL_LIMIT + 1)},c\nd,e,f\n"
    records, problems, _ = read(text)
    assert records == [(3, ("d", "e", "f"))]
    assert [(row, line[:5]) for row, _, line in problems] == [(2, "a,xxx")]


def test_a_line_without_end_is_refused_before_it_fills_the_memory(read):
    with pytest.raises(FileRefused, match="row 2: the line is longer than 16 MB"):
        read("h1,h2,h3\n" + "x" * (LINE_LIMIT + BLOCK_BYTES + 1))


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [("a,b,c", ","), ("a;b;c", ";"), ("a\tb", "\t"), ("a|b", "|"), ('"a, of b";"c, of d"', ";"),
     ("a;b,c;d", ";"), ("one", ",")],
)  # fmt: skip
def test_the_delimiter_is_the_one_that_splits_the_header(tmp_path, header, delimiter):
    path = tmp_path / "file.csv"
    path.write_text(header + "\n1,2;3\n")
    assert read_header(Source("file.csv", path))[0] == delimiter


@pytest.mark.parametrize(
    "text", ['a,"b"\n', "a,b\r\n", "a,b\nc\n", "a\nb,c,d\n", "a,b", "a,bbbbbb\n"]
)
def test_the_fast_way_leaves_what_it_cannot_split(text):
    assert split_plain(text, delimiter=",", width=2, cell_limit=5) is None
