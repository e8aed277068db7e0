"""Which cases has a service had, and with which first and last scores?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.outcomes.rules import ByPair, ByWindow
from analytics.series import BoolArray, FloatArray, IntArray
from data.library import Library
from data.scope import Columns, Fetch

# How an episode may have ended, as far as its word is known here: the place in this tuple.
ENDINGS = ("completed", "dropped_out", "another", "unknown")
COMPLETED, DROPPED_OUT, ANOTHER, UNKNOWN = range(4)


@dataclass(frozen=True, slots=True)
class CasesQuery:
    """Which episodes are looked at: the closed ones of everybody, unless something is chosen.

    ``measure`` is the questionnaire whose scores are read one by one; without one it is the
    one that most of the episodes have.
    """

    closed_only: bool = True
    team: str | None = None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """First and last total of one questionnaire, one value a case; ``nan`` where missing.

    A questionnaire answered on one day only has a first total and no last one. ``n`` counts
    the totals, ``days`` the time from the first to the last.
    """

    first: FloatArray
    last: FloatArray
    n: IntArray
    days: FloatArray


@dataclass(frozen=True, slots=True)
class Elevated:
    """The first elevated score of one questionnaire, and the latest one in the days after it.

    ``day`` counts from 1 January 1970; all are ``nan`` where there is none.
    """

    score: FloatArray
    day: FloatArray
    follow_up: FloatArray


@dataclass(frozen=True, slots=True)
class Scores:
    """All totals of one questionnaire, episode after episode and by date.

    ``offsets`` holds where each episode begins in ``days`` and ``totals``, and their length
    at the end; an episode without a total is not among them. ``sessions`` are -1 where the
    number is not known.
    """

    days: FloatArray
    totals: FloatArray
    sessions: IntArray
    offsets: IntArray


@dataclass(frozen=True, slots=True)
class Cases:
    """Episodes with what outcome definitions look at; every array has one value an episode.

    ``attended`` is ``nan`` where no list of sessions came. ``problem`` is the place of the
    presenting problem in ``problems``, -1 for any other; ``team`` that of the team in
    ``teams``, which are in alphabetical order, -1 where none is named. ``ending`` is a place
    in ``ENDINGS``. ``ends`` are by questionnaire, ``elevated`` by rule profile. ``in_all`` counts the episodes of the service before any
    choice, within the scope. ``scores`` are those of ``measure``, which is ``None`` where
    nobody has a total.
    """

    episode: IntArray
    is_open: BoolArray
    attended: FloatArray
    problem: IntArray
    problems: tuple[str, ...]
    team: IntArray
    teams: tuple[str, ...]
    ending: IntArray
    ends: Mapping[str, Ends]
    elevated: Mapping[str, Elevated]
    in_all: int
    measure: str | None
    scores: Scores

    @property
    def answered(self) -> tuple[str, ...]:
        """Return the questionnaires with a total, those with most first."""
        return _answered(self.ends)


def read_cases(fetch: Fetch | None, library: Library, query: CasesQuery) -> Cases:
    """Read the cases; without a generation (*fetch* is ``None``) there are none."""
    measures = tuple(
        name for name, instrument in library.instruments.items() if instrument.role == "outcome"
    )
    problems = _problems(library)
    chosen = "chosen AS (SELECT * FROM scoped WHERE (NOT $closed OR NOT is_open)"
    chosen += " AND ($team IS NULL OR team = $team))"
    values: dict[str, object] = {"closed": query.closed_only, "team": query.team}

    def ask(text: str, **more: object) -> Columns:
        return {} if fetch is None else fetch(f"{chosen} {text}", {**values, **more})

    named = ask("SELECT DISTINCT team FROM chosen WHERE team IS NOT NULL AND team <> ''")
    teams = tuple(sorted((str(name) for name in named.get("team", ())), key=str.casefold))
    rows = ask(
        """
        SELECT c.episode_key, c.is_open, c.sessions,
            list_position($problems, lower(trim(e.problem))) AS problem,
            list_position($teams, c.team) AS team,
            CASE regexp_replace(lower(trim(coalesce(e.ending, ''))), '[ -]+', '_', 'g')
                WHEN 'completed' THEN 0 WHEN 'dropped_out' THEN 1 WHEN '' THEN 3 ELSE 2
            END AS ending
        FROM chosen c LEFT JOIN episode e USING (episode_key)
        ORDER BY c.episode_key
        """,
        problems=list(problems) or [""],
        teams=list(teams) or [""],
    )
    episode = _ints(rows, "episode_key")
    scores = ask(
        """
        SELECT r.episode_key, list_position($measures, r.instrument) AS measure, r.n,
            r.baseline, r.latest, r.last_on - r.first_on AS days
        FROM result r SEMI JOIN chosen USING (episode_key)
        WHERE r.respondent = '' AND list_contains($measures, r.instrument)
        """,
        measures=list(measures),
    )
    ends = _ends(scores, measures, episode)
    answered = _answered(ends)
    measure = query.measure if query.measure in ends else answered[0] if answered else None
    everybody = _ints(ask("SELECT count(*) AS episodes FROM scoped"), "episodes")
    return Cases(
        episode=episode,
        is_open=_ints(rows, "is_open").astype(np.bool_),
        attended=_floats(rows, "sessions"),
        problem=_places(rows, "problem"),
        problems=problems,
        team=_places(rows, "team"),
        teams=teams,
        ending=_ints(rows, "ending"),
        ends=ends,
        elevated={
            name: _elevated(ask, rules.outcome.how, episode)
            for name, rules in library.profiles.items()
            if isinstance(rules.outcome.how, ByWindow)
        },
        in_all=int(everybody.sum()),
        measure=measure,
        scores=_scores(ask, measure),
    )


def _problems(library: Library) -> tuple[str, ...]:
    """Return every presenting problem that a profile asks for."""
    pairs = (rules.outcome.how for rules in library.profiles.values())
    named = {
        problem
        for how in pairs
        if isinstance(how, ByPair)
        for measure in how.anxiety
        for problem in measure.problems
    }
    return tuple(sorted(named))


def _ends(scores: Columns, measures: tuple[str, ...], episode: IntArray) -> dict[str, Ends]:
    measure, keys = _ints(scores, "measure") - 1, _ints(scores, "episode_key")
    columns = {name: _floats(scores, name) for name in ("baseline", "latest", "n", "days")}
    found: dict[str, Ends] = {}
    for place, name in enumerate(measures):
        mine = np.flatnonzero(measure == place)
        at = np.searchsorted(episode, keys[mine])
        part = {
            column: _placed(values[mine], at, episode.size) for column, values in columns.items()
        }
        n = np.nan_to_num(part["n"], nan=0).astype(np.int64)
        last = np.where(part["days"] > 0, part["latest"], np.nan)
        found[name] = Ends(part["baseline"], last, n, part["days"])
    return found


def _answered(ends: Mapping[str, Ends]) -> tuple[str, ...]:
    totals = {name: int(np.count_nonzero(one.n)) for name, one in ends.items()}
    return tuple(sorted((n for n in totals if totals[n]), key=lambda n: (-totals[n], n)))


def _scores(ask: Any, measure: str | None) -> Scores:
    rows = ask(
        """
        SELECT series_id, administered_on - DATE '1970-01-01' AS day,
            coalesce(session_no, -1) AS session_no, total
        FROM score SEMI JOIN (
            SELECT series_id FROM series SEMI JOIN chosen USING (episode_key)
            WHERE instrument = $measure AND respondent = ''
        ) USING (series_id)
        WHERE total IS NOT NULL
        """,
        measure=measure,
    )
    keys = tuple(_ints(rows, name) for name in ("session_no", "day", "series_id"))
    # The store keeps them in order, but for scores that came after its last rebuild.
    place = keys[2] * 100_000 + keys[1]
    step = np.diff(place)
    days, totals, (sessions, _, series) = _floats(rows, "day"), _floats(rows, "total"), keys
    if (step < 0).any() or (np.diff(keys[0])[step == 0] < 0).any():
        order = np.lexsort(keys)
        days, totals, series = days[order], totals[order], series[order]
        sessions = sessions[order]
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    return Scores(days, totals, sessions, np.append(starts, series.size))


def _elevated(ask: Any, how: ByWindow, episode: IntArray) -> Elevated:
    """Return the first elevated score of each case and the latest one in its window.

    Two scores of one day are told apart by their session.
    """
    rows = ask(
        f"""
        , mine AS (
            SELECT s.episode_key, t.administered_on, t.total,
                (t.administered_on - DATE '1970-01-01') * 100000 + coalesce(t.session_no, 0) AS moment
            FROM score t
            JOIN (
                SELECT series_id, episode_key FROM series SEMI JOIN chosen USING (episode_key)
                WHERE instrument = $instrument AND respondent = ''
            ) s USING (series_id)
            WHERE t.total IS NOT NULL
        ),
        first_one AS (
            SELECT episode_key, min(administered_on) AS day, arg_min(total, moment) AS score
            FROM mine WHERE total {how.index.op} $index GROUP BY episode_key
        ),
        later AS (
            SELECT m.episode_key, arg_max(m.total, m.moment) AS follow_up
            FROM mine m JOIN first_one f USING (episode_key)
            WHERE m.administered_on - f.day BETWEEN $first_day AND $last_day
            GROUP BY m.episode_key
        )
        SELECT f.episode_key, f.day - DATE '1970-01-01' AS day, f.score, l.follow_up
        FROM first_one f LEFT JOIN later l USING (episode_key)
        """,
        instrument=how.instrument,
        index=how.index.value,
        first_day=how.first_day.value,
        last_day=how.last_day.value,
    )
    at = np.searchsorted(episode, _ints(rows, "episode_key"))
    return Elevated(
        *(_placed(_floats(rows, name), at, episode.size) for name in ("score", "day", "follow_up"))
    )


def _placed(values: FloatArray, at: IntArray, size: int) -> FloatArray:
    whole = np.full(size, np.nan)
    whole[at] = values
    return whole


def _ints(rows: Columns, name: str) -> IntArray:
    return np.asarray(rows.get(name, ()), dtype=np.int64)


def _places(rows: Columns, name: str) -> IntArray:
    """Return places counted from 0, -1 where there is none; SQL counts them from 1."""
    return np.nan_to_num(_floats(rows, name), nan=0).astype(np.int64) - 1


def _floats(rows: Columns, name: str) -> FloatArray:
    # A column with a missing value comes as a masked array.
    found = np.ma.asarray(rows.get(name, np.empty(0)), dtype=np.float64)
    return np.asarray(np.ma.filled(found, np.nan), dtype=np.float64)
