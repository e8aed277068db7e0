"""What would the usual code cost: one call of a statistics package a series, or plain loops?

The first does nearly the whole job of the kernels: change, index, category, slopes and the
windows of the plateau, without its guards. The loops do its core only: change, index, least
squares slope and Theil-Sen slope.
"""

import math
import statistics
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.criteria import Criteria
from data.synthetic.bulk import BULK_INSTRUMENTS, BulkColumns

FloatArray = npt.NDArray[np.float64]


def frame(columns: BulkColumns) -> pd.DataFrame:
    """Return the bulk scores as the usual data frame."""
    return pd.DataFrame(
        {
            "client": columns.client,
            "instrument": np.asarray(BULK_INSTRUMENTS)[columns.instrument],
            "day": columns.day.astype(np.int64),
            "total": columns.total.astype(np.float64),
        }
    )


def with_groupby_apply(log: pd.DataFrame, known: dict[str, Criteria]) -> pd.DataFrame | pd.Series:
    """Derive with ``groupby.apply`` and ``scipy.stats``, as most scripts do."""
    from scipy import stats

    def one(rows: pd.DataFrame) -> pd.Series:
        rows = rows.sort_values("day")
        y = rows["total"].to_numpy()
        weeks = (rows["day"].to_numpy() - rows["day"].iloc[0]) / 7.0
        criteria = known[str(rows["instrument"].iloc[0])]
        found: dict[str, object] = {
            "n": len(y),
            "first": rows["day"].iloc[0],
            "level": y[-3:].mean(),
        }
        found |= _change(y, criteria)
        distinct = len(np.unique(weeks))
        if distinct > 2:
            line = stats.linregress(weeks, y)
            half = stats.t.ppf(0.975, len(y) - 2) * line.stderr
            found |= {"slope": line.slope, "low": line.slope - half, "high": line.slope + half}
            found["theil_sen"] = stats.theilslopes(y, weeks)[0]
        found["state"] = "too_early"
        rule = criteria.plateau
        if len(y) >= rule.windows[0]:
            gap = float(np.median(np.diff(weeks[-rule.windows[-1] :])))
            block = max(rule.block_weeks, min(rule.block_weeks * gap, 14.0))
            plateau = better = worse = False
            for window in rule.windows:
                t, last = weeks[-window:], y[-window:]
                if len(last) < window or t[-1] == t[0]:
                    continue
                if t[-1] - t[0] > rule.span * window * max(gap, rule.gap_weeks):
                    continue
                change = stats.linregress(t, last).slope * block
                reach = stats.norm.ppf(0.95) * rule.sigma / np.sqrt(((t - t.mean()) ** 2).sum())
                low, high = change - reach * block, change + reach * block
                plateau |= abs(low) < rule.margin and abs(high) < rule.margin
                down, up = high < 0, low > 0
                better, worse = (down, up) if criteria.better == "lower" else (up, down)
                found |= {"block_change": change, "block_low": low, "block_high": high}
            found["state"] = (
                "worsening" if worse else "plateau" if plateau else "improving" if better
                else "undetermined"
            )  # fmt: skip
        return pd.Series(found)

    keep = ["client", "instrument", "day", "total"]
    return log.groupby(["client", "instrument"], sort=False)[keep].apply(one)


def _change(y: FloatArray, criteria: Criteria) -> dict[str, object]:
    """Return the index, the category and when it was first seen, one client at a time."""
    sign = 1.0 if criteria.better == "higher" else -1.0
    gained = sign * (y - y[0])
    found: dict[str, object] = {"change": y[-1] - y[0], "improvement": gained[-1]}
    if criteria.s_diff is not None:
        found["rci"] = gained[-1] / criteria.s_diff.value
    if criteria.reliable_change is None or len(y) < 2:
        return found | {"category": "not_assessable"}
    limit = criteria.reliable_change.value
    better, worse = gained >= limit, gained <= -limit
    case = [criteria.cutoff is not None and sign * (v - criteria.cutoff.value) <= 0 for v in y]
    found["category"] = (
        ("recovered" if case[0] and not case[-1] else "improved") if better[-1]
        else ("harmed" if case[-1] and not case[0] else "deteriorated") if worse[-1]
        else "unchanged"
    )  # fmt: skip
    found["confirmed"] = bool((better[-1] and better[-2]) or (worse[-1] and worse[-2]))
    found["first_improved"] = int(better.argmax()) if better.any() else -1
    found["first_deteriorated"] = int(worse.argmax()) if worse.any() else -1
    return found


def with_plain_loops(columns: BulkColumns, known: list[Criteria]) -> list[tuple[float, ...]]:
    """Derive with loops over lists and no package, as a careful person might."""
    key = columns.client.astype(np.int64) * 16 + columns.instrument
    order = np.lexsort((columns.day, key))
    edges = np.flatnonzero(np.diff(key[order], prepend=-1, append=-1)).tolist()
    days, totals = columns.day[order].tolist(), columns.total[order].tolist()
    kinds = columns.instrument[order].tolist()
    results: list[tuple[float, ...]] = []
    for start, end in pairwise(edges):
        y = totals[start:end]
        x = [(day - days[start]) / 7.0 for day in days[start:end]]
        n = len(y)
        criteria = known[kinds[start]]
        change = y[-1] - y[0]
        rci = change / criteria.s_diff.value if criteria.s_diff is not None else math.nan
        mean_x, mean_y = sum(x) / n, sum(y) / n
        sxx = sum((a - mean_x) ** 2 for a in x)
        slope = error = theil_sen = math.nan
        if sxx > 0 and n > 2:
            slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sxx
            rest = sum((b - mean_y - slope * (a - mean_x)) ** 2 for a, b in zip(x, y, strict=True))
            error = math.sqrt(rest / (n - 2) / sxx)
            slopes = [
                (y[j] - y[i]) / (x[j] - x[i])
                for i in range(n)
                for j in range(i + 1, n)
                if x[j] != x[i]
            ]
            theil_sen = statistics.median(slopes)
        results.append((float(n), change, rci, slope, error, theil_sen))
    return results
