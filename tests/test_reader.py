"""Does everybody see her own clients, all of them, and nobody else's?"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from data.caseload import ATTENTION
from data.caseload_page import PAGE_LIMIT, SORTS
from data.errors import DataError
from data.formats.text import Source
from data.reader import Reader
from data.records import CaseloadQuery, CaseloadRow
from data.scope import Scope
from data.store import Store

TODAY = date(2026, 3, 2)
EVERY = 1_000_000
ITEMS = ",".join(f"item_{i}" for i in range(1, 10))
COURSES = {
    "falls": (20, 18, 15, 12, 10, 8, 6, 5),
    "rises": (8, 10, 12, 14, 16, 18, 20, 22),
    "flat": (15, 16, 15, 14, 15, 16, 15, 15),
    "few": (12,),
}
CLINICIANS = {"Ana": "North", "Ben": "North", "Cem": "South"}


def logs() -> dict[str, str]:
    """Return the files of a small service in which each clinician has a client of each course."""
    episodes = ["episode_id,client_id,started_on,ended_on,clinician_id,team,service"]
    sessions = ["episode_id,session_no,held_on,attendance"]
    scores = ["client_id,episode_id,instrument,administered_on,session_no,total"]
    for number, (clinician, team) in enumerate(CLINICIANS.items()):
        service = "Harbour" if team == "North" else "Hill"
        for place, (course, totals) in enumerate(COURSES.items()):
            client, episode = f"{clinician}-{course}", f"E-{clinician}-{course}"
            start = date(2025, 1 + number, 1 + place)
            ended = "2025-12-01" if course == "flat" and clinician == "Cem" else ""
            episodes.append(f"{episode},{client},{start},{ended},{clinician},{team},{service}")
            for k, total in enumerate(totals):
                day = start + timedelta(days=7 * k)
                scores.append(f"{client},{episode},phq-9,{day},{k + 1},{total}")
                sessions.append(f"{episode},{k + 1},{day},{'missed' if k == 3 else 'attended'}")
    scores.append("Ana-flat,E-Ana-flat,phq-9,2025-03-01,99,28")  # out of range, with Ana's client
    scores.append("Cem-flat,E-Cem-flat,phq-9,2025-04-01,99,28")
    notes = "episode_id,noted_on,kind,text\nE-Ben-flat,2025-03-01,note,only Ben may read this\n"
    # A client of two clinicians, in an episode each; and answers to the ninth item.
    answers = [
        f"client_id,episode_id,instrument,administered_on,session_no,total,{ITEMS}",
        "Ana-falls,E-Ana-falls,phq-9,2025-05-01,30,,0,1,0,1,0,0,0,0,1",
        "Ben-falls,E-Ben-falls,phq-9,2025-05-01,30,,0,1,0,1,0,0,0,0,2",
        "Ben-falls,E-Ben-falls,phq-9,2025-05-08,31,,0,1,0,1,0,0,0,0,0",
        "Cem-rises,E-Cem-rises,phq-9,2025-06-01,30,,3,3,3,3,3,3,3,1,0",
        "Cem-rises,E-Cem-rises,phq-9,2025-06-08,31,,3,3,3,3,3,3,2,1,3",
    ]
    episodes += [
        "E-two-1,two,2025-01-01,2025-06-01,Ana,North,Harbour",
        "E-two-2,two,2025-07-01,,Ben,North,Harbour",
    ]
    for k in range(3):
        scores.append(f"two,E-two-1,phq-9,2025-02-0{k + 1},{k + 1},9")
        scores.append(f"two,E-two-2,gad-7,2025-08-0{k + 1},{k + 1},12")
    # And a client of whom nobody said who treats him.
    scores.append("nobody's,,wsas,2025-02-01,1,20")
    return {
        "episodes.csv": "\n".join(episodes) + "\n",
        "scores.csv": "\n".join(scores) + "\n",
        "answers.csv": "\n".join(answers) + "\n",
        "sessions.csv": "\n".join(sessions) + "\n",
        "annotations.csv": notes,
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return the store of the small service; tests only read it."""
    folder = tmp_path_factory.mktemp("service")
    store = Store.create(folder / "store")
    for name, text in logs().items():
        (folder / name).write_text(text, encoding="utf-8")
    store.import_files([Source(name, folder / name) for name in logs()], today=TODAY)
    return store


@pytest.fixture
def everyone(service: Store) -> Reader:
    """Return a reader that sees all."""
    return service.reader(Scope.everyone("test"))


@pytest.fixture
def ana(service: Store) -> Reader:
    """Return a reader that sees Ana's clients."""
    return service.reader(Scope.clinician("Ana"))


