"""How does a validation read on paper?"""

import math
from collections.abc import Sequence

from analytics.simulation import Rate
from data.library import Library
from data.validation.held_out import held_out
from data.validation.report import SEED, Report
from data.validation.services import LAST_DAY, OTHER_SEEDS, Service
from data.validation.unchanged import COURSES, Unchanged
from data.validation.verdicts import RuleScore, Share
from data.validation.wording import (
    ABOUT,
    CALIBRATION,
    OPENING,
    PLATEAU,
    READING,
    SUDDEN,
    UNCHANGED,
)

_WORDS = {
    "equivalence": "plateau (equivalence)",
    "significance": "*slope p > .05 over 6*",
    "range": "*range within RC over 6*",
    "sudden_gain": "sudden gain",
}


def as_markdown(report: Report, library: Library) -> str:
    """Return the text of ``docs/validation.md``."""
    parts = [heading(report), services_part(report)]
    parts += [plateau_part(report.plateau), unchanged_part(report.unchanged, report.runs, library)]
    parts += [sudden_part(report.sudden), calibration_part(report.services, library)]
    return "\n".join(line for part in parts for line in part) + "\n"


def heading(report: Report) -> list[str]:
    """Return the title and what was tried."""
    seeds = [service.seed for service in report.services]
    return [
        "# Validation",
        "",
        f"Written by `milepost validate --seeds {len(seeds)} --runs {report.runs} --write "
        "docs/validation.md`; nothing here is typed by hand.",
        "",
        *OPENING.splitlines(),
        "",
        f"- milepost {report.software}, rules {report.rules}, formulas {report.kernel}",
        f"- {len(seeds)} synthetic services (seeds {seeds[0]} to {seeds[-1]}, last day "
        f"{LAST_DAY.isoformat()}), {sum(s.series for s in report.services):,} series, "
        f"{sum(s.looks for s in report.services):,} scores; expected courses from the services of "
        f"the seeds {seeds[0] + OTHER_SEEDS} to {seeds[-1] + OTHER_SEEDS}",
        f"- {report.runs:,} simulated clients a cell of the other tables, seed {SEED}: the 95 % "
        f"interval of such a share reaches {_points(1.96 * math.sqrt(0.25 / report.runs))} "
        "percentage points to either side at most",
        "- All shares are in percent.",
        "",
    ]


def services_part(report: Report) -> list[str]:
    """Return a table for each question that is asked of the synthetic services."""
    lines = ["## Each rule against what was planted", "", *READING.splitlines(), ""]
    by_rule = {
        (score.question, score.rule): [one.scores[place] for one in report.services]
        for place, score in enumerate(report.scores)
    }
    for question in dict.fromkeys(score.question for score in report.scores):
        asked = [score for score in report.scores if score.question == question]
        lines += _about(f"### {question[0].upper()}{question[1:]}", ABOUT[question])
        lines += _question_table(asked, by_rule)
    refusals = [f"- Seed {s.seed}. {reason}" for s in report.services for reason in s.refusals]
    return [*lines, *(["No expected course:", "", *refusals, ""] if refusals else [])]


def _question_table(
    asked: Sequence[RuleScore], by_rule: dict[tuple[str, str], list[RuleScore]]
) -> list[str]:
    planted = asked[0].found.of > 0
    head = ["rule"]
    if planted:
        head += [
            f"found of {asked[0].found.of:,}",
            "services",
            "n. a.",
            "of those assessed",
            "delay",
        ]
    for share in asked[0].false_flags:
        head += [f"flagged: {share.group} ({share.of:,})", "looks"]
    rows = []
    for score in asked:
        row = [f"*{score.rule}*" if score.naive else score.rule]
        if planted:
            rates = [one.found.rate for one in by_rule[score.question, score.rule]]
            assessed = score.found.of - score.found.silent
            row += [
                _share(score.found),
                f"{_points(min(rates))} to {_points(max(rates))}",
                f"{score.found.silent:,}",
                _points(score.found.hits / assessed if assessed else math.nan),
                _delay(score),
            ]
        for share in score.false_flags:
            looks = share.looks_flagged / share.looks if share.looks else math.nan
            row += [_flagged(share), _points(looks)]
        rows.append(row)
    return _table(head, rows)


