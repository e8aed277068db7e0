"""How did each case end, by one definition of a good outcome?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import (
    CATEGORIES,
    DETERIORATED,
    HARMED,
    IMPROVED,
    RECOVERED,
    UNCHANGED,
    change_category,
    improvement,
)
from analytics.cutoffs import TOLERANCE, on_clinical_side
from analytics.instrument import Better, Cutoff
from analytics.series import BoolArray, CodeArray, FloatArray

# How a case has changed; a result holds the place of its word in this tuple.
CHANGES = ("better", "no_change", "worse", "not_assessable", "not_counted")
BETTER, NO_CHANGE, WORSE, NO_ANSWER, OUTSIDE = range(5)

# How a case has ended: the categories of clinical significance, and what other definitions
# know beside them. A deterioration goes before every other word.
OUTCOMES = (
    *CATEGORIES,
    "remitted",
    "responded",
    "partly_responded",
    "not_responded",
    "not_followed_up",
    "not_counted",
)
REMITTED, RESPONDED, PARTLY, NOT_RESPONDED, NOT_FOLLOWED_UP, NOT_COUNTED = range(
    len(CATEGORIES), len(OUTCOMES)
)
_NOT_ASSESSABLE = OUTCOMES.index("not_assessable")


@dataclass(frozen=True, slots=True)
class Judged:
    """One value a case, by one definition.

    Attributes
    ----------
    outcome
        Places in ``OUTCOMES``: one word a case.
    change
        Places in ``CHANGES``. A definition that has no word for getting worse leaves
        ``worse`` empty.
    counted
        Whether the case is in the denominator of the definition's percentage.
    success
        Whether it is in the numerator; never without being counted.
    """

    outcome: CodeArray
    change: CodeArray
    counted: BoolArray
    success: BoolArray


def criterion_outcome(
    first: npt.ArrayLike,
    last: npt.ArrayLike,
    *,
    criterion: float | None,
    inclusive: bool,
    cutoff: Cutoff | None,
    better: Better,
    only_cases: bool,
) -> Judged:
    """Return how each case ended by reliable change and a cutoff; success is recovery.

    Parameters
    ----------
    first, last
        First and last total in points, one a case. A case with a missing one (``nan``) is
        not assessable.
    criterion, inclusive
        Reliable change in points, and whether a change of exactly that much counts; without
        a criterion nothing is assessable.
    cutoff
        Which totals count as a case; without one there is no recovery, and no case is
        counted.
    better
        The direction in which a client gets better.
    only_cases
        Whether only those who begin on the clinical side are counted.

    Returns
    -------
    One `Judged`.

    Raises
    ------
    ValueError
        If the criterion is not above 0, or the two arrays differ in shape.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
    defining meaningful change in psychotherapy research. *Journal of Consulting and
    Clinical Psychology, 59*(1), 12-19. https://doi.org/10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> case = Cutoff(10, ">=", "caseness", "a manual")
    >>> judged = criterion_outcome(
    ...     [18, 18, 8, 18], [9, 17, 1, np.nan],
    ...     criterion=6, inclusive=True, cutoff=case, better="lower", only_cases=True,
    ... )
    >>> [OUTCOMES[code] for code in judged.outcome]
    ['recovered', 'unchanged', 'improved', 'not_assessable']
    >>> judged.counted, judged.success
    (array([ True,  True, False, False]), array([ True, False, False, False]))
    """
    x, y = _scores(first, last)
    codes = change_category(
        x, y, criterion=criterion, inclusive=inclusive, cutoff=cutoff, better=better
    )
    change = np.full(codes.shape, NO_ANSWER, dtype=np.int8)
    change[(codes == RECOVERED) | (codes == IMPROVED)] = BETTER
    change[codes == UNCHANGED] = NO_CHANGE
    change[(codes == DETERIORATED) | (codes == HARMED)] = WORSE
    counted = change != NO_ANSWER
    if cutoff is None:
        counted[:] = False
    elif only_cases:
        counted &= on_clinical_side(x, cutoff)
    return Judged(codes, change, counted, counted & (codes == RECOVERED))


def share_outcome(
    first: npt.ArrayLike,
    last: npt.ArrayLike,
    *,
    best: float,
    response: float,
    partial: float,
    worse: float,
    better: Better,
) -> Judged:
    r"""Return how each case ended by the percentage of its change; success is response.

    .. math::

        p = \frac{\text{change for the better}}{|x_1 - x_{best}|}

    The best possible total stands for "no symptoms", so that a scale that does not begin at
    0, or on which a higher score is better, gives the same share as its mirror image.

    Parameters
    ----------
    first, last
        First and last total in points, one a case. A case with a missing one (``nan``) is
        not assessable, and neither is one that begins at the best possible total.
    best
        The best possible total, in points.
    response, partial, worse
        Shares, above 0: improvement that is a response, improvement that is a partial one,
        and deterioration. Exactly the share counts.
    better
        The direction in which a client gets better.

    Returns
    -------
    One `Judged`. Improved are those with a partial response or more.

    Raises
    ------
    ValueError
        If a share is not above 0, a partial response is not below a response, or the two
        arrays differ in shape.

    References
    ----------
    Nierenberg, A. A., & DeCecco, L. M. (2001). Definitions of antidepressant treatment
    response, remission, nonresponse, partial response, and other relevant outcomes.
    *Journal of Clinical Psychiatry, 62*(suppl 16), 5-9.

    Examples
    --------
    >>> judged = share_outcome(
    ...     [20, 20, 20, 8, 0], [10, 15, 16, 12, 3],
    ...     best=0, response=0.5, partial=0.25, worse=0.5, better="lower",
    ... )
    >>> [OUTCOMES[code] for code in judged.outcome]
    ['responded', 'partly_responded', 'unchanged', 'deteriorated', 'not_assessable']
    """
    if not (0 < partial < response and worse > 0):
        raise ValueError(
            "Shares must be above 0, and a partial response below a response; got "
            f"partial {partial:g}, response {response:g} and worse {worse:g}."
        )
    x, y = _scores(first, last)
    gain = improvement(x, y, better)
    distance = np.abs(x - best)
    known = ~np.isnan(gain) & (distance > TOLERANCE)
    # Compared in points: a share of a third of 9 points would not be exact.
    codes = np.full(x.shape, UNCHANGED, dtype=np.int8)
    codes[gain >= partial * distance - TOLERANCE] = PARTLY
    codes[gain >= response * distance - TOLERANCE] = RESPONDED
    codes[-gain >= worse * distance - TOLERANCE] = DETERIORATED
    codes[~known] = _NOT_ASSESSABLE
    change = np.full(x.shape, NO_CHANGE, dtype=np.int8)
    change[(codes == PARTLY) | (codes == RESPONDED)] = BETTER
    change[codes == DETERIORATED] = WORSE
    change[~known] = NO_ANSWER
    return Judged(codes, change, known, codes == RESPONDED)


def window_outcome(
    index: npt.ArrayLike,
    follow_up: npt.ArrayLike,
    over: npt.ArrayLike,
    *,
    remission: Cutoff,
    response: float,
) -> Judged:
    """Return how each case ended by its latest score in a window; success is response.

    A case whose window is over and holds no score stays in the denominator and counts
    against the service, as in the published measure. Deterioration has no word here.

    Parameters
    ----------
    index
        The elevated score that the window follows, in points; ``nan`` where there is none,
        and the case is then not counted. Lower is better.
    follow_up
        The latest score in the window, in points; ``nan`` where there is none.
    over
        Whether the last day of the window has passed. Before that a case is not counted.
    remission
        Which totals are a remission, such as ``< 5``.
    response
        Share of the elevated score by which the latest one is lower, above 0.

    Returns
    -------
    One `Judged`.

    Raises
    ------
    ValueError
        If the share is not above 0 and below 1, or the arrays differ in shape.

    References
    ----------
    National Committee for Quality Assurance, HEDIS measure "Depression Remission or
    Response for Adolescents and Adults (DRR-E)". https://www.ncqa.org

    Examples
    --------
    >>> judged = window_outcome(
    ...     [20, 20, 20, 20, np.nan, 20], [4, 10, 11, np.nan, np.nan, 4],
    ...     [True, True, True, True, True, False],
    ...     remission=Cutoff(5, "<", "remission", "a measure"), response=0.5,
    ... )
    >>> [OUTCOMES[code] for code in judged.outcome[:4]]
    ['remitted', 'responded', 'not_responded', 'not_followed_up']
    >>> int(judged.success.sum()), int(judged.counted.sum())
    (2, 4)
    """
    if not 0 < response < 1:
        raise ValueError(f"A response is a share between 0 and 1, got {response:g}.")
    x, y = _scores(index, follow_up)
    counted = np.asarray(over, dtype=np.bool_) & ~np.isnan(x)
    seen = ~np.isnan(y)
    responded = x - y >= response * x - TOLERANCE
    codes = np.full(x.shape, NOT_RESPONDED, dtype=np.int8)
    codes[responded] = RESPONDED
    codes[seen & on_clinical_side(y, remission)] = REMITTED
    codes[~seen] = NOT_FOLLOWED_UP
    codes[~counted] = NOT_COUNTED
    change = np.full(x.shape, NO_CHANGE, dtype=np.int8)
    change[responded] = BETTER
    change[~seen] = NO_ANSWER
    change[~counted] = OUTSIDE
    return Judged(codes, change, counted, counted & responded)


def _scores(first: npt.ArrayLike, last: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, y = np.asarray(first, dtype=np.float64), np.asarray(last, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"First and last scores must have one shape, got {x.shape} and {y.shape}.")
    return x, y
