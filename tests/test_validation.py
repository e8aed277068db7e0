"""Does the validation say what was found, and is the committed one what the command prints?"""

import json
import math
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics.course import KERNEL_VERSION
from analytics.expectation.calibration import Exceedance
from analytics.false_alarms import false_alarm_rate
from analytics.simulation import NOISES, operating_characteristics
from analytics.sudden.chance import false_positive_rates
from dashboard import cli
from data.library import Library
from data.validation.held_out import held_out
from data.validation.report import SEED, Report, validation
from data.validation.services import Service
from data.validation.truths import QUESTIONS
from data.validation.unchanged import COURSES, unchanged_clients
from data.validation.verdicts import RuleScore, Share
from data.validation.wording import ABOUT
from data.validation.writing import (
    as_markdown,
    plateau_part,
    services_part,
    sudden_part,
    unchanged_part,
)

COMMITTED = Path(__file__).parents[1] / "docs" / "validation.md"
AGAIN = "the file is old: run `milepost validate --write docs/validation.md`"


@pytest.fixture(scope="module")
def library():
    return Library.load()


@pytest.fixture(scope="module")
def committed():
    return COMMITTED.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def settings(committed):
    """Return the seeds and the runs that the committed file says it was made with."""
    seeds, runs = re.search(r"validate --seeds (\d+) --runs (\d+)", committed).groups()
    return int(seeds), int(runs)


