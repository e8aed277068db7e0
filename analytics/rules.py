"""Which thresholds does a set of rules use?"""

from dataclasses import dataclass, field

from analytics.outcomes.rules import OutcomeRule


@dataclass(frozen=True, slots=True)
class Rules:
    """The thresholds of one rule profile; the defaults are the shipped ``default`` profile.

    Attributes
    ----------
    confidence
        Two-sided confidence of reliable change and of the trend's interval.
    cutoff
        Which cutoff of Jacobson and Truax stands in where none is published: ``"a"``,
        ``"b"`` or ``"c"``.
    plateau_windows
        Numbers of last scores that are tested, ascending.
    plateau_confidence
        Two-sided confidence of the plateau interval (.90 is two one-sided tests at .05).
    plateau_inflation
        Factor on the standard error of measurement: the spread of weekly scores is larger.
    plateau_block_weeks, plateau_block_cap_weeks
        Length of the block over which a change must be meaningful; for a slower schedule
        it is that many median gaps, at most the cap.
    plateau_span
        A window that lasts longer than this many times its expected length is not tested.
    noisy_ratio, noisy_from
        Where meaningful change is below ``noisy_ratio`` standard errors of measurement, no
        window shorter than ``noisy_from`` scores is tested.
    sudden_share
        Share of the score before it by which a sudden gain must lower the score.
    sudden_confidence
        Two-sided confidence of the third criterion of a sudden gain.
    sudden_adjusted
        Whether its critical value follows the number of scores around the gain, or stays
        that of three before and three after.
    sudden_pooled
        Whether the third criterion is a proper pooled t test, and not the published one,
        which leaves out the number of scores.
    sudden_from_session
        The first session that counts as treatment; session 0 is an assessment before it.
    course_amber, course_red
        Two-sided shares of comparable clients whose scores lie within the limits of the
        expected course; above the wider one a client is off the expected course.
    course_from_score
        The first score that is held against the expected course; the first of all is 1.
    review_sessions
        Every how many sessions goals are reviewed.
    outcome
        What the profile counts as a good outcome.
    """

    id: str = "default"
    version: str = "2"
    confidence: float = 0.95
    cutoff: str = "c"
    plateau_windows: tuple[int, ...] = (8, 9, 10)
    plateau_confidence: float = 0.90
    plateau_inflation: float = 1.2
    plateau_block_weeks: float = 7.0
    plateau_block_cap_weeks: float = 14.0
    plateau_span: float = 2.0
    noisy_ratio: float = 2.0
    noisy_from: int = 10
    sudden_share: float = 0.25
    sudden_confidence: float = 0.95
    sudden_adjusted: bool = True
    sudden_pooled: bool = False
    sudden_from_session: int = 1
    course_amber: float = 0.68
    course_red: float = 0.80
    course_from_score: int = 2
    review_sessions: int = 4
    outcome: OutcomeRule = field(default_factory=OutcomeRule)
