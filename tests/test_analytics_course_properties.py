"""Which changes of the input leave what is said of a client as it is?"""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.course import Course, course
from analytics.criteria import criteria
from analytics.estimates import Estimates, Spread
from analytics.expectation.curve import GrowthCurve
from analytics.instrument import Cutoff, Instrument, Norms, Reliability, Sourced
from analytics.rules import Rules
from analytics.shrinkage import SlopePrior

LOWEST, HIGHEST = 0.0, 30.0
MOOD = Instrument(
    "mood",
    "1",
    "Mood list",
    "lower",
    LOWEST,
    HIGHEST,
    1,
    reliability=Reliability(0.85, "alpha", "m"),
    clinical=Norms(17, 5.5, 100, "m"),
    reliable_change=Sourced(6, "m"),
    meaningful_change=Sourced(5, "m"),
    cutoffs=(Cutoff(10, ">=", "caseness", "m"), Cutoff(24, ">", "alert", "m")),
    alert_drop=Sourced(4, "m"),
)
CURVE = GrowthCurve(
    "mood", "made up", True, 600, 4_000, 15.0, 14.0, 0.9, -2.5, -0.1, ((0.0,) * 4,) * 4,
    16.0, 2.0, -2.0, 6.0, LOWEST, HIGHEST, "lower", 5.0, 25.0, 60.0,
)  # fmt: skip
OWN = Estimates(
    "mood",
    "1",
    spread=Spread(2.4, 40, 400, "own record"),
    slopes=(SlopePrior(-0.5, 0.4, 40, "own record"),),
    curve=CURVE,
)
NOW = criteria(MOOD, Rules(), OWN)

# Points of the scale, and points of the scale in a week.
LEVELS = ("baseline", "latest", "level", "expected", "expected_amber", "expected_limit")
RATES = (
    "change", "slope_per_week", "theil_sen_per_week", "shrunken_slope", "block_change",
)  # fmt: skip
ENDS = (
    ("slope_low", "slope_high"), ("theil_sen_low", "theil_sen_high"), ("block_low", "block_high"),
)  # fmt: skip
SAME = [
    f.name
    for f in fields(Course)
    if f.name not in {*LEVELS, *RATES, *(e for pair in ENDS for e in pair), "jumps"}
]
JUMPS = ("series", "row", "is_gain", "size", "reversed_row")


def mirrored(judging):
    """Return the criteria of the same scale read from the other end."""
    turned = replace(
        MOOD,
        better="higher",
        clinical=Norms(LOWEST + HIGHEST - 17, 5.5, 100, "m"),
        cutoffs=(
            Cutoff(LOWEST + HIGHEST - 10, "<=", "caseness", "m"),
            Cutoff(LOWEST + HIGHEST - 24, "<", "alert", "m"),
        ),
    )
    curve = replace(
        CURVE,
        better="higher",
        intake_mean=LOWEST + HIGHEST - CURVE.intake_mean,
        b0=LOWEST + HIGHEST - CURVE.b0,
        b2=-CURVE.b2,
        intake_low=LOWEST + HIGHEST - CURVE.intake_high,
        intake_high=LOWEST + HIGHEST - CURVE.intake_low,
    )
    own = replace(OWN, curve=curve, slopes=(SlopePrior(0.5, 0.4, 40, "own record"),))
    return criteria(turned, Rules(), own)


@st.composite
def batches(draw):
    """Draw weekly-ish series of whole points, some with gaps, jumps and equal days."""
    lengths = draw(st.lists(st.integers(1, 14), min_size=1, max_size=5))
    days, totals, sessions = [], [], []
    for n in lengths:
        gaps = draw(st.lists(st.sampled_from([0, 3, 7, 7, 7, 14, 40]), min_size=n, max_size=n))
        days += np.cumsum([0, *gaps[1:]]).tolist()
        start = draw(st.integers(3, 27))
        steps = draw(st.lists(st.sampled_from([-9, -2, -1, 0, 0, 1, 2, 8]), min_size=n, max_size=n))
        totals += np.clip(start + np.cumsum([0, *steps[1:]]), LOWEST, HIGHEST).tolist()
        numbered = draw(st.booleans())
        sessions += list(range(1, n + 1)) if numbered else [-1] * n
    return np.array(days) / 7, np.array(totals, dtype=float), lengths, np.array(sessions)


def run(weeks, scores, lengths, sessions, judging=NOW):
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    which = np.zeros(len(lengths), dtype=int)
    return course(weeks, scores, offsets, criteria=[judging], which=which, sessions=sessions)


def near(found, right, name):
    np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9, err_msg=name)


