"""Do other methods and phases stand beside a measure, and never in place of its status?"""

from dataclasses import replace
from datetime import date

import pytest

from analytics.estimates import Estimates
from analytics.instrument import Norms
from analytics.sensitivity.panel import METHODS
from analytics.sensitivity.samples import PairedSample
from analytics.single_case.effects import phase_effects
from dashboard.views.client import client_view
from dashboard.views.phases import PhaseStart, phases_view
from dashboard.views.sensitivity import NEVER_THE_STATUS, sensitivity_view
from data.library import Library

TODAY = date(2026, 3, 2)
LIBRARY = Library.load()
BEFORE, AFTER = [18, 17, 19, 18, 17], [12, 13, 9, 8, 10]


@pytest.fixture
def view_of(client_of):
    """Return a function that gives the page of one client."""

    def run(scores, *, library=LIBRARY, notes=(), **options):
        rows = "".join(f"C-1-1,{day},{kind},{text}\n" for day, kind, text in notes)
        if rows:
            options["companions"] = {
                "episodes.csv": "episode_id,client_id,started_on\nC-1-1,C-1,2025-09-01\n",
                "annotations.csv": f"episode_id,noted_on,kind,text\n{rows}",
            }
        return client_view(client_of(scores, **options), library, today=TODAY)

    return run


@pytest.fixture
def other_of(view_of):
    """Return a function that gives what other methods say of one client's only measure."""

    def run(scores, **options):
        (measure,) = view_of(scores, **options).measures
        return measure.sensitivity

    return run


def facts(other):
    return {question: (answer, details) for question, answer, details in other.facts}


# Other methods ------------------------------------------------------------------------------


def test_the_first_line_says_that_this_is_never_the_status(other_of):
    other = other_of({"phq-9": [18, 9]})
    assert other.lead.startswith(NEVER_THE_STATUS)
    assert "4 of 4 computable indices agree with the status on this page (better)." in other.lead


def test_each_method_has_index_limit_verdict_and_ingredients(other_of):
    other = other_of({"phq-9": [18, 9]})
    rows = {row[0]: row[1:] for row in other.indices}
    assert tuple(rows) == METHODS
    # SD 5.5 and alpha .86: 9 points by sqrt(2) * 5.5 * sqrt(.14) = 2.910.
    assert rows["Jacobson-Truax"] == ("better", "+3.09", "1.96", "2.91")
    assert rows["Hageman-Arrindell"] == ("cannot be assessed", "none", "1.64", "none")
    assert "Hageman-Arrindell: No sample of clients" in other.ingredients
    assert "Nunnally-Kotsch: The reliability before stands for that after." in other.ingredients


def test_a_published_criterion_and_the_indices_may_differ_and_the_lead_counts_them(other_of):
    other = other_of({"phq-9": [18, 12]})
    agree = sum(row[1] == "better" for row in other.indices)
    assert f"{agree} of 4 computable indices agree" in other.lead


def test_norms_of_the_service_stand_in_and_are_named(other_of):
    assert LIBRARY.instruments["core-10"].clinical is None
    assert {r[1] for r in other_of({"core-10": [25, 12]}).indices} == {"cannot be assessed"}
    norms = Norms(18, 7.5, 40, "the service's own sample, n = 40 first scores")
    own = LIBRARY.with_figures([Estimates("core-10", "1", norms=norms)], 1)
    other = other_of({"core-10": [25, 12]}, library=own, client="C-2")
    assert "the service's own sample" in other.ingredients
    answer, details = facts(other)["Past cutoff a?"]
    # 18 - 15 = 3, and its variance 7.5^2 / 40 + 4 * 7.5^2 / 78.
    assert answer == "no, 25 to 12 stays on the clinical side"
    assert details == (
        "Clinical side 3 or more; 95 % interval of the cutoff -1.06 to 7.06 (delta method)."
    )


