"""What would the usual code cost: one call of a statistics package a series, or plain loops?

Both compute what a series of results holds at its core: change, index, least squares slope
with its interval and the Theil-Sen slope; the first also the plateau windows. Neither has
the categories, the states with their guards, or the kinds of a plateau.
"""

import math
import statistics
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.criteria import Criteria
from data.synthetic.bulk import BULK_INSTRUMENTS, BulkColumns


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
        change = y[-1] - y[0]
        found = {"n": float(len(y)), "change": change}
        criteria = known[str(rows["instrument"].iloc[0])]
        if criteria.s_diff is not None:
            found["rci"] = change / criteria.s_diff.value
        weeks = (rows["day"].to_numpy() - rows["day"].iloc[0]) / 7.0
        if len(y) > 2 and len(np.unique(weeks)) > 2:
            line = stats.linregress(weeks, y)
            half = stats.t.ppf(0.975, len(y) - 2) * line.stderr
            found |= {"slope": line.slope, "low": line.slope - half, "high": line.slope + half}
            found["theil_sen"] = stats.theilslopes(y, weeks)[0]
        rule = criteria.plateau
        for window in rule.windows:
            t, last = weeks[-window:], y[-window:]
            if len(last) < window or len(np.unique(t)) < 3:
                continue
            block = stats.linregress(t, last).slope * rule.block_weeks
            spread = rule.sigma / math.sqrt(((t - t.mean()) ** 2).sum()) * rule.block_weeks
            reach = abs(block) + stats.norm.ppf(0.95) * spread
            found["plateau"] = max(found.get("plateau", 0.0), float(reach < rule.margin))
        return pd.Series(found)

    keep = ["client", "instrument", "day", "total"]
    return log.groupby(["client", "instrument"], sort=False)[keep].apply(one)


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
