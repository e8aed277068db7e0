"""Does the store keep what it acknowledged when a program is killed or a disk is full?"""

import errno
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.errors import DataError
from data.formats.text import Source
from data.generations import available, generation_path
from data.ledger import ImportOptions
from data.scope import Scope
from data.store import Store
from data.verification import verify
from data.writing import writing

PROGRAM = Path(__file__).parent / "programs" / "stoppable.py"
TODAY = date(2026, 3, 2)
KILLS = 50
FILES = 400
HEADER = "client_id,instrument,administered_on,session_no,total\n"


def file_rows(number: int) -> list[tuple[str, str, float]]:
    """Return the good rows of file *number*: new clients, and one whom every file knows."""
    day = (date(2024, 1, 1) + timedelta(days=number)).isoformat()
    mine = [(f"K{number}-{i}", day, float((number * 7 + i * 5) % 28)) for i in range(4)]
    return [*mine, ("everyone's", day, float(number % 28))]


def write_files(folder: Path, count: int) -> Path:
    """Write files whose rows tell which file they came from; each has one bad row."""
    folder.mkdir()
    for number in range(count):
        lines = [f"{c},phq-9,{day},{number + 1},{total:g}\n" for c, day, total in file_rows(number)]
        text = HEADER + "".join(lines) + f"K{number}-bad,phq-9,2024-01-01,1,99\n"
        (folder / f"{number}.csv").write_text(text, encoding="utf-8")
    return folder


def stored_rows(store: Store) -> list[tuple[str, str, float]]:
    """Return every score of the generation in use."""
    parent = store.parent(store.current())
    if parent is None:
        return []
    with parent.cursor() as con:
        return con.execute(
            "SELECT client_id, administered_on::VARCHAR, total FROM score "
            "JOIN series USING (series_id) JOIN episode USING (episode_key) ORDER BY ALL"
        ).fetchall()


def complaints(root: Path, acknowledged: set[str]) -> list[str]:
    """Open the store as the next program would; return all that is wrong with it."""
    try:
        store = Store.open(root)
        wrong = [f"{check.what}: {check.wrong}" for check in verify(store) if check.wrong]
        imported = {record.file for record in store.ledger.imports()}
        if lost := acknowledged - imported:
            wrong.append(f"acknowledged and not on record: {sorted(lost)}")
        expected = sorted(row for name in imported for row in file_rows(int(name[:-4])))
        rows = stored_rows(store)
        if rows != expected:
            wrong.append(f"{len(expected)} scores are on record, and {len(rows)} are stored")
        clients = store.reader(Scope.everyone("test")).totals().clients
        if clients != len({row[0] for row in expected}):
            wrong.append(f"the caseload has {clients} clients")
    except (DataError, duckdb.Error) as error:
        return [f"cannot be read: {error}"]
    return wrong


