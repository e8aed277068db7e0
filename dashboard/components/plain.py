"""How does text from a file get on the page as it is, and as nothing more?"""

import re

_SPECIAL = re.compile(r"([\\`*_\[\]!$~#|<>&:])")


def plain(text: str) -> str:
    r"""Return *text* so that Markdown shows it letter by letter.

    Names of files and columns come from outside: as Markdown, one of them could draw a
    picture from a foreign host, or colour a word like a finding.

    >>> print(plain("![x](https://example.org/a_b.png)"))
    \!\[x\](https\://example.org/a\_b.png)
    """
    return _SPECIAL.sub(r"\\\1", text)