@pytest.fixture
def milepost(monkeypatch, capsys):
    """Return a function that runs the command inside this process."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["milepost", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code or 0, *capsys.readouterr()

    return run


# The committed file -----------------------------------------------------------------------


def test_the_committed_file_names_its_versions_and_seeds(committed, settings, library):
    from importlib.metadata import version

    rules = f"{library.rules.id} {library.rules.version}"
    line = f"- milepost {version('milepost')}, rules {rules}, formulas {KERNEL_VERSION}"
    assert line in committed.splitlines(), AGAIN
    assert f"{settings[0]} synthetic services (seeds 1 to {settings[0]}," in committed
    assert f"{settings[1]:,} simulated clients a cell of the other tables, seed {SEED}" in committed


def test_the_committed_tables_of_simulated_clients_are_what_the_command_prints(
    committed, settings, library
):
    runs = settings[1]
    unchanged = tuple(unchanged_clients(library, runs=runs, seed=SEED))
    sudden = tuple(false_positive_rates(runs=runs, seed=SEED, noises=NOISES))
    plateau = tuple(operating_characteristics(runs=runs, seed=SEED))
    for part in (
        unchanged_part(unchanged, runs, library),
        sudden_part(sudden),
        plateau_part(plateau),
    ):
        assert "\n".join(part) in committed, AGAIN


@pytest.mark.slow
def test_the_committed_file_is_what_the_command_prints(committed, settings, library):
    seeds, runs = settings
    report = validation(library, seeds=range(1, seeds + 1), runs=runs)
    assert as_markdown(report, library) == committed, AGAIN


def test_every_question_and_every_rule_stands_in_the_committed_file(committed):
    assert {question.name for question in QUESTIONS} == set(ABOUT)
    for question in QUESTIONS:
        heading = f"### {question.name[0].upper()}{question.name[1:]}\n"
        part = committed.split(heading)[1].split("\n## ")[0].split("\n### ")[0]
        for rule in question.rules:
            assert re.search(rf"^\| \*?{re.escape(rule)}\*? \|", part, re.MULTILINE), rule
        # A rule of thumb stands beside ours wherever the field has one.
        thumbs = re.findall(r"^\| \*.*\*", part, re.MULTILINE)
        assert bool(thumbs) == (
            question.name
            not in ("a level: stuck", "a level: met", "a sudden loss", "an alliance rupture")
        )


# The command ------------------------------------------------------------------------------


def test_the_command_tells_a_program_the_same_numbers_as_a_person(milepost, tmp_path):
    path = tmp_path / "validation.md"
    code, out, err = milepost("validate", "--seeds", 1, "--runs", 40, "--write", path, "--json")
    assert code == 0
    assert f"{path} was written." in err
    told = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    text = path.read_text(encoding="utf-8")
    assert "nan" not in text
    assert (told["seeds"], told["runs"]) == ([1], 40)
    plateau = next(row for row in told["planted"] if row["rule"] == "plateau")
    found = plateau["found"]
    row = re.search(r"^\| plateau \| ([0-9.]+) \(([0-9.]+) to ([0-9.]+)\)", text, re.MULTILINE)
    shown = [f"{100 * found[name]:.1f}" for name in ("share", "low", "high")]
    assert list(row.groups()) == shown
    assert found["flagged"] / found["series"] == found["share"] == plateau["found_by_service"][0]
    loss = next(row for row in told["planted"] if row["rule"] == "sudden loss")
    assert (loss["found"]["series"], loss["found"]["share"]) == (0, None)
    assert {row["instrument"] for row in told["expected_course"]} >= {"phq-9", "gad-7"}


@pytest.mark.parametrize("where", [".", "nowhere/validation.md"])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_computed(
    milepost, tmp_path, monkeypatch, where
):
    monkeypatch.chdir(tmp_path)
    code, out, err = milepost("validate", "--write", where)
    assert code == 2
    assert out == ""
    assert "is no file in a folder that is there. Nothing was computed." in err.replace("\n", " ")


# False alarms -----------------------------------------------------------------------------


def test_fine_steps_far_from_the_ends_meet_the_exact_chance(library):
    """OCI: 168 points, SEM 11.5, begun in the middle; three standard errors of 20,000 clients."""
    oci = next(
        one for one in unchanged_clients(library, runs=20_000, seed=2) if one.instrument == "oci-42"
    )
    for by_length, confirmed in ((oci.once, False), (oci.confirmed, True)):
        for n in COURSES:
            # Whole points reach a criterion by equality half a point earlier.
            exact = false_alarm_rate(oci.criterion - 0.5, oci.sem, looks=n - 1, confirmed=confirmed)
            assert by_length[n].exact == exact
            reach = 3 * math.sqrt(exact * (1 - exact) / 20_000)
            assert abs(by_length[n].simulated - exact) < reach


def test_every_outcome_measure_with_a_criterion_is_there_and_others_change_nothing(library):
    every = {one.instrument: one for one in unchanged_clients(library, runs=50, seed=1)}
    known = {name: library.judging(name) for name in library.instruments}
    assert set(every) == {
        name
        for name, c in known.items()
        if c.role == "outcome" and c.reliable_change is not None and c.sem is not None
    }
    some = {name: library.instruments[name] for name in ("phq-9", "ors")}
    alone = unchanged_clients(replace(library, instruments=some), runs=50, seed=1)
    assert list(alone) == [every["phq-9"], every["ors"]]


def test_a_longer_course_has_more_false_alarms_and_two_in_a_row_has_fewer(library):
    for one in unchanged_clients(library, runs=200, seed=3):
        for value in ("exact", "simulated"):
            once = [getattr(one.once[n], value) for n in COURSES]
            twice = [getattr(one.confirmed[n], value) for n in COURSES]
            assert once == sorted(once)
            assert twice == sorted(twice)
            assert all(b <= a for a, b in zip(once, twice, strict=True))


# Tables and sums --------------------------------------------------------------------------


def exceedance(beyond, of, half):
    observed = beyond / of
    return Exceedance(0.80, 0.10, beyond, of, observed, observed - half, observed + half)


def test_services_of_one_size_have_the_mean_share_and_a_narrower_interval():
    """Two independent means of one variance: its half, so 1 / sqrt(2) of the width."""
    from analytics.expectation.calibration import Calibration

    def service(seed, beyond):
        one = exceedance(beyond, 1000, 0.03)
        held = Calibration((one,), (), (), 50, 1000, 7, True, "")
        return Service(seed, 50, 1000, (), {"phq-9": held}, ())

    (both,) = held_out([service(1, 90), service(2, 130)])
    assert (both.beyond, both.of, both.observed, both.outside) == (220, 2000, 0.11, 14)
    assert both.high - both.observed == pytest.approx(0.03 / math.sqrt(2))
    assert (both.lowest, both.highest) == (0.09, 0.13)


def test_who_could_not_be_assessed_stands_beside_the_share():
    found = Share("to be found", ((0, 1, 6), (1, 1, 2)), silent=4)
    group = Share("level", ((0, 1, 9), (1, 1, 1)), silent=3, looks_flagged=2, looks=40)
    score = RuleScore("reliable improvement", "a rule", False, found, (group,), (0, 3))
    service = Service(1, 18, 100, (score,), {}, ("PHQ-9: Too few.",))
    report = Report("0", "default 0", "0", 10, (service,), (score,), (), (), ())
    lines = services_part(report)
    head, row = (
        next(line for line in lines if line.startswith(f"| {word}")) for word in ("rule", "a rule")
    )
    assert head.startswith("| rule | found of 8 | services | n. a. | of those assessed | delay | ")
    assert row.startswith("| a rule | 25.0 (7.1 to 59.1) | 25.0 to 25.0 | 4 | 50.0 | ")
    assert row.endswith("| 1.5 (0.75 to 2.25) | 10.0 (1.8 to 40.4); n. a. 3 | 5.0 |")
    assert "- Seed 1. PHQ-9: Too few." in lines


def test_a_rule_that_found_nobody_has_no_delay_and_no_nan_on_paper():
    nobody = Share("to be found", ((0, 1, 5),), silent=5)
    score = RuleScore("reliable improvement", "a rule", True, nobody, (), ())
    service = Service(1, 5, 5, (score,), {}, ())
    lines = services_part(Report("0", "0", "0", 1, (service,), (score,), (), (), ()))
    assert "| *a rule* | 0.0 (0.0 to 43.4) | 0.0 to 0.0 | 5 | none | none |" in lines
    assert np.isnan(score.delay)
