"""Does the plateau rule behave as its operating characteristics say?"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from analytics.simulation import (
    NOISES,
    TRAJECTORIES,
    by_equivalence,
    error,
    ever_flagged,
    operating_characteristics,
    shipped_rule,
    simulate,
    true_course,
)

GOLDEN = Path(__file__).parent / "golden" / "plateau_simulation.csv"
RUNS = 1_500


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def rates():
    found = operating_characteristics(runs=RUNS, seed=20)
    return {(rate.rule, rate.trajectory, rate.noise): rate for rate in found}


@pytest.mark.parametrize("case", cases())
def test_a_rule_flags_as_often_as_in_the_reference_simulation(case, rates):
    found = rates[case["rule"], case["trajectory"], case["noise"]].share
    wanted = float(case["share"])
    # Both are samples, of 1,500 and 4,000 clients: four standard errors of their difference,
    # and half a point for the two decimals of some rows.
    spread = math.sqrt(max(wanted * (1 - wanted), 0.01) * (1 / RUNS + 1 / 4_000))
    assert found == pytest.approx(wanted, abs=4 * spread + 0.005)


def test_the_state_on_the_page_calls_hardly_fewer_plateaus_than_the_test_alone():
    for trajectory in ("flat", "fall_then_flat", "steady", "worsening"):
        scores = simulate(trajectory, "white", runs=RUNS, seed=3)
        shares = [
            np.mean(~np.isnan(ever_flagged(scores, by_equivalence(shipped_rule(), precedence=p))))
            for p in (False, True)
        ]
        assert 0 <= shares[0] - shares[1] <= 0.02


def test_a_flat_client_is_first_flagged_at_the_ninth_score(rates):
    assert rates["equivalence", "flat", "white"].first == 9


def test_the_simulation_gives_the_same_rates_again():
    first, again = (
        list(operating_characteristics(runs=50, seed=4, noises=["mixed"])) for _ in range(2)
    )
    assert repr(first) == repr(again)
    assert len(first) == len(TRAJECTORIES) * 3


@pytest.mark.parametrize(
    ("noise", "sd", "next_week"),
    [("white", 2.130, 0.0), ("mixed", 2.574, 0.5 * 1.8**2 / 2.574**2), ("lasting", 3.48, 0.5)],
)
def test_noise_has_its_spread_and_its_memory(noise, sd, next_week):
    found = error(noise, runs=20_000, rng=np.random.default_rng(5))
    # 20,000 draws a week: the standard error of an SD is half a percent.
    np.testing.assert_allclose(found.std(axis=0), sd, rtol=0.025)
    memory = np.corrcoef(found[:, 6], found[:, 7])[0, 1]
    assert memory == pytest.approx(next_week, abs=0.03)


def test_every_trajectory_stays_on_the_scale():
    for trajectory in TRAJECTORIES:
        scores = simulate(trajectory, NOISES[-1], runs=200, seed=6)
        assert scores.shape == (200, 16)
        assert scores.min() >= 0
        assert scores.max() <= 27


def test_a_flag_counts_only_where_the_level_is_a_case():
    rule = by_equivalence(shipped_rule())
    levels = np.repeat([[9.0], [10.0]], 16, axis=1)
    np.testing.assert_array_equal(ever_flagged(levels, rule), [np.nan, 8])


def test_a_rule_that_is_run_alone_has_the_same_rates():
    chosen = {"runs": 60, "seed": 4, "trajectories": ["late"], "noises": ["white"]}
    alone = list(operating_characteristics(**chosen, rules=["equivalence"]))
    assert alone == [r for r in operating_characteristics(**chosen) if r.rule == "equivalence"]
    with pytest.raises(ValueError, match="A rule is one of equivalence"):
        list(operating_characteristics(**chosen, rules=["guess"]))


def test_unknown_words_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="A trajectory is one of flat"):
        true_course("sideways", runs=2, rng=rng)
    with pytest.raises(ValueError, match="A noise is one of white"):
        error("pink", runs=2, rng=rng)
