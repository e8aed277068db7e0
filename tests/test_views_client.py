"""Does the client's page say what the scores say, and no more?"""

from dataclasses import replace
from datetime import date

import pytest

from dashboard.theme import ATTENTION, CATEGORY, PLATEAU_KIND, STATE
from dashboard.views.answers import NONE_GIVEN, answer_short
from dashboard.views.client import NOT_SCORED, client_view
from data.library import Library
from data.records import RiskAnswer

TODAY = date(2026, 3, 2)
LIBRARY = Library.load()
FORBIDDEN = (
    "predict",
    "detect",
    "diagnos",
    "screens",
    "safe",
    "at risk",
    "failing",
    "on track",
    "!",
)


@pytest.fixture
def view_of(client_of):
    """Return a function that gives the page of one client's scores."""

    def run(scores, *, baselines=None, **options):
        record = client_of(scores, **options)
        places = {r.series_id: (baselines or {}).get(r.instrument, 0) for r in record.row.results}
        return client_view(record, LIBRARY, today=TODAY, baselines=places)

    return run


def items(total, nine):
    """Return nine answers of the PHQ-9 with this total and this answer to item 9."""
    rest, answers = total - (nine or 0), []
    for _ in range(8):
        answers.append(min(3, rest))
        rest -= answers[-1]
    assert rest == 0
    return [*answers, nine]


def only(view):
    (found,) = view.findings
    return found


def reason(view, title):
    """Return the parts of the one reason whose title has these words."""
    (found,) = [r for r in view.reasons if title in r.title]
    return dict(found.parts)


# The answer: one sentence a measure -------------------------------------------------------


def test_a_deterioration_is_told_with_its_numbers_and_how_often_it_was_seen(view_of):
    found = only(view_of({"phq-9": [12, 13, 18, 19]}))
    assert found.mark == "▼ worse"
    assert found.sentence.startswith(
        "PHQ-9 up 7 (12 to 19) since 1 Sep 2025, beyond error, seen twice or more"
    )
    assert found.short == "PHQ-9 up 7 since 1 Sep 2025, beyond error, seen twice or more"


def test_a_deterioration_seen_once_says_so(view_of):
    assert "seen once so far" in only(view_of({"phq-9": [12, 13, 12, 19]})).sentence


def test_crossing_the_cutoff_is_told_in_both_directions(view_of):
    assert "into the clinical range (10 or more)" in only(view_of({"phq-9": [4, 12]})).sentence
    better = only(view_of({"phq-9": [18, 6]}, client="C-2"))
    assert better.mark == "▲ better"
    assert "out of the clinical range (10 or more)" in better.sentence


def test_higher_is_better_turns_the_mark_but_not_the_direction_of_the_score(view_of):
    found = only(view_of({"ors": [30, 22, 20]}))
    assert found.mark == "▼ worse"
    assert found.sentence.startswith("ORS down 10 (30 to 20)")
    assert only(view_of({"ors": [15, 22, 29]}, client="C-2")).mark == "▲ better"


def test_one_score_cannot_be_assessed_and_is_not_called_unchanged(view_of):
    found = only(view_of({"phq-9": [14]}))
    assert found.attention == "cannot_tell"
    assert found.sentence == (
        "PHQ-9 cannot be assessed yet (n = 1): the only score is 14 of 1 Sep 2025."
    )


def test_a_small_change_of_few_scores_is_too_early_to_tell(view_of):
    found = only(view_of({"phq-9": [14, 13, 15]}))
    assert found.mark == ATTENTION["cannot_tell"].text
    assert "not beyond error" in found.sentence
    assert "too early to tell a trend or a plateau (3 of 8 scores)" in found.sentence


@pytest.mark.parametrize(
    ("scores", "kind", "words"),
    [
        ([14] * 10, "stuck", "on the clinical side of the cutoff"),
        ([20, 15, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8], "maintained", "on the functional side"),
        ([20, 12, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], "at_floor", "near the best possible total"),
    ],
)
def test_each_kind_of_plateau_has_its_word(view_of, scores, kind, words):
    found = only(view_of({"phq-9": scores}))
    assert found.mark == PLATEAU_KIND[kind].text
    assert "no meaningful change over the last 10 scores" in found.sentence
    assert words in found.sentence


