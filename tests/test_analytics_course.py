"""Does one pass over all series say what each formula says of each series alone?"""

import itertools
import math
import statistics
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import stats

from analytics.course import ALERTS, CATEGORIES, PLATEAU_KINDS, STATES, Course, course
from analytics.criteria import criteria
from analytics.estimates import Estimates, Spread
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.expected import not_on_track
from analytics.flags import KINDS, kinds_of
from analytics.instrument import Cutoff, Instrument, Norms, Reliability, Sourced
from analytics.ranks import mann_kendall, theil_sen_interval
from analytics.rules import Rules
from analytics.shrinkage import SlopePrior, shrunken_slopes
from analytics.sudden.gains import sudden_gains

MOOD = Instrument(
    "mood",
    "1",
    "Mood list",
    "lower",
    0,
    27,
    1,
    reliability=Reliability(0.85, "alpha", "m"),
    clinical=Norms(17, 5.5, 100, "m"),
    reliable_change=Sourced(6, "m"),
    meaningful_change=Sourced(5, "m"),
    cutoffs=(Cutoff(10, ">=", "caseness", "m"),),
)
WELLBEING = Instrument(
    "well",
    "1",
    "Well-being",
    "higher",
    0,
    40,
    0.1,
    interval_days=14,
    reliability=Reliability(0.9, "alpha", "m"),
    clinical=Norms(17, 6, 100, "m"),
    functional=Norms(29, 5, 100, "m"),
    meaningful_change=Sourced(5, "m"),
)
NOISY = replace(MOOD, id="noisy", meaningful_change=Sourced(3, "m"), cutoffs=())
BARE = Instrument("bare", "1", "Bare", "lower", 0, 27, 1)
NO_MARGIN = replace(MOOD, id="no_margin", reliable_change=None, meaningful_change=None)
ALLIANCE = Instrument(
    "alliance",
    "1",
    "Alliance",
    "higher",
    0,
    27,
    1,
    role="process",
    measures="alliance",
    reliable_change=Sourced(6, "m"),
    cutoffs=(Cutoff(20, "<", "alert", "m"),),
    alert_drop=Sourced(3, "m"),
)
CURVE = GrowthCurve(
    "own", "made up", True, 600, 4_000, 15.0, 14.0, 0.9, -2.5, -0.1, ((0.0,) * 4,) * 4,
    16.0, 2.0, -2.0, 6.0, 0.0, 27.0, "lower", 5.0, 25.0, 60.0,
)  # fmt: skip
OWN = criteria(
    replace(MOOD, id="own"),
    Rules(),
    Estimates(
        "own",
        "1",
        spread=Spread(2.4, 40, 400, "own record"),
        slopes=tuple(SlopePrior(-1.2 / k, 0.4, 40, f"own record, first {k}") for k in range(2, 9)),
        curve=CURVE,
    ),
)
CRITERIA = [criteria(i, Rules()) for i in (MOOD, WELLBEING, NOISY, BARE, NO_MARGIN, ALLIANCE)]
CRITERIA.append(OWN)


