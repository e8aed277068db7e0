"""Are slope, interval and test of all pairs those of the papers, of R and of SciPy?"""

import csv
import itertools
import math
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.ranks import mann_kendall, rank_rows, theil_sen_interval, theil_sen_slope

REFERENCE = Path(__file__).parents[1].parent / "shared" / "reference"
SINGLE = 2e-6  # the R package Kendall computes with 7 digits

MK_FIELDS = ("s", "variance", "p", "tau_b", "exact")

whole_scores = st.lists(st.integers(0, 27), min_size=1, max_size=25)


def fields(weeks, scores, confidence=0.95):
    """Return the results of one series as plain numbers."""
    n = len(scores)
    line = theil_sen_interval(weeks, scores, [0, n], confidence=confidence)
    test = mann_kendall(weeks, scores, [0, n])
    found = {name: getattr(line, name)[0] for name in ("slope", "low", "high")}
    return found | {name: getattr(test, name)[0] for name in MK_FIELDS}


def random_series(rng, count, longest=40):
    """Return lists of weeks and scores with missed weeks, shared days and tied scores."""
    for _ in range(count):
        n = int(rng.integers(1, longest + 1))
        gaps = rng.choice([0, 3, 7, 7, 7, 14] if rng.random() < 0.5 else [3, 7, 7, 14], n)
        weeks = (np.cumsum(gaps) - gaps[0]) / 7
        spread = rng.choice([0.0, 1.0, 4.0])
        yield weeks, np.round(12 + spread * rng.normal(size=n), int(rng.integers(0, 3)))


def plain_mann_kendall(weeks, scores):
    """Return S, its variance and p, counted group by group from the textbook's formulas."""
    n = len(scores)
    pairs = list(itertools.combinations(range(n), 2))
    s = sum(
        int(np.sign(weeks[j] - weeks[i])) * int(np.sign(scores[j] - scores[i])) for i, j in pairs
    )
    u = np.unique(scores, return_counts=True)[1]
    v = np.unique(weeks, return_counts=True)[1]
    if v.size == 1:
        return s, 0.0, math.nan
    if u.size == 1:
        return s, 0.0, 1.0
    shared = [sum(g * (g - 1) * (2 * g + 5) for g in map(int, groups)) for groups in (u, v)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(shared)) / 18
    variance += sum(g * (g - 1) for g in u) * sum(g * (g - 1) for g in v) / (2 * n * (n - 1))
    if n > 2:
        triples = [sum(g * (g - 1) * (g - 2) for g in groups) for groups in (u, v)]
        variance += triples[0] * triples[1] / (9 * n * (n - 1) * (n - 2))
    p = 2 * stats.norm.sf((abs(s) - 1) / math.sqrt(variance)) if s else 1.0
    if n <= 10 and u.size == v.size == n:
        p = stats.kendalltau(weeks, scores, method="exact").pvalue
    return s, variance, p


def test_the_example_of_sen_1968_has_its_slope_and_interval():
    found = fields([1, 2, 3, 4, 10, 12, 18], [9, 15, 19, 20, 45, 55, 78], 0.93)
    assert found["slope"] == 4
    assert found["low"] == pytest.approx(3.71, abs=0.005)  # printed with two decimals
    assert found["high"] == pytest.approx(4.38, abs=0.005)


def test_a_hand_worked_series_with_a_tie():
    # 5, 3, 3, 1: five pairs fall and one is tied. v0 = 4 * 3 * 13 = 156, the tie takes 18 of
    # it: 138 / 18; Z = -4 / 2.7689; tau_b = -5 / sqrt(5 * 6).
    found = fields([0, 1, 2, 3], [5, 3, 3, 1])
    assert found["s"] == -5
    assert found["variance"] == pytest.approx(138 / 18)
    assert found["p"] == pytest.approx(0.1486, abs=5e-5)
    assert found["tau_b"] == pytest.approx(-5 / math.sqrt(30))
    assert not found["exact"]


