"""Which numbers judge the scores of one questionnaire, and where do they come from?"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from analytics.change import (
    smallest_reliable_change,
    standard_error_of_difference,
    standard_error_of_measurement,
)
from analytics.cutoffs import cutoff_a, cutoff_b, cutoff_c, letter_to_use
from analytics.instrument import Better, Comparison, Cutoff, Instrument, Norms, Sourced
from analytics.plateau import PlateauRule, windows_for
from analytics.rules import Rules


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
    missing: tuple[str, ...]

    @property
    def best(self) -> float:
        """Return the best possible total."""
        return self.maximum if self.better == "higher" else self.minimum


def criteria(instrument: Instrument, rules: Rules) -> Criteria:
    """Return the numbers that judge *instrument* under *rules*.

    A published criterion goes before a computed one. Where no standard deviation or no
    reliability is known, the error of measurement is read backwards from a published
    criterion of reliable change; where no meaningful change is known, the reliable change
    is the margin of a plateau. Both are said in the ``source``. The cutoff is the published one for
    caseness, else the first published one, else that of Jacobson and Truax from the norms.

    Parameters
    ----------
    instrument
        The facts of the questionnaire, in its points.
    rules
        The thresholds of the rule profile.

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
    sem = s_diff = reliable = None
    inclusive = False
    sd = instrument.clinical
    if sd is not None and instrument.reliability is not None:
        r = instrument.reliability
        source = f"{r.kind} {r.value:g} ({r.source}) and SD {sd.sd:g} ({sd.source})"
        sem = Sourced(standard_error_of_measurement(sd.sd, r.value), f"computed from {source}")
        s_diff = Sourced(standard_error_of_difference(sd.sd, r.value), f"computed from {source}")
        raw = smallest_reliable_change(sd.sd, r.value, confidence=rules.confidence)
        reliable = Sourced(raw, f"computed from {source}, {rules.confidence:.0%} confidence")
    elif instrument.reliable_change is not None:
        sem, s_diff = _error_behind(instrument.reliable_change, rules)
    else:
        lacking = "standard deviation of clients" if sd is None else "reliability"
        missing.append(f"{name}: no {lacking} is known, so measurement error cannot be computed.")
        missing.append(
            f"{name}: without measurement error the reliable change index cannot be computed, "
            f"and no course can be called improving, worsening or a plateau."
        )
    if instrument.reliable_change is not None:
        reliable, inclusive = instrument.reliable_change, True
    if reliable is None:
        missing.append(
            f"{name}: no criterion of reliable change is published or computable, so change "
            f"cannot be assessed."
        )
    cutoff = _cutoff(instrument, rules, missing)
    meaningful = instrument.meaningful_change
    if meaningful is None and reliable is not None:
        meaningful = Sourced(
            reliable.value,
            f"the reliable change ({reliable.source}), as no meaningful change is on record",
        )
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
        plateau=_plateau_rule(instrument, meaningful, rules, sem, missing),
        missing=tuple(missing),
    )


def _error_behind(published: Sourced, rules: Rules) -> tuple[Sourced, Sourced]:
    r"""Return the errors of a score and of a difference that a published criterion implies.

    The criterion is :math:`z \sqrt{2}\, SEM`, so it can be read backwards.
    """
    z = NormalDist().inv_cdf((1 + rules.confidence) / 2)
    source = (
        f"computed back from the published reliable change {published.value:g} ({published.source})"
    )
    s_diff = published.value / z
    return Sourced(s_diff / math.sqrt(2), source), Sourced(s_diff, source)


def _cutoff(instrument: Instrument, rules: Rules, missing: list[str]) -> Cutoff | None:
    """Return the published cutoff, else the computed one, else ``None`` and a sentence."""
    ends: tuple[Comparison, ...] = ("<=", "<") if instrument.better == "higher" else (">=", ">")
    # A threshold that counts the healthy end (a remission mark, say) is no case cutoff.
    published = [cutoff for cutoff in instrument.cutoffs if cutoff.op in ends]
    for cutoff in published:
        if cutoff.purpose == "caseness":
            return cutoff
    if published:
        return published[0]

    clinical, functional = instrument.clinical, instrument.functional
    letter = letter_to_use(rules.cutoff, clinical, functional)
    value: float
    used: tuple[Norms, ...]
    if letter == "c" and clinical is not None and functional is not None:
        value = cutoff_c(
            clinical_mean=clinical.mean,
            clinical_sd=clinical.sd,
            functional_mean=functional.mean,
            functional_sd=functional.sd,
        )
        used = (clinical, functional)
    elif letter == "b" and functional is not None:
        value = cutoff_b(
            functional_mean=functional.mean,
            functional_sd=functional.sd,
            better=instrument.better,
        )
        used = (functional,)
    elif letter == "a" and clinical is not None:
        value = cutoff_a(
            clinical_mean=clinical.mean, clinical_sd=clinical.sd, better=instrument.better
        )
        used = (clinical,)
    else:
        missing.append(
            f"{instrument.name}: no cutoff is published and no norms are known, so recovery "
            f"and the kind of a plateau cannot be assessed."
        )
        return None
    if not instrument.minimum < value < instrument.maximum:
        missing.append(
            f"{instrument.name}: the cutoff {letter} computed from its norms, {value:.1f}, lies "
            f"outside the scale, so recovery and the kind of a plateau cannot be assessed."
        )
        return None
    return Cutoff(value, ends[0], f"computed {letter}", f"computed from {_sources(used)}")


def _plateau_rule(
    instrument: Instrument,
    mic: Sourced | None,
    rules: Rules,
    sem: Sourced | None,
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
        sigma=rules.plateau_inflation * error,
        margin=margin,
        guard=error,
        better=instrument.better,
        confidence=rules.plateau_confidence,
        gap_weeks=instrument.interval_days / 7,
        block_weeks=rules.plateau_block_weeks,
        block_cap_weeks=rules.plateau_block_cap_weeks,
        span=rules.plateau_span,
    )


def _sources(norms: tuple[Norms, ...]) -> str:
    return " and ".join(f"M {n.mean:g}, SD {n.sd:g} ({n.source})" for n in norms)
