"""Why does a finding stand there, and what would change it?"""

from analytics.flags import KINDS
from dashboard.views.case import Case
from dashboard.views.case import Reason as Reason
from dashboard.views.findings import error_reach as error_reach
from dashboard.views.reasons_alert import alert_reason
from dashboard.views.reasons_change import change_reason
from dashboard.views.reasons_course import course_reason
from dashboard.views.reasons_state import state_reason, trend_reason
from dashboard.views.reasons_sudden import sudden_reason


def reasons(case: Case) -> tuple[Reason, ...]:
    """Return the reasons of one measure: the flags that stand first, by severity.

    A process measure has one only where it asks to be talked about. One score has no more to
    be told than that it is one; further reasons begin with the second.
    """
    if case.instrument.role != "outcome":
        alert = alert_reason(case)
        return () if alert is None else (alert,)
    found: list[Reason | None] = [change_reason(case), state_reason(case)]
    if case.result.n > 1:
        found += [course_reason(case), sudden_reason(case), trend_reason(case)]
    told = [reason for reason in found if reason is not None]
    # Sorting keeps the order of those without a flag.
    return tuple(sorted(told, key=_severity))


def _severity(reason: Reason) -> int:
    return min((KINDS.index(kind) for kind in reason.kinds), default=len(KINDS))
