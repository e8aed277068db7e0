"""Which generation of the store is in use, and how does a new one take its place?

A generation is one immutable DuckDB file. A new one is written beside it as ``.part``,
checked, synced and renamed; ``CURRENT`` is then replaced in one step. So a reader sees
the old state or the new one, whenever the writer stops.
"""

import functools
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from weakref import WeakValueDictionary

import duckdb

from data.errors import DataError

KEPT = 5

_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def generation_path(root: Path, number: int) -> Path:
    """Return the file of generation *number*."""
    return root / "generations" / f"gen-{number:06d}.duckdb"


def current_number(root: Path) -> int | None:
    """Return the generation that ``CURRENT`` names, or ``None`` before the first import."""
    try:
        text = (root / "CURRENT").read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None
    if not re.fullmatch("gen-[0-9]+", text):
        raise DataError(
            f"The file CURRENT of the store holds {text[:40]!r}, which names no generation. "
            "Run `milepost rebuild`."
        )
    return int(text[4:])


def prepare_current(root: Path, number: int) -> None:
    """Write what ``CURRENT`` will say beside it, while a full disk can still stop the act."""
    with (root / "CURRENT.part").open("w", encoding="ascii") as file:
        file.write(f"gen-{number:06d}\n")
        file.flush()
        os.fsync(file.fileno())


def switch_current(root: Path) -> None:
    """Make the prepared generation the one in use, in one step.

    Raises
    ------
    DataError
        If the disk refuses; the ledger has the act by then, so opening the store repeats it.
    """
    try:
        (root / "CURRENT.part").replace(root / "CURRENT")
        sync_folder(root)
    except OSError as error:
        raise DataError(
            f"The new data are recorded, but the store could not be switched to them "
            f"({error.strerror}). Nothing is lost: open the store again, and they are in use."
        ) from None


def set_current(root: Path, number: int) -> None:
    """Make *number* the generation in use, in one step."""
    prepare_current(root, number)
    switch_current(root)


def sync_folder(folder: Path) -> None:
    """Make a rename in *folder* survive a power cut, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a generation for writing, without downloads and Python variables in SQL."""
    connection = duckdb.connect(str(path), config=dict(_CONFIG))
    connection.execute("SET enable_progress_bar = false")  # it would go to the standard output
    return connection


@functools.cache
def layout() -> str:
    """Return a name of the tables and columns that this version writes and reads."""
    return hashlib.sha256(_schema().encode("utf-8")).hexdigest()[:12]


def _schema() -> str:
    return resources.files("data").joinpath("schema.sql").read_text(encoding="utf-8")


def _require_layout(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a generation with other tables: it is not patched, it is made again."""
    try:
        found = connection.execute("SELECT layout FROM meta").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        found = []  # no such table or column: another version's
    except duckdb.Error as error:
        connection.close()
        raise duckdb.IOException(f"{path.stem} is damaged: {error}") from None
    if found != [(layout(),)]:
        connection.close()
        raise DataError(
            f"{path.stem} was made by another version of Milepost. Run `milepost rebuild`: it makes the "
            "same state again from the original files. Nothing was changed."
        )


_READING: WeakValueDictionary[str, duckdb.DuckDBPyConnection] = WeakValueDictionary()
_GUARD = threading.Lock()


def reading(path: Path) -> duckdb.DuckDBPyConnection:
    """Return this process's one connection that reads *path*, closed to the outside.

    Take a cursor for each question. A second connection to the same file would find the
    settings locked, and could not be silenced; so all readers share one.
    """
    name = str(path.resolve())
    with _GUARD:
        connection = _READING.get(name)
        if connection is None:
            connection = duckdb.connect(
                name, read_only=True, config={**_CONFIG, "enable_external_access": "false"}
            )
            _require_layout(connection, path)
            with suppress(duckdb.InvalidInputException):  # sealed already: a cursor outlived it
                connection.execute("SET enable_progress_bar = false")
                connection.execute("SET lock_configuration = true")
            _READING[name] = connection
        return connection


@contextmanager
def new_generation(
    root: Path, number: int, *, based_on: int | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a writable copy of *based_on* (or an empty generation); keep it if nothing is raised.

    On success the file lies at its place, complete and synced, but is not yet in use.
    """
    final = generation_path(root, number)
    part = final.with_suffix(".duckdb.part")
    _discard(part)
    final.unlink(missing_ok=True)  # the number is free: a writer stopped before it was recorded
    try:
        if based_on is not None:
            shutil.copyfile(generation_path(root, based_on), part)
        connection = connect(part)
        try:
            spill = root / "scratch"
            connection.execute("SET temp_directory = $path", {"path": str(spill)})
            if based_on is None:
                connection.execute(_schema())
            else:
                _require_layout(connection, generation_path(root, based_on))
            yield connection
            connection.execute("CHECKPOINT")
        finally:
            connection.close()
        handle = os.open(part, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        part.replace(final)
        sync_folder(final.parent)
    except BaseException:
        _discard(part)
        raise


def _discard(part: Path) -> None:
    for path in (part, part.with_name(part.name + ".wal")):
        path.unlink(missing_ok=True)


def prune(root: Path, *, keep: int) -> None:
    """Remove all but the last generations; the one in use (*keep*) always stays.

    A process that has an old file open goes on reading it.
    """
    numbers = sorted(available(root))
    for number in numbers[:-KEPT]:
        if number != keep:
            with suppress(OSError):  # Windows keeps a file that is open; the next import prunes it
                generation_path(root, number).unlink(missing_ok=True)


def sweep(root: Path) -> None:
    """Remove what a stopped writer left half written; only the one writer may do this."""
    for folder in (root, root / "generations", root / "originals"):
        for pattern in ("*.part", "*.part.wal"):
            for path in folder.glob(pattern):
                with suppress(OSError):
                    path.unlink()


def available(root: Path) -> list[int]:
    """Return the numbers of all generations on the disk."""
    names = (path.name for path in (root / "generations").glob("gen-*.duckdb"))
    return [int(name[4:10]) for name in names]
