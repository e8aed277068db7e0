"""Which stores and files do several tests need?"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from data.formats.text import Source
from data.ledger import ImportOptions
from data.records import ClientRecord, QuarantinedRow
from data.reports import ImportReport
from data.scope import Scope
from data.store import Store

TODAY = date(2026, 3, 2)


@dataclass(frozen=True, slots=True)
class Imported:
    """An import and what the store holds after it."""

    report: ImportReport
    quarantine: tuple[QuarantinedRow, ...]  # of this import

    @property
    def codes(self) -> list[str]:
        """The reasons of the rows that were set aside, in order."""
        return [row.code for row in self.quarantine]

    @property
    def only(self) -> QuarantinedRow:
        """The one row that was set aside."""
        (row,) = self.quarantine
        return row


@pytest.fixture
def today() -> date:
    """Return the day on which the tests' files are imported."""
    return TODAY


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store.create(tmp_path / "store")


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Source]:
    """Return a function that writes text or bytes to a file and names it for reading."""

    def write(content: str | bytes, name: str = "log.csv") -> Source:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return Source(name, path)

    return write


@pytest.fixture
def import_text(store: Store, write_csv: Callable[..., Source]) -> Callable[..., Imported]:
    """Return a function that imports text or bytes into ``store`` and accounts for every row."""

    def run(
        content: str | bytes, name: str = "log.csv", *, today: date = TODAY, **options: str
    ) -> Imported:
        source = write_csv(content, name)
        report = store.import_file(source, ImportOptions(**options), today=today)
        counts = report.counts
        assert counts.rows == counts.accepted + counts.duplicate + counts.quarantined
        rows = store.reader(Scope.everyone("test")).quarantine(report.import_no)
        assert len(rows) == counts.quarantined
        assert all(row.line and row.allowed and row.column for row in rows)
        return Imported(report, rows)

    return run


@pytest.fixture
def query(store: Store) -> Callable[[str], list[tuple[object, ...]]]:
    """Return a function that asks the generation in use of ``store``."""

    def ask(sql: str) -> list[tuple[object, ...]]:
        number = store.current()
        assert number is not None
        parent = store.parent(number)
        assert parent is not None
        return parent.cursor().execute(sql).fetchall()

    return ask


# Hypothesis measures no time: the cores are shared, and a slow moment is no fault.
settings.register_profile("milepost", deadline=None, print_blob=True)
settings.load_profile("milepost")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where skips are refused, fail if a test was skipped that needs nothing from outside."""
    if os.environ.get("MILEPOST_SKIPS") != "refused" or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [r for r in reporter.stats.get("skipped", []) if "shared" not in r.keywords]
    if skipped and exitstatus == 0:
        names = "\n".join(f"  {r.nodeid}: {r.longrepr}" for r in skipped)
        reporter.write_line(f"These tests may not be skipped here:\n{names}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def client_of(store: Store, write_csv: Callable[..., Source]) -> Callable[..., ClientRecord]:
    """Return a function that imports one client's scores and reads the record.

    A measure's scores are a list, one a week, or a mapping from the week; each is a total, or
    a list of item answers with ``None`` for a blank one.
    """

    def run(
        scores: Mapping[str, Sequence[Any] | Mapping[int, Any]],
        *,
        client: str = "C-1",
        first_day: date = date(2025, 9, 1),
        companions: Mapping[str, str] | None = None,
    ) -> ClientRecord:
        lines = ["client_id,episode_id,clinician_id,team,service,instrument,administered_on,"]
        lines[0] += "session_no,total," + ",".join(f"item_{i}" for i in range(1, 35))
        for instrument, given in scores.items():
            weeks = given if isinstance(given, Mapping) else dict(enumerate(given))
            for week, value in weeks.items():
                day = first_day + timedelta(weeks=week)
                answers = list(value) if isinstance(value, list) else []
                cells = ["" if a is None else f"{a:g}" for a in answers]
                total = "" if isinstance(value, list) else f"{value:g}"
                head = f"{client},{client}-1,Ana Lind,Harbour,Clinic,{instrument},{day},{week + 1}"
                lines.append(",".join([head, total, *cells, *[""] * (34 - len(cells))]))
        for name, text in {**(companions or {}), "scores.csv": "\n".join(lines) + "\n"}.items():
            report = store.import_file(write_csv(text, name), ImportOptions(), today=TODAY)
            assert report.counts.quarantined == 0, name
        return store.reader(Scope.everyone("test")).client(client)

    return run
