"""Does the back-test of a store keep to its scope, to the past, and to its own half of clients?"""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics.estimates import Estimates, Spread
from analytics.instrument import Norms
from data.backtest import (
    DISTANCE,
    POINTS,
    back_test_episodes,
    back_test_store,
    in_first_half,
    solve_threshold,
)
from data.closed import ClosedEpisodes
from data.errors import DataError
from data.formats.text import Source
from data.library import Library
from data.scope import Scope
from data.store import Store
from data.synthetic.service import synthetic_service

TODAY = date(2026, 3, 2)
ALL = Scope.everyone("test")
DETERIORATED = "reliable deterioration"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Import one synthetic service."""
    folder = tmp_path_factory.mktemp("service")
    synthetic_service(folder, seed=1, today=TODAY)
    made = Store.create(tmp_path_factory.mktemp("back-test") / "store")
    files = [Source(f"{name}.csv", folder / f"{name}.csv") for name in ("episodes", "scores")]
    made.import_files(files, today=TODAY)
    return made


@pytest.fixture(scope="module")
def closed(store):
    return store.reader(ALL).closed("phq-9")


@pytest.fixture(scope="module")
def found(closed, store):
    return back_test_episodes(closed, "phq-9", store.library)


def by_rule(found):
    return {(test.rule, round(test.threshold, 2)): test for test in found.tests}


def changed(closed, chosen, *, after):
    """Return the episodes with every later score of some of them at the worst total."""
    scores = closed.scores.copy()
    for at in chosen:
        scores[closed.offsets[at] + after : closed.offsets[at + 1]] = 27.0
    return replace(closed, scores=scores)


# Reading ----------------------------------------------------------------------------------


def test_only_ended_episodes_are_read_and_each_with_all_its_scores(store, closed):
    with store.parent(store.current()).cursor() as con:
        rows = con.execute(
            "SELECT e.client_id, list(c.total ORDER BY c.administered_on, c.session_no) "
            "FROM score c JOIN series s USING (series_id) JOIN episode e USING (episode_key) "
            "WHERE e.ended_on IS NOT NULL AND s.instrument = 'phq-9' AND c.total IS NOT NULL "
            "GROUP BY e.episode_key, e.client_id"
        ).fetchall()
        some_open = con.execute("SELECT count(*) FROM episode WHERE ended_on IS NULL").fetchall()
    assert some_open[0][0] > 100
    assert closed.size == len(rows) > 200
    held = [
        (client, list(closed.scores[start:end]))
        for client, start, end in zip(
            closed.clients, closed.offsets[:-1], closed.offsets[1:], strict=True
        )
    ]
    assert sorted(held) == sorted((client, totals) for client, totals in rows)
    assert all(closed.clinicians)
    assert (closed.weeks[closed.offsets[:-1]] == 0).all()
    assert (np.diff(closed.days)[np.diff(closed.weeks) > 0] > 0).all()


def test_a_clinician_replays_her_own_clients_only(store, closed):
    names = sorted(set(closed.clinicians))
    parts = [store.reader(Scope.clinician(name)).closed("phq-9") for name in names]
    assert [set(part.clinicians) for part in parts] == [{name} for name in names]
    assert sum(part.size for part in parts) == closed.size
    assert sorted(c for part in parts for c in part.clients) == sorted(closed.clients)
    own = back_test_store(store, "phq-9", scope=Scope.clinician(names[0]))
    assert own.closed == parts[0].size
    assert own.fitted_on + own.replayed + own.too_short == own.closed
    # Her episodes are too few for a curve, and nobody else's are taken in their place.
    assert "needs 100 episodes" in own.figures[0]
    assert "not on track" not in own.seen.measures


def test_a_store_without_a_log_and_a_scope_without_clients_are_told(store, tmp_path):
    empty = Store.create(tmp_path / "empty")
    assert empty.reader(ALL).closed("phq-9").size == 0
    for place, scope in ((empty, ALL), (store, Scope.clinician("Nobody"))):
        with pytest.raises(DataError, match=r"no closed episode .* \(of 0 with a score\)"):
            back_test_store(place, "phq-9", scope=scope)


# What is foretold -------------------------------------------------------------------------


def test_our_flags_do_better_than_chance_and_a_rule_of_thumb_warns_more_people_in_vain(found):
    tests = by_rule(found)
    sem, reliable = round(found.judged.sem.value, 2), found.judged.reliable_change.value
    ours = tests[DETERIORATED, 1.0]
    assert ours.sensitivity.value > 1 - ours.specificity.value
    assert ours.sensitivity.low > 1 - ours.specificity.low
    assert ours.positive_predictive_value.value > ours.with_outcome / ours.n
    any_worse, one_sem = tests[POINTS, 1.0], tests[POINTS, sem]
    assert any_worse.specificity.value < one_sem.specificity.value < ours.specificity.value
    assert any_worse.first_flags > 2 * ours.first_flags
    # Worse by the reliable change is the flag itself.
    assert tests[POINTS, reliable].first_flags == ours.first_flags
    red, amber = tests["not on track", 2.0], tests["not on track", 1.0]
    assert red.first_flags < amber.first_flags < tests[DISTANCE, 0.0].first_flags
    assert 1 - red.specificity.high < red.sensitivity.value


def test_no_share_is_missing_without_its_reason_and_none_is_nan(found):
    assert {test.rule for test in found.tests} == set(found.seen.measures)
    for test in found.tests:
        for share in (
            test.sensitivity,
            test.specificity,
            test.positive_predictive_value,
            test.negative_predictive_value,
        ):
            assert (share.value is None) == (share.n == 0) == (share.reason is not None)
            if share.value is not None:
                assert 0 <= share.low <= share.value <= share.high <= 1
        assert test.first_flags_per_clinician_week > 0
        assert test.standing_flags >= test.first_flags
        assert test.n + test.without_a_look == found.replayed


def test_the_ends_that_are_foretold_are_those_of_the_last_score(closed, store, found):
    worse = by_rule(found)[DETERIORATED, 1.0]
    either = by_rule(
        back_test_episodes(closed, "phq-9", store.library, outcome="no reliable improvement")
    )[DETERIORATED, 1.0]
    assert either.with_outcome > 3 * worse.with_outcome
    assert either.first_flags == worse.first_flags


# No future, no leak -----------------------------------------------------------------------


def test_later_scores_change_no_earlier_flag(closed, store, found):
    """All scores after the fifth are made the worst there is, for the clients replayed."""
    replayed = clients_replayed(closed)
    places = [at for at, client in enumerate(closed.clients) if client in replayed]
    other = back_test_episodes(changed(closed, places, after=5), "phq-9", store.library)
    assert other.figures == found.figures
    assert other.judged == found.judged
    starts, ends = found.seen.offsets[:-1], found.seen.offsets[1:]
    early = np.concatenate([np.arange(a, min(a + 5, b)) for a, b in zip(starts, ends, strict=True)])
    late = np.setdiff1d(np.arange(ends[-1]), early)
    for rule, measure in found.seen.measures.items():
        assert np.array_equal(measure[early], other.seen.measures[rule][early], equal_nan=True)
    flag = DETERIORATED
    assert not np.array_equal(found.seen.measures[flag][late], other.seen.measures[flag][late])


def clients_replayed(closed):
    """Return the clients of the second half."""
    return {client for client in closed.clients if not in_first_half(client)}


def test_what_is_fitted_comes_from_other_clients_than_those_who_are_replayed(closed, store, found):
    replayed = clients_replayed(closed)
    fitted = [at for at, client in enumerate(closed.clients) if client not in replayed]
    long_enough = np.diff(closed.offsets) >= 2
    assert found.fitted_on == int(long_enough[fitted].sum())
    assert found.fitted_on + found.replayed + found.too_short == closed.size
    assert 0.4 < found.fitted_on / (found.fitted_on + found.replayed) < 0.6
    # Other ends of the first half give another curve, and the same facts about the second half.
    other = back_test_episodes(changed(closed, fitted, after=5), "phq-9", store.library)
    assert other.judged.curve != found.judged.curve
    for rule in (DETERIORATED, POINTS, "worsening"):
        assert np.array_equal(other.seen.measures[rule], found.seen.measures[rule], equal_nan=True)


def test_both_episodes_of_a_client_are_in_one_half_and_the_order_of_rows_is_nothing(
    closed, store, found
):
    twice = [c for c in set(closed.clients) if closed.clients.count(c) > 1]
    assert twice
    shuffled = closed.only(np.random.default_rng(1).permutation(closed.size))
    again = back_test_episodes(shuffled, "phq-9", store.library)
    assert (again.fitted_on, again.replayed) == (found.fitted_on, found.replayed)
    ours, theirs = by_rule(found)[DETERIORATED, 1.0], by_rule(again)[DETERIORATED, 1.0]
    assert ours == theirs


def test_figures_of_the_service_are_estimated_anew_from_the_first_half(store, closed):
    everybody = Estimates(
        "phq-9", "1", norms=Norms(15, 5, 500, "all"), spread=Spread(9.0, 400, 4000, "all")
    )
    own = back_test_episodes(closed, "phq-9", store.library.with_figures([everybody], 1))
    assert any(line.startswith("Norms of first scores:") for line in own.figures)
    assert any(line.startswith("Spread of single scores:") for line in own.figures)
    assert 1 < own.judged.spread.value < 5  # not the 9 points of everybody


# Budgets and refusals ---------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["not on track", POINTS, DISTANCE])
def test_the_threshold_of_an_alert_budget_keeps_within_it_and_the_next_does_not(
    closed, store, found, rule
):
    solved = solve_threshold(found, rule, budget=3)
    assert solved.load <= 3 < solved.looser_load
    tried = back_test_episodes(
        closed, "phq-9", store.library, thresholds={rule: [solved.threshold, solved.looser]}
    )
    kept, looser = (test for test in tried.tests if test.rule == rule)
    assert kept.first_flags_per_100_sessions == pytest.approx(solved.load)
    assert looser.first_flags_per_100_sessions == pytest.approx(solved.looser_load)
    weekly = solve_threshold(found, rule, budget=0.05, unit="clinician-week")
    assert weekly.load <= 0.05


def test_without_clinicians_there_is_no_load_by_clinician_and_that_is_told(closed, store):
    hidden = replace(closed, clinicians=("",) * closed.size)
    found = back_test_episodes(hidden, "phq-9", store.library)
    assert found.workload is None
    assert {test.first_flags_per_clinician_week for test in found.tests} == {None}
    with pytest.raises(DataError, match=r"workload\. No threshold was sought"):
        solve_threshold(found, POINTS, budget=1, unit="clinician-week")


def test_one_step_of_a_fine_scale_is_not_lost_to_rounding(store):
    """5.1 - 5.0 is a hair below 0.1 in binary: on the ORS a fall by one step is a worse score."""
    clients = tuple(f"C{k}" for k in range(40))
    scores = np.tile([5.1, 5.0, 5.0], 40)
    made = ClosedEpisodes(
        "ors", clients, clients, np.tile([0, 7, 14], 40), scores, np.arange(41) * 3
    )
    found = back_test_episodes(made, "ors", store.library)
    assert by_rule(found)[POINTS, 0.1].first_flags == found.replayed > 10


def test_more_episodes_than_can_be_replayed_are_left_out_and_counted(closed, store):
    few = back_test_episodes(closed, "phq-9", store.library, at_most=100)
    assert few.fitted_on + few.replayed == 100
    assert few.left_out == closed.size - few.too_short - 100


@pytest.mark.parametrize(
    ("instrument", "sentence"),
    [
        ("nothing", r"'nothing' is not a known instrument\. Nothing was replayed"),
        ("srs", "cannot be back-tested: that needs an outcome measure"),
        ("pcl-5", r"no closed episode with two scores or more .* \(of 0 with a score\)"),
    ],
)
def test_what_cannot_be_back_tested_is_told_in_a_sentence(store, instrument, sentence):
    with pytest.raises(DataError, match=sentence):
        back_test_store(store, instrument, scope=ALL)


def test_a_measure_without_a_criterion_is_told(closed, store):
    facts = store.library.instruments["phq-9"]
    bare = replace(facts, reliable_change=None, reliability=None)
    library = replace(store.library, instruments={"phq-9": bare})
    with pytest.raises(DataError, match="needs an outcome measure with a criterion of reliable"):
        back_test_episodes(closed, "phq-9", library)


def test_a_threshold_for_no_rule_is_told(closed):
    with pytest.raises(DataError, match="There is no rule 'luck' here; there are"):
        back_test_episodes(closed, "phq-9", Library.load(), thresholds={"luck": [1.0]})
