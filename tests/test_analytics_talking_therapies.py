"""Are the flags and percentages of NHS Talking Therapies those that England publishes?"""

import csv
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.instrument import Cutoff
from analytics.outcomes.counts import Rate, tally
from analytics.outcomes.definitions import BETTER, NO_ANSWER, NO_CHANGE, OUTCOMES, OUTSIDE, WORSE
from analytics.outcomes.measure_pair import chosen_measure, measure_flags
from analytics.outcomes.talking_therapies import (
    Counts,
    PairOutcome,
    counts,
    finished_course,
    judged_by_pair,
    pair_outcome,
    published_rates,
)

PUBLISHED = (
    Path(__file__).parents[1].parent
    / "shared"
    / "samples"
    / "nhs_talking_therapies"
    / "annual_england_total_2017_2025.csv"
)
YEARS = tuple(f"20{year}-{year + 1}" for year in range(17, 25))
PHQ9, GAD7 = (Cutoff(value, ">=", "caseness", "NHS manual") for value in (10, 8))
NAN = float("nan")


def outcome(phq9, gad7, *, finished=True):
    """Return the flags of cases given as (first, last) of both questionnaires."""
    (x1, x2), (y1, y2) = (np.array(pairs, dtype=float).T for pairs in (phq9, gad7))
    return pair_outcome(
        measure_flags(x1, x2, caseness=PHQ9, reliable_change=6),
        measure_flags(y1, y2, caseness=GAD7, reliable_change=4),
        np.full(len(phq9), finished),
    )


def flags_of(one: PairOutcome) -> set[str]:
    return {f.name for f in fields(one) if getattr(one, f.name)[0]} - {"finished"}


@pytest.mark.shared
@pytest.mark.parametrize("year", YEARS, ids=lambda year: f"NHS England annual report {year}")
def test_the_published_percentages_of_england_follow_from_the_published_counts(year):
    """Five percentages a year; recovery divides by the finished less those not at caseness."""
    if not PUBLISHED.exists():
        pytest.skip("the published counts of NHS Talking Therapies are not here")
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["reporting_period"] == year]
    found = {(row["measure_name"], row["measure_statistic"]): row["value"] for row in rows}
    names = {f.name: f.name for f in fields(Counts)} | {"finished": "finished_course_treatment"}
    rates = published_rates(
        Counts(**{ours: int(found[theirs, "count"]) for ours, theirs in names.items()})
    )
    published = {name: float(v) for (name, kind), v in found.items() if kind == "percentage"}
    assert {name: rate.percentage for name, rate in rates.items()} == published


def test_those_at_caseness_are_the_wrong_denominator_of_recovery():
    """England 2017-18: 50.8 is published, and 263 295 of 517 393 would be 50.9."""
    of = Counts(554_709, 517_393, 36_767, 368_518, 32_931, 147_631, 263_295, 250_395)
    assert published_rates(of)["recovery"].percentage == 50.8
    assert Rate(of.recovery, of.at_caseness).percentage == 50.9


@pytest.mark.parametrize(
    ("phq9", "gad7", "expected"),
    [
        pytest.param((10, 9), (7, 7), {"at_caseness", "recovery", "no_reliable_change"},
                     id="recovery by one point is not reliable"),
        pytest.param((15, 9), (7, 7),
                     {"at_caseness", "recovery", "improvement", "reliable_recovery"},
                     id="six points of PHQ-9 are reliable"),
        pytest.param((9, 9), (8, 4), {"at_caseness", "recovery", "improvement",
                                      "reliable_recovery"}, id="four points of GAD-7 are reliable"),
        pytest.param((15, 10), (7, 7), {"at_caseness", "no_reliable_change"},
                     id="five points of PHQ-9 are not, and 10 is still at caseness"),
        pytest.param((16, 10), (15, 3), {"at_caseness", "improvement"},
                     id="one questionnaire at caseness at the end is no recovery"),
        pytest.param((9, 2), (7, 2), {"not_at_caseness", "improvement"},
                     id="those not at caseness can improve and not recover"),
        pytest.param((16, 8), (3, 7), {"at_caseness", "recovery", "no_reliable_change"},
                     id="better on one and worse on the other is no reliable change"),
        pytest.param((10, 9), (1, 5), {"at_caseness", "recovery", "deterioration"},
                     id="recovery and reliable deterioration can meet"),
        pytest.param((9, 15), (7, 7), {"not_at_caseness", "deterioration"},
                     id="worse by six points"),
        pytest.param((15, 3), (9, NAN), {"at_caseness"},
                     id="without a last GAD-7 nothing but caseness is known"),
        pytest.param((15, NAN), (NAN, NAN), {"at_caseness"}, id="one high first score is enough"),
        pytest.param((5, NAN), (NAN, NAN), set(), id="one low first score is not"),
    ],
)  # fmt: skip
def test_the_flags_follow_the_official_construction(phq9, gad7, expected):
    """Worked by hand from Count_ReliableRecovery and Percentage_Recovery of NHS England."""
    assert flags_of(outcome([phq9], [gad7])) == expected


