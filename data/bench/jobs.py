"""The jobs that are measured, each in a process of its own.

``floor``   DuckDB alone reads, sorts and writes the columns that a derivation reads and writes
``derive``  the derivation of everything, from the stored scores to the derived tables
``ctas``    DuckDB alone reads a CSV into typed columns and writes them
``import``  the validated import of the same CSV
``fit``     the service's own figures, and the derivation of everything with them
``growth``  the growth model of one questionnaire alone, on so many episodes
"""

import shutil
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from analytics.expectation.growth import Refusal, fit_growth
from data.bench.measure import peak, report
from data.caseload import list_caseload
from data.derive import derive
from data.formats.text import Source
from data.generations import connect, generation_path
from data.store import Store

DERIVED = ("result", "event", "risk_answer", "caseload")
TODAY = date(2026, 1, 1)


def _warm() -> None:
    """Import what any run imports once, so that it does not count as work."""
    import pandas  # arrays leave Arrow through it
    import pyarrow.compute
    import scipy.special

    _ = (pandas, pyarrow.compute, scipy.special)


def floor(store: str, scratch: str) -> tuple[float, float]:
    """Read and sort the scores, hand them over, and write the derived columns."""
    target = Path(scratch) / "floor.duckdb"
    target.unlink(missing_ok=True)
    con = connect(target)
    number = Store.open(Path(store)).current() or 0
    con.execute(f"ATTACH '{generation_path(Path(store), number)}' AS source (READ_ONLY)")
    before, start = peak(), time.perf_counter()
    handed = con.sql(
        "SELECT series_id, administered_on, coalesce(session_no, -1) AS session_no, total "
        "FROM source.score WHERE total IS NOT NULL "
        "ORDER BY series_id, administered_on, session_no"
    ).to_arrow_table()
    for table in DERIVED:
        con.execute(f"CREATE TABLE {table} AS SELECT * FROM source.{table}")
    con.execute("CHECKPOINT")
    seconds = time.perf_counter() - start
    del handed
    con.close()
    return seconds, before


def derive_all(store: str, scratch: str) -> tuple[float, float]:
    """Derive everything anew in a copy of the current generation."""
    record = Store.open(Path(store))
    library = record.library
    path = Path(scratch) / "derive.duckdb"
    shutil.copyfile(generation_path(record.root, record.current() or 0), path)
    con = connect(path)
    for table in DERIVED:
        con.execute(f"TRUNCATE {table}")
    con.execute("CHECKPOINT")
    before, start = peak(), time.perf_counter()
    derive(con, library, only_touched=False)
    list_caseload(con, library, only_touched=False)
    con.execute("CHECKPOINT")
    seconds = time.perf_counter() - start
    con.close()
    return seconds, before


def ctas(csv: str, scratch: str) -> tuple[float, float]:
    """Let DuckDB read the CSV, typed, into a new file; bad rows would stop it."""
    path = Path(scratch) / "ctas.duckdb"
    path.unlink(missing_ok=True)
    con = duckdb.connect(str(path))
    con.execute("SET enable_progress_bar = false")
    columns = (
        "{'client_id': 'VARCHAR', 'episode_id': 'VARCHAR', 'clinician_id': 'VARCHAR', "
        "'team': 'VARCHAR', 'instrument': 'VARCHAR', 'administered_on': 'DATE', "
        "'session_no': 'INTEGER', 'total': 'DOUBLE'}"
    )
    before, start = peak(), time.perf_counter()
    con.execute(
        "CREATE TABLE log AS SELECT * FROM read_csv($csv, auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', columns = {columns})",
        {"csv": csv},
    )
    con.execute("CHECKPOINT")
    seconds = time.perf_counter() - start
    con.close()
    return seconds, before


def import_csv(csv: str, root: str) -> tuple[float, float]:
    """Import the CSV into an empty store: read, judge, account, write, derive."""
    shutil.rmtree(root, ignore_errors=True)
    store = Store.create(Path(root))
    path = Path(csv)
    before, start = peak(), time.perf_counter()
    result = store.import_file(Source(path.name, path), today=TODAY)
    seconds = time.perf_counter() - start
    if not result.counts.reconciles():
        raise RuntimeError(f"rows do not add up: {result.counts}")
    return seconds, before


def fit(store: str, _scratch: str) -> tuple[float, float]:
    """Estimate the service's own figures and derive everything with them."""
    record = Store.open(Path(store))
    before, start = peak(), time.perf_counter()
    record.fit()
    return time.perf_counter() - start, before


def growth(episodes: str, _scratch: str) -> tuple[float, float]:
    """Fit the growth model to invented episodes, none of them left out."""
    weeks, scores, offsets = growing_episodes(int(episodes))
    before, start = peak(), time.perf_counter()
    found = fit_growth(
        weeks,
        scores,
        offsets,
        instrument="phq-9",
        minimum=0,
        maximum=27,
        better="lower",
        at_most=int(episodes),
    )
    seconds = time.perf_counter() - start
    if isinstance(found, Refusal):
        raise RuntimeError(found.reason)
    return seconds, before


def growing_episodes(
    episodes: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return weekly scores of episodes of 3 to 20 scores that fall along the logarithm of time."""
    rng = np.random.default_rng(1)
    lengths = rng.integers(3, 21, episodes)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    weeks = (np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)).astype(np.float64)
    level = np.repeat(rng.normal(15, 5, episodes), lengths)
    speed = np.repeat(rng.normal(-2.5, 1.5, episodes), lengths)
    totals = level + speed * np.log1p(weeks) + rng.normal(0, 2.5, weeks.size)
    return weeks, np.clip(np.round(totals), 0, 27), offsets


JOBS = {
    "fit": fit,
    "growth": growth,
    "floor": floor,
    "derive": derive_all,
    "ctas": ctas,
    "import": import_csv,
}


def main(name: str, first: str, second: str) -> None:
    """Run one job and print its figures as JSON."""
    _warm()
    seconds, before = JOBS[name](first, second)
    sys.stdout.write(report(seconds, before) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
