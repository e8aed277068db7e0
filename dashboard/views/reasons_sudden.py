"""Did the scores jump from one session to the next, and how much is that worth?"""

import functools
from datetime import date

from analytics.sudden.chance import false_positive_rates
from analytics.sudden.gains import SuddenRule
from dashboard.theme import FLAG
from dashboard.views.case import Case, Reason
from dashboard.views.dates import day_text
from dashboard.views.findings import measure_name
from dashboard.views.words import counted, exact, joined, number, percent, rate
from data.records import Event

KINDS = ("sudden_loss", "sudden_gain")
# Simulated clients behind the caveat: enough for a tenth of a percent, and made in an instant.
_RUNS = 10_000
_SESSIONS = 12


def sudden_reason(case: Case) -> Reason | None:
    """Return the sudden gains and losses of the whole episode; they are a description."""
    rule, evaluable = case.criteria.sudden, case.result.sudden_evaluable
    if rule is None:
        return None
    name = measure_name(case.instrument, case.result.respondent)
    what = "sudden gains and losses, three criteria between neighbouring sessions"
    made = case.rule(what, is_fitted=case.has_own_norms)
    if not evaluable:
        why = (
            "cannot be assessed yet: no interval between two sessions has two scores on both of "
            f"its sides (n = {case.result.n})"
        )
        return Reason(f"{name}: sudden gains", (made, ("Numbers", why)), is_further=True)
    jumps = [event for event in case.events if event.kind in KINDS]
    kinds = tuple(kind for kind in KINDS if kind in case.flags)
    judged = f"{counted(evaluable, 'interval')} could be judged"
    if not jumps:
        none = (made, ("Numbers", f"none; {judged}"))
        return Reason(f"{name}: sudden gains", none, is_further=True)
    told = "; ".join(_jump(event, case.instrument.step) for event in jumps)
    parts = [
        made,
        *case.since(*kinds),
        ("Numbers", f"{told}; {judged}"),
        ("Criterion", _criteria(rule)),
        ("By chance", _by_chance({event.kind for event in jumps})),
        ("What would change it", _would_change(jumps, case)),
    ]
    title = ", ".join(FLAG[kind].text for kind in kinds) or "sudden gains"
    return Reason(f"{name}: {title}", tuple(parts), kinds, is_further=not kinds)


def _jump(event: Event, step: float) -> str:
    """Return one jump with its size, its day and whether it held."""
    kind = event.kind.replace("_", " ")
    session = "" if event.session_no is None else f" (session {event.session_no})"
    size = number(abs(event.size or 0.0), step)
    text = f"{kind} of {size} points on {day_text(event.happened_on)}{session}"
    if not _is_held(event):
        back = day_text(date.fromisoformat(event.detail[-10:]))
        return f"{text}, more than half of it given back by {back}"
    return f"{text}, {event.detail}"


def _is_held(event: Event) -> bool:
    return not event.detail.startswith("given back")


def _criteria(rule: SuddenRule) -> str:
    return (
        f"{exact(rule.criterion)} points or more; {percent(rule.share)} or more of the score before; "
        f"and the means of up to three scores before and after apart by more than "
        f"{rule.critical_value(3, 3):.2f} of their pooled standard deviation (a larger multiple "
        "with fewer scores)"
    )


def _by_chance(kinds: set[str]) -> str:
    """Return how often clients without any jump have one of these kinds."""
    found = []
    if "sudden_gain" in kinds:
        flat, steady = _simulated("flat", "steady")
        found.append(
            f"{rate(flat)} of the unchanged and {rate(steady)} of the steadily improving ones have "
            "a sudden gain"
        )
    if "sudden_loss" in kinds:
        (flat,) = _simulated("flat", losses=True)
        found.append(f"{rate(flat)} of the unchanged ones have a sudden loss")
    return (
        f"a jump may be chance: among {_RUNS:,} simulated clients with {_SESSIONS} weekly scores "
        f"like those of the PHQ-9 and no jump at all, {joined(found)}"
    )


@functools.cache
def _simulated(*courses: str, losses: bool = False) -> tuple[float, ...]:
    """Return the share of each kind of client with a sudden gain, or loss."""
    rates = false_positive_rates(
        runs=_RUNS, seed=1, trajectories=courses, sessions=_SESSIONS, losses=losses
    )
    return tuple(one.share for one in rates)


def _would_change(jumps: list[Event], case: Case) -> str:
    """Return which next total would give back more than half of the latest jump that holds."""
    held = [event for event in jumps if _is_held(event)]
    if not held:
        return "nothing: more than half of each jump was given back"
    last = held[-1]
    rows = [total for day, total in case.scored if day == last.happened_on]
    if not rows or last.size is None:
        return "a later score that gives back more than half of it would end it"
    mark = number(rows[0] - last.size / 2, min(case.instrument.step, 0.1))
    way = "above" if last.size < 0 else "below"
    return f"a later score {way} {mark} would give back more than half of the latest one"