def parts(root: Path) -> list[str]:
    """Return the half-written files in the store."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.part*"))


class Program:
    """The warm program that forks one child for each order."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def run(self, *, kill_after: float | None = None, **order: Any) -> int:
        """Give an order; kill its child after some seconds, or wait; return how it ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        child = int(self._line())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        return int(self._line())

    def close(self) -> None:
        """End the program."""
        _, said = self._process.communicate()
        assert self._process.returncode == 0, said


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """Return the program, started once for all tests here."""
    if not hasattr(os, "fork"):
        pytest.skip("forks, which this system does not know")
    program = Program()
    yield program
    program.close()


class Victim:
    """A store, and the program that imports into it until it is killed."""

    def __init__(self, folder: Path, program: Program, writer: str = "right") -> None:
        self.root = folder / "store"
        self.files = write_files(folder / "files", FILES)
        self.log = folder / "acknowledged"
        self.log.touch()
        self.writer = writer
        self._program = program
        store = Store.create(self.root)
        store.import_file(Source("0.csv", self.files / "0.csv"), today=TODAY)

    @property
    def acknowledged(self) -> set[str]:
        """The files whose import returned, as the program wrote them down."""
        lines = self.log.read_text(encoding="utf-8").split("\n")
        return set(lines[:-1])

    def imported(self) -> int:
        """Return how many imports are on record."""
        return len(Store.open(self.root).ledger.imports())

    def run(self, *, step: int | None = None, count: int = FILES, **how: Any) -> int:
        """Import from the first file that is not on record."""
        return self._program.run(
            task="import",
            root=str(self.root),
            files=str(self.files),
            log=str(self.log),
            writer=self.writer,
            first=self.imported(),
            step=step,
            count=count,
            **how,
        )

    def run_full(self, limit: int, first: int, order: dict[str, str]) -> int:
        """Import one file while no file may grow beyond *limit* bytes, and then once more."""
        return self._program.run(task="full", limit=limit, first=first, **order)

    def seconds_per_import(self) -> float:
        """Return how long one import takes on this machine now, the fork included."""
        seconds = []
        for _ in range(3):
            start = time.monotonic()
            assert self.run(count=1) == 0
            seconds.append(time.monotonic() - start)
        return statistics.median(seconds)


# Kills ----------------------------------------------------------------------------


def test_no_kill_at_any_moment_loses_or_halves_an_import(tmp_path, program):
    victim = Victim(tmp_path, program)
    chance = random.Random(20261121)
    longest = 1.5 * victim.seconds_per_import()
    seen = Counter[str]()
    for kill in range(KILLS):
        before = len(victim.acknowledged)
        victim.run(kill_after=chance.uniform(0.0, longest))
        seen["half-written"] += bool(parts(victim.root))
        seen["acknowledged"] += len(victim.acknowledged) > before
        assert complaints(victim.root, victim.acknowledged) == [], f"kill {kill}"
    # The kills fell into the writing as well as after it, so they could have done harm.
    assert seen["half-written"] >= 5
    assert seen["acknowledged"] >= 5
    assert victim.run(count=1) == 0
    assert complaints(victim.root, victim.acknowledged) == []
    assert parts(victim.root) == []


def test_a_kill_before_every_act_on_the_disk_leaves_the_old_or_the_new_state(tmp_path, program):
    victim = Victim(tmp_path, program)
    ended, step, seen = signal.SIGKILL, 0, Counter[str]()
    while ended == signal.SIGKILL:
        step += 1
        known, acknowledged = victim.imported(), len(victim.acknowledged)
        ended = victim.run(step=step, count=1)
        if ended == signal.SIGKILL:
            assert len(victim.acknowledged) == acknowledged
            store = Store(victim.root)  # as a process that was running all the time sees it
            behind = store.ledger.pointer() != store.current()
            seen["switched when opened"] += behind
            seen["half-written"] += bool(parts(victim.root))
            assert complaints(victim.root, victim.acknowledged) == [], f"step {step}"
            seen["new state" if victim.imported() > known else "old state"] += 1
            Store.open(victim.root).roll_back(Store.open(victim.root).current() or 0)
            assert parts(victim.root) == [], f"step {step}"
    assert ended == 0
    assert step > 12
    assert min(seen[w] for w in ("switched when opened", "half-written", "new state", "old state"))


@pytest.mark.parametrize(
    ("writer", "caught"),
    [
        ("acknowledges_first", "acknowledged and not on record"),
        ("in_place", "is not on record|exceptions|differ|are stored|cannot be read"),
    ],
)
def test_the_same_checks_catch_a_wrong_writer(tmp_path, program, writer, caught):
    victim = Victim(tmp_path, program)
    longest = victim.seconds_per_import()
    victim.writer = writer
    chance = random.Random(7)
    found: list[str] = []
    for _ in range(20):
        victim.run(kill_after=chance.uniform(0.2, 1.0) * longest)
        found = complaints(victim.root, victim.acknowledged)
        if found:
            break
    assert re.search(caught, "; ".join(found))


def test_a_switch_that_was_recorded_is_finished_when_the_store_is_opened(store, import_text):
    import_text(HEADER + "a,phq-9,2025-01-01,1,9\n")
    import_text(HEADER + "b,phq-9,2025-01-01,1,9\n", "second.csv")
    (store.root / "CURRENT").write_text("gen-000001\n", encoding="ascii")
    assert Store.open(store.root).current() == 2


@pytest.mark.parametrize(
    "text", [b"", b"gen-", b"gen-12x", b"\xff\xfe\x00", "gen-²".encode(), None]
)
def test_an_unreadable_current_is_mended_from_the_ledger(store, import_text, text):
    import_text(HEADER + "a,phq-9,2025-01-01,1,9\n")
    if text is None:
        (store.root / "CURRENT").unlink()
    else:
        (store.root / "CURRENT").write_bytes(text)
        with pytest.raises(DataError, match="CURRENT"):
            store.current()
    assert stored_rows(Store.open(store.root)) == [("a", "2025-01-01", 9.0)]


def test_a_lost_file_of_the_newest_generation_is_told_and_rebuilt(store, write_csv):
    for client in "ab":  # nothing reads in between: an open file would go on being read
        source = write_csv(HEADER + f"{client},phq-9,2025-01-01,1,9\n", f"{client}.csv")
        store.import_file(source, today=TODAY)
    generation_path(store.root, 2).unlink()
    again = Store.open(store.root)
    with pytest.raises(DataError, match="milepost rebuild"):
        again.reader(Scope.everyone("test"))
    with pytest.raises(DataError, match="rebuild"):
        again.import_file(write_csv(HEADER + "c,phq-9,2025-01-01,1,7\n", "3.csv"), today=TODAY)
    again.rebuild()
    assert [row[0] for row in stored_rows(again)] == ["a", "b"]
    assert all(not check.wrong for check in verify(again))


def test_a_lost_ledger_is_told_and_nothing_is_written_over(store, import_text, write_csv):
    import_text(HEADER + "a,phq-9,2025-01-01,1,9\n")
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
        (store.root / name).unlink(missing_ok=True)
    (store.root / "ledger.sqlite").touch()
    source = write_csv(HEADER + "b,phq-9,2025-01-01,1,9\n", "second.csv")
    with pytest.raises(DataError, match=r"Put ledger\.sqlite back"):
        Store.open(store.root).import_file(source, today=TODAY)
    assert available(store.root) == [1]


# Disk -----------------------------------------------------------------------------


def test_a_full_disk_is_told_and_leaves_the_old_state(tmp_path, program):
    victim = Victim(tmp_path, program)
    answer = tmp_path / "said"
    seen = Counter[str]()
    for limit in (0, 50, 4_096, 40_000, 300_000, 700_000, 1_200_000, 1_800_000, 2_300_000, 10**8):
        order = {"root": str(victim.root), "files": str(victim.files), "log": str(answer)}
        first = victim.imported()
        assert victim.run_full(limit, first, order) == 0
        said, left, again = json.loads(answer.read_text(encoding="utf-8"))
        assert left == "", f"{limit} bytes"
        if said != "imported":
            assert "which is for no person" not in said
            assert said.endswith(("The store is as it was before.", "Nothing was changed."))
            assert again == "imported", f"{limit} bytes"
        seen[said[:14]] += 1
        assert complaints(victim.root, {f"{n}.csv" for n in range(first + 1)}) == [], said
    assert seen["imported"] >= 1
    assert sum(seen.values()) - seen["imported"] >= 6


HEADER_OF_FIT = "client_id,instrument,administered_on,total\n"


class Refusing:
    """Lets the n-th act on the disk fail, and counts the acts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refused: int) -> None:
        self.acts = 0
        self._refused = refused
        for module, name in ((os, "fsync"), (os, "replace"), (shutil, "copyfile")):
            monkeypatch.setattr(module, name, self._act(getattr(module, name)))

    def _act(self, act: Any) -> Any:
        def run(*args: Any, **options: Any) -> Any:
            self.acts += 1
            if self.acts == self._refused:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return act(*args, **options)

        return run


