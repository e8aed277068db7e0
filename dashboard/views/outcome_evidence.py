"""How large is the change of the group, how soon does it come, and what do the missing hide?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics.criteria import Criteria
from analytics.cutoffs import on_clinical_side
from analytics.groups.effect_sizes import pre_post_effect_sizes
from analytics.groups.enough import SUPPRESS_BELOW
from analytics.groups.means import MeanWithInterval
from analytics.groups.missing_outcomes import mean_change_bounds, proportion_bounds
from analytics.groups.proportions import Proportion
from analytics.groups.standardising import EffectSize
from analytics.groups.survival import SurvivalCurve, number_at_risk
from analytics.instrument import Instrument
from analytics.series import FloatArray
from dashboard.views.outcome_shares import DASH, few_or
from dashboard.views.tables import Table
from dashboard.views.words import counted, direction, exact, joined
from data.cases import Cases
from data.library import Library
from data.outcomes import ImprovementTimes, by_criterion, criteria_of, improvement_times

WEEKS = 52  # the whole of the chart's time axis, whatever the data are
TICKS = (0, 8, 16, 24, 32, 40, 48)
CAUTIONS = (
    "Looking at every score finds some improvements that are measurement error; those seen "
    "twice in a row seldom are.",
    "Who leaves without an improvement is followed until the last score. The method takes "
    "leaving to have nothing to do with improving, which is not certain in a clinic.",
)


@dataclass(frozen=True, slots=True)
class CurveLine:
    """The share that has improved by each week, its limits, and how many were followed."""

    name: str
    weeks: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]  # at the weeks of ``TICKS``


@dataclass(frozen=True, slots=True)
class CurvesView:
    """The chart of times to improvement; ``reason`` stands where there is none."""

    title: str
    lines: tuple[CurveLine, ...]
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    reason: str | None
    alt: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """Effect sizes, what the missing could hide, and times to improvement."""

    effect: str
    effects: Table
    bounds: Table
    curves: CurvesView


def evidence_view(cases: Cases, library: Library) -> EvidenceView | None:
    """Return the evidence on the chosen questionnaire; ``None`` where there is nothing."""
    if cases.measure is None or cases.episode.size < SUPPRESS_BELOW:
        return None
    instrument = library.instruments[cases.measure]
    judged = criteria_of(instrument, library, library.rules)
    ends = cases.ends[cases.measure]
    sizes = pre_post_effect_sizes(ends.first, ends.last, better=instrument.better)
    return EvidenceView(
        effect=_effect(sizes[0], instrument),
        effects=Table(
            "Effect sizes from before to after, by their full names",
            ("Name", "Size", "95 % interval", "Clients"),
            tuple(_effect_row(size) for size in sizes),
            "Positive is better. They answer different questions on the same scores: compare "
            "only sizes of one name.",
        ),
        bounds=_bounds(cases, library, instrument, judged),
        curves=_curves(cases, instrument, judged),
    )


def _effect(size: EffectSize, instrument: Instrument) -> str:
    if size.value is None or size.low is None or size.high is None:
        return f"{instrument.name}: {size.reason}"
    way, sign = ("better", 1) if size.value >= 0 else ("worse", -1)
    ends = sorted((sign * size.low, sign * size.high))
    rough = "; very imprecise, as there are few of them" if size.very_imprecise else ""
    return (
        f"{instrument.name}: {abs(size.value):.2f} standard deviations {way}, 95 % interval "
        f"{ends[0]:.2f} to {ends[1]:.2f} ({size.name}), from {size.n:,} of {size.n_all:,} "
        f"with both scores{rough}."
    )


def _effect_row(size: EffectSize) -> tuple[str, str, str, str]:
    if size.value is None or size.low is None or size.high is None:
        return size.name, DASH, size.reason or "", f"{size.n:,}"
    return (
        size.name,
        f"{size.value:.2f}",
        f"{size.low:.2f} to {size.high:.2f}",
        f"{size.n:,} of {size.n_all:,}",
    )


def _bounds(cases: Cases, library: Library, instrument: Instrument, judged: Criteria) -> Table:
    ends = cases.ends[instrument.id]
    gain = mean_change_bounds(
        ends.first,
        ends.last,
        lowest=instrument.minimum,
        highest=instrument.maximum,
        better=instrument.better,
    )
    rows = [
        (
            f"Mean improvement, {instrument.name} points",
            f"{gain.n_known:,} of {gain.n_known + gain.n_missing:,}",
            *(_mean(one) for one in (gain.completers, gain.unchanged, gain.worst, gain.best)),
        )
    ]
    if judged.cutoff is not None and judged.reliable_change is not None:
        found = by_criterion(ends, instrument, library, library.rules, only_cases=True)
        began = on_clinical_side(ends.first, judged.cutoff)
        had = np.where(np.isnan(ends.last), np.nan, found.success.astype(np.float64))[began]
        share = proportion_bounds(had)
        rows.append(
            (
                "Recovered, of those who began on the clinical side",
                f"{share.n_known:,} of {share.n_all:,}",
                _share(share.completers),
                _share(share.worst),
                _share(share.worst),
                _share(share.best),
            )
        )
    return Table(
        "Those with both scores, and all who began",
        (
            "What", "With both scores", "Completers", "If the missing did not change",
            "At worst", "At best",
        ),
        tuple(rows),
        "At worst and at best take every missing last score as the end of the scale, or every "
        "missing outcome as not had or had: for those with a first score the truth lies between. "
        f"Episodes without any first score ({few_or(gain.n_no_intake)}) are in neither bound. Each "
        "stands with its 95 % interval.",
    )  # fmt: skip


def _mean(one: MeanWithInterval) -> str:
    if one.value is None or one.low is None or one.high is None or one.n < SUPPRESS_BELOW:
        return DASH
    return f"{one.value:.1f} ({one.low:.1f} to {one.high:.1f})"


def _share(one: Proportion) -> str:
    if one.value is None or one.n < SUPPRESS_BELOW:
        return DASH
    low, high = 100 * (one.low or 0.0), 100 * (one.high or 0.0)
    return f"{100 * one.value:.1f} % ({low:.1f} to {high:.1f})"


def _curves(cases: Cases, instrument: Instrument, judged: Criteria) -> CurvesView:
    title = f"{instrument.name}: share with a reliable improvement by each week"
    reliable = judged.reliable_change
    if reliable is None:
        reason = f"{instrument.name}: no criterion of reliable change is known."
        return CurvesView(title, (), (), (), reason, title)
    found = improvement_times(cases.scores, judged)
    once, twice = found.once, found.twice
    if once.reason is not None:
        reason = " ".join((once.reason, *_left_out(found, judged)))
        return CurvesView(title, (), (), (), reason, title)
    named = [("seen once", once), ("seen twice in a row", twice)]
    lines = tuple(_line(name, curve) for name, curve in named if curve.reason is None)
    least = (
        f"{exact(reliable.value)} points or more"
        if judged.reliable_inclusive
        else (f"more than {exact(reliable.value)} points")
    )
    sentences = (
        f"From {counted(once.n, 'episode')} with two scores or more{_began(judged)}; a reliable "
        f"improvement is {least} ({direction(instrument)}).",
        *_left_out(found, judged),
        *(_median(name, curve) for name, curve in named),
    )
    alt = f"{title}; " + joined([line.name for line in lines])
    return CurvesView(title, lines, sentences, CAUTIONS, None, alt)


def _began(judged: Criteria) -> str:
    return "" if judged.cutoff is None else ", of those who began on the clinical side"


def _left_out(found: ImprovementTimes, judged: Criteria) -> Iterator[str]:
    """Yield whom the curve leaves out, as nobody could tell it from the curve."""
    if judged.cutoff is not None:
        yield f"Left out, as they began on the functional side: {few_or(found.functional)}."
    if found.out_of_reach:
        yield (
            "Left out, as they began too near the best total to improve by so much: "
            f"{few_or(found.out_of_reach)}."
        )


def _line(name: str, curve: SurvivalCurve) -> CurveLine:
    def risen(values: FloatArray) -> tuple[float, ...]:
        return (0.0, *(float(v) for v in (100 - 100 * values)[shown]))

    shown = curve.days <= 7 * WEEKS
    return CurveLine(
        name=name,
        weeks=(0.0, *(float(day) / 7 for day in curve.days[shown])),
        share=risen(curve.survival),
        low=risen(curve.high),  # the upper limit of those without is the lower one of those with
        high=risen(curve.low),
        at_risk=tuple(int(n) for n in number_at_risk(curve, [7 * week for week in TICKS])),
    )


def _median(name: str, curve: SurvivalCurve) -> str:
    if curve.reason is not None:
        return f"Improvement {name}: {curve.reason}"
    if curve.median is None:
        last = (curve.last_day or 0.0) / 7
        return f"Improvement {name}: half of them have not reached it by week {last:.0f}."
    low = DASH if curve.median_low is None else f"{curve.median_low / 7:.0f}"
    high = "not known" if curve.median_high is None else f"{curve.median_high / 7:.0f}"
    return (
        f"Improvement {name}: half of them have reached it after "
        f"{curve.median / 7:.0f} weeks (95 % interval {low} to {high})."
    )
