"""Do the examples in the documents work as they stand?"""

import re
from pathlib import Path

import pytest

from data.formats.mapping import read_mapping
from data.formats.text import Source
from data.ledger import ImportOptions
from data.store import Store

DOCS = Path(__file__).parents[1] / "docs"


def block(document: str, language: str) -> str:
    text = (DOCS / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)[0]


def test_the_smallest_questionnaire_of_the_document_is_understood(tmp_path):
    store = Store.create(tmp_path / "s")
    folder = store.root / "library" / "instruments"
    folder.mkdir(parents=True)
    (folder / "mood.toml").write_text(block("instruments.md", "toml"), encoding="utf-8")
    assert Store.open(store.root).library.instruments["mood"].maximum == 30


def test_the_mapping_of_the_document_reads_such_a_table(tmp_path, store, today):
    mapping = block("log_format.md", "toml")
    assert read_mapping(mapping, "weekly-table.toml").id == "weekly-table"
    table = tmp_path / "table.csv"
    table.write_text("Client;Therapist;PHQ_1;PHQ_2\nA;Ana;12;9\nB;Ben;;20\n", encoding="utf-8")
    report = store.import_file(
        Source("table.csv", table), ImportOptions(mapping=mapping), today=today
    )
    assert (report.counts.accepted, report.counts.quarantined) == (3, 0)


@pytest.mark.parametrize(
    ("document", "link"),
    [
        (path, link)
        for path in [*DOCS.parent.glob("*.md"), *DOCS.glob("*.md")]
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
        if not link.startswith("http")
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_link_in_a_document_leads_somewhere(document, link):
    assert (document.parent / link).exists()
