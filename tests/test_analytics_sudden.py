"""Are sudden gains found where the published criteria find them, and nowhere else?"""

import csv
import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.change import (
    smallest_reliable_change,
    standard_error_of_difference,
    standard_error_of_measurement,
)
from analytics.sudden.chance import WITHOUT_JUMP, false_positive_rates, first_jump, permutation_p
from analytics.sudden.gains import SuddenRule, sudden_gains, sudden_rows
from analytics.sudden.slots import slots

GOLDEN = Path(__file__).parent / "golden"
SHARED = Path(__file__).parents[1].parent / "shared"
RULE = SuddenRule(7)


def cases(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


def numbers(cell):
    return [float(number) for number in cell.split()]


def weekly(*series, first=1):
    """Return weeks, sessions, scores and offsets of series without a missed session."""
    sizes = [len(scores) for scores in series]
    sessions = np.concatenate([first + np.arange(size) for size in sizes])
    return sessions.astype(float), sessions, np.concatenate(series), np.append(0, np.cumsum(sizes))


def same(found, other):
    for field in fields(found):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(other, field.name))


# Hand-worked and published values ---------------------------------------------------------


@pytest.mark.parametrize("case", cases("sudden_cases.csv"))
def test_jumps_match_the_hand_worked_case(case):
    sessions = [int(number) for number in case["sessions"].split()]
    rule = SuddenRule(float(case["criterion"]), better=case["better"])
    found = sudden_gains(sessions, sessions, numbers(case["scores"]), [0, len(sessions)], rule=rule)
    assert found.evaluable.tolist() == [int(case["evaluable"])]
    assert found.gains.tolist() == [int(case["gains"])]
    assert found.losses.tolist() == [int(case["losses"])]
    assert found.row.tolist() == numbers(case["rows"])
    assert found.size.tolist() == numbers(case["sizes"])
    assert found.reversed_row.tolist() == numbers(case["reversed_rows"])
    assert found.is_reversed.tolist() == [row >= 0 for row in numbers(case["reversed_rows"])]
    assert found.is_gain.tolist() == [size > 0 for size in numbers(case["sizes"])]


@pytest.mark.parametrize("case", cases("sudden_critical_values.csv"))
def test_the_critical_value_is_that_of_r(case):
    n = int(case["n_before"]), int(case["n_after"])
    for confidence in ("95", "90"):
        rule = replace(RULE, confidence=int(confidence) / 100)
        wanted = float(case[f"confidence_{confidence}"])
        assert rule.critical_value(*n) == pytest.approx(wanted, rel=1e-12)
        # Not adjusted, it stays that of three scores before and three after.
        assert replace(rule, adjusted=False).critical_value(*n) == rule.critical_value(3, 3)


@pytest.mark.parametrize("case", cases("sudden_first_criterion.csv"))
def test_the_reliable_change_is_the_first_criterion_of_the_r_package(case):
    sd, reliability = float(case["sd"]), float(case["reliability"])
    sem = standard_error_of_measurement(sd, reliability)
    assert sem == pytest.approx(float(case["sem"]), abs=1e-6)  # six decimals
    s_diff = standard_error_of_difference(sd, reliability)
    assert s_diff == pytest.approx(float(case["s_diff"]), abs=1e-6)
    # The package rounds z to 1.96: 2 parts in 100,000 apart.
    found = smallest_reliable_change(sd, reliability)
    assert found == pytest.approx(float(case["criterion"]), rel=2e-5)


def sessions_of(table, first):
    weeks, scores, offsets = [], [], [0]
    for row in table:
        for session in range(first, 13):
            if row[f"bdi_s{session}"]:
                weeks.append(session)
                scores.append(float(row[f"bdi_s{session}"]))
        offsets.append(len(scores))
    return weeks, weeks, scores, offsets


