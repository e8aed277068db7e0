"""At which scores did a measure jump, and did the jump hold?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.views.dates import day_text
from dashboard.views.words import counted, signed
from data.records import Event, SeriesResult

_GAIN, _LOSS = "sudden_gain", "sudden_loss"
_GIVEN_BACK = "given back"

CAVEAT = (
    "Clients who improve steadily have such jumps by chance too, the more the longer they are "
    "followed."
)


@dataclass(frozen=True, slots=True)
class Jump:
    """A sudden gain or loss, at the first score after it.

    ``is_reversed`` tells that a later score gave back more than half of it. ``label`` stands
    in the chart, ``text`` is for the pointer.
    """

    day: date
    total: float
    is_gain: bool
    is_reversed: bool
    label: str
    text: str


def jumps_of(
    events: Sequence[Event], series_id: int, totals: Sequence[tuple[date, float]], step: float
) -> tuple[Jump, ...]:
    """Return the sudden gains and losses of one series, whose days and totals are given."""
    jumps = []
    for event in events:
        if event.series_id != series_id or event.kind not in (_GAIN, _LOSS) or event.size is None:
            continue
        on_day = [total for day, total in totals if day == event.happened_on]
        if not on_day:
            continue
        is_gain = event.kind == _GAIN
        name = f"sudden {'gain' if is_gain else 'loss'} {signed(event.size, step)}"
        jumps.append(
            Jump(
                event.happened_on,
                on_day[-1],
                is_gain,
                event.detail.startswith(_GIVEN_BACK),
                name,
                f"{day_text(event.happened_on)}: {name}, {_what_became(event.detail)}",
            )
        )
    return tuple(jumps)


def jump_words(jumps: Sequence[Jump], judged: SeriesResult) -> str:
    """Return what the marks mean, and what must not be read into them; empty without a jump."""
    if not jumps:
        return ""
    marks = []
    if any(jump.is_gain for jump in jumps):
        marks.append("▲ sudden gain")
    if not all(jump.is_gain for jump in jumps):
        marks.append("▼ sudden loss")
    hollow = ", hollow where later given back by half" if any(j.is_reversed for j in jumps) else ""
    among = ""
    if judged.sudden_evaluable:
        intervals = counted(judged.sudden_evaluable, "interval", "intervals")
        among = f", among {intervals} between sessions that could be judged"
    return f"Jumps: {' and '.join(marks)}{hollow}{among}. {CAVEAT}"


def _what_became(detail: str) -> str:
    """Return the detail with its day, if any, as the screen writes days."""
    words, _, last = detail.rpartition(" ")
    try:
        return f"{words} {day_text(date.fromisoformat(last))}"
    except ValueError:
        return detail
