"""Where is every imported file kept, exactly as it came?"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import DataError
from data.generations import sync_folder


def sha256_of(path: Path) -> str:
    """Return the fingerprint of a file that somebody wants to import."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror}). Nothing was imported."
        ) from None


def original_path(root: Path, sha: str) -> Path:
    """Return the place of an original file in the store."""
    return root / "originals" / sha


def original(root: Path, sha: str) -> Path:
    """Return an original file that is there and still as it came.

    Raises
    ------
    DataError
        If it is missing or was changed.
    """
    path = original_path(root, sha)
    if not path.exists():
        raise DataError(
            f"The original file {sha[:12]} is missing from the store's folder originals. Put it "
            "back from a backup. Nothing was changed."
        )
    if sha256_of(path) != sha:
        raise DataError(
            f"The original file {sha[:12]} in the store's folder originals is not as it came. Put "
            "it back from a backup. Nothing was changed."
        )
    return path


@contextmanager
def kept(root: Path, files: Iterable[tuple[Path, str]]) -> Iterator[None]:
    """Keep *files* (path and fingerprint); those of an act that fails are removed again."""
    added: list[Path] = []
    try:
        for path, sha in files:
            final = original_path(root, sha)
            if final.exists() and sha256_of(final) == sha:
                continue
            part = final.with_name(sha + ".part")
            shutil.copyfile(path, part)
            if sha256_of(part) != sha:
                raise DataError(
                    f"{path.name} changed while it was read. Import it again. Nothing was imported."
                )
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            if not final.exists():
                added.append(final)
            part.replace(final)
        sync_folder(root / "originals")
        yield
    except BaseException:
        for path in added:
            path.unlink(missing_ok=True)
        raise
