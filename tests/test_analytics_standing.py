"""Is it told since when a flag stands by what was known at each look, and by nothing else?"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.course import course
from analytics.expectation.curve import GrowthCurve
from analytics.flags import KINDS, kinds_of
from analytics.standing import SeriesStanding, Standing, standing
from data.library import Library

LIBRARY = Library.load()
CURVE = GrowthCurve(
    "phq-9", "An example.", True, 600, 4000, 15.0, 15.0, 0.9, -2.0, -0.05, ((0.0,) * 4,) * 4,
    var_u0=6.0, var_u1=2.0, cov_u=-1.0, var_e=6.0, minimum=0.0, maximum=27.0, better="lower",
    intake_low=4.0, intake_high=26.0, longest=30.0,
)  # fmt: skip
CRITERIA = (
    replace(LIBRARY.judging("phq-9"), curve=CURVE),
    LIBRARY.judging("ors"),
    LIBRARY.judging("srs"),
    LIBRARY.judging("gad-7"),
)
PHQ, ORS, SRS, GAD = range(4)


def told(scores, which=PHQ, weeks=None, sessions=None):
    """Return since which score each flag stands, and at how many looks in a row."""
    weeks = range(len(scores)) if weeks is None else weeks
    (found,) = standing(
        weeks, scores, [0, len(scores)], criteria=CRITERIA, which=[which], sessions=sessions
    )
    return {flag.kind: (flag.since, flag.in_a_row) for flag in found.flags}


def by_hand(scores, which, weeks, sessions):
    """Return the same from the flags of every prefix, one by one."""
    looks = []
    for n in range(1, len(scores) + 1):
        seen = course(
            weeks[:n], scores[:n], [0, n], criteria=CRITERIA, which=[which], sessions=sessions[:n]
        )
        looks.append(kinds_of(int(seen.flags[0])))
    found = []
    for kind in looks[-1]:
        run = 0
        while run < len(looks) and kind in looks[-1 - run]:
            run += 1
        found.append(Standing(kind, len(looks) - run, run))
    return SeriesStanding(len(scores) - 1, tuple(found))


@st.composite
def series(draw):
    """Return courses that raise flags: levels with steps between them, and gaps in the weeks."""
    which = draw(st.integers(0, 3))
    high = 40 if which in (ORS, SRS) else 21
    levels = draw(
        st.lists(st.tuples(st.integers(0, high), st.integers(1, 11)), max_size=3, min_size=1)
    )
    scores = [
        float(min(high, max(0, level + draw(st.integers(-1, 1)))))
        for level, length in levels
        for _ in range(length)
    ]
    gaps = draw(st.lists(st.integers(0, 2), min_size=len(scores), max_size=len(scores)))
    weeks = np.cumsum([0, *gaps[1:]]).astype(float)
    known = draw(st.booleans())
    sessions = [k + 1 if known else -1 for k in range(len(scores))]
    return scores, which, weeks, sessions


@settings(max_examples=60)
@given(st.lists(series(), min_size=1, max_size=3))
def test_each_flag_stands_since_the_look_that_a_plain_loop_over_prefixes_finds(many):
    offsets = np.cumsum([0, *(len(scores) for scores, *_ in many)])
    found = standing(
        np.concatenate([weeks for _, _, weeks, _ in many]),
        np.concatenate([scores for scores, *_ in many]),
        offsets,
        criteria=CRITERIA,
        which=[which for _, which, *_ in many],
        sessions=np.concatenate([sessions for *_, sessions in many]),
    )
    assert found == tuple(by_hand(*one) for one in many)


@pytest.mark.parametrize(
    ("scores", "which", "expected"),
    [
        pytest.param([10, 16, 12, 17, 18], GAD, {"deterioration": (3, 2)}, id="a run of two"),
        pytest.param([10, 12, 17], GAD, {"deterioration": (2, 1)}, id="seen once"),
        pytest.param([39, 35, 35.5], SRS, {"alliance": (1, 2)}, id="below the mark of 36 twice"),
        pytest.param([35, 34.5], SRS, {"alliance": (0, 2)}, id="below from the first score on"),
        pytest.param([39.5, 38, 36.5], SRS, {}, id="drops are facts and raise no flag"),
        pytest.param([14] * 10, GAD, {"stuck": (7, 3)}, id="the window of 8, then of 9 and 10"),
        pytest.param([14], GAD, {}, id="one score"),
    ],
)
def test_hand_worked_runs(scores, which, expected):
    assert told(scores, which) == expected


def test_a_client_above_the_limit_is_off_course_only_since_the_last_return_below_it():
    # The red limit of an intake of 15 falls slowly from about 18 to 17.
    found = told([15, 26, 15, 26, 26])
    assert found["off_course"] == (3, 2)
    assert "near_limit" not in found


def test_a_sudden_gain_stands_from_the_look_that_had_enough_scores_after_it():
    scores = [20, 21, 20, 9, 8, 9, 9]
    found = told(scores, sessions=range(1, 8))
    # The jump lies before score 3 (from 0), and a second score after it makes it one.
    assert found["sudden_gain"] == (4, 3)


def test_a_sudden_gain_that_was_given_back_does_not_lengthen_the_run_of_the_next_one():
    scores = [20, 21, 20, 9, 8, 9, 19, 20, 19, 8, 7, 8]
    assert "sudden_gain" not in told(scores[:9], sessions=range(1, 10))
    assert told(scores, sessions=range(1, 13))["sudden_gain"] == (10, 2)


def test_later_scores_change_nothing_of_an_earlier_look():
    scores = [10, 16, 12, 17, 18, 11, 18, 19]
    for n in range(1, len(scores) + 1):
        assert told(scores[:n]) == told(list(scores[:n]))
    assert told(scores)["deterioration"] == (6, 2)


def test_flags_come_in_the_order_of_severity_and_looks_are_counted():
    (found,) = standing(range(12), [20] * 4 + [12] * 8, [0, 12], criteria=CRITERIA, which=[PHQ])
    assert found.looks == 11
    kinds = [flag.kind for flag in found.flags]
    assert len(kinds) > 1
    assert kinds == sorted(kinds, key=KINDS.index)


def test_a_series_of_one_score_was_never_looked_at():
    (found,) = standing([0], [20], [0, 1], criteria=CRITERIA, which=[PHQ])
    assert found == SeriesStanding(0, ())


def test_weeks_that_go_backwards_are_refused():
    with pytest.raises(ValueError, match="go backwards"):
        standing([1, 0], [3, 4], [0, 2], criteria=CRITERIA, which=[PHQ])
