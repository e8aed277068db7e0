"""What do all charts of a client have in common?"""

from datetime import date, timedelta
from typing import Any

from dashboard.theme import PALETTE, Palette, Theme
from dashboard.views.measure import TimeAxis

Figure = dict[str, Any]

LEFT, RIGHT = 44, 8
FONT = 12
FAMILY = "Source Sans, sans-serif"
# Room inside the plot for the names of bands and lines: a share of the days shown, so that
# a narrow screen does not lose a fixed margin.
ROOM_LEFT, ROOM_RIGHT = 0.02, 0.15


def days_shown(axis: TimeAxis) -> tuple[date, date]:
    """Return the first and last day of the plot, with room for labels at its ends."""
    length = (axis.end - axis.start).days
    return (
        axis.start - timedelta(days=max(2, round(ROOM_LEFT * length))),
        axis.end + timedelta(days=max(3, round(ROOM_RIGHT * length))),
    )


def plain_axis(palette: Palette) -> Figure:
    """Return what an axis of every chart has, beside its range and its ticks."""
    return {
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "linecolor": palette.axis,
        "tickcolor": palette.axis,
        "tickfont": {"color": palette.muted},
    }


def plain_layout(palette: Palette) -> Figure:
    """Return the ground, the type and the manners of every chart; every colour is explicit."""
    return {
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"color": palette.ink, "size": FONT, "family": FAMILY},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": palette.ground,
            "bordercolor": palette.axis,
            "font": {"color": palette.ink},
        },
        "dragmode": False,
    }


def figure(
    data: list[Figure], axis: TimeAxis, theme: Theme, *, height: int, y: Figure, title: str
) -> Figure:
    """Return a figure on the shared time axis; every colour is explicit."""
    palette = PALETTE[theme]
    start, end = days_shown(axis)
    layout: Figure = {
        "height": height,
        "margin": {"l": LEFT, "r": RIGHT, "t": 34, "b": 42},
        **plain_layout(palette),
        "xaxis": {
            "type": "date",
            "range": [start.isoformat(), end.isoformat()],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "linecolor": palette.axis,
            "tickcolor": palette.axis,
            "ticks": "outside",
            "tickfont": {"color": palette.muted},
            "tickformat": "%-d %b\n%Y",
            "nticks": 8,
        },
        "yaxis": {
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": False,
            "linecolor": palette.axis,
            "tickfont": {"color": palette.muted},
            **y,
        },
        "shapes": [],
        "annotations": [],
    }
    heading = text(title, 0, 1, palette.ink, x="x domain", y="y domain", up=True, size=14)
    # A score at the top of the scale reaches over the plot's edge: the title keeps clear of it.
    layout["annotations"].append({**heading, "yshift": 8})
    if axis.today is not None:
        layout["shapes"].append(vertical(axis.today, palette.axis, "solid", 1))
    return {"data": data, "layout": layout}


def letters(words: str) -> str:
    """Return words from outside so that Plotly, which reads some HTML, shows them as they are."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text(
    words: str,
    at_x: float | str,
    at_y: float,
    colour: str,
    *,
    x: str = "x",
    y: str = "y",
    anchor: str = "left",
    up: bool = False,
    middle: bool = False,
    size: int = FONT,
) -> Figure:
    """Return a label without an arrow; ``up`` stands it on the point, ``middle`` beside it."""
    return {
        "text": words,
        "x": at_x,
        "y": at_y,
        "xref": x,
        "yref": y,
        "xanchor": anchor,
        "yanchor": "middle" if middle else "bottom" if up else "top",
        "showarrow": False,
        "font": {"color": colour, "size": size},
        "align": anchor,
    }


def vertical(day: date, colour: str, dash: str, width: float) -> Figure:
    """Return a line from the foot to the head of the plot on one day."""
    return {
        "type": "line",
        "xref": "x",
        "yref": "y domain",
        "x0": day.isoformat(),
        "x1": day.isoformat(),
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": width, "dash": dash},
        "layer": "below",
    }


def horizontal(value: float, axis: TimeAxis, colour: str, dash: str, width: float) -> Figure:
    """Return a line at one total, from the left edge to the last day; names stand beyond it."""
    start, _ = days_shown(axis)
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": start.isoformat(),
        "x1": axis.end.isoformat(),
        "y0": value,
        "y1": value,
        "line": {"color": colour, "width": width, "dash": dash},
        "layer": "below",
    }


def marks(
    days: list[date],
    heights: list[float],
    texts: list[str],
    symbol: str,
    colour: str,
    palette: Palette,
) -> Figure:
    """Return open marks with words for the pointer."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [day.isoformat() for day in days],
        "y": heights,
        "text": [letters(words) for words in texts],
        "hovertemplate": "%{text}<extra></extra>",
        "cliponaxis": False,
        "marker": {
            "symbol": symbol,
            "size": 8,
            "color": colour,
            "line": {"color": colour or palette.ink, "width": 1.5},
        },
    }
