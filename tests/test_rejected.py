"""Are rejected rows given back letter by letter, under the numbers that the import used?"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import FileRefused
from data.formats.delimited import read_header, read_records
from data.formats.text import Source
from data.ledger import ImportOptions
from data.rejected import original_rows, rejected_rows

HEADER = "client_id,instrument,administered_on,total\n"


@pytest.fixture
def source(tmp_path):
    def make(content: str | bytes) -> Source:
        path = tmp_path / "log.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Source("log.csv", path)

    return make


def test_header_and_wanted_rows_come_back_exactly(source):
    text = HEADER + 'C-1,phq-9,2026-01-05,12\n"C-2" ,"phq-9",  05/01/2026,"1,5"\nC-3,phq-9,x,1\n'
    assert rejected_rows(source(text), ImportOptions(), [3]) == (
        HEADER + '"C-2" ,"phq-9",  05/01/2026,"1,5"\n'
    )


def test_line_ends_of_windows_are_kept(source):
    text = HEADER.replace("\n", "\r\n") + "C-1,phq-9,x,1\r\nC-2,phq-9,y,1\r\n"
    assert rejected_rows(source(text), ImportOptions(), [3]).endswith("total\r\nC-2,phq-9,y,1\r\n")


def test_a_last_row_without_a_line_end_gets_one(source):
    text = HEADER + "C-1,phq-9,x,1"
    assert rejected_rows(source(text), ImportOptions(), [2]) == text + "\n"


def test_a_cell_over_two_lines_is_one_row(source):
    text = HEADER + '"C-1\nx",phq-9,2026-01-05,12\nC-2,phq-9,2026-01-05,99\n'
    rows = dict(original_rows(source(text), delimiter=",", width=4))
    assert rows[2] == '"C-1\nx",phq-9,2026-01-05,12\n'
    assert rows[3] == "C-2,phq-9,2026-01-05,99\n"


def test_a_quotation_mark_left_open_takes_its_own_line_only(source):
    text = HEADER + '"C-1,phq-9,2026-01-05,12\nC-2,phq-9,2026-01-05,99\n'
    rows = dict(original_rows(source(text), delimiter=",", width=4))
    assert rows[2] == '"C-1,phq-9,2026-01-05,12\n'
    assert rows[3] == "C-2,phq-9,2026-01-05,99\n"


def test_the_chosen_encoding_is_used(source):
    text = HEADER.encode() + "Zoë,phq-9,x,1\n".encode("cp1252")
    found = rejected_rows(source(text), ImportOptions(encoding="cp1252"), [2])
    assert found.endswith("Zoë,phq-9,x,1\n")
    with pytest.raises(FileRefused, match="not UTF-8"):
        rejected_rows(source(text), ImportOptions(), [2])


CELL = st.sampled_from(["a", "", " ", "1,5", '"', '""', '"x"', '"x,y"', '"x\ny"', 'x"y', "é"])
LINE = st.lists(CELL, min_size=0, max_size=4).map(",".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(LINE, max_size=12), end=st.sampled_from(["\n", "\r\n"]))
def test_rows_have_the_numbers_that_the_import_uses(lines, end):
    """Every line belongs to one row, and the numbers are those of the importing reader."""
    text = end.join(["a,b,c", *lines]) + end
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.csv")
        path.write_bytes(text.encode())
        source = Source("log.csv", path)
        _, names = read_header(source)
        mine = dict(original_rows(source, delimiter=",", width=len(names)))
        assert "".join(mine.values()) == text
        counted = 1  # the header
        for chunk in read_records(source, delimiter=",", width=len(names)):
            counted += len(chunk.rows) + len(chunk.problems) + chunk.blank
            assert mine.keys() >= set(chunk.rows)
            for problem, line in chunk.problems:
                assert mine[problem.row].rstrip("\r\n") == line.rstrip("\r\n")
        assert counted == len(mine)
