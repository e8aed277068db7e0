"""Is a file that cannot be read refused as a whole, and a strange one read rightly?"""

import gzip
import io
import zipfile
from datetime import timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataError, FileRefused
from data.formats.text import Source
from data.ledger import Counts
from data.scope import Scope
from data.store import Store

HEADER = "client_id,instrument,administered_on,total"
LOG = f"{HEADER}\nC1,phq-9,2026-01-05,5\nC2,phq-9,2026-01-06,6\n"
NAMED = HEADER + ",clinician_id\nC1,phq-9,2026-01-05,5,Zoë’s\nC2,phq-9,2026-01-06,6,Ångström\n"
SCORES = [("C1", 5.0), ("C2", 6.0)]
STORED = (
    "SELECT client_id, total FROM score JOIN series USING (series_id) "
    "JOIN episode USING (episode_key) ORDER BY client_id, administered_on"
)


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, LOG)
    return file.getvalue()


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"client_id": ["C1"]}), sink)
    return sink.getvalue()


REFUSED = {
    "empty": (b"", "log.csv is empty (0 bytes). Nothing was imported."),
    "only a mark": (b"\xef\xbb\xbf", "row 1 is blank"),
    "blank first row": (f"\n{LOG}".encode(), "row 1 is blank; it must hold the column names"),
    "workbook": (zipped("xl/workbook.xml"), "is a zip file or an Excel workbook"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook"),
    "parquet": (parquet(), "is a Parquet file"),
    "gzip": (gzip.compress(LOG.encode()), "is a compressed file"),
    "program": (b"\x7fELF\x02\x01\x01", "is a program"),
    "pdf": (b"%PDF-1.7\n", "is a PDF"),
    "sqlite": (b"SQLite format 3\x00" + bytes(100), "is a SQLite database"),
    "page": (b"<!DOCTYPE html><html><table><tr><td>C1</td></tr></table></html>", "are missing"),
    "json": (b'[{"client_id": "C1"}]', "missing"),
    "NUL at the start": (b"client_id\x00" + LOG.encode(), "holds NUL bytes near its start"),
    "NUL far behind": (
        (LOG + "C3,phq-9,2026-01-07,7\n" * 400).encode() + b"C4,phq\x00-9,2026-01-07,7\n",
        "log.csv, line 404: a NUL byte stands in the text",
    ),
    "UTF-16 without a mark": (LOG.encode("utf-16-le"), "or choose the encoding utf-16"),
    "UTF-16 cut in the middle": (LOG.encode("utf-16")[:-1], "does not exist in utf-16"),
    "cp1252": (NAMED.encode("cp1252"), "line 2: the byte 0xeb is not UTF-8"),
    "two encodings": (
        NAMED.encode() + "C3,phq-9,2026-01-07,7,Zoë\n".encode("cp1252"),
        "line 4: the byte 0xeb is not UTF-8",
    ),
    "missing column": (
        b"client_id,instrument,total\nC1,phq-9,5\n",
        "log.csv, row 1: the column administered_on is missing. Found: client_id, instrument, total.",
    ),
    "missing total": (
        b"client_id,instrument,administered_on\nC1,phq-9,2026-01-05\n",
        "the column total (or item_1, item_2, ...) is missing",
    ),
    "column twice": (
        b"client_id,instrument,administered_on,total,total\nC1,phq-9,2026-01-05,5,6\n",
        "row 1: the column name 'total' stands twice",
    ),
    "column twice but for a space": (
        b"client_id,instrument,administered_on,total,total \nC1,phq-9,2026-01-05,5,6\n",
        "stands twice",
    ),
    "other capitals": (LOG.replace("client_id", "Client_ID").encode(), "client_id is missing"),
    "gap among items": (
        b"client_id,instrument,administered_on,item_1,item_3\nC1,phq-9,2026-01-05,1,1\n",
        "item_2 is missing among them",
    ),
    "open mark in the header": (b'client_id,"instrument\nC1,phq-9\n', "row 1: a quotation mark"),
    "thousands of columns": (",".join(f"c{n}" for n in range(2001)).encode(), "has 2001 columns"),
    "other columns": (b"x,y\n1,2\n", "Found: x, y. The nearest known file is log"),
    "line for a spreadsheet": (f"sep=,\n{LOG}".encode(), "Found: sep=."),
    "no header": (b"C1,phq-9,2026-01-05,5\n", "are missing. Found: C1, phq-9, 2026-01-05, 5."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_whole(store, write_csv, today, name):
    content, words = REFUSED[name]
    with pytest.raises(FileRefused) as refusal:
        store.import_file(write_csv(content), today=today)
    sentence = str(refusal.value)
    assert words in sentence
    assert sentence.startswith("log.csv")
    assert sentence.endswith("Nothing was imported.")
    assert store.current() is None
    assert store.ledger.imports() == []


def test_a_database_file_is_not_opened(store, write_csv, tmp_path, today):
    path = tmp_path / "made.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE score AS SELECT 1 AS total")
    with pytest.raises(FileRefused, match="is a DuckDB database"):
        store.import_file(write_csv(path.read_bytes(), "scores.csv"), today=today)


def test_a_refused_file_leaves_the_record_as_it_was(import_text, store, query):
    import_text(LOG)
    before = (store.current(), query(STORED))
    with pytest.raises(FileRefused):
        import_text(b"", "empty.csv")
    assert (store.current(), query(STORED)) == before
    assert len(store.ledger.imports()) == 1


def test_a_file_that_does_not_exist_is_told_in_a_sentence(store, tmp_path, today):
    with pytest.raises(DataError, match=r"gone\.csv cannot be read"):
        store.import_file(Source("gone.csv", tmp_path / "gone.csv"), today=today)


@pytest.mark.parametrize("content", [HEADER, HEADER + "\n", HEADER + "\r\n", HEADER + "\n\n\n"])
def test_a_header_without_rows_is_taken_as_no_rows(import_text, content):
    after = import_text(content)
    assert (after.report.counts.rows, after.report.counts.accepted) == (0, 0)


READ = {
    "UTF-8": NAMED.encode(),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + NAMED.encode(),
    "UTF-16 little": b"\xff\xfe" + NAMED.encode("utf-16-le"),
    "UTF-16 big": b"\xfe\xff" + NAMED.encode("utf-16-be"),
    "CRLF": NAMED.replace("\n", "\r\n").encode(),
    "lone CR": NAMED.replace("\n", "\r").encode(),
    "no line end behind the last row": NAMED.rstrip("\n").encode(),
    "mixed LF and CRLF": NAMED.replace("\n", "\r\n", 2).encode(),
    "semicolons": NAMED.replace(",", ";").encode(),
    "tabs": NAMED.replace(",", "\t").encode(),
    "bars": NAMED.replace(",", "|").encode(),
    "spaces in the header": NAMED.replace("total,", " total , ", 1).encode(),
    "quoted": "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in NAMED.splitlines()
    ).encode(),
    "quoted CRLF": "\r\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in NAMED.splitlines()
    ).encode(),
    "column without a name": NAMED.replace("clinician_id", "clinician_id,", 1)
    .replace("5,Zoë’s", "5,Zoë’s,")
    .replace("Ångström", "Ångström,")
    .encode(),
    "further column": NAMED.replace("clinician_id", "clinician_id,note", 1)
    .replace("5,Zoë’s", "5,Zoë’s,=1+1")
    .replace("Ångström", "Ångström,x")
    .encode(),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_written_another_way_reads_the_same(import_text, query, name):
    assert import_text(READ[name]).report.counts == Counts(2, 2, 0, 0)
    assert query(STORED) == SCORES
    assert query("SELECT clinician_id FROM assignment ORDER BY 1") == [("Zoë’s",), ("Ångström",)]


@pytest.mark.parametrize(
    ("codec", "chosen"), [("cp1252", "cp1252"), ("utf-16-le", "utf-16"), ("utf-16-be", "utf-16")]
)
def test_an_encoding_that_a_person_chose_is_used(import_text, query, codec, chosen):
    assert import_text(NAMED.encode(codec), encoding=chosen).report.counts.accepted == 2
    assert query("SELECT clinician_id FROM assignment ORDER BY 1") == [("Zoë’s",), ("Ångström",)]


def test_utf_8_is_never_stored_as_mojibake(store, import_text):
    with pytest.raises(FileRefused, match=r"is UTF-8: read as cp1252 its letters"):
        import_text(NAMED, encoding="cp1252")
    assert store.current() is None


def test_a_byte_that_the_chosen_encoding_lacks_is_told_with_its_line(import_text):
    with pytest.raises(FileRefused, match="line 2: the byte 0x81 does not exist in cp1252"):
        import_text(LOG.encode().replace(b"C1", b"\x81\xeb"), encoding="cp1252")


def test_an_encoding_nobody_knows_is_told(import_text):
    with pytest.raises(DataError, match="one of utf-8, utf-16, cp1252, not latin-9"):
        import_text(LOG, encoding="latin-9")


@pytest.mark.parametrize(
    ("option", "words"),
    [({"dates": "dmy"}, "iso, day-month-year, month-day-year, not dmy"),
     ({"decimal": ";"}, "one of . ,, not ;")],
)  # fmt: skip
def test_a_way_of_reading_that_does_not_exist_is_told(import_text, option, words):
    with pytest.raises(DataError) as error:
        import_text(LOG, **option)
    assert words in str(error.value)


def test_columns_that_are_not_read_are_named(import_text):
    assert import_text(READ["further column"]).report.unread == ("note",)


def test_the_order_of_columns_is_free(import_text, query):
    import_text("total,administered_on,instrument,client_id\n5,2026-01-05,phq-9,C1\n")
    assert query(STORED) == [("C1", 5.0)]


# The same again, and contradictions ------------------------------------------------


def test_the_same_file_twice_adds_nothing(import_text, query):
    first = import_text(LOG)
    again = import_text(LOG, "copy.csv")
    assert again.report.already_imported_at is not None
    assert again.report.generation == first.report.generation
    assert again.report.counts == Counts(2, 0, 2, 0)
    assert query(STORED) == SCORES


def test_the_same_rows_in_another_file_are_duplicates(import_text, query):
    import_text(LOG)
    other = "total,client_id,instrument,administered_on\n6.0,C2,phq-9,2026-01-06\n5,C1,phq-9,2026-01-05\n"
    assert import_text(other, "other.csv").report.counts == Counts(2, 0, 2, 0)
    assert query(STORED) == SCORES


def test_a_growing_export_adds_only_its_new_rows(import_text):
    import_text(LOG)
    grown = import_text(LOG + "C1,phq-9,2026-01-12,4\n")
    assert grown.report.counts == Counts(3, 1, 2, 0)


def test_the_same_row_twice_in_a_file_counts_once(import_text, query):
    assert import_text(LOG + "C1,phq-9,2026-01-05,5.0\n").report.counts == Counts(3, 2, 1, 0)
    assert query(STORED) == SCORES


def test_two_scores_for_one_occasion_in_a_file_are_both_set_aside(import_text, query):
    after = import_text(LOG + "C1,phq-9,2026-01-05,9\n")
    assert after.report.counts == Counts(3, 1, 0, 2)
    assert [row.row for row in after.quarantine] == [2, 4]
    assert all("this file has 5 and 9" in row.allowed for row in after.quarantine)
    assert all("a person must decide" in row.allowed for row in after.quarantine)
    assert query(STORED) == [("C2", 6.0)]


def test_another_score_for_an_occasion_that_is_here_is_set_aside_with_both(import_text, query):
    import_text(LOG)
    after = import_text(f"{HEADER}\nC1,phq-9,2026-01-05,9\n", "other.csv")
    assert (after.only.found, after.only.code) == ("9", "conflict")
    assert "here already for this client, instrument, date and occasion: 5" in after.only.allowed
    assert query(STORED) == SCORES


def test_two_sessions_on_one_day_are_two_occasions(import_text):
    text = f"{HEADER},session_no\nC1,phq-9,2026-01-05,5,1\nC1,phq-9,2026-01-05,9,2\n"
    assert import_text(text).report.counts == Counts(2, 2, 0, 0)


def test_two_respondents_are_two_series(import_text, query):
    text = f"{HEADER},respondent\nC1,phq-9,2026-01-05,5,\nC1,phq-9,2026-01-05,9,parent\n"
    assert import_text(text).report.counts == Counts(2, 2, 0, 0)
    assert query("SELECT respondent FROM series ORDER BY 1") == [("",), ("parent",)]


def test_a_client_of_whom_no_row_was_taken_breaks_nothing(import_text, query):
    after = import_text(f"{HEADER}\nC1,phq-9,2026-01-05,5\nC1,phq-9,2026-01-05,9\n")
    assert after.codes == ["conflict", "conflict"]
    assert query("SELECT count(*) FROM score") == [(0,)]
    assert query("SELECT count(*) FROM result") == [(0,)]


def test_a_row_that_was_early_can_come_again_in_a_later_file(import_text, query, today):
    tomorrow = today + timedelta(days=1)
    text = f"{HEADER}\nC1,phq-9,{tomorrow.isoformat()},5\n"
    assert import_text(text).codes == ["future_date"]
    assert import_text(text + "\n", "next_day.csv", today=tomorrow).report.counts.accepted == 1


# Any file --------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2", "007", " C1", "", '"C\n3"', '"C1']),
        st.sampled_from(["phq-9", "ors", "PHQ9", "'; DROP TABLE score; --", ""]),
        st.sampled_from(["2026-01-05", "2026-01-06", "2026-02-31", "05/01/2026", ""]),
        st.sampled_from(["5", "5.0", "12.5", "99", "nan", "", '"12,5"']),
        st.sampled_from(["", "1", "2.5", "1,extra"]),
    ).map(",".join),
    max_size=14,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.lists(ROWS, min_size=1, max_size=2), line_end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_rows_come_each_one_is_somewhere(tmp_path_factory, today, files, line_end):
    """The store itself refuses an import that does not add up; here its quarantine is counted too."""
    folder = tmp_path_factory.mktemp("any")
    store = Store.create(folder / "store")
    for n, rows in enumerate(files):
        path = folder / f"{n}.csv"
        path.write_text(
            line_end.join([HEADER + ",session_no", *rows]) + line_end, encoding="utf-8", newline=""
        )
        report = store.import_file(Source(path.name, path), today=today)
        if report.already_imported_at is not None:
            continue
        counts = report.counts
        assert counts.rows == counts.accepted + counts.duplicate + counts.quarantined
        reader = store.reader(Scope.everyone("test"))
        aside = reader.quarantine(report.import_no)
        assert len(aside) == counts.quarantined
        # A ragged record of two lines is told line by line; no other row is more than one.
        assert 0 <= counts.rows - len(rows) <= sum(row.startswith('"C\n') for row in rows)
        cursor = store.parent(store.current()).cursor()
        stored = cursor.execute(
            "SELECT count(*) FROM score WHERE import_no = ?", [report.import_no]
        ).fetchall()
        assert stored == [(counts.accepted,)]
        assert cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM score GROUP BY series_id, administered_on, "
            "coalesce(session_no, -1) HAVING count(*) > 1)"
        ).fetchall() == [(0,)]