def test_a_course_that_is_not_finished_carries_no_flag():
    assert flags_of(outcome([(15, 3)], [(15, 3)], finished=False)) == set()


def test_appointments_make_a_course_and_scores_on_two_days_where_none_are_known():
    finished = finished_course(
        [True] * 5 + [False],
        [0, 1, 2, NAN, NAN, 8],
        [True, True, False, True, False, True],
        fewest=2,
    )
    assert finished.tolist() == [False, False, True, True, False, False]


def test_the_questionnaire_of_the_problem_counts_where_it_was_answered_twice():
    """GAD-7 stands in; of PCL-5 and IES-R the first one answered at both ends counts."""
    pcl5, ies_r = (Cutoff(value, ">=", "caseness", "NHS manual") for value in (32, 33))
    gad7 = measure_flags([15] * 4, [15] * 4, caseness=GAD7, reliable_change=4)
    new = measure_flags([60] * 4, [20, NAN, 20, NAN], caseness=pcl5, reliable_change=10)
    old = measure_flags([60] * 4, [70, 70, 70, NAN], caseness=ies_r, reliable_change=9)
    called = np.array([True, True, False, True])
    chosen = chosen_measure([gad7, new, old], [called, called])
    assert chosen.direction.tolist() == [1, -1, 0, 0]
    assert chosen.case_last.tolist() == [0, 1, 1, 1]


def test_every_questionnaire_after_the_first_needs_an_answer():
    gad7 = measure_flags([15], [15], caseness=GAD7, reliable_change=4)
    with pytest.raises(ValueError, match="Each of the 1 questionnaires after the first"):
        chosen_measure([gad7, gad7], [])


def test_one_word_a_case_with_deterioration_first():
    judged = judged_by_pair(
        outcome(
            [(10, 9), (15, 3), (15, 9), (15, 15), (15, NAN)],
            [(1, 5), (15, 3), (7, 9), (7, 7), (7, 7)],
        )
    )
    assert [OUTCOMES[code] for code in judged.outcome] == [
        "deteriorated", "recovered", "improved", "unchanged", "not_assessable",
    ]  # fmt: skip
    assert judged.change.tolist() == [WORSE, BETTER, BETTER, NO_CHANGE, NO_ANSWER]
    assert judged.success.tolist() == [True, True, False, False, False]
    assert judged.counted.all()
    unfinished = judged_by_pair(outcome([(15, 3)], [(15, 3)], finished=False))
    assert unfinished.change.tolist() == [OUTSIDE]
    assert not unfinished.counted.any()


totals = st.one_of(st.just(NAN), st.integers(0, 27).map(float))
pairs = st.tuples(totals, totals)
cases = st.lists(st.tuples(pairs, pairs), min_size=1, max_size=30)


@given(cases)
def test_flags_exclude_each_other_and_percentages_add_up(given_cases):
    found = outcome([c[0] for c in given_cases], [c[1] for c in given_cases])
    change = [found.improvement, found.deterioration, found.no_reliable_change]
    assert np.sum(change, axis=0).max() <= 1
    assert not (found.at_caseness & found.not_at_caseness).any()
    assert not (found.recovery & ~found.at_caseness).any()
    assert (found.reliable_recovery == (found.recovery & found.improvement)).all()
    rates = published_rates(counts(found))
    assert rates["recovery"].count >= rates["reliable_recovery"].count
    judged = judged_by_pair(found)
    assert tally(judged).success == rates["recovery"].count
    assert tally(judged).counted == rates["recovery"].denominator
    assert tally(judged).worse == rates["deterioration"].count


@given(cases)
def test_each_case_is_judged_for_itself(given_cases):
    together = outcome([c[0] for c in given_cases], [c[1] for c in given_cases])
    for place, (phq9, gad7) in enumerate(given_cases):
        alone = outcome([phq9], [gad7])
        for field in fields(together):
            assert getattr(together, field.name)[place] == getattr(alone, field.name)[0]


def test_impossible_counts_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="The count of recovery must lie between 0 and its"):
        published_rates(Counts(10, 8, 2, 5, 1, 4, 9, 5))


def test_a_percentage_of_nobody_is_none():
    assert np.isnan(Rate(0, 0).percentage)


@pytest.mark.parametrize(
    ("count", "of", "expected"),
    [(1, 8, 12.5), (1, 16, 6.3), (3, 80, 3.8), (1, 3, 33.3), (2, 3, 66.7), (7, 7, 100.0)],
    ids=["12.5", "6.25 up", "3.75 up", "a third", "two thirds", "all"],
)
def test_halves_are_rounded_up(count, of, expected):
    assert Rate(count, of).percentage == expected
