"""What stands around the scores of a chart: where they were expected, jumped or changed phase?"""

from datetime import date

from dashboard.charts.layout import Figure, letters, marks, text, vertical
from dashboard.theme import Palette
from dashboard.views.expected import ExpectedCourse
from dashboard.views.jumps import Jump
from dashboard.views.measure import MeasureView

_FAINT = 0.10  # the ground between the two limits: fainter than the error band
_SIZE = 11
_EARLY = 0.3  # a label this near the left edge stands to the right of its mark


def course_traces(course: ExpectedCourse | None, palette: Palette) -> list[Figure]:
    """Return the ground between the two limits, and the three lines; nothing without a course."""
    if course is None:
        return []
    days = [day.isoformat() for day in course.days]
    between = _line("between the limits", [*days, *reversed(days)], palette, width=0)
    between |= {
        "y": [*course.amber, *reversed(course.red)],
        "fill": "toself",
        "fillcolor": f"rgba({palette.shade}, {_FAINT})",
    }
    lines = [between]
    for name, values, dash, width in (
        ("wider limit", course.red, "solid", 1.0),
        ("narrower limit", course.amber, "solid", 0.5),
        ("expected course", course.line, "dot", 1.2),
    ):
        drawn = _line(name, days, palette, width=width)
        drawn["y"] = list(values)
        drawn["line"]["dash"] = dash
        lines.append(drawn)
    return lines


def course_labels(view: MeasureView, palette: Palette) -> list[Figure]:
    """Return the names of the lines, at their right ends and on the sides that face away."""
    course = view.expected
    if course is None:
        return []
    end = course.days[-1].isoformat()
    up = course.is_above
    first, _, second = course.label.partition(" who ")
    labels = (
        (f"{first}<br>who {second}", course.line[-1], not up),
        (course.amber_label, course.amber[-1], not up),
        (course.red_label, course.red[-1], up),
    )
    return [
        {
            **text(words, end, value, palette.muted, anchor="right", up=above, size=_SIZE),
            "bgcolor": palette.veil,
            "borderpad": 0,
        }
        for words, value, above in labels
    ]


def jump_traces(view: MeasureView, palette: Palette) -> list[Figure]:
    """Return a triangle at the first score after each jump, hollow if it was given back."""
    traces = []
    for jump in view.jumps:
        shape = "triangle-up" if jump.is_gain else "triangle-down"
        mark = marks(
            [jump.day],
            [jump.total],
            [jump.text],
            f"{shape}-open" if jump.is_reversed else shape,
            _colour(jump, palette),
            palette,
        )
        mark["name"] = "sudden gain" if jump.is_gain else "sudden loss"
        mark["marker"]["size"] = 13
        if jump.is_reversed:
            mark["marker"]["line"]["width"] = 2
        traces.append(mark)
    return traces


def jump_labels(view: MeasureView, palette: Palette) -> list[Figure]:
    """Return the size of each jump, on the side that the scores have just left."""
    labels = []
    middle = (view.minimum + view.maximum) / 2
    for jump in view.jumps:
        early = _share_of_days(jump.day, view) < _EARLY
        falls = jump.is_gain == ("lower is better" in view.title)
        label = text(
            letters(jump.label),
            jump.day.isoformat(),
            jump.total,
            _colour(jump, palette),
            anchor="left" if early else "right",
            up=not falls if not early else jump.total < middle,
            size=_SIZE,
        )
        label |= {"xshift": 10 if early else -10, "bgcolor": palette.veil, "borderpad": 0}
        labels.append(label)
    return labels


def phase_lines(view: MeasureView, palette: Palette) -> tuple[list[Figure], list[Figure]]:
    """Return the hairlines of the phases and their labels."""
    lines = [vertical(start.day, palette.note, "solid", 1) for start in view.phases]
    labels = []
    for start in view.phases:
        late = _share_of_days(start.day, view) > 1 - _EARLY
        label = text(
            letters(start.label).replace("\n", "<br>"),
            start.day.isoformat(),
            1,
            palette.note,
            y="y domain",
            anchor="right" if late else "left",
            size=_SIZE,
        )
        shift = -5 if late else 12  # to the right stands the mark of the note
        labels.append({**label, "xshift": shift, "bgcolor": palette.veil, "borderpad": 0})
    return lines, labels


def _colour(jump: Jump, palette: Palette) -> str:
    return palette.better if jump.is_gain else palette.worse


def _share_of_days(day: date, view: MeasureView) -> float:
    length = (view.axis.end - view.axis.start).days
    return (day - view.axis.start).days / max(length, 1)


def _line(name: str, days: list[str], palette: Palette, *, width: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": days,
        "hoverinfo": "skip",
        "line": {"color": palette.muted, "width": width},
    }
