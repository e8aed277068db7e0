"""Does docs/log_format.md name every column and every reason for which a row is set aside?"""

import ast
import re
from pathlib import Path

import pytest

from data.formats.tables import LOG, TABLES

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "log_format.md").read_text(encoding="utf-8")
SOURCES = [
    *(ROOT / "data" / f"{name}.py" for name in
      ("admission", "answers", "cells", "companions", "judging", "loose", "noting", "occasions", "placing")),
    *sorted((ROOT / "data" / "formats").glob("*.py")),
]  # fmt: skip
WORD = re.compile(r"[a-z]+(_[a-z]+)*")
IN_SQL = re.compile(r"'([a-z_]+)'\s+FROM\b|THEN '([a-z_]+)' ELSE '([a-z_]+)' END")


def section(title: str) -> str:
    return DOC.split(f"\n## {title}\n")[1].split("\n## ")[0]


def words_of(node: ast.AST) -> set[str]:
    """Return the words that an expression may stand for."""
    if isinstance(node, ast.IfExp):
        return words_of(node.body) | words_of(node.orelse)
    found = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {node.value} if found and WORD.fullmatch(node.value) else set()


def codes_in(path: Path) -> set[str]:
    """Return every reason that the module gives, in Python and in SQL."""
    codes: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            codes |= {w for k in node.keywords if k.arg == "code" for w in words_of(k.value)}
            if called in ("RowProblem", "reject", "_reject_here") and node.args:
                codes |= words_of(node.args[-1])
        if isinstance(node, ast.Tuple) and path.stem == "delimited" and len(node.elts) == 2:
            codes |= {w for w in words_of(node.elts[1]) if "_" in w}
        if isinstance(node, ast.JoinedStr):  # SQL with a table's name in it
            text = "x".join(str(getattr(v, "value", "")) for v in node.values)
            codes |= {w for found in IN_SQL.findall(text) for w in found if w}
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            codes |= {w for found in IN_SQL.findall(node.value) for w in found if w}
    return codes


def test_every_reason_stands_in_the_format_document():
    used = set().union(*(codes_in(path) for path in SOURCES))
    told = set(re.findall(r"^\| `(\w+)` \|", section("Why a row is set aside"), re.MULTILINE))
    assert len(used) > 30
    assert used == told


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_stands_in_the_format_document(table):
    text = section("The log of scores" if table is LOG else table.name)
    told = dict(re.findall(r"^\| `(\w+)` \| (\w+)", text, re.MULTILINE))
    assert told == {
        column.name: "yes" if column.required or column.name == "total" else "no"
        for column in table.columns
    }
