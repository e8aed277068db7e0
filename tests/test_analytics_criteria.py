"""Are the numbers that judge a questionnaire right, and is their origin named?"""

import math
from dataclasses import replace

import pytest

from analytics.criteria import criteria
from analytics.instrument import Cutoff, Instrument, Norms, Reliability, Sourced
from analytics.rules import Rules

FULL = Instrument(
    "mood",
    "1",
    "Mood list",
    "lower",
    0,
    30,
    1,
    interval_days=14,
    reliability=Reliability(0.84, "test-retest", "study A"),
    clinical=Norms(20, 5, 100, "study B"),
    functional=Norms(8, 4, 200, "study C"),
    meaningful_change=Sourced(5, "study D"),
)
RULES = Rules()


def test_errors_and_reliable_change_are_computed_with_their_sources():
    found = criteria(FULL, RULES)
    assert found.sem.value == pytest.approx(2.0)  # 5 * sqrt(1 - .84)
    assert found.s_diff.value == pytest.approx(2 * math.sqrt(2))
    assert found.reliable_change.value == pytest.approx(1.959964 * 2 * math.sqrt(2), abs=1e-5)
    assert not found.reliable_inclusive
    for number in (found.sem, found.s_diff, found.reliable_change):
        assert number.source.startswith("computed from test-retest 0.84 (study A) and SD 5")
        assert "study B" in number.source
    assert found.missing == ()


def test_a_published_criterion_goes_first_and_counts_equality():
    published = replace(FULL, reliable_change=Sourced(6, "a manual"))
    found = criteria(published, RULES)
    assert found.reliable_change == Sourced(6, "a manual")
    assert found.reliable_inclusive
    assert found.s_diff.value == pytest.approx(2 * math.sqrt(2))  # the index stays computed


def test_a_published_criterion_is_enough_for_change_without_norms():
    found = criteria(
        replace(FULL, reliable_change=Sourced(6, "m"), reliability=None, clinical=None), RULES
    )
    assert found.reliable_change.value == 6
    # 6 = z sqrt(2) SEM, read backwards with z = 1.959964
    assert found.sem.value == pytest.approx(6 / (1.959964 * math.sqrt(2)), abs=1e-6)
    assert found.s_diff.value == pytest.approx(6 / 1.959964, abs=1e-6)
    assert found.sem.source == "computed back from the published reliable change 6 (m)"
    assert found.missing == ()


def test_no_reliability_leaves_sentences_and_no_numbers():
    found = criteria(replace(FULL, reliability=None), RULES)
    assert found.sem is found.s_diff is found.reliable_change is None
    assert math.isnan(found.plateau.sigma)
    assert math.isnan(found.plateau.margin)
    assert found.missing[0].startswith("Mood list: no reliability is known")
    assert found.missing[-1].startswith("Mood list: no criterion of reliable change")


@pytest.mark.parametrize(
    ("better", "cutoffs", "chosen"),
    [
        ("lower", [("severe", 20, ">="), ("caseness", 10, ">=")], 10),
        ("lower", [("screening", 12, ">="), ("severe", 20, ">=")], 12),
        ("lower", [("remission", 5, "<"), ("screening", 12, ">=")], 12),
        ("higher", [("caseness", 25, "<="), ("recovered", 30, ">=")], 25),
    ],
)
def test_the_published_cutoff_is_that_for_caseness_or_the_first(better, cutoffs, chosen):
    made = tuple(Cutoff(value, op, purpose, "m") for purpose, value, op in cutoffs)
    found = criteria(replace(FULL, better=better, cutoffs=made), RULES)
    assert found.cutoff.value == chosen


@pytest.mark.parametrize(
    ("letter", "value", "sources"),
    [
        ("c", (4 * 20 + 5 * 8) / 9, ("study B", "study C")),
        ("b", 16, ("study C",)),
        ("a", 10, ("study B",)),
    ],
)
def test_without_a_published_cutoff_that_of_the_rules_is_computed(letter, value, sources):
    found = criteria(FULL, replace(RULES, cutoff=letter)).cutoff
    assert found.value == pytest.approx(value)
    assert found.op == ">="
    assert found.purpose == f"computed {letter}"
    assert all(source in found.source for source in sources)


