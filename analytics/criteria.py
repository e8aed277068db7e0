"""Which numbers judge the scores of one questionnaire, and where do they come from?"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from analytics.change import (
    smallest_reliable_change,
    standard_error_of_difference,
    standard_error_of_measurement,
)
from analytics.cutoffs import case_cutoff
from analytics.estimates import Estimates, Spread
from analytics.expectation.curve import GrowthCurve
from analytics.instrument import Better, Construct, Cutoff, Instrument, Norms, Role, Sourced
from analytics.plateau import PlateauRule, windows_for
from analytics.process import Marks, marks
from analytics.rules import Rules
from analytics.shrinkage import SlopePrior
from analytics.sudden.gains import SuddenRule

# Published criteria of reliable change are made with this confidence, whatever a profile says.
PUBLISHED_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Criteria:
    """The numbers that the formulas need for one questionnaire, each with its source.

    ``None`` means that a number is neither published nor computable; ``missing`` then holds
    a sentence that names what cannot be assessed, and why.

    Attributes
    ----------
    instrument
        Id of the questionnaire.
    better, minimum, maximum
        Its direction and range of totals.
    sem, s_diff
        Standard errors of one score and of a difference, in points.
    reliable_change
        Criterion of reliable change, in points.
    reliable_inclusive
        Whether a change of exactly the criterion is reliable (published criteria), or only
        a larger one (computed criteria).
    cutoff
        Which totals count as a case; its ``purpose`` is ``computed a``, ``b`` or ``c``
        where none is published.
    meaningful_change
        The margin of a plateau, in points.
    confidence
        Two-sided confidence of reliable change and of the trend's interval.
    plateau
        The numbers of the plateau rule.
    spread
        Where its spread of a single score comes from.
    sudden
        The numbers of a sudden gain.
    slopes
        How slopes over the first 2, 3, ... scores differ between the service's clients, where
        that was estimated; see `slope_prior`.
    curve
        The expected course, with the limits of ``course_amber`` and ``course_red``.
    course_amber, course_red, course_from_score
        The thresholds of `analytics.rules.Rules` for it.
    sudden_from_session
        The first session that counts as treatment.
    marks
        Below (or above) which a process measure asks to be talked about, and the drop since
        the last time that does; see `analytics.process.marks`.
    role
        What kind of measure it is; only outcome measures are judged.
    measures
        What it measures, where its facts say so.
    missing
        Sentences on what cannot be assessed.
    """

    instrument: str
    better: Better
    minimum: float
    maximum: float
    sem: Sourced | None
    s_diff: Sourced | None
    reliable_change: Sourced | None
    reliable_inclusive: bool
    cutoff: Cutoff | None
    meaningful_change: Sourced | None
    confidence: float
    plateau: PlateauRule
    spread: Sourced | None
    sudden: SuddenRule | None
    slopes: tuple[SlopePrior | None, ...]
    curve: GrowthCurve | None
    course_amber: float
    course_red: float
    course_from_score: int
    sudden_from_session: int
    marks: Marks
    role: Role
    measures: Construct | None
    missing: tuple[str, ...]

    def slope_prior(self, n: int) -> SlopePrior | None:
        """Return how slopes over the first *n* scores differ between clients, if known.

        Change slows down, so that a short series is held beside the starts of the others. A
        series longer than the longest one is held beside that.
        """
        if n < 2 or not self.slopes:
            return None
        return self.slopes[min(n - 2, len(self.slopes) - 1)]

    @property
    def best(self) -> float:
        """Return the best possible total."""
        return self.maximum if self.better == "higher" else self.minimum


def criteria(instrument: Instrument, rules: Rules, own: Estimates | None = None) -> Criteria:
    """Return the numbers that judge *instrument* under *rules*.

    A published criterion goes before a computed one. Where no standard deviation or no
    reliability is known, the error of measurement is read backwards from a published
    criterion of reliable change; where no meaningful change is known, the reliable change
    is the margin of a plateau. Both are said in the ``source``. The cutoff is the published one for
    caseness, else the first published one, else that of Jacobson and Truax from the norms.

    The service's own figures fill what no manual gives: its first scores stand in for the
    norms of clients (the error of measurement is taken from a published criterion before
    that, as it belongs to the questionnaire), its own spread of scores for the inflated error
    of measurement where it is the larger one, and its own expected course goes before one of
    the literature.

    Parameters
    ----------
    instrument
        The facts of the questionnaire, in its points.
    rules
        The thresholds of the rule profile.
    own
        The service's own figures for it; a curve of the literature comes in the same way.

    Returns
    -------
    One `Criteria`. A missing fact turns off what needs it, and leaves a sentence.

    Raises
    ------
    ValueError
        If a standard deviation, a reliability or a threshold is out of range.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
    defining meaningful change in psychotherapy research. *Journal of Consulting and
    Clinical Psychology, 59*(1), 12-19. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> facts = Instrument("mood", "1", "Mood list", "lower", 0, 30, 1)
    >>> print(criteria(facts, Rules()).missing[0])
    Mood list: no standard deviation of clients is known, so measurement error cannot be computed.
    """
    missing: list[str] = []
    name = instrument.name
    clinical = instrument.clinical
    if clinical is None and own is not None:
        clinical = own.norms
    sem, s_diff, reliable, inclusive = _error(instrument, clinical, own, rules, missing)
    if reliable is None:
        missing.append(
            f"{name}: no criterion of reliable change is published or computable, so change "
            f"cannot be assessed."
        )
    cutoff, why_not = case_cutoff(instrument, clinical, rules.cutoff)
    if why_not is not None:
        missing.append(why_not)
    meaningful = instrument.meaningful_change
    if meaningful is None and reliable is not None:
        meaningful = Sourced(
            reliable.value,
            f"the reliable change ({reliable.source}), as no meaningful change is on record",
        )
    spread = _spread(sem, own, rules)
    curve = None if own is None or instrument.role != "outcome" else own.curve
    return Criteria(
        instrument=instrument.id,
        better=instrument.better,
        minimum=instrument.minimum,
        maximum=instrument.maximum,
        sem=sem,
        s_diff=s_diff,
        reliable_change=reliable,
        reliable_inclusive=inclusive,
        cutoff=cutoff,
        meaningful_change=meaningful,
        confidence=rules.confidence,
        plateau=_plateau_rule(instrument, meaningful, rules, sem, spread, missing),
        spread=spread,
        sudden=_sudden_rule(instrument, reliable, rules),
        slopes=() if own is None else own.slopes,
        curve=curve,
        course_amber=rules.course_amber,
        course_red=rules.course_red,
        course_from_score=rules.course_from_score,
        sudden_from_session=rules.sudden_from_session,
        marks=marks(instrument),
        role=instrument.role,
        measures=instrument.measures,
        missing=tuple(missing),
    )


def _error(
    instrument: Instrument,
    clinical: Norms | None,
    own: Estimates | None,
    rules: Rules,
    missing: list[str],
) -> tuple[Sourced | None, Sourced | None, Sourced | None, bool]:
    """Return SEM, the error of a difference and the reliable change, and whether it is inclusive."""
    name, published = instrument.name, instrument.reliable_change
    sem = s_diff = reliable = None
    # The error belongs to the questionnaire: the service's own spread of clients, with the
    # reliability of another sample, is only taken where nothing else is known.
    known = instrument.clinical is not None or published is None
    if clinical is not None and instrument.reliability is not None and known:
        r, sd = instrument.reliability, clinical.sd
        scatter = None if instrument.clinical is not None or own is None else own.spread
        if scatter is not None and scatter.sd > standard_error_of_measurement(sd, r.value):
            # Clients who all begin alike have a small SD, and would seem to be measured exactly.
            return _error_of_scatter(scatter, rules)
        source = f"{r.kind} {r.value:g} ({r.source}) and SD {sd:.4g} ({clinical.source})"
        sem = Sourced(standard_error_of_measurement(sd, r.value), f"computed from {source}")
        s_diff = Sourced(standard_error_of_difference(sd, r.value), f"computed from {source}")
        raw = smallest_reliable_change(sd, r.value, confidence=rules.confidence)
        reliable = Sourced(raw, f"computed from {source}, {rules.confidence:.0%} confidence")
    elif published is not None:
        sem, s_diff = _error_behind(published)
    else:
        lacking = "standard deviation of clients" if clinical is None else "reliability"
        missing.append(f"{name}: no {lacking} is known, so measurement error cannot be computed.")
        missing.append(
            f"{name}: without measurement error the reliable change index cannot be computed, "
            f"and no course can be called improving, worsening or a plateau."
        )
    if published is not None:
        return sem, s_diff, published, True
    return sem, s_diff, reliable, False


def _error_of_scatter(scatter: Spread, rules: Rules) -> tuple[Sourced, Sourced, Sourced, bool]:
    """Return the errors where the service's own scores scatter by more than its norms explain."""
    source = f"{scatter.source}, which is more than its first scores and the reliability explain"
    s_diff = math.sqrt(2) * scatter.sd
    z = NormalDist().inv_cdf((1 + rules.confidence) / 2)
    return Sourced(scatter.sd, source), Sourced(s_diff, source), Sourced(z * s_diff, source), False


