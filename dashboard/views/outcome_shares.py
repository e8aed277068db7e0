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


def complete_cell(both: int, whole: int, *, smallest: int) -> str:
    """Return how many episodes have a first and a last score, as the page's answer says it.

    >>> complete_cell(30, 40, smallest=5), complete_cell(2, 40, smallest=5)
    ('30 of 40 (75 %)', 'fewer than 5 of 40')
    >>> complete_cell(2, 3, smallest=5)
    'fewer than 5'
    """
    if whole < smallest:
        return few_or(whole, smallest)
    if 0 < both < smallest:
        return f"{few_or(both, smallest)} of {whole:,}"
    return f"{both:,} of {whole:,} ({100 * both / whole:.0f} %)"


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
