"""Is what several measures say together told by the worst of them, and completely?"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.agreement import (
    DIVERGENCE,
    KINDS,
    Measured,
    agreement,
    met_or_stuck,
    what_it_measures,
)
from data.library import Library

LIBRARY = Library.load()


def kinds(*measured):
    return [statement.kind for statement in agreement(measured)]


def symptoms(change, course=0, name="PHQ-9", scores=0):
    return Measured(name, "symptoms", change, course, scores)


def goal(change, name="G1"):
    return Measured(name, "goal", change)


LOW, FINE = Measured("SRS", "alliance", -1), Measured("SRS", "alliance", 0)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        pytest.param([symptoms(1), goal(0)], ["better_while_goal_unmoved"], id="issue's example"),
        pytest.param([symptoms(0), goal(1)], ["goal_better_while_unmoved"], id="goals ahead"),
        pytest.param([symptoms(-1), LOW], ["worse_while_alliance_low"], id="worse, alliance low"),
        pytest.param([symptoms(-1), FINE], [], id="worse, alliance within its mark"),
        pytest.param([symptoms(0), LOW], ["unmoved_while_alliance_low"], id="unmoved, low"),
        pytest.param([symptoms(1), LOW], [], id="better: the alliance is told by itself"),
        pytest.param(
            [symptoms(1), Measured("VLQ", "values", 0)], ["better_while_values_unmoved"], id="values"
        ),
        pytest.param(
            [symptoms(1), Measured("WSAS", "functioning", 0)],
            ["better_while_functioning_unmoved"],
            id="functioning",
        ),
        pytest.param(
            [symptoms(1), symptoms(-1, name="GAD-7")], ["worse_while_better"], id="disagreement"
        ),
        pytest.param([symptoms(1), symptoms(0, name="GAD-7")], [], id="unchanged, scores not told"),
        pytest.param(
            [symptoms(1), symptoms(0, name="GAD-7", scores=3)], ["better_while_symptoms_unmoved"],
            id="one better, one unchanged on three scores",
        ),
        pytest.param(
            [symptoms(1), symptoms(0, name="GAD-7", scores=2)], [], id="two scores are too few"
        ),
        pytest.param(
            [symptoms(1), symptoms(0, 1, name="GAD-7", scores=9)], [], id="on its way, not unmoved"
        ),
        pytest.param(
            [symptoms(1), symptoms(None, name="GAD-7", scores=9)], [], id="not assessable"
        ),
        pytest.param([symptoms(1), symptoms(1, name="GAD-7")], ["all_better"], id="all better"),
        pytest.param([symptoms(1), goal(1)], ["all_better"], id="symptoms and goal better"),
        pytest.param([symptoms(-1), goal(-1)], ["all_worse"], id="symptoms and goal worse"),
        pytest.param([symptoms(1), goal(-1)], ["goal_worse_while_better"], id="goal moved away"),
        pytest.param([symptoms(-1), goal(1)], ["worse_while_goal_better"], id="goal ahead, worse"),
        pytest.param([symptoms(None), goal(0)], [], id="nothing to hold a goal against"),
        pytest.param([symptoms(1), goal(None)], [], id="a goal rated once says nothing"),
        pytest.param([], [], id="nothing at all"),
    ],
)  # fmt: skip
def test_hand_worked_cases(measured, expected):
    assert kinds(*measured) == expected


def test_a_worsening_trend_after_an_improvement_counts_as_worse():
    one = symptoms(1, -1)
    assert one.is_worse
    assert not one.is_better
    (found,) = agreement([one, symptoms(1, name="GAD-7")])
    assert (found.kind, found.first, found.second) == ("worse_while_better", ("PHQ-9",), ("GAD-7",))


def test_who_is_better_and_who_is_not_are_named_on_their_own_sides():
    found = agreement([symptoms(0, scores=12), symptoms(1, name="GAD-7", scores=12), goal(0)])
    assert [s.kind for s in found] == ["better_while_goal_unmoved", "better_while_symptoms_unmoved"]
    assert (found[1].first, found[1].second) == (("GAD-7",), ("PHQ-9",))


def test_a_relief_beside_a_deterioration_is_not_held_against_a_goal():
    found = kinds(symptoms(1), symptoms(-1, name="GAD-7"), goal(0))
    assert found == ["worse_while_better"]


measures = st.sampled_from(["symptoms", "functioning", "wellbeing", "goal", "alliance", "values"])
records = st.lists(
    st.builds(
        Measured,
        st.text("ABC", min_size=1, max_size=3),
        measures,
        st.sampled_from([None, -1, 0, 1]),
        st.sampled_from([-1, 0, 1]),
        st.integers(0, 4),
    ),
    max_size=6,
)


@given(records)
def test_a_loss_is_never_set_off_against_a_gain(measured):
    found = agreement(measured)
    outcome = [m for m in measured if m.measures in ("symptoms", "functioning", "wellbeing")]
    lost = [m for m in outcome if m.is_worse]
    if lost and any(m.is_better for m in outcome):
        assert found[0].kind == "worse_while_better"
        assert found[0].first == tuple(m.name for m in lost)
    if lost:
        assert not {s.kind for s in found} & {
            "all_better", "better_while_goal_unmoved", "better_while_functioning_unmoved",
            "better_while_values_unmoved", "goal_better_while_unmoved",
            "better_while_symptoms_unmoved",
        }  # fmt: skip


@given(records)
def test_statements_are_of_the_closed_list_once_each_and_by_severity(measured):
    found = [statement.kind for statement in agreement(measured)]
    assert found == sorted(set(found), key=KINDS.index)
    assert set(found) <= set(KINDS)


@given(records)
def test_what_cannot_be_assessed_changes_nothing(measured):
    silent = [Measured("X", kind, None) for kind in ("symptoms", "goal", "alliance", "values")]
    assert agreement([*measured, *silent]) == agreement(measured)


def test_every_kind_can_be_said():
    said = set()
    parts = [
        [symptoms(c, scores=3) for c in (None, -1, 0, 1)],
        [symptoms(c, name="GAD-7", scores=3) for c in (None, 0)],
        [Measured("WSAS", "functioning", c) for c in (None, -1, 0, 1)],
        [goal(c) for c in (None, -1, 0, 1)],
        [LOW, FINE],
        [Measured("VLQ", "values", c) for c in (None, 0)],
    ]
    for measured in product(*parts):
        said |= {statement.kind for statement in agreement(measured)}
    assert said == set(KINDS)
    assert set(DIVERGENCE) == set(KINDS) - {"all_better", "all_worse"}


def test_a_direction_that_is_none_is_refused():
    with pytest.raises(ValueError, match="A direction is -1, 0 or 1"):
        Measured("PHQ-9", "symptoms", 2)


@pytest.mark.parametrize(
    ("kind", "goal", "expected"),
    [
        ("maintained", "reached", "met"),
        ("at_floor", "better", "met"),
        ("maintained", "unmoved", "level_only"),
        ("maintained", "worse", "level_only"),
        ("stuck", "reached", "goal_only"),
        ("stuck", "unmoved", "stuck"),
        ("stuck", "unknown", "level_known"),
        ("maintained", "unknown", "level_known"),
    ],
)
def test_a_plateau_is_met_or_stuck_by_cutoff_and_goal_together(kind, goal, expected):
    assert met_or_stuck(kind, goal) == expected


def test_a_plateau_without_a_kind_is_refused():
    with pytest.raises(ValueError, match="maintained, at_floor or stuck"):
        met_or_stuck("undetermined", "reached")


def test_shipped_questionnaires_measure_what_their_facts_say():
    found = {}
    for name, instrument in LIBRARY.instruments.items():
        found.setdefault(what_it_measures(instrument), set()).add(name)
    assert found["functioning"] == {"wsas", "sdq-parent-pro", "sdq-self-pro"}
    assert found["wellbeing"] == {
        "cors", "dialog", "eq-5d-5l", "ors", "reqol-10", "rosenberg", "swemwbs", "swls", "who-5",
    }  # fmt: skip
    assert found["alliance"] == {"srs", "wai-sr"}
    assert found["values"] == {"vlq"}
    assert found["goal"] == {"gas", "gbo"}
    assert found[None] == {"aaq-ii", "suds"}
    assert {"phq-9", "gad-7", "core-10", "pcl-5"} <= found["symptoms"]
