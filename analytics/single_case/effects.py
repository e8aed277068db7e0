"""Which effect sizes of two phases can a page show, and with which caution?"""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.instrument import Better
from analytics.single_case.index import SOLID_PHASE, Index, phases
from analytics.single_case.overlap import ird_of, nap_of, pand_of, pnd_of
from analytics.single_case.tau import BaselineCorrected, tau_bc_of, tau_of, tau_u_of


@dataclass(frozen=True, slots=True)
class Effects:
    """The effect sizes of two phases, each under its full name."""

    nap: Index
    tau: Index
    tau_u: tuple[Index, ...]
    tau_bc: BaselineCorrected
    pnd: Index
    pand: Index
    ird: Index

    def shown(self) -> tuple[Index, ...]:
        """Return those with an interval first, then the descriptions.

        Where the baseline has a trend, the one that takes it out comes before all.
        """
        plain = (self.nap, self.tau)
        corrected = self.tau_bc.index
        first = (corrected, *plain) if self.tau_bc.removed else (*plain, corrected)
        return (*first, *self.tau_u, self.pnd, self.pand, self.ird)


@dataclass(frozen=True, slots=True)
class PhaseEffects:
    """What can be said of two phases of one client.

    Attributes
    ----------
    effects
        The effect sizes; ``None`` where a phase is too short, and ``reason`` says which.
    reason
        Why there are no effect sizes; empty if there are.
    caution
        What limits them, as a sentence.
    """

    effects: Effects | None
    reason: str
    caution: str


def phase_effects(
    a: Sequence[float], b: Sequence[float], *, better: Better, confidence: float = 0.95
) -> PhaseEffects:
    """Return all effect sizes of two phases of one client, or why there are none.

    Parameters
    ----------
    a, b
        Scores of the first and the second phase in points, in the order of the sessions; a
        missing score is ``nan``: it is left out, and its session keeps its place.
    better
        The direction in which a client gets better.
    confidence
        Two-sided confidence of the intervals, between 0 and 1.

    Returns
    -------
    See `PhaseEffects`. Fewer than 3 scores in a phase are refused with a reason, fewer than
    5 carry a caution.

    Raises
    ------
    ValueError
        If ``confidence`` is out of range.

    References
    ----------
    Those of `analytics.single_case.overlap` and `analytics.single_case.tau`. Lengths of
    phases: Kratochwill et al. (2013). https://doi.org/10.1177/0741932512452794

    Examples
    --------
    >>> found = phase_effects([18, 17, 19, 18, 17], [12, 13, 9, 8, 10], better="lower")
    >>> [round(index.value, 2) for index in found.effects.shown()[:2]]
    [1.0, 1.0]
    >>> phase_effects([18, 17], [12, 13, 9], better="lower").reason
    'Phase A has 2 scores; effect sizes need at least 3 in each phase.'
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    try:
        both = phases(a, b, better)
    except ValueError as refusal:
        return PhaseEffects(None, str(refusal), "")
    effects = Effects(
        nap_of(both, confidence),
        tau_of(both, confidence),
        tau_u_of(both),
        tau_bc_of(both, confidence),
        pnd_of(both),
        pand_of(both),
        ird_of(both),
    )
    short = min(both.a.size, both.b.size)
    caution = "The intervals take the scores of a phase as independent of one another."
    if short < SOLID_PHASE:
        caution = (
            f"A phase of {short} scores is short: design standards ask for at least "
            f"{SOLID_PHASE} in each. {caution}"
        )
    return PhaseEffects(effects, "", caution)
