"""Does every notebook still run from top to bottom?"""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_and_prints(path, capsys):
    names: dict[str, object] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), path.name, "exec"), names)  # noqa: S102
            assert not cell["outputs"], "notebooks are kept without outputs"
    assert capsys.readouterr().out


def test_there_is_a_notebook():
    assert NOTEBOOKS
