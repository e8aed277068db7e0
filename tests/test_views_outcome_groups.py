"""Are endings, sudden gains and teams compared with their limits, and with nothing hidden?"""

import csv
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
import streamlit as st
from scipy.stats import binom, linregress
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from streamlit.testing.v1 import AppTest

from analytics.groups.funnel import funnel
from analytics.groups.shrinkage import shrunken_shares
from analytics.simulation import true_course
from analytics.sudden.gains import SuddenRule
from dashboard.charts.funnel import funnel_chart
from dashboard.views.outcome_endings import endings_view
from dashboard.views.outcome_shares import DASH
from dashboard.views.outcome_sudden import (
    FEWER_PERMUTATIONS,
    MANY_SCORES,
    PERMUTATIONS,
    by_chance,
    chance_sentences,
    sudden_view,
)
from dashboard.views.outcome_teams import ABOUT, CAUTIONS, FunnelView, TeamPoint, teams_view
from data.cases import ANOTHER, COMPLETED, DROPPED_OUT, UNKNOWN, Cases, Ends, Scores
from data.library import Library

APP = Path(__file__).parents[1] / "dashboard" / "app.py"
GOLDEN = Path(__file__).parent / "golden" / "sudden_false_positives.csv"
TODAY = date(2026, 3, 2)
LIBRARY = Library.load()
MILD, SEVERE = 14, 15  # first PHQ-9 scores, at the ends of two severity bands
GOOD = 4  # the last score of who recovered; the others end where they began
NO_SCORES = Scores(np.empty(0), np.empty(0), np.empty(0, np.int64), np.zeros(1, np.int64))


def cases_of(people, teams=(), *, scores=NO_SCORES, measure="phq-9"):
    """Return cases from (team, ending, first score, last score), one a person."""
    team, ending, first, last = zip(*people, strict=True)
    first, last = (np.array(one, dtype=np.float64) for one in (first, last))
    n = (~np.isnan(first)).astype(np.int64) + ~np.isnan(last)
    return Cases(
        episode=np.arange(len(people)),
        is_open=np.zeros(len(people), np.bool_),
        attended=np.full(len(people), np.nan),
        problem=np.full(len(people), -1),
        problems=(),
        team=np.array([teams.index(name) if name in teams else -1 for name in team]),
        teams=tuple(teams),
        ending=np.array(ending),
        ends={measure: Ends(first, last, n, np.where(np.isnan(last), 0.0, 70.0))},
        elevated={},
        in_all=len(people),
        measure=measure,
        scores=scores,
    )


def some(count, good, first, *, team="", ending=COMPLETED):
    """Return people of whom the first ``good`` recovered."""
    return [(team, ending, first, GOOD if at < good else first) for at in range(count)]


def cells(table, first):
    (row,) = [row for row in table.rows if row[0] == first]
    return dict(zip(table.columns, row, strict=True))


# Endings ----------------------------------------------------------------------------------


def test_the_difference_is_newcombes_between_those_who_completed_and_dropped_out():
    """10 of 20 and 4 of 25; the interval is that of statsmodels, to one decimal."""
    people = some(20, 10, SEVERE) + some(25, 4, SEVERE, ending=DROPPED_OUT)
    view = endings_view(cases_of(people), LIBRARY)
    low, high = confint_proportions_2indep(10, 20, 4, 25, method="newcomb", compare="diff")
    assert view.answer == (
        "50.0 % of 20 who completed and 16.0 % of 25 who dropped out recovered: a difference of "
        f"+34.0 percentage points (95 % interval {100 * low:+.1f} to {100 * high:+.1f}, Newcombe)."
    )
    assert "does not say what completing does" in view.caution


def test_a_difference_that_may_be_none_says_so():
    people = some(20, 10, SEVERE) + some(20, 9, SEVERE, ending=DROPPED_OUT)
    answer = endings_view(cases_of(people), LIBRARY).answer
    assert answer.endswith("The interval includes no difference.")


