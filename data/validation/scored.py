"""How well does each rule find what was planted in the synthetic service?

Each rule looks at a series after every score and sees the scores so far, as a clinician
would. Truth is the true course before measurement error (``true_totals.csv``) and the planted
course (``truth.csv``); for a rule only questionnaires with the numbers that it needs count. RC
is the questionnaire's reliable change, MIC its meaningful change, SEM its standard error of
measurement; "better" is in its own direction. Outcome measures only, but for the last question.

*Reliable improvement* (deterioration likewise, with worse for better)
    To be found: series whose true total is better than the first true total by RC or more at
    some look. Not to be flagged: series whose true total is at no look better than the first.
    A true change between these bounds is neither: it counts nowhere.

*A planted deterioration*
    To be found: planted deteriorations, from the first score after they set in, however small
    they are by then. Not to be flagged: planted steady and slowing improvements at any look.
    Clients who are level throughout are shown beside them; to warn of one who is a case and
    does not change is no mistake.

*A planted improvement*
    To be found: planted steady and slowing improvements, from the second score. Not to be
    flagged: clients who are level throughout, and planted deteriorations.

*A level*
    To be found: series with a planted level of ten scores or more, counted from the first
    score at which the level holds. Not to be flagged: *steady improvers* at looks where the
    true slope of the last eight scores (of all, if fewer) comes to the MIC or more over a
    block, and *worsening*: planted deteriorations at looks where the true total got worse by
    more than one SEM over those scores. Looks begin at the sixth score. *Stuck* and *met*: those
    of the kind; not those of the other kind at looks from the third score of the level on.

*A sudden gain*
    To be found: planted sudden gains; a gain counts that lies within two sessions of the
    planted one. Not to be flagged: planted steady and slowing improvements, and clients who
    are level throughout. Sudden losses were not planted in outcome measures.

*An alliance rupture*
    To be found: planted ruptures, at the appointment of the rupture or one of the two after
    it. Not to be flagged: level alliances with a true total that is never beyond the mark.

Sensitivity is the share of the series to be found that are found at or after the first look at
which the truth holds; the false-flag rate is that of the series not to be flagged that are
flagged at any look that counts; the delay is the number of scores from the first look at which
the truth holds to the flag, of those found.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from analytics.instrument import Role
from data.library import Library
from data.synthetic.planted import Planted, read_planted
from data.validation.looks import NEAR, Said, said_of
from data.validation.truths import QUESTIONS, Question, Truth, truth_of
from data.validation.verdicts import RuleScore, share_of

_JUDGED: tuple[Role, ...] = ("outcome", "process")


def score_rules(folder: Path, library: Library) -> tuple[RuleScore, ...]:
    """Return how each rule does on the synthetic service in *folder*.

    Parameters
    ----------
    folder
        Where ``synthetic_service`` wrote its files.
    library
        The facts and the rule profile by which the rules judge. An expected course in it must
        come from other episodes than these, else it has seen how they end.

    Raises
    ------
    DataError
        If a file is missing or is not one of the synthetic service.
    """
    return score_series(read_planted(folder, library), library)


def score_series(planted: Sequence[Planted], library: Library) -> tuple[RuleScore, ...]:
    """Return how each rule does on series with their truth, question by question."""
    roles = {name: facts.role for name, facts in library.instruments.items()}
    series = [s for s in planted if roles[s.instrument] in _JUDGED]
    known = {name: library.judging(name) for name in {s.instrument for s in series}}
    judged = [known[s.instrument] for s in series]
    truths = [truth_of(s, c) for s, c in zip(series, judged, strict=True)]
    ends = np.cumsum([s.scores.size for s in series])
    looks = [slice(end - s.scores.size, end) for s, end in zip(series, ends, strict=True)]
    said = said_of(series, judged)
    return tuple(
        _score(question, rule, said[rule], looks, truths, series)
        for question in QUESTIONS
        for rule in question.rules
    )


def _score(
    question: Question,
    rule: str,
    said: Said,
    looks: Sequence[slice],
    truths: Sequence[Truth],
    series: Sequence[Planted],
) -> RuleScore:
    clients: list[str] = []
    found: list[bool] = []
    delays: list[int] = []
    silent = 0
    groups: Mapping[str, list[tuple[str, bool, bool, int, int]]]
    groups = {group: [] for group in question.not_to_flag}
    for truth, at, one in zip(truths, looks, series, strict=True):
        if truth.role != question.role:
            continue
        part = said.part(at)
        since = truth.since.get(question.to_find or "")
        if since is not None:
            until = _until(question, one, since)
            hits = part.finds[since:until]
            clients.append(truth.client)
            found.append(bool(hits.any()))
            silent += not (hits | part.could_find[since:until]).any()
            if hits.any():
                delays.append(int(np.argmax(hits)))
        for group, word in question.not_to_flag.items():
            counted = truth.at.get(word)
            if counted is not None and counted.any():
                flagged, could = part.flags & counted, bool((part.known & counted).any())
                groups[group].append(
                    (
                        truth.client,
                        bool(flagged.any()),
                        could,
                        int(flagged.sum()),
                        int(counted.sum()),
                    )
                )
    return RuleScore(
        question=question.name,
        rule=rule,
        naive=said.naive,
        found=share_of("to be found", clients, found, silent=silent),
        false_flags=tuple(
            share_of(
                group,
                [row[0] for row in rows],
                [row[1] for row in rows],
                silent=sum(not row[2] for row in rows),
                looks_flagged=sum(row[3] for row in rows),
                looks=sum(row[4] for row in rows),
            )
            for group, rows in groups.items()
        ),
        delays=tuple(delays),
    )


def _until(question: Question, one: Planted, since: int) -> int:
    """Return the place after the last look at which a find counts."""
    if question.role != "process":
        return int(one.scores.size)
    # The damage of a rupture halves with each week: later alerts are about something else.
    return since + int(np.count_nonzero(one.sessions[since:] <= one.onset_session + NEAR))