def test_an_error_of_the_disk_at_any_act_leaves_the_old_or_the_new_state(tmp_path):
    root, files = tmp_path / "store", write_files(tmp_path / "files", 30)
    store = Store.create(root)
    store.import_file(Source("0.csv", files / "0.csv"), today=TODAY)
    with pytest.MonkeyPatch.context() as patch:
        counted = Refusing(patch, refused=0)
        store.import_file(Source("1.csv", files / "1.csv"), today=TODAY)
    assert counted.acts >= 8
    seen = Counter[str]()
    for refused in range(1, counted.acts + 1):
        number = refused + 1
        source = Source(f"{number}.csv", files / f"{number}.csv")
        with pytest.MonkeyPatch.context() as patch:
            Refusing(patch, refused)
            with pytest.raises(DataError) as caught:
                store.import_file(source, today=TODAY)
        assert parts(root) == []
        recorded = "Nothing is lost" in str(caught.value)
        assert recorded or str(caught.value).endswith("The store is as it was before.")
        seen["new" if recorded else "old"] += 1
        assert len(store.ledger.imports()) == number + recorded
        assert len(list((root / "originals").iterdir())) == number + recorded
        assert complaints(root, set()) == [], f"act {refused}"
        store.import_file(source, today=TODAY)  # in the same process, with space again
    assert complaints(root, {f"{n}.csv" for n in range(counted.acts + 2)}) == []
    assert seen["old"] >= 6
    assert seen["new"] == 2  # the switch itself and its sync, when the ledger has the import


