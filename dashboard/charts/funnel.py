"""Which teams lie outside the limits that chance alone would set?"""

from collections.abc import Iterator

from dashboard.charts.layout import (
    LEFT,
    RIGHT,
    Figure,
    letters,
    plain_axis,
    plain_layout,
    text,
)
from dashboard.theme import PALETTE, Palette, Theme
from dashboard.views.outcome_teams import FunnelView, TeamPoint

HEIGHT = 400
_TOP, _BOTTOM = 16, 46
_LIMITS = ((95, "95 %", "dash"), (998, "99.8 %", "dot"))
_MARKS = {0: "circle-open", 95: "diamond", 998: "square"}
# Names are placed as if on a phone: what is free there is free on every wider screen.
_NARROW = 290.0
_LETTER, _LINE, _AWAY = 6.6, 15.0, 9.0
# Where a name may stand: its anchor, and its distance from the mark across and upwards.
_PLACES = (
    ("left", _AWAY, 0.0),
    ("right", -_AWAY, 0.0),
    ("center", 0.0, _LINE),
    ("center", 0.0, -_LINE),
    ("left", _AWAY, _LINE),
    ("right", -_AWAY, _LINE),
    ("left", _AWAY, -_LINE),
    ("right", -_AWAY, -_LINE),
)

_Box = tuple[float, float, float, float]  # left, right, lower and upper edge in pixels


def funnel_chart(view: FunnelView, theme: Theme) -> Figure:
    """Return shares by the number of cases, with the limits around the share of all teams."""
    palette = PALETTE[theme]
    data: list[Figure] = []
    notes: list[Figure] = []
    curves = {95: (view.low_95, view.high_95), 998: (view.low_998, view.high_998)}
    for percent, name, dash in _LIMITS:
        for curve in curves[percent]:
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": list(view.n),
                    "y": list(curve),
                    "hoverinfo": "skip",
                    "line": {"color": palette.cutoff, "width": 1.2, "dash": dash},
                }
            )
        # Where the lines begin they lie far apart.
        notes.append(text(name, view.n[0], curves[percent][1][0], palette.muted, up=True, size=11))
    line = f"all teams, {view.target:.0f} %"
    notes.append({**text(line, 0, view.target, palette.muted, up=True, size=11), "xshift": 3})
    data.append(_teams(view.points, palette))
    notes += _names(view, palette)
    axis = plain_axis(palette)
    return {
        "data": data,
        "layout": {
            "height": HEIGHT,
            "margin": {"l": LEFT, "r": RIGHT + 8, "t": _TOP, "b": _BOTTOM},
            **plain_layout(palette),
            "xaxis": {
                **axis,
                "range": [0, view.n[-1]],
                "ticks": "outside",
                "nticks": 6,
                "title": {"text": view.axis, "standoff": 4, "font": {"color": palette.muted}},
            },
            "yaxis": {**axis, "range": [0, 100], "tickvals": [0, 25, 50, 75, 100],
                      "ticktext": ["0", "25", "50", "75", "100 %"]},
            "shapes": [
                {
                    "type": "line",
                    "xref": "x domain",
                    "yref": "y",
                    "x0": 0,
                    "x1": 1,
                    "y0": view.target,
                    "y1": view.target,
                    "line": {"color": palette.axis, "width": 1},
                    "layer": "below",
                }
            ],
            "annotations": notes,
        },
    }  # fmt: skip


def _teams(points: tuple[TeamPoint, ...], palette: Palette) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [point.n for point in points],
        "y": [point.share for point in points],
        "cliponaxis": False,
        "hovertemplate": "%{text}<extra></extra>",
        "text": [
            f"{letters(_name(point))}: {point.share:.0f} % of {point.n:,}" for point in points
        ],
        "marker": {
            "symbol": [_MARKS[point.outside] for point in points],
            "size": 9,
            "color": palette.ink,
            "line": {"color": palette.ink, "width": 1.5},
        },
    }


def _name(point: TeamPoint) -> str:
    limits = {0: "", 95: ", outside 95 %", 998: ", outside 99.8 %"}
    return f"{point.name}{limits[point.outside]}"


def _names(view: FunnelView, palette: Palette) -> Iterator[Figure]:
    """Yield a name beside each mark; one without a free place is in the table only.

    Those outside the limits choose first. A name keeps off the limits where it can.
    """
    across, up = _NARROW / view.n[-1], (HEIGHT - _TOP - _BOTTOM) / 100
    height = view.target * up
    taken: list[_Box] = [_around(p.n * across, p.share * up, _AWAY) for p in view.points]
    taken.append((0.0, 16 * _LETTER, height, height + _LINE))
    limits = [
        _around(n * across, share * up, 2)
        for curve in (view.low_95, view.high_95, view.low_998, view.high_998)
        for n, share in zip(view.n, curve, strict=True)
    ]
    for point in sorted(view.points, key=lambda p: (-p.outside, p.name)):
        x, y = point.n * across, point.share * up
        width = len(_name(point)) * _LETTER
        for avoided in ([*taken, *limits], taken):
            free = (
                (anchor, shift, rise, box)
                for anchor, shift, rise in _PLACES
                if (box := _box(x, y, width, anchor, shift, rise))[0] >= 0
                and box[1] <= _NARROW
                and not any(_meet(box, other) for other in avoided)
            )
            found = next(free, None)
            if found is not None:
                anchor, shift, rise, box = found
                taken.append(box)
                label = text(
                    letters(_name(point)),
                    point.n,
                    point.share,
                    palette.ink,
                    anchor=anchor,
                    middle=True,
                )
                yield {
                    **label,
                    "xshift": shift,
                    "yshift": rise,
                    "bgcolor": palette.veil,
                    "borderpad": 0,
                }
                break


def _around(x: float, y: float, size: float) -> _Box:
    return x - size / 2, x + size / 2, y - size / 2, y + size / 2


def _box(x: float, y: float, width: float, anchor: str, shift: float, rise: float) -> _Box:
    left = x + shift - width * {"left": 0.0, "center": 0.5, "right": 1.0}[anchor]
    return left, left + width, y + rise - _LINE / 2, y + rise + _LINE / 2


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
