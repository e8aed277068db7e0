"""Are the service's own figures an act on record, and do results stay still without one?"""

import math
import sqlite3
from contextlib import closing
from datetime import date

import numpy as np
import pytest

from analytics.estimates import Estimates, pooled_spread
from dashboard import cli
from data.errors import DataError
from data.fitting import as_text, from_text
from data.formats.text import Source
from data.scope import Scope
from data.store import Store
from data.synthetic.service import synthetic_service
from data.verification import verify

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Write the log of one synthetic service."""
    folder = tmp_path_factory.mktemp("service")
    synthetic_service(folder, seed=3, today=TODAY)
    return folder


@pytest.fixture(scope="module")
def fitted(service, tmp_path_factory):
    """Import it, and fit its own figures."""
    store = Store.create(tmp_path_factory.mktemp("fit") / "store")
    files = [Source(f"{name}.csv", service / f"{name}.csv") for name in ("episodes", "scores")]
    store.import_files(files, today=TODAY)
    store.fit(by="test")
    return store


def results(store):
    """Return every derived row of the generation in use."""
    parent = store.parent(store.current())
    with parent.cursor() as con:
        return {
            table: [repr(r) for r in con.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()]
            for table in ("result", "event", "caseload")
        }


def test_a_fit_gives_every_outcome_measure_its_figures_and_each_gap_a_reason(fitted):
    figures = fitted.library.figures
    assert {"phq-9", "gad-7"} <= set(figures)
    assert "srs" not in figures  # a process measure is not judged
    for own in figures.values():
        missing = [f for f in (own.norms, own.pairs, own.spread, own.curve) if f is None]
        assert len(own.refusals) >= len(missing)
    phq = figures["phq-9"]
    assert phq.norms.n > 400
    assert "own" in phq.norms.source
    assert phq.pairs.mean_after < phq.pairs.mean_before
    assert phq.curve.is_own
    assert phq.calibration.held_out
    # The planted courses do not follow the curve, so its limits hold only about.
    (red,) = [e for e in phq.calibration.total if e.share == 0.8]
    assert 0.03 < red.low < red.observed < red.high < 0.25
    (ever,) = [e for e in phq.calibration.ever if e.share == 0.8]
    assert ever.observed > red.observed
    assert "at least once" in phq.calibration.sentence
    assert "began on the clinical side (>= 10)" in phq.curve.source


def test_results_are_made_with_the_figures_and_name_the_fit(fitted):
    about = fitted.reader(Scope.everyone("test")).about()
    assert about.fit == 1
    assert about.library == fitted.library.hash
    courses = {row[0] for row in ask(fitted, "SELECT DISTINCT not_on_track FROM result")}
    assert courses == {"within", "amber", "red", None}
    (shrunken,) = ask(fitted, "SELECT count(shrunken_slope) FROM result WHERE instrument = 'phq-9'")
    assert shrunken[0] > 400


def ask(store, query):
    with store.parent(store.current()).cursor() as con:
        return con.execute(query).fetchall()


def test_the_figures_come_back_from_their_text_exactly(fitted):
    figures = tuple(fitted.library.figures.values())
    assert from_text(as_text(figures)) == figures
    assert Store.open(fitted.root).library.hash == fitted.library.hash


def test_figures_that_cannot_be_read_are_told(fitted):
    text = as_text(tuple(fitted.library.figures.values()))
    with pytest.raises(DataError, match="own figures in the ledger cannot be read"):
        from_text(text.replace('"instrument"', '"questionnaire"'))


def test_a_rebuild_makes_the_same_results_with_the_same_figures(fitted):
    before = results(fitted)
    fitted.rebuild()
    assert results(fitted) == before
    assert [check for check in verify(fitted) if check.wrong] == []


def test_an_import_after_a_fit_changes_only_the_clients_it_touches(fitted, tmp_path):
    before = results(fitted)["result"]
    log = tmp_path / "more.csv"
    log.write_text(
        "client_id,episode_id,instrument,administered_on,session_no,total\n"
        "new-1,new-1-1,phq-9,2026-01-05,1,20\nnew-1,new-1-1,phq-9,2026-01-26,4,26\n",
        encoding="utf-8",
    )
    report = fitted.import_file(Source("more.csv", log), today=TODAY)
    after = results(fitted)["result"]
    assert set(before) < set(after)
    assert len(after) == len(before) + 1
    assert fitted.reader(Scope.everyone("test")).about().fit == 1
    # A client of 20 points who does not get better is off the expected course.
    assert ask(
        fitted,
        "SELECT not_on_track FROM result JOIN episode USING (episode_key) WHERE client_id = 'new-1'",
    ) == [("red",)]
    fitted.undo_import(report.import_no)
    assert results(fitted)["result"] == before


def test_going_back_takes_the_figures_of_that_generation_with_it(service, tmp_path):
    store = Store.create(tmp_path / "store")
    files = [Source(f"{name}.csv", service / f"{name}.csv") for name in ("episodes", "scores")]
    store.import_files(files, today=TODAY)
    unfitted, first = results(store), store.current()
    plain = store.library.hash
    store.fit()
    fitted_number = store.current()
    assert store.library.hash != plain
    store.roll_back(first)
    assert (store.library.hash, store.library.fit_no) == (plain, None)
    assert results(store) == unfitted
    assert Store.open(store.root).library.hash == plain
    store.roll_back(fitted_number)
    assert store.library.fit_no == 1
    assert [check for check in verify(store) if check.wrong] == []


def test_an_empty_store_has_nothing_to_fit(tmp_path):
    with pytest.raises(DataError, match="The store is empty"):
        Store.create(tmp_path / "store").fit()


def test_a_service_too_small_for_any_figure_is_told_why_and_nothing_changes(tmp_path):
    store = Store.create(tmp_path / "store")
    log = tmp_path / "log.csv"
    lines = [f"c{c},phq-9,2026-01-{d:02},{15 + c}" for c in range(3) for d in (5, 12, 19)]
    log.write_text("client_id,instrument,administered_on,total\n" + "\n".join(lines), "utf-8")
    store.import_file(Source("log.csv", log), today=TODAY)
    before, number = results(store), store.current()
    with pytest.raises(DataError, match=r"^Nothing could be estimated") as refusal:
        store.fit()
    for what in ("norms need at least 30", "Pairs of ended episodes", "spread of single scores"):
        assert what in str(refusal.value)
    assert (results(store), store.current()) == (before, number)
    assert store.ledger.fit_in_use() is None


def test_figures_of_another_version_leave_the_record_readable_and_can_be_fitted_anew(
    service, tmp_path
):
    store = Store.create(tmp_path / "store")
    files = [Source(f"{name}.csv", service / f"{name}.csv") for name in ("episodes", "scores")]
    store.import_files(files, today=TODAY)
    store.fit()
    with closing(sqlite3.connect(store.ledger.path)) as ledger, ledger:
        ledger.execute("UPDATE fit SET figures = '[{\"questionnaire\": 1}]'")
    again = Store.open(store.root)
    assert again.library.figures == {}
    about = again.reader(Scope.everyone("test")).about()
    assert about.library != again.library.hash  # which every page tells
    again.fit()
    assert Store.open(store.root).library.fit_no == 2


def test_the_command_tells_every_figure_and_status_names_the_fit(fitted, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "250")
    store = str(fitted.root)
    before = fitted.ledger.fit_in_use().fit_no
    for arguments in (["fit"], ["status"], ["status", "--json"]):
        monkeypatch.setattr("sys.argv", ["milepost", *arguments, "--store", store])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code in (0, None)
    out = capsys.readouterr().out
    assert "PHQ-9: First scores have a mean of " in out
    assert "PHQ-9: Check of its limits: " in out
    assert f"own figures of fit {before + 1}" in out
    assert f'"fit": {before + 1}' in out


def test_a_service_in_which_nobody_began_as_a_case_has_no_curve_and_says_so(tmp_path):
    store = Store.create(tmp_path / "store")
    log = tmp_path / "log.csv"
    lines = [f"c{c},phq-9,2026-01-{d:02},{2 + (c + d) % 5}" for c in range(40) for d in (5, 12, 19)]
    log.write_text("client_id,instrument,administered_on,total\n" + "\n".join(lines), "utf-8")
    store.import_file(Source("log.csv", log), today=TODAY)
    (own,) = store.fit()
    assert own.norms is not None
    assert own.curve is None
    assert any("there are 0" in sentence for sentence in own.refusals)


# The spread of single scores --------------------------------------------------------------


def flat(matrix):
    n, size = matrix.shape
    return np.tile(np.arange(n), size), matrix.T.ravel(), np.arange(size + 1) * n


def test_the_spread_is_that_of_the_error_about_any_line():
    rng = np.random.default_rng(4)
    slopes = rng.normal(-0.5, 0.6, 4_000)
    truth = 20 + np.arange(12)[:, np.newaxis] * slopes
    found = pooled_spread(*flat(truth + rng.normal(0, 2.5, truth.shape)))
    # 4,000 clients of 10 scores leave 32,000 degrees of freedom: a standard error of 0.01.
    assert found.sd == pytest.approx(2.5, abs=0.04)
    assert (found.clients, found.scores) == (4_000, 40_000)


def test_the_spread_is_the_root_of_the_mean_square_of_one_client_written_out():
    scores = np.repeat(np.array([[1.0], [3], [2], [5], [4], [6], [9], [7]]), 30, axis=1)
    weeks, y, offsets = flat(scores)
    residual = scores[:, 0] - np.polyval(np.polyfit(np.arange(8), scores[:, 0], 1), np.arange(8))
    found = pooled_spread(weeks, y, offsets)
    assert found.sd == pytest.approx(math.sqrt((residual**2).sum() / 6))


@pytest.mark.parametrize(
    ("clients", "scores", "weeks"),
    [(29, 8, None), (30, 7, None), (30, 8, 0.0)],
    ids=["too few clients", "too short", "all on one day"],
)
def test_too_little_gives_no_spread(clients, scores, weeks):
    matrix = np.random.default_rng(1).normal(10, 2, (scores, clients))
    t, y, offsets = flat(matrix)
    assert pooled_spread(t if weeks is None else t * weeks, y, offsets) is None


def test_an_estimate_without_any_figure_says_nothing():
    own = Estimates("phq-9", "1")
    assert (own.norms, own.curve, own.refusals) == (None, None, ())
