"""Whose clients may be seen by whoever is asking?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

Ask = Callable[..., list[tuple[Any, ...]]]
"""Runs a query that begins after ``WITH scoped AS (...),`` with its values; returns rows."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, and the clinicians whose clients she may see (``None``: everyone's)."""

    actor: str
    clinicians: frozenset[str] | None

    @classmethod
    def everyone(cls, actor: str) -> Self:
        """See the whole service, as one person at her own machine does."""
        return cls(actor, None)

    @classmethod
    def clinician(cls, clinician_id: str) -> Self:
        """See one's own clients."""
        return cls(clinician_id, frozenset({clinician_id}))

    def relation(self, only: str = "true") -> tuple[str, dict[str, object]]:
        """Return the common table expression of the episodes in scope, and its values.

        Every query of the reader starts from it. *only* can narrow it, never widen it.
        """
        if self.clinicians is None:
            return f"scoped AS (SELECT * FROM caseload WHERE ({only}))", {}
        return (
            "scoped AS (SELECT * FROM caseload WHERE "
            f"list_contains($scope_clinicians, clinician_id) AND ({only}))",
            {"scope_clinicians": sorted(self.clinicians)},
        )
