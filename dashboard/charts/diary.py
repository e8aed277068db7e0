"""How do goals and appointments lie on the time axis of the scores?"""

from dashboard.charts.layout import Figure, figure, letters, marks, text
from dashboard.theme import ATTENDANCE, GOAL_LINES, PALETTE, Theme
from dashboard.views.client import SessionsView
from dashboard.views.goals import HIGHEST, LOWEST, GoalsView

_CLOSEST = 0.9  # labels of two goals keep this distance, in points of the rating
_SYMBOLS = {"attended": "square", "missed": "square-open", "cancelled": "x-thin-open"}


def goals_chart(view: GoalsView, theme: Theme) -> Figure:
    """Return the ratings of every goal from 0 to 10, and the targets as open diamonds."""
    palette = PALETTE[theme]
    data = []
    labels: list[tuple[float, str, str, str]] = []
    for place, line in enumerate(view.lines):
        dash, symbol, light, dark = GOAL_LINES[place % len(GOAL_LINES)]
        colour = dark if theme == "dark" else light
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
    height = -_CLOSEST
    for rating, name, colour, day in sorted(labels):
        height = max(rating, height + _CLOSEST)
        chart["layout"]["annotations"].append(
            {**text(letters(name), day, height, colour, middle=True), "xshift": 10}
        )
    return chart


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
