"""Which keys may the table ``outcome`` of a rule profile hold?"""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from analytics import instrument as facts
from analytics.outcomes.rules import (
    ByCriterion,
    ByPair,
    ByShare,
    ByWindow,
    Definition,
    OutcomeRule,
    PairMeasure,
)
from data.library_schema import Sourced
from data.sheets import Id, Number, Share, Sheet, Text


class SourcedShare(Sheet):
    """A share between 0 and 1, and where it was printed."""

    value: Share
    source: Text

    def fact(self) -> facts.Sourced:
        """Return the share with its source."""
        return facts.Sourced(self.value, self.source)


class Line(Sheet):
    """A comparison with a total, and where it was printed."""

    value: Number
    op: facts.Comparison
    source: Text

    def fact(self, purpose: str) -> facts.Cutoff:
        """Return the line as a cutoff for *purpose*."""
        return facts.Cutoff(self.value, self.op, purpose, self.source)


class CriterionSheet(Sheet):
    """The table ``outcome.criterion``."""

    computed: bool
    only_cases: bool
    source: Text

    def fact(self) -> ByCriterion:
        """Return the definition."""
        return ByCriterion(self.computed, self.only_cases, self.source)


class PairMeasureSheet(Sheet):
    """The table ``outcome.pair.depression``, or one of ``outcome.pair.anxiety``."""

    instrument: Id
    problems: list[Text] = Field(default_factory=list)
    caseness: Line
    reliable_change: Sourced

    def fact(self) -> PairMeasure:
        """Return the questionnaire; problems are compared in small letters."""
        return PairMeasure(
            self.instrument,
            self.caseness.fact("caseness"),
            self.reliable_change.fact(),
            tuple(problem.lower() for problem in self.problems),
        )


class PairSheet(Sheet):
    """The table ``outcome.pair``."""

    depression: PairMeasureSheet
    anxiety: Annotated[list[PairMeasureSheet], Field(min_length=1)]
    fewest_sessions: Sourced

    def fact(self) -> ByPair:
        """Return the definition."""
        anxiety = tuple(measure.fact() for measure in self.anxiety)
        return ByPair(self.depression.fact(), anxiety, self.fewest_sessions.fact())


class WindowSheet(Sheet):
    """The table ``outcome.window``; days are counted from the elevated score."""

    instrument: Id
    index: Line
    first_day: Sourced
    last_day: Sourced
    remission: Line
    response: SourcedShare

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if self.first_day.value > self.last_day.value:
            raise PydanticCustomError(
                "window_order",
                "the window begins on day {first} and ends before that, on day {last}.",
                {"first": f"{self.first_day.value:g}", "last": f"{self.last_day.value:g}"},
            )
        return self

    def fact(self) -> ByWindow:
        """Return the definition."""
        return ByWindow(
            self.instrument,
            self.index.fact("index score"),
            self.first_day.fact(),
            self.last_day.fact(),
            self.remission.fact("remission"),
            self.response.fact(),
        )


class ShareSheet(Sheet):
    """The table ``outcome.share``."""

    response: SourcedShare
    partial: SourcedShare
    worse: Sourced

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if not self.partial.value < self.response.value:
            raise PydanticCustomError(
                "share_order",
                "a partial response, {partial}, is not below a response, {response}.",
                {"partial": f"{self.partial.value:g}", "response": f"{self.response.value:g}"},
            )
        return self

    def fact(self) -> ByShare:
        """Return the definition."""
        return ByShare(self.response.fact(), self.partial.fact(), self.worse.fact())


class OutcomeSheet(Sheet):
    """The table ``outcome``: a name, what counts as a success, and one kind of definition."""

    name: Text
    success: Text
    criterion: CriterionSheet | None = None
    pair: PairSheet | None = None
    window: WindowSheet | None = None
    share: ShareSheet | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "one_kind",
                "{found} stands here, and exactly one of {kinds} is needed.",
                {"found": " and ".join(given) or "no kind", "kinds": ", ".join(KINDS)},
            )
        return self

    def fact(self) -> OutcomeRule:
        """Return what the profile counts as a good outcome."""
        (kind,) = (sheet for name in KINDS if (sheet := getattr(self, name)) is not None)
        how: Definition = kind.fact()
        return OutcomeRule(self.name, self.success, how)


KINDS = ("criterion", "pair", "window", "share")
