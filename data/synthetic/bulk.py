"""What does a score file of ten million rows look like?"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from data.errors import DataError
from data.library import Library
from data.synthetic.measures import measures

BULK_COLUMNS = (
    "client_id", "episode_id", "clinician_id", "team", "instrument", "administered_on",
    "session_no", "total",
)  # fmt: skip
#: In the order of their names, which is the order within a client of a clustered file.
BULK_INSTRUMENTS = ("core-10", "gad-7", "ors", "phq-9")

_FEWEST, _MOST = 2, 40
# Scores a series: 2 and a negative binomial. Mean 8.2, SD about 6, a long tail.
_LENGTH_MEAN = 6.25
_LENGTH_SHAPE = 1.33
#: Share of the clients with one, two, three and four instruments; 2.4 on average.
_INSTRUMENT_SHARES = (0.20, 0.38, 0.26, 0.16)
_CLIENTS_A_CLINICIAN = 52
_CLINICIANS_A_TEAM = 12
_TEAMS = 40

_FIRST_DAY = date(2016, 1, 4)
_START_DAYS = 3000
_CHUNK = 500_000


@dataclass(frozen=True, slots=True)
class BulkColumns:
    """One row a score. ``client`` counts from 0, ``instrument`` is a place in ``BULK_INSTRUMENTS``.

    ``day`` counts from 4 January 2016; ``administered_on`` gives it as a date.
    """

    client: npt.NDArray[np.int32]
    instrument: npt.NDArray[np.int8]
    day: npt.NDArray[np.uint16]
    session_no: npt.NDArray[np.int16]
    total: npt.NDArray[np.int16]

    @property
    def administered_on(self) -> npt.NDArray[np.datetime64]:
        """The dates, to the day."""
        return np.datetime64(_FIRST_DAY, "D") + self.day.astype("timedelta64[D]")


def bulk_columns(scores: int, seed: int = 1, *, clustered: bool = True) -> BulkColumns:
    """Return *scores* rows of four instruments as arrays.

    Parameters
    ----------
    scores
        Number of rows, 2 or more.
    seed
        Start of the random generator.
    clustered
        ``True`` orders by client, instrument and date; ``False`` by date, as they arrive.

    Returns
    -------
    Columns of equal length. A client's instruments share its sessions: one date each.

    Raises
    ------
    DataError
        If fewer than 2 rows are asked for.
    """
    if scores < _FEWEST:
        raise DataError(f"{scores} scores were asked for; a series has at least {_FEWEST}.")
    rng = np.random.default_rng(seed)
    lengths = _lengths(scores, rng)
    client_of, instrument_of = _series_keys(lengths.size, rng)

    session = _running_number(lengths)
    client = np.repeat(client_of, lengths)
    instrument = np.repeat(instrument_of, lengths)
    day = _days(client, session, rng.integers(0, _START_DAYS, int(client_of[-1]) + 1))
    total = _totals(instrument_of, lengths, session, rng)
    columns = BulkColumns(client, instrument, day, session, total)
    return columns if clustered else _by_date(columns)


def _by_date(columns: BulkColumns) -> BulkColumns:
    """Return the rows by date. The sort is stable: within a day clients keep their order."""
    order = np.argsort(columns.day, kind="stable")
    return BulkColumns(
        columns.client[order],
        columns.instrument[order],
        columns.day[order],
        columns.session_no[order],
        columns.total[order],
    )


def write_bulk_log(path: Path, *, scores: int, seed: int = 1, clustered: bool = False) -> None:
    """Write *scores* rows as one canonical long CSV to *path*.

    The rows stand by date, as a service writes them, or ``clustered`` by client, instrument
    and date. Text is put together half a million rows at a time.

    Raises
    ------
    DataError
        If fewer than 2 rows are asked for.
    """
    columns = bulk_columns(scores, seed, clustered=clustered)
    clients = range(int(columns.client.max()) + 1)
    clinicians = [number // _CLIENTS_A_CLINICIAN for number in clients]
    # What hangs on the client alone is written once a client and taken from there.
    by_client = (
        pa.array([f"C-{number:07d}" for number in clients]),
        pa.array([f"C-{number:07d}-1" for number in clients]),
        pa.array([f"K-{clinician:05d}" for clinician in clinicians]),
        pa.array([f"Team {c // _CLINICIANS_A_TEAM % _TEAMS + 1:02d}" for c in clinicians]),
    )
    names = pa.array(BULK_INSTRUMENTS)
    kinds = (*[pa.string()] * 5, pa.date32(), pa.int16(), pa.int16())
    schema = pa.schema(list(zip(BULK_COLUMNS, kinds, strict=True)))
    epoch = (_FIRST_DAY - date(1970, 1, 1)).days
    options = pa_csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write((",".join(BULK_COLUMNS) + "\n").encode())
        with pa_csv.CSVWriter(file, schema, write_options=options) as writer:
            for start in range(0, scores, _CHUNK):
                part = slice(start, start + _CHUNK)
                client = pa.array(columns.client[part])
                days = columns.day[part].astype(np.int32) + epoch
                cells = [
                    *(texts.take(client) for texts in by_client),
                    names.take(pa.array(columns.instrument[part])),
                    pa.array(days).cast(pa.date32()),
                    pa.array(columns.session_no[part]),
                    pa.array(columns.total[part]),
                ]
                writer.write_table(pa.table(cells, schema=schema))


def _lengths(scores: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return numbers of scores a series that add up to *scores*, each from 2 to 40."""
    chance = _LENGTH_SHAPE / (_LENGTH_SHAPE + _LENGTH_MEAN)
    enough = scores // 7 + 50
    drawn = rng.negative_binomial(_LENGTH_SHAPE, chance, enough)
    lengths = np.minimum(_FEWEST + drawn, _MOST).astype(np.int64)
    ends = np.cumsum(lengths)
    while ends[-1] < scores:
        lengths = np.concatenate([lengths, lengths])
        ends = np.cumsum(lengths)
    kept = lengths[: int(np.searchsorted(ends, scores)) + 1].copy()
    kept[-1] -= int(kept.sum()) - scores
    if kept[-1] < _FEWEST:
        # One score cannot stand alone: it goes to the shortest series before it.
        alone = int(kept[-1])
        kept = kept[:-1]
        kept[int(np.argmin(kept))] += alone
    return kept


