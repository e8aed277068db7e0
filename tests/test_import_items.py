"""Are answers judged one by one, and totals held against them?"""

import pytest

from data.ledger import Counts

PHQ9 = [f"item_{k}" for k in range(1, 10)]


def log(rows: list[tuple[str, str, list[str]]], items: int = 9) -> str:
    """Return a log: instrument, total and answers of each row; each row is a client."""
    names = ",".join(f"item_{k}" for k in range(1, items + 1))
    lines = [f"client_id,instrument,administered_on,total,{names}"]
    for n, (instrument, total, answers) in enumerate(rows):
        cells = [*answers, *[""] * (items - len(answers))]
        lines.append(f"C{n},{instrument},2026-01-05,{total},{','.join(cells)}")
    return "\n".join(lines) + "\n"


def answers(*values: int | str) -> list[str]:
    return [str(value) for value in values]


TOTALS = "SELECT total FROM score JOIN series USING (series_id) ORDER BY episode_key"
FULL = answers(1, 1, 1, 1, 1, 1, 1, 1, 2)  # 10 points


def test_a_form_without_any_answer_and_total_0_is_no_score(import_text, query):
    after = import_text(log([("phq-9", "0", []), ("phq-9", "10", FULL)]))
    assert after.report.counts == Counts(2, 1, 0, 1)
    assert (after.only.code, after.only.found) == ("all_blank", "0")
    assert "all 9 items are blank, so nothing was answered" in after.only.allowed
    assert query(TOTALS) == [(10.0,)]


def test_a_file_of_blank_forms_only_holds_no_score(import_text):
    assert import_text(log([("phq-9", "0", []), ("phq-9", "0", [])])).codes == ["all_blank"] * 2


def test_spaces_are_no_answers(import_text):
    assert import_text(log([("phq-9", "0", [" "] * 9)])).codes == ["all_blank"]


def test_a_form_answered_with_nought_throughout_is_a_score_of_0(import_text, query):
    assert import_text(log([("phq-9", "0", ["0"] * 9)])).codes == []
    assert query(TOTALS) == [(0.0,)]


def test_a_total_of_0_alone_is_a_score_where_the_file_has_no_items(import_text, query):
    text = "client_id,instrument,administered_on,total\nC1,phq-9,2026-01-05,0\n"
    assert import_text(text).codes == []
    assert query(TOTALS) == [(0.0,)]


def test_a_total_of_0_stands_for_an_instrument_whose_items_the_file_never_sends(import_text):
    text = log([("gad-7", "0", []), ("phq-9", "10", FULL)])
    assert import_text(text).report.counts.accepted == 2


def test_neither_total_nor_answers_is_set_aside(import_text):
    after = import_text(log([("phq-9", "", [])]))
    assert after.codes == ["blank_total"]
    assert "neither a total nor an answer" in after.only.allowed


def test_a_total_that_disagrees_with_its_items_is_set_aside_with_both(import_text):
    after = import_text(log([("phq-9", "11", FULL)]))
    assert (after.only.code, after.only.found) == ("total_disagrees", "11")
    assert after.only.allowed == "the total of its items, which is 10"


def test_answers_without_a_total_are_scored(import_text, query):
    import_text(log([("phq-9", "", FULL)]))
    assert query("SELECT total, answers FROM score") == [(10.0, [1.0] * 8 + [2.0])]


@pytest.mark.parametrize(
    ("answer", "allowed", "code"),
    [("4", "an answer from 0 to 3, or blank for no answer", "item_out_of_range"),
     ("-1", "an answer from 0 to 3", "item_out_of_range"),
     ("9", "an answer from 0 to 3", "item_out_of_range"),
     ("1.5", "in steps of 1", "item_wrong_step"),
     ("1e0", "a number such as 12", "not_a_number"),
     ("nan", "a number such as 12", "not_a_number"),
     ("1 ", "a number such as 12", "not_a_number")],
)  # fmt: skip
def test_a_bad_answer_is_told_with_its_item(import_text, answer, allowed, code):
    after = import_text(log([("phq-9", "", [*FULL[:4], answer, *FULL[5:]])]))
    assert (after.only.column, after.only.found, after.only.code) == ("item_5", answer, code)
    assert allowed in after.only.allowed


def test_an_answer_beyond_the_items_is_set_aside(import_text, query):
    after = import_text(log([("gad-7", "", answers(1, 1, 1, 1, 1, 1, 1, 3)),
                             ("gad-7", "7", answers(1, 1, 1, 1, 1, 1, 1))]))  # fmt: skip
    assert (after.only.column, after.only.code) == ("item_8", "no_such_item")
    assert after.only.allowed == "blank: GAD-7 has 7 items"
    assert query("SELECT answers FROM score") == [([1.0] * 7,)]