def test_an_error_of_the_disk_during_a_fit_leaves_the_old_or_the_new_figures(tmp_path):
    root = tmp_path / "store"
    store = Store.create(root)
    log = tmp_path / "log.csv"
    rows = [
        f"c{c},phq-9,2025-01-{7 * w + 1:02},{10 + c % 9 - w}" for c in range(40) for w in range(4)
    ]
    log.write_text(HEADER_OF_FIT + "\n".join(rows) + "\n", encoding="utf-8")
    store.import_file(Source("log.csv", log), today=TODAY)
    with pytest.MonkeyPatch.context() as patch:
        counted = Refusing(patch, refused=0)
        store.fit()
    assert counted.acts >= 5
    seen = Counter[str]()
    for refused in range(1, counted.acts + 1):
        before = store.ledger.fit_in_use()
        assert before is not None
        with pytest.MonkeyPatch.context() as patch:
            Refusing(patch, refused)
            with pytest.raises(DataError) as caught:
                store.fit()
        recorded = "Nothing is lost" in str(caught.value)
        seen["new" if recorded else "old"] += 1
        assert parts(root) == []
        after = store.ledger.fit_in_use()
        assert after is not None
        assert after.fit_no == before.fit_no + recorded
        assert store.library.fit_no == after.fit_no
        assert [check for check in verify(Store.open(root)) if check.wrong] == [], f"act {refused}"
    assert seen["old"] >= 4
    assert seen["new"] == 2
    # A store that was opened before another process's fit writes with the figures of that fit.
    stale = Store.open(root)
    store.fit()
    log.write_text(HEADER_OF_FIT + "c1,phq-9,2025-03-01,9\n", encoding="utf-8")
    stale.import_file(Source("more.csv", log), today=TODAY)
    assert stale.library.fit_no == store.library.fit_no
    assert [check for check in verify(Store.open(root)) if check.wrong] == []


def test_a_ledger_without_space_leaves_the_old_state(store, import_text, write_csv, monkeypatch):
    import_text(HEADER + "a,phq-9,2025-01-01,1,9\n")

    def refuse(*_: object) -> None:
        raise DataError("The ledger could not be written (disk full). Nothing was changed.")

    source = write_csv(HEADER + "b,phq-9,2025-01-01,1,9\n", "second.csv")
    monkeypatch.setattr(store.ledger, "commit_imports", refuse)
    with pytest.raises(DataError, match="Nothing was changed"):
        store.import_file(source, today=TODAY)
    monkeypatch.undo()
    assert store.current() == 1
    assert parts(store.root) == []
    assert len(list((store.root / "originals").iterdir())) == 1
    # A generation that was never recorded is no place to go back to.
    with pytest.raises(DataError, match="kept are 1"):
        store.roll_back(2)
    assert store.import_file(source, today=TODAY).generation == 2
    assert len(stored_rows(store)) == 2


