"""What must be known of a questionnaire before its scores mean anything?"""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"]
Role = Literal["outcome", "process", "goal", "count"]
Construct = Literal["symptoms", "functioning", "wellbeing", "goal", "alliance", "values"]
Comparison = Literal[">=", ">", "<=", "<"]


@dataclass(frozen=True, slots=True)
class Sourced:
    """A number and the place where it was printed."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability coefficient, its kind (``alpha``, ``test-retest``) and its source."""

    value: float
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Norms:
    """Mean and standard deviation of a reference group, in points; ``n`` where printed."""

    mean: float
    sd: float
    n: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A total on the clinical side of ``value`` (by ``op``) counts as a case."""

    value: float
    op: Comparison
    purpose: str
    source: str


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of totals, both ends included."""

    start: float
    end: float
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class Items:
    """How answers become a total.

    ``reverse`` and ``positions`` count from 1. ``max_missing`` is the number of blank
    answers up to which the missing ones are replaced by the mean of the answered ones;
    ``None`` means that no rule is known, and one blank answer leaves no total.
    ``labels`` are the words of the answers from ``minimum`` upwards, where the licence
    allows printing them.
    """

    count: int
    minimum: float
    maximum: float
    step: float
    scoring: Literal["sum", "mean"]
    multiplier: float
    reverse: tuple[int, ...]
    max_missing: int | None
    labels: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Subscale:
    """A part of the questionnaire with a score of its own; ``items`` count from 1."""

    id: str
    name: str
    items: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class RiskItem:
    """An item whose answer is shown before everything else; ``item`` counts from 1."""

    item: int
    op: Comparison
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Licence:
    """Under which terms the questionnaire may be used, and whether items may be printed."""

    status: str
    items_printable: bool
    note: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """The facts of one version of one questionnaire.

    The first block is required; each missing part of the rest turns off what needs it.
    ``measures`` is the kind of construct, for comparing measures with one another; where it
    is not said, an outcome measure is of symptoms, and other measures are not compared.
    """

    id: str
    version: str
    name: str
    better: Better
    minimum: float
    maximum: float
    step: float

    construct: str = ""
    measures: Construct | None = None
    respondent: str = "client"
    role: Role = "outcome"
    interval_days: int = 7
    reliability: Reliability | None = None
    clinical: Norms | None = None
    functional: Norms | None = None
    reliable_change: Sourced | None = None
    meaningful_change: Sourced | None = None
    sudden_gain: Sourced | None = None
    alert_drop: Sourced | None = None
    cutoffs: tuple[Cutoff, ...] = ()
    bands: tuple[Band, ...] = ()
    items: Items | None = None
    subscales: tuple[Subscale, ...] = ()
    risk_items: tuple[RiskItem, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    licence: Licence | None = None
    notes: tuple[str, ...] = ()
