"""How do goals, tallies and appointments lie on the time axis of the scores?"""

from collections.abc import Sequence

from dashboard.charts.layout import Figure, figure, letters, marks, text
from dashboard.theme import ATTENDANCE, GOAL_LINES, PALETTE, Palette, Theme
from dashboard.views.aims import Aim
from dashboard.views.client import SessionsView
from dashboard.views.goals import HIGHEST, LOWEST, GoalsView

_CLOSEST = 0.09  # labels of two lines keep this share of the axis apart
_AIM = "3px 4px"  # dashes that no line of a goal has
_SYMBOLS = {"attended": "square", "missed": "square-open", "cancelled": "x-thin-open"}


def goals_chart(view: GoalsView, theme: Theme) -> Figure:
    """Return the ratings of every goal from 0 to 10, with aim lines to targets as diamonds."""
    palette = PALETTE[theme]
    data = []
    labels: list[tuple[float, str, str, str]] = []
    for place, line in enumerate(view.lines):
        dash, symbol, colour = _look(place, theme)
        if line.aim is not None:
            data.append(_aim(line.aim, colour))
        if line.days:
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": letters(line.name),
                    "x": [day.isoformat() for day in line.days],
                    "y": list(line.ratings),
                    "text": [letters(words) for words in line.texts],
                    "hovertemplate": "%{text}<extra></extra>",
                    "cliponaxis": False,
                    "line": {"color": colour, "width": 2, "dash": dash},
                    "marker": {"color": colour, "size": 7, "symbol": symbol},
                }
            )
            labels.append((line.ratings[-1], line.name, colour, line.days[-1].isoformat()))
        if line.target_on is not None and view.axis.start <= line.target_on <= view.axis.end:
            height = HIGHEST if line.target is None else line.target
            data.append(
                marks(
                    [line.target_on], [height], [line.target_text], "diamond-open", colour, palette
                )
            )
    chart = figure(
        data,
        view.axis,
        theme,
        height=240,
        y={"range": [LOWEST - 0.4, HIGHEST + 0.4], "tickvals": [0, 5, 10]},
        title="<b>Goals</b>, 0-10, higher is better; ◇ target",
    )
    _name(chart, labels, HIGHEST, palette)
    return chart


def rates_chart(view: GoalsView, theme: Theme) -> Figure:
    """Return the rate a week of every tally with its interval, and the aim lines of their goals."""
    palette = PALETTE[theme]
    data = []
    labels: list[tuple[float, str, str, str]] = []
    top = 1.0
    for place, line in enumerate(view.rates):
        dash, symbol, colour = _look(place, theme)
        if line.aim is not None:
            aim = line.aim.line
            data.append(_aim(line.aim, colour))
            if view.axis.start <= aim.target_on <= view.axis.end:
                data.append(
                    marks(
                        [aim.target_on],
                        [aim.target],
                        [line.aim.text],
                        "diamond-open",
                        colour,
                        palette,
                    )
                )
            top = max(top, aim.start, aim.target)
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": letters(line.name),
                "x": [day.isoformat() for day in line.days],
                "y": list(line.rates),
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": _apart(line.highs, line.rates),
                    "arrayminus": _apart(line.rates, line.lows),
                    "color": colour,
                    "thickness": 1,
                    "width": 3,
                },
                "text": [letters(words) for words in line.texts],
                "hovertemplate": "%{text}<extra></extra>",
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"color": colour, "size": 7, "symbol": symbol},
            }
        )
        top = max(top, *line.highs)
        labels.append((line.rates[-1], line.name, colour, line.days[-1].isoformat()))
    chart = figure(
        data,
        view.axis,
        theme,
        height=220,
        y={"range": [-0.04 * top, 1.04 * top], "nticks": 5},
        title=f"<b>{letters(view.rates[0].name)}</b>, times a week"
        if len(view.rates) == 1
        else "<b>Tallies</b>, times a week",
    )
    if len(view.rates) > 1:
        # What is counted has a long name: it ends at the edge of the plot, above its last rate.
        _name(chart, labels, top, palette, at_edge=True)
    return chart


def _look(place: int, theme: Theme) -> tuple[str, str, str]:
    """Return the dash, the marker and the colour of one of several lines."""
    dash, symbol, light, dark = GOAL_LINES[place % len(GOAL_LINES)]
    return dash, symbol, dark if theme == "dark" else light


def _aim(aim: Aim, colour: str) -> Figure:
    """Return the way from start to target as thin dashes; it ends at the edge of the plot."""
    line = aim.line
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "aim line",
        "x": [line.start_on.isoformat(), line.target_on.isoformat()],
        "y": [line.start, line.target],
        "text": [letters(aim.text)] * 2,
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": colour, "width": 1.2, "dash": _AIM},
    }


def _apart(upper: Sequence[float], lower: Sequence[float]) -> list[float]:
    return [high - low for high, low in zip(upper, lower, strict=True)]


def _name(
    chart: Figure,
    labels: list[tuple[float, str, str, str]],
    top: float,
    palette: Palette,
    *,
    at_edge: bool = False,
) -> None:
    """Write each line's name at its end, and those of close lines one above the other."""
    height = -_CLOSEST * top
    for value, name, colour, day in sorted(labels):
        height = max(value, height + _CLOSEST * top)
        label = (
            {**text(letters(name), 1, height, colour, x="x domain", anchor="right", up=True)}
            if at_edge
            else {**text(letters(name), day, height, colour, middle=True), "xshift": 8}
        )
        chart["layout"]["annotations"].append({**label, "bgcolor": palette.veil})


def sessions_chart(view: SessionsView, theme: Theme) -> Figure:
    """Return one mark for each appointment: held, missed or cancelled."""
    palette = PALETTE[theme]
    data = []
    for kind, symbol in _SYMBOLS.items():
        own = [m for m in view.marks if m.kind == kind]
        if own:
            colour = palette.ink if kind == "attended" else palette.muted
            trace = marks(
                [m.day for m in own], [0] * len(own), [m.text for m in own], symbol, colour, palette
            )
            data.append({**trace, "name": ATTENDANCE[kind].word})
    return figure(
        data,
        view.axis,
        theme,
        height=110,
        y={"range": [-1, 1], "visible": False},
        title="<b>Sessions</b>",
    )
