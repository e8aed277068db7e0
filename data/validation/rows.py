"""How do programs read a validation?"""

from dataclasses import dataclass

from analytics.simulation import Rate
from data.validation.held_out import HeldOut, held_out
from data.validation.report import Report
from data.validation.unchanged import Unchanged
from data.validation.verdicts import Share


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A share of series with its interval; ``nan`` where the group is empty."""

    group: str
    flagged: int
    series: int
    share: float
    low: float
    high: float
    not_assessable: int
    looks_flagged: int
    looks: int


@dataclass(frozen=True, slots=True)
class RuleRow:
    """How one rule did on one question, all services together; delays in scores."""

    question: str
    rule: str
    naive: bool
    found: ShareRow
    found_by_service: tuple[float, ...]
    falsely: tuple[ShareRow, ...]
    delay_quartiles: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Rows:
    """A validation as plain numbers; see `data.validation.report.Report`."""

    software: str
    rules: str
    kernel: str
    runs: int
    seeds: tuple[int, ...]
    planted: tuple[RuleRow, ...]
    plateau: tuple[Rate, ...]
    unchanged: tuple[Unchanged, ...]
    sudden: tuple[Rate, ...]
    expected_course: tuple[HeldOut, ...]


def as_rows(report: Report) -> Rows:
    """Return a validation as plain numbers."""
    planted = tuple(
        RuleRow(
            question=score.question,
            rule=score.rule,
            naive=score.naive,
            found=_row(score.found),
            found_by_service=tuple(one.scores[place].found.rate for one in report.services),
            falsely=tuple(_row(share) for share in score.false_flags),
            delay_quartiles=score.delay_quartiles,
        )
        for place, score in enumerate(report.scores)
    )
    return Rows(
        software=report.software,
        rules=report.rules,
        kernel=report.kernel,
        runs=report.runs,
        seeds=tuple(service.seed for service in report.services),
        planted=planted,
        plateau=report.plateau,
        unchanged=report.unchanged,
        sudden=report.sudden,
        expected_course=held_out(report.services),
    )


def _row(share: Share) -> ShareRow:
    low, high = share.interval
    return ShareRow(
        group=share.group,
        flagged=share.hits,
        series=share.of,
        share=share.rate,
        low=low,
        high=high,
        not_assessable=share.silent,
        looks_flagged=share.looks_flagged,
        looks=share.looks,
    )