RULES = {
    "c1": SuddenRule(7, grid=(1, 12)),
    "c2": SuddenRule(7, grid=(1, 12), adjusted=False),
    "c3": SuddenRule(4.65703, grid=(1, 12)),
    "c4": SuddenRule(7, grid=(0, 12)),
    "c5": SuddenRule(7, grid=(1, 12), criteria=(1,)),
    "c6": SuddenRule(7, grid=(1, 12), criteria=(2,)),
    "c7": SuddenRule(7, grid=(1, 12), criteria=(3,)),
}


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["gain", "loss"])
@pytest.mark.parametrize("config", list(RULES))
def test_totals_of_the_r_package_suddengains_are_reproduced(config, kind):
    if not SHARED.is_dir():
        pytest.skip("the totals of the R package are not beside the project")
    with (SHARED / "reference" / "suddengains_sgdata_totals.csv").open(encoding="utf-8") as file:
        (wanted,) = [
            row for row in csv.DictReader(file) if (row["config"], row["kind"]) == (config, kind)
        ]
    with (SHARED / "samples" / "sessions" / "sgdata_wide.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    rule = RULES[config]
    first = rule.grid[0]
    found = sudden_gains(*sessions_of(table, first), rule=rule, from_session=first)
    flagged = found.gains if kind == "gain" else found.losses
    assert len(table) * rule.intervals == int(wanted["n_intervals"])
    assert found.evaluable.sum() == int(wanted["n_evaluable"])
    assert flagged.sum() == int(wanted["n_flagged"])
    assert (flagged > 0).sum() == int(wanted["n_patients"])
    if rule.criteria == (1, 2, 3):
        # With the third criterion a plan need not be known: the windows say the same.
        same(
            found,
            sudden_gains(
                *sessions_of(table, first), rule=replace(rule, grid=None), from_session=first
            ),
        )


# Slots ------------------------------------------------------------------------------------


def test_session_numbers_that_do_not_rise_or_are_not_all_known_give_way_to_dates():
    weeks = [0, 1, 2, 3, 0, 1, 2, 0, 7, 9, 0, 1, 3]
    sessions = [0, 1, 2, 5, 1, 1, 2, 3, -1, 5, -1, 6, 7]
    found = slots(weeks, sessions, [0, 4, 7, 10, 13])
    assert found.tolist() == [-1, 1, 2, 5, 1, 2, 3, 1, 8, 10, 1, 2, 4]
    assert slots(weeks, sessions, [0, 4, 7, 10, 13], from_session=0)[:4].tolist() == [0, 1, 2, 5]


def test_a_gap_is_counted_in_planned_intervals_of_each_questionnaire_and_is_one_at_least():
    weeks = [0, 0, 1.4, 3, 0, 0, 1.4, 3]
    found = slots(weeks, [-1] * 8, [0, 4, 8], interval_weeks=[1, 2])
    assert found.tolist() == [1, 2, 3, 5, 1, 2, 3, 4]


def test_a_gap_of_about_two_intervals_parts_two_scores():
    scores = [26, 24, 25, 14, 13, 15]
    for gap, evaluable in ((1.0, 3), (1.4, 3), (1.6, 2), (2.0, 2)):
        weeks = np.array([0, 1, 2, 2 + gap, 3 + gap, 4 + gap])
        found = sudden_gains(weeks, [-1] * 6, scores, [0, 6], rule=RULE)
        assert found.evaluable.tolist() == [evaluable], gap
        assert found.gains.tolist() == [int(evaluable == 3)]


@pytest.mark.parametrize(
    ("sessions", "arguments", "words"),
    [
        ([1.0, 2.5], {}, "whole numbers"),
        ([1, 2**31], {}, "below"),
        ([1, 2], {"interval_weeks": 0}, "greater than 0"),
        ([1], {}, "one length"),
    ],
)
def test_sessions_that_cannot_be_are_refused_in_a_sentence(sessions, arguments, words):
    with pytest.raises(ValueError, match=words):
        slots([0, 1], sessions, [0, 2], **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"criterion": 0}, "criterion"),
        ({"criterion": math.nan}, "criterion"),
        ({"criterion": 7, "share": 25}, "share"),
        ({"criterion": 7, "confidence": 1}, "confidence"),
        ({"criterion": 7, "criteria": (4,)}, "criteria"),
        ({"criterion": 7, "criteria": ()}, "criteria"),
    ],
)
def test_a_rule_without_meaning_is_refused_in_a_sentence(arguments, words):
    with pytest.raises(ValueError, match=words):
        SuddenRule(**arguments)


def test_intervals_without_a_shared_plan_cannot_be_counted():
    with pytest.raises(ValueError, match="share one plan"):
        _ = RULE.intervals


