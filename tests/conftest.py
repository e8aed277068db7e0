"""Which stores and files do several tests need?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from data.formats.text import Source
from data.ledger import ImportOptions
from data.records import QuarantinedRow
from data.scope import Scope
from data.store import ImportReport, Store

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
