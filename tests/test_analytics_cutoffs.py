"""Are the cutoffs those of the paper, with the right standard deviation in each?"""

import csv
from pathlib import Path

import numpy as np
import pytest

from analytics.cutoffs import cutoff_a, cutoff_b, cutoff_c, letter_to_use, on_clinical_side
from analytics.instrument import Cutoff, Norms

GOLDEN = Path(__file__).parent / "golden" / "cutoffs.csv"


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("case", cases())
def test_cutoffs_match_the_golden_values(case):
    clinical = {
        "clinical_mean": float(case["clinical_mean"]),
        "clinical_sd": float(case["clinical_sd"]),
    }
    functional = {
        "functional_mean": float(case["functional_mean"]),
        "functional_sd": float(case["functional_sd"]),
    }
    exact = 1e-12  # sums of decimals, up to the last binary digit
    a = cutoff_a(**clinical, better=case["better"])
    assert a == pytest.approx(float(case["a"]), abs=exact)
    b = cutoff_b(**functional, better=case["better"])
    assert b == pytest.approx(float(case["b"]), abs=exact)
    assert cutoff_c(**clinical, **functional) == pytest.approx(float(case["c"]), abs=exact)


NORMS = Norms(20, 5, 100, "a study")


@pytest.mark.parametrize(
    ("wanted", "clinical", "functional", "letter"),
    [
        ("c", NORMS, NORMS, "c"),
        ("b", NORMS, NORMS, "b"),
        ("a", NORMS, NORMS, "a"),
        ("c", NORMS, None, "a"),
        ("b", NORMS, None, "a"),
        ("c", None, NORMS, "b"),
        ("a", None, NORMS, "b"),
        ("c", None, None, None),
    ],
)
def test_the_cutoff_is_the_wanted_one_or_the_one_that_the_norms_allow(
    wanted, clinical, functional, letter
):
    assert letter_to_use(wanted, clinical, functional) == letter


def test_an_unknown_letter_is_refused():
    with pytest.raises(ValueError, match="must be a, b or c, got 'd'"):
        letter_to_use("d", NORMS, NORMS)


@pytest.mark.parametrize(
    ("op", "cases_at"),
    [
        (">=", [False, True, True]),
        (">", [False, False, True]),
        ("<=", [True, True, False]),
        ("<", [True, False, False]),
    ],
)
def test_a_score_at_the_cutoff_counts_as_its_comparison_says(op, cases_at):
    cutoff = Cutoff(10, op, "caseness", "x")
    assert on_clinical_side([9, 10, 11], cutoff).tolist() == cases_at


def test_a_sum_of_tenths_counts_as_the_number_that_it_stands_for():
    assert 3 * 0.1 > 0.3
    assert not on_clinical_side(3 * 0.1, Cutoff(0.3, ">", "caseness", "x"))
    assert on_clinical_side(0.3, Cutoff(3 * 0.1, ">=", "caseness", "x"))


def test_an_unknown_comparison_is_refused():
    with pytest.raises(ValueError, match="got '=='"):
        on_clinical_side([1.0], Cutoff(10, "==", "caseness", "x"))


@pytest.mark.parametrize("sd", [0, -2, np.nan])
def test_an_impossible_norm_is_refused(sd):
    with pytest.raises(ValueError, match="clinical standard deviation must be greater than 0"):
        cutoff_a(clinical_mean=20, clinical_sd=sd, better="lower")
    with pytest.raises(ValueError, match="functional mean must be a number"):
        cutoff_b(functional_mean=np.nan, functional_sd=3, better="lower")
