"""Is reliable change judged as the paper and the published criteria say?"""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.change import (
    CATEGORIES,
    change_category,
    reliable_change_index,
    reliable_direction,
    smallest_reliable_change,
    standard_error_of_difference,
    standard_error_of_measurement,
    unbroken_run,
)
from analytics.instrument import Cutoff

GOLDEN = Path(__file__).parent / "golden"
PRINTED = 6e-5  # half a unit of the fourth decimal, the last one in the tables


def cases(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("case", cases("reliable_change.csv"))
def test_reliable_change_matches_the_golden_values(case):
    sd, r = float(case["sd"]), float(case["reliability"])
    assert standard_error_of_measurement(sd, r) == pytest.approx(float(case["sem"]), abs=PRINTED)
    assert standard_error_of_difference(sd, r) == pytest.approx(float(case["s_diff"]), abs=PRINTED)
    assert smallest_reliable_change(sd, r) == pytest.approx(float(case["smallest"]), abs=PRINTED)
    rci = reliable_change_index(
        float(case["before"]), float(case["after"]), sd=sd, reliability=r, better=case["better"]
    )
    assert rci == pytest.approx(float(case["rci"]), abs=PRINTED)


@pytest.mark.parametrize("case", cases("change_category.csv"))
def test_category_matches_the_golden_value(case):
    cutoff = Cutoff(float(case["cutoff"]), case["op"], "caseness", "x") if case["cutoff"] else None
    code = change_category(
        float(case["before"]),
        float(case["after"]),
        criterion=float(case["criterion"]) if case["criterion"] else None,
        inclusive=case["inclusive"] == "yes",
        cutoff=cutoff,
        better=case["better"],
    )
    assert CATEGORIES[int(code)] == case["category"]


def test_the_words_of_the_categories_come_in_the_order_in_which_results_are_stored():
    schema = (Path(__file__).parents[1] / "data" / "schema.sql").read_text(encoding="utf-8")
    stored = schema.split("CREATE TYPE category AS ENUM")[1].split("(")[1].split(")")[0]
    assert tuple(word.strip(" '\n") for word in stored.split(",")) == CATEGORIES


def test_the_criterion_uses_the_exact_quantile_and_not_two_decimals():
    assert smallest_reliable_change(1, 0.5) == pytest.approx(1.959963984540054, abs=1e-12)


@pytest.mark.parametrize("sd", [0, -1, np.nan, np.inf])
def test_an_impossible_sd_is_refused(sd):
    with pytest.raises(ValueError, match="sd must be greater than 0"):
        standard_error_of_measurement(sd, 0.8)


@pytest.mark.parametrize("reliability", [-0.1, 1, 1.2, np.nan])
def test_an_impossible_reliability_is_refused(reliability):
    with pytest.raises(ValueError, match="reliability must be"):
        smallest_reliable_change(5, reliability)


@pytest.mark.parametrize("confidence", [0, 1, np.nan])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence must be"):
        smallest_reliable_change(5, 0.8, confidence=confidence)


@pytest.mark.parametrize("criterion", [0, -6, np.nan])
def test_an_impossible_criterion_is_refused(criterion):
    with pytest.raises(ValueError, match="criterion must be greater than 0"):
        reliable_direction([1.0], criterion=criterion, inclusive=True)


def test_a_missing_score_has_no_index():
    rci = reliable_change_index([20, np.nan], [np.nan, 3], sd=5, reliability=0.8)
    assert np.isnan(rci).all()


@given(
    st.lists(st.integers(0, 54).map(lambda half: half / 2), min_size=2, max_size=2),
    st.sampled_from([4.0, 6.0, 6.5]),
    st.booleans(),
)
def test_mirroring_scale_and_direction_leaves_the_category(pair, criterion, inclusive):
    before, after = pair
    judged = {"criterion": criterion, "inclusive": inclusive}
    lower = change_category(
        before, after, cutoff=Cutoff(10, ">=", "caseness", "x"), better="lower", **judged
    )
    higher = change_category(
        27 - before, 27 - after, cutoff=Cutoff(17, "<=", "caseness", "x"), better="higher", **judged
    )
    assert lower == higher


def runs_one_by_one(direction):
    """Read the three answers of `unbroken_run` off one series, score by score."""
    since = -1
    if direction[-1] != 0:
        since = len(direction) - 1
        while direction[since - 1] == direction[-1]:
            since -= 1
    first = [next((i for i, d in enumerate(direction) if d == sign), -1) for sign in (1, -1)]
    return since, *first


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=60))
def test_the_unbroken_run_is_the_one_that_counting_finds(later):
    direction = np.array([0, *later], dtype=np.int8)
    found = unbroken_run(direction[:, np.newaxis])
    assert tuple(int(value[0]) for value in found) == runs_one_by_one(direction.tolist())


@pytest.mark.parametrize("length", [255, 256, 257, 700])
def test_the_unbroken_run_holds_for_long_series(length):
    direction = np.zeros((length, 1), dtype=np.int8)
    direction[-2:] = 1
    direction[3] = -1
    found = unbroken_run(direction)
    assert tuple(int(value[0]) for value in found) == (length - 2, length - 2, 3)
