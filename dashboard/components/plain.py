"""How does text from a file get on the page as it is, and as nothing more?"""

import re
import unicodedata

# What has a meaning anywhere in a line, and what has one only where a line begins.
_SPECIAL = re.compile(r"([\\`*_\[\]!$~#|<>&:])")
_BEGINNING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+]))")

# Some changes are made after Markdown has been read, when a backslash is gone: arrows and
# dashes, icons and emoji, addresses of pages and of mail. These are the places that break them.
_LATER = re.compile(
    r"(?<=<)(?=-)|(?<=-)(?=[->])|(?<=[<>~])(?==)|(?<=:)(?=material/|[\w+-]+:)"
    r"|(?=@)|(?<=http)(?=s?://)|(?<=www)(?=\.)",
    re.IGNORECASE,
)
_JOINER = "\u2060"  # has no width and breaks no line
_SPACES = re.compile(r"^ +| +$| {2,}")


def plain(text: str) -> str:
    r"""Return *text* so that Markdown shows it letter by letter.

    Names of files and columns come from outside: as Markdown, one of them could draw a
    picture from a foreign host, or colour a word like a finding. Two texts that differ also
    look different: spaces are kept, and what cannot be seen is written as its number.

    >>> print(plain("![x](b_c.png)"))
    \!\[x\](b\_c.png)
    >>> print(plain("- 7"), plain("1. A"), plain("A  7"))
    \- 7 1\. A A&nbsp;&nbsp;7
    """
    # An accent written apart from its letter would look like the two in one.
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(_visible(letter, text == composed or _in(letter, composed)) for letter in text)
    # The joiner goes in first, at places that the backslashes of the next step leave alone.
    escaped = _SPECIAL.sub(r"\\\1", _LATER.sub(_JOINER, seen))
    begun = _BEGINNING.sub(r"\1\\", escaped)
    return _SPACES.sub(lambda spaces: "&nbsp;" * len(spaces[0]), begun)


def _in(letter: str, composed: str) -> bool:
    return letter in composed and not unicodedata.combining(letter)


def _visible(letter: str, is_composed: bool) -> str:
    """Return a letter, or the number of one that has no picture of its own.

    The brackets of such a number are written as numbers too, so that no text can pretend.
    """
    if is_composed and letter.isprintable() and letter not in "⟨⟩":
        return letter
    return f"⟨U+{ord(letter):04X}⟩"
