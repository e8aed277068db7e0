"""Do the answers to a questionnaire become the total that its manual prescribes?"""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics.instrument import Items
from analytics.scoring import total_from_items

GOLDEN = Path(__file__).parent / "golden" / "totals.csv"


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


def items_of(case) -> Items:
    return Items(
        count=int(case["items"]),
        minimum=float(case["minimum"]),
        maximum=float(case["maximum"]),
        step=1,
        scoring=case["scoring"],
        multiplier=float(case["multiplier"]),
        reverse=tuple(int(item) for item in case["reverse"].split()),
        max_missing=int(case["max_missing"]) if case["max_missing"] else None,
        labels=(),
        source=case["source"],
    )


@pytest.mark.parametrize("case", cases())
def test_total_matches_the_golden_value(case):
    answers = [np.nan if cell == "." else float(cell) for cell in case["answers"].split()]
    scored = total_from_items([answers], items=items_of(case))
    # 1e-12: a golden value is exact up to the last digits of a division.
    assert scored.totals[0] == pytest.approx(float(case["total"]), abs=1e-12, nan_ok=True)
    assert scored.prorated[0] == (case["prorated"] == "yes")
    assert scored.blank[0] == case["answers"].split().count(".")


SEVEN = Items(7, 0, 3, 1, "sum", 1, (2, 5), 2, (), "made up")
MAYBE_BLANK = st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan])


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(7)), elements=MAYBE_BLANK))
def test_a_total_does_not_depend_on_the_others_in_the_table(answers):
    together = total_from_items(answers, items=SEVEN).totals
    alone = [total_from_items([row], items=SEVEN).totals[0] for row in answers]
    np.testing.assert_array_equal(together, alone)


@given(hnp.arrays(np.float64, (1, 7), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0])))
def test_a_blank_answer_equal_to_the_mean_changes_nothing(answers):
    turned = answers.copy()
    turned[:, [1, 4]] = 3 - turned[:, [1, 4]]
    blanked = answers.copy()
    blanked[0, 0] = np.nan
    expected = turned[0, 1:].mean() * 7
    total = total_from_items(blanked, items=SEVEN).totals[0]
    assert total == pytest.approx(expected, abs=1e-12)  # one division apart


def test_the_answers_that_were_passed_stay_as_they_are():
    answers = np.array([[0.0, 1, 2, 3, 0, 1, 2]])
    before = answers.copy()
    total_from_items(answers, items=SEVEN)
    np.testing.assert_array_equal(answers, before)


def test_an_answer_outside_the_range_is_refused_by_its_place():
    with pytest.raises(ValueError, match="Administration 1, item 3: the answer 4 is not between"):
        total_from_items([[0] * 7, [0, 0, 4, 0, 0, 0, 0]], items=SEVEN)


def test_a_table_with_another_number_of_items_is_refused():
    with pytest.raises(ValueError, match="table of 7 items"):
        total_from_items([[0] * 6], items=SEVEN)
