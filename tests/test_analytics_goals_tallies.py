"""Are rates a week and their intervals exact, also where nothing was counted?"""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2
from statsmodels.stats.rates import confint_poisson

from analytics.goals.tallies import pooled_rate, rate_ratio, weekly_rate

GOLDEN = Path(__file__).parent / "golden" / "poisson_rates.csv"

COUNTS = [0, 1, 2, 7, 40, 900]
DAYS = [1, 7, 10, 14]
CLOSE = 1e-9  # two implementations of the same quantile


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("confidence", [0.90, 0.95])
@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_limits_are_those_of_chi_square_quantiles_and_of_statsmodels(count, days, confidence):
    found = weekly_rate(count, days, confidence=confidence)
    tail = (1 - confidence) / 2
    low = 0 if count == 0 else chi2.ppf(tail, 2 * count) / 2
    high = chi2.isf(tail, 2 * count + 2) / 2
    assert found.low == pytest.approx(7 / days * low, rel=CLOSE)
    assert found.high == pytest.approx(7 / days * high, rel=CLOSE)
    if count:
        there = confint_poisson(count, days / 7, method="exact-c", alpha=1 - confidence)
        assert (found.low, found.high) == pytest.approx(there, rel=CLOSE)


def test_a_count_of_ten_has_the_limits_printed_in_tables():
    """Pearson & Hartley, table 40: 4.80 to 18.39 at 95 %."""
    found = weekly_rate(10, 7)
    assert (round(found.low, 2), round(found.high, 2)) == (4.80, 18.39)


def test_no_event_has_a_lower_limit_of_0_and_an_upper_one_by_hand():
    """P(X = 0) = exp(-mu) = .025 gives mu = 3.689, over two weeks half of it."""
    found = weekly_rate(0, 14)
    assert (found.per_week, found.low) == (0, 0)
    assert found.high == pytest.approx(-math.log(0.025) / 2)


@pytest.mark.parametrize("case", cases())
def test_the_ratio_of_two_rates_matches_what_r_prints(case):
    before = weekly_rate(int(case["count1"]), float(case["days1"]))
    after = weekly_rate(int(case["count2"]), float(case["days2"]))
    found = rate_ratio(before, after)
    for name in ("ratio", "low", "high"):
        digits = 0.5 * 10 ** -len(case[name].split(".")[1])
        assert getattr(found, name) == pytest.approx(float(case[name]), abs=digits)


@pytest.mark.parametrize(("first", "last"), [(12, 3), (0, 4), (5, 0), (1, 1), (300, 200)])
def test_the_ratio_agrees_with_the_exact_binomial_of_scipy(first, last):
    found = rate_ratio(weekly_rate(first, 28), weekly_rate(last, 21))
    limits = binomtest(last, first + last).proportion_ci(0.95, "exact")
    odds = [p / (1 - p) * 28 / 21 if p < 1 else math.inf for p in limits]
    assert [found.low, found.high] == pytest.approx(odds, rel=CLOSE)


def test_from_nothing_to_something_is_infinitely_more_often_with_a_lower_limit():
    found = rate_ratio(weekly_rate(0, 7), weekly_rate(8, 7))
    assert (found.ratio, found.high) == (math.inf, math.inf)
    assert 1 < found.low < 8


def test_unknown_days_are_not_assessable_and_not_guessed():
    unknown = weekly_rate(4, None)
    assert (unknown.per_week, unknown.low, unknown.high) == (None, None, None)
    assert unknown.reason == "over how many days was counted is unknown"
    assert rate_ratio(unknown, weekly_rate(3, 7)).reason == unknown.reason
    assert pooled_rate([(4, None)]).reason == unknown.reason
    assert pooled_rate([]).per_week is None


def test_two_counts_of_nothing_have_no_ratio():
    found = rate_ratio(weekly_rate(0, 7), weekly_rate(0, 28))
    assert found.ratio is None
    assert found.reason == "nothing was counted, before or after"


def test_counts_together_weigh_by_their_days():
    """Hand-worked: 6 + 2 events in 14 + 42 days is one a week; the mean of the rates is 1.67."""
    assert pooled_rate([(6, 14), (9, None), (2, 42)]) == weekly_rate(8, 56)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weekly_rate(-1, 7), "whole number from 0, got -1"),
        (lambda: weekly_rate(1.5, 7), "whole number from 0, got 1.5"),
        (lambda: weekly_rate(1, 0), "above 0, or None where they are unknown, got 0"),
        (lambda: weekly_rate(1, 7, confidence=1), "between 0 and 1, got 1"),
        (
            lambda: rate_ratio(weekly_rate(1, 7), weekly_rate(1, 7), confidence=0),
            "between 0 and 1, got 0",
        ),
        (lambda: pooled_rate([(1, 7), (-1, 7)]), "whole number from 0, got -1"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(st.integers(0, 500), st.integers(1, 60), st.integers(0, 500), st.integers(1, 60))
def test_the_interval_holds_the_rate_and_the_ratio_turns_over(first, days, last, later):
    before, after = weekly_rate(first, days), weekly_rate(last, later)
    assert before.low <= before.per_week <= before.high
    there, back = rate_ratio(before, after), rate_ratio(after, before)
    if there.ratio is None:
        assert back.ratio is None
    elif 0 < there.ratio < math.inf:
        assert there.low <= there.ratio <= there.high
        assert back.ratio == pytest.approx(1 / there.ratio)
        assert back.low == pytest.approx(1 / there.high)
