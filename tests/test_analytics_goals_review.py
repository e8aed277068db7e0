"""Is a review of goals due every fourth session that was held, and not before?"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.goals.review import goal_review

START = date(2026, 1, 5)


def day(week):
    return START + timedelta(weeks=week)


def sessions(*numbers):
    """Return held sessions: number k is held in week k."""
    return [(number, day(number)) for number in numbers]


@pytest.mark.parametrize(
    ("held", "when", "session", "since"),
    [
        ((1,), "later", 5, 0),
        ((1, 2, 3), "later", 5, 2),
        ((1, 2, 3, 4), "next", 5, 3),
        ((1, 2, 3, 4, 5), "due", 5, 4),
        ((1, 2, 3, 4, 5, 6), "due", 5, 5),
    ],
    ids=lambda value: f"set in session 1, by hand: {value}",
)
def test_the_fourth_session_after_the_goal_was_set_is_the_review(held, when, session, since):
    found = goal_review(sessions(*held), set_on=[day(1)])
    assert (found.when, found.session, found.held) == (when, session, since)


def test_missed_sessions_do_not_count_and_keep_their_numbers():
    found = goal_review(sessions(1, 2, 4, 7, 8), set_on=[day(1)])
    assert (found.when, found.session) == ("due", 8)


def test_the_next_session_follows_the_latest_number_even_if_that_was_missed():
    found = goal_review(sessions(1, 2, 3, 4), set_on=[day(1)], latest_session=5)
    assert (found.when, found.session) == ("next", 6)


def test_a_review_or_a_new_goal_begins_the_count_anew():
    held = sessions(*range(1, 10))
    assert goal_review(held, set_on=[day(1)], reviewed_on=[day(5)]).session == 9
    assert goal_review(held, set_on=[day(1), day(7)], reviewed_on=[day(5)]).when == "later"
    assert goal_review(held, set_on=[day(1)], reviewed_on=[day(9)]).held == 0


def test_the_session_of_the_review_itself_is_not_counted():
    assert goal_review(sessions(1, 2, 3, 4, 5), set_on=[day(1)], reviewed_on=[day(5)]).held == 0


def test_without_goals_or_sessions_it_is_not_assessable():
    assert goal_review(sessions(1), set_on=[]).reason == "no goal is on file"
    found = goal_review([], set_on=[START])
    assert (found.when, found.reason) == ("not_assessable", "no list of held sessions is on file")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: goal_review([], set_on=[START], every=0), "1 session or more, got 0"),
        (lambda: goal_review(sessions(2, 1), set_on=[START]), "go backwards"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(st.integers(0, 40), st.integers(1, 9), st.integers(0, 40))
def test_one_more_session_never_makes_a_due_review_undue(count, every, set_in):
    def at(n):
        return goal_review(sessions(*range(1, n + 1)), set_on=[day(set_in)], every=every)

    if at(count).when == "due":
        assert at(count + 1).when == "due"
        assert at(count + 1).session == at(count).session
