"""Is the progress of goals told over the same goals, and only where it can be told?"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.goals.ratings import goal_change, goals_change, unmoved_since

START = date(2026, 1, 5)


def weekly(*values, start=0):
    return [(START + timedelta(weeks=start + i), value) for i, value in enumerate(values)]


def test_the_mean_is_over_the_same_goals_at_both_times():
    """Hand-worked: (1 + 3) / 2 to (6 + 4) / 2; the goal added in week 8 would make it 4 to 3.67."""
    found = goals_change({"a": weekly(1, 6), "b": weekly(3, 4), "c": weekly(0, 1, start=8)})
    assert (found.first, found.last, found.change) == (2, 5, 3)
    assert found.same == ("a", "b")
    assert found.later == ("c",)
    assert found.verdict == "better"


def test_a_goal_rated_on_one_day_is_in_neither_mean():
    found = goals_change({"a": weekly(2, 4), "b": weekly(9)})
    assert (found.first, found.last, found.same) == (2, 4, ("a",))
    assert found.goals[1].reason == "one rating so far"


@pytest.mark.parametrize(
    ("days", "later"), [(27, ()), (28, ("b",))], ids=["27 days after", "28 days after"]
)
def test_a_goal_first_rated_after_four_weeks_was_added_later(days, later):
    first = START + timedelta(days=days)
    found = goals_change({"a": weekly(2, 4), "b": [(first, 1), (first + timedelta(days=7), 9)]})
    assert found.later == later


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(2.44, "unchanged"), (2.45, "better"), (-2.45, "worse"), (-2.44, "unchanged")],
    ids=lambda value: f"Edbrooke-Childs 2015, 2.45 points: {value}",
)
def test_the_meaningful_change_of_the_mean_is_met_by_equality(change, verdict):
    assert goals_change({"a": weekly(5, 5 + change)}).verdict == verdict


@pytest.mark.parametrize(
    ("last", "verdict"),
    [(7, "unchanged"), (8, "better"), (2, "worse"), (3, "unchanged")],
    ids=lambda value: f"NHS England, 3 points a goal: {value}",
)
def test_a_single_goal_needs_three_points(last, verdict):
    assert goal_change("a", weekly(5, last)).verdict == verdict


def test_a_change_of_tenths_that_is_the_criterion_on_paper_meets_it():
    assert 2.51 - 0.06 < 2.45
    assert goals_change({"a": weekly(0.06, 2.51)}).verdict == "better"


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        ({}, "no goal has been rated yet"),
        ({"a": []}, "no goal has been rated yet"),
        ({"a": weekly(3), "b": weekly(4)}, "no goal of the start was rated on two days"),
        ({"a": [(START, 3), (START, 8)]}, "no goal of the start was rated on two days"),
    ],
)
def test_without_an_answer_there_is_a_reason(ratings, reason):
    found = goals_change(ratings)
    assert found.reason == reason
    assert (found.first, found.last, found.change, found.verdict) == (None,) * 4


def test_two_ratings_of_one_day_are_no_change():
    assert goal_change("a", [(START, 3), (START, 8)]).reason == "all 2 ratings are of one day"


@pytest.mark.parametrize(
    ("ratings", "since"),
    [
        ([4, 4, 4], 0),
        ([1, 4, 4, 4], 1),
        ([4, 1, 4, 4], None),
        ([4, 4], None),
        ([], None),
        ([4, 4, 4, 5], None),
    ],
)
def test_a_goal_has_not_moved_since_its_last_equal_ratings_began(ratings, since):
    assert unmoved_since(ratings) == since


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: goal_change("a", weekly(3, 11)), "Goal a has a rating of 11.0; .* 0 to 10"),
        (lambda: goal_change("a", weekly(3, float("nan"))), "Goal a has a rating of nan"),
        (lambda: goal_change("a", weekly(3, 4)[::-1]), "The days of goal a go backwards"),
        (lambda: goal_change("a", [], meaningful=0), "above 0 points, got 0"),
        (lambda: goals_change({}, meaningful_mean=0), "above 0 points, got 0"),
        (lambda: unmoved_since([1], still=1), "2 at least, got 1"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


RATINGS = st.lists(st.integers(0, 10), max_size=6)


@given(st.dictionaries(st.sampled_from("abcd"), RATINGS), st.integers(-3000, 3000))
def test_shifted_dates_change_nothing(goals, days):
    def on(shift):
        return {
            goal: [(day + timedelta(days=shift), value) for day, value in weekly(*values)]
            for goal, values in goals.items()
        }

    assert goals_change(on(days)) == goals_change(on(0))


@given(st.dictionaries(st.sampled_from("abcd"), RATINGS))
def test_mirrored_ratings_have_the_mirrored_change(goals):
    swap = {"better": "worse", "worse": "better", "unchanged": "unchanged", None: None}
    found = goals_change({g: weekly(*values) for g, values in goals.items()})
    back = goals_change({g: weekly(*(10 - v for v in values)) for g, values in goals.items()})
    assert back.verdict == swap[found.verdict]
    if found.change is not None:
        assert back.change == pytest.approx(-found.change, abs=1e-12)


@given(RATINGS, RATINGS)
def test_a_goal_added_later_leaves_the_mean_and_the_others_alone(old, new):
    alone = goals_change({"a": weekly(5, 6), "b": weekly(*old)})
    both = goals_change({"a": weekly(5, 6), "b": weekly(*old), "c": weekly(*new, start=9)})
    assert (both.first, both.last, both.goals[:2]) == (alone.first, alone.last, alone.goals)
