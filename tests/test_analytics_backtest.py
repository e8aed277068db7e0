"""Is a rule judged by what was known at the time, and counted as it would have been seen?"""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from analytics.back_test.alert_budget import Workload, clinician_weeks, threshold_for_budget
from analytics.back_test.evaluation import back_test, poor_ends
from analytics.back_test.replay import above_expected, by_course, by_rules, points_worse, replay
from analytics.course import course
from analytics.criteria import criteria
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import course_limit, limit_factor
from analytics.groups.proportions import difference_of_proportions
from analytics.instrument import Cutoff, Instrument, Norms, Reliability, Sourced
from analytics.rules import Rules

POINTS = "points worse than the first score"
DISTANCE = "SDs above the expected course"
SOURCE = "made up for this test"
MOOD = Instrument(
    "mood", "1", "Mood list", "lower", 0, 63, 1,
    reliability=Reliability(0.9, "test-retest", SOURCE),
    clinical=Norms(22, 10, 500, SOURCE),
    reliable_change=Sourced(8, SOURCE),
    meaningful_change=Sourced(8, SOURCE),
    cutoffs=(Cutoff(14, ">=", "caseness", SOURCE),),
)  # fmt: skip
CURVE = GrowthCurve(
    instrument="mood", source=SOURCE, is_own=True, episodes=1000, scores=8000, intake_mean=20.0,
    b0=18.626, b1=0.8531, b2=-3.952, b3=-0.1658, covariance=((0.0,) * 4,) * 4,
    var_u0=9.58**2, var_u1=3.46**2, cov_u=-0.84 * 9.58 * 3.46, var_e=3.76**2,
    minimum=0, maximum=63, better="lower", intake_low=0, intake_high=63, longest=30,
)  # fmt: skip
JUDGED = replace(criteria(MOOD, Rules()), curve=CURVE)


def weekly(*series):
    """Return weeks, scores and offsets of series with one score a week."""
    offsets = np.append(0, np.cumsum([len(scores) for scores in series]))
    weeks = np.concatenate([np.arange(len(scores), dtype=float) for scores in series])
    return weeks, np.concatenate(series).astype(float), offsets


def courses(clients, sessions, seed):
    """Return unchanged clients with errors of measurement, one row a client."""
    rng = np.random.default_rng(seed)
    return np.round(25 + 3 * rng.normal(size=(clients, sessions))), rng


def everything(weeks, scores, offsets):
    """Judge by all rules that there are."""
    said = {}
    for judge in (by_course(JUDGED), above_expected(CURVE), points_worse("lower")):
        said |= judge(weeks, scores, offsets)
    return said


# No future --------------------------------------------------------------------------------


