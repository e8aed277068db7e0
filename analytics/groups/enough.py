"""Are there enough clients behind a number, and what is said where there are not?"""

from statistics import NormalDist

# Fewer clients than this: no effect size.
SUPPRESS_BELOW = 5

# Fewer clients than this: the number carries the words "very imprecise".
IMPRECISE_BELOW = 10

# A therapist or team with fewer clients than this is not shown next to others.
HIDE_UNIT_BELOW = 10

# A service's own sample is a reference from this many clients on.
REFERENCE_FROM = 30


def z_quantile(confidence: float) -> float:
    r"""Return the two-sided standard normal quantile :math:`z_{(1 + c) / 2}`.

    Parameters
    ----------
    confidence
        Two-sided confidence c, between 0 and 1.

    Returns
    -------
    One number without unit; 1.959964 for .95.

    Raises
    ------
    ValueError
        If ``confidence`` is not between 0 and 1.

    Examples
    --------
    >>> round(z_quantile(0.95), 6)
    1.959964
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def too_few(n: int, fewest: int, what: str = "clients with both scores") -> str | None:
    """Return a sentence if there are fewer than ``fewest``, and nothing otherwise.

    ``what`` begins with a noun in the plural, which loses its s for one.

    Examples
    --------
    >>> too_few(3, 5)
    'Not assessable: 3 clients with both scores, at least 5 are needed.'
    >>> too_few(1, 5)
    'Not assessable: 1 client with both scores, at least 5 are needed.'
    >>> too_few(5, 5) is None
    True
    """
    if n >= fewest:
        return None
    noun, space, rest = what.partition(" ")
    counted = (noun.removesuffix("s") if n == 1 else noun) + space + rest
    return f"Not assessable: {n} {counted}, at least {fewest} are needed."
