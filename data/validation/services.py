"""How do the rules do on several synthetic services, each judged by another one's curves?"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.estimates import Estimates
from analytics.expectation.calibration import Calibration, calibration
from analytics.expectation.curve import GrowthCurve
from analytics.expectation.episodes import cases, flat_series
from analytics.expectation.growth import Refusal, fit_growth
from analytics.instrument import Cutoff, Instrument
from data.library import Library
from data.staging import Progress
from data.synthetic.planted import Planted, read_planted
from data.synthetic.service import synthetic_service
from data.validation.scored import score_series
from data.validation.verdicts import RuleScore

#: The last day of every service; another one would move holidays and give other services.
LAST_DAY = date(2026, 3, 2)
#: The curves come from the service of this many seeds further on: not one client is the same.
OTHER_SEEDS = 1000

FloatArray = npt.NDArray[np.float64]
_Arrays = tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Service:
    """What the rules said of one synthetic service.

    ``calibrations`` are by questionnaire: how the curve of the other service held here.
    ``refusals`` say why a questionnaire has no curve.
    """

    seed: int
    series: int
    looks: int
    scores: tuple[RuleScore, ...]
    calibrations: dict[str, Calibration]
    refusals: tuple[str, ...]


def judged_services(
    seeds: Sequence[int], library: Library, *, progress: Progress | None = None
) -> tuple[Service, ...]:
    """Return what the rules say of the service of each seed."""
    found = []
    for done, seed in enumerate(seeds):
        if progress is not None:
            progress(f"service {seed}", done, len(seeds))
        found.append(judged_service(seed, library))
    return tuple(found)


def judged_service(seed: int, library: Library) -> Service:
    """Return what the rules say of one service, with curves fitted on another one.

    Nothing else is fitted: norms, spread and slopes are those of the library.
    """
    other = planted_service(seed + OTHER_SEEDS, library)
    planted = planted_service(seed, library)
    own, refusals, calibrations = [], [], {}
    for name in sorted({s.instrument for s in planted}):
        facts = library.instruments[name]
        if facts.role != "outcome":
            continue
        cutoff = library.judging(name).cutoff
        curve = _curve(other, facts, cutoff)
        if isinstance(curve, Refusal):
            refusals.append(f"{facts.name}: {curve.reason}")
            continue
        own.append(Estimates(name, facts.version, curve=curve))
        held = calibration(curve, *_arrays(planted, name, cutoff), held_out=True)
        if held is not None:
            calibrations[name] = held
    return Service(
        seed=seed,
        series=len(planted),
        looks=sum(s.scores.size for s in planted),
        scores=score_series(planted, library.with_figures(own, 0)),
        calibrations=calibrations,
        refusals=tuple(refusals),
    )


def planted_service(seed: int, library: Library) -> list[Planted]:
    """Return the series of the service of one seed, with what was planted in them."""
    with tempfile.TemporaryDirectory(prefix="milepost-") as scratch:
        synthetic_service(Path(scratch), seed=seed, today=LAST_DAY, instruments=library.instruments)
        return read_planted(Path(scratch), library)


def _arrays(planted: Sequence[Planted], instrument: str, cutoff: Cutoff | None) -> _Arrays:
    """Return the series of a questionnaire that began on the clinical side, as a fit takes them."""
    mine = [s for s in planted if s.instrument == instrument]
    if not mine:
        return np.empty(0), np.empty(0), np.zeros(1, dtype=np.int64)
    scores = np.concatenate([s.scores for s in mine])
    starts = np.append(0, np.cumsum([s.scores.size for s in mine]))
    begun = cases(scores, starts, cutoff)
    return flat_series(np.concatenate([s.weeks for s in mine]), scores, starts, begun)


def _curve(
    planted: Sequence[Planted], facts: Instrument, cutoff: Cutoff | None
) -> GrowthCurve | Refusal:
    return fit_growth(
        *_arrays(planted, facts.id, cutoff),
        instrument=facts.id,
        minimum=facts.minimum,
        maximum=facts.maximum,
        better=facts.better,
    )
