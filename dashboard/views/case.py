"""What is at hand to tell why a finding on one measure stands there?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.criteria import Criteria
from analytics.estimates import Estimates
from analytics.flags import CONFIRMED_BY_TWO
from analytics.instrument import Instrument
from analytics.standing import standing
from dashboard.views.dates import day_text
from dashboard.views.series import totals_of
from dashboard.views.words import opened
from data.library import Library
from data.records import ClientRecord, Event, ScoreRow, SeriesResult


@dataclass(frozen=True, slots=True)
class Seen:
    """One flag that stands: since which score, at how many looks in a row, of how many."""

    kind: str
    since: date
    session_no: int | None
    in_a_row: int
    looks: int

    @property
    def words(self) -> str:
        """Return since when it stands and how often in a row it was seen."""
        session = "" if self.session_no is None else f" (session {self.session_no})"
        if self.in_a_row > 1:
            return f"{day_text(self.since)}{session}; seen in the last {self.in_a_row} scores"
        once = f"{day_text(self.since)}{session}; seen in the last score only"
        if self.kind in CONFIRMED_BY_TWO:
            once += ", and a second score in a row would confirm it"
        return once


@dataclass(frozen=True, slots=True)
class Case:
    """One measure of one client, with the numbers that judge it.

    ``result`` is the stored one, of the whole episode: a baseline that is chosen on the page
    changes its panel and no finding. ``made`` names the versions behind all numbers, ``fit_no`` the fit of
    the service's own figures, and ``goal`` what the first goal adds to a plateau.
    """

    result: SeriesResult
    instrument: Instrument
    criteria: Criteria
    scored: Sequence[tuple[date, float]]
    made: str
    flags: Mapping[str, Seen]
    events: Sequence[Event] = ()
    figures: Estimates | None = None
    fit_no: int | None = None
    goal: str = ""

    @property
    def has_own_norms(self) -> bool:
        """Return whether the service's own first scores stand in for published norms."""
        own = self.figures is not None and self.figures.norms is not None
        return own and self.instrument.clinical is None

    @property
    def looks(self) -> int:
        """Return how many scores were compared with the baseline."""
        return self.result.n - 1

    def rule(self, what: str, *, is_fitted: bool = False) -> tuple[str, str]:
        """Return the name of a rule with the versions of rules, formulas, facts and figures."""
        facts = f"{self.instrument.name} facts version {self.instrument.version}"
        fit = (
            f", the service's own figures of fit {self.fit_no}" if is_fitted and self.fit_no else ""
        )
        return "Rule", f"{what}, {self.made}, {facts}{fit}"

    def since(self, *kinds: str) -> list[tuple[str, str]]:
        """Return since when the flag stands that this is about; nothing where none does."""
        return [("Since", opened(self.flags[kind].words)) for kind in kinds if kind in self.flags]


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding, taken apart.

    ``parts`` are pairs of what is told and the sentence that tells it, in the order in
    which they are read. ``kinds`` names the flags that it explains; ``is_further`` tells that
    it explains none and may be read last.
    """

    title: str
    parts: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...] = ()
    is_further: bool = False


def cases_of(
    record: ClientRecord, library: Library, *, made: str, goal: Callable[[str | None], str]
) -> tuple[Case, ...]:
    """Return one case a measure, in the order of the record.

    ``goal`` says what the first goal adds to a kind of plateau.
    """
    found = record.row.results
    rows = [
        totals_of([row for row in record.scores if row.series_id == result.series_id])
        for result in found
    ]
    judging = [library.judging(result.instrument) for result in found]
    flags = _seen(list(zip(rows, judging, strict=True)))
    return tuple(
        Case(
            result=result,
            instrument=library.instruments[result.instrument],
            criteria=judging[at],
            scored=[(row.administered_on, row.total or 0.0) for row in rows[at]],
            made=made,
            flags=flags[at],
            events=[event for event in record.events if event.series_id == result.series_id],
            figures=library.figures.get(result.instrument),
            fit_no=library.fit_no,
            goal=goal(result.plateau_kind),
        )
        for at, result in enumerate(found)
    )


def _seen(series: Sequence[tuple[Sequence[ScoreRow], Criteria]]) -> list[dict[str, Seen]]:
    if not series:
        return []
    rows = [row for own, _ in series for row in own]
    lengths = [len(own) for own, _ in series]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    days = np.array([row.administered_on.toordinal() for row in rows], dtype=np.float64)
    found = standing(
        (days - np.repeat(days[starts[:-1]], lengths)) / 7.0,
        [row.total for row in rows if row.total is not None],
        starts,
        criteria=[criteria for _, criteria in series],
        which=range(len(series)),
        sessions=[-1 if row.session_no is None else row.session_no for row in rows],
    )
    return [
        {
            flag.kind: Seen(
                flag.kind,
                own[flag.since].administered_on,
                own[flag.since].session_no,
                flag.in_a_row,
                one.looks,
            )
            for flag in one.flags
        }
        for (own, _), one in zip(series, found, strict=True)
    ]
