"""Which program imports file after file, rightly or wrongly, until it is killed or the disk is full?

It is started once and forks a warm child for every order that it reads (one line of JSON), so
that fifty kills cost fifty imports and not fifty starts of Python.
"""

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

import data.store
from data.errors import DataError
from data.formats.text import Source
from data.generations import connect, generation_path
from data.ledger import Ledger
from data.library import Library
from data.store import Store

LAZY = ("_strptime", "encodings.ascii", "pandas", "pyarrow.compute", "scipy.special", "scipy.stats")
TODAY = date(2026, 3, 2)
NOBODY = 65534


def main() -> None:
    """Fork a child for each order; tell its number, and when it has ended."""
    for name in LAZY:
        importlib.import_module(name)
    Library.load()
    tell("ready")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                {"import": import_on, "full": import_on_a_full_disk, "sealed": open_sealed}[
                    order["task"]
                ](order)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        tell(str(child))
        tell(str(os.waitpid(child, 0)[1]))


def tell(line: str) -> None:
    """Write one line for the test that waits for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


# Kills ----------------------------------------------------------------------------


def import_on(order: dict[str, Any]) -> None:
    """Import one file after the other, and acknowledge each on the disk once it is in."""
    store = Store.open(Path(order["root"]))
    writer = order["writer"]
    if writer == "in_place":
        data.store.new_generation = in_place
    if order["step"] is not None:
        stop_at(order["step"])
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in range(order["first"], order["first"] + order["count"]):
        source = Source(f"{number}.csv", Path(order["files"]) / f"{number}.csv")
        if writer == "acknowledges_first":
            acknowledge(log, source.name)
        store.import_file(source, today=TODAY)
        if writer != "acknowledges_first":
            acknowledge(log, source.name)


_fsync = os.fsync


def acknowledge(log: int, name: str) -> None:
    """Write one line that is on the disk before this returns."""
    os.write(log, f"{name}\n".encode())
    _fsync(log)


def stop_at(step: int) -> None:
    """Kill this process right before its n-th act that the disk keeps."""
    acts = iter(range(1, 1_000))

    def stopping(act: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **options: object) -> object:
            if next(acts) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*args, **options)

        return run

    os.fsync = stopping(os.fsync)
    os.replace = stopping(os.replace)
    data.store.refresh = stopping(data.store.refresh)
    data.store.admit = stopping(data.store.admit)
    data.store.prune = stopping(data.store.prune)
    Ledger.commit_imports = stopping(Ledger.commit_imports)


@contextmanager
def in_place(root: Path, number: int, *, based_on: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Write into the generation in use: the mistake that generations are there to prevent."""
    used = generation_path(root, based_on)
    with connect(used) as con:
        yield con
    generation_path(root, number).write_bytes(used.read_bytes())


# Disk -----------------------------------------------------------------------------


def import_on_a_full_disk(order: dict[str, Any]) -> None:
    """Import with a limit on what a file may grow to, then without it; tell what was said."""
    said: list[str] = []
    path = Path(order["files"]) / f"{order['first']}.csv"
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    store = Store.open(Path(order["root"]))
    for limit in (order["limit"], most):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
        try:
            report = store.import_file(Source(path.name, path), today=TODAY)
        except DataError as error:
            said.append(str(error))
        except BaseException as error:
            said.append(f"{type(error).__name__}, which is for no person: {error}")
        else:
            said.append("known" if report.already_imported_at else "imported")
        if limit == order["limit"]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            root = Path(order["root"])
            said.append(" ".join(p.name for p in root.rglob("*.part*")))
    Path(order["log"]).write_text(json.dumps(said), encoding="utf-8")


def open_sealed(order: dict[str, Any]) -> None:
    """Open and import as somebody who may only read; tell what was said."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT)
    if os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    path = Path(order["files"]) / f"{order['first']}.csv"
    try:
        store = Store.open(Path(order["root"]))
        store.import_file(Source(path.name, path), today=TODAY)
    except Exception as error:
        os.write(log, f"{type(error).__name__}: {error}".encode())


if __name__ == "__main__":
    main()
