"""Does each command do what it says, and does it answer a mistake with one sentence?"""

import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from dashboard import cli
from data.bench import suite as bench_suite
from data.bench.writing import as_markdown
from data.generations import generation_path
from data.library import Library
from data.store import Store

MILEPOST = Path(sys.executable).with_name("milepost")
COMMANDS = (
    "demo", "serve", "import", "undo", "status", "flags", "analyse", "instruments", "fit",
    "rebuild", "verify", "roll-back", "validate", "bench",
)  # fmt: skip

HEADER = "client_id,instrument,administered_on,session_no,total\n"
GOOD = HEADER + "A,phq-9,2024-01-01,1,18\nA,phq-9,2024-01-08,2,16\nB,ors,2024-01-02,1,20\n"
LATER = HEADER + "A,phq-9,2024-01-15,3,9\n"
BAD_ROW = HEADER + "C,phq-9,2024-01-01,1,12\nC,phq-9,2024-01-08,2,99\n"
NO_LOG = "name,colour\nA,red\n"
OWN_INSTRUMENT = """
id = "mood"
version = "3"
name = "Mood list"
better = "lower"
minimum = 0
maximum = 30
step = 1
"""
WIDE = "who,day,mood\nA,2024-01-01,12\nA,2024-01-08,10\n"
MAPPING = """
id = "wide"
version = "1"
client_id = "who"

[[scores]]
column = "mood"
instrument = "phq-9"
date_column = "day"
"""


class Run(NamedTuple):
    """What a command left: its exit code, and what stood on the two streams."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on the standard output; NaN and Infinity are no JSON."""
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))