def test_pairs_of_the_service_serve_the_index_that_needs_them(other_of):
    pairs = PairedSample(60, 16.0, 5.0, 10.0, 6.0, 0.4, "the service's own pairs")
    own = LIBRARY.with_figures([Estimates("phq-9", "1", pairs=pairs)], 1)
    other = other_of({"phq-9": [18, 9]}, library=own, client="C-3")
    row = {r[0]: r[1:] for r in other.indices}["Hageman-Arrindell"]
    assert row[0] == "better"
    # r_dd = 1 - 2 * 2.058^2 / (25 + 36 - 24), and the index of -9 with a mean change of -6.
    r_dd = 1 - 2 * 5.5**2 * 0.14 / 37
    index = (9 * r_dd + 6 * (1 - r_dd)) / (r_dd**0.5 * 2**0.5 * 5.5 * 0.14**0.5)
    assert row[1] == f"{index:+.2f}"


def test_cutoffs_without_norms_are_not_assessable_and_say_which_lack(other_of):
    found = facts(other_of({"core-10": [25, 12]}))
    answer, details = found["Past cutoff c?"]
    assert answer == "cannot be assessed"
    assert details.startswith("No norms of clients before treatment")


def test_response_percentage_and_meaningful_change_are_facts(other_of):
    found = facts(other_of({"phq-9": [18, 9]}))
    assert found["Percentage change"][0] == "+50 %"
    assert found["Response (50 % or more)?"][0] == "yes"
    assert found["Changed by a meaningful amount?"][0] == "yes, better"
    assert found["Changed by a meaningful amount?"][1].startswith("5 points or more (")
    assert found["Past cutoff a?"][0].startswith(("yes", "no"))


def test_remission_is_judged_by_its_published_definition(other_of):
    # Insomnia Severity Index below 8.
    assert facts(other_of({"isi": [20, 7]}))["Remission?"][0] == "yes"
    assert facts(other_of({"isi": [20, 8]}, client="C-2"))["Remission?"][0] == "no"
    assert facts(other_of({"phq-9": [18, 4]}, client="C-4"))["Remission?"][0] == "yes"
    assert facts(other_of({"phq-9": [18, 5]}, client="C-5"))["Remission?"][0] == "no"
    (answer, why) = facts(other_of({"core-10": [20, 5]}, client="C-3"))["Remission?"]
    assert answer == "cannot be assessed"
    assert why == "No definition of remission is known for this questionnaire."


def test_a_worsening_reads_worse_and_has_no_response(other_of):
    other = other_of({"phq-9": [10, 20]})
    assert {row[1] for row in other.indices[:4]} == {"worse"}
    found = facts(other)
    assert found["Percentage change"][0] == "-100 %"
    assert found["Response (50 % or more)?"][0] == "no, worse by so much"


def test_where_higher_is_better_a_rise_is_better(other_of):
    other = other_of({"ors": [12, 30]})
    assert other.indices[0][1] == "better"
    # M1 = 19.6, s1 = 8.7, M0 = 28, s0 = 6.8: a = 37, b = 14.4, c = 24.31.
    found = facts(other)
    assert found["Past cutoff a?"][0] == "no, 12 to 30 stays on the clinical side"
    assert found["Past cutoff b?"][0] == "yes, 12 to 30 goes to the functional side"
    assert found["Past cutoff c?"][1].startswith("Clinical side 24.31 or less; no interval")


@pytest.mark.parametrize("scores", [{"phq-9": [14]}, {"srs": [39, 30]}])
def test_one_score_and_process_measures_have_no_panel(other_of, scores):
    assert other_of(scores) is None


def test_no_questionnaire_leaves_a_gap_in_its_tables(client_of):
    (result,) = client_of({"phq-9": [18, 9]}).row.results
    for key, facts_of in LIBRARY.instruments.items():
        ends = (facts_of.minimum, facts_of.maximum)
        for first, last in (ends, ends[::-1], (ends[0], ends[0])):
            judged = replace(result, instrument=key, baseline=first, latest=last)
            other = sensitivity_view(judged, facts_of, LIBRARY.judging(key))
            assert (other is None) is (facts_of.role != "outcome")
            for row in () if other is None else (*other.indices, *other.facts):
                assert all(cell.strip() for cell in row), (key, row)
                assert "nan" not in " ".join(row).split(), (key, row)


# Phases -------------------------------------------------------------------------------------

