"""Does the caseload put those in need first, and can a click never mean another client?"""

from dataclasses import replace
from datetime import date

import pytest

from dashboard.theme import ATTENTION
from dashboard.views.caseload import NO_DATA, NO_MATCH, NO_OPEN, caseload_view, page_count
from data.library import Library
from data.records import CaseloadPage, CaseloadQuery
from data.scope import Scope

TODAY = date(2026, 3, 2)
LIBRARY = Library.load()
HEADER = (
    "client_id,episode_id,clinician_id,team,service,instrument,administered_on,session_no,total,"
    + ",".join(f"item_{i}" for i in range(1, 10))
)
EMPTY = CaseloadPage((), 0, 0, (), ())


def rows(client, instrument, totals, *, nine=None, clinician="Ana", first=date(2026, 1, 1)):
    """Return the lines of one client; with ``nine`` the last one has items."""
    lines = []
    for week, total in enumerate(totals):
        day = first.fromordinal(first.toordinal() + 7 * week)
        cells = [""] * 9
        if nine is not None and week == len(totals) - 1:
            left = total - nine
            cells = []
            for _ in range(8):
                cells.append(str(min(3, left)))
                left -= int(cells[-1])
            cells.append(str(nine))
        head = f"{client},{client}-1,{clinician},North,Clinic,{instrument},{day},{week + 1},{total}"
        lines.append(",".join([head, *cells]))
    return lines


LOG = "\n".join(
    [
        HEADER,
        *rows("C-1", "phq-9", [20, 14, 8]),
        *rows("C-2", "phq-9", [10, 12, 17], nine=1, clinician="Ben"),
        *rows("C-2", "gad-7", [15, 8, 6], clinician="Ben"),
        *rows("C-3", "phq-9", [14, 14, 14], nine=2),
        *rows("C-4", "phq-9", [14]),
        *rows("C-5", "phq-9", [15] * 8, clinician="Ben"),
        *rows("C-6", "ors", [30.0, 20.0, 18.5]),
    ]
)


@pytest.fixture
def show(import_text, store):
    """Return a function that asks a store of six clients."""
    import_text(LOG + "\n")
    reader = store.reader(Scope.everyone("test"))

    def run(**choices):
        query = CaseloadQuery(**choices)
        return caseload_view(
            reader.caseload(query), query, LIBRARY, today=TODAY, generation=reader.number
        )

    return run


def line_of(view, client):
    (line,) = [line for line in view.lines if line.client_id == client]
    return line


def test_deterioration_and_answers_stand_above_everything_else(show):
    view = show()
    assert {line.client_id for line in view.lines[:2]} == {"C-2", "C-6"}
    assert view.lines[2].client_id == "C-3"
    assert view.lines[-1].client_id == "C-1"


def test_the_answer_line_counts_each_kind(show):
    assert show().answer == (
        "6 open clients: 2 worse, 2 with an answer to acknowledge, 1 stuck, "
        "1 cannot tell yet or not assessable. "
        "A client may count in several."
    )


def test_attention_says_in_words_why(show):
    assert line_of(show(), "C-6").attention == (
        "▼ worse: ORS down 11.5 since 1 Jan 2026, beyond the published criterion, seen twice or "
        "more, and into the clinical range at the last score"
    )


def test_a_positive_answer_is_told_also_where_another_finding_decides(show):
    text = line_of(show(), "C-2").attention
    worse, answer, disagreement = text.split(" | ")
    assert worse == "▼ worse: PHQ-9 up 7 since 1 Jan 2026, beyond error, seen once so far"
    assert answer == "◆ item 9 of PHQ-9 answered 'several days' on 15 Jan 2026"
    assert disagreement == "▲ measures disagree: better on GAD-7"
    assert line_of(show(), "C-3").attention == (
        "◆ answer to acknowledge: item 9 of PHQ-9 answered 'more than half the days' on 15 Jan 2026"
    )


def test_one_score_cannot_be_assessed_yet(show):
    line = line_of(show(), "C-4")
    assert line.attention == "○ cannot tell yet: PHQ-9 cannot be assessed yet (n = 1)"
    assert line.measures[0] is not None
    assert line.measures[0].text == "14 (first score)"


def test_a_plateau_says_over_how_many_scores(show):
    assert line_of(show(), "C-5").attention.startswith(
        "▬ stuck: PHQ-9 no meaningful change over the last 8 scores"
    )


