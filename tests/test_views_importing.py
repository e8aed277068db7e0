"""Do the words around an import say what happened, and never more than that?"""

from datetime import UTC, date, datetime

import pytest

from dashboard.views.importing import (
    history,
    import_view,
    reading_options,
    reconciliation,
    report_view,
    undo_question,
)
from data.errors import RowProblem
from data.ledger import Counts, ImportOptions, ImportRecord
from data.library import Library
from data.preview import MeasureSummary, Preview, SetAside
from data.reports import ImportReport

INSTRUMENTS = Library.load().instruments
DAY = date(2026, 11, 20)
MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_preview(**changes: object) -> Preview:
    values = {
        "file": "march.csv",
        "table": "log",
        "delimiter": ",",
        "encoding": "utf-8",
        "options": ImportOptions(),
        "counts": Counts(12_480, 12_431, 37, 12),
        "unread": (),
        "set_aside": (
            SetAside("total", "out_of_range", "28", "a PHQ-9 total from 0 to 27", 7),
            SetAside("(the whole row)", "ragged_row", "5 cells", "a row of 6 cells", 5),
        ),
        "problems": (RowProblem("march.csv", 14, "total", "28", "0 to 27", "out_of_range"),),
        "rejected": (14,),
        "measures": (MeasureSummary("phq-9", 12_431, 0.0, 27.0, DAY, DAY, 3, 40),),
        "generation": 7,
    }
    return Preview(**{**values, **changes})


def a_report(counts: Counts, **changes: object) -> ImportReport:
    return ImportReport("march.csv", "log", counts, 8, 8, **changes)


def a_record(**changes: object) -> ImportRecord:
    values = {
        "import_no": 8,
        "sha256": "0" * 64,
        "file": "march.csv",
        "table": "log",
        "options": ImportOptions(),
        "judged_on": DAY,
        "imported_by": "local",
        "imported_at": MOMENT,
        "counts": Counts(10, 8, 1, 1),
        "generation": 8,
        "undone_at": None,
    }
    return ImportRecord(**{**values, **changes})


def test_the_reconciliation_is_a_sum():
    assert reconciliation(Counts(1, 1, 0, 0)) == "1 row = 1 new + 0 already here + 0 set aside"


def test_what_was_recognised_is_said():
    assert import_view(a_preview(), INSTRUMENTS).recognised == (
        "Recognised: canonical log, comma, UTF-8, dates as 2026-11-20, decimal point"
    )


def test_a_mapping_is_named_instead_of_the_choices_that_it_replaces():
    options = reading_options(None, "iso", ".", ("trial.toml", "id = 'trial'"))
    assert import_view(a_preview(options=options), INSTRUMENTS).recognised == (
        "Recognised: mapped by trial.toml, comma, UTF-8"
    )


def test_reasons_are_counted_in_words():
    assert import_view(a_preview(), INSTRUMENTS).reasons == (
        "7 total out of range (total) · 5 another number of cells than the header"
    )


def test_the_table_says_when_it_is_cut():
    view = import_view(a_preview(), INSTRUMENTS)
    assert view.rows_note == "The first 1 of 12 are listed; the download holds all of them."
    whole = a_preview(counts=Counts(2, 1, 0, 1))
    assert import_view(whole, INSTRUMENTS).rows_note is None


def test_a_measure_shows_range_dates_and_clients():
    (row,) = import_view(a_preview(), INSTRUMENTS).measures
    assert (row.measure, row.found, row.allowed) == ("PHQ-9", "0 to 27", "0 to 27")
    assert (row.first, row.clients_new, row.clients_known) == ("20 Nov 2026", 3, 40)


@pytest.mark.parametrize(
    ("code", "words"),
    [("ambiguous_date", "dates"), ("decimal_mark", "decimal mark")],
)
def test_a_hint_is_given_where_the_reading_may_be_wrong(code, words):
    reason = SetAside("total", code, "x", "y", 1)
    hint = import_view(a_preview(set_aside=(reason,)), INSTRUMENTS).hint
    assert hint is not None
    assert words in hint


def test_no_hint_is_given_for_a_wrong_score():
    assert import_view(a_preview(), INSTRUMENTS).hint is None


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (Counts(0, 0, 0, 0), "a header and no rows"),
        (Counts(5, 0, 0, 5), "Every row would be set aside"),
        (Counts(5, 0, 4, 1), "No row of this file is new"),
    ],
)
def test_without_a_new_row_there_is_no_button_but_a_reason(counts, words):
    view = import_view(a_preview(counts=counts), INSTRUMENTS)
    assert view.button is None
    assert view.nothing_new is not None
    assert words in view.nothing_new


def test_the_file_that_came_before_is_recognised():
    view = import_view(a_preview(already_imported_at=MOMENT), INSTRUMENTS)
    assert view.notes[0].startswith("This very file was imported on 20 Nov 2026")


def test_unread_columns_and_blank_rows_are_told():
    preview = a_preview(unread=("remark", "mood"), counts=Counts(2, 2, 0, 0, blank=3))
    assert import_view(preview, INSTRUMENTS).notes == (
        "3 rows were blank and passed over.",
        "Columns that are not read: remark, mood.",
    )


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        (Counts(10, 10, 0, 0), "complete"),
        (Counts(10, 9, 1, 0), "complete"),
        (Counts(10, 9, 0, 1), "partly"),
        (Counts(10, 0, 10, 0), "nothing"),
        (Counts(10, 0, 0, 10), "nothing"),
    ],
)
def test_only_an_import_without_rows_set_aside_is_called_complete(counts, kind):
    report = report_view(a_report(counts))
    assert report.kind == kind
    assert reconciliation(counts) in report.text


def test_the_same_file_again_is_not_called_imported():
    report = report_view(a_report(Counts(10, 0, 10, 0), already_imported_at=MOMENT))
    assert report.kind == "nothing"
    assert "nothing new was written" in report.title


def test_history_has_the_latest_first_and_marks_what_was_undone():
    rows = history([a_record(import_no=1, undone_at=MOMENT), a_record(import_no=2)])
    assert [row.import_no for row in rows] == [2, 1]
    assert [row.state for row in rows] == ["in use", "undone on 20 Nov 2026"]
    assert [row.undoable for row in rows] == [True, False]


def test_the_question_before_an_undo_names_the_import():
    (row,) = history([a_record()])
    assert "Undo import 8 (march.csv" in undo_question(row)
    assert "The file and this line of the history are kept." in undo_question(row)
