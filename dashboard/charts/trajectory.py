"""How do the scores of one questionnaire run, and which lines judge them?"""

from datetime import date, timedelta

from dashboard.charts.layout import Figure, figure, horizontal, letters, marks, text, vertical
from dashboard.charts.overlays import (
    course_labels,
    course_traces,
    jump_labels,
    jump_traces,
    phase_lines,
)
from dashboard.theme import PALETTE, Palette, Theme
from dashboard.views.measure import Marked, MeasureView, Point
from dashboard.views.trends import Trend

HEIGHT = 330
_LABEL = 0.085  # height of a label, as a share of the axis
_EARLY = 0.2  # the labels of lines cover this share of the days
_EDGE = 0.03  # a mark on the edge of the scale stays whole
_SYMBOLS = {"missed": "square-open", "cancelled": "x-thin-open", "no_total": "circle-open"}


def trajectory(view: MeasureView, theme: Theme) -> Figure:
    """Return the chart of one measure: raw scores upwards on the instrument's own axis."""
    palette = PALETTE[theme]
    data = [*course_traces(view.expected, palette), *_ribbons(view, palette)]
    data += [*_trend(view.trend, palette), _line(view, palette), *_baseline(view, palette)]
    data += [*jump_traces(view, palette), *_absences(view, palette)]
    edge = _EDGE * (view.maximum - view.minimum)
    chart = figure(
        data,
        view.axis,
        theme,
        height=HEIGHT,
        y={"range": [view.minimum - edge, view.maximum + edge], "nticks": 7},
        title=f"<b>{letters(view.name)}</b>{letters(view.title.removeprefix(view.name))}",
    )
    layout = chart["layout"]
    for band in view.bands:
        layout["shapes"].append(
            _ground(band.start, band.end, palette.band(band.place, len(view.bands)))
        )
        middle = (band.start + band.end) / 2
        layout["annotations"].append(
            text(
                letters(band.label),
                1,
                middle,
                palette.muted,
                x="x domain",
                anchor="right",
                middle=True,
                size=11,
            )
        )
    room = _LABEL * (view.maximum - view.minimum)
    for place, level in enumerate(view.levels):
        colour = {"better": palette.better, "worse": palette.worse}.get(level.kind, palette.cutoff)
        dash = "solid" if level.kind == "cutoff" else "dash"
        layout["shapes"].append(horizontal(level.value, view.axis, colour, dash, 1.2))
        above = _stands_above(place, room, view)
        layout["annotations"].append(
            {
                **text(
                    letters(level.label),
                    0.005,
                    level.value,
                    colour,
                    x="x domain",
                    up=above,
                    size=11,
                ),
                "bgcolor": palette.veil,
                "borderpad": 0,
            }
        )
    if view.axis.today is not None:
        layout["annotations"].append(
            text(
                "today",
                view.axis.today.isoformat(),
                0,
                palette.muted,
                y="y domain",
                up=True,
                size=11,
            )
        )
    layout["annotations"] += [*course_labels(view, palette), *jump_labels(view, palette)]
    for flag in view.flags:
        if flag.kind != "phase":
            layout["shapes"].append(vertical(flag.day, palette.note, "dot", 1))
    hairlines, labels = phase_lines(view, palette)
    layout["shapes"] += hairlines
    layout["annotations"] += labels
    if view.flags:
        chart["data"].append(_flags(view.flags, view.maximum, palette))
    return chart


def _stands_above(place: int, room: float, view: MeasureView) -> bool:
    """Return whether a label at the left stands above its line, or below it.

    It keeps clear of the next line and of the edge, and then of the first scores. Of two
    lines at one height the first has its label above, the second below.
    """
    value = view.levels[place].value
    others = [level.value for level in view.levels]
    if others.count(value) > 1:
        return others.index(value) == place
    up = value + room < min([view.maximum, *(o for o in others if o > value)])
    down = value - room > max([view.minimum, *(o for o in others if o < value)])
    if not (up and down):
        return up or not down
    length = (view.axis.end - view.axis.start).days
    early = [p.total for p in view.points if (p.day - view.axis.start).days < _EARLY * length]
    over = sum(value <= total < value + 1.5 * room for total in early)
    under = sum(value - 1.5 * room < total <= value for total in early)
    return over <= under