def rows(reader: Reader, **query: object) -> list[CaseloadRow]:
    """Return all rows that match, page by page."""
    found: list[CaseloadRow] = []
    page = 1
    while True:
        got = reader.caseload(CaseloadQuery(**{"open_only": False, "page": page, **query}))
        found += got.rows
        if not got.rows:
            assert len(found) == got.total
            return found
        page += 1


def said(act: Callable[[], object]) -> str:
    """Return the sentence of the error that *act* raises."""
    with pytest.raises(DataError) as caught:
        act()
    return str(caught.value)


# Scope ----------------------------------------------------------------------------


def test_a_clinician_sees_her_own_clients_on_every_page(ana, everyone):
    mine = {"E-Ana-falls", "E-Ana-rises", "E-Ana-flat", "E-Ana-few", "E-two-1"}
    assert {row.episode_id for row in rows(ana)} == mine
    assert {row.clinician_id for row in rows(ana)} == {"Ana"}
    for query in (
        {"clinician_id": "Ben"},
        {"team": "South"},
        {"search": "Ben"},
        {"search": "nobody"},
        {"instrument": "wsas"},
        {"instrument": "gad-7"},
    ):
        assert rows(ana, **query) == []
        assert rows(everyone, **query) != []
    # Somebody of her own team is not hers.
    assert {row.episode_id for row in rows(ana, team="North")} == mine


def test_a_clinicians_counts_choices_and_span_are_of_her_own_clients(ana, everyone):
    mine, all_of = ana.totals(), everyone.totals()
    assert (mine.clients, mine.episodes, mine.open_episodes, mine.series) == (5, 5, 4, 5)
    assert (mine.scores, mine.sessions) == (29, 25)
    assert (mine.first_on, mine.last_on) == (date(2025, 1, 1), date(2025, 5, 1))
    assert (all_of.clients, all_of.episodes) == (14, 15)
    assert ana.choices() == (("Ana",), ("North",))
    assert everyone.choices() == (("Ana", "Ben", "Cem"), ("North", "South"))
    assert ana.services() == ("Harbour",)
    assert everyone.services() == ("Harbour", "Hill")
    assert ana.span() == (date(2025, 1, 1), date(2025, 5, 1))
    assert everyone.span() == (date(2025, 1, 1), date(2025, 8, 3))
    page = ana.caseload(CaseloadQuery(open_only=False))
    assert page.total == page.whole == 5
    assert dict(page.per_attention)["worse"] == 1


def test_only_who_sees_everyone_reads_the_rows_that_were_set_aside(ana, everyone, service):
    assert [row.line.split(",")[0] for row in everyone.quarantine()] == ["Ana-flat", "Cem-flat"]
    assert everyone.totals().quarantined == 2
    number = everyone.quarantine()[0].import_no
    assert len(everyone.quarantine(number)) == 2
    assert everyone.quarantine(number + 100) == ()
    for scope in (Scope.clinician("Ana"), Scope("team", frozenset({"Ana", "Ben", "Cem"}))):
        reader = service.reader(scope)
        assert reader.quarantine() == ()
        assert reader.quarantine(number) == ()
        assert reader.totals().quarantined == 0
    # Which data the numbers come from is no client's secret.
    assert ana.about() == everyone.about()


def test_a_client_out_of_scope_reads_like_one_that_does_not_exist(ana, everyone):
    assert everyone.client("Ben-falls").facts.clinician_id == "Ben"
    for episode in (None, "E-Ben-falls", "E-none"):
        foreign = said(lambda e=episode: ana.client("Ben-falls", e))
        nobody = said(lambda e=episode: ana.client("Ben-falls".replace("Ben", "Zoe"), e))
        assert foreign.replace("Ben-falls", "X") == nobody.replace("Zoe-falls", "X")
    assert said(lambda: ana.client("nobody's")) == "No client nobody's is on file for you."


def test_of_a_client_with_two_clinicians_each_sees_her_own_episode(ana, everyone, service):
    assert ana.client("two").episodes == ("E-two-1",)
    assert ana.client("two").facts.episode_id == "E-two-1"
    assert {s.total for s in ana.client("two").scores} == {9.0}
    foreign, none = (said(lambda e=e: ana.client("two", e)) for e in ("E-two-2", "E-none"))
    assert foreign.replace("E-two-2", "X") == none.replace("E-none", "X")
    ben = service.reader(Scope.clinician("Ben"))
    assert ben.client("two").episodes == ("E-two-2",)
    assert everyone.client("two").episodes == ("E-two-1", "E-two-2")
    assert everyone.client("two").facts.episode_id == "E-two-2"  # the open one
    assert everyone.client("two", "E-two-1").facts.ended_on == date(2025, 6, 1)


