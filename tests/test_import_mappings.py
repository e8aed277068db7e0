"""Does a file in another layout come in completely, through a mapping?"""

import csv
import shutil
from datetime import date
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from analytics.plateau import PlateauRule, plateau
from data.errors import DataError, FileRefused
from data.formats.mapping import read_mapping
from data.formats.text import Source
from data.ledger import Counts, ImportOptions
from data.records import CaseloadQuery
from data.scope import Scope
from data.store import Store

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
BESIDE = ROOT.parent / "shared"
TODAY = date(2026, 3, 2)

WIDE = (
    "id,bdi_s0,bdi_s1,bdi_s2,bdi_fu1,rq_s0,rq_s1,rq_s2,rq_fu1\n"
    "1,30,26,,9,33,30,28,12\n2,20,,14,8,21,20,70,7\n007,25,24.5,nan,1,,,,\n"
)
LONG = (
    '"PATIENT","RELDAYS","VISIT","POOLINV","BASVAL","HAMDTL17"\n'
    '"1503",7,"4","006",32,21\n"1503",14,"5","006",32,20\n'
    '"1507",-7,"3","006",25,60\n"1507",9.5,"4","006",25,\n"1507",x,"5","006",25,18\n'
)


def with_example(root: Path, name: str) -> Store:
    """Return an empty store whose own library holds the instruments of an example."""
    Store.create(root)
    own = root / "library" / "instruments"
    own.mkdir(parents=True, exist_ok=True)
    for path in (EXAMPLES / name).glob("*.toml"):
        if path.name != "mapping.toml":
            shutil.copy(path, own)
    return Store.open(root)


def options(name: str) -> ImportOptions:
    text = (EXAMPLES / name / "mapping.toml").read_text(encoding="utf-8")
    return ImportOptions(mapping=text, mapping_name=f"{name}/mapping.toml")


def ask(store: Store, sql: str):
    return store.parent(store.current()).cursor().execute(sql).fetchall()


SCORES = (
    "SELECT client_id, instrument, administered_on::VARCHAR, session_no, total FROM score "
    "JOIN series USING (series_id) JOIN episode USING (episode_key) ORDER BY ALL"
)


def test_a_wide_file_becomes_one_score_a_cell(tmp_path, write_csv):
    store = with_example(tmp_path / "wide", "sgdata")
    report = store.import_file(write_csv(WIDE), options("sgdata"), today=TODAY)
    # 13 cells of sessions are filled; the blanks are no scores, the follow-ups are not mapped.
    assert report.counts == Counts(13, 10, 0, 3, unit="score")
    bad = store.reader(Scope.everyone("test")).quarantine()
    assert [(q.row, q.found, q.code) for q in bad] == [
        (3, "70", "out_of_range"), (4, "24.5", "wrong_step"), (4, "nan", "not_a_number")
    ]  # fmt: skip
    assert ask(store, SCORES)[:3] == [
        ("007", "bdi", "2020-01-06", 0, 25.0),
        ("1", "bdi", "2020-01-06", 0, 30.0),
        ("1", "bdi", "2020-01-13", 1, 26.0),
    ]
    assert report.unread == ("bdi_fu1", "rq_fu1")


def test_a_long_file_with_days_becomes_dates(tmp_path, write_csv):
    store = with_example(tmp_path / "long", "hamd17")
    report = store.import_file(write_csv(LONG), options("hamd17"), today=TODAY)
    assert report.counts == Counts(9, 4, 3, 2, unit="score")
    assert ask(store, SCORES) == [
        ("1503", "ham-d17", "2020-01-06", None, 32.0),
        ("1503", "ham-d17", "2020-01-13", 4, 21.0),
        ("1503", "ham-d17", "2020-01-20", 5, 20.0),
        ("1507", "ham-d17", "2020-01-06", None, 25.0),
    ]
    bad = store.reader(Scope.everyone("test")).quarantine()
    assert [(q.row, q.column, q.found, q.code) for q in bad] == [
        (4, "total", "60", "out_of_range"), (6, "administered_on", "x", "not_a_date")
    ]  # fmt: skip
    assert store.import_file(
        write_csv(LONG + "\n", "again.csv"), options("hamd17"), today=TODAY
    ).counts == Counts(9, 0, 7, 2, blank=1, unit="score")