def test_no_series_and_one_score_are_not_evaluable_and_no_fault():
    none = sudden_gains([], np.array([], dtype=int), [], [0], rule=RULE)
    assert none.gains.size == none.row.size == 0
    one = sudden_gains([0], [1], [20], [0, 1], rule=RULE)
    assert one.evaluable.tolist() == one.gains.tolist() == [0]
    pairs = sudden_gains([0, 1], [1, 2], [20, 5], [0, 2], rule=replace(RULE, criteria=(1,)))
    assert pairs.evaluable.tolist() == pairs.gains.tolist() == [1]


# Against a plain loop ---------------------------------------------------------------------


def plain(slot, scores, rule):
    """Return evaluable intervals and jumps of one series, read off the definition."""
    at = {s: x for s, x in zip(slot, scores, strict=True) if s >= 0}
    rows = {s: row for row, s in enumerate(slot)}
    sign = 1 if rule.better == "higher" else -1
    evaluable, jumps = 0, []
    for s in sorted(at):
        before = [at[k] for k in (s - 2, s - 1, s) if k in at]
        after = [at[k] for k in (s + 1, s + 2, s + 3) if k in at]
        if s + 1 not in at or len(before) < 2 or len(after) < 2:
            continue
        evaluable += 1
        df = len(before) + len(after) - 2
        spread = math.sqrt(
            ((len(before) - 1) * np.var(before, ddof=1) + (len(after) - 1) * np.var(after, ddof=1))
            / df
        )
        if rule.pooled:
            spread *= math.sqrt(1 / len(before) + 1 / len(after))
        gained = sign * (at[s + 1] - at[s])
        apart = sign * (np.mean(after) - np.mean(before))
        critical = {2: 4.302652729749, 3: 3.182446305284, 4: 2.776445105198}
        for direction in (1, -1):
            if (
                direction * gained >= rule.criterion
                and direction * gained >= rule.share * abs(at[s])
                and direction * apart > critical[df if rule.adjusted else 4] * spread + 1e-9
            ):
                back = [
                    rows[k]
                    for k in sorted(at)
                    if k > s + 1 and direction * sign * (at[s + 1] - at[k]) > abs(gained) / 2
                ]
                jumps.append((rows[s + 1], gained, back[0] if back else -1))
    return evaluable, jumps


@st.composite
def series(draw):
    """Draw sessions with gaps, and whole scores that jump now and then."""
    gaps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 3]), min_size=1, max_size=14))
    sessions = np.cumsum(gaps) - 1 + draw(st.integers(0, 1))
    levels = draw(st.lists(st.sampled_from([8, 20, 30]), min_size=len(gaps), max_size=len(gaps)))
    keep = draw(st.lists(st.booleans(), min_size=len(gaps), max_size=len(gaps)))
    for k in range(1, len(levels)):
        levels[k] = levels[k - 1] if keep[k] else levels[k]
    noise = draw(st.lists(st.integers(-2, 2), min_size=len(gaps), max_size=len(gaps)))
    return sessions, np.array(levels, dtype=float) + noise


def flat(drawn):
    sessions = np.concatenate([s for s, _ in drawn])
    offsets = np.append(0, np.cumsum([s.size for s, _ in drawn]))
    return sessions.astype(float), sessions, np.concatenate([y for _, y in drawn]), offsets


@given(
    st.lists(series(), min_size=1, max_size=6),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["lower", "higher"]),
)
def test_every_jump_is_that_of_a_plain_loop_and_a_batch_has_the_bits_of_one_by_one(
    drawn, adjusted, pooled, better
):
    rule = SuddenRule(7, adjusted=adjusted, pooled=pooled, better=better)
    together = sudden_gains(*flat(drawn), rule=rule)
    for at, one in enumerate(drawn):
        alone = sudden_gains(*flat([one]), rule=rule)
        mine = together.series == at
        for name in ("gains", "losses", "evaluable"):
            assert getattr(together, name)[at] == getattr(alone, name)[0]
        for name in ("row", "is_gain", "size", "reversed_row"):
            np.testing.assert_array_equal(getattr(together, name)[mine], getattr(alone, name))
        evaluable, jumps = plain(slots(*flat([one])[:2], [0, one[0].size]), one[1], rule)
        assert alone.evaluable.tolist() == [evaluable]
        found = zip(alone.row, alone.size, alone.reversed_row, strict=True)
        assert sorted(jumps) == [tuple(map(float, jump)) for jump in found]


