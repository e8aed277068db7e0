"""Is the T score of goal attainment that of the formula?"""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.goals.attainment import gas_t

GOLDEN = Path(__file__).parent / "golden" / "gas_t.csv"


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("case", cases())
def test_t_matches_the_golden_value(case):
    levels, weights = ([float(x) for x in case[name].split()] for name in ("scores", "weights"))
    found = gas_t(levels, weights, rho=float(case["rho"]))
    assert found == pytest.approx(float(case["t"]), abs=1e-10)  # sums and one square root


def test_a_goal_without_a_level_is_left_out_with_its_weight():
    assert gas_t([1, math.nan, 0], [2, 9, 1]) == gas_t([1, 0], [2, 1])


@pytest.mark.parametrize("levels", [[], [math.nan]])
def test_without_a_level_there_is_no_score(levels):
    assert gas_t(levels) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"levels": [3]}, "runs from -2 to 2, got 3"),
        ({"levels": [1], "weights": [0]}, "above 0, got 0"),
        ({"levels": [1], "weights": [1, 2]}, "1 goals need as many weights, got 2"),
        ({"levels": [1], "rho": 1}, "below 1, got 1"),
        ({"levels": [1], "rho": math.nan}, "below 1, got nan"),
    ],
)
def test_what_is_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        gas_t(**arguments)


GOALS = st.lists(
    st.tuples(st.sampled_from([-2, -1, 0, 1, 2]), st.integers(1, 9)), min_size=1, max_size=5
)


@given(GOALS, st.randoms())
def test_the_order_of_goals_and_the_unit_of_weights_do_not_matter(goals, random):
    levels, weights = zip(*goals, strict=True)
    found = gas_t(levels, weights)
    assert gas_t(levels, [10 * w for w in weights]) == pytest.approx(found, abs=1e-9)
    random.shuffle(goals)
    assert gas_t(*zip(*goals, strict=True)) == pytest.approx(found, abs=1e-9)


@given(GOALS)
def test_mirrored_levels_are_as_far_from_50(goals):
    levels, weights = zip(*goals, strict=True)
    mirrored = gas_t([-x for x in levels], weights)
    assert mirrored - 50 == pytest.approx(50 - gas_t(levels, weights), abs=1e-9)