@pytest.mark.parametrize("days", ["-999999", "999999", "١", "1e2", "2020-01-06", ""])
def test_days_that_give_no_date_are_set_aside(tmp_path, write_csv, days):
    store = with_example(tmp_path / "long", "hamd17")
    text = f"PATIENT,RELDAYS,VISIT,POOLINV,BASVAL,HAMDTL17\n1,{days},4,6,,20\n"
    report = store.import_file(write_csv(text), options("hamd17"), today=date(2026, 3, 2))
    expected = 1 if days == "2020-01-06" else 0  # written out as a date, it is one
    assert report.counts == Counts(1, expected, 0, 1 - expected, unit="score")


MAPPING = """
id = "m"
version = "1"
client_id = "id"
origin = "2020-01-06"
[[scores]]
column = "a"
instrument = "phq-9"
days = 0
"""


@pytest.mark.parametrize(
    ("text", "header", "words"),
    [(MAPPING, "id,b", "no column is called a, which the mapping m reads. Found: id, b."),
     (MAPPING, "a,b", "the mapping m needs the column id, which is missing"),
     (MAPPING, "id,id,a", "the column name 'id' stands twice"),
     (MAPPING, "id,a,a", "the column a is read twice"),
     (MAPPING + MAPPING[MAPPING.index("[["):], "id,a", "the column a is read twice")],
)  # fmt: skip
def test_a_file_that_does_not_fit_its_mapping_is_refused(store, write_csv, text, header, words):
    cells = ",".join("1" for _ in header.split(","))
    source = write_csv(f"{header}\n{cells}\n")
    with pytest.raises(FileRefused) as refusal:
        store.import_file(source, ImportOptions(mapping=text), today=TODAY)
    assert words in str(refusal.value)
    assert store.current() is None


@pytest.mark.parametrize(
    ("change", "words"),
    [(("days = 0", ""), "m.toml, scores (entry 1): give one of date_column, days_column, days, "),
     (("days = 0", "days_per_session = 7"), "days_per_session needs {session} in column"),
     (('instrument = "phq-9"', ""), "give either instrument or instrument_column"),
     (('origin = "2020-01-06"', ""), "m.toml: origin (the day that day 0 stands for) is"),
     (("version", "versoin"), "m.toml, versoin: no such key is known; perhaps 'version' is"),
     (("version", "versoin"), "m.toml, version: nothing stands here, and it is needed."),
     (('"2020-01-06"', '"06.01.2020"'), "m.toml, origin: "),
     (("id =", "id"), "m.toml, line 2: this is not valid TOML")],
)  # fmt: skip
def test_a_mapping_with_a_mistake_is_told_in_a_sentence(change, words):
    with pytest.raises(DataError) as error:
        read_mapping(MAPPING.replace(*change), "m.toml")
    assert words in str(error.value)
    assert str(error.value).startswith("m.toml")
    assert str(error.value).endswith(". Nothing was imported.")


@pytest.mark.parametrize("name", ["sgdata", "hamd17"])
def test_the_examples_are_readable(tmp_path, name):
    mapping = read_mapping((EXAMPLES / name / "mapping.toml").read_text("utf-8"), "mapping.toml")
    known = with_example(tmp_path / name, name).library.instruments
    assert all(score.instrument in known for score in mapping.scores)


# The real files ---------------------------------------------------------------------


def beside(path: str) -> Path:
    found = BESIDE / path
    if not found.exists():
        pytest.skip(f"{path} does not lie beside the project")
    return found