def test_each_ending_stands_with_how_complete_it_is():
    people = (
        some(20, 10, SEVERE)
        + some(6, 3, SEVERE, ending=DROPPED_OUT)
        + [("", DROPPED_OUT, SEVERE, np.nan)] * 6
        + some(3, 1, SEVERE, ending=ANOTHER)
        + [("", UNKNOWN, np.nan, np.nan)] * 7
    )
    table = endings_view(cases_of(people), LIBRARY).table
    assert cells(table, "Completed")["First and last score"] == "20 of 20 (100 %)"
    left = cells(table, "Dropped out")
    assert (left["First and last score"], left["Cases"], left["Percent"]) == (
        "6 of 12 (50 %)", "6", "50.0 %",
    )  # fmt: skip
    assert list(cells(table, "Ended otherwise").values())[1:] == [
        "fewer than 5", "fewer than 5", DASH, DASH,
    ]  # fmt: skip
    assert cells(table, "Not known, or still open")["First and last score"] == "0 of 7 (0 %)"


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        pytest.param(some(30, 9, SEVERE, ending=UNKNOWN), "No episode here is known", id="unknown"),
        pytest.param(
            some(30, 9, SEVERE) + some(4, 1, SEVERE, ending=DROPPED_OUT), "Not compared", id="few"
        ),
        pytest.param(some(30, 9, SEVERE), "Not compared", id="nobody dropped out"),
        pytest.param(
            some(9, 9, 5) + some(9, 9, 5, ending=DROPPED_OUT), "Not compared", id="never cases"
        ),
    ],
)
def test_without_enough_of_both_there_is_a_sentence_and_no_difference(people, sentence):
    view = endings_view(cases_of(people), LIBRARY)
    said = view.reason or view.answer
    assert said.startswith(sentence)
    assert "percentage points" not in said


def test_a_questionnaire_without_a_cutoff_is_judged_by_reliable_improvement():
    """Without a cutoff nobody can recover; from 15 to 4 is a reliable improvement."""
    bare = replace(LIBRARY.instruments["phq-9"], cutoffs=(), clinical=None, functional=None)
    library = replace(LIBRARY, instruments={**LIBRARY.instruments, "phq-9": bare}, figures={})
    people = some(10, 6, SEVERE) + some(10, 2, SEVERE, ending=DROPPED_OUT)
    view = endings_view(cases_of(people), library)
    assert "60.0 % of 10 who completed and 20.0 % of 10 who dropped out improved reliably" in (
        view.answer
    )
    assert "cases are those with a first score" in view.table.note
    teams = teams_view(cases_of(PEOPLE, FOUR), library)
    assert "improved reliably, team by team" in teams.table.title
    assert teams.effects.rows == ()
    assert "no cutoff is known" in teams.effects.note


# Sudden gains -----------------------------------------------------------------------------

COURSES = (
    *([20, 20, 21, 8, 9, 8],) * 4,
    *([20, 20, 21, 8, 9, 8, 18],) * 2,  # given back
    [8, 9, 8, 20, 20, 21],  # a loss
    *([20, 19, 20, 21, 20, 20],) * 3,
    *([20, 9],) * 2,  # too short to be judged
)


def scored(courses):
    sizes = [len(course) for course in courses]
    sessions = np.concatenate([np.arange(1, size + 1) for size in sizes])
    return Scores(
        days=7.0 * sessions,
        totals=np.concatenate(courses).astype(np.float64),
        sessions=sessions,
        offsets=np.append(0, np.cumsum(sizes)),
    )


def sudden(courses):
    people = [("", COMPLETED, course[0], course[-1]) for course in courses]
    return cases_of(people, scores=scored(courses))


def test_sudden_gains_are_of_those_who_could_be_judged_worked_by_hand():
    view = sudden_view(sudden(COURSES), LIBRARY)
    low, high = proportion_confint(6, 10, method="wilson")
    assert view.answer == (
        "6 of 10 episodes whose PHQ-9 could be judged had a sudden gain (60.0 %, 95 % interval "
        f"{100 * low:.1f} to {100 * high:.1f} %)."
    )
    said = "\n".join(view.sentences)
    assert "4 of these 6 held to the end" in said
    assert "A sudden loss, the same for the worse, is in 1 of the 10." in said
    assert "Fewer than 5 episodes have no interval with enough scores around it" in said
    assert "6 PHQ-9 points or more" in said


def test_few_sudden_gains_say_nothing_of_how_they_ended():
    view = sudden_view(sudden(COURSES[3:]), LIBRARY)
    assert view.answer.startswith("3 of 7 episodes")
    assert not any("held to the end" in sentence for sentence in view.sentences)


