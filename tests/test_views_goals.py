"""Do the words about goals, tallies, steps and reviews say what their numbers allow?"""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from analytics.instrument import Sourced
from analytics.rules import Rules
from dashboard.views.goals import goals_view
from dashboard.views.measure import time_axis
from dashboard.views.process import process_facts
from data.library import Library
from data.records import AnnotationRow, Goal, GoalRating, ScoreRow, SessionRow, TallyRow

TODAY = date(2026, 3, 2)
START = date(2025, 9, 1)
DAY, WHOLE = date.fromisoformat, int
# What a row of each companion file holds, and how a cell becomes a value; blank is None.
ROWS = {
    "goals": (Goal, (str, DAY, WHOLE, str, DAY, float, float, str, str)),
    "goal_ratings": (GoalRating, (str, DAY, WHOLE, float)),
    "tallies": (TallyRow, (str, DAY, WHOLE, WHOLE)),
    "sessions": (SessionRow, (WHOLE, DAY, str)),
    "annotations": (AnnotationRow, (DAY, str, str)),
}
RATED = "rating from 0 to 10"


def on(week):
    return START + timedelta(weeks=week)


def rated(goal, *values, start=0):
    """Return one rating a week; session k is in week k - 1."""
    return [f"{goal},{on(start + i)},{start + i + 1},{v}" for i, v in enumerate(values)]


def parsed(name, row):
    kind, types = ROWS[name]
    cells = [*row.split(","), *[""] * len(types)][: len(types)]
    return kind(*(None if cell == "" else of(cell) for of, cell in zip(types, cells, strict=True)))


def goals_of(*, is_open=True, rules=None, rating=None, **rows):
    """Return the view of rows that are written as in the companion files, without the episode."""
    own = {name: tuple(parsed(name, row) for row in rows.get(name, ())) for name in ROWS}
    record = SimpleNamespace(**own, row=SimpleNamespace(is_open=is_open))
    axis = time_axis([START, on(12)], is_open=is_open, today=TODAY)
    return goals_view(record, axis, rules, rating)


def told(view, start):
    """Return the one sentence that starts so."""
    (words,) = [words for words in view.words if words.startswith(start)]
    return words


def test_the_mean_is_told_over_the_same_goals_and_later_ones_apart():
    view = goals_of(
        goals=[f"G{k},{START},{k},outcome,,,,{RATED}" for k in (1, 2, 3)],
        goal_ratings=[*rated("G1", 1, 6), *rated("G2", 3, 4), *rated("G3", 0, 1, start=8)],
    )
    assert told(view, "Mean") == (
        "Mean over the same 2 goals (G1 and G2): 2 at first, 5 at last, +3 points, a meaningful "
        "change for the better (2.45 or more). Added later and not in the mean: G3."
    )
    assert told(view, "G2:") == (
        "G2: 3 to 4 in 2 ratings, +1 point, less than the 3 of a meaningful change."
    )
    assert "2.45 points for the mean (Edbrooke-Childs and others 2015" in view.caption


def test_the_change_that_counts_for_one_goal_is_that_of_the_library():
    gbo = Library.load().instruments["gbo"]
    rows = {
        "goals": [f"G1,{START},1,outcome,,,,{RATED}"],
        "goal_ratings": rated("G1", 2, 5),
    }
    view = goals_of(rating=gbo, **rows)
    assert told(view, "G1:").endswith("+3 points, a meaningful change for the better (3 or more).")
    assert "3 for one goal (NHS England, table of minimum change in the children's" in view.caption
    own = replace(gbo, reliable_change=Sourced(4, "the board (2026)"))
    view = goals_of(rating=own, **rows)
    assert told(view, "G1:").endswith("+3 points, less than the 4 of a meaningful change.")
    assert "4 for one goal (the board)" in view.caption
    view = goals_of(rating=replace(gbo, reliable_change=None), **rows)
    assert "3 for one goal (NHS England, table of minimum change)" in view.caption


def test_one_goal_has_no_mean_and_one_rating_no_change():
    view = goals_of(goals=[f"G1,{START},1,outcome,,,,{RATED}"], goal_ratings=rated("G1", 4))
    assert view.words == ("G1: one rating so far, 4 of 10.",)
    view = goals_of(goals=[f"G{k},{START},{k},outcome,,,,{RATED}" for k in (1, 2)])
    assert told(view, "No mean") == (
        "No mean over the goals can be told yet: no goal has been rated yet."
    )


