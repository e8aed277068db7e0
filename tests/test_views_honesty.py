"""Is each sentence true of the scores that it speaks of?"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from analytics.criteria import criteria
from analytics.plateau import PlateauRule
from dashboard.theme import ATTENTION, CATEGORY
from dashboard.views.answers import answer_lines
from dashboard.views.case import Case
from dashboard.views.caseload import CLOSED_TOO, attention_text, caseload_view
from dashboard.views.client import client_view
from dashboard.views.findings import finding
from dashboard.views.reasons_change import change_reason
from dashboard.views.windows import windows, would_turn
from data.library import Library
from data.records import CaseloadPage, CaseloadQuery, RiskSetAside, ScoreRow, SeriesKey
from data.scope import Scope

TODAY = date(2026, 3, 2)
LIBRARY = Library.load()
PHQ = LIBRARY.instruments["phq-9"]


@pytest.fixture
def view_of(client_of):
    def run(scores, *, client="C-1", **options):
        return client_view(client_of(scores, client=client), LIBRARY, today=TODAY, **options)

    return run


def items(nine):
    return [1, 1, 1, 1, 1, 1, 1, 1, nine]


def change(view, title):
    """Return what would change the one reason whose title has these words."""
    (found,) = [r for r in view.reasons if title in r.title]
    return dict(found.parts)["What would change it"]


# The risk item ----------------------------------------------------------------------------


def test_a_blank_takes_no_answer_back(view_of):
    first, *_ = view_of({"phq-9": [items(3), items(None)], "core-10": [[0] * 10]}).answers
    assert first.mark == "◆"
    assert first.text == (
        "Item 9 of PHQ-9: answered 'nearly every day' on 1 Sep 2025; not answered on 8 Sep 2025 "
        "(175 days ago)."
    )


def test_neither_do_a_blank_and_a_total_after_it(view_of):
    (line,) = view_of({"phq-9": [items(3), items(None), 12]}).answers
    assert line.to_acknowledge
    assert line.text.endswith("Last recorded: answered 'nearly every day' on 1 Sep 2025.")


def test_a_later_zero_decides_and_a_blank_after_it_does_not_undo_it(view_of):
    (line,) = view_of({"phq-9": [items(3), items(0), items(None)]}).answers
    assert not line.to_acknowledge
    assert "answered 'not at all' on 8 Sep 2025; not answered on 15 Sep 2025" in line.text


def test_two_respondents_never_have_the_same_line():
    series = [SeriesKey(1, "phq-9", ""), SeriesKey(2, "phq-9", "parent")]
    rows = [ScoreRow(k, TODAY, 1, 9.0, tuple(map(float, items(1))), 1, 2) for k in (1, 2)]
    lines = answer_lines(rows, series, LIBRARY.instruments, today=TODAY)
    assert [line.text.partition(":")[0] for line in lines] == [
        "Item 9 of PHQ-9",
        "Item 9 of PHQ-9 (parent)",
    ]


def test_an_answer_in_a_row_set_aside_has_its_line(view_of):
    aside = RiskSetAside(2, 7, "phq-9", "2025-11-03", 9, "3", True)
    view = view_of({"phq-9": [items(0)]}, risk_aside=[aside], set_aside=2, files={2: "b.csv"})
    assert [line.to_acknowledge for line in view.answers] == [True, False]
    assert view.answers[0].text == (
        "Item 9 of PHQ-9: answered 'nearly every day' on 3 Nov 2025, in row 7 of b.csv, which was "
        "set aside on import."
    )
    assert view.set_aside == (
        "2 rows of this client were set aside on import and are not shown here; an answer to a "
        "risk item may be among them. See Import."
    )
    odd = replace(aside, answer="often", administered_on="03/11", instrument="own")
    line = view_of({"phq-9": [items(0)]}, risk_aside=[odd]).answers[0]
    assert line.text.startswith("Item 9 of own: answered 'often' on 03/11, in row 7 of import 2")


def test_without_rows_set_aside_nothing_is_said_of_them(view_of):
    assert view_of({"phq-9": [12]}).set_aside is None
    assert view_of({"phq-9": [12]}, set_aside=1).set_aside.startswith(
        "1 row of this client was set aside on import and is not shown here;"
    )


def test_the_caseload_never_leaves_the_reason_of_an_answer_empty(client_of):
    row = replace(client_of({"phq-9": [12]}).row, attention="answer", risk_answers=())
    text = attention_text(row, [], LIBRARY.instruments)
    assert text.startswith("◆ answer to acknowledge: given before the latest questionnaire, or")


# The plateau ------------------------------------------------------------------------------

RULE = PlateauRule((8, 9, 10), sigma=2.47, margin=5.0, guard=2.06)


def scored(totals, days=7):
    return [(date(2025, 1, 1) + timedelta(days=days * k), t) for k, t in enumerate(totals)]


def test_the_guard_is_named_where_only_the_guard_forbids_a_plateau(view_of):
    scores = [12, 12, 12, 13, 13, 13, 13, 14, 14, 14]
    view = view_of({"phq-9": scores})
    (measure,) = view.measures
    result, rule = measure.result, criteria(PHQ, LIBRARY.rules).plateau
    assert result.state == "undetermined"
    inside = [w for w in windows(result, rule, scored(scores)) if w.is_inside]
    assert inside
    assert all(w.worsening > rule.guard for w in inside)
    told = change(view, "cannot tell yet")
    assert "lies inside ±5 points, but these scores worsen by an estimated" in told
    assert "at most 2.06, one standard error of measurement, would be a plateau" in told
    assert "an interval inside ±5 points" not in told


def test_one_of_the_windows_is_enough_for_a_plateau(view_of):
    told = change(view_of({"phq-9": [14] * 10}), "plateau")
    assert "in all of the windows of 8, 9 and 10 scores" in told


def test_windows_that_last_too_long_are_said_to(view_of):
    view = view_of({"gad-7": {0: 10} | dict.fromkeys(range(20, 27), 10)})
    (measure,) = view.measures
    assert measure.result.state == "undetermined"
    assert change(view, "cannot tell yet") == (
        "the last 8 scores lie over 26 weeks, too far apart to be looked at together; at most 16 "
        "weeks would be"
    )


def test_windows_of_one_day_are_said_to_be(view_of):
    view = view_of({"phq-9": [14] * 8})
    result = replace(view.measures[0].result, state="undetermined", block_change=None)
    assert would_turn(result, RULE, scored([14] * 8, days=0)) == (
        "the last 8 scores lie on one day, so no course can be seen; scores of other days would "
        "change that"
    )


@pytest.mark.parametrize(
    "totals", [[14] * 8, [15, 14] * 5, [10, 11, 12, 12, 13, 13, 14, 15, 15, 16]]
)
def test_the_windows_say_what_the_rule_decided(view_of, totals):
    view = view_of({"phq-9": totals})
    result, rule = view.measures[0].result, criteria(PHQ, LIBRARY.rules).plateau
    there = windows(result, rule, scored(totals))
    passed = any(w.is_inside and w.worsening <= rule.guard for w in there)
    assert passed == (result.state == "plateau" or result.plateau_kind is not None)


# Change -----------------------------------------------------------------------------------


def test_a_score_that_came_back_is_not_called_unchanged_since(view_of):
    (found,) = view_of({"phq-9": [14, 27, 2, 14]}).findings
    assert found.sentence.startswith("PHQ-9 at 14, as on 1 Sep 2025, not beyond error")
    assert "unchanged" not in found.short
    (found,) = view_of({"gad-7": [14, 13, 15, 14]}, client="C-2").findings
    assert found.sentence.startswith("GAD-7 unchanged at 14 since 1 Sep 2025")


def test_nothing_is_claimed_of_scores_that_are_not_at_hand(view_of):
    result = view_of({"phq-9": [14, 13, 14]}).measures[0].result
    judging = criteria(PHQ, LIBRARY.rules)
    assert "unchanged at 14" in finding(result, PHQ, judging).short
    assert "at 14, as on" in finding(replace(result, n=40), PHQ, judging).short


def test_a_published_criterion_below_error_is_not_called_error(view_of):
    view = view_of({"ors": [30, 24.5], "phq-9": [12, 18]})
    told = {f.name: f.sentence for f in view.findings}
    assert (
        "beyond the published criterion, seen once so far, and into the clinical range"
        in told["ORS"]
    )
    assert "beyond error" not in told["ORS"]
    assert "beyond error" in told["PHQ-9"]
    criterion = next(
        text for r in view.reasons if r.title.startswith("ORS") for k, text in r.parts
        if k == "Criterion"
    )  # fmt: skip
    assert criterion.startswith(
        "5 points or more, below the 6.38 points that measurement error reaches; source:"
    )


@pytest.mark.parametrize("name", list(LIBRARY.instruments))
def test_beyond_error_is_said_only_where_it_is_true(name):
    from dashboard.views.findings import beyond, error_of_change

    judged = criteria(LIBRARY.instruments[name], LIBRARY.rules)
    if judged.reliable_change is not None and beyond(judged) == "beyond error":
        error = error_of_change(judged)
        assert error is None or judged.reliable_change.value >= error - 1e-9


def test_a_large_criterion_does_not_make_a_change_error(view_of):
    result = view_of({"phq-9": [14, 18]}).measures[0].result
    judging = criteria(PHQ, LIBRARY.rules)
    large = replace(judging, reliable_change=replace(judging.reliable_change, value=9.0))
    between = replace(result, change=8.0, latest=22.0)
    assert "not beyond the published criterion" in finding(between, PHQ, large).sentence
    assert "not beyond error" in finding(result, PHQ, large).sentence


def test_numbers_are_as_fine_as_the_steps_of_the_questionnaire(view_of):
    view = view_of({"ors": [20, 19.9]})
    fine = replace(PHQ, step=0.01, minimum=0, maximum=4)
    result = replace(view.measures[0].result, instrument="phq-9", baseline=1.29, latest=1.25)
    result = replace(result, change=-0.04, recent=(1.29, 1.25), category="unchanged")
    told = finding(result, fine, criteria(fine, LIBRARY.rules)).sentence
    assert told.startswith("PHQ-9 down 0.04 (1.29 to 1.25) since")


def test_the_totals_that_would_change_a_finding_are_one_step_apart(client_of):
    """The last total that is still the same and the first that is not must read differently."""
    record = client_of({"ors": [20, 19.9]})
    fine = replace(PHQ, step=0.01, minimum=0.0, maximum=27.0)
    result = replace(record.row.results[0], baseline=14.0, latest=14.0, change=0.0)

    def told(result):
        case = Case(result, fine, criteria(fine, LIBRARY.rules), [], "rules r", {})
        return dict(change_reason(case).parts)["What would change it"]

    assert "a next total of 20 or more" in told(result)
    assert "a next total of 20.01 or more" in told(replace(result, baseline=14.01))


def test_a_series_without_an_administration_is_passed_over(client_of):
    record = client_of({"phq-9": [12]})
    record = replace(record, series=(*record.series, SeriesKey(99, "gad-7", "")))
    view = client_view(record, LIBRARY, today=TODAY)
    assert not any("0 times" in remark for remark in view.remarks)


# The caseload -----------------------------------------------------------------------------


def test_unchanged_and_not_assessable_have_words_of_their_own(import_text, store):
    lines = ["client_id,episode_id,instrument,administered_on,session_no,total"]
    # About 9 points in ten weeks and back: no trend, no plateau, no reliable change.
    for name, totals in (
        ("C-1", [16, 16, 15, 14, 14, 13, 13, 12]),
        ("C-2", [14]),
    ):
        lines += [
            f"{name},{name},phq-9,{date(2025, 9, 1) + timedelta(weeks=k)},{k + 1},{total}"
            for k, total in enumerate(totals)
        ]
    lines += [f"C-3,C-3,k10,2025-09-0{k},{k},{20 + k}" for k in (1, 2, 3)]
    import_text("\n".join(lines) + "\n")
    reader = store.reader(Scope.everyone("test"))
    query = CaseloadQuery()
    view = caseload_view(reader.caseload(query), query, LIBRARY, today=TODAY, generation=1)
    told = {line.client_id: line.attention for line in view.lines}
    assert told["C-1"].startswith("≈ no reliable change: PHQ-9 down 4 since 1 Sep 2025, not beyond")
    assert told["C-2"].startswith("○ cannot tell yet: PHQ-9 cannot be assessed yet (n = 1)")
    assert told["C-3"].startswith("○ cannot be assessed: K10 up 2")
    assert view.answer == (
        "3 open clients: 2 cannot tell yet or not assessable, 1 with no reliable change."
    )
    assert "○ cannot tell yet or not assessable 2" in [pill.label for pill in view.pills]
    assert "≈ no reliable change 1" in [pill.label for pill in view.pills]
    words = client_view(reader.client("C-3"), LIBRARY, today=TODAY).words
    assert words == (CATEGORY["not_assessable"],)
    words = client_view(reader.client("C-2"), LIBRARY, today=TODAY).words
    assert words == (ATTENTION["cannot_tell"],)


def test_a_search_that_finds_closed_episodes_only_says_so():
    empty, query = CaseloadPage((), 0, 0, (), ()), CaseloadQuery(search="C-1")
    view = caseload_view(empty, query, LIBRARY, today=TODAY, generation=1, closed=1)
    assert view.empty == (
        "No open episode matches this search and these filters, but 1 closed episode does. Closed "
        f"episodes are not shown; turn on '{CLOSED_TOO}' to see them."
    )
