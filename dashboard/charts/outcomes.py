"""By which week has which share of the clients improved reliably?"""

import math

from dashboard.charts.layout import (
    LEFT,
    RIGHT,
    Figure,
    letters,
    plain_axis,
    plain_layout,
    text,
)
from dashboard.theme import PALETTE, Theme
from dashboard.views.outcome_evidence import TICKS, WEEKS, CurvesView

HEIGHT = 400
_BOTTOM = 128
_ROW = 0.075  # height of a row of numbers below the axis, as a share of the plot
_CLOSEST = 7.0  # a name needs this many percent between its line and the axis
_DASHES = ("solid", "dash")


def improvement_chart(view: CurvesView, theme: Theme) -> Figure:
    """Return both curves as steps with their limits, and the numbers at risk below."""
    palette = PALETTE[theme]
    colours = (palette.better, palette.ink)
    data: list[Figure] = []
    labels: list[tuple[float, float, str, str]] = []
    notes: list[Figure] = []
    for place, line in enumerate(view.lines):
        colour, dash = colours[place % 2], _DASHES[place % 2]
        # Drawn to the edge of the week in which the last client was seen.
        data += [
            _step(line.weeks, line.low, colour, width=0),
            {
                **_step(line.weeks, line.high, colour, width=0),
                "fill": "tonexty",
                "fillcolor": palette.wedge if place == 0 else palette.ribbon,
            },
            {
                **_step(line.weeks, line.share, colour, width=2.2, dash=dash),
                "name": letters(line.name),
                "hoverinfo": "text",
                "text": [
                    f"week {week:.0f}: {share:.0f} % ({low:.0f} to {high:.0f})"
                    for week, share, low, high in zip(
                        line.weeks, line.share, line.low, line.high, strict=True
                    )
                ],
            },
        ]
        labels.append((line.share[-1], line.weeks[-1], line.name, colour))
        row = -0.33 - 2 * _ROW * place
        notes.append(
            text(f"followed, not yet {letters(line.name)}", 0, row + _ROW, palette.muted,
                 x="x domain", y="y domain", middle=True, size=11)
        )  # fmt: skip
        notes += [
            text(
                f"{n:,}",
                week,
                row,
                palette.ink,
                y="y domain",
                anchor="center",
                middle=True,
                size=11,
            )
            for week, n in zip(TICKS, line.at_risk, strict=True)
        ]
    # The upper name stands on its line, the lower one hangs below its own: none is crossed.
    for place, (share, week, name, colour) in enumerate(sorted(labels)):
        hangs = place == 0 and len(labels) > 1 and share > _CLOSEST
        label = text(
            f"{letters(name)}, {share:.0f} %",
            min(week, WEEKS),
            share,
            colour,
            anchor="right",
            up=not hangs,
        )
        notes.append({**label, "bgcolor": palette.veil, "borderpad": 0})
    axis = plain_axis(palette)
    return {
        "data": data,
        "layout": {
            "height": HEIGHT,
            "margin": {"l": LEFT, "r": RIGHT + 8, "t": 16, "b": _BOTTOM},
            **plain_layout(palette),
            "xaxis": {
                **axis,
                "range": [0, WEEKS],
                "tickvals": list(TICKS),
                "ticks": "outside",
                "title": {"text": "weeks since the first score", "standoff": 4,
                          "font": {"color": palette.muted}},
            },
            "yaxis": {**axis, "range": [0, 100], "tickvals": [0, 25, 50, 75, 100],
                      "ticktext": ["0", "25", "50", "75", "100 %"]},
            "annotations": notes,
        },
    }  # fmt: skip


def _step(
    weeks: tuple[float, ...],
    shares: tuple[float, ...],
    colour: str,
    *,
    width: float,
    dash: str = "solid",
) -> Figure:
    # A share that is not known (after the curve has ended) leaves a gap.
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(weeks),
        "y": [None if math.isnan(share) else share for share in shares],
        "hoverinfo": "skip",
        "line": {"color": colour, "width": width, "dash": dash, "shape": "hv"},
    }