def test_a_goal_that_has_not_moved_says_since_which_session():
    goals = [f"G1,{START},1,outcome,,,,{RATED}"]
    view = goals_of(goals=goals, goal_ratings=rated("G1", 2, 3, 3, 4, 4, 4, 4))
    still = "it has not moved since session 4 (4 ratings of 4)"
    assert told(view, "G1:").endswith(f"; {still}.")
    assert view.sentence == (
        f"First goal (G1): 4 of 10 on 13 Oct 2025, first rated 2 on 1 Sep 2025; {still}."
    )


def test_without_session_numbers_the_day_stands_instead():
    rows = [row.split(",") for row in rated("G1", 3, 3, 3)]
    view = goals_of(
        goals=[f"G1,{START},1,outcome,,,,{RATED}"],
        goal_ratings=[f"{goal},{day},,{value}" for goal, day, _, value in rows],
    )
    assert "it has not moved since 1 Sep 2025 (3 ratings of 3)" in view.sentence


@pytest.mark.parametrize(
    ("ratings", "words"),
    [
        ((1, 2, 3, 4), "on the aim line (4 that day)"),
        ((1, 2, 3, 6), "above the aim line, which is better (4 that day)"),
        ((1, 2, 2, 2), "below the aim line, which is worse (4 that day)"),
        ((1, 7, 4, 4), "; its target of 7 was first reached on 8 Sep 2025 and is not held"),
        ((1, 3, 8, 7), "; its target of 7 is reached since 15 Sep 2025"),
        ((7, 3, 8, 7), "; its target of 7 is held since 15 Sep 2025"),
    ],
)
def test_a_rating_lies_on_above_or_below_its_aim_line(ratings, words):
    """By hand: from 1 to 7 in six weeks is 4 after three."""
    view = goals_of(
        goals=[f"G1,{START},1,outcome,{on(6)},1,7,{RATED}"], goal_ratings=rated("G1", *ratings)
    )
    assert words in told(view, "G1:")
    (line,) = view.lines
    assert (line.aim.line.start, line.aim.line.target_on) == (1, on(6))


def test_after_the_target_date_the_words_say_so():
    view = goals_of(
        goals=[f"G1,{START},1,outcome,{on(2)},1,7,{RATED}"], goal_ratings=rated("G1", 1, 2, 3, 4)
    )
    assert "(7 that day, the target date being over)" in told(view, "G1:")


@pytest.mark.parametrize(
    "goal",
    [f"G1,{START},1,outcome,{START},1,7,{RATED}", f"G1,{START},1,outcome,{on(6)},7,7,{RATED}"],
    ids=["target on the first day", "start and target the same"],
)
def test_a_goal_without_a_way_to_its_target_has_no_aim_line(goal):
    view = goals_of(goals=[goal], goal_ratings=rated("G1", 1, 2))
    assert view.lines[0].aim is None
    assert "aim line" not in " ".join((*view.words, view.caption))


SPELLS = f"G1,{START},1,outcome,{on(6)},7,2,crying spells a week"


def test_a_tally_is_told_as_a_rate_with_its_interval_aim_and_change():
    """By hand: 26 spells in four weeks, then 4 in four: 6.5 and 1.0 a week, 4/26 = .15."""
    counts = [7, 8, 6, 5, 3, 3, 1, 1, 2, 0]
    view = goals_of(
        goals=[SPELLS],
        tallies=[f"crying-spells,{on(k)},7,{count}" for k, count in enumerate(counts)],
    )
    assert told(view, "crying-spells:") == (
        "crying-spells: 0 in the 7 days to 3 Nov 2025, 0.0 a week (95 % interval 0.0 to 3.7); "
        "on the aim line of G1 (2.0 expected in these days, 0 to 5 with chance); the target is "
        "reached since 13 Oct 2025. The last 4 counts against the first 4: 0.15 times as often "
        "(95 % interval 0.04 to 0.44), 1.0 and 6.5 a week."
    )
    assert "A count is on its aim line where chance explains it (90 %)." in view.caption


