"""Which figures does the benchmark report, and how do they compare?"""

import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from analytics.course import course
from data.bench.measure import in_own_process, timed
from data.bench.naive import frame, with_groupby_apply, with_plain_loops
from data.bench.shares import ALL, method_shares
from data.derive import derive
from data.formats.text import Source
from data.generations import generation_path
from data.library import Library
from data.records import CaseloadQuery
from data.scope import Scope
from data.store import Store
from data.synthetic.bulk import BULK_INSTRUMENTS, bulk_columns, write_bulk_log
from data.verification import verify

Tell = Callable[[str], None]
TODAY = date(2026, 1, 1)
APPENDED = 1_000
GROWING = 20_000
_USUAL = 100_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report: what was measured, and the bound it is held to, if any."""

    what: str
    value: float
    unit: str
    bound: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the bound holds; ``None`` where there is none."""
        if self.bound is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass(slots=True)
class Suite:
    """The measurements of one run, in order."""

    scores: int
    folder: Path
    runs: int
    tell: Tell
    figures: list[Figure] = field(default_factory=list)

    def run(self) -> None:
        """Measure everything; ratios are between runs of this one process tree."""
        csv = self.folder / f"bulk-{self.scores}.csv"
        if not csv.exists():
            self.tell(f"writing {self.scores:,} synthetic scores")
            write_bulk_log(csv, scores=self.scores)
        self._import(csv)
        root = self.folder / "import"
        self._fit(root)
        self._derive(root)
        self._shares(root)
        self._queries(root)
        self._append(root)
        self._usual_code()

    def _add(
        self, what: str, value: float, unit: str, bound: float | None = None, *, least: bool = False
    ) -> None:
        self.figures.append(Figure(what, value, unit, bound, least))
        self.tell(f"{what}: {value:,.3g} {unit}")

    def _interleaved(
        self, jobs: dict[str, tuple[str, str]]
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Run the jobs in turns and return median seconds and the largest memory of each."""
        seconds: dict[str, list[float]] = {name: [] for name in jobs}
        memory: dict[str, float] = dict.fromkeys(jobs, 0.0)
        for turn in range(self.runs):
            for name, arguments in jobs.items():
                self.tell(f"{name}, run {turn + 1} of {self.runs}")
                found = in_own_process(name, *arguments)
                seconds[name] += found.seconds
                memory[name] = max(memory[name], found.megabytes)
        return {n: statistics.median(s) for n, s in seconds.items()}, memory

    def _import(self, csv: Path) -> None:
        scratch = str(self.folder)
        seconds, memory = self._interleaved(
            {"ctas": (str(csv), scratch), "import": (str(csv), f"{scratch}/import")}
        )
        self._add("typed CREATE TABLE AS of the CSV", seconds["ctas"], "s")
        self._add("validated import of the CSV, results derived", seconds["import"], "s")
        self._add("import over CREATE TABLE AS", seconds["import"] / seconds["ctas"], "x", 8)
        self._add("memory of the import", memory["import"], "MB")

    def _derive(self, root: Path) -> None:
        scratch = str(self.folder)
        seconds, memory = self._interleaved(
            {"floor": (str(root), scratch), "derive": (str(root), scratch)}
        )
        self._add("floor: read, sort and write the same columns", seconds["floor"], "s")
        self._add("derive everything", seconds["derive"], "s")
        self._add("derivation over the floor", seconds["derive"] / seconds["floor"], "x", 6)
        per_million = memory["derive"] / (self.scores / 1e6)
        self._add("memory of the derivation a million scores", per_million, "MB", 120)

    def _fit(self, root: Path) -> None:
        """Fit the service's own figures, so that everything is derived with all its parts."""
        self.tell("fitting the service's own figures")
        found = in_own_process("fit", str(root), str(self.folder))
        self._add("fit of the service's own figures, everything derived", found.median, "s")
        self.tell(f"fitting the growth model to {GROWING:,} episodes")
        found = in_own_process("growth", str(GROWING), str(self.folder))
        self._add(f"growth model of {GROWING:,} episodes, none left out", found.median, "s", 60)

    def _shares(self, root: Path) -> None:
        self.tell("timing each method by itself")
        seconds = method_shares(Store.open(root))
        whole = seconds.pop(ALL)
        self._add("all formulas, arrays to results", whole, "s")
        for name, part in sorted(seconds.items(), key=lambda item: -item[1]):
            self._add(f"of this, {name}", 100 * part / whole, "%")
        self._add("of this, the rest", 100 * (1 - sum(seconds.values()) / whole), "%")

    def _queries(self, root: Path) -> None:
        store = Store.open(root)
        reader = store.reader(Scope.everyone("bench"))
        page = reader.caseload(CaseloadQuery())
        clinicians, _ = reader.choices()
        rng = np.random.default_rng(1)
        picked = [str(c) for c in rng.choice(np.array(clinicians), size=20)]
        clients = [row.client_id for row in page.rows][:20]

        firsts: list[float] = []

        def middle(ask: Callable[[str], object], values: list[str]) -> float:
            first: list[float] = []
            times: list[float] = []
            for value in values:
                for visits in (first, times):
                    start = time.perf_counter()
                    ask(value)
                    visits.append(time.perf_counter() - start)
            firsts.append(statistics.median(first) * 1000)
            return statistics.median(times) * 1000

        self._add(
            "caseload of a clinician, seen before",
            middle(lambda c: reader.caseload(CaseloadQuery(clinician_id=c)), picked),
            "ms",
            10,
        )
        self._add("the same, first visit", firsts[-1], "ms")
        self._add(
            "caseload of the whole service, first page",
            middle(lambda _: reader.caseload(CaseloadQuery()), clients),
            "ms",
        )
        self._add("one client's page, seen before", middle(reader.client, clients), "ms", 10)
        self._add("the same, first visit", firsts[-1], "ms")

    def _append(self, root: Path) -> None:
        """Append scores to a copy of the store, several times, and compare with a full derivation."""
        copy = self.folder / "append"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(root, copy)
        store = Store.open(copy)
        series = self._some_series(store)
        whole = []
        for turn in range(self.runs + 1):  # the first one warms up and does not count
            path = self.folder / "append.csv"
            day = TODAY - timedelta(days=20 - turn)
            lines = [f"{c},{e},{i},{day},{900 + turn},{t:g}" for c, e, i, t in series]
            path.write_text(
                "client_id,episode_id,instrument,administered_on,session_no,total\n"
                + "\n".join(lines)
                + "\n",
                encoding="utf-8",
            )
            start = time.perf_counter()
            store.import_file(Source("append.csv", path), today=TODAY)
            if turn:
                whole.append(time.perf_counter() - start)
        self._add(
            f"import of {APPENDED:,} more scores, everything, copy included",
            statistics.median(whole) * 1000,
            "ms",
        )
        self._add(
            f"append {APPENDED:,} scores and derive again, in the copy",
            self._inside(store) * 1000,
            "ms",
            100,
        )
        differing = [c for c in verify(store) if c.wrong]
        self._add("differences to a full derivation", float(len(differing)), "", 0)

    def _some_series(self, store: Store) -> list[tuple[str, str, str, float]]:
        parent = store.parent(store.current())
        if parent is None:
            raise RuntimeError("the benchmark's store is empty")
        with parent.cursor() as con:
            return con.execute(
                "SELECT e.client_id, e.episode_id, r.instrument, r.latest FROM result r "
                "JOIN episode e ON e.episode_key = r.episode_key "
                "ORDER BY hash(r.series_id) LIMIT ?",
                [APPENDED],
            ).fetchall()

    def _inside(self, store: Store) -> float:
        """Time appending and deriving alone, in an open copy of the generation."""
        from data.caseload import list_caseload
        from data.generations import connect

        path = self.folder / "inside.duckdb"
        shutil.copyfile(generation_path(store.root, store.current() or 0), path)
        con = connect(path)
        times = []
        for turn in range(self.runs + 1):
            con.execute(
                "CREATE OR REPLACE TEMP TABLE touched AS SELECT series_id FROM series "
                "ORDER BY hash(series_id) LIMIT ?",
                [APPENDED],
            )
            start = time.perf_counter()
            con.execute(
                "INSERT INTO score SELECT series_id, ?, ?, 5, NULL, 0, 0 FROM touched ORDER BY 1",
                [TODAY - timedelta(days=10 - turn), 950 + turn],
            )
            derive(con, store.library, only_touched=True)
            list_caseload(con, store.library, only_touched=True)
            times.append(time.perf_counter() - start)
        con.close()
        return statistics.median(times[1:])

    def _usual_code(self) -> None:
        """Compare with the usual code at 100,000 scores, all in this process."""
        csv, root = self.folder / "usual.csv", self.folder / "usual"
        write_bulk_log(csv, scores=_USUAL)
        shutil.rmtree(root, ignore_errors=True)
        Store.create(root).import_file(Source("usual.csv", csv), today=TODAY)
        self.tell(f"the derivation at {_USUAL:,} scores")
        runs = [in_own_process("derive", str(root), str(self.folder)) for _ in range(5)]
        ours = statistics.median(run.median for run in runs)

        columns = bulk_columns(_USUAL)
        library = Library.load()
        known = {i.id: library.judging(i.id) for i in library.instruments.values()}
        order = [known[name] for name in BULK_INSTRUMENTS]
        key = columns.client.astype(np.int64) * 16 + columns.instrument
        edges = np.flatnonzero(np.diff(key, prepend=-1, append=-1))
        days = columns.day.astype(np.float64)
        weeks = (days - days[edges[:-1]].repeat(np.diff(edges))) / 7
        which = columns.instrument[edges[:-1]].astype(np.int64)
        totals = columns.total.astype(np.float64)
        kernels = timed(
            lambda: course(weeks, totals, edges, criteria=order, which=which), runs=7
        ).median
        self.tell(f"plain loops at {_USUAL:,} scores")
        loops = timed(lambda: with_plain_loops(columns, order), runs=3).median
        self.tell(f"groupby.apply with scipy.stats at {_USUAL:,} scores")
        log = frame(columns)
        usual = timed(lambda: with_groupby_apply(log, known), runs=1).median
        self._add(f"derive everything at {_USUAL:,} scores, store to table", ours * 1000, "ms")
        self._add("groupby.apply with scipy.stats, in memory, nearly the same job", usual, "s")
        self._add("times faster than groupby.apply", usual / ours, "x", 200, least=True)
        self._add(f"the kernels alone at {_USUAL:,} scores, in memory", kernels * 1000, "ms")
        self._add("times faster than groupby.apply, both in memory", usual / kernels, "x")
        self._add("plain Python loops, in memory, slopes and change only", loops, "s")
        self._add("times faster than plain loops", loops / ours, "x")
        self._add("times faster than plain loops, both in memory", loops / kernels, "x")