def test_clinical_norms_alone_give_cutoff_a_on_the_side_that_is_better():
    found = criteria(replace(FULL, functional=None), RULES).cutoff
    assert (found.value, found.op, found.purpose) == (10, ">=", "computed a")
    mirrored = replace(FULL, better="higher", clinical=Norms(10, 5, 9, "m"), functional=None)
    found = criteria(mirrored, RULES).cutoff
    assert (found.value, found.op, found.purpose) == (20, "<=", "computed a")


def test_a_cutoff_outside_the_scale_is_not_used():
    found = criteria(replace(FULL, functional=None, clinical=Norms(9, 5, 9, "m")), RULES)
    assert found.cutoff is None
    assert found.missing == (
        "Mood list: the cutoff a computed from its norms, -1.0, lies outside the scale, so "
        "recovery and the kind of a plateau cannot be assessed.",
    )


def test_no_norms_and_no_cutoff_leave_a_sentence():
    found = criteria(replace(FULL, functional=None, clinical=None), RULES)
    assert found.cutoff is None
    assert (
        "Mood list: no cutoff for caseness that holds for every client is on record and no norms "
        "are known, so recovery and the kind of a plateau cannot be assessed."
    ) in found.missing


@pytest.mark.parametrize(
    ("better", "cutoff", "mark"),
    [
        ("lower", Cutoff(7, "<=", "remission", "m"), "<= 7 is the mark of remission"),
        ("higher", Cutoff(24, ">=", "remission", "m"), ">= 24 is the mark of remission"),
        ("higher", Cutoff(9, "<", "alert", "m"), None),
    ],
)
def test_a_mark_of_the_healthy_end_is_told_and_is_no_cutoff(better, cutoff, mark):
    facts = replace(FULL, better=better, functional=None, clinical=None, cutoffs=(cutoff,))
    found = criteria(facts, RULES)
    (told,) = [sentence for sentence in found.missing if "caseness" in sentence]
    assert found.cutoff is None
    aside = "" if mark is None else f" ({mark}, which is no cutoff for caseness)"
    assert f"no norms are known{aside}, so recovery" in told


def test_the_plateau_rule_takes_its_numbers_from_facts_and_profile():
    rule = criteria(FULL, RULES).plateau
    assert rule.windows == (8, 9, 10)
    assert rule.sigma == pytest.approx(1.2 * 2.0)
    assert rule.margin == 5
    assert rule.guard == pytest.approx(2.0)
    assert rule.gap_weeks == 2
    assert (rule.block_weeks, rule.block_cap_weeks, rule.span) == (7, 14, 2)
    assert (rule.confidence, rule.better) == (0.90, "lower")


@pytest.mark.parametrize(
    ("mic", "windows", "margin", "words"),
    [
        (3, (10,), 3, "so a plateau needs 10 scores instead of 8"),
        (1.5, (8, 9, 10), math.nan, "too few for a plateau to be called"),
    ],
)
def test_a_margin_near_the_error_needs_longer_windows_or_turns_the_plateau_off(
    mic, windows, margin, words
):
    found = criteria(replace(FULL, meaningful_change=Sourced(mic, "m")), RULES)
    assert found.plateau.windows == windows
    assert found.plateau.margin == pytest.approx(margin, nan_ok=True)
    assert len(found.missing) == 1
    assert words in found.missing[0]


def test_the_reliable_change_is_the_margin_where_no_meaningful_change_is_known():
    published = replace(FULL, meaningful_change=None, reliable_change=Sourced(6, "a manual"))
    found = criteria(published, RULES)
    assert found.meaningful_change == Sourced(
        6, "the reliable change (a manual), as no meaningful change is on record"
    )
    assert found.plateau.margin == 6
    assert found.missing == ()


def test_the_best_total_is_the_end_that_is_better():
    assert criteria(FULL, RULES).best == 0
    assert criteria(replace(FULL, better="higher"), RULES).best == 30


def test_equal_facts_give_equal_criteria():
    found = criteria(FULL, RULES)
    assert found == criteria(replace(FULL), replace(RULES))
    assert hash(found) == hash(criteria(FULL, RULES))
