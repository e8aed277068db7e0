"""What was planted in each series, so that a rule can be scored against it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data.synthetic.courses import Course, FloatArray, PlateauKind, Shape, plateau_of
from data.synthetic.measures import Measure
from data.synthetic.writing import Row

#: Courses with a moment of change that is not the beginning of a plateau.
_TURNING = ("late_responder", "deterioration", "alliance_rupture")


@dataclass(frozen=True, slots=True)
class Truth:
    """The planted truth of one series: one questionnaire in one episode.

    ``onset_session`` is the appointment from which the planted event holds, and
    ``onset_on`` its date: the level of a plateau, the first score after a sudden gain, the
    rupture, or the last level appointment before a deterioration or a late response sets in;
    ``None`` where the course has no such moment or the scores end before it.
    ``deteriorated`` says that the true course ends worse than it began by the reliable
    change or more. ``disagrees`` says that this measure was planted to go against the
    client's first. ``true_improvement`` is positive when better. ``session_nos``, ``days``
    and ``true_totals`` run along the scores of the log.
    """

    client_id: str
    episode_id: str
    instrument: str
    course: Course
    onset_session: int | None
    onset_on: date | None
    plateau_kind: PlateauKind | None
    deteriorated: bool
    disagrees: bool
    true_improvement: float
    error_sd: float
    is_open: bool
    session_nos: tuple[int, ...]
    days: tuple[date, ...]
    true_totals: tuple[float, ...]

    def row(self) -> Row:
        """Return the row of ``truth.csv``."""
        return (
            self.client_id, self.episode_id, self.instrument, self.course, self.onset_session,
            self.onset_on, self.plateau_kind, self.deteriorated, self.disagrees,
            self.true_totals[0], self.true_totals[-1], self.true_improvement, self.error_sd,
            len(self.session_nos), self.is_open,
        )  # fmt: skip

    def occasion_rows(self) -> list[Row]:
        """Return the rows of ``true_totals.csv``."""
        return [
            (self.client_id, self.episode_id, self.instrument, number, day, total)
            for number, day, total in zip(
                self.session_nos, self.days, self.true_totals, strict=True
            )
        ]


@dataclass(frozen=True, slots=True)
class Truths:
    """What ``synthetic_service`` wrote: where, with which seed, how many rows, what is true."""

    folder: Path
    seed: int
    today: date
    rows: Mapping[str, int]
    series: tuple[Truth, ...]


def series_truth(
    shape: Shape,
    *,
    client_id: str,
    episode_id: str,
    is_open: bool,
    disagrees: bool,
    measure: Measure,
    severity: FloatArray,
    days: list[date],
    places: list[int],
) -> Truth:
    """Return the truth of a series scored at the appointments *places* (counted from 0).

    ``severity`` and ``days`` cover every appointment of the episode.
    """
    scored = severity[places]
    improvement = float(scored[0] - scored[-1])
    # Where the last score was taken before the event, no rule could have seen it.
    seen = places[-1] + 1 >= shape.turn
    kind = plateau_of(shape.course, scored, measure) if seen else None
    has_onset = kind is not None or (seen and shape.course in _TURNING)
    flip = measure.better == "higher"
    totals = measure.maximum - scored if flip else measure.minimum + scored
    return Truth(
        client_id=client_id,
        episode_id=episode_id,
        instrument=measure.id,
        course=shape.course,
        onset_session=shape.turn if has_onset else None,
        onset_on=days[shape.turn - 1] if has_onset else None,
        plateau_kind=kind,
        deteriorated=-improvement >= measure.reliable_change,
        disagrees=disagrees,
        true_improvement=improvement,
        error_sd=measure.sem,
        is_open=is_open,
        session_nos=tuple(place + 1 for place in places),
        days=tuple(days[place] for place in places),
        true_totals=tuple(float(total) for total in totals),
    )
