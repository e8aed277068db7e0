"""Do the charts draw what the views say, in both themes, and is Plotly content with them?"""

from dataclasses import replace
from datetime import date

import plotly.graph_objects as go
import pytest

from analytics.estimates import Estimates
from analytics.expectation.curve import GrowthCurve
from dashboard.charts.diary import goals_chart, rates_chart, sessions_chart
from dashboard.charts.trajectory import trajectory
from dashboard.theme import PALETTE
from dashboard.views.client import client_view
from data.library import Library

TODAY = date(2026, 3, 2)
CURVE = GrowthCurve(
    "phq-9", "Fitted on 600 episodes of this service.", True, 600, 4000, 16, 15, 0.9, -2, -0.05,
    ((0.0,) * 4,) * 4, var_u0=9, var_u1=2, cov_u=-2, var_e=6, minimum=0, maximum=27,
    better="lower", intake_low=5, intake_high=25, longest=20,
)  # fmt: skip
LIBRARY = Library.load()
COMPANIONS = {
    "episodes.csv": "episode_id,client_id,started_on\nC-1-1,C-1,2025-09-01\n",
    "sessions.csv": "episode_id,session_no,held_on,attendance\nC-1-1,1,2025-09-01,attended\n"
    "C-1-1,2,2025-09-08,missed\nC-1-1,3,2025-09-15,cancelled\n",
    "goals.csv": "episode_id,goal_id,set_on,rank,kind,target_on,start_value,target_value,unit\n"
    "C-1-1,G1,2025-09-01,1,outcome,2025-10-13,1,7,rating from 0 to 10\n"
    "C-1-1,G2,2025-09-01,2,outcome,2025-10-20,7,2,crying spells a week\n",
    "goal_ratings.csv": "episode_id,goal_id,rated_on,session_no,rating\n"
    "C-1-1,G1,2025-09-01,1,3\nC-1-1,G1,2025-09-15,3,5\nC-1-1,G2,2025-09-15,3,5\n",
    "tallies.csv": "episode_id,tally_id,counted_on,days,count\n"
    "C-1-1,crying-spells,2025-09-08,7,6\nC-1-1,crying-spells,2025-09-15,7,0\n"
    "C-1-1,crying-spells,2025-09-22,,3\nC-1-1,panic,2025-09-22,14,0\n",
    "annotations.csv": "episode_id,noted_on,kind,text\nC-1-1,2025-09-10,event,moved house\n",
}


@pytest.fixture
def view_of(client_of):
    def run(scores, **options):
        return client_view(client_of(scores, **options), LIBRARY, today=TODAY)

    return run


@pytest.fixture
def page(view_of):
    """Return a page with a gap, absences, goals and a note."""
    return view_of({"phq-9": {0: 20, 1: 18, 2: 12, 8: 11, 9: 13}}, companions=COMPANIONS)


def named(chart, name):
    (trace,) = [t for t in chart["data"] if t.get("name") == name]
    return trace


