"""Which figures of its own does a service's record allow, and how are they kept?

A fit is an act of a person: results never change by themselves when other clients' scores
arrive. It is recorded in the ledger, and every later generation is made with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from analytics.criteria import criteria
from analytics.estimates import FEWEST_CLIENTS, Estimates, pooled_spread
from analytics.expectation.episodes import cases, flat_series
from analytics.expectation.growth import Refusal, fit_growth, split_half_calibration
from analytics.instrument import Instrument
from analytics.sensitivity.samples import own_norms, paired_sample
from analytics.shrinkage import SlopePrior, slope_prior
from data.errors import DataError
from data.ledger import Ledger
from data.library import Library
from data.staging import Progress

# More clients than this change no figure by more than its last digit.
MOST_CLIENTS = 50_000

# Change slows down, so a series of so many scores is held beside the starts of the others.
SLOPE_SCORES = range(2, 9)

_NOTHING = (None, None, None, None, ())
_FIGURES = TypeAdapter(tuple[Estimates, ...])

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Series:
    """One series a client: weeks since its first score, totals, and where each begins."""

    weeks: FloatArray
    scores: FloatArray
    offsets: IntArray
    is_closed: npt.NDArray[np.bool_]


def as_text(figures: tuple[Estimates, ...]) -> str:
    """Return figures as JSON, from which `from_text` makes the same ones."""
    return _FIGURES.dump_json(figures).decode("ascii")


def from_text(text: str) -> tuple[Estimates, ...]:
    """Return the figures of a JSON text.

    Raises
    ------
    DataError
        If the text holds something else.
    """
    try:
        return _FIGURES.validate_json(text)
    except ValidationError as error:
        raise DataError(
            "The service's own figures in the ledger cannot be read by this version "
            f"({error.error_count()} mistakes). Run `milepost fit` again. Nothing was changed."
        ) from None


def with_figures_in_use(library: Library, ledger: Ledger) -> Library:
    """Return *library* with the figures of the latest fit, if there was one.

    Figures that another version wrote are left out: the pages then say that their numbers were
    made with other facts, and the next fit replaces them. The record itself stays readable.
    """
    fit = ledger.fit_in_use()
    if fit is None:
        return library
    try:
        return library.with_figures(from_text(fit.figures), fit.fit_no)
    except DataError:
        return library


def fit_figures(
    con: duckdb.DuckDBPyConnection,
    library: Library,
    *,
    progress: Progress | None = None,
) -> tuple[Estimates, ...]:
    """Return the service's own figures for each outcome measure that the record holds.

    One series a client counts, by the questionnaire's usual respondent: that of the latest
    ended episode, else of the latest one.
    """
    there = {
        name
        for (name,) in con.execute(
            "SELECT DISTINCT instrument FROM series WHERE respondent = ''"
        ).fetchall()
    }
    wanted = [i for i in library.instruments.values() if i.id in there and i.role == "outcome"]
    found = []
    for done, instrument in enumerate(wanted):
        found.append(
            _figures(
                instrument,
                _read(con, instrument.id),
                library,
                None if progress is None else _share(progress, instrument.name, done, len(wanted)),
            )
        )
    if not any((f.norms, f.pairs, f.spread, f.curve, f.slopes) != _NOTHING for f in found):
        told = " ".join(dict.fromkeys(reason for own in found for reason in own.refusals))
        raise DataError(
            "Nothing could be estimated from this record, so nothing was changed. "
            + (told or "It holds no outcome measure.")
        )
    return tuple(found)


def _share(progress: Progress, name: str, done: int, whole: int) -> Callable[[float], None]:
    """Return what turns the share of one questionnaire into steps of all."""
    return lambda share: progress(f"fitting {name}", int(100 * (done + share)), 100 * whole)


def _read(con: duckdb.DuckDBPyConnection, instrument: str) -> _Series:
    scores = con.sql(
        """
        WITH chosen AS (
            SELECT s.series_id, e.ended_on IS NOT NULL AS is_closed
            FROM series s
            JOIN episode e ON e.episode_key = s.episode_key
            JOIN result r ON r.series_id = s.series_id
            WHERE s.instrument = $instrument AND s.respondent = ''
            QUALIFY row_number() OVER (
                PARTITION BY e.client_id
                ORDER BY is_closed DESC, r.first_on DESC, e.episode_id DESC) = 1
        ), drawn AS (
            SELECT * FROM chosen ORDER BY hash(series_id), series_id LIMIT $most
        )
        SELECT series_id, administered_on, total, is_closed
        FROM score JOIN drawn USING (series_id)
        WHERE total IS NOT NULL ORDER BY series_id, administered_on, session_no NULLS FIRST
        """,
        params={"instrument": instrument, "most": MOST_CLIENTS},
    ).to_arrow_table()
    ids = np.asarray(scores["series_id"], dtype=np.int64)
    days = np.asarray(scores["administered_on"].cast("int32"), dtype=np.int64)
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    offsets = np.append(starts, ids.size).astype(np.int64)
    weeks = (days - np.repeat(days[starts], np.diff(offsets))) / 7.0
    closed = np.asarray(scores["is_closed"], dtype=np.bool_)[starts]
    return _Series(weeks, np.asarray(scores["total"], dtype=np.float64), offsets, closed)


def _figures(
    instrument: Instrument,
    series: _Series,
    library: Library,
    told: Callable[[float], None] | None,
) -> Estimates:
    refusals: list[str | None] = []
    norms, why = own_norms(series.scores[series.offsets[:-1]])
    refusals.append(why)
    # A last score so far is none after treatment.
    ended = series.is_closed & (np.diff(series.offsets) > 1)
    pairs, why = paired_sample(
        series.scores[series.offsets[:-1][ended]], series.scores[series.offsets[1:][ended] - 1]
    )
    refusals.append(None if why is None else f"Pairs of ended episodes: {why}")
    spread = pooled_spread(series.weeks, series.scores, series.offsets)
    if spread is None:
        refusals.append(
            f"The spread of single scores needs {FEWEST_CLIENTS} clients with 8 scores or more on "
            "several days, and scores that do not all lie on straight lines."
        )
    known = Estimates(instrument.id, instrument.version, norms=norms, pairs=pairs, spread=spread)
    # The spread that the rules would use: the service's own, or what the manual implies.
    sigma = criteria(instrument, library.rules, known).spread
    slopes: list[SlopePrior | None] = []
    if sigma is None:
        refusals.append("Slopes of clients cannot be compared, as their error is unknown.")
    else:
        for first in SLOPE_SCORES:
            prior, why_not = slope_prior(
                series.weeks,
                series.scores,
                series.offsets,
                sigma=sigma.value,
                source=f"the service's own record, first {first} scores",
                first=first,
            )
            slopes.append(prior)
        if not any(slopes):
            slopes.clear()
            refusals.append(why_not)
    known = replace(known, slopes=tuple(slopes))
    judged = criteria(instrument, library.rules, known)
    begun = cases(series.scores, series.offsets, judged.cutoff)
    courses = flat_series(series.weeks, series.scores, series.offsets, begun)
    grown = fit_growth(
        *courses,
        instrument=instrument.id,
        minimum=instrument.minimum,
        maximum=instrument.maximum,
        better=instrument.better,
        progress=told,
    )
    if isinstance(grown, Refusal):
        refusals.append(grown.reason)
        return replace(known, refusals=_said(refusals))
    if judged.cutoff is not None:
        began = f" Only clients who began on the clinical side ({judged.cutoff.op} {judged.cutoff.value:g})."
        grown = replace(grown, source=grown.source + began)
    half = split_half_calibration(
        *courses,
        instrument=instrument.id,
        minimum=instrument.minimum,
        maximum=instrument.maximum,
        better=instrument.better,
    )
    checked = None if isinstance(half, Refusal) else half
    refusals.append(half.reason if isinstance(half, Refusal) else None)
    return replace(known, curve=grown, calibration=checked, refusals=_said(refusals))


def _said(refusals: list[str | None]) -> tuple[str, ...]:
    return tuple(reason for reason in refusals if reason)
