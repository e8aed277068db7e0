"""Does the page of methods name only functions and tests that there are?"""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
DEFINED = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:analytics|data|dashboard)(?:\.\w+)+)`", PAGE)))
)
def test_a_function_that_is_named_is_there(name):
    parts = name.split(".")
    for last in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:last]))
        except ModuleNotFoundError:
            continue
        for part in parts[last:]:
            found = getattr(found, part)
        return
    raise AssertionError(name)


def test_every_test_that_is_named_is_there():
    named = set(re.findall(r"`(?:[\w./]+::)?(test_\w+)`", PAGE))
    # A file of tests may be named as well.
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert sorted(named - DEFINED - files) == []
    assert len(named) > 150


def test_every_module_of_formulas_stands_on_the_page():
    """Modules that hold no formula: types, words, bookkeeping."""
    bare = {
        "instrument", "rules", "series", "judged_rows", "estimates", "flags", "__init__",
        "enough", "index",
    }  # fmt: skip
    missing = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "analytics").rglob("*.py"))
        if path.stem not in bare
    ]
    missing = [name for name in missing if f"`{name}" not in PAGE]
    assert missing == []