def test_each_measure_has_its_own_fixed_axis_and_direction(show):
    phq, second = show().columns
    assert (phq.instrument, phq.label, phq.y_min, phq.y_max) == ("phq-9", "PHQ-9, 0-27", 0, 27)
    assert "lower is better" in phq.help
    assert second.y_max == LIBRARY.instruments[second.instrument].maximum
    (asked, _) = show(instrument="gad-7").columns
    assert asked.instrument == "gad-7"


def test_a_cell_has_the_last_score_the_change_and_whether_it_is_error(show):
    view = show()
    assert line_of(view, "C-1").measures[0].text == "8 (-12, reliable change)"
    assert line_of(view, "C-1").measures[0].recent == (20, 14, 8)
    assert line_of(view, "C-3").measures[0].text == "14 (0, no reliable change)"
    assert line_of(view, "C-6").measures[0] is None


def test_the_last_measure_is_told_as_an_age(show):
    assert line_of(show(), "C-1").last_measure == "46 days ago"


def test_choosing_a_kind_says_which_urgent_clients_it_hides(show):
    assert show().hidden is None
    assert show(attention=("stuck",)).hidden == (
        "Not shown by this choice: ▼ worse 2 and ◆ answer to acknowledge 2."
    )
    assert show(attention=("worse", "answer", "stuck")).hidden is None


def test_the_pills_keep_their_counts_whatever_is_chosen(show):
    assert show().pills == show(attention=("stuck",)).pills
    assert [p.label for p in show().pills][:2] == ["▼ worse 2", "◆ answer to acknowledge 2"]


def test_the_key_of_the_table_changes_with_everything_that_changes_the_rows(show):
    plain = CaseloadQuery()
    queries = [
        plain,
        replace(plain, search="C-1"),
        replace(plain, clinician_id="Ana"),
        replace(plain, team="North"),
        replace(plain, attention=("worse",)),
        replace(plain, instrument="phq-9"),
        replace(plain, open_only=False),
        replace(plain, sort="client"),
        replace(plain, page=2),
        replace(plain, page_size=10),
    ]
    assert {f for q in queries for f in q.__dataclass_fields__} == set(plain.__dataclass_fields__)
    keys = {
        caseload_view(EMPTY, q, LIBRARY, today=TODAY, generation=g).key
        for q in queries
        for g in (1, 2)
    }
    assert len(keys) == 2 * len(queries)


def test_every_line_carries_its_own_ids(show):
    for page in (1, 2, 3):
        view = show(page=page, page_size=2, sort="client")
        assert [line.client_id for line in view.lines] == [f"C-{2 * page - 1}", f"C-{2 * page}"]
        assert all(line.episode_id == f"{line.client_id}-1" for line in view.lines)
        assert view.shown == f"{2 * page - 1}-{2 * page} of 6"
        assert view.pages == 3


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2)])
def test_there_is_always_a_page(total, pages):
    assert page_count(total, 50) == pages


@pytest.mark.parametrize(
    ("choices", "has_data", "words"),
    [
        ({}, False, NO_DATA),
        ({"search": "nobody"}, True, NO_MATCH),
        ({"team": "South"}, True, NO_MATCH),
        ({"attention": ("stuck",)}, True, NO_MATCH),
        ({}, True, NO_OPEN),
    ],
)
def test_an_empty_page_says_what_to_do(choices, has_data, words):
    view = caseload_view(
        EMPTY, CaseloadQuery(**choices), LIBRARY, today=TODAY, generation=1, has_data=has_data
    )
    assert view.empty == words
    assert view.shown == ""


def test_every_word_of_the_store_has_a_word_on_the_screen():
    from data.caseload import ATTENTION as STORED

    assert set(STORED) <= set(ATTENTION)
    assert tuple(w for w in ATTENTION if w in STORED) == STORED


def test_without_a_list_of_sessions_the_scores_are_counted_and_called_so(show):
    assert all(line.sessions.endswith(" scored") for line in show(open_only=False).lines)


def test_of_several_measures_that_worsened_the_largest_change_is_told_first(import_text, store):
    import_text(
        "client_id,instrument,administered_on,total\n"
        "Z,gad-7,2026-01-05,5\nZ,gad-7,2026-01-12,10\nZ,phq-9,2026-01-05,12\nZ,phq-9,2026-01-12,27\n",
    )
    query = CaseloadQuery()
    page = store.reader(Scope.everyone("test")).caseload(query)
    (line,) = caseload_view(page, query, LIBRARY, today=TODAY, generation=1).lines
    assert line.attention.startswith("▼ worse: PHQ-9 up 15")