def test_a_folder_that_may_only_be_read_is_told(program):
    # Not in pytest's own folder: whoever reads must get there, and root reads everything.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        root, files, log = folder / "store", write_files(folder / "files", 2), folder / "said"
        Store.create(root).import_file(Source("0.csv", files / "0.csv"), today=TODAY)
        for path in (root, *root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = sorted((p, p.stat().st_mtime_ns) for p in root.rglob("*"))
        order = {"root": str(root), "files": str(files), "log": str(log), "first": 1}
        assert program.run(task="sealed", **order) == 0
        said = log.read_text(encoding="utf-8")
        assert said.startswith("DataError: ")
        assert said.endswith("Nothing was changed.")
        assert sorted((p, p.stat().st_mtime_ns) for p in root.rglob("*")) == before
        for path in (root, *root.rglob("*")):
            path.chmod(0o755)


@pytest.mark.parametrize("what", ["missing", "changed"])
def test_a_rebuild_without_the_true_originals_changes_nothing(store, import_text, what):
    import_text(HEADER + "a,phq-9,2025-01-01,1,9\n")
    (original,) = (store.root / "originals").iterdir()
    if what == "missing":
        original.unlink()
    else:
        original.write_bytes(original.read_bytes().replace(b",9", b",8"))
    with pytest.raises(DataError, match=r"originals.*back from a backup. Nothing was changed"):
        store.rebuild()
    assert store.current() == 1
    assert stored_rows(store) == [("a", "2025-01-01", 9.0)]
    assert parts(store.root) == []


def test_importing_a_file_again_mends_its_damaged_original(store, import_text, write_csv):
    text = HEADER + "a,phq-9,2025-01-01,1,9\n"
    import_text(text)
    (original,) = (store.root / "originals").iterdir()
    original.write_bytes(b"")
    store.import_file(
        write_csv(text, "again.csv"), ImportOptions(dates="day-month-year"), today=TODAY
    )
    assert original.read_bytes() == text.encode()


def test_a_refused_file_is_not_kept_in_the_store(store, write_csv):
    for content in (b"", b"name,born\nA person,1990\n", b"PK\x03\x04 a workbook"):
        with pytest.raises(DataError):
            store.import_file(write_csv(content), today=TODAY)
    assert list((store.root / "originals").iterdir()) == []


@pytest.mark.parametrize("there", [False, True])
def test_the_folders_of_a_store_are_closed_to_others(tmp_path, there):
    root = tmp_path / "store"
    if there:
        root.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        Store.create(root)
    finally:
        os.umask(before)
    folders = [root, *(path for path in root.iterdir() if path.is_dir())]
    assert len(folders) == 4
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_a_second_writer_is_told_to_wait(store, import_text, write_csv, monkeypatch):
    import_text(HEADER + "a,phq-9,2025-01-01,1,9\n")
    monkeypatch.setattr("data.writing.LOCK_SECONDS", 0.05)
    source = write_csv(HEADER + "b,phq-9,2025-01-01,1,9\n", "second.csv")
    with (
        writing(store.root, store.ledger),
        pytest.raises(DataError, match="Another import into this store is running"),
    ):
        Store.open(store.root).import_file(source, today=TODAY)
    assert store.import_file(source, today=TODAY).counts.accepted == 1


# Readers --------------------------------------------------------------------------


class Watching(threading.Thread):
    """Reads again and again, and notes what does not fit together."""

    def __init__(self, store: Store, stop: threading.Event) -> None:
        super().__init__()
        self._store, self._stop_now = store, stop
        self.seen: dict[int, int] = {}
        self.wrong: list[str] = []

    def run(self) -> None:
        """Read until told to stop."""
        while not self._stop_now.wait(0.01):  # leaves the imports a turn
            try:
                self._read()
            except Exception as error:  # any error at all is what is looked for
                self.wrong.append(f"{type(error).__name__}: {error}")

    def _read(self) -> None:
        reader = self._store.reader(Scope.everyone("test"))
        number, about, totals = reader.number, reader.about(), reader.totals()
        files = number or 0
        record = reader.client("everyone's")
        rows = [row for row in record.row.results if row.instrument == "phq-9"]
        told = (
            about and about.number,
            totals.scores,
            totals.clients,
            totals.quarantined,
            len(record.scores),
            rows[0].n,
            len(reader.quarantine()),
        )
        if told != (files, 5 * files, 4 * files + 1, files, files, files, files):
            self.wrong.append(f"generation {number}: {told}")
        self.seen[files] = self.seen.get(files, 0) + 1


def test_eight_readers_during_imports_see_whole_generations_only(tmp_path):
    root, files = tmp_path / "store", write_files(tmp_path / "files", 11)
    store = Store.create(root)
    store.import_file(Source("0.csv", files / "0.csv"), today=TODAY)
    oldest = store.reader(Scope.everyone("test"))
    stop = threading.Event()
    watching = [Watching(store, stop) for _ in range(8)]
    for thread in watching:
        thread.start()
    try:
        for number in range(1, 11):  # another process would open the store for itself
            Store.open(root).import_file(
                Source(f"{number}.csv", files / f"{number}.csv"), today=TODAY
            )
    finally:
        stop.set()
        for thread in watching:
            thread.join()
    assert [sentence for thread in watching for sentence in thread.wrong] == []
    assert all(len(thread.seen) >= 2 for thread in watching)
    assert len({number for thread in watching for number in thread.seen}) >= 8
    assert sorted(available(root)) == [7, 8, 9, 10, 11]
    # The first generation is long gone from the folder, and its reader still reads it.
    assert oldest.totals().scores == 5
    assert oldest.client("everyone's").row.results[0].n == 1