def test_undetermined_is_not_a_plateau(view_of):
    # Four points in seven weeks: neither clearly a trend nor clearly inside the limit of 5.
    view = view_of({"phq-9": [16, 16, 15, 14, 14, 13, 13, 12]})
    assert view.measures[0].result.state == "undetermined"
    assert only(view).sentence.endswith("whether the course has levelled off cannot be told yet.")
    assert only(view).mark == ATTENTION["unchanged"].text
    parts = reason(view, STATE["undetermined"].text)
    assert parts["What would change it"] == (
        "an interval inside ±5 points in one of the windows of 8, 9 and 10 scores, with an estimated "
        "worsening of at most 2.06 points over it, would be a plateau; an interval over the last 8 "
        "scores that excludes 0 would be an improving or a worsening trend"
    )


def test_a_worsening_trend_inside_error_is_not_hidden_by_the_change(view_of):
    found = only(view_of({"gad-7": [12, 8, 9, 9, 10, 11, 12, 13, 14, 15]}))
    assert found.attention == "worsening"
    assert found.mark.startswith("▼")


def test_without_a_criterion_change_is_shown_and_not_judged(view_of):
    view = view_of({"wsas": [30, 20, 10]})
    assert only(view).attention == "cannot_tell"
    assert "cannot be assessed" in only(view).sentence
    assert any(
        "no criterion of reliable change" in text for r in view.reasons for _, text in r.parts
    )


def test_a_process_measure_is_a_fact_without_deterioration(view_of):
    view = view_of({"srs": [39, 30, 20]})
    assert only(view).attention == "alliance"
    assert only(view).sentence == (
        "SRS 20 on 15 Sep 2025, below its mark of 36, since 8 Sep 2025 (2 scores). SRS dropped by 10 "
        "since 8 Sep 2025 (30 to 20), at least the published drop of 1."
    )
    assert only(view).short == "SRS 20, below its mark of 36 and down 10 since the score before"
    assert [r.kinds for r in view.reasons] == [("alliance",)]
    assert only(view_of({"vlq": [39, 30, 20]}, client="C-2")).attention == "fact"
    (measure,) = view.measures
    assert not measure.is_judged
    assert measure.levels == ()
    assert measure.trend is None


def test_disagreeing_measures_are_named_and_the_worse_one_comes_first(view_of):
    view = view_of({"phq-9": [20, 10, 8], "gad-7": [5, 12, 13], "srs": [39, 39, 39]})
    assert [f.name for f in view.findings] == ["GAD-7", "PHQ-9", "SRS"]
    assert [m.name for m in view.measures] == ["GAD-7", "PHQ-9", "SRS"]
    (line,) = view.together
    assert line.is_urgent
    assert line.text == "The measures disagree: GAD-7 is worse, while PHQ-9 is better or holding."
    assert view_of({"phq-9": [20, 10, 8]}, client="C-2").together == ()


def test_a_measure_that_is_stuck_after_an_improvement_still_disagrees(view_of):
    view = view_of({"phq-9": [7, 14, 15], "gad-7": [19, 14, *[12] * 10]})
    assert [f.attention for f in view.findings] == ["worse", "stuck"]
    (line,) = view.together
    assert "GAD-7 is better" in line.text


# The risk item ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nine", "words", "acknowledge"),
    [
        (0, "answered 'not at all' on 1 Sep 2025 (182 days ago).", False),
        (1, "answered 'several days' on 1 Sep 2025 (182 days ago).", True),
        (3, "answered 'nearly every day' on 1 Sep 2025 (182 days ago).", True),
        (None, "not answered on 1 Sep 2025 (182 days ago).", False),
    ],
)
def test_the_risk_item_is_told_with_its_day(view_of, nine, words, acknowledge):
    (line,) = view_of({"phq-9": [items(9, nine)]}).answers
    assert line.text == f"Item 9 of PHQ-9: {words}"
    assert line.to_acknowledge is acknowledge
    assert (line.mark == "◆") is acknowledge


def test_totals_only_reads_item_not_recorded(view_of):
    (line,) = view_of({"phq-9": [12]}).answers
    assert line.text.startswith("Item 9 of PHQ-9: item not recorded;")


def test_an_older_answer_never_stands_in_for_the_latest_administration(view_of):
    (line,) = view_of({"phq-9": [items(9, 2), 12]}).answers
    assert "item not recorded" in line.text
    assert "Last recorded: answered 'more than half the days' on 1 Sep 2025." in line.text
    assert line.to_acknowledge


