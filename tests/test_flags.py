"""Do series.csv and events.csv hold what the scores say, and do their pages explain them?"""

import csv
import math
import random
import re
import statistics
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from analytics.change import CATEGORIES
from analytics.course import ALERTS, KERNEL_VERSION
from analytics.expectation.expected import COURSE_CODES
from analytics.flags import KINDS
from analytics.level import PLATEAU_KINDS
from analytics.plateau import STATES
from data.errors import DataError
from data.flags import EVENT_COLUMNS, SERIES_COLUMNS, write_flags
from data.formats.text import Source
from data.generations import generation_path
from data.store import Store

DOCS = Path(__file__).parents[1] / "docs"
MONDAY = date(2024, 1, 1)

# The order that programs outside rely on.
AGREED_SERIES = (
    "client_id", "episode_id", "instrument", "n", "first_on", "last_on", "baseline", "latest",
    "change", "improvement", "rci", "category", "confirmed", "slope_per_week", "slope_low",
    "slope_high", "theil_sen_per_week", "state", "state_window", "block_change", "block_low",
    "block_high", "plateau_kind", "sudden_gains", "sudden_losses", "expected", "expected_limit",
    "not_on_track",
)  # fmt: skip
AGREED_EVENTS = (
    "client_id", "episode_id", "instrument", "kind", "session_no", "on", "size", "detail",
)  # fmt: skip


class Facts(NamedTuple):
    """The published figures of one questionnaire, copied from the sources in its TOML file."""

    better: int  # 1: higher, -1: lower
    sd: float
    reliability: float
    reliable_change: float
    meaningful_change: float
    case: callable
    best: float


FACTS = {
    "phq-9": Facts(-1, 5.5, 0.86, 6, 5, lambda total: total >= 10, 0),
    # No meaningful change is on record for the ORS: the reliable change stands in.
    "ors": Facts(1, 8.7, 0.93, 5, 5, lambda total: total <= 25, 40),
}


class Written(NamedTuple):
    """The rows of both files, and what the function said of them."""

    series: list[dict[str, str]]
    events: list[dict[str, str]]
    counted: object


class Series(NamedTuple):
    """One hand-made series: its first day is MONDAY, and ``days`` count from there."""

    client: str
    instrument: str
    days: tuple[int, ...]
    totals: tuple[float, ...]
    respondent: str = ""


def weekly(client, instrument, *totals, respondent=""):
    return Series(client, instrument, tuple(range(0, 7 * len(totals), 7)), totals, respondent)


SERIES = (
    weekly("A-stuck", "phq-9", 16, 15, 16, 15, 16, 15, 16, 16, 15, 16, 15, 16),
    weekly("A-stuck", "phq-9", 12, 14, respondent="partner"),
    weekly("A-stuck", "ors", 12, 14.5, 15, 17, 20, 19.5, 23, 25, 27, 30.5, 33),
    Series(
        "B-worse", "phq-9", (0, 7, 21, 35, 49, 70, 84, 98, 112), (8, 7, 9, 11, 10, 13, 12, 14, 16)
    ),
    weekly("B-worse", "ors", 30, 23),
    weekly("C-once", "phq-9", 11),
    weekly("D-met", "ors", 21, 24, 29, 31, 31, 30, 31.5, 31, 30.5, 31, 31, 30),
    weekly("E-floor", "phq-9", 12, 6, 2, 1, 2, 1, 1, 2, 1, 1, 2, 1),
    weekly("H-sudden", "phq-9", 18, 18, 17, 9, 9, 8, 9, 14, 13),
    weekly("F-early", "phq-9", 20, 13, 15, 13, 14),
    Series("G-days", "phq-9", (0, 0, 7), (14, 13, 7)),
    weekly("=HYPERLINK(1)", "phq-9", 20, 13, 20),
    weekly("-7", "phq-9", 9, 2),
)


