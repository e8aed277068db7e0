"""What do the service's own figures for one questionnaire say, in words?"""

from analytics.estimates import Estimates
from dashboard.views.words import counted, exact


def own_figures(own: Estimates) -> tuple[str, ...]:
    """Return one sentence a figure, and one for each that could not be estimated."""
    lines = []
    if own.norms is not None:
        lines.append(
            f"First scores have a mean of {exact(own.norms.mean)} and a standard deviation of "
            f"{exact(own.norms.sd)} ({counted(own.norms.n or 0, 'client')})."
        )
    if own.spread is not None:
        lines.append(
            f"Single scores lie {exact(own.spread.sd)} points from the client's own course "
            f"(standard deviation, {counted(own.spread.clients, 'client')})."
        )
    longest = own.slopes[-1] if own.slopes else None
    if longest is not None:
        lines.append(
            f"Over their first {len(own.slopes) + 1} scores clients change by {exact(longest.mean)} "
            f"points a week on average, and differ from one another by a standard deviation of "
            f"{exact(longest.sd)} ({counted(longest.clients, 'client')})."
        )
    if own.curve is not None:
        lines.append(f"Expected course: {own.curve.source}")
    if own.calibration is not None:
        lines.append(f"Check of its limits: {own.calibration.sentence}")
    return (*lines, *own.refusals)