def test_a_count_that_chance_does_not_explain_is_off_its_aim_line():
    view = goals_of(goals=[SPELLS], tallies=[f"crying-spells,{on(10)},7,6"])
    words = told(view, "crying-spells:")
    assert "above the aim line of G1, which is worse (2.0 expected" in words


def test_a_count_over_unknown_days_is_no_rate():
    view = goals_of(goals=[SPELLS], tallies=[f"crying-spells,{START},,6"])
    assert told(view, "crying-spells:") == (
        "crying-spells: 6 on 1 Sep 2025; no rate can be told, as over how many days was counted "
        "is unknown."
    )
    assert view.rates == ()
    assert view.tallies[0][4:] == ("unknown: days not recorded", "")


def test_nothing_counted_before_or_after_is_told_without_a_ratio():
    def words(*counts):
        view = goals_of(tallies=[f"panic,{on(k)},7,{c}" for k, c in enumerate(counts)])
        return told(view, "panic:")

    assert words(0, 0).endswith("The last count and the first one: 0.0 and 0.0 a week.")


def test_from_nothing_to_something_is_told_without_a_ratio():
    view = goals_of(tallies=[f"panic,{on(k)},7,{3 * k}" for k in range(2)])
    assert told(view, "panic:").endswith(
        "The last count against the first one, in which there was none: 3.0 and 0.0 a week."
    )


def test_a_target_that_nothing_counts_is_said_to_be_so():
    view = goals_of(
        goals=[f"G1,{START},1,process,{on(6)},1,5,walks a week"],
        goal_ratings=rated("G1", 1, 5),
        tallies=[f"crying-spells,{START},7,6"],
    )
    assert told(view, "G1:").endswith("; no tally holds its target of 5 walks a week.")
    assert view.rates[0].aim is None


LADDER = [
    f"G1,{START},1,long-term,,,,{RATED}",
    f"G1.2,{START},3,step,,,8,{RATED}",
    f"G1.1,{START},2,step,,,,{RATED}",
    f"G1.3,{START},4,Short-term,,,8,{RATED}",
    f"G2,{START},2,outcome,,,,{RATED}",
]


def test_the_steps_of_a_long_term_goal_are_counted_and_stand_behind_it():
    view = goals_of(
        goals=LADDER,
        goal_ratings=[
            *rated("G1", 1, 4), *rated("G1.1", 2, 10), *rated("G1.2", 1, 6), *rated("G2", 1, 4),
        ],
    )  # fmt: skip
    assert told(view, "Steps") == "Steps of G1: 1 of 3 reached (G1.1); next is G1.2, at 6 of 10."
    assert [row[0].split()[0] for row in view.ladder] == ["G1", "G1.1", "G1.2", "G1.3", "G2"]
    assert told(view, "Mean").startswith("Mean over the same 2 goals (G1 and G2)")


def test_a_commitment_is_a_rating_and_no_rate():
    view = goals_of(tallies=[f"commitment,{on(k)},,{value}" for k, value in enumerate((5, 8, 7))])
    assert view.words == ("Commitment 7 of 10 on 15 Sep 2025, +2 since 1 Sep 2025, n = 3.",)
    assert view.rates == ()


def test_a_commitment_may_be_rated_as_a_goal_and_stays_out_of_the_mean():
    view = goals_of(
        goals=[
            f"C,{START},1,commitment,,,,{RATED}", f"G1,{START},2,outcome,,,,{RATED}",
            f"G2,{START},3,outcome,,,,{RATED}",
        ],
        goal_ratings=[*rated("C", 6), *rated("G1", 1, 4), *rated("G2", 2, 4)],
    )  # fmt: skip
    assert told(view, "C:") == "C: commitment 6 of 10 on 1 Sep 2025, one rating so far."
    assert "(G1 and G2)" in told(view, "Mean")
    assert view.sentence.startswith("First goal (G1)")


def test_a_commitment_of_0_is_not_assessable():
    view = goals_of(tallies=[f"commitment,{START},,0"])
    assert view.words == ("commitment: not assessable, as commitment is rated from 1 to 10.",)


