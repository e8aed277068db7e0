"""Does the page of outcomes say how complete it is, and why the profiles differ?"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.charts.outcomes import improvement_chart
from dashboard.theme import CHANGE, PALETTE
from dashboard.views.outcome_evidence import TICKS, WEEKS, evidence_view
from dashboard.views.outcome_shares import DASH
from dashboard.views.outcomes import NO_WORD, outcomes_view
from data.cases import CasesQuery, Scores
from data.library import Library
from data.outcomes import improvement_times
from data.scope import Scope

APP = Path(__file__).parents[1] / "dashboard" / "app.py"
TODAY = date(2026, 3, 2)
SCORES = "client_id,episode_id,clinician_id,team,instrument,administered_on,session_no,total\n"
EPISODES = "client_id,episode_id,clinician_id,team,started_on,ended_on\n"

# PHQ-9 of twelve clients, one score every fourth week, worked by hand below.
COURSES = (
    *((20, 15, 12, 11, 9, 8),) * 4,  # recovered; on day 140 60 % lower
    *((12, 12, 11, 10, 9, 9),) * 3,  # three points are no reliable change
    (14, 16, 18, 20, 21, 22),  # worse
    (20, 14, 13, 12, 12, 12),  # better, and still at caseness
    (9, 8, 7, 6, 5, 4),  # never at caseness
    (18,),  # came once
    (16, 15),  # left after four weeks
)


@pytest.fixture
def filled(store, write_csv):
    """Return a store with the courses, all closed but the last one."""
    scores, episodes = SCORES, EPISODES
    for number, totals in enumerate(COURSES, 1):
        name = f"C-{number:02d},C-{number:02d}-1,{'Ana' if number < 4 else 'Ben'},Harbour"
        ended = "" if number == len(COURSES) else "2025-12-31"
        episodes += f"{name},2025-01-01,{ended}\n"
        for place, total in enumerate(totals):
            day = date.fromordinal(date(2025, 1, 1).toordinal() + 28 * place)
            scores += f"{name},phq-9,{day},{place + 1},{total}\n"
    for text, file in ((episodes, "episodes.csv"), (scores, "scores.csv")):
        assert store.import_file(write_csv(text, file), today=TODAY).counts.quarantined == 0
    return store


def views(store, *, scope=None, **chosen):
    reader = store.reader(scope or Scope.everyone("test"))
    query = CasesQuery(**chosen)
    cases = reader.cases(query)
    view = outcomes_view(cases, store.library, query, today=TODAY)
    return view, evidence_view(cases, store.library)


def cells(table, first):
    (row,) = [row for row in table.rows if row[0] == first]
    return dict(zip(table.columns, row, strict=True))


def test_the_answer_begins_with_how_complete_it_is(filled):
    view, _ = views(filled)
    assert view.answer == (
        "10 of 11 closed episodes (91 %) have a first and a last PHQ-9. Answered on one "
        "day only: 1; not at all: 0."
    )
    assert "left without a last score" in view.caution


def test_the_caution_names_the_profiles_that_count_a_missing_score_against_the_percentage(filled):
    view, _ = views(filled)
    assert view.caution.startswith(
        "Every number below is about those who answered, but for HEDIS, depression and NHS Talking "
        "Therapies: in those profiles a missing score counts against the percentage. Whoever"
    )


def test_the_percentage_of_change_says_that_it_counts_those_who_began_as_no_case(filled):
    """Ten with both scores, one of whom began at 9: too few to be told from a number."""
    (told,) = [line for line in views(filled)[0].why if line.startswith("Percentage of change")]
    assert "counts 10 with both scores that did not begin at the best total" in told
    assert "whether or not they began as a case (fewer than 5 of them did not)" in told


def test_each_profile_has_a_row_with_its_denominator_and_version(filled):
    """Nine begin at caseness with both scores, and four recover: 44.4 %, Wilson 18.9 to 73.3."""
    view, _ = views(filled)
    ours = cells(view.profiles, "Milepost, published criteria")
    assert (ours["Successes"], ours["Of cases"], ours["Percent"]) == ("4", "9", "44.4 %")
    assert ours["95 % interval"] == "18.9 to 73.3 %"
    assert ours["Rules"] == f"default {filled.library.rules.version}"
    parts = [ours[word.text] for word in CHANGE.values()]
    assert parts == ["5", "4", "1", "1", "0"]
    assert {row[0] for row in view.profiles.rows} == {
        rules.outcome.name for rules in filled.library.profiles.values()
    }


def test_the_window_keeps_whom_it_did_not_see_again(filled):
    """Ten had a PHQ-9 of 10 or more; one of them came once. Day 140 is the last score."""
    view, _ = views(filled)
    hedis = cells(view.profiles, "HEDIS, depression")
    assert (hedis["Successes"], hedis["Of cases"]) == ("4", "10")
    assert hedis[CHANGE["worse"].text] == NO_WORD
    assert "1 of its 10 cases are worse by Milepost, published criteria" in view.agreement
    assert any("1 of them have no score from day 120 to 240" in line for line in view.why)


def test_a_questionnaire_of_the_pair_that_nobody_answered_counts_against_the_official_figure(
    filled,
):
    """GAD-7 was never answered: NHS counts finished courses, and none can recover."""
    nhs = cells(views(filled)[0].profiles, "NHS Talking Therapies")
    assert (nhs["Successes"], nhs["Of cases"], nhs["Percent"]) == ("0", "10", "0.0 %")


def test_very_few_episodes_show_nothing(filled):
    few, evidence = views(filled, scope=Scope.clinician("Ana"))
    assert few.empty.startswith("Fewer than 5 episodes")
    assert few.profiles is None
    assert evidence is None


def test_a_profile_that_counts_very_few_shows_neither_percentage_nor_count(store, write_csv):
    """Six episodes, of which three begin at caseness: too few for a percentage of recovery."""
    scores = SCORES + "".join(
        f"C-{n},C-{n}-1,Ana,Harbour,phq-9,2025-0{month}-01,{month},{total}\n"
        for n in range(6)
        for month, total in ((1, 20 if n < 3 else 6), (2, 2))
    )
    store.import_file(write_csv(scores), today=TODAY)
    view, evidence = views(store, closed_only=False)
    ours = cells(view.profiles, "Milepost, published criteria")
    assert (ours["Percent"], ours["95 % interval"], ours["Successes"]) == (DASH, DASH, DASH)
    assert ours["Of cases"] == "fewer than 5"
    assert cells(view.profiles, "Percentage of change")["Percent"] == "100.0 %"
    bounds = cells(evidence.bounds, "Recovered, of those who began on the clinical side")
    assert bounds["Completers"] == DASH
    assert "those of fewer than 5 cases are not shown" in view.profiles.note


def test_every_row_adds_up_to_all_episodes(filled):
    view, _ = views(filled, closed_only=False)
    for row in view.profiles.rows:
        found = dict(zip(view.profiles.columns, row, strict=True))
        parts = [found[word.text] for word in CHANGE.values()]
        assert sum(int(part) for part in parts if part != NO_WORD) == len(COURSES)


def test_two_profiles_are_compared_on_the_cases_that_both_count(filled):
    view, _ = views(filled)
    cell = cells(view.differences, "Milepost, published criteria")
    assert cell["Milepost, published criteria"] == DASH
    assert cell["HEDIS, depression"] == "0 of 9"
    # Jacobson and Truax ask for less than 7.76 at the end; the four recovered end at 8.
    assert cell["Jacobson and Truax"] == "4 of 9"
    assert "are a success by all of them" in view.agreement


def test_the_reasons_name_people_numbers_and_questionnaires(filled):
    text = "\n".join(views(filled)[0].why)
    assert "The same 11 closed episodes stand behind every row" in text
    assert "a first score of 10 or more, and asks for a change of 6 points or more" in text
    assert "a first score of 7.76 or more, and asks for a change of more than 5.7 points" in text
    assert "measurement error plays no part" in text


def test_nothing_ranks_or_names_a_clinician(filled):
    view, evidence = views(filled)
    words = str(view) + str(evidence)
    assert "Ana" not in words
    assert "Ben" not in words


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"team": "Nowhere"}, "No closed episode of the team Nowhere is on file"),
        ({"team": "Nowhere", "closed_only": False}, "No episode of the team Nowhere is on file"),
    ],
    ids=["closed", "all"],
)
def test_an_empty_choice_says_what_is_missing(filled, chosen, sentence):
    view, evidence = views(filled, **chosen)
    assert view.empty.startswith(sentence)
    assert evidence is None


def test_an_empty_store_says_what_to_do(store):
    view, evidence = views(store)
    assert view.empty == "No episode is on file yet. Import a log on the page Import."
    assert evidence is None


def test_the_effect_size_stands_with_its_full_name_and_who_is_behind_it(filled):
    _, evidence = views(filled)
    assert "Becker's standardised mean change" in evidence.effect
    assert "from 10 of 11 with both scores" in evidence.effect
    assert len({row[0] for row in evidence.effects.rows}) == 4


def test_what_the_missing_could_hide_stands_beside_the_completers(filled):
    """Ten began at caseness, one without a last score: 4 of 9, at worst 4 of 10, at best 5."""
    _, evidence = views(filled)
    found = cells(evidence.bounds, "Recovered, of those who began on the clinical side")
    assert found["With both scores"] == "9 of 10"
    assert found["Completers"].startswith("44.4 %")
    assert found["At worst"].startswith("40.0 %")
    assert found["At best"].startswith("50.0 %")


def test_the_curve_of_improvement_worked_by_hand(filled):
    """Ten cases: one improves in week 4 and one leaves, four in week 8; two in a row a visit later.

    Once: 1 - .9 * 4/8; twice: 1/9, then 1 - 8/9 * 4/8. Who began at 9 is not among them.
    """
    _, evidence = views(filled, closed_only=False)
    once, twice = evidence.curves.lines
    assert dict(zip(once.weeks, once.share, strict=True))[4.0] == pytest.approx(10)
    assert dict(zip(once.weeks, once.share, strict=True))[8.0] == pytest.approx(55)
    assert dict(zip(twice.weeks, twice.share, strict=True))[8.0] == pytest.approx(100 / 9)
    assert dict(zip(twice.weeks, twice.share, strict=True))[12.0] == pytest.approx(500 / 9)
    assert once.at_risk[:3] == (10, 8, 4)
    assert evidence.curves.sentences[0].startswith(
        "From 10 episodes with two scores or more, of those who began on the clinical side; "
    )
    assert evidence.curves.sentences[1] == (
        "Left out, as they began on the functional side: fewer than 5."
    )
    assert all(low <= share <= high for low, share, high in zip(
        once.low, once.share, once.high, strict=True))  # fmt: skip
    assert any("twice in a row" in text for text in evidence.curves.cautions)


def test_who_cannot_improve_by_the_criterion_is_left_out_of_the_curve_and_counted():
    """From 3 of 27 nobody can gain 6 points; without a cutoff nothing else leaves them out."""
    library = Library.load()
    facts = library.judging("phq-9")
    courses = [(20, 19, 12), (5, 4, 3), (6, 0), (3, 0), (30,)]
    sizes = [len(course) for course in courses]
    scores = Scores(
        days=np.concatenate([7.0 * np.arange(size) for size in sizes]),
        totals=np.concatenate(courses).astype(np.float64),
        sessions=np.full(sum(sizes), -1),
        offsets=np.append(0, np.cumsum(sizes)),
    )
    of_all = improvement_times(scores, replace(facts, cutoff=None))
    assert (of_all.once.n, of_all.functional, of_all.out_of_reach) == (2, 0, 2)
    of_cases = improvement_times(scores, facts)
    assert (of_cases.once.n, of_cases.functional, of_cases.out_of_reach) == (1, 3, 0)
    # Seen from the other end of the scale it is the same.
    mirror = replace(scores, totals=27 - scores.totals)
    turned = replace(facts, better="higher", cutoff=None)
    assert improvement_times(mirror, turned).out_of_reach == 2


def test_both_bounds_are_about_those_with_a_first_score_and_say_so(filled):
    note = views(filled)[1].bounds.note
    assert "for those with a first score the truth lies between" in note
    assert "Episodes without any first score (0) are in neither bound" in note


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart_has_fixed_axes_limits_labels_and_numbers_at_risk(filled, theme):
    _, evidence = views(filled, closed_only=False)
    chart = improvement_chart(evidence.curves, theme)
    assert len(go.Figure(chart).data) == 6
    layout = chart["layout"]
    assert layout["xaxis"]["range"] == [0, WEEKS]
    assert layout["yaxis"]["range"] == [0, 100]
    labels = [note["text"] for note in layout["annotations"]]
    assert any(label.startswith("seen once, ") for label in labels)
    assert any(label.startswith("seen twice in a row, ") for label in labels)
    assert len([label for label in labels if label.isdigit()]) == 2 * len(TICKS)
    lines = [trace["line"] for trace in chart["data"] if trace["line"]["width"]]
    assert {line["dash"] for line in lines} == {"solid", "dash"}
    assert (
        lines[0]["color"] == PALETTE[theme]["better"] if isinstance(PALETTE[theme], dict) else True
    )


def test_without_events_there_is_a_sentence_and_no_curve(store, write_csv):
    scores = SCORES + "".join(
        f"C-{n},C-{n}-1,Ana,Harbour,phq-9,2025-0{month}-01,{month},12\n"
        for n in range(12)
        for month in (1, 2)
    )
    store.import_file(write_csv(scores), today=TODAY)
    _, evidence = views(store, closed_only=False)
    assert evidence.curves.lines == ()
    assert "has not happened to any client" in evidence.curves.reason


@pytest.fixture
def page(monkeypatch, filled):
    """Return the page, opened through the router."""
    monkeypatch.setenv("MILEPOST_TODAY", TODAY.isoformat())
    monkeypatch.setenv("MILEPOST_STORE", str(filled.root))
    app = AppTest.from_file(APP, default_timeout=30).run()
    app.switch_page("app_pages/outcomes.py")
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    yield app
    st.cache_resource.clear()


def test_the_page_shows_the_answer_before_the_evidence(page):
    texts = [part.value for part in page.markdown]
    (answer,) = [place for place, text in enumerate(texts) if "10 of 11 closed episodes" in text]
    (why,) = [place for place, text in enumerate(texts) if "Why the numbers differ" in text]
    assert answer < why
    assert next(iter(page.dataframe[0].value["Profile"])) == "Milepost, published criteria"


def test_open_episodes_are_counted_only_when_asked(page):
    page.toggle(key="outcome_open").set_value(True).run()
    assert not page.exception
    assert any(part.value.startswith("**11 of 12 episodes") for part in page.markdown)
    assert page.get("plotly_chart")[0].proto.spec


def test_the_page_of_an_empty_store_says_what_to_do(monkeypatch, store):
    monkeypatch.setenv("MILEPOST_STORE", str(store.root))
    app = AppTest.from_file(APP, default_timeout=30).run()
    app.switch_page("app_pages/outcomes.py")
    app.run()
    assert not app.exception
    assert "Import a log" in app.info[0].value
    st.cache_resource.clear()
