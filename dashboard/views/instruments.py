"""What does a number mean, and who says so?"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from analytics.criteria import Criteria
from analytics.estimates import Estimates
from analytics.expectation.curve import GrowthCurve
from analytics.instrument import Cutoff, Instrument, Norms, Sourced
from dashboard.views.own_figures import own_figures
from dashboard.views.words import cutoff_words, opened, percent
from dashboard.views.words import number as points
from data.library import SHIPPED, Library

NOT_KNOWN = "not known"
SAID_BY_THE_FILE = "the instrument's file"
NOT_FITTED = (
    "There are none for this questionnaire: milepost fit makes them from the service's record."
)
NOT_AN_OUTCOME = "There are none: they are made for outcome measures only."

# How each threshold of a profile reads, and its unit.
_THRESHOLDS = {
    "confidence": ("Confidence of reliable change and of the trend's interval", "share"),
    "cutoff": ("Cutoff of Jacobson and Truax where none is published", ""),
    "plateau_windows": ("Last scores that are tested for a plateau", "scores"),
    "plateau_confidence": ("Confidence of the plateau's interval", "share"),
    "plateau_inflation": ("Weekly scatter, as a multiple of measurement error", "times"),
    "plateau_block_weeks": ("Time over which a change must be meaningful", "weeks"),
    "plateau_block_cap_weeks": ("The same at most, on a slower schedule", "weeks"),
    "plateau_span": ("Longest window, as a multiple of its expected length", "times"),
    "noisy_ratio": ("Meaningful change that counts as small, in measurement errors", "times"),
    "noisy_from": ("Scores needed where the meaningful change is small", "scores"),
    "sudden_share": ("Share of the score before it that a sudden gain must reach", "share"),
    "sudden_confidence": ("Confidence of the third criterion of a sudden gain", "share"),
    "sudden_adjusted": ("Whether its critical value follows the number of scores", ""),
    "sudden_pooled": ("Whether it is a t test of two means, and not the published form", ""),
    "sudden_from_session": ("First session that a sudden gain may follow", "number"),
    "course_amber": ("Narrower limit of the expected course: clients inside it", "share"),
    "course_red": ("Wider limit of the expected course: clients inside it", "share"),
    "course_from_score": ("First score that is held against the expected course", "number"),
    "review_sessions": ("Sessions from one review of the goals to the next", "sessions"),
}


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One questionnaire in the table of all."""

    id: str
    name: str
    measures: str
    totals: str
    better: str
    cutoff: str
    reliable_change: str
    meaningful_change: str
    origin: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact and where it was printed."""

    fact: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """All that is known of one questionnaire."""

    id: str
    name: str
    headline: str
    origin: str
    in_use: tuple[FactRow, ...]
    printed: tuple[FactRow, ...]
    turned_off: tuple[str, ...]
    own: tuple[str, ...]
    licence: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LibraryView:
    """The questionnaires and the thresholds in use."""

    headline: str
    overview: tuple[OverviewRow, ...]
    profile: str
    thresholds: tuple[FactRow, ...]
    origin_note: str


def library_view(library: Library) -> LibraryView:
    """Return the questionnaires and thresholds that a service uses."""
    judged = {name: library.judging(name) for name in library.instruments}
    rules, sources = library.rules, library.rule_sources["default"]
    thresholds = []
    for field in fields(rules):
        if field.name not in _THRESHOLDS:
            continue
        words, unit = _THRESHOLDS[field.name]
        value = _threshold(getattr(rules, field.name), unit)
        source = sources.get(field.name, "the value that Milepost ships; the profile gives none")
        thresholds.append(FactRow(words, value, source))
    own = [name.partition("/")[2] for name in library.overridden]
    own_profile = "profiles/default" in library.overridden
    return LibraryView(
        headline=(
            f"{len(library.instruments)} questionnaires. Every number stands with its source; what "
            "is not known turns off what needs it."
        ),
        overview=tuple(
            OverviewRow(
                id=name,
                name=i.name,
                measures=i.construct or NOT_KNOWN,
                totals=_range(i),
                better=f"{i.better} is better",
                cutoff=_cutoff_text(judged[name]),
                reliable_change=_reliable(judged[name], i.step),
                meaningful_change=_points(judged[name].meaningful_change, i.step),
                origin=_origin(library, name),
            )
            for name, i in library.instruments.items()
        ),
        profile=(
            f"Rules in use: profile {rules.id}, version {rules.version}, from "
            f"{'a file of this service' if own_profile else 'Milepost'}."
        ),
        thresholds=tuple(thresholds),
        origin_note=(
            f"Files of this service stand in for shipped ones: {', '.join(own)}."
            if own
            else "No file of this service stands in for a shipped one. Own files go into the folder "
            "library of the store."
        ),
    )


def instrument_view(library: Library, key: str) -> InstrumentView:
    """Return all facts about one questionnaire."""
    instrument = library.instruments[key]
    judged = library.judging(instrument.id)
    licence = instrument.licence
    return InstrumentView(
        id=key,
        name=instrument.name,
        headline=(
            f"{opened(instrument.construct or 'what it measures is not said')}; totals from "
            f"{_range(instrument)}; {instrument.better} is better; answered by the "
            f"{instrument.respondent}; usually every {_days(instrument.interval_days)}."
        ),
        origin=_origin(library, key),
        in_use=tuple(_in_use(judged, instrument.step)),
        printed=tuple(_printed(instrument)),
        turned_off=judged.missing,
        own=tuple(_own(instrument, library.figures.get(instrument.id), judged.curve)),
        licence=(
            "The terms of use are not known; ask before you print or copy it."
            if licence is None
            else f"{licence.status}: {licence.note} "
            + (
                "Its questions may be printed."
                if licence.items_printable
                else "Its questions are not printed here."
            )
        ),
        notes=instrument.notes,
    )


def _own(instrument: Instrument, own: Estimates | None, curve: GrowthCurve | None) -> Iterator[str]:
    """Yield what the service's own record tells, and which course stands in for its own."""
    if own is not None:
        yield from own_figures(own)
    else:
        yield NOT_FITTED if instrument.role == "outcome" else NOT_AN_OUTCOME
    if curve is not None and not curve.is_own:
        yield f"The expected course in use is not this service's own. {curve.source}"


