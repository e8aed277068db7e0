"""Is a plateau called where it can be shown, and nowhere else?"""

import csv
import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.instrument import Cutoff
from analytics.level import PLATEAU_KINDS, plateau_kind, recent_level
from analytics.plateau import STATES, PlateauRule, plateau, windows_for
from analytics.rules import Rules

GOLDEN = Path(__file__).parent / "golden"
REFERENCE = Path(__file__).parents[1].parent / "shared" / "reference"
PHQ9 = PlateauRule((8, 9, 10), sigma=1.2 * 2.13, margin=5, guard=2.13)


def cases(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


def numbers(cell):
    return [float(number) for number in cell.split()]


@pytest.mark.parametrize("case", cases("plateau.csv"))
def test_state_and_numbers_match_the_golden_values(case):
    rule = PlateauRule(
        (8, 9, 10),
        sigma=float(case["sigma"]),
        margin=float(case["margin"]),
        guard=float(case["guard"]),
        better=case["better"],
        block_cap_weeks=float(case["cap"]) if case["cap"] else None,
    )
    weeks, scores = numbers(case["weeks"]), numbers(case["scores"])
    found = plateau(weeks, scores, [0, len(weeks)], rule=rule)
    assert STATES[found.state[0]] == case["state"]
    assert found.window[0] == int(case["window"])
    assert found.block_weeks[0] == float(case["block"])
    assert found.verdict[0] == (case["verdict"] == "yes")
    for column in ("change", "low", "high"):
        expected = pytest.approx(float(case[column]), abs=6e-5, nan_ok=True)  # four decimals
        assert getattr(found, f"block_{column}")[0] == expected, column


def test_the_words_of_the_states_come_in_the_order_in_which_results_are_stored():
    schema = (Path(__file__).parents[1] / "data" / "schema.sql").read_text(encoding="utf-8")
    for name, words in (("state", STATES), ("plateau_kind", PLATEAU_KINDS)):
        stored = schema.split(f"CREATE TYPE {name} AS ENUM")[1].split("(")[1].split(")")[0]
        assert tuple(word.strip(" '\n") for word in stored.split(",")) == words


def reference_rows():
    if not REFERENCE.is_dir():
        pytest.skip("the reference table of the plateau rule is not beside the project")
    series = defaultdict(list)
    with (REFERENCE / "trend_series.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            series[row["series"]].append((float(row["t"]), float(row["y"])))
    with (REFERENCE / "plateau_rule_reference.csv").open(encoding="utf-8") as file:
        return series, list(csv.DictReader(file))


@pytest.mark.shared
def test_every_row_of_the_reference_table_is_reproduced():
    series, rows = reference_rows()
    assert len(rows) == 485
    # The table takes 7 units of time for a block, has no guard, and tests every window.
    table = PlateauRule(
        (8, 9, 10),
        sigma=1.2 * 2.6,
        margin=5,
        guard=math.inf,
        block_cap_weeks=None,
        span=math.inf,
    )
    parts = [series[row["series"]][: int(row["k"])] for row in rows]
    weeks, scores = np.concatenate(parts).T
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
    found_any = plateau(weeks, scores, offsets, rule=table).verdict
    assert found_any.tolist() == [row["plateau_any"] == "True" for row in rows]
    for n in (8, 9, 10):
        found = plateau(weeks, scores, offsets, rule=replace(table, windows=(n,)))
        for i, row in enumerate(rows):
            if int(row["n"]) != n:
                continue
            assert found.verdict[i] == (row["window_passes"] == "True"), row
            # The table prints 16 digits; the rest is the order of additions.
            assert found.block_low[i] == pytest.approx(float(row["change7_lo"]), abs=1e-9)
            assert found.block_high[i] == pytest.approx(float(row["change7_hi"]), abs=1e-9)


@pytest.mark.parametrize("case", cases("equivalence_power.csv"))
def test_rates_of_the_verdict_are_those_of_the_closed_form(case):
    runs, n = 6_000, int(case["n"])
    noise = np.random.default_rng(7).normal(size=(runs, n))
    margin = float(case["mic_over_sigma"])
    rule = PlateauRule(
        (n,),
        sigma=1.0,
        margin=margin,
        guard=math.inf,
        confidence=1 - 2 * float(case["alpha"]),
        block_weeks=n - 1.0,
        block_cap_weeks=None,
    )
    weeks, offsets = np.tile(np.arange(n), runs), np.arange(runs + 1) * n
    truths = {"power_true_0": 0.0, "rate_true_half_mic": 0.5, "rate_true_mic": 1.0}
    for column, share in truths.items():
        scores = noise + share * margin * np.arange(n) / (n - 1)
        rate = plateau(weeks, scores.ravel(), offsets, rule=rule).verdict.mean()
        # Four standard errors of a share at 6,000 runs.
        assert rate == pytest.approx(float(case[column]), abs=4 * math.sqrt(0.25 / runs)), column


SCORES = st.lists(st.integers(0, 27), min_size=1, max_size=16)
SMALL_RULE = st.builds(
    PlateauRule,
    windows=st.just((8, 9, 10)),
    sigma=st.sampled_from([0.3, 1.0, 2.0, 2.556]),
    margin=st.sampled_from([2.0, 5.0, 8.0, math.nan]),
    guard=st.sampled_from([0.5, 2.13, math.inf]),
)
NUMBERS = ("state", "window", "block_change", "block_low", "block_high", "verdict")


@given(SCORES, SMALL_RULE, st.integers(-500, 500), st.integers(-20, 100))
def test_shifting_dates_or_scores_changes_nothing(scores, rule, weeks_later, points):
    n = len(scores)
    plain = plateau(np.arange(n), scores, [0, n], rule=rule)
    moved = plateau(np.arange(n) + weeks_later, np.add(scores, points), [0, n], rule=rule)
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(moved, name), getattr(plain, name))


@given(SCORES, SMALL_RULE)
def test_a_mirrored_scale_has_the_same_state_and_the_mirrored_numbers(scores, rule):
    n = len(scores)
    lower = plateau(np.arange(n), scores, [0, n], rule=rule)
    mirror = replace(rule, better="higher")
    higher = plateau(np.arange(n), np.subtract(27, scores), [0, n], rule=mirror)
    assert lower.state == higher.state
    assert lower.window == higher.window
    np.testing.assert_array_equal(lower.block_change, -higher.block_change)
    np.testing.assert_array_equal(lower.block_low, -higher.block_high)


@given(st.lists(st.integers(0, 27), min_size=1, max_size=7), SMALL_RULE)
def test_fewer_than_eight_scores_are_never_a_plateau(scores, rule):
    n = len(scores)
    found = plateau(np.arange(n), scores, [0, n], rule=rule)
    assert STATES[found.state[0]] == "too_early"
    assert not found.verdict[0]


@given(st.integers(10, 60), st.floats(0, 27), st.floats(2.35, 10))
def test_a_constant_series_of_ten_scores_or_more_is_a_plateau(n, score, ratio):
    rule = PlateauRule((8, 9, 10), sigma=1.2, margin=ratio, guard=1.0)
    found = plateau(np.arange(n), np.full(n, score), [0, n], rule=rule)
    assert STATES[found.state[0]] == "plateau"


@given(st.integers(1, 40), st.sampled_from([-0.9, 0.9]), st.sampled_from(["lower", "higher"]))
def test_an_exact_line_of_nine_tenths_a_week_is_never_a_plateau(n, slope, better):
    found = plateau(
        np.arange(n), 40 + slope * np.arange(n), [0, n], rule=replace(PHQ9, better=better)
    )
    assert not found.verdict[0]


@given(
    st.lists(st.sampled_from([0, 0.5, 1, 1, 1, 2, 4, 12, 30]), min_size=1, max_size=20),
    st.integers(0, 2**32 - 1),
)
def test_every_schedule_gets_an_answer(gaps, seed):
    n = len(gaps)
    scores = np.random.default_rng(seed).integers(0, 28, n)
    found = plateau(np.cumsum(gaps), scores, [0, n], rule=PHQ9)
    assert found.state[0] in range(5)
    assert 7 <= found.block_weeks[0] <= 14
    assert np.isnan(found.block_change[0]) == (found.window[0] == 0)
    if found.window[0]:
        assert found.block_low[0] < found.block_change[0] < found.block_high[0]


def test_windows_depend_on_the_ratio_of_meaningful_change_to_error():
    rules = Rules()
    assert windows_for(4.0, 2.0, rules) == (8, 9, 10)
    assert windows_for(3.999, 2.0, rules) == (10,)
    assert windows_for(2.0, 2.0, rules) == (10,)
    assert windows_for(1.999, 2.0, rules) == ()
    assert windows_for(3.0, 2.0, replace(rules, plateau_windows=(8, 9))) == ()


@pytest.mark.parametrize(("mic", "sem"), [(0, 2), (5, 0), (math.nan, 2), (5, math.nan)])
def test_windows_need_both_numbers(mic, sem):
    with pytest.raises(ValueError, match="must be greater than 0"):
        windows_for(mic, sem, Rules())


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"windows": ()}, "ascending numbers of at least 3 scores"),
        ({"windows": (9, 8)}, "ascending numbers of at least 3 scores"),
        ({"windows": (2, 8)}, "ascending numbers of at least 3 scores"),
        ({"sigma": 0.0}, "sigma must be greater than 0"),
        ({"margin": -5.0}, "margin must be greater than 0"),
        ({"block_weeks": 0.0}, "block_weeks must be greater than 0"),
        ({"span": 0.0}, "span must be greater than 0"),
        ({"confidence": 1.0}, "confidence must be between 0 and 1"),
    ],
)
def test_a_rule_without_meaning_is_refused(fault, message):
    with pytest.raises(ValueError, match=message):
        replace(PHQ9, **fault)


