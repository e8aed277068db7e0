"""How large is the change of each team once the severity at the first score is allowed for?"""

from analytics.groups.enough import HIDE_UNIT_BELOW
from analytics.groups.severity_adjusted import (
    SeverityReference,
    severity_adjusted_effects,
    severity_adjusted_mean,
    severity_reference,
)
from analytics.instrument import Instrument
from dashboard.views.outcome_shares import DASH
from dashboard.views.tables import Table
from data.cases import Cases
from data.library import Library
from data.outcomes import criteria_of

TITLE = "Severity-adjusted effect size, team by team"
_COLUMNS = ("Team", "Size", "95 % interval", "Cases")


def team_effects(cases: Cases, library: Library, instrument: Instrument) -> Table:
    """Return the mean effect of each team beside that of all cases, which is the reference.

    Measured against itself the service would have its own mean change and nothing else, so
    there is no such number for the service alone.
    """
    cutoff = criteria_of(instrument, library, library.rules).cutoff
    if cutoff is None:
        return Table(TITLE, _COLUMNS, (), f"{instrument.name}: no cutoff is known.")
    ends = cases.ends[instrument.id]
    reference = severity_reference(
        ends.first,
        ends.last,
        cutoff=cutoff,
        better=instrument.better,
        label="all episodes in view, these teams among them",
    )
    if reference.reason is not None:
        return Table(TITLE, _COLUMNS, (), reference.reason)
    effects = severity_adjusted_effects(ends.first, ends.last, reference)
    rows = []
    for place, name in enumerate(cases.teams):
        found = severity_adjusted_mean(effects[cases.team == place], reference)
        if found.n < HIDE_UNIT_BELOW or found.value is None:
            rows.append((name, DASH, DASH, f"fewer than {HIDE_UNIT_BELOW}"))
            continue
        rows.append(
            (name, f"{found.value:.2f}", f"{found.low:.2f} to {found.high:.2f}", f"{found.n:,}")
        )
    return Table(TITLE, _COLUMNS, tuple(rows), _note(reference, instrument))


def _note(reference: SeverityReference, instrument: Instrument) -> str:
    mean = reference.mean_gain / reference.sd_intake
    return (
        f"In standard deviations of the first {instrument.name}, positive is better. The reference "
        f"is this service itself: {reference.label}, {reference.n:,} who began on the clinical "
        f"side and have both scores. Their own mean is {mean:.2f} by construction and says "
        "nothing; a team above or below it gained more or less than its first scores led to "
        "expect. The intervals take the reference as known."
    )