def test_remarks_are_read_by_their_own_clinician_only(ana, service):
    ben = service.reader(Scope.clinician("Ben"))
    assert [a.text for a in ben.client("Ben-flat").annotations] == ["only Ben may read this"]
    for row in rows(ana):
        assert ana.client(row.client_id, row.episode_id).annotations == ()


@pytest.mark.parametrize("name", ["", "ana", "Ana ", "%", "Ana' OR '1'='1", "NULL"])
def test_a_name_that_is_nearly_a_clinicians_sees_nobody(service, name):
    reader = service.reader(Scope.clinician(name))
    assert rows(reader) == []
    assert reader.totals().clients == reader.totals().scores == 0
    assert reader.span() == (None, None)
    assert reader.choices() == ((), ())
    assert said(lambda: reader.client("Ana-falls")) == "No client Ana-falls is on file for you."


def test_a_scope_of_nobody_sees_nobody(service):
    assert rows(service.reader(Scope("nobody", frozenset()))) == []


def test_a_query_cannot_widen_the_scope(ana):
    with ana._asking() as ask:
        assert len(ask("SELECT * FROM scoped")) == 5
        widened = {"scope_clinicians": ["Ben"], "x": 1}
        got = ask("SELECT DISTINCT clinician_id FROM scoped WHERE $x = 1", widened)
        assert got == [("Ana",)]


def test_a_reader_of_an_empty_store_finds_nothing(store):
    reader = store.reader(Scope.everyone("test"))
    assert reader.about() is None
    assert reader.totals().scores == 0
    assert reader.caseload(CaseloadQuery()).rows == ()
    assert reader.quarantine() == ()
    assert reader.span() == (None, None)
    assert said(lambda: reader.client("a")) == "No client a is on file for you."


# Caseload -------------------------------------------------------------------------


def test_the_greatest_need_stands_first(everyone):
    found = rows(everyone, open_only=True)
    words = [row.attention for row in found]
    assert words == sorted(words, key=ATTENTION.index)
    assert {row.client_id for row in found if row.attention == "worse"} == {
        "Ana-rises",
        "Ben-rises",
        "Cem-rises",
    }
    assert words[:3] == ["worse"] * 3
    assert all(row.states[0] == row.attention for row in found)


def test_a_positive_answer_stands_before_improvement_until_it_is_taken_back(everyone):
    by = {row.client_id: row for row in rows(everyone)}
    assert by["Ana-falls"].attention == "answer"
    assert "better" in by["Ana-falls"].states
    # Ben's client gave the answer and, a week later, no longer.
    assert by["Ben-falls"].attention == "better"
    assert "answer" not in by["Ben-falls"].states
    # Deterioration outranks it, and both are told.
    assert by["Cem-rises"].states[:2] == ("worse", "answer")
    order = [row.client_id for row in rows(everyone)]
    assert order.index("Ana-falls") < order.index("Ben-falls")


def test_the_latest_answer_to_each_risk_item_stands_in_the_row_and_all_on_the_page(everyone):
    by = {row.client_id: row for row in rows(everyone)}
    (ben,) = by["Ben-falls"].risk_answers
    assert (ben.item, ben.value, ben.positive, ben.administered_on) == (
        9,
        0.0,
        False,
        date(2025, 5, 8),
    )
    (cem,) = by["Cem-rises"].risk_answers
    assert (cem.value, cem.positive) == (3.0, True)
    page = everyone.client("Ben-falls")
    assert [(a.administered_on.day, a.value, a.positive) for a in page.risk_answers] == [
        (8, 0.0, False),
        (1, 2.0, True),
    ]
    assert by["Ana-flat"].risk_answers == ()  # only totals came


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 2, 4, 7, 100])
def test_no_row_is_lost_or_shown_twice_over_the_pages(everyone, sort, size):
    paged = [row.episode_id for row in rows(everyone, sort=sort, page_size=size)]
    whole = everyone.caseload(CaseloadQuery(open_only=False, sort=sort, page_size=100))
    assert paged == [row.episode_id for row in whole.rows]
    assert len(paged) == len(set(paged)) == 15


