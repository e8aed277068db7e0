"""What does one episode of therapy leave in the log?"""

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from data.synthetic.answers import Sheet, observed_totals, sheets
from data.synthetic.casemix import draw_length, draw_shape, fitted
from data.synthetic.courses import FloatArray, Shape, true_severity
from data.synthetic.diary import Attendance, appointments, attendance
from data.synthetic.goals import Kept, draw_extras
from data.synthetic.measures import ITEM_COLUMNS, Measure
from data.synthetic.people import SERVICE, Client
from data.synthetic.truth import Truth, series_truth
from data.synthetic.writing import Row

#: Correlation of the true intakes of one client's questionnaires.
_SHARED = 0.65
_DROPS_OUT = 0.22
_DISAGREES = 0.08
_RUPTURE = 0.2
_SEEN_AFTER_RUPTURE = 2
_FILLED_IN = 0.95
#: WSAS is given at every so many kept appointments.
_NOW_AND_THEN = 4
_IMPROVING = ("steady_improver", "log_improver", "maintained", "sudden_gain", "late_responder")
#: Who ends after so few appointments has not completed a therapy.
_TOO_SHORT = 2
_OTHER_ENDINGS = ("referred_on", "moved_away")
ENDINGS = ("completed", "dropped_out", *_OTHER_ENDINGS)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which episode of which client, and until when it goes."""

    client: Client
    number: int
    last: date
    is_open: bool

    @property
    def id(self) -> str:
        """The episode's id: the client's and a running number."""
        return f"{self.client.id}-{self.number}"


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of one episode, by file, and the truth of its series."""

    started_on: date
    tables: dict[str, list[Row]]
    truths: list[Truth] = field(default_factory=list)


def draw_episode(plan: Plan, measures: dict[str, Measure], rng: np.random.Generator) -> Written:
    """Return everything that the log holds of one episode."""
    client = plan.client
    given = [measures[name] for name in client.measures]
    starts = _starts(given, rng)
    shape = draw_shape(starts[0], given[0], rng)
    dropped_out = not plan.is_open and shape.course != "brief" and rng.random() < _DROPS_OUT
    shortest = 0.35 if plan.is_open or dropped_out else 1.0
    cut = float(rng.uniform(shortest, 1.0 if plan.is_open or not dropped_out else 0.8))
    count = draw_length(shape, start=starts[0], measure=given[0], cut=cut, rng=rng)
    days = appointments(
        count,
        last=plan.last,
        weekday=client.weekday,
        leave_week=client.clinician.leave_week,
        rng=rng,
    )
    kept = attendance(count, dropped_out=dropped_out, rng=rng)
    weeks = np.array([(day - days[0]).days / 7 for day in days], dtype=np.float64)

    written = Written(days[0], {"episodes": [_episode_row(plan, days, dropped_out, rng)]})
    written.tables["sessions"] = [
        (plan.id, place + 1, day, kept[place]) for place, day in enumerate(days)
    ]
    main = true_severity(shape, start=starts[0], weeks=weeks, measure=given[0])
    written.tables["scores"] = []
    for measure, start in zip(given, starts, strict=True):
        own, disagrees = (
            (shape, False) if measure is given[0] else _own_shape(shape, measure, start, count, rng)
        )
        severity = true_severity(own, start=start, weeks=weeks, measure=measure)
        places = _scored(kept, measure, rng)
        if not places:
            continue
        totals = observed_totals(severity[places], measure, rng)
        filled = sheets(totals, measure, with_items=client.records_items, rng=rng)
        written.tables["scores"].extend(_score_rows(plan, measure, days, places, filled))
        written.truths.append(
            series_truth(
                own,
                client_id=client.id,
                episode_id=plan.id,
                is_open=plan.is_open,
                disagrees=disagrees,
                measure=measure,
                severity=severity,
                days=days,
                places=places,
            )
        )
    _add_extras(written, plan, days, kept, main, rng)
    return written


