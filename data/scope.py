"""Whose clients may be seen by whoever is asking?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

Ask = Callable[..., list[tuple[Any, ...]]]
"""Runs a query that begins after ``WITH scoped AS (...),`` with its values; returns rows."""
Columns = dict[str, Any]
Fetch = Callable[[str, dict[str, object]], Columns]
"""Runs a query that goes on after ``WITH scoped AS (...),``; returns one array a column."""


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
        """Return the table expressions of what is in scope, and their values.

        Every query of the reader starts from them: ``scoped`` are the episodes, and *only* can
        narrow it, never widen it. ``aside`` are the rows that were set aside. They hold other
        people's text and may name no client at all, so they are for who may see everyone.
        """
        if self.clinicians is None:
            return (
                f"scoped AS (SELECT * FROM caseload WHERE ({only})), "
                "aside AS (SELECT * FROM quarantine)"
            ), {}
        return (
            "scoped AS (SELECT * FROM caseload WHERE "
            f"list_contains($scope_clinicians, clinician_id) AND ({only})), "
            "aside AS (SELECT * FROM quarantine WHERE false)",
            {"scope_clinicians": sorted(self.clinicians)},
        )
