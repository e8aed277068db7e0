"""Do the teams differ by more than chance, given who came to them?"""

import math
from dataclasses import dataclass

import numpy as np

from analytics.groups.case_mix import Standardised, expected_by_stratum, indirectly_standardised
from analytics.groups.enough import HIDE_UNIT_BELOW
from analytics.groups.funnel import (
    ABOVE_95,
    ABOVE_998,
    BELOW_95,
    BELOW_998,
    HIDDEN,
    OVERDISPERSED,
    WITHIN,
    Funnel,
    exact_limits,
    funnel,
    overdispersed_limits,
)
from analytics.groups.shrinkage import ShrunkenShares, shrunken_shares
from analytics.instrument import Instrument
from analytics.series import BoolArray, FloatArray, IntArray
from dashboard.views.outcome_shares import (
    DASH,
    complete_cell,
    few_or,
    good_words,
    share_cells,
    whom_words,
)
from dashboard.views.tables import Table
from dashboard.views.team_effects import team_effects
from dashboard.views.words import counted, joined
from data.cases import Cases
from data.library import Library
from data.outcomes import GoodEnds, good_ends

TITLE = "Teams, beside one another"
SHOW = "Show the teams beside one another"
ABOUT = (
    "Off unless asked for. It asks whether the results of teams differ by more than chance among "
    "those who answered. There is no order of merit, clinicians are never compared, and a team "
    f"with fewer than {HIDE_UNIT_BELOW} cases is not shown: clients do not come to a team by lot, "
    "so a difference says nothing of how well anybody works."
)
CAUTIONS = (
    "Case-mix: the expected share allows for the severity band of the first score and for nothing "
    "else. Teams also differ in problems, in who is referred to them and in who stays, and none "
    "of that is in these numbers.",
    "A share is of those with a last score. Where fewer of them are known, it can be far from that "
    "of all: read the column beside it first.",
)
LINES = (
    "Dashed: the 95 % limits; by chance about 1 team in 20 lies outside them. Dotted: the 99.8 % "
    "limits, with about 1 team in 500. Where marks lie close together, a name is in the table only."
)
_WORDS = {
    HIDDEN: DASH,
    WITHIN: "within the limits",
    BELOW_95: "outside the 95 % limits, below",
    ABOVE_95: "outside the 95 % limits, above",
    BELOW_998: "outside the 99.8 % limits, below",
    ABOVE_998: "outside the 99.8 % limits, above",
}
_FEW_CASES = 200  # up to which it is asked whether a low share can lie below the limits
_POINTS = 60  # at which the limits are drawn
_ROOM = 1.12  # of the axis beyond the largest team, for its name


@dataclass(frozen=True, slots=True)
class TeamPoint:
    """One team on the chart, its share in percent."""

    name: str
    n: int
    share: float
    outside: int  # 0, or the percent of the limits that it lies outside: 95 or 998


