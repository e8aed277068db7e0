"""How do the answers to a questionnaire become its total?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.cutoffs import TOLERANCE
from analytics.instrument import Items
from analytics.series import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Scored:
    """The totals of several administrations, one value each.

    ``totals`` are in points, ``nan`` where too many answers are blank; ``blank`` counts the
    blank answers; ``prorated`` tells where a total stands on fewer answers than items.
    """

    totals: FloatArray
    prorated: BoolArray
    blank: IntArray


def total_from_items(answers: npt.ArrayLike, *, items: Items) -> Scored:
    r"""Return the totals of several administrations of one questionnaire.

    .. math::

        total = m \cdot \frac{k}{a} \sum_{answered} x'_i,\qquad x'_i = min + max - x_i

    for reversed items, :math:`x'_i = x_i` for the others; k items, a answered, and m the
    multiplier of the questionnaire. Each blank answer thus takes the mean of the answered
    ones. With mean scoring the sum is divided by k. Nothing is rounded.

    Parameters
    ----------
    answers
        Answers as given, in the points of an item, of shape (administrations, items);
        ``nan`` is a blank answer.
    items
        The scoring facts. With more blank answers than ``max_missing`` there is no total;
        with ``max_missing`` unknown (``None``) already one blank answer leaves none.

    Returns
    -------
    Arrays with one value an administration; see `Scored`.

    Raises
    ------
    ValueError
        If the shape does not fit the number of items, or an answer lies outside the range.

    References
    ----------
    Schafer, J. L., & Graham, J. W. (2002). Missing data: our view of the state of the art.
    *Psychological Methods, 7*(2), 147-177, p. 157-158 (averaging the available items).
    https://doi.org/10.1037/1082-989X.7.2.147

    Examples
    --------
    Four items from 0 to 3, the second reversed, one blank allowed: 1 + (3 - 2) + 1 = 3 on
    three answers is 4 on four.

    >>> items = Items(4, 0, 3, 1, "sum", 1, (2,), 1, (), "a manual")
    >>> scored = total_from_items([[1, 2, 1, np.nan], [1, np.nan, 1, np.nan]], items=items)
    >>> scored.totals, scored.prorated
    (array([ 4., nan]), array([ True, False]))
    """
    x = np.array(answers, dtype=np.float64, ndmin=2)
    if x.ndim != 2 or x.shape[1] != items.count:
        raise ValueError(
            f"Answers must be a table of {items.count} items an administration, "
            f"got the shape {x.shape}."
        )
    outside = (x < items.minimum - TOLERANCE) | (x > items.maximum + TOLERANCE)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise ValueError(
            f"Administration {row}, item {column + 1}: the answer {x[row, column]:g} is not "
            f"between {items.minimum:g} and {items.maximum:g}."
        )
    turned = [item - 1 for item in items.reverse]
    x[:, turned] = items.minimum + items.maximum - x[:, turned]

    blank = np.isnan(x)
    missing = blank.sum(axis=1)
    answered = items.count - missing
    # Item by item, so that a total does not depend on how many others are computed with it.
    points = np.zeros(x.shape[0])
    for column in range(items.count):
        points += np.where(blank[:, column], 0.0, x[:, column])
    allowed = 0 if items.max_missing is None else items.max_missing
    enough = (missing <= allowed) & (answered > 0)
    base = 1 if items.scoring == "mean" else items.count
    total = np.full(x.shape[0], np.nan)
    # A full form is divided by nothing: 7 * 9 / 9 would be 7, but 0.7 * 9 / 9 need not be 0.7.
    np.divide(points * base, answered, out=total, where=enough & (missing > 0))
    complete = enough & (missing == 0)
    total[complete] = (
        points[complete] / items.count if items.scoring == "mean" else points[complete]
    )
    total *= items.multiplier
    return Scored(total, enough & (missing > 0), missing)