@pytest.fixture
def milepost(monkeypatch, capsys):
    """Return a function that runs the command inside this process, as ``milepost`` would."""
    # Long lines stay whole, so that a sentence can be looked for.
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["milepost", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        code = stop.value.code
        return Run(0 if code is None else code, printed.out, printed.err)

    return run


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write the small files of these tests into a folder of its own, and go there."""
    for name, text in {
        "good.csv": GOOD,
        "later.csv": LATER,
        "bad_row.csv": BAD_ROW,
        "no_log.csv": NO_LOG,
        "empty.csv": "",
        "wide.csv": WIDE,
        "mapping.toml": MAPPING,
        "mood.toml": OWN_INSTRUMENT,
        "broken.toml": "id = \n",
        "a_file": "no folder\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def filled(files, milepost):
    """Import the good file into the store ``s``."""
    assert milepost("import", "good.csv", "--store", "s").code == 0
    return files


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Make the demo with the installed command, once."""
    folder = tmp_path_factory.mktemp("demo") / "demo-store"
    made = subprocess.run(
        [MILEPOST, "demo", "--no-serve", "--store", folder], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    assert "Nobody in it exists" in made.stdout
    return folder


# The command as it is installed -----------------------------------------------------------


def test_the_installed_command_answers_a_mistake_with_one_sentence_and_no_traceback(tmp_path):
    run = subprocess.run(
        [MILEPOST, "import", "missing.csv", "--store", tmp_path / "s"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("missing.csv cannot be read (No such file or directory).")
    assert run.stderr.count("\n") == 1


def test_the_installed_command_writes_json_alone_on_the_standard_output(tmp_path):
    log = tmp_path / "bad_row.csv"
    log.write_text(BAD_ROW, encoding="utf-8")
    run = subprocess.run(
        [MILEPOST, "import", log, "--store", tmp_path / "s", "--json"],
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (3, "")
    assert json.loads(run.stdout)["files"][0]["quarantined"] == 1


# Help -------------------------------------------------------------------------------------


def test_the_help_lists_every_command(milepost):
    run = milepost("--help")
    assert run.code == 0
    listed = {line.split()[1] for line in run.out.splitlines() if len(line.split()) > 2}
    assert set(COMMANDS) <= listed
    assert {command.name for command in cli.app.registered_commands} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(milepost, command):
    run = milepost(command, "--help")
    assert run.code == 0
    (about,) = [c.callback.__doc__ for c in cli.app.registered_commands if c.name == command]
    assert about.splitlines()[0] in run.out
    assert f"milepost {command}" in run.out
    assert "!" not in run.out


# Import -----------------------------------------------------------------------------------


def test_import_ends_with_0_when_all_rows_are_new_or_already_here(milepost, files):
    first = milepost("import", "good.csv", "--store", "s")
    assert first.code == 0
    assert "good.csv (log): 3 rows = 3 new + 0 already here + 0 set aside" in first.out
    again = milepost("import", "good.csv", "--store", "s")
    assert again.code == 0
    assert "3 rows = 0 new + 3 already here + 0 set aside" in again.out
    assert "The same file was imported on" in again.out


def test_import_ends_with_3_and_names_the_row_when_one_is_set_aside(milepost, files):
    run = milepost("import", "bad_row.csv", "--store", "s")
    assert run.code == 3
    assert "2 rows = 1 new + 0 already here + 1 set aside" in run.out
    assert "row 3, column total: '99' is not a PHQ-9 total from 0 to 27" in run.out


def test_import_ends_with_2_when_a_file_is_refused_and_still_takes_the_others(milepost, files):
    run = milepost("import", "bad_row.csv", "no_log.csv", "good.csv", "--store", "s")
    assert run.code == 2
    assert "no_log.csv" in run.err
    assert "bad_row.csv (log)" in run.out
    assert "good.csv (log)" in run.out
    assert Store.open(files / "s").reader_for_care().totals().scores == 4


def test_import_says_so_when_a_file_holds_column_names_only(milepost, files):
    (files / "names.csv").write_text(HEADER, encoding="utf-8")
    run = milepost("import", "names.csv", "--store", "s")
    assert run.code == 0
    assert "names.csv has column names and no rows below them." in run.out


def test_import_names_the_columns_that_it_does_not_read(milepost, files):
    (files / "more.csv").write_text(
        "client_id,instrument,administered_on,total,mood\nA,phq-9,2024-01-01,3,fine\n",
        encoding="utf-8",
    )
    run = milepost("import", "more.csv", "--store", "s")
    assert run.code == 0
    assert "Columns that are not read: mood" in run.out


def test_import_shows_ten_rows_that_were_set_aside_and_counts_the_others(milepost, files):
    rows = "".join(f"C{n},phq-9,2024-01-01,1,99\n" for n in range(12))
    (files / "many.csv").write_text(HEADER + rows, encoding="utf-8")
    run = milepost("import", "many.csv", "--store", "s")
    assert run.out.count("column total") == 10
    assert "and 2 more" in run.out


def test_import_as_json_has_stable_keys_and_holds_refusals(milepost, files):
    run = milepost("import", "bad_row.csv", "empty.csv", "--store", "s", "--json")
    assert (run.code, run.err) == (2, "")
    document = run.json
    assert list(document) == ["files", "exit_code"]
    assert document["exit_code"] == 2
    taken, refused = document["files"]
    assert list(taken) == [
        "file", "table", "import_no", "generation", "rows", "accepted", "duplicate", "quarantined",
        "blank_lines", "columns_not_read", "already_imported_at",
    ]  # fmt: skip
    assert taken["rows"] == taken["accepted"] + taken["duplicate"] + taken["quarantined"] == 2
    assert list(refused) == ["file", "refused"]
    assert refused["file"] == "empty.csv"
    assert refused["refused"].endswith(".")


def test_import_reads_another_layout_with_a_mapping(milepost, files):
    run = milepost("import", "wide.csv", "--store", "s", "--mapping", "mapping.toml")
    assert run.code == 0, run.err
    assert "wide.csv (log): 2 scores = 2 new" in run.out
    with closing(_connect(files / "s")) as con:
        scores = con.execute("SELECT administered_on::VARCHAR, total FROM score").fetchall()
    assert scores == [("2024-01-01", 12.0), ("2024-01-08", 10.0)]


def test_import_reads_the_encoding_dates_and_decimal_mark_that_a_person_names(milepost, files):
    text = "client_id;instrument;administered_on;total\nJosé;ors;31/01/2024;12,5\n"
    (files / "old.csv").write_bytes(text.encode("cp1252"))
    plain = milepost("import", "old.csv", "--store", "s")
    assert plain.code == 2
    assert "old.csv" in plain.err
    named = ("--encoding", "cp1252", "--dates", "day-month-year", "--decimal", ",")
    run = milepost("import", "old.csv", "--store", "s", *named)
    assert (run.code, run.err) == (0, "")
    with closing(_connect(files / "s")) as con:
        (client,) = con.execute("SELECT client_id FROM episode").fetchall()
        (score,) = con.execute("SELECT total, administered_on::VARCHAR FROM score").fetchall()
    assert client == ("José",)
    assert score == (12.5, "2024-01-31")


def _connect(root):
    number = Store.open(root).current()
    return duckdb.connect(str(generation_path(root, number)), read_only=True)


# Undo, status, rebuild, verify, roll back ---------------------------------------------------


def test_undo_takes_one_import_back_and_status_says_so(milepost, filled):
    milepost("import", "later.csv", "--store", "s")
    run = milepost("undo", "2", "--store", "s")
    assert run.code == 0
    assert "Import 2 is undone" in run.out
    assert Store.open(filled / "s").reader_for_care().totals().scores == 3
    assert ", undone " in milepost("status", "--store", "s").out
    again = milepost("undo", "2", "--store", "s")
    assert again.code == 2
    assert again.err == (
        "Import 2 is not in use, so there is nothing to undo. Nothing was changed.\n"
    )


def test_status_tells_what_is_in_the_store(milepost, filled):
    run = milepost("status", "--store", "s")
    assert run.code == 0
    assert "2 clients, 2 of 2 episodes open, 3 scores" in run.out
    assert "Measures from 2024-01-01 to 2024-01-08" in run.out
    assert "good.csv (log), 3 new, 0 already here, 0 set aside" in run.out


def test_status_as_json_has_stable_keys(milepost, filled):
    milepost("import", "bad_row.csv", "--store", "s")
    document = milepost("status", "--store", "s", "--json").json
    assert list(document) == [
        "store", "generation", "software", "rules", "fit", "clients", "episodes", "open_episodes",
        "series", "scores", "sessions", "first_on", "last_on", "days_since_last_measure",
        "quarantined", "quarantined_by_reason", "imports",
    ]  # fmt: skip
    assert document["quarantined_by_reason"] == {"out_of_range": 1}
    assert document["last_on"] == "2024-01-08"
    assert document["days_since_last_measure"] > 0
    assert [list(one) for one in document["imports"]] == [
        [
            "import_no", "file", "table", "at", "by", "accepted", "duplicate", "quarantined",
            "undone_at",
        ]
    ] * 2  # fmt: skip


def test_status_of_an_empty_store_is_an_answer_and_no_error(milepost, files):
    Store.create(files / "s")
    run = milepost("status", "--store", "s")
    assert run.code == 0
    assert "s is an empty store." in run.out
    document = milepost("status", "--store", "s", "--json").json
    assert (document["generation"], document["scores"], document["imports"]) == (None, 0, [])


def test_rebuild_makes_the_same_rows_again(milepost, filled):
    before = milepost("status", "--store", "s", "--json").json
    run = milepost("rebuild", "--store", "s")
    assert run.code == 0
    assert "Generation 2 was made from the original files and is in use." in run.out
    after = milepost("status", "--store", "s", "--json").json
    assert after.pop("generation") == before.pop("generation") + 1
    assert after == before


def test_verify_ends_with_0_on_a_sound_store_and_with_1_on_a_changed_one(milepost, filled):
    sound = milepost("verify", "--store", "s")
    assert sound.code == 0
    assert all(line.endswith(": yes") for line in sound.out.splitlines())
    (original,) = (filled / "s" / "originals").iterdir()
    original.write_text(GOOD.replace("18", "17"), encoding="utf-8")
    changed = milepost("verify", "--store", "s")
    assert changed.code == 1
    assert "the file of import 1 was changed" in changed.out
    as_json = milepost("verify", "--store", "s", "--json")
    assert as_json.code == 1
    assert all(list(check) == ["what", "wrong"] for check in as_json.json)
    assert any("was changed" in check["wrong"] for check in as_json.json)


def test_roll_back_uses_an_earlier_generation(milepost, filled):
    milepost("import", "later.csv", "--store", "s")
    run = milepost("roll-back", "1", "--store", "s")
    assert (run.code, run.out) == (0, "Generation 1 is in use.\n")
    assert milepost("status", "--store", "s", "--json").json["scores"] == 3
    unknown = milepost("roll-back", "77", "--store", "s")
    assert unknown.code == 2
    assert unknown.err == "Generation 77 is not there; kept are 1, 2. Nothing was changed.\n"


# Demo -------------------------------------------------------------------------------------


def test_a_second_demo_uses_the_service_that_is_there(milepost, demo):
    before = Store.open(demo).current()
    run = milepost("demo", "--no-serve", "--store", demo)
    assert run.code == 0
    assert "holds the synthetic service already; it is used as it is." in run.out
    assert Store.open(demo).current() == before


def test_the_demo_is_not_made_in_the_record_of_another_service(milepost, filled):
    run = milepost("demo", "--no-serve", "--store", "s")
    assert run.code == 2
    assert "another service's record" in run.err
    assert Store.open(filled / "s").reader_for_care().totals().scores == 3


def test_each_file_of_the_demo_reconciles_and_only_blank_sheets_are_set_aside(milepost, demo):
    document = milepost("status", "--store", demo, "--json").json
    assert set(document["quarantined_by_reason"]) == {"all_blank"}
    assert len(document["imports"]) == 7
    for taken in document["imports"]:
        rows = (demo / "synthetic" / taken["file"]).read_text(encoding="utf-8").count("\n") - 1
        assert rows == taken["accepted"] + taken["duplicate"] + taken["quarantined"]
        assert (taken["duplicate"], taken["quarantined"] > 0) == (0, taken["file"] == "scores.csv")
    assert document["clients"] == 600
    assert document["open_episodes"] == 250
    assert milepost("verify", "--store", demo).code == 0


# Flags and analyse --------------------------------------------------------------------------


def test_flags_writes_one_row_a_series_and_says_how_many(milepost, filled):
    run = milepost("flags", "--store", "s", "--out", "flags/today.csv")
    assert (run.code, run.out) == (0, "2 series written to flags/today.csv.\n")
    assert len((filled / "flags" / "today.csv").read_text(encoding="utf-8").splitlines()) == 3
    early = milepost("flags", "--store", "s", "--out", "early.csv", "--as-of", "2024-01-01")
    assert early.out == "1 series written to early.csv.\n"


def test_analyse_needs_no_store_and_leaves_none(milepost, files):
    before = set(files.iterdir())
    run = milepost("analyse", "good.csv", "--instrument", "phq-9", "--out", "results")
    assert run.code == 0
    assert run.out == "1 series and 0 events written to results.\n"
    assert "3 rows = 3 new" in run.err
    assert {path.name for path in (files / "results").iterdir()} == {"series.csv", "events.csv"}
    assert set(files.iterdir()) - before == {files / "results"}


def test_analyse_takes_an_instrument_of_your_own(milepost, files):
    log = GOOD.replace("phq-9", "mood")
    (files / "own.csv").write_text(log, encoding="utf-8")
    run = milepost("analyse", "own.csv", "--instrument", "mood.toml", "--out", "results")
    assert run.code == 0, run.err
    _, row = (files / "results" / "series.csv").read_text(encoding="utf-8").splitlines()
    assert row.startswith("A,A,mood,2,2024-01-01,2024-01-08,18.0,16.0,-2.0,2.0,,not_assessable,")


def test_analyse_takes_several_instruments_and_ends_with_3_when_rows_are_left_out(milepost, files):
    both = ("--instrument", "phq-9", "--instrument", "ors")
    assert milepost("analyse", "good.csv", *both, "--out", "r").out.startswith("2 series")
    run = milepost("analyse", "bad_row.csv", *both, "--out", "r")
    assert run.code == 3
    assert "row 3, column total: '99' is not" in run.err


def test_analyse_reads_other_layouts_and_encodings(milepost, files):
    mapped = milepost(
        "analyse", "wide.csv", "--instrument", "phq-9", "--out", "r", "--mapping", "mapping.toml"
    )
    assert (mapped.code, mapped.out) == (0, "1 series and 0 events written to r.\n")
    (files / "old.csv").write_bytes(GOOD.replace("A,", "José,").encode("cp1252"))
    old = ("analyse", "old.csv", "--instrument", "phq-9", "--out", "r")
    assert milepost(*old).code == 2
    assert milepost(*old, "--encoding", "cp1252").code == 0


# Instruments ------------------------------------------------------------------------------


def test_instruments_lists_all_and_tells_the_facts_of_one(milepost):
    listed = milepost("instruments")
    assert listed.code == 0
    assert "0 to 27" in listed.out
    told = milepost("instruments", "phq-9")
    assert told.code == 0
    assert "reliable_change" in told.out
    assert told.out.count("source: ") > 5


@pytest.mark.parametrize("name", ["phq-9", "srs", "mobility-inventory", "gbo"])
def test_the_facts_of_one_are_written_as_people_write_them(milepost, name):
    told = milepost("instruments", name).out
    assert not re.search(r"\d\.\d{5}|\bnan\b|\(\(|\('|',|: None|\.0$", told, re.MULTILINE)
    if name == "phq-9":
        assert "  sem\n    value: 2.058\n" in told
        assert "    windows: 8, 9, 10\n" in told
        assert "    labels\n      Not at all\n      Several days\n" in told
        assert "  codes\n    loinc_panel: 44249-1\n" in told


def test_the_list_of_instruments_fits_80_columns_and_cuts_no_id(milepost, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = milepost("instruments").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert {line.split(" ")[0] for line in lines} >= set(Library.load().instruments)
    assert "…" not in "".join(lines)
    (dass,) = [line for line in lines if line.startswith("dass-21-d ")]
    assert dass.split()[-2:] == [">=", "21.1*"]
    assert lines[-1] == "* computed from norms, as no cutoff is on record"


@pytest.mark.parametrize("name", ["phq-9", "k10", "suds", "gbo"])
def test_the_facts_of_an_instrument_are_json_also_where_numbers_are_missing(milepost, name):
    document = milepost("instruments", name, "--json").json
    assert list(document) == ["instrument", "criteria"]
    assert document["instrument"]["id"] == document["criteria"]["instrument"] == name


def test_the_list_of_instruments_as_json_holds_each_once(milepost):
    ids = [facts["id"] for facts in milepost("instruments", "--json").json]
    assert ids == list(Library.load().instruments)


def test_instruments_of_a_store_hold_its_own(milepost, filled):
    shutil.copy("mood.toml", "s/library/instruments.toml")
    (filled / "s" / "library" / "instruments").mkdir()
    shutil.move("s/library/instruments.toml", "s/library/instruments/mood.toml")
    assert "mood" in [i["id"] for i in milepost("instruments", "--store", "s", "--json").json]
    assert milepost("instruments", "mood", "--store", "s").code == 0
    assert milepost("instruments", "mood").code == 2


# Mistakes ---------------------------------------------------------------------------------

MISTAKES = {
    "a file that is not there": (
        "import missing.csv --store s",
        "missing.csv cannot be read (No such file or directory). Nothing was imported.",
    ),
    "a folder instead of a file": (
        "import . --store s",
        " cannot be read (Is a directory). Nothing was",
    ),
    "an empty file": ("import empty.csv --store s", "empty.csv"),
    "a table that is no log": ("import no_log.csv --store s", "no_log.csv"),
    "a store inside a file": (
        "import good.csv --store a_file/s",
        "a_file/s cannot be a store's folder (Not a directory). Nothing was changed.",
    ),
    "a file for a store": (
        "import good.csv --store a_file",
        "a_file cannot be a store's folder (Not a directory). Nothing was changed.",
    ),
    "a demo in a file": ("demo --no-serve --store a_file", "a_file cannot be a store's folder"),
    "a folder that holds something else": (
        "import good.csv --store .",
        ". is not empty and holds no store (no ledger.sqlite).",
    ),
    "a mapping that is not there": (
        "import wide.csv --store s --mapping none.toml",
        "The mapping none.toml cannot be read",
    ),
    "a mapping that is no TOML": (
        "import wide.csv --store s --mapping broken.toml",
        "broken.toml, line 1: this is not valid TOML",
    ),
    "a mapping of another file": (
        "import good.csv --store s --mapping mapping.toml",
        "good.csv",
    ),
    "an unknown encoding": (
        "import good.csv --store s --encoding latin",
        "--encoding is one of utf-8, utf-16, cp1252, not 'latin'.",
    ),
    "an unknown order of dates": (
        "import good.csv --store s --dates us",
        "--dates is one of iso, day-month-year, month-day-year, not 'us'.",
    ),
    "an unknown decimal mark": (
        "import good.csv --store s --decimal ;",
        "--decimal is . or , and not ';'.",
    ),
    "status of no store": ("status --store none", "none holds no store (no ledger.sqlite)."),
    "status of a file": ("status --store a_file", "a_file holds no store (no ledger.sqlite)."),
    "flags of no store": ("flags --store none --out x.csv", "none holds no store"),
    "verify of no store": ("verify --store none", "none holds no store"),
    "rebuild of no store": ("rebuild --store none", "none holds no store"),
    "undo in no store": ("undo 1 --store none", "none holds no store"),
    "roll back of no store": ("roll-back 1 --store none", "none holds no store"),
    "serving no store": ("serve --store none --no-open", "none holds no store"),
    "instruments of no store": ("instruments --store none", "none holds no store"),
    "an unknown instrument": (
        "instruments phq",
        "'phq' is not a known instrument. Did you mean phq-15, phq-2, phq-8 or phq-9? See",
    ),
    "an analysis with an unknown instrument": (
        "analyse good.csv --instrument phq --out r",
        "'phq' is neither a known instrument nor a file. Did you mean phq-15, phq-2, phq-8 or",
    ),
    "an instrument that is no TOML": (
        "analyse good.csv --instrument broken.toml --out r",
        "broken.toml, line 1: this is not valid TOML",
    ),
    "an instrument that is a folder": (
        "analyse good.csv --instrument . --out r",
        "cannot be read: Is a directory. The instrument was not loaded.",
    ),
    "an analysis of no file": (
        "analyse missing.csv --instrument phq-9 --out r",
        "missing.csv cannot be read",
    ),
    "an analysis with a wrong option": (
        "analyse good.csv --instrument phq-9 --out r --dates us",
        "--dates is one of",
    ),
    "results inside a file": (
        "analyse good.csv --instrument phq-9 --out a_file",
        "a_file/series.csv cannot be written",
    ),
    "a seed below 0": ("demo --no-serve --store d --seed -1", "The seed is -1"),
    "no runs of the benchmark": ("bench --runs 0", "Invalid value for '--runs'"),
    "a benchmark inside a file": (
        "bench --scores 3000 --folder a_file",
        "a_file cannot be written to (File exists). Nothing was measured.",
    ),
    "a benchmark report in a folder": (
        "bench --scores 3000 --write .",
        ". is a folder; --write needs a file. Nothing was measured.",
    ),
    "a benchmark of one score": ("bench --scores 1", "a series has at least 2"),
    "a word for a number": ("undo first --store s", "Invalid value for 'import_no'"),
    "an unknown command": ("improt good.csv", "No such command 'improt'."),
    "a missing option": ("status", "Missing option '--store'."),
}


@pytest.mark.parametrize(("words", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_with_a_sentence_and_the_exit_code_2(
    milepost, files, words, sentence
):
    run = milepost(*words.split())
    assert run.code == 2
    assert sentence in run.err
    assert run.out == ""
    assert "Traceback" not in run.err
    assert not (files / "r").exists()


STORE_MISTAKES = {
    "a day that does not exist": ("flags --store s --out x.csv --as-of 2024-13-01", "--as-of"),
    "results over a folder": ("flags --store s --out s", "s cannot be written (Is a directory)."),
    "results over this folder": (
        "flags --store s --out .",
        ". cannot be written (Is a directory).",
    ),
    "results inside a file": ("flags --store s --out a_file/x.csv", "a_file/x.csv cannot be"),
    "results where nobody can write": (
        "flags --store s --out /proc/x.csv",
        "/proc/x.csv cannot be written",
    ),
    "an undo of no import": ("undo 9 --store s", "Import 9 is not in use"),
}


@pytest.mark.parametrize(("words", "sentence"), STORE_MISTAKES.values(), ids=STORE_MISTAKES)
def test_a_mistake_about_a_store_leaves_it_as_it_was(milepost, filled, words, sentence):
    before = milepost("status", "--store", "s").out
    run = milepost(*words.split())
    assert run.code == 2
    assert sentence in run.err
    assert run.out == ""
    assert "Traceback" not in run.err
    assert not list(filled.rglob("*.part"))
    assert milepost("status", "--store", "s").out == before


def test_a_refused_import_leaves_no_scores_behind(milepost, filled):
    assert milepost("import", "no_log.csv", "--store", "s").code == 2
    document = milepost("status", "--store", "s", "--json").json
    assert (document["scores"], document["generation"], len(document["imports"])) == (3, 1, 1)


def test_a_rebuild_without_imports_says_that_there_is_nothing_to_do(milepost, files):
    Store.create(files / "s")
    run = milepost("rebuild", "--store", "s")
    assert run.code == 2
    assert run.err == "s has no imports, so there is nothing to rebuild.\n"


@pytest.mark.parametrize("command", ["status --store s", "flags --store s --out x.csv"])
def test_a_lost_generation_is_told_with_what_brings_it_back(milepost, filled, command):
    generation_path(filled / "s", 1).unlink()
    run = milepost(*command.split())
    assert run.code == 2
    assert "milepost rebuild" in " ".join(run.err.split())
    assert "Traceback" not in run.err
    assert milepost("rebuild", "--store", "s").code == 0
    assert milepost(*command.split()).code == 0


# Faults -----------------------------------------------------------------------------------


def test_a_fault_of_the_program_is_not_hidden(monkeypatch, files):
    def broken(*_args, **_more):
        raise RuntimeError("a fault")

    monkeypatch.setattr(Store, "import_file", broken)
    monkeypatch.setattr(sys, "argv", ["milepost", "import", "good.csv", "--store", "s"])
    with pytest.raises(RuntimeError, match="a fault"):
        cli.main()


def test_a_stop_by_the_keyboard_is_told_and_ends_with_130(monkeypatch, milepost, filled):
    def stopped(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "import_file", stopped)
    run = milepost("import", "later.csv", "--store", "s")
    assert run.code == 130
    assert "Traceback" not in run.err


# Bench ------------------------------------------------------------------------------------


def test_bench_runs_at_a_small_size_and_writes_its_report(monkeypatch, milepost, files):
    # Left out for time: the usual pandas code takes 15 s at any size, 20,000 episodes 20 s.
    monkeypatch.setattr(bench_suite.Suite, "_usual_code", lambda _: None)
    monkeypatch.setattr(bench_suite, "GROWING", 200)
    run = milepost("bench", "--scores", 3000, "--runs", 1, "--write", "out/report.md", "--json")
    # At this size fixed costs break the bounds on ratios, so 1 is as good as 0.
    assert run.code in (0, 1)
    figures = run.json["figures"]
    assert {"what", "value", "unit", "bound"} <= set(figures[0])
    differences = [f["value"] for f in figures if f["what"].startswith("differences")]
    assert differences == [0]
    report = (files / "out" / "report.md").read_text(encoding="utf-8")
    assert all(figure["what"] in report for figure in figures)
    shares = [f["value"] for f in figures if f["what"].startswith("of this, ") and f["unit"] == "%"]
    assert len(shares) >= 10
    assert sum(shares) == pytest.approx(100)
    assert "derive everything:" in run.err


def test_memory_of_a_thousand_megabytes_or_more_is_written_in_gigabytes():
    figures = [
        bench_suite.Figure("the import", 4508.0, "MB"),
        bench_suite.Figure("a job", 68.0, "MB", 80),
        bench_suite.Figure("a bounded job", 1200.0, "MB", 800),
    ]
    report = as_markdown(figures, scores=10, runs=1, day=date(2026, 11, 22)).splitlines()
    assert report[-3:] == [
        "| the import | 4.51 GB |  |  |",
        "| a job | 68 MB | <= 80 MB | yes |",
        "| a bounded job | 1.2 GB | <= 0.8 GB | **no** |",
    ]