def test_courses_too_short_to_be_judged_are_no_courses_without_a_gain():
    view = sudden_view(sudden([[20, 9]] * 12), LIBRARY)
    assert view.answer == ""
    assert "0 episodes with an interval that can be judged" in view.reason


def test_the_simulated_rates_are_those_of_the_reference():
    """The sentence's own simulation against the rates of another one, on file with its source."""
    shares = [float(part) / 100 for part in re.findall(r"([\d.]+) % of those", by_chance(RULE))]
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        expected = {row["trajectory"]: float(row["share"]) for row in csv.DictReader(file)}
    assert shares[:3] == pytest.approx(list(expected.values()), abs=0.012)
    assert list(expected) == ["flat", "slow", "steady"]


@pytest.mark.parametrize(("name", "words"), [("slow", "0.5 points"), ("steady", "0.9 points")])
def test_the_simulated_courses_improve_as_fast_as_the_sentence_says(name, words):
    course = true_course(name, runs=4_000, rng=np.random.default_rng(1))
    fall = float(np.mean(course[:, 0] - course[:, 1]))
    assert f"{fall:.1f} points" == words
    assert f"of those who improve by {words} a week" in by_chance(RULE)


def test_the_simulated_rates_are_those_of_the_rule_in_use():
    """The t test as third criterion is less strict, so more have one by chance."""

    def first(rule):
        return float(re.search(r"([\d.]+) % of those who do not", by_chance(rule)).group(1))

    assert first(replace(RULE, pooled=True)) > first(RULE)


RULE = SuddenRule(7)


def service(*, jumps):
    """Return sixty courses of ten sessions; with jumps, every third falls by ten points."""
    rng = np.random.default_rng(1)
    totals = np.round(18 + 3 * rng.normal(size=(60, 1)) + rng.normal(size=(60, 10)))
    for client in range(0, 60, 3):
        totals[client, 3 + client % 4 :] -= 10.0 * jumps
    return sudden([list(course) for course in np.clip(totals, 0, 27)])


def test_planted_jumps_have_a_small_p_that_names_none_of_them():
    first, meaning, behind = chance_sentences(service(jumps=True), LIBRARY, dealt=99)
    assert first.endswith("never as many: p = 0.010, the smallest that so many can give.")
    assert "Which of them means something, it does not say" in meaning
    assert behind == "Behind both stand 420 intervals that could be judged."
    assert (first, meaning, behind) == chance_sentences(service(jumps=True), LIBRARY, dealt=99)


def test_a_large_p_says_nothing():
    first, meaning, _ = chance_sentences(service(jumps=False), LIBRARY, dealt=99)
    assert float(re.search(r"p = ([\d.]+)\.$", first).group(1)) > 0.05
    assert meaning.startswith("A p of this size says nothing")


def test_where_nothing_can_be_judged_there_is_no_p():
    (reason,) = chance_sentences(sudden([[20, 9]] * 12), LIBRARY, dealt=9)
    assert reason.startswith("No interval between two sessions")