def rows_of(series):
    """Return the rows of the log, one a score."""
    return [
        (s.client, s.instrument, str(MONDAY + timedelta(days=day)), number, total, s.respondent)
        for s in series
        for number, (day, total) in enumerate(zip(s.days, s.totals, strict=True), 1)
    ]


def as_log(rows):
    header = "client_id,instrument,administered_on,session_no,total,respondent\n"
    return header + "".join(",".join(map(str, row)) + "\n" for row in rows)


def import_log(root, rows, name="log.csv"):
    store = Store.create(root)
    log = root.with_name(f"{root.name}-{name}")
    log.write_text(as_log(rows), encoding="utf-8")
    report = store.import_file(Source(log.name, log), today=date(2025, 1, 1))
    assert report.counts.accepted == len(rows)
    return store


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Import the hand-made series, in an order that nobody sorted."""
    rows = rows_of(SERIES)
    random.Random(4).shuffle(rows)
    return import_log(tmp_path_factory.mktemp("flags") / "store", rows)


@pytest.fixture(scope="module")
def written(record, tmp_path_factory):
    """Write both files once, and read them back."""
    folder = tmp_path_factory.mktemp("written")
    counted = write_flags(record, folder / "series.csv", folder / "events.csv")
    return Written(read(folder / "series.csv"), read(folder / "events.csv"), counted)


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plain(client):
    """Return a client id as it was before it was made harmless for spreadsheets."""
    return client.removeprefix("'")


def row_of(written, series):
    (row,) = [
        row
        for row in written.series
        if (plain(row["client_id"]), row["instrument"], row["respondent"])
        == (series.client, series.instrument, series.respondent)
    ]
    return row


# The same numbers from scipy and a plain loop -----------------------------------------------


def expected(series):
    """Return the columns of one series, computed score by score."""
    from scipy import stats

    facts = FACTS[series.instrument]
    y = [float(total) for total in series.totals]
    t = [day / 7 for day in series.days]
    n = len(y)
    sem = facts.sd * math.sqrt(1 - facts.reliability)
    out = {
        "n": n,
        "first_on": str(MONDAY),
        "last_on": str(MONDAY + timedelta(days=series.days[-1])),
        "baseline": y[0],
        "latest": y[-1],
        "category": "not_assessable",
        "confirmed": "false",
    }
    if n > 1:
        gains = [facts.better * (value - y[0]) for value in y]
        out["change"], out["improvement"] = y[-1] - y[0], gains[-1]
        out["rci"] = gains[-1] / (math.sqrt(2) * sem)
        signs = [(g >= facts.reliable_change) - (g <= -facts.reliable_change) for g in gains]
        before, after = facts.case(y[0]), facts.case(y[-1])
        out["category"] = {
            1: "recovered" if before and not after else "improved",
            0: "unchanged",
            -1: "harmed" if after and not before else "deteriorated",
        }[signs[-1]]
        out["confirmed"] = "true" if signs[-1] and signs[-2] == signs[-1] else "false"
        if signs[-1]:
            since = max((k for k in range(n) if signs[k] != signs[-1]), default=-1) + 1
            out["category_since"] = str(MONDAY + timedelta(days=series.days[since]))
        fit = stats.linregress(t, y)
        out["slope_per_week"] = fit.slope
        out["theil_sen_per_week"] = stats.theilslopes(y, t).slope
        if n > 2:
            half = stats.t.ppf(0.975, n - 2) * fit.stderr
            out["slope_low"], out["slope_high"] = fit.slope - half, fit.slope + half
    out |= state_of(t, y, facts, sem)
    if n > 3:
        ways = [way for _, way in sudden_of(y, facts)]
        out["sudden_gains"], out["sudden_losses"] = ways.count(1), ways.count(-1)
    return out


def sudden_of(y, facts):
    """Return the sudden gains and losses of scores of sessions 1, 2, 3 ..., by their place."""
    n, jumps = len(y), []
    for k in range(2, n - 1):  # from the k-th session to the next
        before, after = y[max(0, k - 3) : k], y[k : k + 3]
        gained = facts.better * (y[k] - y[k - 1])
        pooled = sum((v - sum(before) / len(before)) ** 2 for v in before)
        pooled += sum((v - sum(after) / len(after)) ** 2 for v in after)
        freedom = len(before) + len(after) - 2
        critical = {4: 2.7764451, 3: 3.1824463, 2: 4.3026527}[freedom]
        apart = facts.better * (sum(after) / len(after) - sum(before) / len(before))
        for way in (1, -1):
            large = way * gained >= facts.reliable_change and way * gained >= 0.25 * y[k - 1]
            if large and way * apart > critical * math.sqrt(pooled / freedom):
                jumps.append((k, way))
    return jumps


def state_of(t, y, facts, sem):
    """Return state, window, numbers and kind: the four-state rule, window by window."""
    n = len(y)
    windows = [w for w in (8, 9, 10) if w <= n] or [n]
    gaps = [b - a for a, b in zip(t[-windows[-1] :], t[-windows[-1] + 1 :], strict=False)]
    gap = statistics.median(gaps) if gaps else 0.0
    block = max(7.0, min(7 * gap, 14.0))
    passed, tested = [], []
    for w in windows:
        x, z = t[-w:], y[-w:]
        mean = sum(x) / w
        sxx = sum((value - mean) ** 2 for value in x)
        if sxx == 0 or (n >= 8 and x[-1] - x[0] > 2 * w * max(gap, 1.0)):
            continue
        slope = sum((a - mean) * b for a, b in zip(x, z, strict=True)) / sxx
        half = statistics.NormalDist().inv_cdf(0.95) * block * 1.2 * sem / math.sqrt(sxx)
        found = (w, slope * block, slope * block - half, slope * block + half)
        tested.append(found)
        inside = -facts.meaningful_change < found[2] and found[3] < facts.meaningful_change
        if inside and -facts.better * slope * (x[-1] - x[0]) <= sem:
            passed.append(found)
    if not tested:
        return {"state": "too_early" if n < 8 else "undetermined"}
    _, _, low, high = tested[-1]
    worse = high < 0 if facts.better > 0 else low > 0
    better = low > 0 if facts.better > 0 else high < 0
    shown = tested[-1]
    if n < 8:
        state = "too_early"
    elif worse:
        state = "worsening"
    elif passed:
        state, shown = "plateau", passed[-1]
    else:
        state = "improving" if better else "undetermined"
    out = dict(zip(("state_window", "block_change", "block_low", "block_high"), shown, strict=True))
    out["state"] = state
    if state == "plateau":
        level = sum(y[-3:]) / 3
        near = abs(level - facts.best) <= facts.reliable_change
        out["plateau_kind"] = "stuck" if facts.case(level) else "at_floor" if near else "maintained"
    return out


@pytest.mark.parametrize("series", SERIES, ids=lambda s: f"{s.client} {s.instrument}")
def test_each_column_is_what_scipy_and_a_plain_loop_say(written, series):
    row, right = row_of(written, series), expected(series)
    for column in (*AGREED_SERIES[3:], "category_since"):
        value = right.get(column)
        if value is None:
            assert row[column] == "", column
        elif isinstance(value, float):
            # Two orders of summation differ in the last digits of a double.
            assert float(row[column]) == pytest.approx(value, rel=1e-9, abs=1e-12), column
        else:
            assert row[column] == str(value), column


def test_the_hand_made_series_reach_the_states_kinds_and_categories(written):
    """The comparison above says little of a word that never occurs."""
    assert {row["state"] for row in written.series} >= {
        "improving", "worsening", "plateau", "too_early",
    }  # fmt: skip
    assert {row["plateau_kind"] for row in written.series} == {"", *PLATEAU_KINDS}
    assert {row["category"] for row in written.series} == set(CATEGORIES) - {"deteriorated"}
    assert {row["confirmed"] for row in written.series} == {"true", "false"}


def test_a_sudden_gain_is_an_event_with_its_size_and_what_became_of_it(written):
    right = []
    for s in SERIES:
        for place, way in sudden_of([float(y) for y in s.totals], FACTS[s.instrument]):
            day = str(MONDAY + timedelta(days=s.days[place]))
            size = s.totals[place] - s.totals[place - 1]
            kind = "sudden_gain" if way > 0 else "sudden_loss"
            right.append((s.client, s.instrument, kind, str(place + 1), day, float(size)))
    found = [
        (plain(r["client_id"]), r["instrument"], r["kind"], r["session_no"], r["on"],
         float(r["size"]))
        for r in written.events
        if r["kind"].startswith("sudden")
    ]  # fmt: skip
    assert sorted(found) == sorted(right)
    (event,) = [
        r for r in written.events if r["client_id"] == "H-sudden" and r["kind"] == "sudden_gain"
    ]
    assert event["detail"] == f"given back by half on {MONDAY + timedelta(days=49)}"


def test_the_first_reliable_changes_are_events(written):
    right = []
    for s in SERIES:
        facts = FACTS[s.instrument]
        for kind, sign in (("reliable_improvement", 1), ("reliable_deterioration", -1)):
            for number, total in enumerate(s.totals, 1):
                size = total - s.totals[0]
                if sign * facts.better * size >= facts.reliable_change:
                    on = str(MONDAY + timedelta(days=s.days[number - 1]))
                    right.append((s.client, s.instrument, kind, str(number), on, float(size)))
                    break
    found = [
        (plain(e["client_id"]), e["instrument"], e["kind"], e["session_no"], e["on"],
         float(e["size"]))
        for e in written.events
        if e["kind"].startswith("reliable")
    ]  # fmt: skip
    assert sorted(found) == sorted(right)
    assert len(right) > 5


def test_a_positive_answer_to_a_risk_item_is_an_event(store, import_text, tmp_path):
    header = "client_id,instrument,administered_on,total," + ",".join(
        f"item_{item}" for item in range(1, 10)
    )
    log = f"{header}\nA,phq-9,2024-01-01,3,1,1,0,0,0,0,0,0,1\nA,phq-9,2024-01-08,1,1,0,0,0,0,0,0,0,0\n"
    import_text(log)
    write_flags(store, tmp_path / "series.csv", tmp_path / "events.csv")
    (event,) = read(tmp_path / "events.csv")
    assert (event["kind"], event["on"], event["size"], event["detail"]) == (
        "risk_answer", "2024-01-01", "1.0", "answer to item 9",
    )  # fmt: skip
    assert event["session_no"] == ""


# Form ---------------------------------------------------------------------------------------


def test_the_columns_begin_with_the_agreed_ones_in_the_agreed_order():
    assert SERIES_COLUMNS[: len(AGREED_SERIES)] == AGREED_SERIES
    assert EVENT_COLUMNS[: len(AGREED_EVENTS)] == AGREED_EVENTS


def test_there_is_one_row_a_series_in_the_order_of_its_names(written):
    keys = [
        (plain(r["client_id"]), r["episode_id"], r["instrument"], r["respondent"])
        for r in written.series
    ]
    assert len(keys) == len(set(keys)) == len(SERIES)
    assert keys == sorted(keys)
    assert (written.counted.series, written.counted.events) == (len(SERIES), len(written.events))


def test_every_row_names_the_rules_the_facts_the_formulas_and_the_data_behind_it(written, record):
    facts = record.library.instruments
    for row in (*written.series, *written.events):
        assert row["rules"] == f"{record.library.rules.id} {record.library.rules.version}"
        assert row["kernel"] == KERNEL_VERSION
        assert row["generation"] == str(record.current())
        assert row["instrument_version"] == facts[row["instrument"]].version


def test_a_second_run_writes_the_same_bytes(record, tmp_path):
    for name in ("first", "second"):
        write_flags(record, tmp_path / f"{name}.csv", tmp_path / f"{name}-events.csv")
    assert (tmp_path / "first.csv").read_bytes() == (tmp_path / "second.csv").read_bytes()
    assert (tmp_path / "first-events.csv").read_bytes() == (
        tmp_path / "second-events.csv"
    ).read_bytes()


def test_the_order_of_the_rows_in_the_log_does_not_matter(record, tmp_path):
    other = import_log(tmp_path / "other", rows_of(reversed(SERIES)))
    for name, store in (("a", record), ("b", other)):
        write_flags(store, tmp_path / f"{name}.csv", tmp_path / f"{name}-events.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a-events.csv").read_bytes() == (tmp_path / "b-events.csv").read_bytes()


def test_the_order_of_rows_holds_when_earlier_names_come_with_a_later_import(tmp_path):
    store = import_log(tmp_path / "store", rows_of(SERIES[5:]))
    import_log(store.root, rows_of(SERIES[:5]), name="later.csv")
    write_flags(store, tmp_path / "series.csv", tmp_path / "events.csv")
    for name in ("series.csv", "events.csv"):
        keys = [
            (plain(r["client_id"]), r["instrument"], r["respondent"], r.get("on", ""))
            for r in read(tmp_path / name)
        ]
        assert keys == sorted(keys)
        assert len(keys) > 6


@pytest.mark.parametrize("days", [0, 7, 49, 62, 77, 400])
def test_as_of_a_day_is_what_importing_only_the_rows_up_to_it_gives(record, tmp_path, days):
    day = MONDAY + timedelta(days=days)
    until = import_log(tmp_path / "until", [r for r in rows_of(SERIES) if r[2] <= str(day)])
    write_flags(record, tmp_path / "a.csv", tmp_path / "a-events.csv", as_of=day)
    write_flags(until, tmp_path / "b.csv", tmp_path / "b-events.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a-events.csv").read_bytes() == (tmp_path / "b-events.csv").read_bytes()


def test_as_of_a_day_before_all_scores_there_is_no_row_and_the_store_is_untouched(
    record, tmp_path, written
):
    counted = write_flags(record, tmp_path / "a.csv", as_of=date(2023, 12, 31))
    assert counted.series == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == ",".join(SERIES_COLUMNS) + "\n"
    write_flags(record, tmp_path / "b.csv")
    assert read(tmp_path / "b.csv") == written.series


def test_numbers_are_bare_and_text_is_no_formula_to_a_spreadsheet(record, tmp_path):
    write_flags(record, tmp_path / "series.csv", tmp_path / "events.csv")
    text = (tmp_path / "series.csv").read_text(encoding="utf-8")
    # A change of minus seven points stays a number; a client called -7 stays a text.
    assert ",30.0,23.0,-7.0,-7.0," in text
    assert "\n'-7,'-7,phq-9,2,2024-01-01,2024-01-08,9.0,2.0,-7.0,7.0," in text
    assert "\n'=HYPERLINK(1),'=HYPERLINK(1),phq-9," in text
    assert not re.search(r"(^|,)[=+@]", text, flags=re.MULTILINE)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "−"])
def test_each_way_to_begin_a_formula_is_made_harmless(start, tmp_path):
    client = f"{start}1+1"
    store = import_log(tmp_path / "store", [(client, "phq-9", "2024-01-01", 1, 9, "")])
    write_flags(store, tmp_path / "series.csv")
    (row,) = read(tmp_path / "series.csv")
    assert row["client_id"] == "'" + client


# What goes wrong ----------------------------------------------------------------------------


def test_an_empty_store_has_no_flags_and_says_so(store, tmp_path):
    with pytest.raises(DataError, match="The store is empty: import a log first"):
        write_flags(store, tmp_path / "series.csv")
    assert not (tmp_path / "series.csv").exists()


def test_results_of_other_facts_than_those_in_use_are_not_written(record, tmp_path):
    """The row would name the version of facts that did not make it."""
    store = import_log(tmp_path / "store", rows_of(SERIES))
    own = store.root / "library" / "instruments"
    own.mkdir(parents=True)
    (own / "mood.toml").write_text(
        'id = "mood"\nversion = "1"\nname = "Mood"\nbetter = "lower"\nminimum = 0\nmaximum = 9\n'
        "step = 1\n",
        encoding="utf-8",
    )
    again = Store.open(store.root)
    for as_of in (None, MONDAY):
        with pytest.raises(DataError, match=r"made by other rules .* `milepost rebuild"):
            write_flags(again, tmp_path / "series.csv", as_of=as_of)
    assert not (tmp_path / "series.csv").exists()
    again.rebuild()
    assert write_flags(again, tmp_path / "series.csv").series == len(SERIES)


def test_a_lost_generation_is_told_and_nothing_is_written(tmp_path):
    store = import_log(tmp_path / "store", rows_of(SERIES))
    generation_path(store.root, 1).unlink()
    with pytest.raises(DataError, match="Generation 1 of the store cannot be opened"):
        write_flags(Store.open(store.root), tmp_path / "series.csv")
    assert not (tmp_path / "series.csv").exists()


def test_a_file_that_cannot_be_finished_leaves_the_one_before(record, tmp_path, monkeypatch):
    target = tmp_path / "series.csv"
    target.write_text("the file of yesterday\n", encoding="utf-8")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DataError, match=r"series\.csv cannot be written \(No space left"):
        write_flags(record, target)
    assert target.read_text(encoding="utf-8") == "the file of yesterday\n"
    assert [path.name for path in tmp_path.iterdir()] == ["series.csv"]


# Pages --------------------------------------------------------------------------------------


def table_below(heading):
    """Return the rows of the table below a heading of docs/outputs.md, without the first two."""
    text = (DOCS / "outputs.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    lines = [line for line in text.split("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("file", "columns"), [("series.csv", SERIES_COLUMNS), ("events.csv", EVENT_COLUMNS)]
)
def test_each_column_is_explained_with_its_unit_and_what_an_empty_cell_means(file, columns):
    rows = table_below(file)
    assert [row[0] for row in rows] == [f"`{column}`" for column in columns]
    assert all(len(row) == 4 and all(row) for row in rows)


def test_the_page_of_outputs_names_every_word():
    text = (DOCS / "outputs.md").read_text(encoding="utf-8")
    words = (*CATEGORIES, *STATES, *PLATEAU_KINDS, *COURSE_CODES, *ALERTS, *KINDS)
    kinds = ("reliable_improvement", "reliable_deterioration", "risk_answer", "sudden_gain")
    assert [word for word in (*words, *kinds) if f"`{word}`" not in text] == []


def test_the_glossary_explains_the_words_of_the_results_and_of_the_record():
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(
        r"^\*\*(.+?)\*\*\n: (.+?)(?=\n\n|\Z)", text, flags=re.MULTILINE | re.DOTALL
    )
    terms = [term for term, _ in entries]
    assert terms == sorted(terms, key=str.casefold)
    assert all(explained.rstrip().endswith(".") for _, explained in entries)
    named = {word for term in terms for word in re.split(r", ", term)}
    needed = {word.replace("_", " ") for word in (*CATEGORIES, *STATES, *PLATEAU_KINDS)}
    needed |= {word.replace("_", " ") for word in (*KINDS, *COURSE_CODES)}
    needed |= {"alert", "below", "dropped"}  # the other words of ALERTS say what they mean
    needed |= {
        "client", "episode", "session", "series", "baseline", "latest", "change", "improvement",
        "reliable change", "cutoff", "caseness", "generation", "ledger", "quarantine", "duplicate",
        "conflict", "rule profile", "meaningful change", "standard error of measurement", "SEM",
        "MIC", "confirmed", "risk item", "sudden gain", "expected course", "shrunken slope",
        "Theil-Sen slope", "Mann-Kendall test", "severity-adjusted effect size",
        "Wilson interval", "Kaplan-Meier curve", "funnel limits", "own figures",
        "false alarm rate", "phase", "NAP", "Tau", "aim line", "goal attainment scaling",
        "reliable recovery", "remission", "response",
    }  # fmt: skip
    assert needed - named == set()
