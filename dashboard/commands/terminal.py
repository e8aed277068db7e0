"""How does a command speak to a person, and how to a program?"""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from data.staging import Progress as ProgressCall

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[ProgressCall | None]:
    """Show what long work is doing, on the error stream, where a person looks on."""
    if quiet or not err.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("starting", total=None, count="")

        def show(what: str, done: int, whole: int) -> None:
            count = f"{done:,}" if done else ""
            bar.update(task, description=what, completed=done, total=whole or None, count=count)

        yield show


def as_json(value: object) -> None:
    """Print one JSON document on the standard output."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text + "\n")


def _plain(value: object) -> object:
    """Return what JSON can hold; it knows no "not a number", so that becomes null."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def today() -> date:
    """Return the day on this machine's calendar."""
    return datetime.now().astimezone().date()