def test_very_many_scores_are_dealt_fewer_times():
    assert sudden_view(sudden(COURSES), LIBRARY).dealt == PERMUTATIONS
    many = [[20] * 10] * (MANY_SCORES // 10 + 1)
    assert sudden_view(sudden(many), LIBRARY).dealt == FEWER_PERMUTATIONS


# Teams ------------------------------------------------------------------------------------

# 0.8 of all mild clients recover and 0.3 of all severe ones, in every team: the teams differ
# in whom they see, and in nothing else. Dune is too small to be shown.
FOUR = ("Ash", "Birch", "Cedar", "Dune")
PEOPLE = (
    *some(10, 8, MILD, team="Ash"),
    *some(10, 3, SEVERE, team="Ash"),
    *some(20, 16, MILD, team="Birch"),
    *some(40, 12, SEVERE, team="Cedar"),
    *[("Cedar", UNKNOWN, SEVERE, np.nan)] * 10,
    *some(5, 4, MILD, team="Dune"),
    *some(6, 3, SEVERE),
)


def test_teams_that_differ_only_in_their_clients_are_as_expected_of_them():
    view = teams_view(cases_of(PEOPLE, FOUR), LIBRARY)
    percent = {row[0]: cells(view.table, row[0])["Percent"] for row in view.table.rows}
    assert percent == {"Ash": "55.0 %", "Birch": "80.0 %", "Cedar": "30.0 %", "Dune": DASH}
    for name, expected in (("Ash", "55.0 %"), ("Birch", "80.0 %"), ("Cedar", "30.0 %")):
        row = cells(view.table, name)
        assert row["Expected by case-mix"] == expected
        assert row["Observed to expected"].startswith("1.00 (")
    # Four teams cannot tell whether teams differ in general: naive limits accuse nobody.
    assert cells(view.table, "Birch")["Against the limits"] == DASH


def test_each_team_stands_with_how_complete_it_is_in_alphabetical_order():
    table = teams_view(cases_of(PEOPLE, FOUR), LIBRARY).table
    assert [row[0] for row in table.rows] == list(FOUR)
    cedar = cells(table, "Cedar")
    assert (cedar["First and last score"], cedar["Cases"]) == ("40 of 50 (80 %)", "40")
    low, high = proportion_confint(12, 40, method="wilson")
    assert cedar["95 % interval"] == f"{100 * low:.1f} to {100 * high:.1f} %"


def test_a_small_team_is_hidden_and_it_is_said():
    view = teams_view(cases_of(PEOPLE, FOUR), LIBRARY)
    dune = cells(view.table, "Dune")
    assert set(list(dune.values())[1:]) == {DASH, "fewer than 10"}
    assert any("fewer than 10 of their cases are known: Dune." in s for s in view.sentences)
    assert "Dune" not in {point.name for point in view.chart.points}
    assert cells(view.effects, "Dune")["Size"] == DASH
    assert "Episodes that name no team, and are in no row: 6." in view.sentences


def test_three_teams_are_too_few_for_wider_limits_and_shrunken_shares():
    view = teams_view(cases_of(PEOPLE, FOUR), LIBRARY)
    said = " ".join(view.sentences)
    assert "exact binomial" in said
    assert "no team is called outside of them" in said
    assert "teams differ by no more than chance alone could" in said
    assert "Drawn towards all" not in view.table.columns


@pytest.mark.parametrize("good", [12, 20])
def test_it_is_said_below_how_many_cases_a_low_team_can_hardly_fall_below_the_limits(good):
    """Of 40 each in two teams; by the binomial distribution one in n is below only from there on."""
    people = some(40, good, SEVERE, team="Ash") + some(40, good, SEVERE, team="Birch")
    said = " ".join(teams_view(cases_of(people, ("Ash", "Birch")), LIBRARY).sentences)
    found = re.search(r"fewer than (\d+) cases can hardly fall below them: only where none", said)
    share = good / 40
    # The limit is interpolated within one client, so it passes 1 where F(1) passes .025.
    below = [n for n in range(10, 200) if binom.cdf(1, n, share) < 0.025]
    assert (found is None) if below[0] == 10 else int(found[1]) == below[0]


def uneven(shares, n=40):
    teams = tuple(f"T-{at:02d}" for at in range(len(shares)))
    people = [p for t, good in zip(teams, shares, strict=True) for p in some(n, good, MILD, team=t)]
    return cases_of(people, teams)


def test_limits_are_widened_where_teams_differ_by_more_than_chance():
    counts = [6, 12, 16, 20, 24, 28, 34]
    view = teams_view(uneven(counts), LIBRARY)
    (said,) = [sentence for sentence in view.sentences if "phi" in sentence]
    assert "so the limits are widened for it" in said
    assert "by chance about 0.86" in said
    found = funnel(counts, [40] * 7)
    exact = teams_view(uneven([20] * 7), LIBRARY)
    assert view.chart.high_95[-1] > exact.chart.high_95[-1]
    drawn = shrunken_shares(
        counts, [40] * 7, target=found.target, tau2=found.overdispersion.tau2
    ).value
    for at, name in enumerate(f"T-{at:02d}" for at in range(7)):
        assert cells(view.table, name)["Drawn towards all"].startswith(f"{100 * drawn[at]:.1f} %")


def test_teams_that_differ_by_chance_only_keep_the_exact_limits():
    view = teams_view(uneven([19, 20, 21, 20, 19, 21]), LIBRARY)
    (said,) = [sentence for sentence in view.sentences if "phi" in sentence]
    assert "exact binomial ones, not widened" in said
    assert {row[view.table.columns.index("Against the limits")] for row in view.table.rows} == {
        "within the limits"
    }


def test_the_effect_of_a_team_is_what_it_gained_beyond_its_first_scores():
    """A plain regression by scipy; the mean over all teams is that of the reference."""
    rng = np.random.default_rng(4)
    first = rng.integers(11, 27, 90).astype(float)
    last = np.clip(np.round(2 + 0.4 * first + rng.normal(0, 3, 90)), 0, 27)
    last[:30] = np.clip(last[:30] - 2, 0, 27)
    names = ("A", "B", "C")
    people = [
        (names[at // 30], COMPLETED, *ends) for at, ends in enumerate(zip(first, last, strict=True))
    ]
    table = teams_view(cases_of(people, names), LIBRARY).effects
    line = linregress(first, last)
    effect = (np.mean(first - last) - (last - line.intercept - line.slope * first)) / np.std(
        first, ddof=1
    )
    for at, name in enumerate(names):
        own = effect[30 * at : 30 * (at + 1)]
        assert cells(table, name)["Size"] == f"{own.mean():.2f}"
    assert f"Their own mean is {effect.mean():.2f} by construction and says nothing" in table.note
    assert "90 who began on the clinical side and have both scores" in table.note


@pytest.mark.parametrize(
    ("cases", "sentence"),
    [
        pytest.param(cases_of(some(30, 9, MILD)), "No episode in view names a team", id="none"),
        pytest.param(cases_of(some(30, 9, MILD, team="Ash"), ("Ash",)), "Only one team", id="one"),
        pytest.param(
            cases_of(some(30, 9, MILD, team="Ash") + some(9, 9, MILD, team="Birch"), FOUR[:2]),
            "Fewer than two teams have 10 cases",
            id="one of ten",
        ),
        pytest.param(
            cases_of(some(30, 9, 5, team="Ash") + some(30, 9, 5, team="Birch"), FOUR[:2]),
            "Fewer than two teams have 10 cases",
            id="never cases",
        ),
    ],
)
def test_without_two_teams_nothing_is_put_beside_another(cases, sentence):
    view = teams_view(cases, LIBRARY)
    assert view.reason.startswith(sentence)
    assert view.table is None
    assert view.chart is None


def test_where_nobody_recovered_there_are_no_limits():
    view = teams_view(uneven([0] * 6), LIBRARY)
    assert view.chart is None
    assert {row[3] for row in view.table.rows} == {"0.0 %"}


def test_a_questionnaire_without_bands_says_that_nothing_allows_for_case_mix():
    bare = replace(LIBRARY.instruments["phq-9"], bands=())
    library = replace(LIBRARY, instruments={**LIBRARY.instruments, "phq-9": bare})
    view = teams_view(cases_of(PEOPLE, FOUR), library)
    assert "Observed to expected" not in view.table.columns
    assert any("no severity bands on file" in sentence for sentence in view.sentences)


def test_the_words_about_teams_rank_nobody():
    view = teams_view(cases_of(PEOPLE, FOUR), LIBRARY)
    words = f"{view} {ABOUT} {CAUTIONS}".lower()
    assert not re.search(r"\b(rank|ranking|best|worst|league|predict|detect|good team)", words)
    assert "case-mix" in words


# The chart --------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_funnel_names_its_teams_and_has_a_fixed_axis(theme):
    chart = funnel_chart(teams_view(cases_of(PEOPLE, FOUR), LIBRARY).chart, theme)
    assert len(go.Figure(chart).data) == 5
    assert chart["layout"]["yaxis"]["range"] == [0, 100]
    texts = [note["text"] for note in chart["layout"]["annotations"]]
    assert {"Ash", "Birch", "95 %", "99.8 %"} <= set(texts)
    assert any(words.startswith("all teams, ") for words in texts)
    assert not any("Dune" in words for words in texts)
    symbols = chart["data"][-1]["marker"]["symbol"]
    assert symbols[0] == symbols[1] == "circle-open"  # four teams: nobody is marked


def crowded(*points):
    n = tuple(float(x) for x in range(10, 61))
    flat = [(level,) * len(n) for level in (20.0, 80.0, 10.0, 90.0)]
    return FunnelView("t", "cases", 50.0, points, n, *flat, "t")


def test_a_name_without_a_free_place_gives_way_to_one_outside_the_limits():
    points = [TeamPoint(f"Team {at:02d}", 30, 70.0, 0) for at in range(30)]
    odd = TeamPoint("Zebra", 30, 70.0, 95)
    notes = funnel_chart(crowded(*points, odd), "light")["layout"]["annotations"]
    names = [n["text"] for n in notes if n["text"].startswith(("Team", "Zebra"))]
    assert names[0] == "Zebra, outside 95 %"
    assert 1 < len(names) < 31
    places = [(n["xanchor"], n["xshift"], n["yshift"]) for n in notes if n["text"] in names]
    assert len(set(places)) == len(places)


def test_a_name_from_a_file_is_only_a_name():
    chart = funnel_chart(crowded(TeamPoint("<b>x</b>", 30, 50.0, 0)), "light")
    assert "&lt;b&gt;x&lt;/b&gt;" in [n["text"] for n in chart["layout"]["annotations"]]
    assert chart["data"][-1]["text"][0].startswith("&lt;b&gt;")


# The page ---------------------------------------------------------------------------------


@pytest.fixture
def page(monkeypatch, store, write_csv):
    """Return the page over two teams of twelve, opened through the router."""
    episodes = "client_id,episode_id,clinician_id,team,started_on,ended_on,ending\n"
    scores = "client_id,episode_id,clinician_id,team,instrument,administered_on,session_no,total\n"
    for number in range(24):
        team = "Quay" if number % 2 else "Harbour"
        name = f"C-{number:02d},C-{number:02d}-1,{'Ana' if number % 2 else 'Ben'},{team}"
        ending = "completed" if number < 12 else "dropped_out"
        episodes += f"{name},2025-01-01,2025-12-31,{ending}\n"
        for week in range(6):
            day = date.fromordinal(date(2025, 1, 1).toordinal() + 7 * week)
            total = 20 - (week % 2) - (14 if week > 2 and number % 3 else 0)
            scores += f"{name},phq-9,{day},{week + 1},{total}\n"
    for text, file in ((episodes, "episodes.csv"), (scores, "scores.csv")):
        assert store.import_file(write_csv(text, file), today=TODAY).counts.quarantined == 0
    monkeypatch.setenv("MILEPOST_TODAY", TODAY.isoformat())
    monkeypatch.setenv("MILEPOST_STORE", str(store.root))
    app = AppTest.from_file(APP, default_timeout=30).run()
    app.switch_page("app_pages/outcomes.py")
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    yield app
    st.cache_resource.clear()


def texts(app):
    return "\n".join(part.value for part in (*app.markdown, *app.caption, *app.info))


def test_teams_are_off_until_somebody_asks(page):
    def columns():
        return [name for frame in page.dataframe for name in frame.value.columns]

    assert page.toggle(key="outcome_teams").value is False
    assert "Against the limits" not in columns()
    assert "Case-mix" not in texts(page)
    assert "There is no order of merit" in texts(page)
    page.toggle(key="outcome_teams").set_value(True).run()
    assert not page.exception
    assert "Against the limits" in columns()
    frame = next(f.value for f in page.dataframe if "Against the limits" in f.value.columns)
    assert list(frame["Team"]) == ["Harbour", "Quay"]
    assert "the expected share allows for the severity band" in texts(page)
    page.selectbox(key="outcome_team").set_value("Quay").run()
    assert not page.exception
    assert "Against the limits" not in columns()
    assert "One team is chosen above" in texts(page)


def test_the_page_counts_sudden_gains_and_deals_the_scores_when_asked(page):
    assert "16 of 24 episodes whose PHQ-9 could be judged had a sudden gain" in texts(page)
    assert "Behind both stand" not in texts(page)
    page.button(key="outcome_deal").click().run()
    assert not page.exception
    assert "Behind both stand" in texts(page)


def test_the_page_compares_the_endings(page):
    assert "who completed and" in texts(page)
    frames = [f.value for f in page.dataframe if "Ending" in f.value.columns]
    assert list(frames[0]["Ending"]) == ["Completed", "Dropped out"]
