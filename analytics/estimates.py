"""What does a service's own record tell about a questionnaire that no manual can?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.expectation.calibration import Calibration
from analytics.expectation.curve import GrowthCurve
from analytics.instrument import Norms
from analytics.sensitivity.samples import PairedSample
from analytics.series import buckets, checked, row_sum
from analytics.shrinkage import SlopePrior

# Fewer clients than this say too little of a service.
FEWEST_CLIENTS = 30


@dataclass(frozen=True, slots=True)
class Spread:
    """How far single scores lie from the client's own course.

    ``sd`` is in points; ``clients`` and ``scores`` say on how many it stands.
    """

    sd: float
    clients: int
    scores: int
    source: str


@dataclass(frozen=True, slots=True)
class Estimates:
    """The service's own figures for one questionnaire; ``None`` where the record is too small.

    Attributes
    ----------
    instrument, version
        Id and version of the questionnaire's facts.
    norms
        Mean and standard deviation of first scores.
    pairs
        First and last scores of the same clients, for the indices that need both.
    spread
        Spread of single scores, for the plateau rule.
    slopes
        How slopes over the first 2, 3, ... scores differ between clients, for shrunken slopes.
    curve
        The expected course.
    calibration
        How well a curve from one half of the episodes held for the other half.
    refusals
        Sentences on what could not be estimated, and why.
    """

    instrument: str
    version: str
    norms: Norms | None = None
    pairs: PairedSample | None = None
    spread: Spread | None = None
    slopes: tuple[SlopePrior | None, ...] = ()
    curve: GrowthCurve | None = None
    calibration: Calibration | None = None
    refusals: tuple[str, ...] = ()


def pooled_spread(
    weeks: npt.ArrayLike,
    scores: npt.ArrayLike,
    offsets: npt.ArrayLike,
    *,
    shortest: int = 8,
    longest: int = 10,
) -> Spread | None:
    r"""Return the spread of scores about each client's own straight line, pooled.

    .. math::

        s = \sqrt{\frac{\sum_i SSE_i}{\sum_i (n_i - 2)}}

    over the last scores of each series, as the plateau rule sees them: at least *shortest*,
    at most *longest*. A course that bends within them adds to the spread; errors that last
    from one score to the next are partly taken for the course, and make it too small.

    Parameters
    ----------
    weeks, scores, offsets
        As in `analytics.trend.ols_slope`; one series a client.
    shortest, longest
        Numbers of last scores; 3 or more.

    Returns
    -------
    A spread in points, or ``None`` where fewer than 30 series are long enough, or where all
    of them lie on their lines exactly. Series with all their scores on one day do not count.

    Raises
    ------
    ValueError
        If the arrays do not fit together, hold a missing value, or the weeks of a series go
        backwards.

    References
    ----------
    Pooled residual variance: Draper, N. R., & Smith, H. (1998). *Applied regression analysis*
    (3rd ed.). Wiley. https://doi.org/10.1002/9781118625590

    Examples
    --------
    Thirty clients whose scores zigzag by one point about a level:

    >>> zigzag = [10.0, 12.0] * 4
    >>> spread = pooled_spread(list(range(8)) * 30, zigzag * 30, np.arange(31) * 8)
    >>> round(spread.sd, 3), spread.clients
    (1.127, 30)
    """
    t, y, starts = checked(weeks, scores, offsets)
    squares = freedom = clients = used = 0.0
    for bucket in buckets(starts):
        if bucket.length < shortest:
            continue
        n = min(bucket.length, longest)
        rows = bucket.positions[-n:]
        week, score = t[rows] - t[rows[0]], y[rows] - y[rows[0]]
        week -= row_sum(week) / n
        score -= row_sum(score) / n
        sxx = row_sum(week * week)
        there = sxx > 0
        slope = np.divide(row_sum(week * score), sxx, out=np.zeros_like(sxx), where=there)
        rest = row_sum((score - slope * week) ** 2)[there]
        squares += float(np.cumsum(rest)[-1]) if rest.size else 0.0
        freedom += (n - 2) * rest.size
        clients += rest.size
        used += n * rest.size
    if clients < FEWEST_CLIENTS or squares <= 0:
        return None
    return Spread(
        sd=float(np.sqrt(squares / freedom)),
        clients=int(clients),
        scores=int(used),
        source=(
            f"the service's own record: spread of the last {shortest} to {longest} scores of "
            f"{int(clients)} clients about their own straight lines"
        ),
    )