def _line(view: MeasureView, palette: Palette) -> Figure:
    """Return the scores; ``None`` between two runs leaves the gap open."""
    days: list[str | None] = []
    totals: list[float | None] = []
    words: list[str] = []
    for first, last in view.runs:
        if days:
            days.append(view.points[first].day.isoformat())
            totals.append(None)
            words.append("")
        for point in view.points[first : last + 1]:
            days.append(point.day.isoformat())
            totals.append(point.total)
            words.append(letters(point.text))
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": letters(view.name),
        "x": days,
        "y": totals,
        "text": words,
        "connectgaps": False,
        "cliponaxis": False,
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": palette.line, "width": 2},
        "marker": {"color": palette.line, "size": 7},
    }


def _ribbons(view: MeasureView, palette: Palette) -> list[Figure]:
    """Return the error band around each run of scores, cut off at the ends of the scale."""
    if view.reach is None:
        return []
    x: list[str | None] = []
    y: list[float | None] = []
    for first, last in view.runs:
        days, totals = _widened(view.points[first : last + 1])
        upper = [min(total + view.reach, view.maximum) for total in totals]
        lower = [max(total - view.reach, view.minimum) for total in totals]
        if x:
            x.append(None)
            y.append(None)
        x += [*days, *reversed(days), days[0]]
        y += [*upper, *reversed(lower), upper[0]]
    return [_area(x, y, palette.ribbon, "error band")]


def _widened(points: tuple[Point, ...]) -> tuple[list[str], list[float]]:
    """Return days and totals of a run; a lone score gets a width, or its band would not show."""
    if len(points) > 1:
        return [p.day.isoformat() for p in points], [p.total for p in points]
    (point,) = points
    days = [point.day - timedelta(days=2), point.day + timedelta(days=2)]
    return [day.isoformat() for day in days], [point.total, point.total]


def _trend(trend: Trend | None, palette: Palette) -> list[Figure]:
    if trend is None:
        return []
    days: list[str | None] = [trend.start.isoformat(), trend.end.isoformat()]
    traces = []
    if trend.low is not None and trend.high is not None:
        x = [*days, days[1], days[0], days[0]]
        # The two lines cross in the middle of the scores: the area between them is a bow tie.
        y: list[float | None] = [
            trend.low[0],
            trend.low[1],
            trend.high[1],
            trend.high[0],
            trend.low[0],
        ]
        traces.append(_area(x, y, palette.wedge, "interval of the trend"))
    traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": "trend",
            "x": days,
            "y": list(trend.line),
            "hoverinfo": "skip",
            "line": {"color": palette.trend, "width": 1.5, "dash": "dot"},
        }
    )
    return traces


def _area(x: list[str | None], y: list[float | None], colour: str, name: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
    }


def _baseline(view: MeasureView, palette: Palette) -> list[Figure]:
    """Return a ring around the score that the lines of reliable change start from."""
    if not view.is_judged:
        return []
    words = [f"Baseline: {view.baseline.text}"]
    ring = marks(
        [view.baseline.day], [view.baseline.total], words, "circle-open", palette.ink, palette
    )
    ring["name"] = "baseline"
    ring["marker"]["size"] = 14
    return [ring]


def _absences(view: MeasureView, palette: Palette) -> list[Figure]:
    traces = []
    for kind, symbol in _SYMBOLS.items():
        of_kind = [m for m in view.missed if m.kind == kind]
        if of_kind:
            traces.append(_at(of_kind, view.minimum, symbol, palette.muted, palette))
    return traces


def _flags(flags: tuple[Marked, ...], height: float, palette: Palette) -> Figure:
    trace = _at(list(flags), height, "triangle-right", palette.note, palette)
    trace["name"] = "notes"
    return trace


def _at(marked: list[Marked], height: float, symbol: str, colour: str, palette: Palette) -> Figure:
    days: list[date] = [m.day for m in marked]
    return marks(days, [height] * len(days), [m.text for m in marked], symbol, colour, palette)


def _ground(start: float, end: float, colour: str) -> Figure:
    return {
        "type": "rect",
        "xref": "x domain",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": start,
        "y1": end,
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
    }
