"""Does the preview say what the import then does, and leave everything as it is?"""

from dataclasses import replace
from datetime import date

import pytest

from data.errors import FileRefused
from data.ledger import ImportOptions
from data.preview import preview_import
from data.scope import Scope

TODAY = date(2026, 3, 2)
HEADER = "client_id,instrument,administered_on,total,session_no\n"
FIRST = HEADER + "".join(f"C-{k},phq-9,2026-01-{k + 10},{k},1\n" for k in range(1, 9))

FILES = {
    "all new": HEADER + "C-1,gad-7,2026-02-01,7,3\nC-9,gad-7,2026-02-01,8,3\n",
    "some here already": FIRST + "C-9,phq-9,2026-02-01,8,3\n",
    "another score for an occasion on file": HEADER + "C-1,phq-9,2026-01-11,20,1\n",
    "two scores for one occasion": HEADER + "C-5,gad-7,2026-02-01,7,3\nC-5,gad-7,2026-02-01,9,3\n",
    "a row twice": HEADER + "C-5,gad-7,2026-02-01,7,3\nC-5,gad-7,2026-02-01,7,3\n",
    "bad cells": HEADER + "C-5,gad-7,2026-02-30,7,3\nC-5,phq-9,2026-02-01,28,3\nC-5,x,y,z,3\n",
    "ragged and unclosed": HEADER + 'C-5,gad-7,2026-02-01\nC-5,gad-7,"2026-02-02,7,3\n\n',
    "header only": HEADER,
    "episodes": "episode_id,client_id,started_on\nE-1,C-1,2026-01-01\nE-2,C-2,2026-13-01\n",
    "sessions of unknown episodes": (
        "episode_id,session_no,held_on,attendance\nE-7,1,2026-01-01,attended\nC-1,1,2026-01-11,missed\n"
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_counts_are_those_of_the_import(name, store, write_csv):
    store.import_file(write_csv(FIRST, "first.csv"), today=TODAY)
    source = write_csv(FILES[name], "second.csv")
    preview = preview_import(store, source, ImportOptions(), today=TODAY)
    report = store.import_file(source, ImportOptions(), today=TODAY)
    assert preview.counts == report.counts
    assert preview.counts.reconciles()
    aside = store.reader(Scope.everyone("test")).quarantine(report.import_no)
    assert preview.rejected == tuple(sorted({row.row for row in aside}))
    assert sum(reason.rows for reason in preview.set_aside) == preview.counts.quarantined


def test_the_same_file_again_brings_nothing_new(store, write_csv):
    source = write_csv(FIRST)
    store.import_file(source, today=TODAY)
    preview = preview_import(store, source, ImportOptions(), today=TODAY)
    report = store.import_file(source, ImportOptions(), today=TODAY)
    assert preview.counts == report.counts
    assert (preview.counts.accepted, preview.counts.duplicate) == (0, 8)
    assert preview.already_imported_at is not None


def test_the_store_is_left_as_it_is(store, write_csv):
    store.import_file(write_csv(FIRST, "first.csv"), today=TODAY)

    def state():
        reader = store.reader(Scope.everyone("test"))
        return reader.totals(), store.current(), store.ledger.imports()

    before = state()
    preview_import(store, write_csv(FILES["all new"], "b.csv"), ImportOptions(), today=TODAY)
    assert state() == before
    assert list((store.root / "scratch").iterdir()) == []


def test_an_empty_store_can_be_compared_with(store, write_csv):
    preview = preview_import(store, write_csv(FIRST), ImportOptions(), today=TODAY)
    assert preview.counts.accepted == 8
    assert preview.generation is None
    assert store.current() is None


def test_clients_are_told_apart_as_new_and_known(store, write_csv):
    store.import_file(write_csv(FIRST, "first.csv"), today=TODAY)
    source = write_csv(FILES["all new"], "b.csv")
    (measure,) = preview_import(store, source, ImportOptions(), today=TODAY).measures
    assert (measure.instrument, measure.n) == ("gad-7", 2)
    assert (measure.clients_new, measure.clients_known) == (1, 1)
    assert (measure.lowest, measure.highest) == (7, 8)
    assert measure.first_on == measure.last_on == date(2026, 2, 1)


def test_a_refused_file_leaves_no_scratch_behind(store, write_csv):
    with pytest.raises(FileRefused, match="is empty"):
        preview_import(store, write_csv(""), ImportOptions(), today=TODAY)
    assert list((store.root / "scratch").iterdir()) == []


def test_scratch_is_for_this_user_only(store, write_csv, monkeypatch):
    seen = []
    import data.preview as module

    judge_file = module.judge_file

    def look(*values, **named):
        seen.extend(path.stat().st_mode & 0o777 for path in (store.root / "scratch").iterdir())
        return judge_file(*values, **named)

    monkeypatch.setattr(module, "judge_file", look)
    preview_import(store, write_csv(FIRST), ImportOptions(), today=TODAY)
    assert seen == [0o700]


def test_the_reading_that_was_chosen_is_used(store, write_csv):
    source = write_csv(HEADER.replace(",", ";") + "C-1;ors;05/02/2026;12,5;1\n")
    plain = preview_import(store, source, ImportOptions(), today=TODAY)
    assert plain.delimiter == ";"
    assert plain.counts.quarantined == 1
    chosen = replace(plain.options, dates="day-month-year", decimal=",")
    assert preview_import(store, source, chosen, today=TODAY).counts.accepted == 1