def random_batch(seed, count, longest):
    """Return flat arrays of series that stay, drift, fall fast, or hit one day twice."""
    rng = np.random.default_rng(seed)
    lengths = np.minimum(rng.geometric(1 / 9, count), longest)
    lengths[: count // 50] = longest
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    size = int(offsets[-1])
    days = rng.choice([0, 3, 6, 7, 7, 7, 7, 7, 7, 8, 14, 28, 90], size)
    schedule = np.repeat(rng.choice([0, 1, 1, 1, 1, 2, 4], count), lengths)
    passed = np.cumsum(days * schedule)
    weeks = (passed - np.repeat(passed[offsets[:-1]], lengths)) / 7
    drift = np.repeat(rng.choice([-0.9, -0.3, 0, 0, 0.4], count), lengths) * np.minimum(weeks, 20)
    spread = np.repeat(rng.choice([0.0, 0.6, 2.5], count), lengths)
    start = np.repeat(rng.uniform(2, 25, count), lengths)
    scores = np.clip(start + drift + spread * rng.normal(size=size), 0, 27)
    whole = np.repeat(rng.random(count) < 0.7, lengths)
    scores = np.where(whole, np.round(scores), np.round(scores, 1))
    numbered = (
        np.arange(size)
        - np.repeat(offsets[:-1], lengths)
        + np.repeat(rng.integers(0, 2, count), lengths)
    )
    numbered += np.repeat(rng.random(count) < 0.3, lengths) * (rng.random(size) < 0.1).cumsum()
    sessions = np.where(np.repeat(rng.random(count) < 0.3, lengths), -1, numbered)
    return weeks, scores, offsets, rng.integers(0, len(CRITERIA), count), sessions


def run(weeks, scores, offsets, which, sessions, judging=None):
    return course(
        weeks, scores, offsets, criteria=judging or CRITERIA, which=which, sessions=sessions
    )


PER_SERIES = [f.name for f in fields(Course) if f.name != "jumps"]


def bits(found: Course, series):
    """Return the bytes of every field for some series, and those of their jumps."""
    own = {name: getattr(found, name)[series].tobytes() for name in PER_SERIES}
    jumps = found.jumps
    for place, wanted in enumerate(np.arange(found.n.size)[series]):
        at = jumps.series == wanted
        own[f"jumps {place}"] = b"".join(
            getattr(jumps, name)[at].tobytes()
            for name in ("row", "is_gain", "size", "reversed_row")
        )
    return own


def take(weeks, scores, offsets, which, sessions, chosen):
    """Return the flat arrays of the chosen series, in the order chosen."""
    at = [np.arange(offsets[i], offsets[i + 1]) for i in chosen]
    lengths = [part.size for part in at]
    flat = np.concatenate(at)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return weeks[flat], scores[flat], starts, which[chosen], sessions[flat]


@pytest.fixture(scope="module")
def batch():
    return random_batch(11, 2_000, 45)


@pytest.fixture(scope="module")
def together(batch):
    return run(*batch)


def test_a_series_has_the_same_bits_alone_and_among_thousands(batch, together):
    for i in range(0, batch[3].size, 2):
        alone = run(*take(*batch, np.array([i])))
        assert bits(alone, [0]) == bits(together, [i]), f"series {i}"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_shuffled_or_split_batch_has_the_same_bits(batch, together, seed):
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(batch[3].size)
    for chosen in np.array_split(shuffled, seed * 3):
        part = run(*take(*batch, chosen))
        assert bits(part, slice(None)) == bits(together, chosen)


def test_a_questionnaire_has_the_same_bits_wherever_it_stands_in_the_list(batch, together):
    weeks, scores, offsets, which, sessions = batch
    turned = run(
        weeks, scores, offsets, len(CRITERIA) - 1 - which, sessions, judging=CRITERIA[::-1]
    )
    assert bits(turned, slice(None)) == bits(together, slice(None))


def scalar_slope(weeks, scores):
    """Return slope, Sxx and residuals of one series, as a textbook writes them."""
    mean_x, mean_y = statistics.fmean(weeks), statistics.fmean(scores)
    sxx = sum((x - mean_x) ** 2 for x in weeks)
    if len(set(weeks)) < 2:
        return math.nan, 0.0, []
    sxy = sum((x - mean_x) * (y - mean_y) for x, y in zip(weeks, scores, strict=True))
    b = sxy / sxx
    return b, sxx, [y - mean_y - b * (x - mean_x) for x, y in zip(weeks, scores, strict=True)]


def is_case(score, cutoff):
    if cutoff.op == ">=":
        return score >= cutoff.value - 1e-9
    return score <= cutoff.value + 1e-9


def scalar_change(weeks, scores, c):
    """Return category, confirmed, since, first improved, first deteriorated of one series."""
    if len(scores) < 2 or c.reliable_change is None:
        return "not_assessable", False, -1, -1, -1
    sign = 1 if c.better == "higher" else -1
    limit = c.reliable_change.value + (-1e-9 if c.reliable_inclusive else 1e-9)
    gains = [sign * (score - scores[0]) for score in scores]
    direction = [(gain > limit) - (-gain > limit) for gain in gains]
    first_up, first_down = (direction.index(d) if d in direction else -1 for d in (1, -1))
    now = direction[-1]
    since = -1
    if now:
        since = max(i for i, d in enumerate(direction) if d != now) + 1
    word = {1: "improved", 0: "unchanged", -1: "deteriorated"}[now]
    if c.cutoff is not None:
        first, last = is_case(scores[0], c.cutoff), is_case(scores[-1], c.cutoff)
        if now == 1 and first and not last:
            word = "recovered"
        if now == -1 and last and not first:
            word = "harmed"
    return word, now != 0 and weeks[since] < weeks[-1], since, first_up, first_down


def scalar_plateau(weeks, scores, rule):
    """Return state, window, block, change, low, high of one series."""
    early = len(scores) < min(rule.windows)
    windows = [len(scores)] if early else [w for w in rule.windows if w <= len(scores)]
    gaps = [b - a for a, b in itertools.pairwise(weeks[-max(windows) :])]
    gap = statistics.median(gaps) if gaps else 0.0
    block = max(rule.block_weeks, min(rule.block_cap_weeks, rule.block_weeks * gap))
    looks = []
    for w in windows:
        t, y = weeks[-w:], scores[-w:]
        b, sxx, _ = scalar_slope(t, y)
        longest = rule.span * w * (max(gap, rule.gap_weeks) + 1e-9)
        if not sxx or (not early and t[-1] - t[0] > longest):
            continue
        d, half = block * b, stats.norm.ppf(0.95) * block * rule.sigma / math.sqrt(sxx)
        worse = (-1 if rule.better == "higher" else 1) * b * (t[-1] - t[0])
        inside = -rule.margin < d - half and d + half < rule.margin and worse <= rule.guard + 1e-9
        looks.append((w, d, d - half, d + half, inside))
    if not looks:
        return ("too_early" if early else "undetermined"), 0, block, math.nan, math.nan, math.nan
    longest = looks[-1]
    passing = [look for look in looks if look[4]]
    falls, rises = longest[3] < 0, longest[2] > 0
    worsens, improves = (falls, rises) if rule.better == "higher" else (rises, falls)
    if early:
        return "too_early", longest[0], block, *longest[1:4]
    if worsens:
        return "worsening", longest[0], block, *longest[1:4]
    if passing:
        return "plateau", passing[-1][0], block, *passing[-1][1:4]
    return ("improving" if improves else "undetermined"), longest[0], block, *longest[1:4]


def scalar_kind(state, level, c):
    if state != "plateau" or c.cutoff is None:
        return None
    if is_case(level, c.cutoff):
        return "stuck"
    best = c.maximum if c.better == "higher" else c.minimum
    near = c.reliable_change is not None and abs(level - best) <= c.reliable_change.value + 1e-9
    return "at_floor" if near else "maintained"


def test_every_result_is_that_of_a_plain_loop_over_one_series(batch, together):
    weeks, scores, offsets, which, _ = batch
    words, floats = [], []
    for i, (a, b) in enumerate(itertools.pairwise(offsets)):
        t, y, c = weeks[a:b].tolist(), scores[a:b].tolist(), CRITERIA[which[i]]
        n = len(y)
        slope, sxx, rest = scalar_slope(t, y)
        error = math.nan
        if n > 2 and sxx:
            squares = sum(e * e for e in rest)
            error = 0.0 if squares < 1e-20 else math.sqrt(squares / (n - 2) / sxx)
        reach = stats.t.ppf(0.975, n - 2) * error if n > 2 else math.nan
        state, window, block, *numbers = scalar_plateau(t, y, c.plateau)
        word, *change = scalar_change(t, y, c)
        level = statistics.fmean(y[-3:])
        words.append((n, word, *change, state, window, scalar_kind(state, level, c)))
        gain = y[-1] - y[0] if n > 1 else math.nan
        better = gain if c.better == "higher" else -gain
        rci = better / c.s_diff.value if c.s_diff else math.nan
        interval = (slope, slope - reach, slope + reach)
        floats.append((y[0], y[-1], gain, better, rci, *interval, block, *numbers, level))

    r = together
    found_words = [
        (n, CATEGORIES[c], bool(confirmed), since, up, down, STATES[s], window,
         PLATEAU_KINDS[k] if k >= 0 else None)
        for n, c, confirmed, since, up, down, s, window, k in zip(
            r.n, r.category, r.confirmed, r.category_since, r.first_improved,
            r.first_deteriorated, r.state, r.state_window, r.plateau_kind, strict=True,
        )
    ]  # fmt: skip
    assert found_words == words
    found = np.transpose(
        [r.baseline, r.latest, r.change, r.improvement, r.rci, r.slope_per_week, r.slope_low,
         r.slope_high, r.block_weeks, r.block_change, r.block_low, r.block_high, r.level]
    )  # fmt: skip
    # The loop adds in another order; 1e-9 points is far below what a page shows.
    np.testing.assert_allclose(found, np.array(floats), rtol=1e-9, atol=1e-9)
    # The batch shows each answer, so that none is compared with nothing.
    assert {row[1] for row in words} == set(CATEGORIES)
    assert {row[6] for row in words} == set(STATES)
    assert {row[8] for row in words} == {*PLATEAU_KINDS, None}


def test_ranks_sudden_gains_and_shrunken_slopes_are_those_of_their_own_functions(batch, together):
    weeks, scores, offsets, which, _ = batch
    ranks = theil_sen_interval(weeks, scores, offsets)
    np.testing.assert_array_equal(together.theil_sen_per_week, ranks.slope)
    np.testing.assert_array_equal(together.theil_sen_low, ranks.low)
    p = mann_kendall(weeks, scores, offsets).p
    np.testing.assert_array_equal(together.mann_kendall_p, p)
    jumped = borrowed = 0
    for number, judging in enumerate(CRITERIA):
        chosen = np.flatnonzero(which == number)
        t, y, starts, _, session = take(*batch, chosen)
        if judging.sudden is None:
            assert (together.sudden_evaluable[chosen] == -1).all()
        else:
            found = sudden_gains(
                t, session, y, starts, rule=judging.sudden, interval_weeks=judging.plateau.gap_weeks
            )
            np.testing.assert_array_equal(together.sudden_gains[chosen], found.gains)
            np.testing.assert_array_equal(together.sudden_losses[chosen], found.losses)
            np.testing.assert_array_equal(together.sudden_evaluable[chosen], found.evaluable)
            own = np.isin(together.jumps.series, chosen)
            np.testing.assert_array_equal(together.jumps.size[own], found.size)
            jumped += found.size.size
        if not judging.slopes:
            assert np.isnan(together.shrunken_slope[chosen]).all()
            continue
        for n in np.unique(np.diff(starts)):
            alike = np.flatnonzero(np.diff(starts) == n)
            prior = judging.slope_prior(int(n))
            if prior is None:
                assert n == 1
                continue
            assert prior.source == f"own record, first {min(n, 8)}"
            part = take(t, y, starts, which[chosen], session, alike)
            own = shrunken_slopes(*part[:3], sigma=judging.spread.value, prior=prior)
            np.testing.assert_array_equal(together.shrunken_slope[chosen[alike]], own.slope)
            np.testing.assert_array_equal(together.shrunken_weight[chosen[alike]], own.weight)
            borrowed += int(np.isfinite(own.slope).sum())
    assert borrowed > 50
    assert jumped > 10


def test_only_cases_at_intake_are_held_against_the_expected_course(batch, together):
    which = batch[3]
    own = np.flatnonzero(which == CRITERIA.index(OWN))
    assert (together.not_on_track[which != CRITERIA.index(OWN)] == -1).all()
    intake = together.baseline[own]
    expected = not_on_track(
        CURVE, np.where(intake >= 10, intake, np.nan), together.weeks[own], together.latest[own]
    )
    expected[together.n[own] < 2] = -1
    np.testing.assert_array_equal(together.not_on_track[own], expected)
    assert set(expected) == {-1, 0, 1, 2}
    limit = together.expected_limit[own]
    np.testing.assert_array_equal(expected == 2, together.latest[own] > limit + 1e-9)


def test_flags_are_those_that_the_results_say(batch, together):
    which, r = batch[3], together
    reversed_all = r.jumps.reversed_row >= 0
    for i in range(which.size):
        own = [
            (CATEGORIES[r.category[i]] in ("deteriorated", "harmed"), "deterioration"),
            (STATES[r.state[i]] == "worsening", "worsening"),
            (r.not_on_track[i] == 2, "off_course"),
            (r.plateau_kind[i] == 1, "stuck"),
            (r.not_on_track[i] == 1, "near_limit"),
            (r.plateau_kind[i] in (0, 2), "maintained"),
            (CATEGORIES[r.category[i]] in ("improved", "recovered"), "improvement"),
            (STATES[r.state[i]] == "improving", "improving"),
        ]
        standing = (r.jumps.series == i) & ~reversed_all
        own.append(((standing & r.jumps.is_gain).any(), "sudden_gain"))
        own.append(((standing & ~r.jumps.is_gain).any(), "sudden_loss"))
        said = {kind for holds, kind in own if holds}
        if which[i] == 5:  # a process measure is not judged
            said = {"alliance"} if ALERTS[r.alert[i]] in ("below", "both") else set()
        assert set(kinds_of(int(r.flags[i]))) == said, i
    assert {kind for flags in set(r.flags.tolist()) for kind in kinds_of(flags)} == set(KINDS) - {
        "risk_answer",
        "disagreement",
        "review_due",
    }


def test_criteria_of_two_rules_are_not_mixed():
    other = criteria(MOOD, Rules(sudden_from_session=0))
    with pytest.raises(ValueError, match="begin at one session"):
        course([0, 1], [9, 8], [0, 2], criteria=[CRITERIA[0], other], which=[0])


def one(scores, instrument=MOOD, weeks=None):
    """Return the course of one series of weekly scores."""
    t = np.arange(len(scores)) if weeks is None else weeks
    return course(t, scores, [0, len(scores)], criteria=[criteria(instrument, Rules())], which=[0])


def test_one_score_has_no_change_and_is_too_early():
    found = one([17])
    assert (found.n[0], found.baseline[0], found.latest[0], found.level[0]) == (1, 17, 17, 17)
    assert np.isnan([found.change[0], found.rci[0], found.slope_per_week[0]]).all()
    assert CATEGORIES[found.category[0]] == "not_assessable"
    assert STATES[found.state[0]] == "too_early"


def test_reliable_recovery_is_confirmed_by_the_second_score_in_a_row():
    assert not one([18, 12, 17, 9]).confirmed[0]
    found = one([18, 12, 17, 9, 8])
    assert CATEGORIES[found.category[0]] == "recovered"
    assert found.confirmed[0]
    assert found.category_since[0] == 3
    assert found.first_improved[0] == 1


def test_the_index_is_positive_for_improvement_in_both_directions():
    assert one([20, 10]).rci[0] == pytest.approx(10 / 3.0124740662784135)
    assert one([20, 10], WELLBEING).rci[0] < 0
    assert one([20, 10]).change[0] == -10
    assert one([20, 10]).improvement[0] == 10


def test_a_client_flat_for_ten_sessions_is_stuck():
    found = one([14] * 10)
    assert (STATES[found.state[0]], PLATEAU_KINDS[found.plateau_kind[0]]) == ("plateau", "stuck")
    assert found.slope_per_week[0] == found.slope_low[0] == found.slope_high[0] == 0


def test_a_client_at_the_best_end_of_the_scale_is_at_the_floor_in_both_directions():
    for scores, instrument in (([2] * 10, MOOD), ([38] * 10, WELLBEING)):
        assert PLATEAU_KINDS[one(scores, instrument).plateau_kind[0]] == "at_floor"


def test_all_scores_on_one_day_leave_trend_and_state_open():
    found = one([14, 3, 9, 9, 9, 9, 9, 9, 9], weeks=[0] * 9)
    assert np.isnan(
        [found.slope_per_week[0], found.theil_sen_per_week[0], found.block_low[0]]
    ).all()
    assert STATES[found.state[0]] == "undetermined"
    assert found.state_window[0] == 0


def test_a_very_long_series_is_computed():
    n = 3_000
    found = one(np.tile([14, 15, 13], n // 3), weeks=np.arange(n) / 7)
    assert found.n[0] == n
    assert found.slope_low[0] < 0 < found.slope_high[0]


def test_no_series_gives_empty_results():
    found = course([], [], [0], criteria=CRITERIA, which=[])
    assert all(getattr(found, name).size == 0 for name in PER_SERIES)
    assert found.jumps.series.size == 0


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ([0, 0], "name the criteria of 1 series"),
        ([7], "count from 0 to 6, got 7 to 7"),
        ([-1], "count from 0 to 6, got -1 to -1"),
    ],
)
def test_criteria_that_are_not_there_are_refused(which, message):
    with pytest.raises(ValueError, match=message):
        course([0, 1], [9, 8], [0, 2], criteria=CRITERIA, which=which)


def test_a_missing_score_is_refused_and_not_passed_on():
    with pytest.raises(ValueError, match="Series 0 has a score that is nan"):
        one([9, np.nan, 8])
