"""How does a rule profile define a good outcome?

The definitions are data; `analytics.outcomes.definitions` and `analytics.outcomes.talking_therapies` hold cases
against them. Every threshold carries its source.
"""

from dataclasses import dataclass, field

from analytics.instrument import Cutoff, Sourced


@dataclass(frozen=True, slots=True)
class ByCriterion:
    """Reliable change and a cutoff on one questionnaire, whichever is looked at.

    Attributes
    ----------
    computed
        Whether criterion and cutoff are always computed from the norms, so that published
        ones are passed over.
    only_cases
        Whether only those who begin on the clinical side of the cutoff are counted: nobody
        else can cross it.
    source
        Where the definition was printed.
    """

    computed: bool
    only_cases: bool
    source: str


@dataclass(frozen=True, slots=True)
class PairMeasure:
    """One questionnaire of a pair; ``problems`` are the presenting problems that call for it."""

    instrument: str
    caseness: Cutoff
    reliable_change: Sourced
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByPair:
    """Caseness and reliable change on two questionnaires together.

    The first of ``anxiety`` is used where no other is called for, or where none of those was
    answered twice. ``fewest_sessions`` attended make a finished course.
    """

    depression: PairMeasure
    anxiety: tuple[PairMeasure, ...]
    fewest_sessions: Sourced

    @property
    def instruments(self) -> tuple[str, ...]:
        """Return the ids of all questionnaires of the pairs."""
        return (self.depression.instrument, *(measure.instrument for measure in self.anxiety))


@dataclass(frozen=True, slots=True)
class ByWindow:
    """The latest score in a window of days after the first elevated one.

    ``index`` says which score is elevated; the window runs from ``first_day`` to
    ``last_day`` after it, both included. Remission is a score that ``remission`` names,
    response a fall by the share ``response`` or more.
    """

    instrument: str
    index: Cutoff
    first_day: Sourced
    last_day: Sourced
    remission: Cutoff
    response: Sourced


@dataclass(frozen=True, slots=True)
class ByShare:
    """Shares of the first score's distance from the best possible total."""

    response: Sourced
    partial: Sourced
    worse: Sourced


Definition = ByCriterion | ByPair | ByWindow | ByShare


def _own() -> ByCriterion:
    return ByCriterion(
        computed=False,
        only_cases=True,
        source="Own choice: the published criterion and cutoff of each questionnaire, and the "
        "computed ones where none are published; those who begin below the cutoff cannot cross it",
    )


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """The outcome definition of a profile; the defaults are for a profile that gives none.

    ``name`` is how people know it, ``success`` what its percentage counts, as the rest of a
    sentence that begins "Counts as a success:".
    """

    name: str = "Milepost, published criteria"
    success: str = "reliable improvement that ends past the cutoff"
    how: Definition = field(default_factory=_own)