@dataclass(frozen=True, slots=True)
class FunnelView:
    """The chart of the teams; limits and target are in percent, ``n`` are their cases."""

    title: str
    axis: str
    target: float
    points: tuple[TeamPoint, ...]
    n: tuple[float, ...]
    low_95: tuple[float, ...]
    high_95: tuple[float, ...]
    low_998: tuple[float, ...]
    high_998: tuple[float, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class TeamsView:
    """All about the teams; ``reason`` stands alone where there is nothing to compare."""

    reason: str | None
    sentences: tuple[str, ...] = ()
    chart: FunnelView | None = None
    table: Table | None = None
    effects: Table | None = None


def teams_view(cases: Cases, library: Library) -> TeamsView:
    """Return the teams in alphabetical order, each beside its limits and how complete it is."""
    reason = no_teams(cases)
    if reason is not None or cases.measure is None:
        return TeamsView(reason or "No outcome questionnaire has a total here.")
    instrument = library.instruments[cases.measure]
    good = good_ends(cases, instrument, library)
    if good is None:
        return TeamsView(f"{instrument.name}: no criterion of reliable change is known.")
    use = good.known & (cases.team >= 0)
    size = np.bincount(cases.team[use], minlength=len(cases.teams))
    if np.count_nonzero(size >= HIDE_UNIT_BELOW) < 2:
        return TeamsView(
            f"Fewer than two teams have {HIDE_UNIT_BELOW} cases {whom_words(good)} and have a "
            f"last {instrument.name}: nothing is compared."
        )
    had, team = good.had[use] == 1, cases.team[use]
    events = np.bincount(team[had], minlength=size.size)
    found = funnel(events, size)
    mix = _case_mix(had, team, cases.ends[instrument.id].first[use], instrument, size.size)
    tau2 = found.overdispersion.tau2
    drawn = None if tau2 is None else shrunken_shares(events, size, target=found.target, tau2=tau2)
    return TeamsView(
        reason=None,
        sentences=tuple(_sentences(cases, good, instrument, found)),
        chart=_chart(cases, good, instrument, found),
        table=_table(cases, good, instrument, found, mix, drawn),
        effects=team_effects(cases, library, instrument),
    )


def no_teams(cases: Cases) -> str | None:
    """Return why there are no teams to be put beside one another."""
    if len(cases.teams) > 1:
        return None
    if not cases.teams:
        return "No episode in view names a team: nothing is put beside another."
    return "Only one team is in view: nothing is put beside another."


def _case_mix(
    had: BoolArray, team: IntArray, first: FloatArray, instrument: Instrument, teams: int
) -> Standardised | None:
    """Return observed against expected by severity band; ``None`` without bands."""
    if not instrument.bands:
        return None
    starts = np.sort([band.start for band in instrument.bands])
    expected = expected_by_stratum(had, np.searchsorted(starts, first, side="right"))
    return indirectly_standardised(had, expected, team, units=teams)


def _sentences(cases: Cases, good: GoodEnds, instrument: Instrument, found: Funnel) -> list[str]:
    spread = found.overdispersion
    whole = int(found.n.sum())
    said = [
        f"{100 * found.target:.1f} % of {whole:,} cases of all teams {good_words(good)} by "
        f"{instrument.name}: the line that the limits lie around.",
        _limits(found, good),
    ]
    if spread.tau2 is None:
        said.append(
            "Shares drawn towards that of all teams need to know by how much teams differ, and "
            "are not shown."
        )
    hidden = [name for name, away in zip(cases.teams, found.hidden, strict=True) if away]
    if hidden:
        said.append(
            f"Not shown, as fewer than {HIDE_UNIT_BELOW} of their cases are known: "
            f"{joined(hidden)}. They count in the line."
        )
    nameless = int(np.count_nonzero(cases.team < 0))
    if nameless:
        said.append(f"Episodes that name no team, and are in no row: {few_or(nameless)}.")
    if not instrument.bands:
        said.append(
            f"{instrument.name} has no severity bands on file, so nothing here allows for who came "
            "to which team."
        )
    return said


def _limits(found: Funnel, good: GoodEnds) -> str:
    spread, low = found.overdispersion, _blind(found, good)
    if spread.phi is None:
        return (
            "The limits are the exact binomial ones: inside them, teams differ by no more than "
            f"chance alone could. {low}Whether teams differ by more than chance in general cannot be told "
            f"({spread.reason or 'all have the same share'}), so the limits are not widened for it, and no "
            "team is called outside of them."
        )
    # Around the share of the same teams, k phi is k - 1 on average.
    by_chance = (spread.units - 1) / spread.units
    phi = f"phi {spread.phi:.2f}, by chance about {by_chance:.2f}"
    if found.limits == OVERDISPERSED:
        return (
            f"The shares of the {spread.units} teams spread wider than chance alone gives ({phi}), "
            "as those of teams mostly do, so the limits are widened for it (arcsine scale, tau "
            f"{math.sqrt(spread.tau2 or 0.0):.3f}): inside them, a team differs no more than "
            "teams here usually do."
        )
    return (
        f"The limits are the exact binomial ones, not widened: the shares of the {spread.units} "
        f"teams spread no wider than chance alone gives ({phi}). {low}".rstrip()
    )


def _blind(found: Funnel, good: GoodEnds) -> str:
    """Return below how many cases only a share of none at all can lie below the exact limits."""
    if not 0 < found.target < 1:
        return ""
    sizes = np.arange(HIDE_UNIT_BELOW, _FEW_CASES)
    seen = exact_limits(found.target, sizes, coverage=0.95)[0] * sizes > 1
    if seen[0]:
        return ""
    fewest = sizes[np.argmax(seen)] if seen.any() else _FEW_CASES
    return (
        f"A team with fewer than {fewest} cases can hardly fall below them: only where none of its "
        f"cases {good_words(good)}, if at all. "
    )


def _table(
    cases: Cases,
    good: GoodEnds,
    instrument: Instrument,
    found: Funnel,
    mix: Standardised | None,
    drawn: ShrunkenShares | None,
) -> Table:
    columns: tuple[str, ...] = ("Team", "First and last score", "Cases", "Percent", "95 % interval",
               "Against the limits")  # fmt: skip
    note = [f"In alphabetical order. Cases are those {whom_words(good)} and have a last score."]
    if mix is not None:
        columns += ("Expected by case-mix", "Observed to expected")
        note.append(
            "Expected: the share of all teams in the same severity bands at the first score "
            "(indirect standardisation); an interval of observed to expected that "
            "includes 1 shows no difference from it."
        )
    if drawn is not None:
        columns += ("Drawn towards all",)
        note.append("Drawn towards all: the likely share, given how far teams lie apart.")
    rows = []
    few = HIDE_UNIT_BELOW
    both = ~np.isnan(cases.ends[instrument.id].last)
    for place, name in enumerate(cases.teams):
        mine = cases.team == place
        whole, answered = int(np.count_nonzero(mine)), int(np.count_nonzero(mine & both))
        complete = complete_cell(answered, whole, smallest=few)
        if found.hidden[place]:
            rows.append((name, complete, f"fewer than {few}", *(DASH,) * (len(columns) - 3)))
            continue
        known = mine & good.known
        events, n = int(good.had[known].sum()), int(np.count_nonzero(known))
        rows.append(
            (
                name,
                complete,
                f"{n:,}",
                *share_cells(events, n, smallest=few),
                # Limits that could not be widened would accuse teams of what is usual.
                _WORDS[int(found.position[place])]
                if found.overdispersion.phi is not None
                else DASH,
                *(() if mix is None else _against(mix, place)),
                *(() if drawn is None else (_drawn(drawn, place),)),
            )
        )
    title = f"{instrument.name}: share that {good_words(good)}, team by team"
    return Table(title, columns, tuple(rows), " ".join(note))


def _against(mix: Standardised, place: int) -> tuple[str, str]:
    """Return the expected share, and observed to expected with its interval."""
    expected = f"{100 * mix.expected[place] / mix.n[place]:.1f} %"
    ratio, low, high = mix.ratio[place], mix.low[place], mix.high[place]
    return expected, DASH if math.isnan(ratio) else f"{ratio:.2f} ({low:.2f} to {high:.2f})"


def _drawn(drawn: ShrunkenShares, place: int) -> str:
    value, low, high = (100 * one[place] for one in (drawn.value, drawn.low, drawn.high))
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def _chart(
    cases: Cases, good: GoodEnds, instrument: Instrument, found: Funnel
) -> FunnelView | None:
    """Return the chart; there is none where nobody, or everybody, had a good end."""
    if not 0 < found.target < 1:
        return None
    grid = np.linspace(HIDE_UNIT_BELOW, _ROOM * found.n.max(), _POINTS)
    grid = np.unique(np.rint(grid))
    limits = [_at(found, grid, coverage) for coverage in (0.95, 0.998)]
    (low_95, high_95), (low_998, high_998) = (
        (tuple(100 * low), tuple(100 * high)) for low, high in limits
    )
    known = found.overdispersion.phi is not None
    outside = {BELOW_95: 95, ABOVE_95: 95, BELOW_998: 998, ABOVE_998: 998}
    points = tuple(
        TeamPoint(name, int(n), 100 * float(share), outside.get(int(position), 0) if known else 0)
        for name, n, share, position in zip(
            cases.teams, found.n, found.share, found.position, strict=True
        )
        if position != HIDDEN
    )
    title = f"{instrument.name}: share that {good_words(good)}, by the number of cases of a team"
    return FunnelView(
        title=title,
        axis="cases",
        target=100 * found.target,
        points=points,
        n=tuple(float(n) for n in grid),
        low_95=low_95,
        high_95=high_95,
        low_998=low_998,
        high_998=high_998,
        alt=f"{title}; {counted(len(points), 'team')} against the limits that chance sets",
    )


def _at(found: Funnel, grid: FloatArray, coverage: float) -> tuple[FloatArray, FloatArray]:
    tau2 = found.overdispersion.tau2
    if found.limits == OVERDISPERSED and tau2:
        return overdispersed_limits(found.target, grid, tau2=tau2, coverage=coverage)
    return exact_limits(found.target, grid, coverage=coverage)
