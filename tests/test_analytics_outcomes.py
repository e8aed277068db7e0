"""Does each definition of a good outcome count what it says?"""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.instrument import Cutoff
from analytics.outcomes.counts import (
    agreement,
    disagreement,
    share_rates,
    tally,
    unseen_deterioration,
    window_rates,
)
from analytics.outcomes.definitions import (
    BETTER,
    CHANGES,
    NO_ANSWER,
    NO_CHANGE,
    OUTCOMES,
    OUTSIDE,
    WORSE,
    Judged,
    criterion_outcome,
    share_outcome,
    window_outcome,
)

CASE = Cutoff(10, ">=", "caseness", "a manual")
REMISSION = Cutoff(5, "<", "remission", "DRR-E")
NAN = float("nan")


def by_criterion(first, last, **changed):
    numbers = {"criterion": 6, "inclusive": True, "cutoff": CASE, "better": "lower",
               "only_cases": True}  # fmt: skip
    return criterion_outcome(first, last, **(numbers | changed))


def by_share(first, last, *, best=0.0, better="lower", partial=0.25):
    return share_outcome(
        first, last, best=best, response=0.5, partial=partial, worse=0.5, better=better
    )


def by_window(index, follow_up, over):
    return window_outcome(index, follow_up, over, remission=REMISSION, response=0.5)


def words(judged):
    return [OUTCOMES[code] for code in judged.outcome]


def changes(judged):
    return [CHANGES[code] for code in judged.change]


def test_only_those_who_begin_at_caseness_are_counted_by_a_cutoff():
    judged = by_criterion([18, 16, 9, 9, 18], [9, 16, 2, 16, 25])
    assert words(judged) == ["recovered", "unchanged", "improved", "harmed", "deteriorated"]
    assert judged.counted.tolist() == [True, True, False, False, True]
    everybody = by_criterion([18, 16, 9], [9, 16, 2], only_cases=False)
    assert everybody.counted.all()
    assert everybody.success.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({"cutoff": None}, ["improved", "unchanged"], id="no cutoff, no recovery"),
        pytest.param({"criterion": None}, ["not_assessable"] * 2, id="no criterion, no answer"),
    ],
)
def test_what_is_not_known_counts_nobody(changed, expected):
    judged = by_criterion([18, 16], [9, 16], **changed)
    assert words(judged) == expected
    assert not judged.counted.any()


def test_a_computed_criterion_must_be_passed_and_a_published_one_met():
    """PHQ-9, SD 5.5 and r .85: 1.96 standard errors of the difference are 5.9."""
    assert words(by_criterion([18], [12])) == ["improved"]
    assert words(by_criterion([18], [12], criterion=6.0, inclusive=False)) == ["unchanged"]


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [(20, 10, "responded"), (20, 11, "partly_responded"), (20, 15, "partly_responded"),
     (20, 16, "unchanged"), (20, 29, "unchanged"), (20, 30, "deteriorated"), (4, 2, "responded"),
     (0, 6, "not_assessable"), (20, NAN, "not_assessable")],
)  # fmt: skip
def test_percentages_of_the_first_score_worked_by_hand(first, last, word):
    assert words(by_share([first], [last])) == [word]


def test_a_scale_that_does_not_begin_at_nought_keeps_its_shares():
    """K10 runs from 10 to 50: from 30 to 20 is half of the way, and not a third."""
    assert words(by_share([30.0], [20.0], best=10)) == ["responded"]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=30))
def test_a_mirrored_scale_gives_the_same_shares(pairs):
    first, last = np.array(pairs, dtype=float).T
    lower, higher = by_share(first, last), by_share(40 - first, 40 - last, best=40, better="higher")
    assert lower.outcome.tolist() == higher.outcome.tolist()


@given(
    st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=2, max_size=30),
    st.randoms(use_true_random=False),
)
def test_order_and_company_of_the_cases_change_nothing(pairs, random):
    order = list(range(len(pairs)))
    random.shuffle(order)
    first, last = np.array(pairs, dtype=float).T
    over = np.ones(first.size, dtype=bool)
    for judge in (by_criterion, by_share, lambda x, y: by_window(x, y, over[: len(x)])):
        together, moved = judge(first, last), judge(first[order], last[order])
        for field in fields(Judged):
            whole = getattr(together, field.name)
            assert getattr(moved, field.name).tolist() == whole[order].tolist()
        alone = [judge(first[i : i + 1], last[i : i + 1]).outcome[0] for i in range(first.size)]
        assert alone == together.outcome.tolist()