def table(path: str) -> list[dict[str, str]]:
    with beside(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def imported(folder: Path, name: str, path: str) -> Store:
    store = with_example(folder / name, name)
    source = beside(path)
    store.import_file(Source(source.name, source), options(name), today=TODAY)
    return store


@pytest.fixture(scope="module")
def sgdata(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return imported(tmp_path_factory.mktemp("real"), "sgdata", "samples/sessions/sgdata_wide.csv")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "path", "clients"),
    [("sgdata", "samples/sessions/sgdata_wide.csv", 43),
     ("hamd17", "samples/sessions/hamd17_trial_long.csv", 172)],
)  # fmt: skip
def test_a_real_file_comes_in_completely_and_once(tmp_path, name, path, clients):
    rows = table(path)
    if name == "sgdata":
        cells = sum(1 for r in rows for k, v in r.items() if v and "_s" in k)
        expected, scores = Counts(cells, cells, 0, 0, unit="score"), cells
    else:
        cells = sum(1 for row in rows if row["HAMDTL17"])
        scores = cells + clients  # each baseline once
        expected = Counts(cells + len(rows), scores, len(rows) - clients, 0, unit="score")
    store = imported(tmp_path, name, path)
    (record,) = store.ledger.imports()
    assert record.counts == expected
    reader = store.reader(Scope.everyone("test"))
    assert reader.totals().clients == clients
    assert reader.totals().scores == scores
    assert reader.caseload(CaseloadQuery()).total == clients
    # The same rows in other bytes add nothing.
    copy = tmp_path / "copy.csv"
    copy.write_bytes(beside(path).read_bytes().replace(b"\r\n", b"\n") + b"\n\n")
    again = store.import_file(Source("copy.csv", copy), options(name), today=TODAY)
    assert (again.counts.accepted, again.counts.quarantined) == (0, 0)
    assert store.reader(Scope.everyone("test")).totals().scores == scores


@pytest.mark.shared
def test_stored_slopes_are_those_of_the_reference(sgdata):
    """Of lm and pairwise slopes in R 4.2.2, t in weeks; printed to 15 digits, hence 1e-9."""
    expected = {row["series"]: row for row in table("reference/trend_R.csv")}
    found = ask(
        sgdata,
        "SELECT 'sgdata_' || client_id, n, baseline, latest, slope_per_week, slope_low, slope_high, "
        "theil_sen_per_week FROM result JOIN episode USING (episode_key) WHERE instrument = 'bdi'",
    )
    assert len(found) == 43
    fewest = min(int(row["n"]) for name, row in expected.items() if name.startswith("sgdata_"))
    compared = 0
    for series, n, first, last, slope, low, high, theil_sen in found:
        if series not in expected:
            assert n < fewest, f"{series} has {n} scores and is no series of the reference"
            continue
        compared += 1
        row = expected[series]
        assert (n, first, last) == (int(row["n"]), float(row["first"]), float(row["last"]))
        names = ("ols_slope", "ols_lo95", "ols_hi95", "theil_sen_slope")
        reference = [float(row[name]) for name in names]
        np.testing.assert_allclose([slope, low, high, theil_sen], reference, rtol=0, atol=1e-9)
    assert compared == len([name for name in expected if name.startswith("sgdata_")])


@pytest.mark.shared
def test_stored_scores_are_the_series_of_the_reference(sgdata):
    stored = ask(
        sgdata,
        "SELECT 'sgdata_' || client_id, (administered_on - DATE '2020-01-06') / 7.0, total "
        "FROM score JOIN series USING (series_id) JOIN episode USING (episode_key) "
        "WHERE instrument = 'bdi'",
    )
    rows = table("reference/trend_series.csv")
    reference = {(row["series"], float(row["t"]), float(row["y"])) for row in rows}
    assert reference <= {(name, float(t), y) for name, t, y in stored}
    assert len(reference) == len(rows)