@given(batches())
@settings(max_examples=60, deadline=None)
def test_the_other_end_of_the_scale_says_the_same_of_the_client(batch):
    weeks, scores, lengths, sessions = batch
    found = run(weeks, scores, lengths, sessions)
    # The second criterion of a sudden gain is a share of the score, which a mirror changes.
    other = run(weeks, LOWEST + HIGHEST - scores, lengths, sessions, mirrored(NOW))
    shares = ("flags", "sudden_gains", "sudden_losses")
    for name in SAME:
        if name not in shares:
            near(getattr(other, name).astype(float), getattr(found, name).astype(float), name)
    for name in LEVELS:
        near(getattr(other, name), LOWEST + HIGHEST - getattr(found, name), name)
    for name in RATES:
        near(getattr(other, name), -getattr(found, name), name)
    for low, high in ENDS:
        near(getattr(other, low), -getattr(found, high), low)


@given(batches(), st.integers(-500, 500))
@settings(max_examples=40, deadline=None)
def test_other_dates_say_the_same(batch, later):
    weeks, scores, lengths, sessions = batch
    found = run(weeks, scores, lengths, sessions)
    other = run(weeks + later, scores, lengths, sessions)
    for field in fields(Course):
        if field.name != "jumps":
            right = getattr(found, field.name).astype(float)
            near(getattr(other, field.name).astype(float), right, field.name)
    for name in JUMPS:
        np.testing.assert_array_equal(getattr(other.jumps, name), getattr(found.jumps, name))


@given(batches(), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_scale_that_begins_elsewhere_says_the_same(batch, more):
    weeks, scores, lengths, sessions = batch
    moved = replace(
        MOOD,
        minimum=LOWEST + more,
        maximum=HIGHEST + more,
        clinical=Norms(17 + more, 5.5, 100, "m"),
        cutoffs=tuple(replace(c, value=c.value + more) for c in MOOD.cutoffs),
    )
    curve = replace(
        CURVE,
        minimum=LOWEST + more,
        maximum=HIGHEST + more,
        intake_mean=CURVE.intake_mean + more,
        b0=CURVE.b0 + more,
        intake_low=CURVE.intake_low + more,
        intake_high=CURVE.intake_high + more,
    )
    other = run(
        weeks,
        scores + more,
        lengths,
        sessions,
        criteria(moved, Rules(), replace(OWN, curve=curve)),
    )
    found = run(weeks, scores, lengths, sessions)
    for name in SAME:
        if name not in ("flags", "sudden_gains", "sudden_losses"):
            near(getattr(other, name).astype(float), getattr(found, name).astype(float), name)
    for name in LEVELS:
        near(getattr(other, name), getattr(found, name) + more, name)


@given(batches(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_and_the_company_of_the_series_change_no_bit(batch, random):
    weeks, scores, lengths, sessions = batch
    found = run(weeks, scores, lengths, sessions)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    order = list(range(len(lengths)))
    random.shuffle(order)
    chosen = order[: random.randint(1, len(order))]
    at = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in chosen])
    part = run(weeks[at], scores[at], [lengths[i] for i in chosen], sessions[at])
    for field in fields(Course):
        if field.name != "jumps":
            right = getattr(found, field.name)[chosen].tobytes()
            assert getattr(part, field.name).tobytes() == right, field.name
    for place, series in enumerate(chosen):
        for name in JUMPS[1:]:
            own = getattr(part.jumps, name)[part.jumps.series == place]
            right = getattr(found.jumps, name)[found.jumps.series == series]
            assert own.tobytes() == right.tobytes(), name


@pytest.mark.parametrize(
    ("weeks", "scores", "silent"),
    [
        ([0], [17], ("change", "rci", "slope_per_week", "theil_sen_per_week", "expected")),
        ([0, 0, 0, 0], [17, 16, 9, 8], ("slope_per_week", "slope_low", "mann_kendall_p", "expected")),
        ([0, 1, 2, 3, 4], [9] * 5, ("expected", "expected_limit")),
        (list(range(10)), [14] * 10, ()),
        ([0, 1, 2, 30, 31, 32, 33, 34, 35], [18, 17, 18, 9, 8, 9, 8, 9, 8], ("block_low",)),
    ],
    ids=["one score", "all on one day", "below the cutoff at intake", "never changes", "a year off"],
)  # fmt: skip
def test_degenerate_series_leave_open_what_cannot_be_said(weeks, scores, silent):
    with np.errstate(all="raise"):
        found = run(np.array(weeks, float), np.array(scores, float), [len(scores)], None)
    floats = [
        f.name
        for f in fields(Course)
        if f.name != "jumps" and getattr(found, f.name).dtype.kind == "f"
    ]
    assert {name for name in floats if np.isnan(getattr(found, name)[0])} >= set(silent)
    assert not any(np.isinf(getattr(found, name)[0]) for name in floats)
    if not silent:
        open_still = {"expected", "expected_amber", "expected_limit"}
        assert {name for name in floats if np.isnan(getattr(found, name)[0])} <= open_still