def test_each_sort_order_is_what_it_says(everyone):
    names = [row.client_id for row in rows(everyone, sort="client")]
    assert names == sorted(names)
    days = [row.last_on for row in rows(everyone, sort="last measure")]
    assert days == sorted(days, reverse=True)
    waiting = [row.last_on for row in rows(everyone, sort="longest without a measure")]
    assert waiting == sorted(waiting)
    sessions = [row.sessions or 0 for row in rows(everyone, sort="sessions")]
    assert any(sessions)
    assert sessions == sorted(sessions, reverse=True)
    assert "not by size" in said(lambda: everyone.caseload(CaseloadQuery(sort="size")))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"search": "FALLS"}, 3),
        ({"search": "  ben-f "}, 3),
        ({"team": "South"}, 4),
        ({"team": "South", "open_only": True}, 3),
        ({"clinician_id": "Ben"}, 5),
        ({"clinician_id": "Ben", "search": "two"}, 1),
        ({"instrument": "gad-7"}, 1),
        ({"instrument": "phq-9"}, 13),
        ({"instrument": "none"}, 0),
        ({"open_only": True}, 13),
        ({}, 15),
        ({"attention": ("worse",)}, 3),
        ({"attention": ("worse", "answer")}, 4),
        ({"attention": ("none",)}, 0),
    ],
)
def test_filters_narrow_the_caseload(everyone, query, expected):
    assert len(rows(everyone, **query)) == expected


def test_the_counts_of_needs_add_up_with_any_filter(everyone):
    for query in ({}, {"team": "North"}, {"search": "rises"}, {"clinician_id": "Cem"}):
        whole = everyone.caseload(CaseloadQuery(open_only=False, **query))
        listed = [word for row in whole.rows for word in row.states]
        assert dict(whole.per_attention) == {word: listed.count(word) for word in listed}
        assert whole.total == whole.whole == len(whole.rows)
        assert whole.hidden == ()
        assert [word for word, _ in whole.per_attention] == sorted(
            (word for word, _ in whole.per_attention), key=ATTENTION.index
        )
        for word, count in whole.per_attention:
            part = everyone.caseload(CaseloadQuery(open_only=False, attention=(word,), **query))
            assert part.total == len(part.rows) == count
            assert all(word in row.states for row in part.rows)
            assert part.whole == whole.whole
            urgent = {row.episode_id for row in whole.rows if "worse" in row.states}
            unseen = len(urgent - {row.episode_id for row in part.rows})
            assert dict(part.hidden).get("worse", 0) == unseen
            assert part.per_attention == whole.per_attention  # choosing one does not hide the rest


@pytest.mark.parametrize(
    "text",
    [
        "' OR '1'='1",
        "'; DROP TABLE score; --",
        "%",
        "_",
        "\\",
        "$clinician",
        "') UNION SELECT * FROM caseload --",
        "Ana\x00",
        "x" * 100_000,
    ],
)
def test_what_looks_like_sql_is_text(everyone, text):
    for query in ({"search": text}, {"clinician_id": text}, {"team": text}, {"instrument": text}):
        assert rows(everyone, **query) == []
    assert said(lambda: everyone.client(text)) == f"No client {text} is on file for you."
    assert "is on file for you" in said(lambda: everyone.client("two", text))
    assert everyone.totals().scores > 0


@pytest.mark.parametrize("size", [101, EVERY, 0, -5])
def test_a_page_has_at_most_a_hundred_rows(store, write_csv, size):
    header = "client_id,instrument,administered_on,session_no,total\n"
    text = header + "".join(f"c{n},phq-9,2025-01-01,1,9\n" for n in range(PAGE_LIMIT + 5))
    store.import_file(write_csv(text), today=TODAY)
    page = store.reader(Scope.everyone("test")).caseload(CaseloadQuery(page_size=size))
    assert len(page.rows) == (PAGE_LIMIT if size > 0 else 1)
    assert page.total == PAGE_LIMIT + 5


def test_a_page_beyond_the_last_is_empty_and_one_before_the_first_is_the_first(everyone):
    assert everyone.caseload(CaseloadQuery(page=EVERY)).rows == ()
    first = everyone.caseload(CaseloadQuery())
    assert everyone.caseload(CaseloadQuery(page=-3)).rows == first.rows


# Client ---------------------------------------------------------------------------


def test_a_clients_page_holds_what_came(everyone):
    record = everyone.client("Ana-falls")
    totals = [s.total for s in record.scores]
    assert totals == [*map(float, COURSES["falls"]), 3.0]
    assert record.scores[-1].answers == (0, 1, 0, 1, 0, 0, 0, 0, 1)
    assert [s.attendance for s in record.sessions].count("missed") == 1
    assert (record.row.sessions, record.row.missed) == (7, 1)
    assert record.facts.service == "Harbour"
    assert {e.kind for e in record.events} == {"reliable_improvement"}
    assert [s.instrument for s in record.series] == ["phq-9"]
    assert record.row in rows(everyone)
