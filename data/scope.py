"""Whose clients may be seen by whoever is asking?"""

from dataclasses import dataclass
from typing import Self


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

    def relation(self) -> tuple[str, dict[str, object]]:
        """Return the common table expression of the episodes in scope, and its values.

        Every query of the reader starts from it.
        """
        if self.clinicians is None:
            return "scoped AS (SELECT * FROM caseload)", {}
        return (
            "scoped AS (SELECT * FROM caseload WHERE list_contains($scope_clinicians, clinician_id))",
            {"scope_clinicians": sorted(self.clinicians)},
        )
