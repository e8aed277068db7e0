"""Does each number on the page of instruments stand with its source?"""

import pytest

from analytics.criteria import criteria
from dashboard.views.instruments import NOT_KNOWN, instrument_view, library_view
from data.library import Library

LIBRARY = Library.load()


@pytest.mark.parametrize("key", LIBRARY.instruments)
def test_every_printed_fact_has_a_source(key):
    view = instrument_view(LIBRARY, key)
    assert all(row.source.strip() and row.value for row in view.printed)
    assert all(row.source or row.value == NOT_KNOWN for row in view.in_use)


@pytest.mark.parametrize("key", LIBRARY.instruments)
def test_what_is_missing_and_what_it_turns_off_is_told(key):
    expected = criteria(LIBRARY.instruments[key], LIBRARY.rules).missing
    assert instrument_view(LIBRARY, key).turned_off == expected


def test_published_and_computed_criteria_read_differently():
    phq9 = {row.fact: row.value for row in instrument_view(LIBRARY, "phq-9").in_use}
    assert phq9["Reliable change"] == "6 points or more"
    assert phq9["Cutoff"] == "10 or more (caseness)"
    assert phq9["Standard error of measurement"] == "2.1 points"


def test_every_threshold_has_a_source():
    thresholds = library_view(LIBRARY).thresholds
    assert {row.fact: row.value for row in thresholds}[
        "Last scores that are tested for a plateau"
    ] == ("8, 9 or 10 scores")
    assert len(thresholds) == len(LIBRARY.rule_sources["default"])
    assert all(row.source.strip() for row in thresholds)


def test_a_file_of_the_service_is_named_as_its_own(tmp_path):
    folder = tmp_path / "instruments"
    folder.mkdir()
    shipped = LIBRARY.instruments["suds"]
    text = 'id = "suds"\nversion = "2"\nname = "SUDS"\nbetter = "lower"\n'
    text += "minimum = 0\nmaximum = 100\nstep = 1\n"
    (folder / "suds.toml").write_text(text, encoding="utf-8")
    (folder / "mood.toml").write_text(text.replace('"suds"', '"mood"'), encoding="utf-8")
    library = Library.load(tmp_path)
    origins = {row.id: row.origin for row in library_view(library).overview}
    assert shipped.version != library.instruments["suds"].version
    assert origins["suds"] == "this service's own file, in place of the shipped one"
    assert origins["mood"] == "this service's own file"
    assert origins["phq-9"] == "shipped with Milepost"
    assert "suds" in library_view(library).origin_note
