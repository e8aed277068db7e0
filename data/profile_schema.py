"""Which keys may a rule profile hold?"""

from typing import Annotated, Any, Literal

from pydantic import Field

from analytics.rules import Rules
from data.outcome_schema import OutcomeSheet
from data.sheets import Id, Positive, Share, Sheet, Text


class Rule(Sheet):
    """A threshold; each kind says what its ``value`` may be."""

    value: Any
    source: Text

    def threshold(self) -> Any:
        """Return the value as ``Rules`` holds it."""
        return tuple(self.value) if isinstance(self.value, list) else self.value


class ShareRule(Rule):
    """A share between 0 and 1."""

    value: Share


class FactorRule(Rule):
    """A factor that may widen and never narrow."""

    value: Annotated[float, Field(allow_inf_nan=False, ge=1)]


class NumberRule(Rule):
    """A number above 0."""

    value: Positive


class CutoffRule(Rule):
    """One of the three cutoffs of Jacobson and Truax."""

    value: Literal["a", "b", "c"]


# Three scores are the fewest whose slope has a standard error of its own.
Window = Annotated[int, Field(ge=3)]


class CountRule(Rule):
    """A count, 0 or more."""

    value: Annotated[int, Field(ge=0)]


class IntervalRule(Rule):
    """A count, 1 or more."""

    value: Annotated[int, Field(ge=1)]


class YesNoRule(Rule):
    """Whether something is done."""

    value: bool


class WindowRule(Rule):
    """A number of last scores."""

    value: Window


class WindowsRule(Rule):
    """Several numbers of last scores."""

    value: Annotated[list[Window], Field(min_length=1)]


class RulesSheet(Sheet):
    """A whole rule profile. A threshold that is missing keeps the value of ``Rules``."""

    id: Id
    version: Text
    confidence: ShareRule | None = None
    cutoff: CutoffRule | None = None
    plateau_windows: WindowsRule | None = None
    plateau_confidence: ShareRule | None = None
    plateau_inflation: FactorRule | None = None
    plateau_block_weeks: NumberRule | None = None
    plateau_block_cap_weeks: NumberRule | None = None
    plateau_span: FactorRule | None = None
    noisy_ratio: NumberRule | None = None
    noisy_from: WindowRule | None = None
    sudden_share: ShareRule | None = None
    sudden_confidence: ShareRule | None = None
    sudden_adjusted: YesNoRule | None = None
    sudden_pooled: YesNoRule | None = None
    sudden_from_session: CountRule | None = None
    course_amber: ShareRule | None = None
    course_red: ShareRule | None = None
    course_from_score: CountRule | None = None
    review_sessions: IntervalRule | None = None
    outcome: OutcomeSheet | None = None

    def fact(self) -> Rules:
        """Return the thresholds."""
        given = {name: rule.threshold() for name, rule in self if isinstance(rule, Rule)}
        if self.outcome is not None:
            given["outcome"] = self.outcome.fact()
        return Rules(id=self.id, version=self.version, **given)

    def sources(self) -> dict[str, str]:
        """Return the source of each threshold that the file gives."""
        return {name: rule.source for name, rule in self if isinstance(rule, Rule)}