@pytest.mark.shared
def test_mann_kendall_is_that_of_the_r_package_kendall():
    if not REFERENCE.is_dir():
        pytest.skip("the reference tables made with R are not beside the project")
    series = defaultdict(list)
    with (REFERENCE / "trend_series.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            series[row["series"]].append((float(row["t"]), float(row["y"])))
    with (REFERENCE / "trend_R.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 40
    weeks, scores = np.concatenate([series[row["series"]] for row in expected]).T
    lengths = [len(series[row["series"]]) for row in expected]
    found = mann_kendall(weeks, scores, np.concatenate(([0], np.cumsum(lengths))))
    assert found.s.tolist() == [int(row["mk_S"]) for row in expected]
    column = {name: np.array([float(row[name]) for row in expected]) for name in expected[0]
              if name != "series"}  # fmt: skip
    np.testing.assert_allclose(found.variance, column["mk_varS"], rtol=SINGLE)
    np.testing.assert_allclose(found.tau_b, column["kendall_taub"], rtol=SINGLE)
    # That package has the normal p with a correction where scores are tied, as we do, and for
    # the few series without ties another p, which SciPy's exact one settles below.
    tied = ~found.exact
    assert tied.sum() >= 35
    np.testing.assert_allclose(found.p[tied], column["mk_p"][tied], rtol=2e-5, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_mann_kendall_is_the_textbook_series_by_series(seed):
    for weeks, scores in random_series(np.random.default_rng(seed), 150):
        found = fields(weeks, scores)
        s, variance, p = plain_mann_kendall(weeks.tolist(), scores.tolist())
        assert found["s"] == s
        assert found["variance"] == pytest.approx(variance, rel=1e-12, abs=1e-12)
        assert found["p"] == pytest.approx(p, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("seed", range(3))
def test_tau_b_is_that_of_scipy(seed):
    for weeks, scores in random_series(np.random.default_rng(10 + seed), 100):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SciPy warns of single scores
            wanted = stats.kendalltau(weeks, scores).statistic
        assert fields(weeks, scores)["tau_b"] == pytest.approx(wanted, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("n", range(2, 11))
def test_short_series_without_ties_have_the_exact_p_of_scipy(n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        scores = rng.permutation(n)
        found = fields(np.arange(n), scores)
        wanted = stats.kendalltau(np.arange(n), scores, method="exact").pvalue
        assert found["exact"]
        assert found["p"] == pytest.approx(min(wanted, 1.0), rel=1e-12)


def test_the_exact_p_is_the_share_of_all_orders_at_least_as_ordered():
    orders = list(itertools.permutations(range(5)))
    s = [fields(range(5), order)["s"] for order in orders]
    for order, own in list(zip(orders, s, strict=True))[::7]:
        share = sum(abs(other) >= abs(own) for other in s) / len(s)
        assert fields(range(5), order)["p"] == pytest.approx(share)


def test_eleven_scores_or_a_tie_take_the_normal_p():
    assert not fields(range(11), range(11))["exact"]
    assert not fields([0, 1, 2], [4, 4, 1])["exact"]
    assert not fields([0, 1, 1], [4, 3, 1])["exact"]
    assert fields(range(10), range(10))["exact"]


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("seed", range(2))
def test_the_interval_is_that_of_scipy_series_by_series(seed, confidence):
    seen = 0
    for weeks, scores in random_series(np.random.default_rng(20 + seed), 150):
        found = fields(weeks, scores, confidence)
        if len(scores) < 4 or len(set(weeks)) < 2:
            assert math.isnan(found["low"])
            assert math.isnan(found["high"])
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the root of a variance below 0
            wanted = stats.theilslopes(scores, weeks, confidence)
        if len(set(scores)) > 1:  # SciPy gives no interval where all are equal
            seen += 1
            ends = (wanted.low_slope, wanted.high_slope)
            assert (found["low"], found["high"]) == pytest.approx(ends, rel=1e-12, nan_ok=True)
        assert found["slope"] == pytest.approx(wanted.slope, rel=1e-12)
    assert seen > 60


def test_ties_in_days_and_scores_that_leave_no_variance_have_no_interval():
    found = fields([0, 0, 0, 0, 1], [5, 5, 5, 5, 3])
    assert found["slope"] == -2
    assert math.isnan(found["low"])
    assert math.isnan(found["high"])
    assert 0 < found["p"] <= 1


def test_equal_scores_have_no_trend_and_say_so():
    for weeks in ([0, 1, 2, 3, 4], [0, 0, 1, 1, 2]):
        found = fields(weeks, [7] * 5)
        assert (found["s"], found["p"], found["slope"]) == (0, 1.0, 0.0)
        assert (found["low"], found["high"]) == (0.0, 0.0)
        assert math.isnan(found["tau_b"])


@pytest.mark.parametrize("scores", [[4], [4, 9], [4, 9, 6, 2, 1]])
def test_scores_on_one_day_have_neither_slope_nor_p(scores):
    found = fields([2] * len(scores), scores)
    assert found["s"] == 0
    assert all(math.isnan(found[name]) for name in ("slope", "low", "high", "p", "tau_b"))
    assert not found["exact"]


def test_no_series_at_all_has_no_results():
    assert mann_kendall([], [], [0]).p.size == 0
    assert theil_sen_interval([], [], [0]).low.size == 0


def test_a_long_series_is_tested_on_the_scores_that_thinning_leaves():
    n = 600
    weeks, scores = np.arange(n) / 7, np.random.default_rng(1).integers(0, 28, n)
    chosen = np.arange(200) * (n - 1) // 199
    assert fields(weeks, scores) == fields(weeks[chosen], scores[chosen])


@pytest.mark.parametrize("n", [127, 128, 200])
def test_counts_do_not_overflow_in_long_series(n):
    # Counts of a series are held in the narrowest whole numbers that fit.
    rising = fields(range(n), range(n))
    assert rising["s"] == n * (n - 1) // 2
    equal = fields(range(n), [3] * (n - 1) + [4])
    assert equal["s"] == n - 1
    assert equal["variance"] == pytest.approx(plain_mann_kendall(range(n), [3] * (n - 1) + [4])[1])


def test_a_batch_has_the_results_of_its_series_bit_for_bit():
    rng = np.random.default_rng(3)
    series = list(random_series(rng, 300))
    weeks, scores = (np.concatenate(part) for part in zip(*series, strict=True))
    offsets = np.concatenate(([0], np.cumsum([len(part) for part, _ in series])))
    line = theil_sen_interval(weeks, scores, offsets)
    test = mann_kendall(weeks, scores, offsets)
    for i, (own_weeks, own_scores) in enumerate(series):
        alone = fields(own_weeks, own_scores)
        together = {name: getattr(line, name)[i] for name in ("slope", "low", "high")}
        together |= {name: getattr(test, name)[i] for name in MK_FIELDS}
        np.testing.assert_equal(together, alone)


def test_a_matrix_wider_than_one_chunk_has_the_results_of_its_columns():
    rng = np.random.default_rng(4)
    weeks = np.cumsum(rng.choice([0, 7, 7, 14], (40, 400)), axis=0) / 7
    scores = rng.integers(0, 28, (40, 400)).astype(float)
    found = rank_rows(weeks, scores, 0.9)
    for i in (0, 167, 168, 399):
        alone = rank_rows(weeks[:, i : i + 1], scores[:, i : i + 1], 0.9)
        assert found.theil_sen.low[i] == alone.theil_sen.low[0]
        assert found.theil_sen.slope[i] == alone.theil_sen.slope[0]
        assert found.mann_kendall.p[i] == alone.mann_kendall.p[0]


@given(whole_scores, st.integers(-500, 500), st.integers(-30, 30))
def test_shifting_dates_or_scores_changes_nothing(scores, weeks_later, points):
    weeks = np.arange(len(scores))
    np.testing.assert_equal(
        fields(weeks + weeks_later, np.add(scores, points)), fields(weeks, scores)
    )


@given(whole_scores)
def test_mirrored_scores_have_the_mirrored_results(scores):
    weeks = np.arange(len(scores))
    plain, mirrored = fields(weeks, scores), fields(weeks, np.negative(scores))
    assert mirrored["s"] == -plain["s"]
    for name in ("variance", "p"):
        np.testing.assert_equal(mirrored[name], plain[name])
    for name, other in (("slope", "slope"), ("low", "high"), ("tau_b", "tau_b")):
        np.testing.assert_array_equal(mirrored[name], -plain[other])


@given(whole_scores)
def test_only_the_order_of_scores_counts_for_the_test(scores):
    weeks = np.arange(len(scores))
    stretched = np.asarray(scores) ** 3.0 / 7
    plain, found = fields(weeks, scores), fields(weeks, stretched)
    np.testing.assert_equal([found[x] for x in MK_FIELDS], [plain[x] for x in MK_FIELDS])


@given(whole_scores, st.randoms(use_true_random=False))
def test_the_order_of_scores_on_one_day_does_not_count(scores, random):
    weeks = [i // 3 for i in range(len(scores))]
    rows = list(zip(weeks, scores, strict=True))
    random.shuffle(rows)
    rows.sort(key=lambda row: row[0])
    np.testing.assert_equal(fields(weeks, [row[1] for row in rows]), fields(weeks, scores))


@given(whole_scores)
def test_the_slope_lies_in_its_interval(scores):
    found = fields(np.arange(len(scores)), scores)
    if not math.isnan(found["low"]):
        assert found["low"] <= found["slope"] <= found["high"]


def test_the_slope_alone_is_the_slope_of_the_interval():
    weeks, scores = [0, 1, 3, 4], [20, 17, 14, 9]
    assert theil_sen_slope(weeks, scores, [0, 4]) == fields(weeks, scores)["slope"]


@pytest.mark.parametrize("confidence", [0.0, 1.0, math.nan])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        theil_sen_interval([0, 1], [1, 2], [0, 2], confidence=confidence)


def test_a_clear_trend_in_noise_is_found_and_flat_noise_mostly_is_not():
    rng = np.random.default_rng(5)
    offsets = np.arange(0, 1000 * 12 + 1, 12)
    weeks, noise = np.tile(np.arange(12.0), 1000), rng.normal(0, 3, 12_000)
    assert (mann_kendall(weeks, noise - 0.9 * weeks, offsets).p < 0.05).mean() > 0.8
    assert (mann_kendall(weeks, noise, offsets).p < 0.05).mean() == pytest.approx(0.05, abs=0.02)
