"""Is the house in order: our own packages, short modules, no stray words or addresses?"""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("analytics", "data", "dashboard")
USED = ("duckdb", "numpy", "pandas", "plotly", "scipy", "streamlit")
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.is_file()
)


def tracked() -> list[Path]:
    """Return the files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


@pytest.mark.parametrize("name", PACKAGES)
def test_import_finds_our_package(name):
    found = Path(import_module(name).__file__).parent
    assert found == ROOT / name, f"another installed package is called {name}: {found}"


def test_no_dashboard_module_hides_another_module():
    """``streamlit run`` puts dashboard/ first on sys.path."""
    names = {path.stem for path in (ROOT / "dashboard").iterdir()}
    assert not names & {*PACKAGES, *USED, *sys.stdlib_module_names}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_fits_in_the_head(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 350, f"{lines} lines: find the second topic and move it out"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_its_question(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "dashboard" / "app_pages").glob("*.py")),
    ids=lambda p: p.stem,
)
def test_a_page_is_thin(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    assert "unsafe_allow_html" not in text
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & {"numpy", "pandas", "duckdb", "sqlite3", "scipy", "plotly"}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_names_no_host_and_no_path(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|find-links|index-url|file:", text)
    assert "--hash=sha256:" in text


def test_no_tracked_file_names_a_package_registry_or_a_machine_path():
    registries = "|".join(("py" + "pi", "files.python" + "hosted", "registry.npm" + "js"))
    bad = re.compile(rf"({registries})\.(org|io)|(?<![\w.])/(work|root|farm)/")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".lock", ".sql", ".csv", ".ipynb", ""}
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if bad.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_named_places_open_a_database(path):
    """A query anywhere else could forget the scope, or hold a lock."""
    openers = {
        "data/generations.py",
        "data/ledger.py",
        "data/store.py",
        "data/bench/jobs.py",
        "data/preview.py",
    }
    text = path.read_text(encoding="utf-8")
    if re.search(r"duckdb\.connect|duckdb\.sql|duckdb\.execute|sqlite3\.connect", text):
        assert path.relative_to(ROOT).as_posix() in openers


def test_every_command_is_named_in_the_readme_or_the_documents():
    from dashboard.cli import app

    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*.md"))
    missing = [c.name for c in app.registered_commands if f"milepost {c.name}" not in text]
    assert missing == []
