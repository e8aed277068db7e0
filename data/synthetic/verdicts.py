"""How often was a rule right about series of which the truth is known, and how late?"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a group of series were flagged."""

    group: str
    hits: int
    of: int

    @property
    def rate(self) -> float:
        """Return the share, ``nan`` for an empty group."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953.

        Examples
        --------
        >>> low, high = Share("ten of forty", 10, 40).interval
        >>> round(low, 3), round(high, 3)
        (0.142, 0.402)
        """
        if not self.of:
            return math.nan, math.nan
        z, n, p = NormalDist().inv_cdf(0.975), self.of, self.rate
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class RuleScore:
    """How one rule did; ``delay`` is a median in scores, ``nan`` where nothing was found."""

    rule: str
    found: Share
    false_flags: tuple[Share, ...]
    delay: float

    def falsely(self, group: str) -> Share:
        """Return the false flags among one group."""
        return next(share for share in self.false_flags if share.group == group)


def as_table(scores: Iterable[RuleScore]) -> str:
    """Return the scores as lines of text, one rule a line."""
    lines = [f"{'rule':32}{'found':>24}{'delay':>7}  falsely flagged"]
    for score in scores:
        false = "; ".join(f"{share.group} {_told(share)}" for share in score.false_flags)
        lines.append(f"{score.rule:32}{_told(score.found):>24}{score.delay:>7.1f}  {false}")
    return "\n".join(lines)


def _told(share: Share) -> str:
    low, high = share.interval
    return f"{share.hits}/{share.of} {share.rate:.2f} ({low:.2f}-{high:.2f})"
