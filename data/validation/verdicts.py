"""How often was a rule right about series of which the truth is known, and how late?"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.groups.proportions import wilson_interval

# So many clients, each with so many series in the group and so many of these flagged.
Pattern = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Share:
    """How many series of a group were flagged.

    Attributes
    ----------
    group
        Which series these are, in words.
    patterns
        Clients with the same counts together: flagged series, series, clients.
    silent
        Series for which the rule could say nothing at any look that counts.
    looks_flagged, looks
        Looks that count, and those among them with a flag.
    """

    group: str
    patterns: tuple[Pattern, ...]
    silent: int = 0
    looks_flagged: int = 0
    looks: int = 0

    @property
    def hits(self) -> int:
        """Return the number of flagged series."""
        return sum(flagged * clients for flagged, _, clients in self.patterns)

    @property
    def of(self) -> int:
        """Return the number of series."""
        return sum(series * clients for _, series, clients in self.patterns)

    @property
    def rate(self) -> float:
        """Return the share, ``nan`` for an empty group."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        r"""Return the 95 % interval, which allows for clients with several series.

        The limits are Wilson's (`analytics.groups.proportions`), their distances from the share
        widened by the square root of

        .. math::

            d = \frac{k}{k - 1}\,\frac{\sum (a_i - \hat p\, m_i)^2}{\hat p (1 - \hat p) \sum m_i}

        with a of the m series of each of k clients flagged; at least not narrowed. Where none
        or all are flagged, d is the mean m. ``nan`` for an empty group.

        References
        ----------
        Ratio of sums over clusters: Cochran, W. G. (1977). *Sampling techniques* (3rd ed.),
        section 3.12. Wiley.

        Examples
        --------
        Forty clients with one series each, and twenty with two that are always alike:

        >>> low, high = Share("ten of forty", ((1, 1, 10), (0, 1, 30))).interval
        >>> round(low, 3), round(high, 3)
        (0.142, 0.402)
        >>> low, high = Share("ten of forty", ((2, 2, 5), (0, 2, 15))).interval
        >>> round(low, 3), round(high, 3)
        (0.093, 0.47)
        """
        if not self.of:
            return math.nan, math.nan
        low, high = (float(limit) for limit in wilson_interval(self.hits, self.of))
        p, stretch = self.rate, math.sqrt(self._design_factor())
        return max(0.0, p - stretch * (p - low)), min(1.0, p + stretch * (high - p))

    def _design_factor(self) -> float:
        """Return how many times the variance of the share is that of independent series."""
        k, p = sum(clients for _, _, clients in self.patterns), self.rate
        if k == self.of:
            return 1.0
        if p in (0.0, 1.0) or k < 2:
            return self.of / k
        squares = sum(n * (flagged - p * series) ** 2 for flagged, series, n in self.patterns)
        return max(1.0, k / (k - 1) * squares / (p * (1 - p) * self.of))


@dataclass(frozen=True, slots=True)
class RuleScore:
    """How one rule did on one question.

    ``delays`` are in scores, from the first look at which the truth holds to the flag, of
    those found. ``naive`` rules are shown for comparison; no page uses them.
    """

    question: str
    rule: str
    naive: bool
    found: Share
    false_flags: tuple[Share, ...]
    delays: tuple[int, ...]

    @property
    def delay(self) -> float:
        """Return the median delay, ``nan`` where nothing was found."""
        return self.delay_quartiles[1]

    @property
    def delay_quartiles(self) -> tuple[float, float, float]:
        """Return lower quartile, median and upper quartile of the delay."""
        if not self.delays:
            return math.nan, math.nan, math.nan
        low, median, high = (float(q) for q in np.quantile(self.delays, (0.25, 0.5, 0.75)))
        return low, median, high

    def falsely(self, group: str) -> Share:
        """Return the false flags among one group."""
        return next(share for share in self.false_flags if share.group == group)


def share_of(group: str, clients: Sequence[str], flagged: Sequence[bool], **counts: int) -> Share:
    """Return the share of a group, one entry a series.

    >>> share_of("two of three", ["Ana", "Ana", "Ben"], [True, False, True]).patterns
    ((1, 1, 1), (1, 2, 1))
    """
    series, hits = Counter(clients), Counter[str]()
    for client, hit in zip(clients, flagged, strict=True):
        hits[client] += hit
    return Share(group, _sorted(Counter((hits[who], series[who]) for who in series)), **counts)


def pooled(services: Sequence[tuple[RuleScore, ...]]) -> tuple[RuleScore, ...]:
    """Return the scores of several services as one; each service has been asked the same."""
    return tuple(
        RuleScore(
            question=same[0].question,
            rule=same[0].rule,
            naive=same[0].naive,
            found=_together([score.found for score in same]),
            false_flags=tuple(
                _together(list(shares))
                for shares in zip(*(score.false_flags for score in same), strict=True)
            ),
            delays=tuple(delay for score in same for delay in score.delays),
        )
        for same in zip(*services, strict=True)
    )


def _together(shares: Sequence[Share]) -> Share:
    """Return one share of several services, whose clients are different people."""
    counts: Counter[tuple[int, int]] = Counter()
    for share in shares:
        for flagged, series, clients in share.patterns:
            counts[flagged, series] += clients
    return Share(
        shares[0].group,
        _sorted(counts),
        silent=sum(share.silent for share in shares),
        looks_flagged=sum(share.looks_flagged for share in shares),
        looks=sum(share.looks for share in shares),
    )


def _sorted(counts: Counter[tuple[int, int]]) -> tuple[Pattern, ...]:
    return tuple((*pattern, counts[pattern]) for pattern in sorted(counts))


def as_table(scores: Iterable[RuleScore]) -> str:
    """Return the scores as lines of text, one rule a line, for a terminal."""
    lines = [f"{'question':26}{'rule':36}{'found':>27}{'delay':>7}  falsely flagged"]
    for score in scores:
        false = "; ".join(f"{share.group} {told(share)}" for share in score.false_flags)
        lines.append(
            f"{score.question:26}{score.rule:36}{told(score.found):>27}{score.delay:>7.1f}  {false}"
        )
    return "\n".join(lines)


def told(share: Share) -> str:
    """Return counts, share and interval on one line.

    >>> told(Share("ten of forty", ((1, 1, 10), (0, 1, 30))))
    '10/40 0.25 (0.14-0.40)'
    """
    low, high = share.interval
    return f"{share.hits}/{share.of} {share.rate:.2f} ({low:.2f}-{high:.2f})"