def _series_keys(
    series: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Return client and instrument of each series, in that order, no pair twice."""
    shares = np.array(_INSTRUMENT_SHARES)
    count = rng.choice(np.arange(1, shares.size + 1), series, p=shares)
    # Each client takes a run of so many instruments on the circle of four; then they are sorted.
    first = rng.integers(0, len(BULK_INSTRUMENTS), series)
    client = np.repeat(np.arange(series, dtype=np.int32), count)[:series]
    place = _running_number(count)[:series] - 1
    instrument = (np.repeat(first, count)[:series] + place) % len(BULK_INSTRUMENTS)
    order = np.lexsort((instrument, client))
    return client, instrument[order].astype(np.int8)


def _running_number(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """Return 1, 2, ... within each run of the given lengths."""
    ends = np.cumsum(lengths)
    starts = np.repeat((ends - lengths).astype(np.int32), lengths)
    return (np.arange(int(ends[-1]), dtype=np.int32) - starts + 1).astype(np.int16)


def _days(
    client: npt.NDArray[np.int32],
    session: npt.NDArray[np.int16],
    starts: npt.NDArray[np.int64],
) -> npt.NDArray[np.uint16]:
    """Return the day of each session: weekly from the client's start, moved by up to 3 days.

    The shift is a hash of client and session, so that the instruments of one session share it.
    """
    shift = (client.astype(np.uint32) * np.uint32(2654435761)) >> np.uint32(16)
    shift += session.astype(np.uint32) * np.uint32(40503)
    shift %= np.uint32(4)
    day = starts.astype(np.uint16)[client]
    day += (session - 1).astype(np.uint16) * np.uint16(7)
    day += shift.astype(np.uint16)
    return day


def _totals(
    instrument: npt.NDArray[np.int8],
    lengths: npt.NDArray[np.int64],
    session: npt.NDArray[np.int16],
    rng: np.random.Generator,
) -> npt.NDArray[np.int16]:
    """Return whole totals: intake, change along log weeks, error; clipped to the range."""
    library = measures(Library.load().instruments)
    given = [library[name] for name in BULK_INSTRUMENTS]
    mean = _column([measure.source.mean for measure in given])
    true_sd = _column([measure.source.true_sd for measure in given])
    error = _column([measure.sem for measure in given])
    lowest = _column([measure.minimum for measure in given])
    highest = _column([measure.maximum for measure in given])
    # A fall in total is an improvement on three of the four.
    sd = _column([m.source.sd if m.better == "lower" else -m.source.sd for m in given])

    series = instrument.size
    intake = mean[instrument] + true_sd[instrument] * rng.standard_normal(series, np.float32)
    # The change by which a series moves with ln(1 + weeks), in SDs: better on average, some worse.
    pace = (0.25 + 0.3 * rng.standard_normal(series, np.float32)) * sd[instrument]
    total = np.repeat(intake, lengths)
    total -= np.repeat(pace, lengths) * np.log(session.astype(np.float32))
    kind = np.repeat(instrument, lengths)
    total += error[kind] * rng.standard_normal(session.size, np.float32)
    clipped: npt.NDArray[np.float32] = np.clip(np.rint(total), lowest[kind], highest[kind])
    return clipped.astype(np.int16)


def _column(values: list[float]) -> npt.NDArray[np.float32]:
    return np.array(values, dtype=np.float32)
