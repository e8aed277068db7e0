"""Does verification find what is wrong with a store, and nothing where nothing is?"""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from data.formats.text import Source
from data.generations import generation_path
from data.store import Store
from data.verification import verify

TODAY = date(2026, 3, 2)
EPISODES = "episode_id,client_id,started_on,clinician_id\nE-1,a,2025-01-01,Ana\n"
SESSIONS = "episode_id,session_no,held_on,attendance\nE-1,1,2025-01-01,attended\n"
ITEMS = ",".join(f"item_{i}" for i in range(1, 10))
SCORES = f"client_id,instrument,administered_on,session_no,total,{ITEMS}\n" + "".join(
    f"{client},phq-9,2025-0{1 + k // 4}-0{1 + 7 * (k % 4) if k % 4 < 2 else 9},{k + 1},,"
    f"{k % 4},1,1,{0 if k else 3},{0 if k else 3},2,1,0,{k % 2}\n"
    for client in "ab"
    for k in (0, 1, 4, 5, 8, 9)
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store with three imports, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    store = Store.create(folder / "store")
    for name, text in (("e.csv", EPISODES), ("s.csv", SESSIONS), ("log.csv", SCORES)):
        (folder / name).write_text(text, encoding="utf-8")
        report = store.import_file(Source(name, folder / name), today=TODAY)
        assert report.counts.quarantined == 0
    return store.root


@pytest.fixture
def full(template: Path, tmp_path: Path) -> Path:
    """Return the folder of a store with three imports, which nobody has open."""
    return Path(shutil.copytree(template, tmp_path / "store"))


def found(root: Path) -> dict[str, str]:
    """Return the checks that found something, with what they found."""
    return {check.what: check.wrong for check in verify(Store.open(root)) if check.wrong}


def change(root: Path, statement: str) -> None:
    """Change a row of the generation in use behind the store's back."""
    with duckdb.connect(str(generation_path(root, 3))) as con:
        con.execute(statement)
        con.execute("CHECKPOINT")


def original_of(root: Path, import_no: int) -> Path:
    """Return the original file of an import."""
    return root / "originals" / Store.open(root).ledger.imports()[import_no - 1].sha256


def test_a_healthy_store_is_found_healthy(full):
    checks = verify(Store.open(full))
    assert len(checks) == 10
    assert all(not check.wrong for check in checks)
    assert len({check.what for check in checks}) == len(checks)


def test_an_empty_store_is_healthy(store):
    assert all(not check.wrong for check in verify(store))


def test_one_flipped_bit_in_an_original_is_found(full):
    path = original_of(full, 3)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert found(full) == {"every original file is as it came": "the file of import 3 was changed"}


def test_a_missing_original_is_found(full):
    original_of(full, 2).unlink()
    assert found(full) == {"every original file is as it came": "the file of import 2 is missing"}


ROWS = "every acknowledged row is stored"
RESULTS = "the results follow from the scores"


@pytest.mark.parametrize(
    ("statement", "what", "wrong"),
    [
        (
            "DELETE FROM score WHERE source_row = 3",
            ROWS,
            "import 3: 12 rows acknowledged, 11 stored",
        ),
        ("DELETE FROM session", ROWS, "import 2: 1 rows acknowledged, 0 stored"),
        (
            "UPDATE score SET import_no = 7 WHERE source_row = 3",
            ROWS,
            "import 7 is not on record, but 1 rows of score are its",
        ),
        ("UPDATE score SET total = total + 1 WHERE source_row = 3", RESULTS, "rows differ"),
        ("UPDATE result SET category = 'recovered' WHERE series_id = 1", RESULTS, "rows differ"),
        ("UPDATE result SET rci = rci + 1e-9 WHERE series_id = 1", RESULTS, "2 rows differ"),
        ("DELETE FROM event", RESULTS, "rows differ"),
        ("UPDATE caseload SET clinician_id = 'Ben'", RESULTS, "rows differ"),
        ("UPDATE caseload SET priority = 7", RESULTS, "rows differ"),
        ("UPDATE risk_answer SET positive = NOT positive", RESULTS, "rows differ"),
        ("UPDATE meta SET kernel = 'another'", RESULTS, "made by other rules or facts"),
        (
            "INSERT INTO score SELECT * FROM score WHERE source_row = 3",
            "one score for one occasion",
            "1 exceptions",
        ),
        ("DELETE FROM series WHERE series_id = 1", "every score belongs to a series", "exceptions"),
        ("DELETE FROM episode WHERE client_id = 'b'", "every series belongs to an episode", "1 "),
        (
            "DELETE FROM caseload WHERE client_id = 'b'",
            "every episode stands in the caseload once",
            "exceptions",
        ),
        ("UPDATE episode SET episode_id = 'E-1'", "one client for one episode id", "1 exceptions"),
    ],
)
def test_a_changed_row_is_found(full, statement, what, wrong):
    change(full, statement)
    told = found(full)
    assert wrong in told[what], told


def test_a_rebuild_mends_what_was_changed(full):
    change(full, "DELETE FROM score WHERE source_row = 3")
    change(full, "UPDATE caseload SET clinician_id = 'Ben'")
    assert len(found(full)) == 2
    Store.open(full).rebuild()
    assert found(full) == {}


def test_a_current_that_points_elsewhere_is_found_until_the_store_is_opened_again(full):
    store = Store.open(full)
    (full / "CURRENT").write_text("gen-000002\n", encoding="ascii")
    wrong = {check.what: check.wrong for check in verify(store) if check.wrong}
    assert wrong == {
        "CURRENT agrees with the ledger": (
            "CURRENT names 2 and the ledger 3; opening the store again mends this"
        )
    }
    (full / "CURRENT").write_bytes(b"\x00\xff")
    (check,) = (check for check in verify(store) if check.wrong)
    assert check.what == "CURRENT agrees with the ledger"
    assert "names no generation" in check.wrong
    assert found(full) == {}


@pytest.mark.parametrize("where", [0.0, 0.3, 0.6])
def test_a_damaged_generation_never_reads_as_healthy_data(full, where):
    healthy = Store.open(full).reader_for_care().client("a")
    path = generation_path(full, 3)
    content = bytearray(path.read_bytes())
    start = int(len(content) * where)
    for at in range(start, min(start + 30_000, len(content)), 64):
        content[at] ^= 0xFF
    damaged = path.with_name("damaged")
    damaged.write_bytes(content)
    damaged.replace(path)  # another file: no open one changes under its reader
    told = found(full)
    if told:
        assert any("is damaged" in wrong for wrong in told.values())
    else:  # the bytes belonged to a block that is free
        assert Store.open(full).reader_for_care().client("a") == healthy
    store = Store.open(full)
    store.rebuild()
    assert found(full) == {}
    assert store.reader_for_care().client("a").scores == healthy.scores


def test_a_cut_off_generation_is_found_and_rebuilt(full):
    path = generation_path(full, 3)
    path.write_bytes(path.read_bytes()[:5_000])
    assert "is damaged" in found(full)["the generation in use can be read"]
    Store.open(full).rebuild()
    assert found(full) == {}


def test_damage_in_a_remark_that_no_result_needs_is_found_too(tmp_path):
    store = Store.create(tmp_path / "store")
    notes = "episode_id,noted_on,text\nE-1,2025-01-01,a remark that nothing is computed from\n"
    for name, text in (("e.csv", EPISODES), ("n.csv", notes)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        store.import_file(Source(name, tmp_path / name), today=TODAY)
    path = generation_path(store.root, 2)
    content = bytearray(path.read_bytes())
    content[content.index(b"a remark that nothing")] ^= 1
    path.write_bytes(content)
    assert "is damaged" in found(store.root)["the generation in use can be read"]