# Weeks 0 to 9 from 1 September; the phase begins on the day of the fifth score.
BEGAN = ("2025-09-29", "phase", "exposure began")


def test_a_phase_compares_the_scores_up_to_its_day_with_those_after(view_of):
    phases = view_of({"phq-9": BEFORE + AFTER}, notes=[BEGAN]).phases
    (one,) = phases.comparisons
    assert one.title == "PHQ-9, before and after 29 Sep 2025 (exposure began)"
    assert one.sentence == (
        "In 100 % of all pairs of a score before and one after, the later one is better, ties "
        "counted half (5 scores in A, 5 scores in B; 50 % is no difference)."
    )
    expected = phase_effects(BEFORE, AFTER, better="lower").effects
    assert [row[0] for row in one.rows] == [index.name for index in expected.shown()]
    value = dict(row[:2] for row in one.rows)
    assert value["NAP (nonoverlap of all pairs)"] == f"{expected.nap.value:.2f}" == "1.00"
    assert one.rows[0][2] == f"95 %: {expected.nap.low:.2f} to 1.00"
    assert "none is known" in {row[2] for row in one.rows}
    assert "Mann-Kendall" in one.caution


def test_where_the_baseline_has_a_trend_the_size_that_takes_it_out_stands_first(view_of):
    falling = [20, 19, 18, 17, 16, 15, 14, 13, 12, 11]
    phases = view_of({"phq-9": falling}, notes=[BEGAN]).phases
    (one,) = phases.comparisons
    assert one.rows[0][0].startswith("Tau-BC")
    assert one.rows[0][1] == "0.00"
    assert dict(row[:2] for row in one.rows)["NAP (nonoverlap of all pairs)"] == "1.00"
    assert "A course that was improving anyway gives a high NAP" in phases.lead
    assert "have a trend (p < 0.05), Tau-BC, which takes it out, stands first" in phases.lead


def test_a_short_phase_has_a_caution(view_of):
    short = view_of({"phq-9": [18, 17, 19, 12, 13, 9, 8]}, notes=[("2025-09-15", "phase", "x")])
    assert "A phase of 3 scores is short" in short.phases.comparisons[0].caution


def test_two_scores_before_are_refused_with_the_reason(view_of):
    phases = view_of({"phq-9": BEFORE + AFTER}, notes=[("2025-09-08", "phase", "x")]).phases
    (one,) = phases.comparisons
    assert one.rows == ()
    assert one.sentence == (
        "Cannot be assessed: Phase A has 2 scores; effect sizes need at least 3 in each phase."
    )


def test_without_a_phase_there_is_no_panel(view_of):
    note = ("2025-09-29", "event", "moved house")
    view = view_of({"phq-9": BEFORE + AFTER}, notes=[note])
    assert view.phases is None
    assert view.measures[0].phases == ()


def test_a_second_phase_ends_the_first_one(view_of):
    notes = [("2025-09-15", "phase", "one"), ("2025-10-13", "Phase", "two")]
    first, second = view_of({"phq-9": BEFORE + AFTER}, notes=notes).phases.comparisons
    assert "(3 scores in A, 4 scores in B;" in first.sentence
    assert "(4 scores in A, 3 scores in B;" in second.sentence


def test_process_measures_are_not_compared(view_of):
    phases = view_of({"srs": [30] * 8, "phq-9": BEFORE + AFTER}, notes=[BEGAN]).phases
    assert [c.title.partition(",")[0] for c in phases.comparisons] == ["PHQ-9"]


def test_phases_of_one_day_are_one_and_long_words_are_cut_for_the_chart(view_of):
    notes = [BEGAN, ("2025-09-29", "phase", "medication was changed by the physician")]
    (start,) = view_of({"phq-9": BEFORE + AFTER}, notes=notes).measures[0].phases
    assert start.text == "exposure began and medication was changed by the physician"
    assert len(start.label.splitlines()) == 2
    assert max(map(len, start.label.splitlines())) <= 20


def test_no_phase_means_no_view_whatever_the_measures():
    assert phases_view((), [], confidence=0.95) is None
    start = PhaseStart(date(2025, 9, 1), "x", "x")
    assert phases_view([start], [], confidence=0.95).comparisons == ()
