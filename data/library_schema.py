"""Which keys may an instrument file hold?"""

from typing import Annotated, Literal

from pydantic import Field

from analytics import instrument as facts
from data.sheets import Id, Number, Positive, Share, Sheet, Text, Whole


class Sourced(Sheet):
    """A number above 0 and where it was printed."""

    value: Positive
    source: Text

    def fact(self) -> facts.Sourced:
        """Return the value with its source."""
        return facts.Sourced(self.value, self.source)


class Reliability(Sheet):
    """The table ``reliability``."""

    value: Share
    kind: Text
    source: Text

    def fact(self) -> facts.Reliability:
        """Return the coefficient."""
        return facts.Reliability(self.value, self.kind, self.source)


class Group(Sheet):
    """A reference group."""

    mean: Number
    sd: Positive
    n: Whole | None = None
    source: Text

    def fact(self) -> facts.Norms:
        """Return the norms of the group."""
        return facts.Norms(self.mean, self.sd, self.n, self.source)


class Norms(Sheet):
    """The tables ``norms.clinical`` and ``norms.functional``."""

    clinical: Group | None = None
    functional: Group | None = None


class Change(Sheet):
    """The table ``change``."""

    reliable: Sourced | None = None
    meaningful: Sourced | None = None
    sudden_gain: Sourced | None = None
    alert_drop: Sourced | None = None


class Cutoff(Sheet):
    """One of ``cutoffs``."""

    value: Number
    op: facts.Comparison
    purpose: Text
    source: Text

    def fact(self) -> facts.Cutoff:
        """Return the cutoff."""
        return facts.Cutoff(self.value, self.op, self.purpose, self.source)


class Band(Sheet):
    """One of ``bands``; ``from`` and ``to`` both belong to it."""

    start: Number = Field(alias="from")
    end: Number = Field(alias="to")
    label: Text
    source: Text

    def fact(self) -> facts.Band:
        """Return the band."""
        return facts.Band(self.start, self.end, self.label, self.source)


class Items(Sheet):
    """The table ``items``."""

    count: Whole
    minimum: Number
    maximum: Number
    step: Positive = 1.0
    scoring: Literal["sum", "mean"] = "sum"
    multiplier: Positive = 1.0
    reverse: list[Whole] = Field([])
    max_missing: Annotated[int, Field(ge=0)] | None = None
    labels: list[Text] = Field([])
    source: Text

    def fact(self) -> facts.Items:
        """Return how answers become a total."""
        return facts.Items(
            count=self.count,
            minimum=self.minimum,
            maximum=self.maximum,
            step=self.step,
            scoring=self.scoring,
            multiplier=self.multiplier,
            reverse=tuple(self.reverse),
            max_missing=self.max_missing,
            labels=tuple(self.labels),
            source=self.source,
        )


class Subscale(Sheet):
    """One of ``subscales``."""

    id: Id
    name: Text
    items: Annotated[list[Whole], Field(min_length=1)]
    source: Text

    def fact(self) -> facts.Subscale:
        """Return the subscale."""
        return facts.Subscale(self.id, self.name, tuple(self.items), self.source)


class RiskItem(Sheet):
    """One of ``risk_items``."""

    item: Whole
    op: facts.Comparison
    value: Number
    source: Text

    def fact(self) -> facts.RiskItem:
        """Return the risk item."""
        return facts.RiskItem(self.item, self.op, self.value, self.source)


class Licence(Sheet):
    """The table ``licence``."""

    status: Text
    items_printable: bool
    note: str = ""

    def fact(self) -> facts.Licence:
        """Return the terms of use."""
        return facts.Licence(self.status, self.items_printable, self.note)


class InstrumentSheet(Sheet):
    """A whole instrument file. The first block is required, everything else may be missing."""

    id: Id
    version: Text
    name: Text
    better: facts.Better
    minimum: Number
    maximum: Number
    step: Positive

    construct_: str = Field("", alias="construct")
    measures: facts.Construct | None = None
    respondent: Text = "client"
    role: facts.Role = "outcome"
    interval_days: Whole = 7
    reliability: Reliability | None = None
    norms: Norms = Norms()
    change: Change = Change()
    cutoffs: list[Cutoff] = Field([])
    bands: list[Band] = Field([])
    items: Items | None = None
    subscales: list[Subscale] = Field([])
    risk_items: list[RiskItem] = Field([])
    codes: dict[str, Text] = Field({})
    licence: Licence | None = None
    notes: list[Text] = Field([])

    def fact(self) -> facts.Instrument:
        """Return the instrument that the formulas use."""
        norms, change = self.norms, self.change
        return facts.Instrument(
            id=self.id,
            version=self.version,
            name=self.name,
            better=self.better,
            minimum=self.minimum,
            maximum=self.maximum,
            step=self.step,
            construct=self.construct_,
            measures=self.measures,
            respondent=self.respondent,
            role=self.role,
            interval_days=self.interval_days,
            reliability=self.reliability.fact() if self.reliability else None,
            clinical=norms.clinical.fact() if norms.clinical else None,
            functional=norms.functional.fact() if norms.functional else None,
            reliable_change=change.reliable.fact() if change.reliable else None,
            meaningful_change=change.meaningful.fact() if change.meaningful else None,
            sudden_gain=change.sudden_gain.fact() if change.sudden_gain else None,
            alert_drop=change.alert_drop.fact() if change.alert_drop else None,
            cutoffs=tuple(cutoff.fact() for cutoff in self.cutoffs),
            bands=tuple(band.fact() for band in self.bands),
            items=self.items.fact() if self.items else None,
            subscales=tuple(subscale.fact() for subscale in self.subscales),
            risk_items=tuple(item.fact() for item in self.risk_items),
            codes=tuple(sorted(self.codes.items())),
            licence=self.licence.fact() if self.licence else None,
            notes=tuple(self.notes),
        )