def test_a_zero_still_tells_an_earlier_answer(view_of):
    (line,) = view_of({"phq-9": [items(9, 1), items(9, 0)]}).answers
    assert not line.to_acknowledge
    assert line.text.endswith("Before that answered 'several days' on 1 Sep 2025.")


def test_the_risk_item_is_read_also_where_the_total_could_not_be_scored(view_of):
    view = view_of({"phq-9": [[None, None, None, None, 1, 1, 1, 1, 2]]})
    assert view.answers[0].to_acknowledge
    assert view.findings == ()
    assert view.remarks[0] == NOT_SCORED
    assert "PHQ-9 was given 1 time, but too few items" in view.remarks[1]
    assert view.score_tables[0].rows[0][2] == "no total"


def test_an_instrument_whose_words_may_not_be_printed_shows_the_number(view_of):
    core = [1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    (line,) = view_of({"core-10": [core]}).answers
    assert "Item 6 of CORE-10: answered 2 on a scale of 0 to 4 on" in line.text
    answer = RiskAnswer("core-10", 6, date(2026, 2, 1), 1, 2.0, True)
    assert answer_short(answer, LIBRARY.instruments["core-10"]) == (
        "item 6 of CORE-10 answered 2 on a scale of 0 to 4 on 1 Feb 2026"
    )


def test_without_a_risk_item_the_line_says_that_none_was_given(view_of):
    (line,) = view_of({"gad-7": [12, 8]}).answers
    assert line.text == NONE_GIVEN
    assert not line.to_acknowledge


def test_positive_answers_come_before_the_others(view_of):
    view = view_of({"core-10": [[1] * 5 + [0] + [1] * 4], "phq-9": [items(9, 1)]})
    assert [line.to_acknowledge for line in view.answers] == [True, False]


# Why --------------------------------------------------------------------------------------


def test_reliable_change_gives_rule_numbers_error_source_and_what_would_change_it(view_of):
    parts = reason(view_of({"phq-9": [12, 13, 18, 19]}), "▼ worse")
    assert (
        parts["Rule"]
        == "reliable change since the baseline, rules default 2, formulas of this software, PHQ-9 "
        "facts version 2"
    )
    assert "12 on 1 Sep 2025 to 19 on 22 Sep 2025, change +7 points" in parts["Numbers"]
    assert parts["Numbers"].endswith("n = 4")
    assert "±4" in parts["Error band"]
    assert parts["Criterion"].startswith("6 points or more; source: ")
    assert parts["What would change it"] == (
        "a next total of 17 or less would no longer count as worse"
    )


def test_an_unchanged_client_is_told_both_totals_that_would_change_it(view_of):
    parts = reason(view_of({"phq-9": [14, 13, 15]}), CATEGORY["unchanged"].text)
    assert parts["What would change it"] == (
        "a next total of 8 or less would count as better, and past the cutoff; "
        "a next total of 20 or more would count as worse"
    )


def test_what_would_change_it_follows_the_direction_of_the_scale(view_of):
    parts = reason(view_of({"ors": [30, 22, 20]}), "▼ worse")
    # 5 points, and 25 or less is the clinical range: 25.1 is the first total that is neither.
    assert parts["What would change it"] == (
        "a next total of 25.1 or more would no longer count as worse"
    )


def test_too_early_says_how_many_more_scores(view_of):
    parts = reason(view_of({"phq-9": [14, 13, 15]}), STATE["too_early"].text)
    assert parts["What would change it"] == "5 more scores (8 are needed)"


def test_a_plateau_shows_its_interval_and_its_limit(view_of):
    parts = reason(view_of({"phq-9": [14] * 10}), PLATEAU_KIND["stuck"].text)
    assert parts["Numbers"].startswith(
        "the last 10 scores: 0.0 points per 7 weeks, 90 % interval -"
    )
    assert "limit ±5" in parts["Numbers"]
    assert parts["What would change it"] == (
        "it would no longer be a plateau if, in all of the windows of 8, 9 and 10 scores, the "
        "interval reached past ±5 points or the estimated worsening was more than 2.06 points; an "
        "interval over the last 10 scores with nothing but worsening in it would be a worsening trend"
    )
    assert parts["Level"] == "mean of the last three scores 14, clinical range 10 or more"


# Baseline, gaps, axes ---------------------------------------------------------------------


def test_the_default_baseline_is_the_first_score_and_says_so(view_of):
    (measure,) = view_of({"phq-9": [20, 14, 12, 19]}).measures
    assert measure.baseline_note == (
        "Baseline: first score of this episode, 20 on 1 Sep 2025 (session 1)."
    )
    assert len(measure.choices) == 4
    assert [level.label for level in measure.levels] == [
        "clinical range: 10 or more", "reliably worse: 26", "reliably better: 14",
    ]  # fmt: skip


def test_another_baseline_recomputes_everything_from_there(view_of):
    view = view_of({"phq-9": [20, 14, 12, 19]}, baselines={"phq-9": 2})
    (measure,) = view.measures
    assert measure.baseline_note.startswith("Baseline changed on 15 Sep 2025 (session 3): 12")
    assert "From there: PHQ-9 up 7 (12 to 19) since 15 Sep 2025, beyond error" in (
        measure.baseline_note
    )
    # What stands on top is judged from the first score, whatever is chosen below.
    assert "judged from the first score" in measure.baseline_note
    assert only(view).sentence.startswith("PHQ-9 down 1 (20 to 19) since 1 Sep 2025")
    assert measure.result.n == 2
    assert {level.value for level in measure.levels} == {10.0, 18.0, 6.0}
    # Scores before the baseline have no change from it.
    assert [row[3] for row in view.score_tables[0].rows] == ["+7", "0", "", ""]
    assert len(measure.points) == 4, "the chart still shows every score"


def test_the_last_score_as_baseline_leaves_nothing_to_assess(view_of):
    (measure,) = view_of({"phq-9": [20, 14, 12]}, baselines={"phq-9": 2}).measures
    assert "cannot be assessed yet (n = 1)" in measure.baseline_note


def test_no_choice_of_a_baseline_takes_a_deterioration_away(view_of):
    scores = {"phq-9": [5, 6, 7, 20, 21, 19, 15, 12, 12, 12]}
    first = view_of(scores)
    later = view_of(scores, baselines={"phq-9": 4}, client="C-2")
    assert "better" in later.measures[0].baseline_note or "down" in later.measures[0].baseline_note
    for view in (first, later):
        assert only(view).attention == "worse"
        assert "deterioration" in {line.kind for line in view.flags}
    assert only(first).sentence == only(later).sentence


def test_a_first_score_of_a_later_session_says_so(view_of):
    (measure,) = view_of({"phq-9": {3: 20, 4: 14}}).measures
    assert "no score of an earlier session is on file" in measure.baseline_note


def test_a_long_gap_breaks_the_line_and_a_short_one_does_not(view_of):
    (measure,) = view_of({"phq-9": {0: 20, 2: 18, 6: 15, 7: 12}}).measures
    assert measure.runs == ((0, 1), (2, 3))
    assert "1 gap of more than 17.5 days" in measure.caption


def test_all_measures_share_one_time_axis_and_keep_their_own_scale(view_of):
    view = view_of({"phq-9": [20, 18], "ors": {4: 20.5, 5: 22}})
    assert len({(m.axis.start, m.axis.end, m.axis.today) for m in view.measures}) == 1
    assert view.measures[0].axis.today == TODAY
    scales = {m.name: (m.minimum, m.maximum, m.title) for m in view.measures}
    assert scales == {
        "PHQ-9": (0, 27, "PHQ-9, 0-27, lower is better"),
        "ORS": (0, 40, "ORS, 0-40, higher is better"),
    }


def test_the_trend_is_told_with_interval_and_theil_sen(view_of):
    (measure,) = view_of({"phq-9": [20, 18, 17, 14, 13]}).measures
    # By hand: Sxx = 10, Sxy = -18.
    assert measure.trend_text.startswith(
        "Trend since the baseline: -1.80 points a week (95 % interval"
    )
    assert "Theil-Sen" in measure.trend_text
    assert measure.trend.line == pytest.approx((20.0, 12.8))


# The rest of the page ---------------------------------------------------------------------


def test_the_table_tells_band_prorating_and_source_of_every_score(view_of):
    view = view_of({"phq-9": [items(9, 1), [2, 2, 2, 2, 2, 2, 2, None, 0], 21]})
    latest, prorated, first = view.score_tables[0].rows
    assert latest[2:6] == ("21", "+12", "severe", "total only, no items")
    assert prorated[5] == "prorated: 1 item blank"
    assert first[4:] == ("mild", "from the items", "import 1, row 2")
    (answers,) = view.item_tables
    assert answers.columns[-1] == "item 9 ◆"
    assert answers.rows[0][8] == "blank"
    assert "1 of 3 administrations came as a total only." in answers.note


COMPANIONS = {
    "episodes.csv": "episode_id,client_id,clinician_id,started_on,age_band\n"
    "C-1-1,C-1,Ana Lind,2025-09-01,26-35\n",
    "sessions.csv": "episode_id,session_no,held_on,attendance\nC-1-1,1,2025-09-01,attended\n"
    "C-1-1,2,2025-09-08,missed\nC-1-1,3,2025-09-15,cancelled\n",
    "goals.csv": "episode_id,goal_id,set_on,rank,kind,target_on,start_value,target_value,unit,"
    "statement\nC-1-1,G1,2025-09-01,1,outcome,2025-10-13,7,2,crying spells a week,fewer spells\n",
    "goal_ratings.csv": "episode_id,goal_id,rated_on,session_no,rating\n"
    "C-1-1,G1,2025-09-01,1,3\nC-1-1,G1,2025-09-15,3,5\n",
    "tallies.csv": "episode_id,tally_id,counted_on,days,count\nC-1-1,spells,2025-09-15,14,6\n",
    "annotations.csv": "episode_id,noted_on,kind,text\nC-1-1,2025-09-10,event,moved house\n",
}


def test_goals_sessions_and_notes_stand_on_the_page(view_of):
    view = view_of({"phq-9": [20, 18]}, companions=COMPANIONS)
    assert view.goals.sentence == (
        "First goal (G1): 5 of 10 on 15 Sep 2025, first rated 3 on 1 Sep 2025."
    )
    assert view.goals.ladder[0][4:6] == ("7 to 2 crying spells a week", "13 Oct 2025")
    assert view.goals.tallies == (("spells", "15 Sep 2025", "6", "14", "3.0", "1.1 to 6.5"),)
    assert view.sessions.sentence == "3 appointments: ■ 1 attended, □ 1 missed, × 1 cancelled."
    assert view.notes.rows == (("1", "10 Sep 2025", "event", "moved house"),)
    (measure,) = view.measures
    assert [(m.kind, m.day) for m in measure.missed] == [
        ("missed", date(2025, 9, 8)), ("cancelled", date(2025, 9, 15)),
    ]  # fmt: skip
    assert measure.flags[0].text == "1. 10 Sep 2025: moved house"
    assert view.identity == "C-1 · episode C-1-1 · age 26-35 · Ana Lind"


def test_the_key_of_widgets_differs_between_episodes_and_clients(client_of):
    record = client_of({"phq-9": [20, 18]})
    names = [("a", "b-c"), ("a-b", "c"), ("a", "c"), ("b", "c")]
    keys = {
        client_view(
            replace(record, facts=replace(record.facts, client_id=client, episode_id=episode)),
            LIBRARY,
            today=TODAY,
        ).key
        for client, episode in names
    }
    assert len(keys) == len(names)


def everything(value):
    """Return every text of a view."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for part in value for text in everything(part)]
    fields = getattr(value, "__dataclass_fields__", {})
    return [text for name in fields for text in everything(getattr(value, name))]


@pytest.mark.parametrize(
    "scores",
    [
        {"phq-9": [12, 13, 18, 19], "gad-7": [14, 8, 7]},
        {"phq-9": [14] * 10, "srs": [20, 12]},
        {"ors": [20, 24, 30], "phq-9": [5]},
    ],
)
def test_no_word_promises_what_a_questionnaire_cannot(view_of, scores):
    view = view_of(scores)
    # Sources quote the titles of papers; the rest of the page is in our own words.
    own = [v for v in everything(view) if "source" not in v and " (read in " not in v]
    facts = {cell for table in view.provenance for row in table.rows for cell in row}
    for text in own:
        if text not in facts:
            assert not any(word in text.lower() for word in FORBIDDEN), text


def test_every_finding_has_a_mark_and_a_word():
    for words in (ATTENTION, CATEGORY, STATE, PLATEAU_KIND):
        for word in words.values():
            assert word.mark.strip()
            assert word.word.strip()
            assert word.light != word.dark
    assert ATTENTION["answer"].badge != "green"
