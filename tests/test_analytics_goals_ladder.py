"""Are the steps of a long-term goal counted as a clinician would count them?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.goals.ladder import Step, commitment, ladder, role_of, steps_of


def test_steps_are_reached_at_their_target_and_without_one_at_ten():
    """Hand-worked: 8 of 8 and 10 of 10 are reached, 9 of 10 and 7 of 8 are not."""
    steps = [
        Step("a", 1, 8, 8), Step("b", 2, 10, None), Step("c", 3, 9, None), Step("d", 4, 7, 8),
    ]  # fmt: skip
    found = ladder("G1", steps)
    assert (found.reached, found.current, found.share) == (("a", "b"), "c", 0.5)


def test_a_step_that_fell_back_is_not_reached_and_one_never_rated_is_counted_apart():
    found = ladder("G1", [Step("a", 1, 5, 8), Step("b", 2, None, 8)])
    assert (found.reached, found.unrated, found.n, found.share) == ((), 1, 2, 0)


def test_without_steps_there_is_no_share():
    found = ladder("G1", [])
    assert (found.n, found.share, found.current) == (0, None, None)


def test_when_all_steps_are_reached_none_is_at_hand():
    assert ladder("G1", [Step("a", 1, 10, None)]).current is None


@given(st.permutations(range(5)))
def test_the_order_of_the_rows_does_not_matter(order):
    steps = [Step(f"s{i}", i, 10 if i < 2 else 3, None) for i in range(5)]
    assert ladder("G", [steps[i] for i in order]) == ladder("G", steps)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("Long-term", "long_term"), ("long_term", "long_term"), ("short term", "step"),
        ("STEP", "step"), ("commitment", "commitment"), ("outcome", "goal"), ("", "goal"),
        (None, "goal"), ("stepwise", "goal"),
    ],
)  # fmt: skip
def test_the_kind_is_read_whatever_its_case_and_hyphens(kind, role):
    assert role_of(kind) == role


def test_a_step_belongs_to_the_goal_that_begins_its_name():
    found = steps_of(["G1", "G10", "G1.2"], ["G1.1", "G10.1", "G1.2.a", "G12", "walk"])
    assert found == {"G1": ("G1.1",), "G10": ("G10.1",), "G1.2": ("G1.2.a",)}


def test_one_long_term_goal_has_all_steps_and_none_has_none():
    assert steps_of(["G"], ["a", "b"]) == {"G": ("a", "b")}
    assert steps_of([], ["a"]) == {}


def test_commitment_is_told_by_its_last_rating_and_its_change():
    assert commitment([5, 8, 7]).change == 2
    assert commitment([5, 5]).change == 0
    assert (commitment([6]).last, commitment([6]).change) == (6, None)
    assert (commitment([]).last, commitment([]).reason) == (None, "not rated yet")


@pytest.mark.parametrize("value", [0, 11, float("nan")])
def test_commitment_outside_1_to_10_is_refused(value):
    with pytest.raises(ValueError, match=f"from 1 to 10, got {value}"):
        commitment([5, value])
