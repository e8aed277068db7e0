"""Does a measure of the session alert at its published marks, and only there?"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.instrument import Cutoff, Instrument, Sourced
from analytics.process import ALERTS, Marks, alert_rows, alerts, fall_rows, marks
from data.library import Library

SRS = Marks(36, False, 1)
NAN = math.nan


def found(scores, marks=SRS, better="higher"):
    """Return the word and the score since which, of one series."""
    result = alerts(scores, [0, len(scores)], marks=marks, better=better)
    return ALERTS[result.code[0]], int(result.since[0])


@pytest.mark.parametrize(
    ("scores", "answer"),
    [
        ([36.0], ("none", -1)),
        ([35.9], ("below", 0)),
        ([38, 37.1], ("none", -1)),
        ([38, 37], ("dropped", 1)),
        ([37, 36], ("dropped", 1)),
        ([36.5, 35.9], ("below", 1)),
        ([35, 35.5], ("below", 0)),
        ([35, 36, 35.5], ("below", 2)),
        ([39, 35, 34.5, 33], ("both", 1)),
        ([34, 37, 38], ("none", -1)),
        ([40, 38, 38], ("none", -1)),
    ],
    ids=lambda value: f"SRS, below 36 or a drop of 1, by hand: {value}",
)
def test_the_last_score_is_held_against_mark_and_drop(scores, answer):
    assert found(scores) == answer


def test_tenths_that_are_one_point_on_paper_are_a_drop():
    assert 4.1 - 3.1 < 1
    assert found([4.1, 3.1], Marks(NAN, False, 1)) == ("dropped", 1)


@pytest.mark.parametrize(
    ("marks", "scores", "answer"),
    [
        (Marks(36, False, NAN), [39, 37], ("none", -1)),
        (Marks(NAN, False, 1), [30, 30], ("none", -1)),
        (Marks(NAN, False, 1), [30, 29], ("dropped", 1)),
        (Marks(NAN, False, 1), [30], ("not_assessable", -1)),
        (Marks(NAN, False, NAN), [30, 2], ("not_assessable", -1)),
        (Marks(36, True, NAN), [36], ("below", 0)),
        (Marks(36, False, NAN), [36], ("none", -1)),
    ],
)
def test_a_mark_that_is_not_known_is_off(marks, scores, answer):
    assert found(scores, marks) == answer


def test_how_far_it_fell_is_positive_away_from_better():
    result = alerts([38, 36.5, 20, 20, 22], [0, 2, 3, 5], marks=SRS, better="higher")
    assert result.drop.tolist() == pytest.approx([1.5, NAN, -2], nan_ok=True)
    assert fall_rows(np.array([[2.0], [5.0]]), "lower").tolist() == [3]


@pytest.mark.parametrize(
    ("below", "drop"), [(math.inf, 1), (36, 0), (36, -1), (36, math.inf), (-math.inf, NAN)]
)
def test_marks_out_of_range_are_refused(below, drop):
    with pytest.raises(ValueError, match="needs a mark in points and a drop above 0"):
        alert_rows(np.array([[36.0]]), below, drop, "higher")


def test_a_missing_score_is_refused():
    with pytest.raises(ValueError, match="score that is nan"):
        alerts([36, NAN], [0, 2], marks=SRS, better="higher")


def test_the_marks_of_the_srs_are_those_of_its_file():
    srs = Library.load().instruments["srs"]
    assert marks(srs) == Marks(36, False, 1)
    assert srs.alert_drop.source


def test_a_cutoff_on_the_better_side_or_of_another_purpose_is_no_alert():
    def session(*cutoffs, better="higher"):
        return Instrument("s", "1", "S", better, 0, 40, 1, role="process", cutoffs=cutoffs)

    assert math.isnan(marks(session(Cutoff(36, ">=", "alert", "x"))).below)
    assert math.isnan(marks(session(Cutoff(36, "<", "caseness", "x"))).below)
    assert marks(session(Cutoff(9, ">=", "alert", "x"), better="lower")) == Marks(
        9, True, pytest.approx(NAN, nan_ok=True)
    )
    assert math.isnan(marks(session()).drop)


SCORES = st.lists(st.integers(0, 400).map(lambda x: x / 10), min_size=1, max_size=8)


@given(st.lists(SCORES, min_size=1, max_size=6), st.randoms())
def test_a_batch_has_the_answers_of_its_series_one_by_one(series, random):
    random.shuffle(series)
    offsets = np.cumsum([0, *(len(s) for s in series)])
    batch = alerts(np.concatenate(series), offsets, marks=SRS, better="higher")
    for place, scores in enumerate(series):
        alone = alerts(scores, [0, len(scores)], marks=SRS, better="higher")
        for name in ("code", "since", "drop"):
            assert getattr(batch, name)[place].tobytes() == getattr(alone, name)[0].tobytes()


@given(SCORES)
def test_a_mirrored_scale_alerts_at_the_mirrored_mark(scores):
    mirrored = found([40 - x for x in scores], Marks(4, False, 1), "lower")
    assert mirrored == found(scores)


@given(SCORES)
def test_the_answer_is_that_of_a_plain_loop(scores):
    low = [x < 36 for x in scores]
    fell = len(scores) > 1 and round(scores[-2] - scores[-1], 6) >= 1
    run = 0
    while run < len(low) and low[-1 - run]:
        run += 1
    word = ALERTS[low[-1] + 2 * fell]
    since = len(scores) - run if run else len(scores) - 1 if fell else -1
    assert found(scores) == (word, since)


def test_the_instrument_keeps_its_drop():
    plain = Instrument("s", "1", "S", "higher", 0, 40, 1)
    assert plain.alert_drop is None
    assert (
        marks(Instrument("s", "1", "S", "higher", 0, 40, 1, alert_drop=Sourced(2, "x"))).drop == 2
    )
