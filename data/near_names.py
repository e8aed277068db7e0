"""Which known questionnaires may a name mean that is not known?"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

LIKENESS = 0.75  # below it, difflib proposes names that share letters and nothing else
LISTED = 6


def near_names(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the ids that *name* may mean, in their own order.

    The same letters and digits in another dress come first, then all parts of a family of
    which it is the first part, then the questionnaire of which it names a part, then slips of
    the pen. A PHQ-8 is no misspelt PHQ-9: where digits are given, they must be the same.

    >>> ids = ["audit", "audit-c", "dass-21-a", "dass-21-d", "oq-45.2", "phq-15", "phq-9"]
    >>> near_names("PHQ9", ids), near_names("Audit", ids)
    (('phq-9',), ('audit',))
    >>> near_names("DASS 21", ids), near_names("oq-45", ids)
    (('dass-21-a', 'dass-21-d'), ('oq-45.2',))
    >>> near_names("phq-9 item sum", ids), near_names("pqh-9", ids), near_names("phq-1", ids)
    (('phq-9',), ('phq-9',), ())
    """
    wanted = _parts(name)
    parts = {known_id: _parts(known_id) for known_id in known}
    if not wanted:
        return ()
    same = [i for i, own in parts.items() if own == wanted]
    family = [i for i, own in parts.items() if own[: len(wanted)] == wanted]
    whole = [i for i, own in parts.items() if len(own) > 1 and wanted[: len(own)] == own]
    if found := same or family or whole:
        return tuple(found)
    plain = {"".join(own): i for i, own in parts.items() if _digits(wanted) in ([], _digits(own))}
    near = get_close_matches("".join(wanted), plain, cutoff=LIKENESS)
    return tuple(i for i in parts if i in {plain[text] for text in near})


def in_words(names: tuple[str, ...]) -> str:
    """Return ids as the end of a question, a long list cut short.

    >>> in_words(("phq-9",)), in_words(("hads-a", "hads-d"))
    ('phq-9', 'hads-a or hads-d')
    >>> in_words(tuple("abcdefgh"))
    'a, b, c, d, e, f or one of 2 more'
    """
    shown = list(names[:LISTED])
    if len(names) > LISTED:
        shown.append(f"one of {len(names) - LISTED} more")
    return " or ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def _parts(name: str) -> list[str]:
    return re.findall(r"[a-z]+|[0-9]+", name.lower())


def _digits(parts: list[str]) -> list[str]:
    return [part for part in parts if part.isdigit()]