CASE = Cutoff(10, ">=", "caseness", "x")


@pytest.mark.parametrize(
    ("state", "level", "cutoff", "reliable", "best", "kind"),
    [
        ("plateau", 14.0, CASE, 6.0, 0, "stuck"),
        ("plateau", 10.0, CASE, 6.0, 0, "stuck"),
        ("plateau", 9.9, CASE, 6.0, 0, "maintained"),
        ("plateau", 6.0, CASE, 6.0, 0, "at_floor"),
        ("plateau", 6.1, CASE, 6.0, 0, "maintained"),
        ("plateau", 6.0, CASE, None, 0, "maintained"),
        # A long reliable change does not hide that a client is still a case.
        ("plateau", 11.0, CASE, 12.0, 0, "stuck"),
        ("plateau", 36.0, Cutoff(25, "<=", "caseness", "x"), 6.0, 40, "at_floor"),
        ("plateau", 20.0, Cutoff(25, "<=", "caseness", "x"), 6.0, 40, "stuck"),
        ("plateau", 14.0, None, 6.0, 0, None),
        ("undetermined", 14.0, CASE, 6.0, 0, None),
        ("plateau", math.nan, CASE, 6.0, 0, None),
    ],
)
def test_a_plateau_is_named_for_its_level(state, level, cutoff, reliable, best, kind):
    code = plateau_kind(
        np.array([STATES.index(state)], dtype=np.int8),
        np.array([level]),
        cutoff=cutoff,
        reliable_change=reliable,
        best=best,
    )[0]
    assert (PLATEAU_KINDS[code] if code >= 0 else None) == kind


def test_the_level_is_the_mean_of_the_last_three_scores_or_of_all():
    assert recent_level(np.array([[30.0], [9.0], [10.0], [14.0]])).tolist() == [11.0]
    assert recent_level(np.array([[30.0], [9.0]])).tolist() == [19.5]


def test_the_longest_window_decides_on_improving_and_a_shorter_one_does_not_outlast_it():
    scores = [16.0, 10.0, 20.0, 14.0, 20.0, 19.0, 17.0, 11.0, 18.0, 8.0]
    weeks = np.arange(10.0)
    short = plateau(weeks[-8:], scores[-8:], [0, 8], rule=replace(PHQ9, windows=(8,)))
    assert STATES[short.state[0]] == "improving"
    whole = plateau(weeks, scores, [0, 10], rule=PHQ9)
    assert STATES[whole.state[0]] == "undetermined"