def test_the_arrays_handed_to_a_rule_hold_no_later_score():
    series = [[100 * client + k for k in range(1, 2 + client)] for client in range(1, 8)]
    weeks, scores, offsets = weekly(*series)
    looks = []

    def spy(known_weeks, known, ends):
        k = int(ends[1])
        assert ends.tolist() == list(range(0, known.size + 1, k))
        assert (known % 100).tolist() == list(range(1, k + 1)) * (known.size // k)
        assert known_weeks.tolist() == list(range(k)) * (known.size // k)
        for array in (known_weeks, known):
            # Nothing lies behind them either: no view into longer arrays.
            base = array if array.base is None else array.base
            assert base.size == known.size
            assert not np.shares_memory(array, scores)
        looks.append((k, (known // 100)[::k].tolist()))
        return np.zeros(ends.size - 1, dtype=bool)

    replay(by_rules({"spy": spy}), weeks, scores, offsets, earliest=2, latest=7)
    assert looks == [(k, list(range(max(1, k - 1), 8))) for k in range(2, 8)]


@settings(max_examples=40)  # each replays three times by every rule
@given(
    st.lists(st.lists(st.integers(0, 63), min_size=1, max_size=11), min_size=1, max_size=4),
    st.integers(1, 10),
    st.integers(0, 63),
)
def test_what_is_said_of_a_score_is_the_same_whatever_comes_later(series, kept, other):
    whole = replay(everything, *weekly(*series))
    changed = replay(everything, *weekly(*[s[:kept] + [other] * len(s[kept:]) for s in series]))
    cut = replay(everything, *weekly(*[s[:kept] for s in series]))
    for name, measure in whole.measures.items():
        for at, scores in enumerate(series):
            begin, other_begin = whole.offsets[at], cut.offsets[at]
            n = min(kept, len(scores))
            for found, start in ((changed, begin), (cut, other_begin)):
                np.testing.assert_array_equal(
                    measure[begin : begin + n], found.measures[name][start : start + n]
                )


def test_a_signal_in_the_future_alone_brings_no_gain_by_any_rule():
    clients = 1_500
    scores, rng = courses(clients, 12, seed=11)
    outcome = rng.random(clients) < 0.4
    # From the sixth score on the course says everything; up to the fifth nothing.
    scores[:, 5:] += np.where(outcome, 3.0, -3.0)[:, np.newaxis] * np.arange(1, 8)
    weeks, flat, offsets = weekly(*scores)
    thresholds = {POINTS: (1, 3, 6), DISTANCE: (0, 0.3, 0.6), "not on track": (1, 2)}
    early = back_test(
        replay(everything, weeks, flat, offsets, latest=5), outcome, thresholds=thresholds
    )
    flagging = [found for found in early if found.positive_predictive_value.n > 30]
    assert {found.rule for found in flagging} >= {POINTS, DISTANCE, "reliable deterioration"}
    for found in flagging:
        sensitivity, specificity = found.sensitivity, found.specificity
        false = specificity.n - specificity.events
        gain = difference_of_proportions(
            false, specificity.n, sensitivity.events, sensitivity.n, confidence=0.99
        )
        assert gain.low < 0 < gain.high, (found.rule, found.threshold)
    # The same rules find it as soon as they may look at scores that carry it.
    late = back_test(replay(everything, weeks, flat, offsets), outcome, thresholds=thresholds)
    by_rule = {(found.rule, found.threshold): found for found in late}
    assert by_rule[POINTS, 6].sensitivity.low > 0.95
    assert by_rule["reliable deterioration", 1].sensitivity.value > 0.95
    assert by_rule["reliable deterioration, confirmed", 1].specificity.value > 0.9


def test_the_rules_of_the_pages_say_what_the_course_of_the_scores_so_far_says():
    scores, _ = courses(6, 12, seed=4)
    scores[:2] += 2.0 * np.arange(12)
    scores[2] = np.round(scores[2] / 10) + 22
    weeks, flat, offsets = weekly(*scores)
    seen = replay(by_course(JUDGED), weeks, flat, offsets)
    assert all(np.nansum(measure) for name, measure in seen.measures.items() if name != "worsening")
    for at in range(6):
        for k in range(1, 13):
            alone = course(weeks[:k], scores[at, :k], [0, k], criteria=[JUDGED], which=[0])
            place = 12 * at + k - 1
            worse = alone.category_since[0] >= 0 and alone.improvement[0] < 0
            found = {name: measure[place] for name, measure in seen.measures.items()}
            changes = ("reliable deterioration", "reliable deterioration, confirmed")
            if k == 1:  # nothing can be said of one score
                assert all(np.isnan(found[name]) for name in changes)
            else:
                assert [found[name] for name in changes] == [worse, worse and alone.confirmed[0]]
            states = ("worsening", "plateau", "plateau: stuck")
            if k < 8:
                assert all(np.isnan(found[name]) for name in states)
            else:
                state, kind = alone.state[0], alone.plateau_kind[0]
                assert [found[name] for name in states] == [state == 1, state == 2, kind == 1]
            code = alone.not_on_track[0]
            on_track = found["not on track"]
            assert np.isnan(on_track) if code < 0 else on_track == code


def test_the_distance_from_the_expected_course_agrees_with_its_limits():
    scores, _ = courses(200, 8, seed=8)
    weeks, flat, offsets = weekly(*scores)
    measure = replay(above_expected(CURVE), weeks, flat, offsets).measures[DISTANCE]
    intake = np.repeat(flat[offsets[:-1]], 8)
    later = weeks > 0
    for share in (0.68, 0.80):
        factor = limit_factor(share, CURVE.episodes)
        limit = course_limit(CURVE, intake[later], weeks[later], share=share)
        np.testing.assert_array_equal(flat[later] > limit, measure[later] > factor)
    assert np.isnan(measure[~later]).all()


# Counting ---------------------------------------------------------------------------------


def test_shares_are_those_of_altman_and_bland_1994_liver_scan():
    # 231 and 32 abnormal scans, 27 and 54 normal ones, with and without the disease. Here the
    # scan is the first of two scores.
    scans = np.repeat([1.0, 0.0, 1.0, 0.0], [231, 27, 32, 54])
    disease = np.repeat([True, True, False, False], [231, 27, 32, 54])
    weeks, scores, offsets = weekly(*[[scan, 0.0] for scan in scans])
    judge = by_rules({"scan": lambda _, y, offsets: y[offsets[1:] - 1] == 1})
    (found,) = back_test(replay(judge, weeks, scores, offsets), disease)
    assert (found.n, found.with_outcome, found.without_a_look) == (344, 258, 0)
    assert round(found.sensitivity.value, 2) == 0.90
    assert round(found.specificity.value, 2) == 0.63
    assert found.positive_predictive_value.value == pytest.approx(231 / 263)
    assert found.negative_predictive_value.value == pytest.approx(54 / 81)
    for share in (found.sensitivity, found.specificity, found.positive_predictive_value):
        limits = proportion_confint(share.events, share.n, method="wilson")
        assert (share.low, share.high) == pytest.approx(limits)  # statsmodels


def test_a_flag_at_the_last_score_is_work_and_foretells_nothing():
    weeks, scores, offsets = weekly([10, 10, 20], [10, 20, 10], [10, 10, 10], [10])
    seen = replay(points_worse("lower"), weeks, scores, offsets)
    outcome = [True, True, False, True]
    (found,) = back_test(seen, outcome, thresholds={POINTS: [5]})
    assert (found.n, found.with_outcome, found.without_a_look) == (3, 2, 1)
    assert (found.sensitivity.events, found.sensitivity.n) == (1, 2)
    assert (found.specificity.events, found.specificity.n) == (1, 1)
    assert (found.first_flags, found.standing_flags, found.sessions) == (2, 2, 10)
    assert found.first_flags_per_100_sessions == 20
    assert found.first_flags_per_clinician_week is None


def test_lead_time_runs_from_the_first_flag_to_the_last_score_of_those_rightly_flagged():
    weeks = np.array([0, 1, 2, 5, 9, 0, 1, 2, 3, 4, 0, 7, 8, 9, 10.0])
    scores = np.array([0, 9, 0, 9, 9, 0, 0, 0, 9, 9, 0, 9, 9, 9, 0.0])
    seen = replay(points_worse("lower"), weeks, scores, [0, 5, 10, 15])
    (found,) = back_test(seen, [True, True, False], thresholds={POINTS: [9]})
    assert (found.lead_scores.low, found.lead_scores.median, found.lead_scores.high) == (
        1.5, 2.0, 2.5,
    )  # fmt: skip
    assert (found.lead_weeks.low, found.lead_weeks.median, found.lead_weeks.high) == (
        2.75, 4.5, 6.25,
    )  # fmt: skip
    assert (found.first_flags, found.standing_flags) == (3, 8)
    (none,) = back_test(seen, [True, True, False], thresholds={POINTS: [10]})
    assert none.lead_weeks is None
    assert none.positive_predictive_value.reason is not None


def test_looks_can_be_held_to_the_first_scores_and_what_cannot_be_judged_is_left_out():
    def later_only(weeks, scores, offsets):
        return np.where(np.diff(offsets) >= 3, 1.0, np.nan)

    series = weekly([1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4])
    judge = by_rules({"from the third": later_only})
    (found,) = back_test(replay(judge, *series), [True, True, True, False])
    # The second series has a third score, but that is its last.
    assert (found.n, found.without_a_look) == (2, 2)
    assert found.standing_flags == 5
    (early,) = back_test(replay(judge, *series, latest=3), [True, True, True, False])
    assert (early.n, early.standing_flags) == (2, 3)


def test_the_end_is_judged_by_the_first_and_the_last_score():
    ends = {"criterion": 6, "inclusive": True}
    scores, offsets = [20, 5, 14, 20, 30, 15, 20, 26, 20], [0, 3, 6, 8, 9]
    lower = poor_ends(scores, offsets, **ends, better="lower")
    assert [end.tolist() for end in lower] == [
        [False, True, True, True], [False, False, True, False],
    ]  # fmt: skip
    higher = poor_ends(scores, offsets, **ends, better="higher")
    assert [end.tolist() for end in higher] == [
        [True, True, False, True], [True, False, False, False],
    ]  # fmt: skip


def test_clinician_weeks_begin_on_monday_and_take_dates_or_day_numbers():
    sunday = date(2026, 3, 1)
    days = [sunday + timedelta(days=k) for k in (0, 1, 7, 8, 1, 2)]
    offsets = np.array([0, 4, 6])
    as_dates = Workload(np.array(days, dtype="datetime64[D]"), ["Ana", "Ben"])
    # Ana: the week before, the one from Monday 2 March (two sessions), the next; Ben: one.
    assert clinician_weeks(as_dates, offsets) == 4
    assert clinician_weeks(Workload(as_dates.days, [1, 1]), offsets) == 3
    # Python counts Monday 1 January of year 1 as day 1.
    numbers = np.array([day.toordinal() - 1 for day in days])
    assert clinician_weeks(Workload(numbers, ["Ana", "Ben"]), offsets) == 4


# Budgets ----------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=6),
    st.sampled_from(["first", "standing"]),
    st.sampled_from(["100 sessions", "clinician-week"]),
    st.floats(0, 120),
)
def test_the_threshold_is_the_lowest_one_that_keeps_within_the_budget(series, count, unit, budget):
    weeks, scores, offsets = weekly(*series)
    seen = replay(points_worse("lower"), weeks, scores, offsets)
    workload = Workload(weeks * 7, np.arange(len(series)) % 2)
    found = threshold_for_budget(
        seen, POINTS, budget=budget, unit=unit, count=count, workload=workload
    )
    candidates = np.unique(seen.measures[POINTS][weeks > 0])
    tests = back_test(seen, np.zeros(len(series), dtype=bool), thresholds={POINTS: candidates})
    assert len(tests) == candidates.size
    worked = clinician_weeks(workload, offsets)
    loads = {}
    for test in tests:
        flags = test.first_flags if count == "first" else test.standing_flags
        loads[test.threshold] = flags / worked if unit != "100 sessions" else (
            100 * flags / test.sessions
        )  # fmt: skip
    fitting = {load for load in loads.values() if load <= budget}
    assert list(loads.values()) == sorted(loads.values(), reverse=True)
    if found.threshold is None:
        assert not fitting
        why = f"more than {budget:g}" if loads else "could say nothing"
        assert why in found.reason
    else:
        assert found.load == pytest.approx(loads[found.threshold])
        assert found.load == pytest.approx(max(fitting))
    if found.looser is not None:
        assert loads[found.looser] > budget
        assert found.looser_load == pytest.approx(loads[found.looser])


@pytest.mark.parametrize(
    ("budget", "threshold"), [(30, 3), (29.9, 4), (20, 4), (10, 5), (9.9, None)]
)
def test_a_budget_of_exactly_so_many_flags_is_met_by_them(budget, threshold):
    seen = replay(points_worse("lower"), *weekly(*[[10, 10 + rise] for rise in range(1, 6)]))
    assert threshold_for_budget(seen, POINTS, budget=budget).threshold == threshold


def test_a_rule_that_says_nothing_has_no_threshold_but_a_reason():
    seen = replay(above_expected(CURVE), *weekly([20], [22]))
    found = threshold_for_budget(seen, DISTANCE, budget=5)
    assert found.threshold is None
    assert "could say nothing" in found.reason
    (test,) = back_test(seen, [True, False])
    assert (test.n, test.without_a_look) == (0, 2)
    assert test.sensitivity.value is None


def test_no_episode_is_no_fault():
    seen = replay(points_worse("lower"), [], [], [0])
    assert back_test(seen, []) == []
    silent = replace(seen, measures={POINTS: np.empty(0)})
    (found,) = back_test(silent, [])
    assert (found.n, found.sessions, found.first_flags) == (0, 0, 0)
    assert threshold_for_budget(silent, POINTS, budget=1).threshold is None


# Refusals ---------------------------------------------------------------------------------


def test_what_does_not_fit_is_refused_in_a_sentence():
    seen = replay(points_worse("lower"), *weekly([1, 2], [1, 2]))
    for call, words in (
        (lambda: replay(points_worse("lower"), *weekly([1]), earliest=0), "from 1 or later"),
        (lambda: replay(points_worse("lower"), *weekly([1]), earliest=3, latest=2), "3 to 2"),
        (lambda: replay(by_rules({"odd": lambda _, y, __: y}), *weekly([1, 2])), "'odd' must"),
        (lambda: back_test(seen, [True]), "2 series"),
        (lambda: back_test(seen, [True, False], thresholds={"x": [1]}), "no rule 'x'"),
        (lambda: threshold_for_budget(seen, "x", budget=1), "no rule 'x'"),
        (lambda: threshold_for_budget(seen, POINTS, budget=-1), "at least 0"),
        (
            lambda: threshold_for_budget(seen, POINTS, budget=1, unit="clinician-week"),
            "days and clinicians",
        ),
        (lambda: back_test(seen, [1, 0], workload=Workload([1], ["a", "b"])), "needs 4 days"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