def _starts(given: list[Measure], rng: np.random.Generator) -> list[float]:
    """Return the true severity at intake on each measure, correlated over the measures."""
    common = rng.normal()
    own = rng.normal(size=len(given))
    starts: list[float] = []
    for measure, alone in zip(given, own, strict=True):
        place = np.sqrt(_SHARED) * common + np.sqrt(1 - _SHARED) * alone
        mean = measure.severity(measure.source.mean)
        starts.append(
            float(np.clip(mean + place * measure.source.true_sd, 0.5, measure.width - 0.5))
        )
    return starts


def _own_shape(
    shape: Shape, measure: Measure, start: float, count: int, rng: np.random.Generator
) -> tuple[Shape, bool]:
    """Return the shape of a further measure, and whether it goes against the first one."""
    chance = rng.random()
    turn = int(rng.integers(3, 7))
    if measure.cutoff is None:
        if chance < _RUPTURE and turn + _SEEN_AFTER_RUPTURE <= count:
            return replace(shape, course="alliance_rupture", turn=turn), False
        return replace(shape, course="alliance", turn=1), False
    if shape.course == "brief":
        return shape, False
    if chance < _DISAGREES and shape.course in _IMPROVING:
        worse = fitted(replace(shape, course="deterioration", turn=1), start=start, measure=measure)
        if worse.course == "deterioration":
            return worse, True
    return fitted(shape, start=start, measure=measure), False


def _scored(kept: list[Attendance], measure: Measure, rng: np.random.Generator) -> list[int]:
    """Return the appointments, counted from 0, at which the questionnaire was filled in."""
    filled = rng.random(len(kept)) < _FILLED_IN
    places = [place for place, how in enumerate(kept) if how == "attended" and filled[place]]
    return places[::_NOW_AND_THEN] if measure.id == "wsas" else places


def _score_rows(
    plan: Plan, measure: Measure, days: list[date], places: list[int], filled: list[Sheet]
) -> list[Row]:
    client = plan.client
    rows: list[Row] = []
    for place, sheet in zip(places, filled, strict=True):
        early = client.earlier_clinician is not None and place < len(days) // 2
        by = client.earlier_clinician if early else client.clinician
        answers = sheet.answers + (None,) * (ITEM_COLUMNS - len(sheet.answers))
        rows.append(
            (
                client.id, plan.id, (by or client.clinician).name, client.clinician.team, SERVICE,
                measure.id, days[place], place + 1, sheet.total, *answers,
            )
        )  # fmt: skip
    return rows


def _episode_row(plan: Plan, days: list[date], dropped_out: bool, rng: np.random.Generator) -> Row:
    client = plan.client
    chance = rng.random()
    ending: str | None
    if plan.is_open:
        ending = None
    elif dropped_out or len(days) <= _TOO_SHORT:
        ending = "dropped_out"
    else:
        ending = _OTHER_ENDINGS[int(chance * 20)] if chance < 0.1 else "completed"
    return (
        plan.id, client.id, client.clinician.name, client.clinician.team, SERVICE, days[0],
        None if plan.is_open else days[-1], ending, client.problem, client.modality,
        client.age_band, client.gender,
    )  # fmt: skip


def _add_extras(
    written: Written,
    plan: Plan,
    days: list[date],
    kept: list[Attendance],
    severity: FloatArray,
    rng: np.random.Generator,
) -> None:
    places = [place for place, how in enumerate(kept) if how == "attended"]
    extras = draw_extras(
        Kept(
            episode_id=plan.id,
            numbers=tuple(place + 1 for place in places),
            days=tuple(days[place] for place in places),
            progress=1 - severity[places] / severity[0],
        ),
        rng,
    )
    written.tables["goals"] = extras.goals
    written.tables["goal_ratings"] = extras.ratings
    written.tables["tallies"] = extras.tallies
    written.tables["annotations"] = extras.annotations
