"""Which closed episodes are there, with every score of one questionnaire?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.series import FloatArray, IntArray
from data.scope import Columns, Fetch

_NEVER: IntArray = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ClosedEpisodes:
    """Episodes that have ended, with the totals of one questionnaire in order of time.

    ``clients`` and ``clinicians`` have one entry an episode; a clinician who is not known is
    an empty text. ``days`` (since 1 January 1970) and ``scores`` are flat, ``offsets`` says where
    each episode begins in them, and their length at the end. Only the questionnaire's usual
    respondent counts, and an episode without a total is not there.
    """

    instrument: str
    clients: tuple[str, ...]
    clinicians: tuple[str, ...]
    days: IntArray
    scores: FloatArray
    offsets: IntArray

    @property
    def size(self) -> int:
        """Return the number of episodes."""
        return len(self.clients)

    @property
    def weeks(self) -> FloatArray:
        """Return the weeks since the first score of each episode."""
        first = np.repeat(self.days[self.offsets[:-1]], np.diff(self.offsets))
        return np.asarray((self.days - first) / 7.0)

    def only(self, chosen: npt.ArrayLike) -> "ClosedEpisodes":
        """Return the episodes at some places, in the order given."""
        places = np.asarray(chosen, dtype=np.int64)
        starts, lengths = self.offsets[:-1][places], np.diff(self.offsets)[places]
        offsets = np.append(0, np.cumsum(lengths)).astype(np.int64)
        rows = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return ClosedEpisodes(
            self.instrument,
            tuple(self.clients[at] for at in places),
            tuple(self.clinicians[at] for at in places),
            self.days[rows],
            self.scores[rows],
            offsets,
        )


def read_closed(fetch: Fetch | None, instrument: str) -> ClosedEpisodes:
    """Read the closed episodes; without a generation (*fetch* is ``None``) there are none."""
    if fetch is None:
        return ClosedEpisodes(instrument, (), (), _NEVER[:0], np.empty(0), _NEVER)
    mine = """
        mine AS (
            SELECT s.series_id, k.client_id, coalesce(k.clinician_id, '') AS clinician_id
            FROM scoped k JOIN episode e USING (episode_key) JOIN series s USING (episode_key)
            WHERE e.ended_on IS NOT NULL AND s.instrument = $instrument AND s.respondent = ''
        )
    """
    values: dict[str, object] = {"instrument": instrument}
    who = fetch(f"{mine} SELECT * FROM mine ORDER BY series_id", values)
    rows = fetch(
        f"""{mine}
        SELECT series_id, administered_on - DATE '1970-01-01' AS day, total
        FROM score SEMI JOIN mine USING (series_id)
        WHERE total IS NOT NULL
        ORDER BY series_id, administered_on, session_no NULLS FIRST
        """,
        values,
    )
    series = np.asarray(rows["series_id"], dtype=np.int64)
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    at = np.searchsorted(np.asarray(who["series_id"], dtype=np.int64), series[starts])
    return ClosedEpisodes(
        instrument,
        _texts(who, "client_id", at),
        _texts(who, "clinician_id", at),
        np.asarray(rows["day"], dtype=np.int64),
        np.asarray(rows["total"], dtype=np.float64),
        np.append(starts, series.size).astype(np.int64),
    )


def _texts(rows: Columns, name: str, at: IntArray) -> tuple[str, ...]:
    return tuple(str(text) for text in np.asarray(rows[name], dtype=object)[at])
