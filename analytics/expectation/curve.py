"""How do scores of one questionnaire run on after intake, and from whom is this known?"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from analytics.instrument import Better

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class GrowthCurve:
    """How scores of one questionnaire run on after intake, and from whom this is known.

    A score t weeks after intake is y = b0 + b1 c + b2 L + b3 c L + u0 + u1 L + e, with
    c the intake score minus ``intake_mean`` and L = ln(1 + t).

    Attributes
    ----------
    instrument
        Id of the questionnaire.
    source
        A sentence on whose episodes these are, for the screen.
    is_own
        Whether they are the service's own; ``False`` for a curve of the literature.
    episodes, scores
        Number of episodes it was fitted on, and of their scores after intake.
    intake_mean
        Mean intake score of those episodes, in points.
    b0, b1, b2, b3
        Fixed effects: points; points per point of intake; points per unit of L; their product.
    covariance
        4 x 4 covariance of the fixed effects; zeros where it is not known.
    var_u0, var_u1, cov_u, var_e
        Variances of the clients' own intercepts and slopes, their covariance, and the
        variance of a single score about the client's own curve.
    minimum, maximum, better
        Range of totals and direction of the questionnaire.
    intake_low, intake_high
        Intake scores for which the curve speaks, both ends included; for an own curve
        those with at least 30 fitted episodes nearby (see `analytics.expectation.growth`).
    longest
        Weeks after intake up to which it speaks.
    """

    instrument: str
    source: str
    is_own: bool
    episodes: int
    scores: int
    intake_mean: float
    b0: float
    b1: float
    b2: float
    b3: float
    covariance: Matrix
    var_u0: float
    var_u1: float
    cov_u: float
    var_e: float
    minimum: float
    maximum: float
    better: Better
    intake_low: float
    intake_high: float
    longest: float

    def __post_init__(self) -> None:
        """Refuse numbers with which the curve has no meaning."""
        v = np.asarray(self.covariance, dtype=np.float64)
        if v.shape != (4, 4) or not np.array_equal(v, v.T):
            raise ValueError("covariance must be a symmetric table of 4 rows and 4 columns.")
        numbers = [x for x in asdict(self).values() if isinstance(x, float)]
        if not (np.isfinite(v).all() and np.isfinite(numbers).all()):
            raise ValueError("Every number of a growth curve must be finite.")
        if self.better not in ("lower", "higher"):
            raise ValueError(f"better must be 'lower' or 'higher', got {self.better!r}")
        for name in ("var_e", "longest", "episodes"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be greater than 0, got {getattr(self, name)}")
        # A correlation of 1 may come out a little above 1.
        if (
            min(self.var_u0, self.var_u1) < 0
            or self.cov_u**2 > self.var_u0 * self.var_u1 * (1 + 1e-6) + 1e-12
        ):
            raise ValueError(
                f"var_u0, var_u1 and cov_u must be variances and their covariance, got "
                f"{self.var_u0}, {self.var_u1} and {self.cov_u}"
            )
        if not (self.minimum < self.maximum and self.intake_low <= self.intake_high):
            raise ValueError(
                f"A range must go upwards, got {self.minimum} to {self.maximum} and, for the "
                f"intake, {self.intake_low} to {self.intake_high}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON can hold them; floats come back exactly."""
        return {**asdict(self), "covariance": [list(row) for row in self.covariance]}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "GrowthCurve":
        """Return the curve that `to_dict` stored.

        Raises
        ------
        ValueError
            If a field is missing or unknown, or a number has no meaning.
        """
        known = {field.name for field in fields(cls)}
        if stored.keys() != known:
            missing, unknown = sorted(known - stored.keys()), sorted(stored.keys() - known)
            raise ValueError(
                f"A stored growth curve lacks {missing or 'nothing'} and has the unknown "
                f"fields {unknown or 'none'}."
            )
        rows = tuple(tuple(float(x) for x in row) for row in stored["covariance"])
        return cls(**{**stored, "covariance": rows})