def _in_use(judged: Criteria, step: float) -> Iterator[FactRow]:
    """Yield the numbers that judge a score, published or computed."""
    pairs = (
        ("Standard error of measurement", judged.sem),
        ("Standard error of a difference", judged.s_diff),
        ("Reliable change", judged.reliable_change),
    )
    for words, number in pairs:
        source = "" if number is None else number.source
        value = _points(number, step)
        if words == "Reliable change" and number is not None:
            value = _reliable(judged, step)
            value += " or more" if judged.reliable_inclusive else " must be exceeded"
        yield FactRow(words, value, source)
    source = "" if judged.cutoff is None else judged.cutoff.source
    yield FactRow("Cutoff", _cutoff_text(judged), source)
    meaningful = judged.meaningful_change
    yield FactRow(
        "Meaningful change, the margin of a plateau",
        _points(meaningful, step),
        "" if meaningful is None else meaningful.source,
    )


def _printed(instrument: Instrument) -> Iterator[FactRow]:
    """Yield the facts of the file as they were printed."""
    if instrument.reliability is not None:
        r = instrument.reliability
        yield FactRow("Reliability", f"{r.value:g} ({r.kind})", r.source)
    for words, norms in (
        ("Clients before treatment", instrument.clinical),
        ("People not in treatment", instrument.functional),
    ):
        if norms is not None:
            yield FactRow(words, _norms(norms), norms.source)
    if instrument.sudden_gain is not None:
        found = instrument.sudden_gain
        yield FactRow("Sudden gain", _points(found, instrument.step), found.source)
    for cutoff in instrument.cutoffs:
        yield FactRow(f"Cutoff: {cutoff.purpose}", cutoff_words(cutoff), cutoff.source)
    for band in instrument.bands:
        yield FactRow(f"Band: {band.label}", f"{band.start:g} to {band.end:g}", band.source)
    items = instrument.items
    if items is not None:
        answers = f"{items.count} items, each {items.minimum:g} to {items.maximum:g}"
        how = (
            items.scoring
            if items.multiplier == 1
            else f"{items.scoring} times {items.multiplier:g}"
        )
        yield FactRow("Items", f"{answers}; total is their {how}", items.source)
        if items.reverse:
            turned = ", ".join(str(k) for k in items.reverse)
            yield FactRow("Items scored the other way round", turned, items.source)
        blank = "none" if items.max_missing is None else f"up to {items.max_missing}"
        yield FactRow("Blank answers that still give a total", blank, items.source)
    for part in instrument.subscales:
        yield FactRow(f"Part: {part.name}", "items " + ", ".join(map(str, part.items)), part.source)
    for risk in instrument.risk_items:
        answer = (
            f"answered {cutoff_words(Cutoff(risk.value, risk.op, str(risk.item), risk.source))}"
        )
        yield FactRow(f"Item {risk.item}, shown first", answer, risk.source)
    codes = dict(instrument.codes)
    source = codes.pop("source", SAID_BY_THE_FILE)
    for system, code in codes.items():
        yield FactRow(f"Code: {system.replace('_', ' ')}", code, source)


def _range(instrument: Instrument) -> str:
    step = "" if instrument.step == 1 else f" in steps of {instrument.step:g}"
    return f"{instrument.minimum:g} to {instrument.maximum:g}{step}"


def _cutoff_text(judged: Criteria) -> str:
    if judged.cutoff is None:
        return NOT_KNOWN
    return f"{cutoff_words(judged.cutoff)} ({judged.cutoff.purpose})"


def _points(number: Sourced | None, step: float) -> str:
    """Return points as fine as the questionnaire counts them."""
    if number is None:
        return NOT_KNOWN
    return f"{points(number.value, step)} points"


def _reliable(judged: Criteria, step: float) -> str:
    """Return the criterion; a computed one lies between whole points, which decide nothing."""
    return _points(judged.reliable_change, step if judged.reliable_inclusive else min(step, 0.01))


def _norms(norms: Norms) -> str:
    n = "" if norms.n is None else f", n = {norms.n:,}"
    return f"mean {norms.mean:g}, SD {norms.sd:g}{n}"


def _days(days: int) -> str:
    return "day" if days == 1 else f"{days} days"


def _origin(library: Library, key: str) -> str:
    if f"instruments/{key}" in library.overridden:
        return "this service's own file, in place of the shipped one"
    shipped = (SHIPPED / "instruments" / f"{key}.toml").exists()
    return "shipped with Milepost" if shipped else "this service's own file"


def _threshold(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        *first, last = (str(v) for v in value)
        text = f"{', '.join(first)} or {last}" if first else last
    elif isinstance(value, float):
        text = percent(value) if unit == "share" else f"{value:g}"
    else:
        text = str(value)
    return text if unit in ("share", "number", "") else f"{text} {unit}"
