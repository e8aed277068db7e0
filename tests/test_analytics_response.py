"""Are meaningful change, response and remission judged as they are published?"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.instrument import Cutoff
from analytics.sensitivity.response import (
    CHANGES,
    REASONS,
    REMISSIONS,
    change_by_meaningful,
    change_by_percentage,
    percentage_change,
    percentage_refers_to,
    remission,
)

BELOW_5 = Cutoff(5, "<", "remission", "a quality measure")


def words(judged, tuple_of_words=CHANGES):
    return [tuple_of_words[code] for code in judged.codes]


def reasons(judged):
    return [REASONS[code] for code in judged.reasons]


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        pytest.param(18, 13, "improved", id="Loewe 2004: 5 points on the PHQ-9 count"),
        pytest.param(18, 14, "unchanged", id="4 points do not"),
        pytest.param(9, 14, "deteriorated", id="5 points the other way"),
    ],
)
def test_a_change_of_exactly_the_meaningful_change_counts(before, after, word):
    judged = change_by_meaningful([before], [after], meaningful_change=5, better="lower")
    assert words(judged) == [word]
    assert reasons(judged) == [""]


def test_tenths_of_a_point_are_compared_as_on_paper():
    judged = change_by_meaningful([1.4, 1.4], [0.9, 0.91], meaningful_change=0.5, better="lower")
    assert words(judged) == ["improved", "unchanged"]
    # 30 % of 7 are 2.1, and 7 - 4.9 is a hair below 2.1 in binary.
    judged = change_by_percentage([7.0, 7.0], [4.9, 4.91], share=0.3, best=0, better="lower")
    assert words(judged) == ["improved", "unchanged"]
    # 0.1 + 0.2 is a hair above 0.3 in binary, but no distance to take a percentage of.
    assert np.isnan(percentage_change([0.1 + 0.2], [0.6], best=0.3, better="lower")).all()


@pytest.mark.parametrize(
    ("before", "after", "best", "better", "percent"),
    [
        pytest.param(18, 9, 0, "lower", 50, id="PHQ-9 by hand: half of 18 points"),
        pytest.param(18, 12, 0, "lower", 100 / 3, id="6 of 18 points"),
        pytest.param(20, 15, 10, "lower", 50, id="K10 by hand: 20 is 10 points above 10"),
        pytest.param(20, 10, 10, "lower", 100, id="down to the best score"),
        pytest.param(20, 30, 40, "higher", 50, id="ORS by hand: 20 is 20 points below 40"),
        pytest.param(20, 15, 40, "higher", -25, id="5 of 20 points the wrong way"),
        pytest.param(10, 30, 0, "lower", -200, id="a worsening may exceed 100"),
    ],
)
def test_the_percentage_refers_to_the_distance_from_the_best_score(
    before, after, best, better, percent
):
    found = percentage_change([before], [after], best=best, better=better)
    assert found == pytest.approx([percent])


def test_what_the_percentage_refers_to_is_said():
    assert percentage_refers_to(best=0, better="lower").startswith("of the points above 0")
    assert percentage_refers_to(best=40, better="higher").startswith("of the points below 40")


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (8.9, "improved"),
        (9, "improved"),
        (9.1, "unchanged"),
        (26, "unchanged"),
        (27, "deteriorated"),
    ],
)
def test_half_of_the_first_score_is_a_response(after, word):
    assert words(change_by_percentage([18], [after], best=0, better="lower")) == [word]


def test_improvement_and_deterioration_may_have_different_shares():
    judged = change_by_percentage(
        [20, 20, 20, 20], [10, 11, 26, 25], share=0.5, worsening_share=0.3, best=0, better="lower"
    )
    assert words(judged) == ["improved", "unchanged", "deteriorated", "unchanged"]


@pytest.mark.parametrize(("first", "best", "better"), [(0, 0, "lower"), (40, 40, "higher")])
def test_a_first_score_at_the_best_is_not_assessable_by_percentage(first, best, better):
    assert np.isnan(percentage_change([first], [20], best=best, better=better)).all()
    judged = change_by_percentage([first, first], [20, first], best=best, better=better)
    assert words(judged) == ["not_assessable"] * 2
    assert all("already the best possible" in reason for reason in reasons(judged))


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [
        (18, 4, "remission"),
        (18, 5, "no_remission"),
        (5, 4, "remission"),
        (4, 4, "not_assessable"),
        (4, 12, "not_assessable"),
    ],
)
def test_remission_is_a_score_below_5_after_one_of_5_or_more(first, last, word):
    assert words(remission([first], [last], definition=BELOW_5), REMISSIONS) == [word]


def test_remission_compares_as_published_in_either_direction():
    up_to_7 = Cutoff(7, "<=", "remission", "a scale where 7 still counts")
    assert words(remission([20, 20], [7, 8], definition=up_to_7), REMISSIONS) == [
        "remission",
        "no_remission",
    ]
    from_50 = Cutoff(50, ">=", "remission", "a scale where higher is better")
    assert words(remission([20, 20], [50, 49], definition=from_50), REMISSIONS) == [
        "remission",
        "no_remission",
    ]


def test_a_missing_score_is_not_assessable_and_says_so():
    before, after = [math.nan, 18, math.nan], [9, math.nan, math.nan]
    for judged in (
        change_by_meaningful(before, after, meaningful_change=5, better="lower"),
        change_by_percentage(before, after, best=0, better="lower"),
    ):
        assert words(judged) == ["not_assessable"] * 3
        assert reasons(judged) == ["A score is missing."] * 3
    judged = remission([math.nan, 18, 4], [4, math.nan, math.nan], definition=BELOW_5)
    assert words(judged, REMISSIONS) == ["not_assessable"] * 3
    assert reasons(judged) == ["A score is missing."] * 3
    assert np.isnan(percentage_change(before, after, best=0, better="lower")).all()


def test_without_a_published_number_nothing_is_assessable_and_the_reason_is_said():
    judged = change_by_meaningful([18], [9], meaningful_change=None, better="lower")
    assert (words(judged), reasons(judged)) == (
        ["not_assessable"],
        ["No meaningful change is known for this questionnaire."],
    )
    judged = remission([18], [4], definition=None)
    assert (words(judged, REMISSIONS), reasons(judged)) == (
        ["not_assessable"],
        ["No definition of remission is known for this questionnaire."],
    )


def test_impossible_numbers_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="greater than 0 points"):
        change_by_meaningful([1], [2], meaningful_change=0, better="lower")
    for share in (0, 1.1, math.nan):
        with pytest.raises(ValueError, match="share must be"):
            change_by_percentage([1], [2], share=share, best=0, better="lower")
    with pytest.raises(ValueError, match="worsening_share must be"):
        change_by_percentage([1], [2], worsening_share=0, best=0, better="lower")
    with pytest.raises(ValueError, match="best must be"):
        percentage_change([1], [2], best=math.inf, better="lower")


scores = st.integers(0, 27).map(float)


@given(scores, scores, st.integers(-30, 30))
def test_shifting_the_whole_scale_leaves_the_percentage(first, last, shift):
    here = percentage_change(first, last, best=0, better="lower")
    there = percentage_change(first + shift, last + shift, best=shift, better="lower")
    assert np.array_equal(here, there, equal_nan=True)


@given(scores, scores)
def test_a_mirrored_scale_has_the_same_words(first, last):
    lower = change_by_percentage(first, last, best=0, better="lower")
    higher = change_by_percentage(27 - first, 27 - last, best=27, better="higher")
    assert (lower.codes, lower.reasons) == (higher.codes, higher.reasons)
    lower = change_by_meaningful(first, last, meaningful_change=5, better="lower")
    higher = change_by_meaningful(27 - first, 27 - last, meaningful_change=5, better="higher")
    assert lower.codes == higher.codes


@given(st.lists(st.tuples(scores, scores), min_size=1, max_size=40))
def test_a_batch_has_the_same_answers_as_its_pairs_one_by_one(pairs):
    before, after = np.array(pairs).T
    percent = percentage_change(before, after, best=0, better="lower")
    half = change_by_percentage(before, after, best=0, better="lower")
    remitted = remission(before, after, definition=BELOW_5)
    for at, (first, last) in enumerate(pairs):
        alone = percentage_change(first, last, best=0, better="lower")
        assert np.array_equal(percent[at], alone, equal_nan=True)
        assert half.codes[at] == change_by_percentage(first, last, best=0, better="lower").codes
        assert remitted.codes[at] == remission(first, last, definition=BELOW_5).codes


@given(scores, scores)
def test_the_word_follows_from_the_percentage(first, last):
    percent = float(percentage_change(first, last, best=0, better="lower"))
    (word,) = words(change_by_percentage([first], [last], best=0, better="lower"))
    if math.isnan(percent):
        assert word == "not_assessable"
    else:
        expected = (
            "improved" if percent >= 50 else "deteriorated" if percent <= -50 else "unchanged"
        )
        assert word == expected
