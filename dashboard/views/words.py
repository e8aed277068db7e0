"""How do numbers, spans and lists read on the screen?"""

from collections.abc import Sequence

from analytics.instrument import Cutoff, Instrument


def number(value: float) -> str:
    """Return points without a needless decimal.

    >>> number(19.0), number(19.8333), number(-0.04)
    ('19', '19.8', '0')
    """
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def signed(value: float) -> str:
    """Return a change with its sign.

    >>> signed(7.0), signed(-0.42), signed(0.0)
    ('+7', '-0.4', '0')
    """
    text = number(value)
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
    return f"{number(instrument.minimum)}-{number(instrument.maximum)}"


def cutoff_words(cutoff: Cutoff) -> str:
    """Return which totals are on the clinical side.

    >>> cutoff_words(Cutoff(10, ">=", "caseness", "a manual"))
    '10 or more'
    """
    ends = {">=": "{} or more", ">": "above {}", "<=": "{} or less", "<": "below {}"}
    return ends[cutoff.op].format(number(cutoff.value))


def percent(share: float) -> str:
    """Return a share of 1 as ``90 %``.

    >>> percent(0.9)
    '90 %'
    """
    return f"{100 * share:.0f} %"
