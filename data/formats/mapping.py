"""How do the columns of a file in another layout become rows of the canonical log?

A mapping is a TOML file. It names the columns that identify the client and, for each
column or family of columns that holds scores, the instrument and the day::

    id = "trial-visits"
    version = "1"
    client_id = "PATIENT"
    origin = "2020-01-06"

    [[scores]]
    column = "HAMDTL17"
    instrument = "ham-d17"
    days_column = "RELDAYS"

``column`` may hold ``{session}``, which stands for a whole number in the column's name.
Blank score cells are no entries; everything else stays text and is judged as the
canonical log is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from data.errors import FileRefused
from data.formats.delimited import Chunk
from data.formats.reading import DateOrder, Decimal, Reading
from data.sheets import checked, parsed, refusal

CANONICAL = (
    "client_id",
    "episode_id",
    "clinician_id",
    "team",
    "service",
    "instrument",
    "administered_on",
    "session_no",
    "total",
)
NOT_IMPORTED = "Nothing was imported."


class ScoreColumn(BaseModel):
    """One column, or one family of columns, that holds total scores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    instrument: str | None = None
    instrument_column: str | None = None
    date_column: str | None = None
    days_column: str | None = None
    days: int | None = None
    days_per_session: int | None = None
    session_column: str | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.instrument is None) == (self.instrument_column is None):
            raise ValueError("give either instrument or instrument_column")
        ways = (self.date_column, self.days_column, self.days, self.days_per_session)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give one of date_column, days_column, days, days_per_session")
        if self.days_per_session is not None and "{session}" not in self.column:
            raise ValueError("days_per_session needs {session} in column")
        return self