@given(series(), st.integers(-50, 50))
def test_a_shift_of_all_scores_or_dates_changes_neither_the_first_nor_the_third_criterion(one, by):
    weeks, sessions, scores, offsets = flat([one])
    rule = replace(RULE, criteria=(1, 3))
    found = sudden_gains(weeks, sessions, scores, offsets, rule=rule)
    same(found, sudden_gains(weeks + by, sessions, scores + by, offsets, rule=rule))


@given(series())
def test_a_mirrored_scale_has_the_same_gains_and_the_losses_of_one_are_the_gains_of_the_other(one):
    weeks, sessions, scores, offsets = flat([one])
    found = sudden_gains(weeks, sessions, scores, offsets, rule=RULE)
    mirrored = replace(RULE, better="higher")
    same(found, sudden_gains(weeks, sessions, -scores, offsets, rule=mirrored))
    against = sudden_gains(weeks, sessions, scores, offsets, rule=mirrored)
    np.testing.assert_array_equal(found.gains, against.losses)
    np.testing.assert_array_equal(found.size, -against.size)
    np.testing.assert_array_equal(found.reversed_row, against.reversed_row)


@given(st.lists(series(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_permuted_series_keep_their_own_jumps(drawn, random):
    order = list(range(len(drawn)))
    random.shuffle(order)
    found = sudden_gains(*flat(drawn), rule=RULE)
    moved = sudden_gains(*flat([drawn[k] for k in order]), rule=RULE)
    for name in ("gains", "losses", "evaluable"):
        np.testing.assert_array_equal(getattr(found, name)[order], getattr(moved, name))
    jumps = sorted(zip(found.series, found.row, found.size, strict=True))
    assert jumps == sorted(
        (order[s], row, size)
        for s, row, size in zip(moved.series, moved.row, moved.size, strict=True)
    )


def test_a_constant_series_of_tenths_has_no_jump_by_the_third_criterion_alone():
    # A third of three tenths is not a tenth in binary: the means of 3 and of 2 differ.
    found = sudden_gains(*weekly([0.1] * 9), rule=replace(RULE, criteria=(3,)))
    assert found.evaluable.tolist() == [6]
    assert found.row.size == 0


def test_jumps_come_by_series_and_score_whatever_the_lengths_of_the_series():
    twice = [30, 30, 30, 20, 20, 20, 10, 10, 10]
    found = sudden_gains(*weekly(twice, [25, 25, 10, 10], twice), rule=RULE)
    assert found.series.tolist() == [0, 0, 1, 2, 2]
    assert found.row.tolist() == [3, 6, 2, 3, 6]


def test_rows_of_a_column_without_part_at_the_beginning_do_not_touch_the_others():
    scores = np.array([26.0, 24, 25, 14, 13, 15])[:, np.newaxis]
    slot = np.arange(6, dtype=np.int32)[:, np.newaxis]
    assessed = np.where(slot == 0, -1, slot)
    both = sudden_rows(np.hstack([slot, assessed]), np.hstack([scores, scores]), RULE)
    assert both.evaluable.tolist() == [3, 2]
    assert both.series.tolist() == [0, 1]
    alone = sudden_rows(assessed, scores, RULE)
    np.testing.assert_array_equal(alone.row, both.row[1:])


# Chance -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rates():
    return {rate.trajectory: rate for rate in false_positive_rates(runs=4_000, seed=3)}


@pytest.mark.parametrize("case", cases("sudden_false_positives.csv"))
def test_clients_without_a_jump_have_a_sudden_gain_as_often_as_in_the_reference(case, rates):
    wanted = float(case["share"])
    # Three standard errors; the size of the reference sample is not stated, and taken as 1,000.
    spread = math.sqrt(wanted * (1 - wanted) * (1 / 4_000 + 1 / 1_000))
    assert rates[case["trajectory"]].share == pytest.approx(wanted, abs=3 * spread)


def test_a_faster_improvement_has_more_sudden_gains_by_chance(rates):
    assert tuple(rates) == WITHOUT_JUMP
    assert rates["flat"].share < rates["slow"].share < rates["steady"].share
    assert rates["flat"].share < rates["slowing"].share
    longer = next(false_positive_rates(runs=4_000, seed=3, trajectories=["steady"], sessions=16))
    assert longer.share > rates["steady"].share
    assert 2 <= rates["slowing"].first < rates["steady"].first <= 12


def test_the_unchanged_have_losses_as_often_as_gains_and_improvers_hardly_any():
    gains, losses = (
        next(false_positive_rates(runs=4_000, seed=3, trajectories=["flat"], losses=lost))
        for lost in (False, True)
    )
    assert (gains.rule, losses.rule) == ("sudden_gain", "sudden_loss")
    # Three standard errors of a difference of two shares of 4,000.
    assert losses.share == pytest.approx(gains.share, abs=3 * math.sqrt(2 * 0.015 / 4_000))
    (steady,) = false_positive_rates(runs=4_000, seed=3, trajectories=["steady"], losses=True)
    assert steady.share < losses.share


@pytest.mark.parametrize("case", cases("sudden_vittengl.csv"))
def test_unchanged_clients_have_sudden_gains_as_often_as_in_the_published_simulation(case):
    # The paper's third criterion is a t test of two means. Its mean and SD are not known
    # here: 20 and 12, of a questionnaire like the BDI, fit all nine cells.
    r, sessions, runs = float(case["reliability"]), int(case["sessions"]), 6_000
    rng = np.random.default_rng(7)
    true = math.sqrt(r) * rng.normal(size=(runs, 1))
    scores = 20 + 12 * (true + math.sqrt(1 - r) * rng.normal(size=(runs, sessions)))
    whole = np.clip(np.round(scores), 0, 63)
    share = np.mean(first_jump(whole, replace(RULE, pooled=True)) > 0)
    assert share == pytest.approx(float(case["share"]), abs=0.02)


def service(seed, *, jumps):
    """Return slots, scores and offsets of 60 clients; every third of some falls suddenly."""
    rng = np.random.default_rng(seed)
    scores = np.round(26 + 6 * rng.normal(size=(60, 1)) + rng.normal(size=(60, 10)))
    for client in range(0, 60, 3):
        scores[client, 3 + client % 4 :] -= 10.0 * jumps
    return np.tile(np.arange(1, 11), 60), scores.ravel(), np.arange(61) * 10


def test_planted_jumps_are_more_than_chance_and_none_are_not():
    planted = permutation_p(*service(1, jumps=True), rule=RULE, permutations=99)
    assert planted.p == 0.01
    assert planted.observed > 2 * planted.expected
    none = permutation_p(*service(1, jumps=False), rule=RULE, permutations=99)
    assert none.p > 0.05
    assert none.evaluable == planted.evaluable == 60 * 7


def test_p_counts_the_permutations_with_as_many_gains_and_is_the_same_for_the_same_seed():
    slot, scores, offsets = service(2, jumps=True)
    found = permutation_p(slot, scores, offsets, rule=RULE, permutations=19, seed=5)
    assert found == permutation_p(slot, scores, offsets, rule=RULE, permutations=19, seed=5)
    assert found.observed == sudden_gains(slot, slot, scores, offsets, rule=RULE).gains.sum()
    # Where all clients have one score a session, dealing changes nothing: each one counts.
    alike = permutation_p(slot, np.tile(scores[:10], 60), offsets, rule=RULE, permutations=19)
    assert (alike.p, alike.expected) == (1.0, alike.observed)


def test_series_of_different_lengths_are_counted_as_they_are_one_by_one():
    parts = [([1, 2, 3, 5, 6, 7], 1), ([1, 2], 2), (range(1, 13), 3), ([0, 1, 2, 3, 4], 4)]
    series = [
        (np.array(s), np.where(np.arange(len(s)) < 3, 25.0, 10.0) + np.arange(len(s)) % 2)
        for s, _ in parts
    ]
    weeks, sessions, scores, offsets = flat(series)
    slot = slots(weeks, sessions, offsets)
    found = permutation_p(slot, scores, offsets, rule=RULE, permutations=1)
    wanted = sudden_gains(weeks, sessions, scores, offsets, rule=RULE)
    assert (found.observed, found.evaluable) == (wanted.gains.sum(), wanted.evaluable.sum())


def test_without_an_evaluable_interval_there_is_a_reason_and_no_p():
    found = permutation_p([1, 2, 4], [20, 10, 9], [0, 3], rule=RULE)
    assert found.p is None
    assert "enough scores" in found.reason


def test_arrays_that_do_not_fit_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="one length"):
        permutation_p([1, 2], [20], [0, 1], rule=RULE)
    with pytest.raises(ValueError, match="at least 1 permutation"):
        permutation_p([1], [20], [0, 1], rule=RULE, permutations=0)