def held(*numbers, missed=()):
    kind = dict.fromkeys(missed, "missed")
    return [
        f"{number},{on(number - 1)},{kind.get(number, 'attended')}"
        for number in sorted({*numbers, *missed})
    ]


@pytest.mark.parametrize(
    ("sessions", "words"),
    [
        (held(1, 2, 3), "Next review of goals: session 5 (2 sessions held since 1 Sep 2025)."),
        (held(1, 2, 3, 4), "Review of goals is due in the next session (session 5)."),
        (held(1, 2, 3, 4, 5, 6), "Review of goals is due (session 5)."),
        (
            held(1, 2, 4, missed=(3, 5)),
            "Next review of goals: session 7 (2 sessions held since 1 Sep 2025).",
        ),
    ],
)
def test_a_review_is_due_in_the_fourth_session_after_the_goal_was_set(sessions, words):
    view = goals_of(
        goals=[f"G1,{START},1,outcome,,,,{RATED}"], goal_ratings=rated("G1", 3), sessions=sessions
    )
    assert view.words[-1] == words
    assert view.sentence.endswith(words) is ("is due" in words)


def test_a_review_on_file_begins_the_count_anew_and_the_profile_says_how_often():
    rows = {
        "goals": [f"G1,{START},1,outcome,,,,{RATED}"],
        "sessions": held(1, 2, 3, 4, 5, 6),
        "annotations": [f"{on(4)},goal_review,looked at together"],
    }
    view = goals_of(**rows)
    assert view.words[-1] == "Next review of goals: session 9 (1 session held since 29 Sep 2025)."


def test_another_rhythm_of_reviews_is_a_matter_of_the_profile():
    view = goals_of(
        rules=Rules(review_sessions=2),
        goals=[f"G1,{START},1,outcome,,,,{RATED}"],
        sessions=held(1, 2, 3),
    )
    assert view.sentence.endswith("Review of goals is due (session 3).")


def test_a_closed_episode_has_no_review():
    view = goals_of(
        is_open=False,
        goals=[f"G1,{START},1,outcome,,,,{RATED}"],
        sessions=held(1, 2, 3, 4, 5, 6),
    )
    assert "eview" not in view.sentence + "".join(view.words)


def test_an_episode_without_goals_says_so():
    view = goals_of()
    assert view.sentence == "No goal is on file for this episode."
    assert (view.words, view.caption) == ((), "")


# The alliance ---------------------------------------------------------------------------

SRS = Library.load().instruments["srs"]


def facts(*totals, instrument=SRS):
    rows = [ScoreRow(1, on(k), k + 1, total, None, 1, k) for k, total in enumerate(totals)]
    return process_facts(rows, instrument)


def test_an_alliance_below_its_mark_is_told_with_since_when():
    assert facts(38, 35.5, 35, 34.2) == (
        "SRS 34.2 on 22 Sep 2025, below its mark of 36, since 8 Sep 2025 (3 scores).",
    )
    assert facts(34.2) == ("SRS 34.2 on 1 Sep 2025, below its mark of 36.",)


def test_a_drop_is_told_with_both_scores_and_the_published_size():
    drop = "dropped by 2.1 since 1 Sep 2025 (36.3 to 34.2), at least the published drop of 1."
    assert facts(36.3, 34.2) == (
        "SRS 34.2 on 8 Sep 2025, below its mark of 36.",
        f"SRS {drop}",
    )
    assert facts(39, 38) == (
        "SRS 38 on 8 Sep 2025, dropped by 1 since 1 Sep 2025 (39 to 38), at least the published "
        "drop of 1.",
    )


def test_without_an_alert_it_is_told_what_was_looked_at():
    assert facts(38, 37.5) == (
        "SRS 37.5 on 8 Sep 2025, not below its mark of 36, no drop of 1 or more since the score "
        "before (38).",
    )
    assert facts(38)[0].endswith("one score so far, so that a drop cannot be told.")


def test_without_a_total_or_a_mark_there_is_no_fact():
    assert facts() == ()
    assert facts(None) == ()
    assert facts(10, 20, instrument=Library.load().instruments["phq-9"]) == ()


def test_a_blank_total_is_passed_over():
    assert facts(39, None, 38)[0].startswith("SRS 38 on 15 Sep 2025, dropped by 1 since 1 Sep")
