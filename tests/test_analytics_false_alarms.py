"""Is the stated chance of a false alarm over a course the one that unchanged clients meet?"""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from analytics.false_alarms import false_alarm_rate

SEM = 2.13
CRITERION = 1.959964 * math.sqrt(2) * SEM


def test_one_look_is_the_one_sided_test():
    assert false_alarm_rate(CRITERION, SEM, looks=1) == pytest.approx(0.025, abs=1e-6)
    assert false_alarm_rate(CRITERION, SEM, looks=1, confirmed=True) == 0
    assert false_alarm_rate(CRITERION, SEM, looks=0) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("looks", [2, 5, 11, 19])
def test_the_integral_is_that_of_scipy(looks):
    def silent(u):
        return stats.norm.pdf(u) * stats.norm.cdf(CRITERION / SEM + u) ** looks

    right = 1 - integrate.quad(silent, -12, 12, epsabs=1e-12)[0]
    assert false_alarm_rate(CRITERION, SEM, looks=looks) == pytest.approx(right, abs=1e-9)


@pytest.mark.parametrize(("step", "inclusive"), [(None, False), (1.0, True), (1.0, False)])
@pytest.mark.parametrize("confirmed", [False, True], ids=["once", "twice in a row"])
def test_unchanged_clients_meet_it_in_a_simulation(step, inclusive, confirmed):
    runs = 200_000
    rng = np.random.default_rng(7)
    scores = rng.uniform(0, 1, (runs, 1)) + rng.normal(0, SEM, (runs, 12))
    criterion = 6.0
    if step is not None:
        scores = np.round(scores)
    change = scores[:, 1:] - scores[:, :1]
    worse = change >= criterion if inclusive else change > criterion
    if confirmed:
        worse = worse[:, 1:] & worse[:, :-1]
    found = worse.any(axis=1).mean()
    rate = false_alarm_rate(
        criterion, SEM, looks=11, confirmed=confirmed, step=step, inclusive=inclusive
    )
    # Rounding adds a twelfth of a point to the variance, which is not in the formula: .007.
    reach = 4 * math.sqrt(rate * (1 - rate) / runs) + (0.008 if step else 0)
    assert abs(found - rate) < reach


def test_more_looks_give_more_false_alarms_and_confirming_fewer():
    once = [false_alarm_rate(6, SEM, looks=n) for n in range(1, 30)]
    twice = [false_alarm_rate(6, SEM, looks=n, confirmed=True) for n in range(1, 30)]
    assert once == sorted(once)
    assert twice == sorted(twice)
    assert all(b < a for a, b in zip(once, twice, strict=True))


@pytest.mark.parametrize(
    ("criterion", "sem", "options", "message"),
    [
        (0, 2, {"looks": 1}, "criterion must be greater than 0 points, got 0"),
        (6, math.nan, {"looks": 1}, "sem must be greater than 0 points, got nan"),
        (6, 2, {"looks": -1}, "looks must be 0 or more, got -1"),
        (6, 2, {"looks": 1, "step": 0}, "step must be greater than 0 points, got 0"),
    ],
)
def test_what_has_no_meaning_is_refused(criterion, sem, options, message):
    with pytest.raises(ValueError, match=message):
        false_alarm_rate(criterion, sem, **options)
