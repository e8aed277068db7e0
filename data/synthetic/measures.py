"""From which published figures are the synthetic scores drawn?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analytics.instrument import Instrument, Norms
from data.errors import DataError

#: The questionnaires of the synthetic service.
GIVEN = ("phq-9", "gad-7", "core-10", "ors", "srs", "wsas")
#: Those whose answers are recorded item by item, and the item columns of the log.
ITEMISED = ("phq-9", "gad-7")
ITEM_COLUMNS = 9

# Intake figures of questionnaires for which the library has none. CORE-10 is scored on the
# scale of CORE-OM and takes its figures; the other two are assumptions and say so.
_STANDS_IN = {"core-10": "core-om"}
_ASSUMED = {
    "srs": Norms(35.0, 4.0, None, "assumed: just below the usual alert value of 36"),
    "wsas": Norms(20.0, 8.5, None, "assumed: the middle of the scale"),
}
#: z of a two-sided 95 % interval, where no reliable change was published.
_Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Source:
    """Intake mean and SD in points, the reliability that sets the error, and who printed them."""

    instrument: str
    mean: float
    sd: float
    reliability: float
    source: str

    @property
    def sem(self) -> float:
        """Standard error of measurement, ``SD * sqrt(1 - r)``, in points."""
        return self.sd * math.sqrt(1 - self.reliability)

    @property
    def true_sd(self) -> float:
        """SD of the true intakes, ``SD * sqrt(r)``: with the error added it is the printed SD."""
        return self.sd * math.sqrt(self.reliability)


@dataclass(frozen=True, slots=True)
class Measure:
    """One questionnaire as the generator needs it.

    The true courses are drawn as *severity*: 0 is the best total the questionnaire allows
    and ``width`` the worst, so that one formula serves both directions. ``unit`` is one
    PHQ-9 point on this questionnaire, by the ratio of the SDs at intake.
    """

    id: str
    minimum: float
    maximum: float
    step: float
    better: Literal["lower", "higher"]
    cutoff: float | None
    reliable_change: float
    item_count: int
    item_maximum: int
    unit: float
    source: Source

    @property
    def width(self) -> float:
        """The distance from the best to the worst total, in points."""
        return self.maximum - self.minimum

    @property
    def sem(self) -> float:
        """Standard error of measurement, in points."""
        return self.source.sem

    @property
    def cutoff_severity(self) -> float:
        """The cutoff as a severity; half the width where the questionnaire has none."""
        return self.width / 2 if self.cutoff is None else self.severity(self.cutoff)

    def severity(self, total: float) -> float:
        """Return how far *total* is from the best total, in points."""
        return total - self.minimum if self.better == "lower" else self.maximum - total


def sources(instruments: Mapping[str, Instrument]) -> tuple[Source, ...]:
    """Return the figures of each questionnaire that the synthetic service gives.

    Raises
    ------
    DataError
        If the library lacks a questionnaire, its reliability or its figures at intake.
    """
    return tuple(_source(name, instruments) for name in GIVEN)


def measures(instruments: Mapping[str, Instrument]) -> dict[str, Measure]:
    """Return each questionnaire that the synthetic service gives, ready to draw from.

    Raises
    ------
    DataError
        If the library lacks a questionnaire, its reliability or its figures at intake.
    """
    figures = sources(instruments)
    point = figures[0].sd
    return {
        figure.instrument: _measure(instruments[figure.instrument], figure, figure.sd / point)
        for figure in figures
    }


def _source(name: str, instruments: Mapping[str, Instrument]) -> Source:
    facts = instruments.get(name)
    stand_in = instruments.get(_STANDS_IN.get(name, ""))
    norms = facts.clinical if facts is not None else None
    place = ""
    if norms is None and stand_in is not None:
        norms, place = stand_in.clinical, f" of {stand_in.name}"
    norms = norms or _ASSUMED.get(name)
    if facts is None or facts.reliability is None or norms is None:
        raise DataError(
            f"The synthetic service needs the instrument {name} with its reliability and its "
            "mean and SD in a clinical sample, and the library does not hold them. "
            "Nothing was written."
        )
    return Source(
        instrument=name,
        mean=norms.mean,
        sd=norms.sd,
        reliability=facts.reliability.value,
        source=f"mean and SD{place}: {norms.source}; "
        f"reliability ({facts.reliability.kind}): {facts.reliability.source}",
    )


def _measure(facts: Instrument, source: Source, unit: float) -> Measure:
    cutoffs = [cutoff for cutoff in facts.cutoffs if cutoff.purpose == "caseness"]
    items = facts.items if facts.id in ITEMISED else None
    published = facts.reliable_change
    return Measure(
        id=facts.id,
        minimum=facts.minimum,
        maximum=facts.maximum,
        step=facts.step,
        better=facts.better,
        cutoff=cutoffs[0].value if cutoffs else None,
        reliable_change=published.value if published else _Z95 * math.sqrt(2) * source.sem,
        item_count=0 if items is None else items.count,
        item_maximum=0 if items is None else int(items.maximum),
        unit=unit,
        source=source,
    )
