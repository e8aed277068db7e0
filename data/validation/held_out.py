"""Does a curve of one service hold for the clients of another one?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from analytics.expectation.calibration import Exceedance
from data.validation.services import Service


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scores beyond one limit on its worse side, all services together.

    ``share`` is the two-sided share of the band and ``nominal`` the share of scores expected
    beyond it; ``low`` and ``high`` are the 95 % interval of the ``observed`` one, and
    ``lowest`` and ``highest`` the services with fewest and most. ``outside`` counts scores for
    which the curve does not speak.
    """

    instrument: str
    share: float
    nominal: float
    beyond: int
    of: int
    observed: float
    low: float
    high: float
    lowest: float
    highest: float
    outside: int


def held_out(services: Sequence[Service]) -> tuple[HeldOut, ...]:
    r"""Return how the curves of other services held, by questionnaire and band.

    Services are independent, so that the variance of the share of all is

    .. math::

        \frac{\sum_s m_s^2\, v_s}{(\sum_s m_s)^2}

    with m scores in service s and v the variance that its own interval implies, which allows
    for the scores of one client being alike (see `analytics.expectation.calibration`).
    """
    names = sorted({name for service in services for name in service.calibrations})
    found = []
    for name in names:
        held = [s.calibrations[name] for s in services if name in s.calibrations]
        outside = sum(one.outside for one in held)
        for same in zip(*(one.total for one in held), strict=True):
            found.append(_together(name, same, outside))
    return tuple(found)


def _together(name: str, same: Sequence[Exceedance], outside: int) -> HeldOut:
    z = NormalDist().inv_cdf(0.975)
    of = sum(one.of for one in same)
    beyond = sum(one.beyond for one in same)
    squares = sum((one.of * (one.high - one.low) / (2 * z)) ** 2 for one in same)
    half, observed = z * math.sqrt(squares) / of, beyond / of
    return HeldOut(
        instrument=name,
        share=same[0].share,
        nominal=same[0].nominal,
        beyond=beyond,
        of=of,
        observed=observed,
        low=max(0.0, observed - half),
        high=min(1.0, observed + half),
        lowest=min(one.observed for one in same),
        highest=max(one.observed for one in same),
        outside=outside,
    )
