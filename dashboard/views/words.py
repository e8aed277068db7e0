"""How do numbers, spans and lists read on the screen?"""

from collections.abc import Sequence

from analytics.instrument import Cutoff, Instrument

# How a change compares with the criterion of its questionnaire. A published criterion may be
# smaller than the error that the questionnaire's reliability implies.
BEYOND_ERROR = "beyond error"
BEYOND_PUBLISHED = "beyond the published criterion"


def number(value: float, step: float = 1.0) -> str:
    """Return points without needless decimals, as fine as the steps of a questionnaire.

    A prorated total lies between the steps, so there is one decimal at least.

    >>> number(19.0), number(19.8333), number(-0.04), number(1.25, 0.01), number(1.5, 0.25)
    ('19', '19.8', '0', '1.25', '1.5')
    """
    text = f"{value:.{_decimals(step)}f}".rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text


def _decimals(step: float) -> int:
    for count in range(1, 4):
        if abs(step * 10**count - round(step * 10**count)) < 1e-6:
            return count
    return 4


def exact(value: float) -> str:
    """Return a criterion, where a tenth of a point decides what is beyond it.

    >>> exact(6.0), exact(6.3803)
    ('6', '6.38')
    """
    return number(value, 0.01)


def signed(value: float, step: float = 1.0) -> str:
    """Return a change with its sign.

    >>> signed(7.0), signed(-0.42), signed(0.0)
    ('+7', '-0.4', '0')
    """
    text = number(value, step)
    return text if text == "0" or text.startswith("-") else f"+{text}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number and its noun.

    >>> counted(1, "score"), counted(3, "score"), counted(2, "client is", "clients are")
    ('1 score', '3 scores', '2 clients are')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def joined(parts: Sequence[str]) -> str:
    """Return a list as a sentence has it.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def opened(sentence: str) -> str:
    """Return the sentence with a capital letter in front."""
    return sentence[:1].upper() + sentence[1:]


def direction(instrument: Instrument) -> str:
    """Return which way is better, as the axis says it."""
    return f"{instrument.better} is better"


def span(instrument: Instrument) -> str:
    """Return the range of totals, such as ``0-27``."""
    ends = (number(end, instrument.step) for end in (instrument.minimum, instrument.maximum))
    return "-".join(ends)


def cutoff_words(cutoff: Cutoff) -> str:
    """Return which totals are on the clinical side.

    >>> cutoff_words(Cutoff(10, ">=", "caseness", "a manual"))
    '10 or more'
    """
    ends = {">=": "{} or more", ">": "above {}", "<=": "{} or less", "<": "below {}"}
    return ends[cutoff.op].format(exact(cutoff.value))


def percent(share: float) -> str:
    """Return a share of 1 as ``90 %``.

    >>> percent(0.9)
    '90 %'
    """
    return f"{100 * share:.0f} %"


def rate(share: float) -> str:
    """Return a chance as a percentage that is never rounded to none or all.

    >>> rate(0.152), rate(0.026), rate(0.0004), rate(0.9996)
    ('15 %', '2.6 %', 'less than 0.1 %', 'more than 99.9 %')
    """
    if share < 0.001:
        return "less than 0.1 %"
    if share > 0.999:
        return "more than 99.9 %"
    if 0.1 <= share <= 0.9:
        return percent(share)
    return f"{number(100 * share)} %"