def _error_behind(published: Sourced) -> tuple[Sourced, Sourced]:
    r"""Return the errors of a score and of a difference that a published criterion implies.

    The criterion is :math:`z \sqrt{2}\, SEM`, so it can be read backwards.
    """
    z = NormalDist().inv_cdf((1 + PUBLISHED_CONFIDENCE) / 2)
    source = (
        f"computed back from the published reliable change {published.value:g} ({published.source})"
    )
    s_diff = published.value / z
    return Sourced(s_diff / math.sqrt(2), source), Sourced(s_diff, source)


def _spread(sem: Sourced | None, own: Estimates | None, rules: Rules) -> Sourced | None:
    """Return the spread of single scores: an inflated SEM, or the service's own where larger.

    Errors that last from week to week make the spread about a client's own line too small for
    the error of its slope, so that the service's own figure may widen, and never narrow.
    """
    if sem is None:
        return None
    inflated = rules.plateau_inflation * sem.value
    text = f"{rules.plateau_inflation:g} times the standard error of measurement, {sem.source}"
    if own is None or own.spread is None:
        return Sourced(inflated, text)
    if own.spread.sd <= inflated:
        return Sourced(inflated, f"{text}; {own.spread.source} is no larger, {own.spread.sd:.2f}")
    return Sourced(own.spread.sd, own.spread.source)


