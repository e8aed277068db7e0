"""Who may write into a store now, and what did a writer who was stopped leave to finish?"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from data.errors import DataError
from data.generations import current_number, generation_path, set_current, sweep
from data.ledger import Ledger

LOCK_SECONDS = 60


@contextmanager
def writing(root: Path, ledger: Ledger) -> Iterator[None]:
    """Be the one writer, and finish what a stopped one had acknowledged.

    Raises
    ------
    DataError
        If another process writes, or the folder cannot be written.
    """
    lock = FileLock(root / "writer.lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise DataError(
            "Another import into this store is running. Wait until it is done and try again. "
            "Nothing was changed."
        ) from None
    except OSError as error:
        raise DataError(
            f"The store {root} cannot be written ({error.strerror}). Check the folder's "
            "permissions and the disk. Nothing was changed."
        ) from None
    try:
        with disk_errors("The store"):
            _finish_switch(root, ledger)
        sweep(root)
        yield
    finally:
        sweep(root)
        lock.release()


def recover(root: Path, ledger: Ledger) -> None:
    """Finish a switch that a stopped writer had recorded, unless somebody is writing now."""
    pointer = ledger.pointer()
    if pointer is not None and pointer != _named(root):
        # Whoever holds the lock is about to do it; a store that cannot be written stays.
        with suppress(Timeout, OSError), FileLock(root / "writer.lock", timeout=0):
            _finish_switch(root, ledger)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Say in a sentence that the disk refused; *what* was being done."""
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DataError(
            f"{what}: the disk did not take the new data ({said}). Free some space and try again; "
            "`milepost verify` finds damage. The store is as it was before."
        ) from None


def _named(root: Path) -> int | None:
    """Return the generation that ``CURRENT`` names, or ``None`` where it names none."""
    with suppress(DataError):
        return current_number(root)
    return None


def _finish_switch(root: Path, ledger: Ledger) -> None:
    """Use the generation that the ledger has acknowledged last; needs the writer's lock."""
    pointer, named = ledger.pointer(), _named(root)
    if pointer is None and named is not None:
        raise DataError(
            f"The store has data (generation {named}), but its ledger is empty. Put "
            "ledger.sqlite back from a backup. Nothing was changed."
        )
    if pointer is None or pointer == named:
        return
    # A generation whose file is lost is no reason to let go of one that can be read.
    if named is None or generation_path(root, pointer).exists():
        set_current(root, pointer)
