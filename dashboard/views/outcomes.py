"""What does the service achieve by each rule profile, and how complete is the answer?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.cutoffs import on_clinical_side
from analytics.groups.enough import SUPPRESS_BELOW
from analytics.groups.proportions import proportion
from analytics.outcomes.counts import (
    Rate,
    agreement,
    disagreement,
    tally,
    unseen_deterioration,
)
from analytics.outcomes.definitions import NO_ANSWER, NOT_FOLLOWED_UP, Judged
from analytics.outcomes.rules import ByCriterion, ByPair, ByShare, ByWindow
from analytics.rules import Rules
from dashboard.theme import CHANGE
from dashboard.views.outcome_shares import DASH, FEW, few_or
from dashboard.views.tables import Table
from dashboard.views.words import counted, cutoff_words, exact, joined
from data.cases import Cases, CasesQuery
from data.library import Library
from data.outcomes import criteria_of, judged_cases, rates_of

OPEN_TOO = "Open episodes too, as they stand"
NO_WORD = "no word for it"
RECOVERED, RESPONDED = "recovered", "responded"

_PARTS = ("better", "no_change", "worse", "not_assessable", "not_counted")
_RATES = {
    "recovery": "recovery",
    "reliable_recovery": "reliable recovery",
    "improvement": "reliable improvement",
    "no_reliable_change": "no reliable change",
    "deterioration": "deterioration",
    "follow_up": "a score in the window",
    "remission": "remission",
    "response": "response",
    "partial_response": "partial response",
}


@dataclass(frozen=True, slots=True)
class OutcomesView:
    """All that the page of outcomes says about the profiles; ``empty`` stands alone."""

    answer: str
    empty: str | None
    caution: str = ""
    profiles: Table | None = None
    why: tuple[str, ...] = ()
    agreement: str = ""
    differences: Table | None = None
    rates: Table | None = None


def outcomes_view(
    cases: Cases, library: Library, query: CasesQuery, *, today: date
) -> OutcomesView:
    """Return the same cases by each profile, the profile in use first."""
    nothing = _nothing(cases, query)
    if nothing is not None or cases.measure is None:
        return OutcomesView("There is nothing to count.", nothing)
    ids = sorted(library.profiles, key=lambda name: (name != library.rules.id, name))
    rules = [library.profiles[name] for name in ids]
    judged = [judged_cases(cases, library, r, cases.measure, today=today) for r in rules]
    return OutcomesView(
        answer=_completeness(cases, library, query),
        empty=None,
        caution=_caution(rules),
        profiles=_profiles(cases, library, rules, judged),
        why=(
            f"The same {_episodes(cases.episode.size, query)} stand behind every row. The rows "
            "differ because each profile counts other people and calls something else a success:",
            *(
                f"{r.outcome.name} ({_version(r)}): success is {r.outcome.success}. It "
                f"{_whom(cases, library, r, j)}"
                for r, j in zip(rules, judged, strict=True)
            ),
        ),
        agreement=" ".join(_agreement(rules, judged)),
        differences=_differences(rules, judged),
        rates=_rates(cases, library, rules, judged),
    )


def _caution(rules: list[Rules]) -> str:
    """Return what the numbers say of those who left; some profiles count them as no success."""
    names = [r.outcome.name for r in rules if isinstance(r.outcome.how, ByPair | ByWindow)]
    answered = "Every number below is about those who answered"
    if names:
        those = "those profiles" if len(names) > 1 else "that profile"
        answered += (
            f", but for {joined(names)}: in {those} a missing score counts against the percentage"
        )
    return f"{answered}. Whoever left without a last score may have fared better or worse."


def _nothing(cases: Cases, query: CasesQuery) -> str | None:
    if cases.in_all == 0:
        return "No episode is on file yet. Import a log on the page Import."
    where = "" if query.team is None else f" of the team {query.team}"
    if cases.episode.size == 0:
        left = counted(cases.in_all, "episode is", "episodes are")
        if not query.closed_only:
            return f"No episode{where} is on file. {left} on file in all."
        return (
            f"No closed episode{where} is on file: an episode is closed once its end is known, "
            f"from the column ended_on of a file of episodes. {left} on file in all. "
            f"'{OPEN_TOO}' counts the others."
        )
    if cases.episode.size < SUPPRESS_BELOW:
        return (
            f"{FEW.capitalize()} episodes{where}: nothing is counted, so that no client can be "
            "told from a number."
        )
    if cases.measure is None:
        return f"No outcome questionnaire has a total in these episodes{where}."
    return None


def _episodes(count: int, query: CasesQuery) -> str:
    return counted(count, "closed episode" if query.closed_only else "episode")


def _completeness(cases: Cases, library: Library, query: CasesQuery) -> str:
    ends = cases.ends[cases.measure or ""]
    name = library.instruments[cases.measure or ""].name
    both = int(np.count_nonzero(~np.isnan(ends.last)))
    none = int(np.count_nonzero(ends.n == 0))
    once = ends.n.size - both - none
    share = 100 * both / ends.n.size
    return (
        f"{both:,} of {_episodes(ends.n.size, query)} ({share:.0f} %) have a first and a last "
        f"{name}. Answered on one day only: {once:,}; not at all: {none:,}."
    )


def _profiles(cases: Cases, library: Library, rules: list[Rules], judged: list[Judged]) -> Table:
    rows = []
    for r, one in zip(rules, judged, strict=True):
        found = tally(one)
        parts = [f"{getattr(found, name):,}" for name in _PARTS]
        if isinstance(r.outcome.how, ByWindow):
            parts[_PARTS.index("worse")] = NO_WORD
        rows.append(
            (
                r.outcome.name,
                RESPONDED if isinstance(r.outcome.how, ByWindow | ByShare) else RECOVERED,
                *_share(Rate(found.success, found.counted)),
                *parts,
                _judged_on(cases, library, r),
                _version(r),
            )
        )
    return Table(
        "The same cases under each profile",
        (
            "Profile", "Success", "Percent", "95 % interval", "Successes", "Of cases",
            *(CHANGE[name].text for name in _PARTS), "Judged on", "Rules",
        ),
        tuple(rows),
        f"The five columns with marks add up to all {cases.episode.size:,} episodes in every row; "
        "a case can have changed and not be among those that the percentage is of. "
        f"Percentages stand with Wilson's score interval; those of {FEW} cases are not shown.",
    )  # fmt: skip


def _version(rules: Rules) -> str:
    return f"{rules.id} {rules.version}"


def _share(rate: Rate) -> tuple[str, str, str, str]:
    """Return percentage, interval, count and denominator; nothing of very few cases."""
    if rate.denominator < SUPPRESS_BELOW:
        return DASH, DASH, DASH, FEW
    found = proportion(rate.count, rate.denominator)
    low, high = 100 * (found.low or 0.0), 100 * (found.high or 0.0)
    return (
        f"{rate.percentage:.1f} %",
        f"{low:.1f} to {high:.1f} %",
        f"{rate.count:,}",
        f"{rate.denominator:,}",
    )


def _judged_on(cases: Cases, library: Library, rules: Rules) -> str:
    how = rules.outcome.how
    if isinstance(how, ByWindow):
        return _name(library, how.instrument)
    if isinstance(how, ByPair):
        default, *others = (_name(library, measure.instrument) for measure in how.anxiety)
        pair = f"{_name(library, how.depression.instrument)} and {default}"
        return f"{pair}, or the one that the problem calls for" if others else pair
    return _name(library, cases.measure or "")


def _name(library: Library, instrument: str) -> str:
    facts = library.instruments.get(instrument)
    return instrument if facts is None else facts.name


def _whom(cases: Cases, library: Library, rules: Rules, judged: Judged) -> str:
    """Return whom a profile counts and what it asks for, as the rest of a sentence."""
    how, found = rules.outcome.how, tally(judged)
    if isinstance(how, ByPair):
        unknown = int(np.count_nonzero(judged.counted & (judged.change == NO_ANSWER)))
        return (
            f"counts {found.counted:,} ended courses of {how.fewest_sessions.value:g} "
            "appointments or more that are not known to begin below both cutoffs. "
            f"{unknown:,} of them lack a score at one end and count against the percentage, as "
            "in the official figure."
        )
    if isinstance(how, ByWindow):
        unseen = int(np.count_nonzero(judged.outcome == NOT_FOLLOWED_UP))
        first, last = how.first_day.value, how.last_day.value
        return (
            f"counts {found.counted:,} with a {_name(library, how.instrument)} of "
            f"{cutoff_words(how.index)} whose {last:g} days are over. {unseen:,} of them have no "
            f"score from day {first:g} to {last:g} and count against the percentage."
        )
    if isinstance(how, ByShare):
        return (
            f"counts {found.counted:,} with both scores that did not begin at the best total, "
            f"whether or not they began as a case{_others(cases, library, rules, judged)}; "
            "measurement error plays no part."
        )
    return _by_criterion(cases, library, rules, how, found.counted)


def _others(cases: Cases, library: Library, rules: Rules, judged: Judged) -> str:
    """Return how many of the counted began on the functional side; nothing without a cutoff."""
    measure = cases.measure or ""
    cutoff = criteria_of(library.instruments[measure], library, rules).cutoff
    if cutoff is None:
        return ""
    others = judged.counted & ~on_clinical_side(cases.ends[measure].first, cutoff)
    return f" ({few_or(int(np.count_nonzero(others)))} of them did not)"


def _by_criterion(
    cases: Cases, library: Library, rules: Rules, how: ByCriterion, count: int
) -> str:
    instrument = library.instruments[cases.measure or ""]
    judged = criteria_of(instrument, library, rules)
    reliable, cutoff = judged.reliable_change, judged.cutoff
    if reliable is None or cutoff is None:
        lacking = "measurement error" if reliable is None else "a cutoff"
        return f"cannot be used for {instrument.name}, as {lacking} is not known."
    least = f"{exact(reliable.value)} points or more"
    if not judged.reliable_inclusive:
        least = f"more than {exact(reliable.value)} points"
    whom = f"a first score of {cutoff_words(cutoff)}" if how.only_cases else "both scores"
    return f"counts {count:,} with {whom}, and asks for a change of {least} that leaves that range."


def _agreement(rules: list[Rules], judged: list[Judged]) -> Iterator[str]:
    usable = [one for one in judged if one.counted.any()]
    every, success, failure = agreement(usable)
    if len(usable) > 1 and every >= SUPPRESS_BELOW:
        yield (
            f"Of the {every:,} cases that {len(usable)} profiles all count, {success:,} are a "
            f"success by all of them, {failure:,} by none, and {every - success - failure:,} by "
            "some only."
        )
    for r, one in zip(rules, judged, strict=True):
        unseen = unseen_deterioration(judged[0], one)
        if one is judged[0] or unseen.denominator < SUPPRESS_BELOW or not unseen.count:
            continue
        told = f"{unseen.count:,} of its {unseen.denominator:,} cases"
        if isinstance(r.outcome.how, ByWindow):
            told = f"has no word for getting worse: {told}"
        else:
            told = f"does not call {told} worse that"
        yield f"{r.outcome.name} {told} are worse by {rules[0].outcome.name}."


def _differences(rules: list[Rules], judged: list[Judged]) -> Table:
    differ, both = disagreement(judged)
    names = tuple(r.outcome.name for r in rules)
    rows = tuple(
        (
            name,
            *(
                DASH
                if place == other
                else FEW
                if both[place, other] < SUPPRESS_BELOW
                else f"{differ[place, other]:,} of {both[place, other]:,}"
                for other in range(len(names))
            ),
        )
        for place, name in enumerate(names)
    )
    return Table(
        "Where two profiles disagree",
        ("Profile", *names),
        rows,
        "Cases that only one of the two calls a success, of those that both count.",
    )


def _rates(cases: Cases, library: Library, rules: list[Rules], judged: list[Judged]) -> Table:
    rows = []
    for r, one in zip(rules, judged, strict=True):
        for name, rate in rates_of(cases, library, r, one).items():
            rows.append((r.outcome.name, _RATES[name], *_share(rate)))
    pairs = [r.outcome.name for r in rules if isinstance(r.outcome.how, ByPair)]
    note = (
        f"{joined(pairs)}: change is a share of all finished courses, recovery of the finished "
        "courses less those known to begin below both cutoffs, as officially published."
        if pairs
        else ""
    )
    return Table(
        "Every percentage that a profile publishes",
        ("Profile", "What", "Percent", "95 % interval", "Count", "Of cases"),
        tuple(rows),
        note,
    )