@pytest.mark.parametrize(
    ("index", "follow_up", "over", "word", "change"),
    [
        pytest.param(20, 4, True, "remitted", BETTER, id="below 5 is remission"),
        pytest.param(20, 5, True, "responded", BETTER, id="5 is not"),
        pytest.param(20, 10, True, "responded", BETTER, id="exactly half is response"),
        pytest.param(21, 11, True, "not_responded", NO_CHANGE, id="less than half is not"),
        pytest.param(20, NAN, True, "not_followed_up", NO_ANSWER, id="no score in the window"),
        pytest.param(20, 4, False, "not_counted", OUTSIDE, id="the window is not over"),
        pytest.param(NAN, NAN, True, "not_counted", OUTSIDE, id="never elevated"),
    ],
)
def test_the_window_of_drr_e_worked_by_hand(index, follow_up, over, word, change):
    judged = by_window([index], [follow_up], [over])
    assert words(judged) == [word]
    assert judged.change.tolist() == [change]


def test_who_was_not_followed_up_stays_in_the_denominator():
    found = tally(by_window([20, 20, 20], [4, NAN, 19], [True] * 3))
    assert (found.success, found.counted, found.not_assessable) == (1, 3, 1)


@given(st.lists(st.tuples(st.integers(10, 27), st.integers(0, 27)), min_size=1, max_size=30))
def test_remission_is_always_a_response(pairs):
    """From 10 or more to below 5 is more than half."""
    index, follow_up = np.array(pairs, dtype=float).T
    judged = by_window(index, follow_up, np.ones(index.size, dtype=bool))
    assert judged.success[follow_up < 5].all()


def test_every_case_is_in_exactly_one_part_of_the_tally():
    found = tally(by_share([20, 20, 20, 8, 0], [10, 15, 16, 12, 3]))
    parts = (found.better, found.no_change, found.worse, found.not_assessable, found.not_counted)
    assert parts == (2, 1, 1, 1, 0)
    assert sum(parts) == found.cases


def test_two_definitions_disagree_on_the_cases_that_both_count():
    """20 to 13 is beyond error and no response; 9 to 2 is a response and no recovery from a case."""
    one, other = (
        by_criterion([20, 20, 18, 9], [13, 9, 8, 2]),
        by_share([20, 20, 18, 9], [13, 9, 8, 2]),
    )
    assert words(one) == ["improved", "recovered", "recovered", "improved"]
    differ, both = disagreement([one, other])
    assert both.tolist() == [[3, 3], [3, 4]]
    assert differ.tolist() == [[0, 0], [0, 0]]
    strict = by_criterion([20, 20, 18, 9], [13, 9, 8, 2], criterion=11)
    assert disagreement([strict, other])[0].tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("judge", "words_of"),
    [
        (lambda: by_share([1.0], [1.0], partial=0.6), "a partial response below a response"),
        (lambda: by_share([1.0, 2.0], [1.0]), r"one shape, got \(2,\) and \(1,\)"),
        (lambda: window_outcome([1.0], [1.0], [True], remission=REMISSION, response=1.5),
         "between 0 and 1, got 1.5"),
        (lambda: disagreement([by_share([1.0], [1.0]), by_share([1.0, 2.0], [1.0, 2.0])]),
         r"share their cases, got \[1, 2\] cases"),
    ],
    ids=["shares", "shapes", "response", "cases"],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(judge, words_of):
    with pytest.raises(ValueError, match=words_of):
        judge()


def test_no_cases_are_no_fault():
    found = tally(by_criterion([], []))
    assert found.cases == found.counted == 0
    assert disagreement([])[0].shape == (0, 0)
    assert WORSE not in by_share([], []).change


def test_one_definition_may_count_a_deterioration_as_no_response():
    """15 to 22 is seven points worse; the window only says that there was no response."""
    worse, window = by_criterion([15, 20], [22, 9]), by_window([15, 20], [22, 9], [True, True])
    unseen = unseen_deterioration(worse, window)
    assert (unseen.count, unseen.denominator) == (1, 2)
    assert unseen_deterioration(worse, worse).count == 0


def test_agreement_is_over_the_cases_that_all_count():
    first, last = [20, 20, 18, 9], [13, 9, 16, 2]
    assert agreement([by_criterion(first, last), by_share(first, last)]) == (3, 1, 2)
    assert agreement([]) == (0, 0, 0)


def test_rates_beside_success_have_the_denominator_of_the_definition():
    window = window_rates(by_window([20, 20, 20, NAN], [4, 10, NAN, NAN], [True] * 4))
    assert {name: (r.count, r.denominator) for name, r in window.items()} == {
        "follow_up": (2, 3), "remission": (1, 3), "response": (2, 3),
    }  # fmt: skip
    share = share_rates(by_share([20, 20, 8, 0], [10, 15, 12, 3]))
    assert {name: (r.count, r.denominator) for name, r in share.items()} == {
        "response": (1, 3), "partial_response": (1, 3), "deterioration": (1, 3),
    }  # fmt: skip
