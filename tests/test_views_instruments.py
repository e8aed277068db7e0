"""Does each number on the page of instruments stand with its source?"""

from dataclasses import replace

import pytest

from analytics.criteria import criteria
from analytics.estimates import Estimates
from analytics.instrument import Norms, Sourced
from dashboard.views.instruments import (
    NOT_AN_OUTCOME,
    NOT_FITTED,
    NOT_KNOWN,
    instrument_view,
    library_view,
)
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


def test_a_computed_criterion_is_not_rounded_to_a_change_that_exceeds_it():
    (criterion,) = [
        row.value
        for row in instrument_view(LIBRARY, "aaq-ii").in_use
        if row.fact == "Reliable change"
    ]
    # 1.96 * sqrt(2) * 9.9 * sqrt(.16): 11 points are more than that.
    assert criterion == "10.98 points must be exceeded"


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


@pytest.mark.parametrize("key", [k for k, i in LIBRARY.instruments.items() if i.step < 0.1])
def test_points_are_as_fine_as_the_steps_of_the_questionnaire(key):
    instrument = replace(LIBRARY.instruments[key], reliable_change=Sourced(0.73, "a study"))
    library = replace(LIBRARY, instruments={**LIBRARY.instruments, key: instrument})
    facts = {row.fact: row.value for row in instrument_view(library, key).in_use}
    assert facts["Reliable change"] == "0.73 points or more"
    rows = {row.id: row.reliable_change for row in library_view(library).overview}
    assert rows[key] == "0.73 points"


def test_yes_and_no_and_plain_numbers_are_readable_thresholds():
    values = {row.fact: row.value for row in library_view(LIBRARY).thresholds}
    assert values["Whether its critical value follows the number of scores"] == "yes"
    assert values["First score that is held against the expected course"] == "2"
    assert values["Wider limit of the expected course: clients inside it"] == "80 %"


def test_without_a_fit_the_page_says_what_makes_the_figures():
    assert instrument_view(LIBRARY, "phq-9").own == (NOT_FITTED,)
    assert "milepost fit" in NOT_FITTED
    assert instrument_view(LIBRARY, "srs").own == (NOT_AN_OUTCOME,)


def test_the_services_own_figures_and_what_could_not_be_made_are_told():
    norms = Norms(15.254, 5.376, 554, "the service's own sample, n = 554 first scores")
    own = Estimates("phq-9", "1", norms=norms, refusals=("Something needs more clients.",))
    first, refusal = instrument_view(LIBRARY.with_figures([own], 1), "phq-9").own
    assert "mean of 15.25 and a standard deviation of 5.38 (554 clients)" in first
    assert refusal == "Something needs more clients."


def test_a_course_of_the_literature_is_not_called_the_services_own():
    empty, course = instrument_view(LIBRARY, "bdi-ii").own
    assert empty == NOT_FITTED
    assert course.startswith("The expected course in use is not this service's own. Another")