def plateau_part(rates: Sequence[Rate]) -> list[str]:
    """Return the table of the plateau rules on simulated clients."""
    return [*_about("## Plateau rules on simulated clients", PLATEAU), *_rates(rates)]


def sudden_part(rates: Sequence[Rate]) -> list[str]:
    """Return the table of sudden gains among clients without any."""
    return [*_about("## Sudden gains by chance", SUDDEN), *_rates(rates)]


def unchanged_part(questionnaires: Sequence[Unchanged], runs: int, library: Library) -> list[str]:
    """Return the table of false alarms, a questionnaire a line."""
    head = ["questionnaire", "criterion", "SEM"]
    head += [f"{n} scores, {how}" for n in COURSES for how in ("once", "twice")]
    rows = [
        [
            library.instruments[one.instrument].name + ("" if one.has_norms else " *"),
            f"{one.criterion:.4g}",
            f"{one.sem:.3g}",
            *(
                f"{_points(alarm.exact)} / {_points(alarm.simulated)}"
                for n in COURSES
                for alarm in (one.once[n], one.confirmed[n])
            ),
        ]
        for one in questionnaires
    ]
    title = "## False alarms over a course without change"
    return [
        *_about(title, UNCHANGED),
        f"{len(rows)} of {len(library.instruments)} instruments are outcome measures with a reliable "
        f"change and a known error; {runs:,} simulated clients each.",
        "",
        *_table(head, rows),
    ]


def calibration_part(services: Sequence[Service], library: Library) -> list[str]:
    """Return the table of the expected courses, held out."""
    head = ["questionnaire", "band", "promised beyond", "found beyond", "services", "scores"]
    head += ["no expectation"]
    rows = [
        [
            library.instruments[one.instrument].name,
            _points(one.share),
            _points(one.nominal),
            f"{_points(one.observed)} ({_points(one.low)} to {_points(one.high)})",
            f"{_points(one.lowest)} to {_points(one.highest)}",
            f"{one.of:,}",
            f"{one.outside:,}",
        ]
        for one in held_out(services)
    ]
    return [*_about("## Expected courses, held out", CALIBRATION), *_table(head, rows)]


def _about(title: str, texts: tuple[str, str, str]) -> list[str]:
    question, reading, weak = texts
    return [title, "", f"**{question}** {reading}", "", f"*Weak:* {weak}", ""]


def _rates(rates: Sequence[Rate]) -> list[str]:
    """Return shares by rule and kind of error, a course a column."""
    courses = list(dict.fromkeys(rate.trajectory for rate in rates))
    found = {(rate.rule, rate.noise, rate.trajectory): rate for rate in rates}
    rows = [
        [_WORDS[rule], noise, *(_points(found[rule, noise, course].share) for course in courses)]
        for rule, noise in dict.fromkeys((rate.rule, rate.noise) for rate in rates)
    ]
    head = ["rule", "error", *(course.replace("_", " ") for course in courses)]
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{_points(share.rate)} ({_points(low)} to {_points(high)})"


def _flagged(share: Share) -> str:
    """Return the share of a group; who could not be flagged at all is told beside it."""
    return _share(share) + (f"; n. a. {share.silent:,}" if share.silent else "")


def _delay(score: RuleScore) -> str:
    if not score.delays:
        return "none"
    low, median, high = score.delay_quartiles
    return f"{median:g} ({low:g} to {high:g})"


def _points(share: float) -> str:
    """Return a share in percent.

    >>> _points(0.1234), _points(float("nan"))
    ('12.3', 'none')
    """
    return "none" if math.isnan(share) else f"{100 * share:.1f}"
