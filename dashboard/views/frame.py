"""What stands above and below every page?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.views.dates import ago_text, day_text
from dashboard.views.words import counted
from data.ledger import ImportRecord
from data.reader import Reader

OLD_DAYS = 7
SYNTHETIC = "Synthetic service"

OTHER_FACTS = (
    "The numbers were made with other facts than those in the library folder. Run milepost rebuild "
    "to make them anew."
)

STATEMENT = (
    "Milepost shows answers to questionnaires next to published criteria of change, to help a "
    "clinician review progress. Nobody watches it between sessions, it is no crisis or alarm "
    "service, and it does not replace clinical judgement."
)


@dataclass(frozen=True, slots=True)
class FrameView:
    """The lines around a page: how old the data are, and what the product is not."""

    line: str
    late: str | None
    notice: str | None
    footer: str
    facts: str | None = None  # where the numbers were not made with the facts in use


def frame_view(reader: Reader, imports: Sequence[ImportRecord], *, today: date) -> FrameView:
    """Return the lines around each page."""
    about = reader.about()
    in_use = [record for record in imports if record.undone_at is None]
    if about is None or not in_use:
        return FrameView("No data yet: nothing has been imported.", None, None, STATEMENT)
    _, last_on = reader.span()
    imported_on = max(record.imported_at for record in in_use).astimezone().date()
    notice = (
        "Synthetic service: invented people, no real client"
        if SYNTHETIC in reader.services()
        else None
    )
    line = f"last import {ago_text(min(imported_on, today), today)} · generation {about.number}"
    aside = sum(record.counts.quarantined for record in in_use)
    if aside:
        line += f" · {counted(aside, 'row')} set aside"
    facts = None if about.library == reader.library.hash else OTHER_FACTS
    if last_on is None:
        return FrameView(f"No scores yet · {line}", None, notice, STATEMENT, facts)
    age = max((today - last_on).days, 0)
    late = f"Data are {age} days old: newer answers are not shown" if age > OLD_DAYS else None
    return FrameView(f"Data up to {day_text(last_on)} · {line}", late, notice, STATEMENT, facts)
