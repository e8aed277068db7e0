"""What does a client tick, and what stands on the sheet in the end?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.synthetic.courses import FloatArray
from data.synthetic.measures import Measure

IntArray = npt.NDArray[np.int64]

#: How readily each item is ticked before the others. The answers to PHQ-9 item 9 are the
#: rarest of its nine; the rest are about alike.
_READINESS: dict[str, tuple[float, ...]] = {
    "phq-9": (0.2, 0.4, 0.5, 0.8, 0.0, 0.3, 0.1, -0.6, -1.3),
    "gad-7": (0.5, 0.3, 0.5, 0.3, -0.3, 0.1, -0.2),
}
_LEVEL_COST = 0.9
_CLIENT_SPREAD = 0.5
_SHEET_SPREAD = 0.6

_ONE_BLANK = 0.015
_RISK_ITEM_BLANK = 0.008
_MANY_BLANK = 0.003
_TOTAL_ONLY = 0.03


@dataclass(frozen=True, slots=True)
class Sheet:
    """One filled-in questionnaire. ``total`` is ``None`` where it has to come from the items.

    ``answers`` is empty where only the total was written down; ``None`` inside is a blank.
    """

    total: float | None
    answers: tuple[int | None, ...]


def observed_totals(severity: FloatArray, measure: Measure, rng: np.random.Generator) -> FloatArray:
    """Return totals: the true course plus Normal(0, SEM), rounded to the step and clipped."""
    noisy = severity + rng.normal(0.0, measure.sem, severity.size)
    whole = np.clip(np.rint(noisy / measure.step) * measure.step, 0.0, measure.width)
    totals = measure.minimum + whole if measure.better == "lower" else measure.maximum - whole
    return np.round(totals, 6)


def item_answers(totals: IntArray, measure: Measure, rng: np.random.Generator) -> IntArray:
    """Return one row of answers per total, each adding up to it.

    Each step of each item gets a number, higher for the steps that a person ticks first;
    the ``total`` highest are ticked. One client's preference for items stays over time.
    """
    count, top = measure.item_count, measure.item_maximum
    readiness = np.asarray(_READINESS.get(measure.id, (0.0,) * count))
    readiness = readiness + rng.normal(0.0, _CLIENT_SPREAD, count)
    sheet = rng.normal(0.0, _SHEET_SPREAD, (totals.size, count, top))
    order = readiness[None, :, None] - _LEVEL_COST * np.arange(top)[None, None, :] + sheet
    flat = order.reshape(totals.size, count * top)
    rank = np.argsort(np.argsort(-flat, axis=1), axis=1)
    ticked = (rank < totals[:, None]).reshape(order.shape)
    return np.asarray(ticked.sum(axis=2), dtype=np.int64)


def sheets(
    totals: FloatArray, measure: Measure, *, with_items: bool, rng: np.random.Generator
) -> list[Sheet]:
    """Return the sheets of one client: items where the service records them, a few with blanks."""
    if not with_items or measure.item_count == 0:
        return [Sheet(float(total), ()) for total in totals]
    answers = item_answers(totals.astype(np.int64), measure, rng)
    result: list[Sheet] = []
    for total, row, chance in zip(totals, answers, rng.random(totals.size), strict=True):
        blanks = _blanks(float(chance), measure, rng)
        if blanks is None:
            result.append(Sheet(float(total), ()))
            continue
        ticks = tuple(None if i in blanks else int(answer) for i, answer in enumerate(row))
        result.append(Sheet(None if blanks else float(total), ticks))
    return result


def _blanks(chance: float, measure: Measure, rng: np.random.Generator) -> frozenset[int] | None:
    """Return the items left blank, counted from 0; ``None`` where no item was written down."""
    edges = np.cumsum([_ONE_BLANK, _RISK_ITEM_BLANK, _MANY_BLANK, _TOTAL_ONLY])
    one, risk, many, none = (float(edge) for edge in edges)
    if chance < one:
        return frozenset((int(rng.integers(measure.item_count)),))
    if chance < risk:
        return frozenset((measure.item_count - 1,))
    if chance < many:
        picked = rng.choice(measure.item_count, 4, replace=False)
        return frozenset(int(item) for item in picked)
    return None if chance < none else frozenset()
