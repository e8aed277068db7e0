"""Are series taken out of flat arrays whole, once, and only when they are in order?"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import series
from analytics.series import buckets, checked, drop_missing, row_sum

LENGTHS = st.lists(st.integers(0, 12), min_size=1, max_size=60)


@given(LENGTHS, st.integers(1, 5), st.integers(1, 40))
def test_every_series_comes_once_with_its_own_scores(lengths, groups, cells):
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    group = np.arange(len(lengths)) % groups
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(series, "CELLS", cells)
        for bucket in buckets(offsets, group):
            assert bucket.positions.size <= max(cells, bucket.length)
            assert (group[bucket.series] == bucket.group).all()
            for column, number in enumerate(bucket.series):
                wanted = np.arange(offsets[number], offsets[number + 1])
                np.testing.assert_array_equal(bucket.positions[:, column], wanted)
            seen += bucket.series.tolist()
    assert sorted(seen) == [i for i, length in enumerate(lengths) if length]


def test_no_series_gives_no_bucket():
    assert list(buckets(np.array([0]))) == []


@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_a_sum_has_the_same_bits_alone_and_among_others(rows, columns, seed):
    matrix = np.random.default_rng(seed).normal(size=(rows, columns))
    together = row_sum(matrix)
    alone = np.concatenate([row_sum(matrix[:, i : i + 1]) for i in range(columns)])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize(
    ("weeks", "scores", "offsets", "message"),
    [
        ([0, 1], [1, 2, 3], [0, 3], "two flat arrays of one length"),
        ([[0, 1]], [[1, 2]], [0, 2], "two flat arrays of one length"),
        ([0, 1], [1, 2], [0, 3], "run from 0 to the number of scores, 2"),
        ([0, 1], [1, 2], [1, 2], "run from 0 to the number of scores, 2"),
        ([0, 1], [1, 2], [], "run from 0 to the number of scores, 2"),
        ([0, 1], [1, 2], [0, 1, 1, 2], "Series 1 has no score"),
        ([0, 1, 2], [1, 2, 3], [0, 2, 1, 3], "Series 1 has no score"),
        ([0, 0, 1], [1, 2, np.nan], [0, 1, 3], "Series 1 has a score that is nan"),
        ([0, np.inf], [1, 2], [0, 1, 2], "Series 1 has a week that is inf"),
        ([0, 0, 3, 2], [1, 2, 3, 4], [0, 1, 4], "weeks of series 1 go backwards: 2.0 follows 3.0"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_the_reason(weeks, scores, offsets, message):
    with pytest.raises(ValueError, match=message):
        checked(weeks, scores, offsets)


def test_the_next_series_may_begin_at_an_earlier_week():
    weeks, scores, offsets = checked([0, 5, 0, 2], [1, 2, 3, 4], [0, 2, 4])
    assert weeks.dtype == scores.dtype == np.float64
    assert offsets.tolist() == [0, 2, 4]


def test_no_series_at_all_is_in_order():
    assert checked([], [], [0])[0].size == 0


def test_scores_on_one_day_are_in_order():
    assert checked([1, 1], [1, 2], [0, 2])[0].tolist() == [1, 1]


@given(st.lists(st.lists(st.sampled_from([1.0, 2.0, np.nan]), max_size=6), min_size=1, max_size=12))
def test_dropping_missing_scores_keeps_the_others_in_their_series(rows):
    scores = np.array([score for row in rows for score in row], dtype=float)
    weeks = np.arange(scores.size, dtype=float)
    offsets = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
    t, y, left, kept = drop_missing(weeks, scores, offsets)
    wanted = [(i, [s for s in row if not np.isnan(s)]) for i, row in enumerate(rows)]
    wanted = [(i, row) for i, row in wanted if row]
    assert kept.tolist() == [i for i, _ in wanted]
    assert [y[a:b].tolist() for a, b in itertools.pairwise(left)] == [row for _, row in wanted]
    assert (scores[t.astype(int)] == y).all()
