"""Where do bytes lie that are not part of the record yet?"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import DataError
from data.formats.text import Source, source_from_bytes

_PREFIX = "work-"
_LEFTOVER_SECONDS = 24 * 3600


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Give a folder that only this user may read, and remove it with all that is in it.

    It lies under the store's own folder, so that clients' data never reach the system's
    shared temporary folder. What a killed process left there is removed after a day.

    Raises
    ------
    DataError
        If the folder cannot be made.
    """
    home = root / "scratch"
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        _sweep(home)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))  # always 0700
    except OSError as error:
        raise DataError(
            f"The store's folder scratch cannot be written ({error.strerror}). Free some space, or "
            "correct the rights of the folder. Nothing was changed."
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def uploaded(root: Path, name: str, content: bytes) -> Iterator[Source]:
    """Give uploaded bytes as a file that can be read, as long as the block lasts."""
    with scratch_folder(root) as folder:
        try:
            source = source_from_bytes(name, content, folder)
        except OSError as error:
            raise DataError(
                f"{name}: the disk did not take the file ({error.strerror}). Free some space and "
                "try again. Nothing was imported."
            ) from None
        yield source


def _sweep(home: Path) -> None:
    oldest = time.time() - _LEFTOVER_SECONDS
    for folder in home.glob(f"{_PREFIX}*"):
        try:
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:  # its own process has removed it meanwhile
            continue
