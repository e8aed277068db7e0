"""What does one questionnaire of a pair say about each case, and which one fits its problem?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.change import improvement, reliable_direction
from analytics.cutoffs import on_clinical_side
from analytics.instrument import Better, Cutoff
from analytics.series import BoolArray, CodeArray, FloatArray

YES, NO, UNKNOWN = 1, 0, -1


@dataclass(frozen=True, slots=True)
class MeasureFlags:
    """What one questionnaire of a pair says about each case.

    ``case_first`` and ``case_last`` are 1 at caseness, 0 below it and -1 where the score is
    missing; ``direction`` is 1 for reliable improvement, -1 for reliable deterioration.
    """

    case_first: CodeArray
    case_last: CodeArray
    direction: CodeArray

    @property
    def paired(self) -> BoolArray:
        """Return whether there is a first and a last score."""
        return np.asarray((self.case_first != UNKNOWN) & (self.case_last != UNKNOWN))


def measure_flags(
    first: npt.ArrayLike,
    last: npt.ArrayLike,
    *,
    caseness: Cutoff,
    reliable_change: float,
    better: Better = "lower",
) -> MeasureFlags:
    """Return what one questionnaire of a pair says about each case.

    Parameters
    ----------
    first, last
        First and last total in points, one a case; ``nan`` where missing. A questionnaire
        answered only once has a first score and no last one.
    caseness
        Which totals are at caseness, such as ``>= 10``.
    reliable_change
        Reliable change in points, above 0; exactly that much counts.
    better
        The direction in which a client gets better.

    Returns
    -------
    One `MeasureFlags`.

    Raises
    ------
    ValueError
        If the criterion is not above 0 or the comparison of the cutoff is unknown.

    References
    ----------
    NHS England, NHS Talking Therapies annual reports, definitions of the published measures
    (Count_AtCaseness, Count_ReliableRecovery).

    Examples
    --------
    >>> phq9 = Cutoff(10, ">=", "caseness", "a manual")
    >>> measure_flags([18.0, 9.0], [12.0, np.nan], caseness=phq9, reliable_change=6)
    ... # doctest: +NORMALIZE_WHITESPACE
    MeasureFlags(case_first=array([1, 0], dtype=int8), case_last=array([ 1, -1], dtype=int8),
                 direction=array([1, 0], dtype=int8))
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(last, dtype=np.float64)
    change = improvement(x, y, better)
    return MeasureFlags(
        _caseness(x, caseness),
        _caseness(y, caseness),
        reliable_direction(change, criterion=reliable_change, inclusive=True),
    )


def chosen_measure(
    candidates: Sequence[MeasureFlags], called_for: Sequence[npt.ArrayLike]
) -> MeasureFlags:
    """Return for each case the questionnaire that its problem calls for, else the first one.

    Parameters
    ----------
    candidates
        What each questionnaire says, the one that is used by default first.
    called_for
        For each questionnaire after the first, whether each case's problem calls for it.

    Returns
    -------
    One `MeasureFlags`. Of several that are called for, the earliest one with scores at both
    ends is taken; where none has them, the default stands in.

    Raises
    ------
    ValueError
        If there are not as many answers as questionnaires after the first.

    References
    ----------
    Clark, D. M. (2018). Realizing the mass public benefit of evidence-based psychological
    therapies: the IAPT program. *Annual Review of Clinical Psychology, 14*, 159-183.
    https://doi.org/10.1146/annurev-clinpsy-050817-084833
    """
    if len(called_for) != len(candidates) - 1:
        raise ValueError(
            f"Each of the {len(candidates) - 1} questionnaires after the first needs an answer "
            f"to whether it is called for; got {len(called_for)}."
        )
    default = candidates[0]
    case_first, case_last = default.case_first.copy(), default.case_last.copy()
    direction = default.direction.copy()
    # From the last to the second: an earlier one takes the place of a later one.
    for flags, wanted in zip(candidates[:0:-1], called_for[::-1], strict=True):
        use = np.asarray(wanted, dtype=np.bool_) & flags.paired
        case_first[use] = flags.case_first[use]
        case_last[use] = flags.case_last[use]
        direction[use] = flags.direction[use]
    return MeasureFlags(case_first, case_last, direction)


def _caseness(scores: FloatArray, cutoff: Cutoff) -> CodeArray:
    codes = on_clinical_side(scores, cutoff).astype(np.int8)
    codes[np.isnan(scores)] = UNKNOWN
    return codes
