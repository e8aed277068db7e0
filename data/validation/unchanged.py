"""How often is a client who does not change called reliably worse, questionnaire by questionnaire?"""

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import improvement, reliable_direction
from analytics.criteria import Criteria
from analytics.false_alarms import false_alarm_rate
from analytics.instrument import Instrument
from data.library import Library

FloatArray = npt.NDArray[np.float64]

#: Lengths of a course, in scores with the first one.
COURSES = (6, 12, 20)


@dataclass(frozen=True, slots=True)
class Alarm:
    """The chance of being called reliably worse at some look, between 0 and 1.

    ``exact`` is that of `analytics.false_alarms`, ``simulated`` the share of simulated clients.
    """

    exact: float
    simulated: float


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The false alarms of one questionnaire.

    Attributes
    ----------
    instrument
        Its id.
    criterion, sem
        Reliable change and standard error of measurement, in points.
    has_norms
        Whether the simulated clients begin as clients of its norms do, or, where these are
        not known, all in the middle of the scale.
    once, confirmed
        By the number of scores: at one look, and at two looks in a row.
    """

    instrument: str
    criterion: float
    sem: float
    has_norms: bool
    once: Mapping[int, Alarm]
    confirmed: Mapping[int, Alarm]


def unchanged_clients(library: Library, *, runs: int, seed: int) -> Iterator[Unchanged]:
    """Yield the false alarms of every outcome questionnaire with a reliable change and an error.

    Parameters
    ----------
    library
        Facts and rules.
    runs
        Simulated clients a questionnaire.
    seed
        The same seed gives the same shares, whatever other questionnaires there are.

    Examples
    --------
    >>> phq = next(
    ...     u for u in unchanged_clients(Library.load(), runs=500, seed=1) if u.instrument == "phq-9"
    ... )
    >>> phq.criterion, phq.confirmed[12].exact < phq.once[12].exact
    (6.0, True)
    """
    for name, facts in library.instruments.items():
        judged = library.judging(name)
        reliable, sem = judged.reliable_change, judged.sem
        if facts.role != "outcome" or reliable is None or sem is None:
            continue
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        scores = _scores(facts, sem.value, runs, rng)
        worse = _worse(scores, judged, reliable.value)
        again = worse.copy()
        again[0] = False
        again[1:] &= worse[:-1]
        yield Unchanged(
            instrument=name,
            criterion=reliable.value,
            sem=sem.value,
            has_norms=facts.clinical is not None,
            once=_alarms(worse, judged, facts.step, confirmed=False),
            confirmed=_alarms(again, judged, facts.step, confirmed=True),
        )


def _scores(facts: Instrument, sem: float, runs: int, rng: np.random.Generator) -> FloatArray:
    """Return totals of clients who do not change, of shape (scores, clients)."""
    mean, spread = (facts.minimum + facts.maximum) / 2, 0.0
    if facts.clinical is not None:
        mean = facts.clinical.mean
        # The printed spread of first scores holds the error.
        spread = math.sqrt(max(facts.clinical.sd**2 - sem**2, 0.0))
    true = np.clip(mean + spread * rng.normal(size=runs), facts.minimum, facts.maximum)
    observed = true + sem * rng.normal(size=(max(COURSES), runs))
    steps = np.rint((observed - facts.minimum) / facts.step)
    return np.clip(facts.minimum + steps * facts.step, facts.minimum, facts.maximum)


def _worse(scores: FloatArray, judged: Criteria, criterion: float) -> npt.NDArray[np.bool_]:
    change = improvement(scores[0], scores, judged.better)
    return np.asarray(
        reliable_direction(change, criterion=criterion, inclusive=judged.reliable_inclusive) < 0
    )


def _alarms(
    speaks: npt.NDArray[np.bool_], judged: Criteria, step: float, *, confirmed: bool
) -> dict[int, Alarm]:
    reliable, sem = judged.reliable_change, judged.sem
    if reliable is None or sem is None:
        return {}
    return {
        n: Alarm(
            exact=false_alarm_rate(
                reliable.value,
                sem.value,
                looks=n - 1,
                confirmed=confirmed,
                step=step,
                inclusive=judged.reliable_inclusive,
            ),
            simulated=float(speaks[:n].any(axis=0).mean()),
        )
        for n in COURSES
    }
