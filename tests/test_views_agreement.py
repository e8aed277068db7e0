"""Is a questionnaire that stands still told beside another one that is better?"""

from datetime import date

from dashboard.views.client import client_view
from data.library import Library

LIBRARY = Library.load()
TODAY = date(2026, 3, 2)


def together(record):
    view = client_view(record, LIBRARY, today=TODAY, baselines={})
    flags = [line.text for line in view.flags if line.kind == "disagreement"]
    return [(line.kind, line.text) for line in view.together], flags


def test_phq_9_that_is_flat_is_told_beside_gad_7_that_fell_by_15_points(client_of):
    phq, gad = [16, 15, 16, 15, 16, 15, 16, 15], [18, 14, 10, 8, 6, 4, 4, 3]
    said, flags = together(client_of({"phq-9": phq, "gad-7": gad}))
    text = "GAD-7 improved reliably; PHQ-9 has not."
    assert said == [("better_while_symptoms_unmoved", text)]
    assert flags == [text]


def test_two_that_stand_still_have_a_verb_of_their_own(client_of):
    scores = {"phq-9": [16, 15, 16], "core-10": [20, 21, 20], "gad-7": [18, 9, 3]}
    (line,) = together(client_of(scores))[0]
    assert line[1] == "GAD-7 improved reliably; CORE-10 and PHQ-9 have not."


def test_few_symptoms_that_stay_few_are_no_contrast(client_of):
    assert together(client_of({"phq-9": [4, 3, 4, 3], "gad-7": [18, 9, 6, 3]})) == ([], [])


def test_two_scores_are_too_few_to_stand_still(client_of):
    assert together(client_of({"phq-9": [16, 15], "gad-7": [18, 9, 6, 3]})) == ([], [])