def test_an_instrument_without_known_items_takes_no_answers(import_text):
    after = import_text(log([("gbo", "5", ["5"])], items=1))
    assert after.codes == ["no_such_item"]


def test_a_prorated_total_is_the_instruments_own_rule(import_text, query):
    """Seven of nine items with 7 points in all are 9 on nine; 9 or no total may stand beside it."""
    seven = answers(1, 1, 1, 1, 1, 1, 1, "", "")
    after = import_text(log([("phq-9", "9", seven), ("phq-9", "", seven), ("phq-9", "7", seven)]))
    assert after.codes == ["total_disagrees"]
    assert query(TOTALS) == [(9.0,), (9.0,)]


def test_a_rounded_prorated_total_agrees(import_text, query):
    """Eight of nine items with 9 points are 10.125 on nine; services write 10."""
    eight = answers(2, 1, 1, 1, 1, 1, 1, 1, "")
    assert import_text(log([("phq-9", "10", eight)])).codes == []
    assert query(TOTALS) == [(10.125,)]


def test_too_many_blanks_leave_no_total(import_text, query):
    six = answers(1, 1, 1, 1, 1, 1, "", "", "")
    after = import_text(log([("phq-9", "6", six), ("phq-9", "", six)]))
    assert after.codes == ["too_few_items"]
    assert "6 of 9 items are answered and at most 2 may be blank" in after.only.allowed
    assert query("SELECT total, answers FROM score") == [(None, [1.0] * 6 + [None] * 3)]


def test_items_that_the_file_has_no_column_for_are_blank(import_text, query):
    """A PHQ-8 sent as PHQ-9: eight answers of 1 are 9 on nine items, not 8."""
    after = import_text(log([("phq-9", "8", ["1"] * 8), ("phq-9", "9", ["1"] * 8)], items=8))
    assert after.codes == ["total_disagrees"]
    assert query("SELECT answers FROM score") == [([1.0] * 8 + [None],)]


def test_reversed_items_are_turned_before_they_are_summed(import_text, query):
    """CORE-10 turns items 2 and 3: 4 + (4 - 4) + (4 - 0) and seven noughts are 8."""
    core = answers(4, 4, 0, 0, 0, 0, 0, 0, 0, 0)
    after = import_text(log([("core-10", "8", core), ("core-10", "", core)], items=10))
    assert after.codes == []
    assert query(TOTALS) == [(8.0,), (8.0,)]
    assert import_text(log([("core-10", "9", core)], items=10), "b.csv").codes == [
        "total_disagrees"
    ]


def test_answers_with_a_decimal_comma_are_read_as_chosen(import_text, query):
    text = log([("ors", "", answers(5, 5, 5, 6))], items=4).replace(",", ";").replace(";6", ";6,5")
    assert import_text(text, decimal=",").codes == []
    assert query(TOTALS) == [(21.5,)]


def test_answers_that_come_later_are_filled_in_whichever_file_is_first(tmp_path, write_csv, today):
    from data.store import Store

    alone = write_csv(
        "client_id,instrument,administered_on,total\nC0,phq-9,2026-01-05,10\n", "a.csv"
    )
    itemised = write_csv(log([("phq-9", "10", FULL)]), "b.csv")
    states = []
    for name, files in (("one", (alone, itemised)), ("two", (itemised, alone))):
        store = Store.create(tmp_path / name)
        reports = [store.import_file(file, today=today) for file in files]
        assert [r.counts.duplicate for r in reports] == [0, 1]
        cursor = store.parent(store.current()).cursor()
        asked = ("SELECT total, answers FROM score", "FROM result", "FROM risk_answer")
        states.append([cursor.execute(sql).fetchall() for sql in asked])
    assert states[0][0] == [(10.0, [1.0] * 8 + [2.0])]
    assert states[0][2][0][-2:] == (2.0, True)  # the ninth item, in the derived table too
    assert states[0] == states[1]


def test_other_answers_with_the_same_total_are_a_contradiction(import_text):
    import_text(log([("phq-9", "10", FULL)]))
    after = import_text(log([("phq-9", "10", FULL[::-1])]), "b.csv")
    assert after.codes == ["conflict"]
    assert "the set of answers that is here already" in after.only.allowed
    twice = log([("phq-9", "10", FULL), ("phq-9", "10", FULL[::-1])]).replace("C1", "C0")
    other = import_text(twice.replace("C0", "C9"), "c.csv")
    assert other.codes == ["conflict", "conflict"]


def test_the_answer_to_a_risk_item_in_a_row_set_aside_stays_readable(import_text):
    risky = answers(0, 0, 0, 0, 0, 0, 0, 0, 3)
    after = import_text(log([("phq-9", "2", risky)]))
    assert after.only.line == "C0,phq-9,2026-01-05,2,0,0,0,0,0,0,0,0,3"