def _sudden_rule(
    instrument: Instrument, reliable: Sourced | None, rules: Rules
) -> SuddenRule | None:
    """Return the numbers of a sudden gain; its first criterion is published, or the reliable change."""
    first = instrument.sudden_gain or reliable
    if first is None or instrument.role != "outcome":
        return None
    return SuddenRule(
        criterion=first.value,
        share=rules.sudden_share,
        confidence=rules.sudden_confidence,
        adjusted=rules.sudden_adjusted,
        pooled=rules.sudden_pooled,
        better=instrument.better,
    )


def _plateau_rule(
    instrument: Instrument,
    mic: Sourced | None,
    rules: Rules,
    sem: Sourced | None,
    spread: Sourced | None,
    missing: list[str],
) -> PlateauRule:
    """Return the numbers of the plateau rule; ``nan`` and a sentence for what is unknown."""
    error = math.nan if sem is None else sem.value
    windows, margin = rules.plateau_windows, math.nan
    if mic is None:
        missing.append(
            f"{instrument.name}: no meaningful change is known, so no plateau can be called."
        )
    elif sem is not None:
        fitting = windows_for(mic.value, sem.value, rules)
        ratio = f"meaningful change {mic.value:g} is {mic.value / sem.value:.1f} standard errors"
        if not fitting:
            missing.append(
                f"{instrument.name}: {ratio} of measurement, too few for a plateau to be called."
            )
        else:
            if fitting != windows:
                missing.append(
                    f"{instrument.name}: {ratio} of measurement, so a plateau needs "
                    f"{fitting[0]} scores instead of {windows[0]}."
                )
            windows, margin = fitting, mic.value
    return PlateauRule(
        windows=windows,
        sigma=math.nan if spread is None else spread.value,
        margin=margin,
        guard=error,
        better=instrument.better,
        confidence=rules.plateau_confidence,
        gap_weeks=instrument.interval_days / 7,
        block_weeks=rules.plateau_block_weeks,
        block_cap_weeks=rules.plateau_block_cap_weeks,
        span=rules.plateau_span,
    )
