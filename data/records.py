"""What does a reader hand out? Plain frozen values, without a connection behind them."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Generation:
    """Which data and which rules a number on the screen comes from."""

    number: int
    software: str
    rules: str
    kernel: str
    library: str
    made_at: datetime
    fit: int | None = None  # number of the fit of the service's own figures


@dataclass(frozen=True, slots=True)
class SeriesResult:
    """The stored results of one series; ``None`` where there is no answer."""

    series_id: int
    episode_key: int
    instrument: str
    respondent: str
    n: int
    first_on: date
    last_on: date
    baseline: float
    latest: float
    change: float | None
    improvement: float | None
    rci: float | None
    category: str
    confirmed: bool
    category_since: date | None
    slope_per_week: float | None
    slope_low: float | None
    slope_high: float | None
    theil_sen_per_week: float | None
    theil_sen_low: float | None
    theil_sen_high: float | None
    mann_kendall_p: float | None
    shrunken_slope: float | None
    shrunken_weight: float | None
    state: str | None
    state_window: int | None
    block_weeks: float | None
    block_change: float | None
    block_low: float | None
    block_high: float | None
    plateau_kind: str | None
    level: float
    sudden_gains: int | None
    sudden_losses: int | None
    sudden_evaluable: int | None
    expected: float | None
    expected_amber: float | None
    expected_limit: float | None
    not_on_track: str | None
    alert: str
    alert_since: date | None
    flags: int
    recent: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RiskAnswer:
    """One answer to a risk item; ``value`` is ``None`` where it was left blank."""

    instrument: str
    item: int
    administered_on: date
    session_no: int | None
    value: float | None
    positive: bool


@dataclass(frozen=True, slots=True)
class GoalRating:
    """One rating of a goal, 0 the starting point and 10 the ideal."""

    goal_id: str
    rated_on: date
    session_no: int | None
    rating: float


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal of an episode; ``statement`` is free text and stays on the client's page."""

    goal_id: str
    set_on: date
    rank: int | None
    kind: str | None
    target_on: date | None
    start_value: float | None
    target_value: float | None
    unit: str | None
    statement: str | None


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """One episode in the caseload."""

    episode_key: int
    client_id: str
    episode_id: str
    clinician_id: str | None
    team: str | None
    is_open: bool
    attention: str
    states: tuple[str, ...]
    sessions: int | None  # held ones; None where no list of sessions came
    missed: int
    first_on: date | None
    last_on: date | None
    results: tuple[SeriesResult, ...]
    risk_answers: tuple[RiskAnswer, ...]  # the latest answer to each risk item
    goal: GoalRating | None  # the latest rating of the first goal


@dataclass(frozen=True, slots=True)
class CaseloadQuery:
    """What the caseload is to show. Deterioration is never filtered away by default."""

    search: str = ""
    clinician_id: str | None = None
    team: str | None = None
    attention: tuple[str, ...] = ()
    instrument: str | None = None
    open_only: bool = True
    sort: str = "need"
    page: int = 1
    page_size: int = 50


@dataclass(frozen=True, slots=True)
class CaseloadPage:
    """The rows of one page, and how many there are in all and of each kind."""

    rows: tuple[CaseloadRow, ...]
    total: int
    whole: int  # without the attention filter
    per_attention: tuple[tuple[str, int], ...]  # of the whole; an episode may count in several
    hidden: tuple[tuple[str, int], ...]  # urgent ones that the attention filter leaves out


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Which questionnaire, answered by whom, a series number stands for."""

    series_id: int
    instrument: str
    respondent: str


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One administration of one instrument."""

    series_id: int
    administered_on: date
    session_no: int | None
    total: float | None
    answers: tuple[float | None, ...] | None
    import_no: int
    source_row: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One appointment: attended, missed or cancelled."""

    session_no: int
    held_on: date
    attendance: str


@dataclass(frozen=True, slots=True)
class TallyRow:
    """One count of something, over a number of days."""

    tally_id: str
    counted_on: date
    days: int | None
    count: int


@dataclass(frozen=True, slots=True)
class AnnotationRow:
    """One remark with its day."""

    noted_on: date
    kind: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened first on a day, such as the first reliable improvement."""

    series_id: int
    kind: str
    session_no: int | None
    happened_on: date
    size: float | None
    detail: str


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """What is known of an episode besides its scores."""

    episode_key: int
    client_id: str
    episode_id: str
    clinician_id: str | None
    team: str | None
    service: str | None
    started_on: date | None
    ended_on: date | None
    ending: str | None
    problem: str | None
    modality: str | None
    age_band: str | None
    gender: str | None


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """Everything the client's page needs of one episode."""

    facts: EpisodeFacts
    row: CaseloadRow
    episodes: tuple[str, ...]  # all episode ids of the client, in order of their start
    scores: tuple[ScoreRow, ...]
    sessions: tuple[SessionRow, ...]
    goals: tuple[Goal, ...]
    goal_ratings: tuple[GoalRating, ...]
    tallies: tuple[TallyRow, ...]
    annotations: tuple[AnnotationRow, ...]
    risk_answers: tuple[RiskAnswer, ...]  # all of them, the latest first
    events: tuple[Event, ...]
    series: tuple[SeriesKey, ...]  # also those of which no administration has a total


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that was set aside, with its text."""

    import_no: int
    row: int
    column: str
    found: str
    allowed: str
    code: str
    line: str


@dataclass(frozen=True, slots=True)
class RiskSetAside:
    """An answer to a risk item in a row that was set aside; texts are as the row has them."""

    import_no: int
    row: int
    instrument: str
    administered_on: str | None
    item: int
    answer: str
    positive: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """How much is in the store."""

    clients: int
    episodes: int
    open_episodes: int
    series: int
    scores: int
    sessions: int
    quarantined: int
    first_on: date | None
    last_on: date | None