class Mapping(BaseModel):
    """A saved way to read one layout."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    version: str
    client_id: str
    episode_id: str | None = None
    clinician_id: str | None = None
    team: str | None = None
    service: str | None = None
    origin: date | None = None
    dates: DateOrder = "iso"
    decimal: Decimal = "."
    scores: tuple[ScoreColumn, ...]

    @model_validator(mode="after")
    def _origin_where_days_count(self) -> Self:
        if self.origin is None and any(s.date_column is None for s in self.scores):
            raise ValueError("origin (the day that day 0 stands for) is needed to count days")
        return self

    @property
    def reading(self) -> Reading:
        """How dates and numbers of the file are written."""
        return Reading(self.dates, self.decimal)


def read_mapping(text: str, name: str) -> Mapping:
    """Read a mapping from TOML text.

    Raises
    ------
    DataError
        With every mistake of the file in one sentence each.
    """
    mapping, problems = checked(Mapping, parsed(text, name, lost=NOT_IMPORTED))
    if mapping is None:
        raise refusal(name, problems, lost=NOT_IMPORTED)
    return mapping


@dataclass(frozen=True, slots=True)
class _Plan:
    """One concrete score column of a file."""

    position: int
    spec: ScoreColumn
    session: int | None


class Mapper:
    """Applies a mapping to the chunks of one file."""

    def __init__(self, mapping: Mapping, file: str, header: Sequence[str]) -> None:
        self.mapping = mapping
        self.header = header
        self.at = {name: i for i, name in enumerate(header)}
        self.file = file
        for name in self._named_columns():
            if name not in self.at:
                raise FileRefused(
                    f"{file}, row 1: the mapping {mapping.id} needs the column {name}, which is "
                    f"missing. Found: {', '.join(header)}. Nothing was imported."
                )
            if list(header).count(name) > 1:
                raise FileRefused(
                    f"{file}, row 1: the column name {name!r} stands twice, so it is unclear which "
                    "one to read. Rename or remove one. Nothing was imported."
                )
        self.plans = [plan for spec in mapping.scores for plan in self._plans(spec, header)]
        read = [(plan.position, plan.session) for plan in self.plans]
        names = [header[position] for position, _ in read]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise FileRefused(
                f"{file}, row 1: the column {twice[0]} is read twice: the name stands twice, or "
                f"two parts of the mapping {mapping.id} name it. Nothing was imported."
            )

    @property
    def unread(self) -> tuple[str, ...]:
        """Names of the columns that the mapping does not use."""
        used = {*self._named_columns(), *(self.header[plan.position] for plan in self.plans)}
        return tuple(name for name in self.header if name and name not in used)

    def _named_columns(self) -> list[str]:
        m = self.mapping
        names = [m.client_id, m.episode_id, m.clinician_id, m.team, m.service]
        for s in m.scores:
            names += [s.instrument_column, s.date_column, s.days_column, s.session_column]
        return [name for name in names if name is not None]

    def _plans(self, spec: ScoreColumn, header: Sequence[str]) -> list[_Plan]:
        before, mark, after = spec.column.partition("{session}")
        pattern = re.compile(re.escape(before) + (r"([0-9]+)" if mark else "") + re.escape(after))
        plans = [
            _Plan(i, spec, int(found[1]) if mark else None)
            for i, name in enumerate(header)
            if (found := pattern.fullmatch(name))
        ]
        if not plans:
            raise FileRefused(
                f"{self.file}, row 1: no column is called {spec.column}, which the mapping "
                f"{self.mapping.id} reads. Found: {', '.join(header)}. Nothing was imported."
            )
        return plans

    def apply(self, chunk: Chunk) -> Chunk:
        """Return the entries of *chunk* as a chunk of the canonical columns."""
        m = self.mapping
        columns_in = [c if isinstance(c, list) else c.to_pylist() for c in chunk.columns]
        chunk = Chunk(chunk.rows, columns_in, chunk.problems, chunk.blank)
        rows: list[int] = []
        parts: list[int] = []
        columns: list[list[str]] = [[] for _ in CANONICAL]
        constant = [
            chunk.columns[self.at[name]] if name is not None else None
            for name in (m.client_id, m.episode_id, m.clinician_id, m.team, m.service)
        ]
        for plan in self.plans if chunk.columns else ():
            scores = chunk.columns[plan.position]
            keep = [i for i, text in enumerate(scores) if text.strip()]
            rows += [chunk.rows[i] for i in keep]
            parts += [plan.position for _ in keep]
            for target, source in zip(columns, constant, strict=False):
                target += ["" for _ in keep] if source is None else [source[i] for i in keep]
            columns[5] += self._instruments(plan, chunk, keep)
            columns[6] += self._days(plan, chunk, keep)
            columns[7] += self._sessions(plan, chunk, keep)
            columns[8] += [scores[i] for i in keep]
        return Chunk(rows, columns, chunk.problems, chunk.blank, parts)

    def _instruments(self, plan: _Plan, chunk: Chunk, keep: list[int]) -> list[str]:
        spec = plan.spec
        if spec.instrument_column is not None:
            cells = chunk.columns[self.at[spec.instrument_column]]
            return [cells[i] for i in keep]
        return [spec.instrument or "" for _ in keep]

    def _sessions(self, plan: _Plan, chunk: Chunk, keep: list[int]) -> list[str]:
        if plan.session is not None:
            return [str(plan.session) for _ in keep]
        if plan.spec.session_column is not None:
            cells = chunk.columns[self.at[plan.spec.session_column]]
            return [cells[i] for i in keep]
        return ["" for _ in keep]

    def _days(self, plan: _Plan, chunk: Chunk, keep: list[int]) -> list[str]:
        spec, origin = plan.spec, self.mapping.origin
        if spec.date_column is not None:
            cells = chunk.columns[self.at[spec.date_column]]
            return [cells[i] for i in keep]
        if spec.days_column is not None:
            cells = chunk.columns[self.at[spec.days_column]]
            return [_day(origin, cells[i], self.mapping.dates) for i in keep]
        days = spec.days if spec.days is not None else 0
        if spec.days_per_session is not None:
            days = spec.days_per_session * (plan.session or 0)
        return [_day(origin, str(days), self.mapping.dates) for _ in keep]


def _day(origin: date | None, days: str, order: DateOrder) -> str:
    """Return the day as text in the file's own order; text that is no number stays as it is."""
    if origin is None or not re.fullmatch(r"-?[0-9]{1,6}", days):
        return days
    try:
        day = origin + timedelta(days=int(days))
    except OverflowError:  # before the year 1
        return days
    forms = {"iso": "{0:04}-{1:02}-{2:02}", "day-month-year": "{2:02}/{1:02}/{0:04}"}
    return forms.get(order, "{1:02}/{2:02}/{0:04}").format(day.year, day.month, day.day)