@pytest.mark.shared
def test_plateau_verdicts_on_the_stored_scores_are_those_of_the_reference(sgdata):
    """At every look k, from the eighth score on: SEM 2.6, MIC 5, windows 8, 9 and 10, block 7."""
    rows = ask(
        sgdata,
        "SELECT 'sgdata_' || client_id, (administered_on - DATE '2020-01-06') / 7.0, total FROM score "
        "JOIN series USING (series_id) JOIN episode USING (episode_key) WHERE instrument = 'bdi' "
        "ORDER BY client_id, administered_on",
    )
    stored = {
        name: np.array([(float(t), y) for _, t, y in group])
        for name, group in groupby(rows, key=lambda row: row[0])
    }
    rule = PlateauRule((8, 9, 10), sigma=1.2 * 2.6, margin=5.0, guard=2.6, block_cap_weeks=None)
    reference = table("reference/plateau_rule_reference.csv")
    wrong = []
    for row in reference:
        t, y = stored[row["series"]][: int(row["k"])].T
        assert t[-1] == float(row["t_last"])
        found = plateau(t, y, [0, len(t)], rule=rule).verdict[0]
        if bool(found) != (row["plateau_any"] == "True"):
            wrong.append((row["series"], row["k"], bool(found)))
    assert len(reference) > 400
    assert wrong == []


def test_with_a_mapping_the_sum_counts_scores_and_not_rows(store, write_csv, today):
    wide = write_csv("id,s1,s2\nA,10,\nB,12,9\n", "wide.csv")
    mapping = (
        'id = "w"\nversion = "1"\nclient_id = "id"\norigin = "2026-01-05"\n'
        '[[scores]]\ncolumn = "s{session}"\ninstrument = "phq-9"\ndays_per_session = 7\n'
    )
    report = store.import_file(wide, ImportOptions(mapping=mapping), today=today)
    assert (report.counts.rows, report.counts.unit) == (3, "score")


OWN_RULES = {
    "c1": "",
    "c2": "[sudden_adjusted]\nvalue = false\nsource = 't'\n",
    "c3": "",
    "c4": "[sudden_from_session]\nvalue = 0\nsource = 't'\n",
}


@pytest.mark.shared
@pytest.mark.parametrize("config", OWN_RULES)
def test_sudden_gains_in_the_record_are_those_that_the_r_package_finds(tmp_path, config):
    """Totals of suddengains 0.7.2; the three that ask for single criteria are held elsewhere."""
    store = with_example(tmp_path / "wide", "sgdata")
    library = store.root / "library"
    if OWN_RULES[config]:
        (library / "profiles").mkdir()
        text = f'id = "default"\nversion = "test"\n{OWN_RULES[config]}'
        (library / "profiles" / "default.toml").write_text(text, encoding="utf-8")
    if config == "c3":
        facts = library / "instruments" / "bdi.toml"
        text = facts.read_text(encoding="utf-8")
        assert "{ value = 7, source" in text
        facts.write_text(text.replace("{ value = 7, source", "{ value = 4.65703, source"), "utf-8")
    store = Store.open(store.root)
    source = beside("samples/sessions/sgdata_wide.csv")
    store.import_file(Source(source.name, source), options("sgdata"), today=TODAY)
    (found,) = ask(
        store,
        "SELECT sum(sudden_evaluable), sum(sudden_gains), count(*) FILTER (WHERE sudden_gains > 0), "
        "sum(sudden_losses), count(*) FILTER (WHERE sudden_losses > 0) FROM result "
        "WHERE instrument = 'bdi'",
    )
    rows = {
        row["kind"]: [int(row[name]) for name in ("n_evaluable", "n_flagged", "n_patients")]
        for row in table("reference/suddengains_sgdata_totals.csv")
        if row["config"] == config
    }
    assert list(found) == [*rows["gain"], *rows["loss"][1:]]
    events = ask(store, "SELECT kind, count(*) FROM event WHERE kind LIKE 'sudden%' GROUP BY 1")
    assert dict(events) == {"sudden_gain": rows["gain"][1], "sudden_loss": rows["loss"][1]}