def labels(chart):
    return [a["text"] for a in chart["layout"]["annotations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plotly_accepts_every_chart(page, theme):
    for chart in (
        trajectory(page.measures[0], theme),
        goals_chart(page.goals, theme),
        rates_chart(page.goals, theme),
        sessions_chart(page.sessions, theme),
    ):
        assert len(go.Figure(chart).data) == len(chart["data"])


@pytest.mark.parametrize(
    "scores",
    [
        {"phq-9": [14]},
        {"ors": [20.5, 30]},
        {"srs": [39, 38]},
        {"wsas": [20, 10]},
        {"who-5": [40, 60]},
    ],
)
def test_plotly_accepts_short_unjudged_and_bandless_measures(view_of, scores):
    view = view_of(scores)
    for measure in view.measures:
        assert len(go.Figure(trajectory(measure, "light")).data) >= 1


def test_the_axis_is_the_scale_of_the_instrument_whatever_the_scores(view_of):
    low, high = (
        trajectory(view_of({"phq-9": scores}, client=client).measures[0], "light")
        for client, scores in (("C-2", [1, 2]), ("C-3", [25, 26]))
    )
    assert low["layout"]["yaxis"]["range"] == high["layout"]["yaxis"]["range"]
    bottom, top = low["layout"]["yaxis"]["range"]
    assert bottom <= 0
    assert top >= 27
    assert top - bottom < 30


def test_a_gap_is_drawn_as_a_gap(page):
    line = named(trajectory(page.measures[0], "light"), "PHQ-9")
    assert line["y"] == [20, 18, 12, None, 11, 13]
    assert line["connectgaps"] is False


def test_the_ribbon_is_the_error_band_and_stays_on_the_scale(page):
    view = page.measures[0]
    band = named(trajectory(view, "light"), "error band")
    assert band["y"][0] == pytest.approx(20 + view.reach)
    assert view.reach == pytest.approx(1.96 * 2.058, abs=0.01)  # SD 5.5, alpha .86
    at_floor = replace(view, points=tuple(replace(p, total=1.0) for p in view.points))
    assert (
        min(y for y in named(trajectory(at_floor, "light"), "error band")["y"] if y is not None)
        == 0
    )


def test_bands_cutoff_and_change_lines_are_labelled_in_place(page):
    texts = labels(trajectory(page.measures[0], "light"))
    assert any("lower is better" in text for text in texts)
    for label in ("minimal", "moderately severe", "severe", "today"):
        assert label in texts
    assert "clinical range: 10 or more" in texts
    assert "reliably better: 14" in texts
    assert "reliably worse: 26" in texts
    assert trajectory(page.measures[0], "light")["layout"]["showlegend"] is False


def test_two_lines_at_one_height_have_one_label_above_and_one_below(view_of):
    # The cutoff of the PHQ-9 is 10, and 6 points better than 16 is 10 as well.
    chart = trajectory(view_of({"phq-9": [16, 15]}).measures[0], "light")
    sides = {a["yanchor"] for a in chart["layout"]["annotations"] if a["y"] == 10}
    assert sides == {"top", "bottom"}


def test_the_cutoff_is_solid_and_reliable_change_is_dashed(page):
    lines = {
        s["y0"]: s["line"]["dash"]
        for s in trajectory(page.measures[0], "light")["layout"]["shapes"]
        if s["type"] == "line" and s["yref"] == "y"
    }
    assert lines == {10.0: "solid", 26.0: "dash", 14.0: "dash"}


def test_missed_sessions_are_open_marks_on_the_time_axis(page):
    data = trajectory(page.measures[0], "light")["data"]
    symbols = {t["marker"]["symbol"]: t for t in data if "symbol" in t.get("marker", {})}
    assert symbols["square-open"]["x"] == ["2025-09-08"]
    assert symbols["x-thin-open"]["x"] == ["2025-09-15"]
    assert symbols["square-open"]["y"] == [0]
    assert named(trajectory(page.measures[0], "light"), "notes")["text"] == [
        "1. 10 Sep 2025: moved house"
    ]


def test_all_charts_of_a_client_share_the_time_axis(view_of):
    view = view_of({"phq-9": [20, 18], "ors": {4: 20, 5: 22}}, companions=COMPANIONS)
    charts = [trajectory(m, "light") for m in view.measures]
    charts += [goals_chart(view.goals, "light"), rates_chart(view.goals, "light")]
    charts += [sessions_chart(view.sessions, "light")]
    assert len({tuple(c["layout"]["xaxis"]["range"]) for c in charts}) == 1
    assert len({(c["layout"]["margin"]["l"], c["layout"]["margin"]["r"]) for c in charts}) == 1


@pytest.fixture
def fitted_of(client_of):
    """Return a function that gives the panel of a measure where the service has a curve."""
    library = LIBRARY.with_figures([Estimates("phq-9", "1", curve=CURVE)], 1)

    def run(scores, *, place=0, **options):
        record = client_of({"phq-9": scores}, **options)
        places = {r.series_id: place for r in record.row.results}
        return client_view(record, library, today=TODAY, baselines=places).measures[0]

    return run


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_expected_course_is_dotted_with_its_limits_labelled_at_the_end(fitted_of, theme):
    measure = fitted_of([18, 17, 16])
    chart = trajectory(measure, theme)
    assert len(go.Figure(chart).data) == len(chart["data"])
    line = named(chart, "expected course")
    assert line["line"]["dash"] == "dot"
    assert line["y"] == list(measure.expected.line)
    ends = {a["text"]: a for a in chart["layout"]["annotations"] if a["xanchor"] == "right"}
    assert ends["limit, 80 %"]["y"] == measure.expected.red[-1]
    assert ends["limit, 68 %"]["y"] == measure.expected.amber[-1]
    assert ends["expected for clients<br>who began at 18"]["y"] == measure.expected.line[-1]


def test_the_expected_course_is_no_louder_than_the_error_band(fitted_of):
    chart = trajectory(fitted_of([18, 17, 16]), "light")
    names = [t.get("name") for t in chart["data"]]
    assert names.index("between the limits") < names.index("error band"), "it lies underneath"

    def strength(name):
        return float(named(chart, name)["fillcolor"].rpartition(",")[2].rstrip(")"))

    assert strength("between the limits") < strength("error band")
    for name in ("expected course", "narrower limit", "wider limit"):
        assert named(chart, name)["line"]["width"] < named(chart, "PHQ-9")["line"]["width"]


def test_a_changed_baseline_draws_no_expected_course(fitted_of):
    chart = trajectory(fitted_of([18, 17, 16], place=1), "light")
    assert "expected course" not in {t.get("name") for t in chart["data"]}
    assert not [text for text in labels(chart) if "expected" in text or "limit" in text]


def test_the_axis_stays_that_of_the_instrument_beside_an_expected_course(fitted_of, view_of):
    plain = trajectory(view_of({"phq-9": [18, 17]}, client="C-9").measures[0], "light")
    fitted = trajectory(fitted_of([18, 17]), "light")
    assert plain["layout"]["yaxis"]["range"] == fitted["layout"]["yaxis"]["range"]


def test_a_sudden_gain_is_a_labelled_triangle_and_hollow_once_given_back(view_of):
    jumpy = [20, 21, 20, 10, 9, 10, 9]
    held = trajectory(view_of({"phq-9": jumpy}).measures[0], "light")
    gain = named(held, "sudden gain")
    assert (gain["x"], gain["y"]) == (["2025-09-22"], [10.0])
    assert gain["marker"]["symbol"] == "triangle-up"
    assert gain["marker"]["color"] == PALETTE["light"].better
    assert "sudden gain -10" in labels(held)
    back = trajectory(view_of({"phq-9": [*jumpy, 19]}, client="C-2").measures[0], "dark")
    assert named(back, "sudden gain")["marker"]["symbol"] == "triangle-up-open"


def test_a_sudden_loss_points_down_in_the_colour_of_worse(view_of):
    chart = trajectory(view_of({"phq-9": [9, 10, 9, 20, 21, 20]}).measures[0], "light")
    loss = named(chart, "sudden loss")
    assert loss["marker"]["symbol"] == "triangle-down"
    assert loss["marker"]["color"] == PALETTE["light"].worse
    assert "sudden loss +11" in labels(chart)


def test_a_phase_is_a_solid_hairline_with_its_words_and_a_note_stays_dotted(view_of):
    notes = COMPANIONS["annotations.csv"] + "C-1-1,2025-09-20,phase,<b>exposure</b> began\n"
    companions = {**COMPANIONS, "annotations.csv": notes}
    chart = trajectory(view_of({"phq-9": [20, 18]}, companions=companions).measures[0], "light")
    dashes = {
        s["x0"]: s["line"]["dash"]
        for s in chart["layout"]["shapes"]
        if s["type"] == "line" and s["yref"] == "y domain"
    }
    assert dashes["2025-09-20"] == "solid"
    assert dashes["2025-09-10"] == "dot"
    assert "&lt;b&gt;exposure&lt;/b&gt;<br>began" in labels(chart)


def test_a_process_measure_has_no_lines_that_judge_it(view_of):
    chart = trajectory(view_of({"srs": [39, 30, 20]}).measures[0], "light")
    assert not [s for s in chart["layout"]["shapes"] if s["yref"] == "y"]
    assert {t.get("name") for t in chart["data"]} == {"SRS"}


def test_goals_run_from_0_to_10_with_targets_and_their_names_apart(page):
    chart = goals_chart(page.goals, "light")
    names = {a["text"]: a["y"] for a in chart["layout"]["annotations"] if a["text"] in ("G1", "G2")}
    assert abs(names["G1"] - names["G2"]) >= 0.9, "both stand at 5: the labels must not overlap"
    targets = {
        t["x"][0]: t["y"][0]
        for t in chart["data"]
        if t.get("marker", {}).get("symbol") == "diamond-open"
    }
    # A target in another unit is marked by its day only, at the goal's own 10.
    assert targets == {"2025-10-13": 7.0, "2025-10-20": 10.0}
    dashes = [t["line"]["dash"] for t in chart["data"] if "line" in t]
    assert len(set(dashes)) == 3, "two goals, and the aim line of the one whose target is a rating"


def test_the_aim_line_is_dashed_from_start_to_target_in_the_colour_of_its_goal(page):
    chart = goals_chart(page.goals, "light")
    aim, goal = named(chart, "aim line"), named(chart, "G1")
    assert (aim["x"], aim["y"]) == (["2025-09-01", "2025-10-13"], [1.0, 7.0])
    assert aim["mode"] == "lines"
    assert "px" in aim["line"]["dash"]
    assert aim["line"]["color"] == goal["line"]["color"]
    assert aim["text"][0] == "G1: aim line, 1 to 7 by 13 Oct 2025"


def test_a_single_tally_is_named_in_the_title(view_of):
    tallies = "".join(COMPANIONS["tallies.csv"].splitlines(keepends=True)[:3])
    view = view_of({"phq-9": [20]}, companions={**COMPANIONS, "tallies.csv": tallies})
    assert labels(rates_chart(view.goals, "light")) == ["<b>crying-spells</b>, times a week"]


def test_tallies_are_rates_with_the_limits_of_their_intervals(page):
    chart = rates_chart(page.goals, "light")
    spells = named(chart, "crying-spells")
    assert spells["y"] == [6.0, 0.0], "the count over unknown days has no rate"
    bars = spells["error_y"]
    # 6 in 7 days: 2.20 to 13.06; 0 in 7 days: 0 to 3.69 (Garwood).
    assert [6 - bars["arrayminus"][0], 6 + bars["array"][0]] == pytest.approx(
        [2.2, 13.06], abs=0.01
    )
    assert [bars["arrayminus"][1], bars["array"][1]] == pytest.approx([0, 3.69], abs=0.01)
    assert named(chart, "panic")["y"] == [0.0]
    heights = [
        a["y"] for a in chart["layout"]["annotations"] if a["text"] in ("crying-spells", "panic")
    ]
    assert heights[1] - heights[0] >= 0.08 * 13, "both end at 0: the names must not overlap"
    bottom, top = chart["layout"]["yaxis"]["range"]
    assert bottom < 0 < 13.06 < top
    aim = named(chart, "aim line")
    assert (aim["x"], aim["y"]) == (["2025-09-01", "2025-10-20"], [7.0, 2.0])


def test_the_strip_shows_every_appointment(page):
    chart = sessions_chart(page.sessions, "light")
    assert {t["name"]: len(t["x"]) for t in chart["data"]} == {
        "attended": 1, "missed": 1, "cancelled": 1,
    }  # fmt: skip


def colours(value):
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("color", "linecolor", "fillcolor", "tickcolor") and isinstance(part, str):
                yield part
            yield from colours(part)
    elif isinstance(value, list):
        for part in value:
            yield from colours(part)


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_label_is_readable_on_the_ground_of_its_theme(page, theme):
    ground = luminance(PALETTE[theme].ground)
    for chart in (
        trajectory(page.measures[0], theme),
        goals_chart(page.goals, theme),
        rates_chart(page.goals, theme),
    ):
        for label in chart["layout"]["annotations"]:
            dark, light = sorted([luminance(label["font"]["color"]), ground])
            # 4.5 to 1 is the contrast that the W3C asks of small text (WCAG 2.2, 1.4.3); vermilion
            # on white keeps 3.9 and stands only on labels whose word says the same.
            assert (light + 0.05) / (dark + 0.05) >= 3.8, (label["text"], label["font"]["color"])


def test_the_two_themes_share_no_line_colour(page):
    light = set(colours(trajectory(page.measures[0], "light")))
    dark = set(colours(trajectory(page.measures[0], "dark")))
    assert not light & dark


def test_names_from_outside_are_no_html(client_of):
    hostile = "<a href='http://evil.example'>x</a> & <b>y</b>"
    goals = COMPANIONS["goals.csv"].replace("G1", hostile)
    ratings = COMPANIONS["goal_ratings.csv"].replace("G1", hostile)
    tallies = COMPANIONS["tallies.csv"].replace("panic", hostile)
    record = client_of(
        {"phq-9": [20, 18]},
        companions={
            **COMPANIONS,
            "goals.csv": goals,
            "goal_ratings.csv": ratings,
            "tallies.csv": tallies,
        },
    )
    series = [replace(r, respondent=f"{hostile}, 2") for r in record.row.results]
    record = replace(record, row=replace(record.row, results=tuple(series)))
    view = client_view(record, LIBRARY, today=TODAY)
    for chart in (
        trajectory(view.measures[0], "light"),
        goals_chart(view.goals, "light"),
        rates_chart(view.goals, "light"),
    ):
        for label in labels(chart):
            assert "<a" not in label
            assert label.count("<b>") <= 1
        for trace in chart["data"]:
            assert not any("<a" in words for words in trace.get("text", ()))
    title = labels(trajectory(view.measures[0], "light"))[0]
    assert title.startswith("<b>PHQ-9 (&lt;a href=")
    assert title.endswith(", 2)</b>, 0-27, lower is better")
