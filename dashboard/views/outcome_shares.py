"""How are shares and small numbers of clients written on the page of outcomes?"""

from analytics.groups.enough import SUPPRESS_BELOW
from analytics.groups.proportions import proportion
from data.outcomes import GoodEnds

DASH = "–"
FEW = f"fewer than {SUPPRESS_BELOW}"


def few_or(count: int, smallest: int = SUPPRESS_BELOW) -> str:
    """Return a number of clients, unless so few that one could be told from it.

    >>> few_or(3), few_or(0), few_or(1200)
    ('fewer than 5', '0', '1,200')
    """
    return f"fewer than {smallest}" if 0 < count < smallest else f"{count:,}"


def share_cells(events: int, n: int, *, smallest: int) -> tuple[str, str]:
    """Return a percentage and its interval; dashes below ``smallest`` clients.

    >>> share_cells(4, 9, smallest=5), share_cells(1, 2, smallest=5)
    (('44.4 %', '18.9 to 73.3 %'), ('–', '–'))
    """
    if n < max(1, smallest):
        return DASH, DASH
    found = proportion(events, n)
    low, high = 100 * (found.low or 0.0), 100 * (found.high or 0.0)
    return f"{100 * (found.value or 0.0):.1f} %", f"{low:.1f} to {high:.1f} %"


def good_words(good: GoodEnds) -> str:
    """Return what counts as a good end, as a verb of several."""
    return "recovered" if good.recovery else "improved reliably"


def whom_words(good: GoodEnds) -> str:
    """Return whom a good end is asked of."""
    return "who began on the clinical side" if good.recovery else "with a first score"
