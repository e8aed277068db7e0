"""Putting the dashboard on the screen: ``demo``, ``serve``."""

import multiprocessing
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands.imports import StoreOption
from dashboard.commands.terminal import out, today
from dashboard.environment import BEING_MADE
from data.errors import DataError
from data.formats.text import Source
from data.store import Store
from data.synthetic.service import synthetic_service
from data.synthetic.writing import LOG_FILES

PortOption = Annotated[int, typer.Option(help="Port on this machine; 0 takes 8501 or a free one.")]
OpenOption = Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")]


def demo(
    store: StoreOption = Path("demo-store"),
    seed: Annotated[int, typer.Option(help="Another seed, another service.")] = 1,
    port: PortOption = 0,
    open_browser: OpenOption = True,
    serve_it: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Open the dashboard.")
    ] = True,
) -> None:
    """Make a synthetic service in a store and open the dashboard on it."""
    record = Store.create(store)
    if record.current() is None and serve_it:
        _fill_aside(record, seed)
    elif record.current() is None:
        _fill(record, seed)
        record.fit(by="demo")
    elif (record.root / "synthetic" / "truth.csv").exists():
        out.print(
            f"{store} holds the synthetic service already; it is used as it is.", markup=False
        )
    else:
        raise DataError(
            f"{store} holds another service's record, so no demo is made in it. Choose another folder "
            "with --store. Nothing was changed."
        )
    if serve_it:
        _serve(store, port, open_browser)


def _fill_aside(record: Store, seed: int) -> None:
    """Fill the store in a process of its own, while the server and the browser start.

    The pages wait for the file that is removed when the scores are in; the service's own figures
    follow some seconds later, in a generation of their own.
    """
    mark = record.root / BEING_MADE
    mark.touch()
    # A fork has everything imported already; elsewhere than on Linux it is not dependable.
    if sys.platform == "linux":
        making: multiprocessing.process.BaseProcess = multiprocessing.get_context("fork").Process(
            target=_fill_at, args=(record.root, seed)
        )
    else:
        making = multiprocessing.get_context("spawn").Process(
            target=_fill_at, args=(record.root, seed)
        )
    making.start()

    def finish() -> None:
        making.join()
        mark.unlink(missing_ok=True)

    threading.Thread(target=finish, daemon=True).start()


def _fill_at(root: Path, seed: int) -> None:
    with suppress(KeyboardInterrupt):  # Ctrl+C reaches both; the command itself tells of it
        record = Store.open(root)
        _fill(record, seed)
        (root / BEING_MADE).unlink(missing_ok=True)
        if hasattr(os, "nice"):
            os.nice(19)  # the browser, which opens now, goes first
        record.fit(by="demo")  # takes some seconds: the pages show the scores until then


def _fill(record: Store, seed: int) -> None:
    folder = record.root / "synthetic"
    folder.mkdir(mode=0o700, exist_ok=True)
    synthetic_service(folder, seed=seed, today=today())
    order = ["episodes", *(name for name in LOG_FILES if name != "episodes")]
    sources = [Source(f"{name}.csv", folder / f"{name}.csv") for name in order]
    reports = record.import_files(sources, today=today(), by="demo")
    rows = sum(r.counts.rows for r in reports)
    aside = sum(r.counts.quarantined for r in reports)
    out.print(
        f"A synthetic service is in {record.root}: {rows:,} rows, {aside} of them set aside on purpose. "
        "Nobody in it exists. What was planted is in synthetic/truth.csv.",
        markup=False,
    )


def serve(store: StoreOption, port: PortOption = 0, open_browser: OpenOption = True) -> None:
    """Open the dashboard on a store, on this machine only."""
    Store.open(store)
    _serve(store, port, open_browser)


def _serve(store: Path, port: int, open_browser: bool) -> None:
    from dashboard.serve import serve as run  # Streamlit is slow to import and not always needed

    def announce(url: str) -> None:
        out.print(f"The dashboard is at {url} (Ctrl+C stops it).", markup=False)

    raise typer.Exit(run(store, port=port, open_browser=open_browser, announce=announce))
