"""How probable is it that a change that was seen is a true one, and among whom?"""

from dataclasses import dataclass
from statistics import NormalDist

from analytics.criteria import Criteria
from analytics.estimates import Estimates
from analytics.sensitivity.probability import (
    probability_of_change,
    probability_of_change_in_service,
    true_changes_from,
)
from dashboard.views.words import rate
from data.records import SeriesResult

WITHIN_ERROR = "none is given for a change within measurement error"
WHAT_IT_IS_NOT = (
    "it is not the probability that the change is large enough to matter, nor that therapy "
    "brought it about"
)


@dataclass(frozen=True, slots=True)
class TrueChange:
    """The probability that a true change has the direction of the observed one.

    ``flat`` takes every true change as equally likely beforehand, ``service`` sets the change
    beside those of ``clients`` of the service and is ``None`` without figures for that.
    """

    flat: float
    service: float | None
    clients: int

    @property
    def words(self) -> str:
        """Return the probability for both, each with what it takes as known beforehand."""
        flat = f"{rate(self.flat)} if every true change was equally likely beforehand"
        if self.service is None:
            return (
                f"{flat}, which is too sure where most clients change in one direction, of a "
                "worsening above all; the service has no figures yet that would tell"
            )
        return (
            f"{flat}; {rate(self.service)} beside the changes, from first to last score, of this "
            f"service's {self.clients:,} clients"
        )


def true_change(
    judged: SeriesResult, criteria: Criteria, own: Estimates | None
) -> TrueChange | None:
    """Return how probable a true change is; ``None`` for one within measurement error.

    Of a change within error only chance picks the direction out, and a probability of it
    would be read as evidence.
    """
    limit = NormalDist().inv_cdf((1 + criteria.confidence) / 2)
    if judged.rci is None or judged.improvement is None or abs(judged.rci) <= limit:
        return None
    flat = float(probability_of_change(judged.rci))
    pairs = None if own is None else own.pairs
    if pairs is None or criteria.s_diff is None:
        return TrueChange(flat, None, 0)
    error = criteria.s_diff.value
    changes, _ = true_changes_from(pairs, s_diff=error, better=criteria.better)
    if changes is None:
        return TrueChange(flat, None, 0)
    beside = probability_of_change_in_service(
        judged.improvement, s_diff=error, true_changes=changes
    )
    return TrueChange(flat, float(beside), changes.n)
