"""Which questionnaires and rules does a service use?"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from analytics.criteria import Criteria, criteria
from analytics.estimates import Estimates
from analytics.expectation.curve import GrowthCurve
from analytics.instrument import Instrument
from analytics.rules import Rules
from data.curves import load_curves
from data.errors import DataError
from data.library_checks import instrument_problems, rules_problems
from data.library_schema import InstrumentSheet
from data.profile_schema import RulesSheet
from data.sheets import MISSING, checked, first_key, name_problems, read_table, refusal, toml_files

SHIPPED = Path(__file__).parent
INSTRUMENT_LOST = "The instrument was not loaded."
RULES_LOST = "The rules were not loaded."


def load_instrument(path: Path) -> Instrument:
    """Read one instrument file.

    Raises
    ------
    DataError
        If the file is not readable or contradicts itself; every mistake is named.
    """
    return _instrument_sheet(path).fact()


def load_rules(path: Path) -> Rules:
    """Read one rule profile.

    Raises
    ------
    DataError
        If the file is not readable or contradicts itself; every mistake is named.
    """
    return _rules_sheet(path).fact()


@dataclass(frozen=True, slots=True)
class Library:
    """The instruments and rule profiles in use: the shipped ones and a service's own.

    ``instruments`` and ``profiles`` are in the order of their ids. ``overridden`` names the
    files of the service that stand in for shipped ones, such as ``instruments/phq-9``.
    ``rule_sources`` gives, per profile, the source of each threshold that its file gives.
    ``curves`` are expected courses of the literature, for services without one of their own.
    ``figures`` are the service's own estimates by instrument, where they were fitted, and
    ``fit_no`` the number of that fit.
    ``hash`` changes with every fact, rule and figure, and with nothing else.

    >>> library = Library.load()
    >>> library.instruments["phq-9"].maximum
    27.0
    >>> library.rules.plateau_windows
    (8, 9, 10)
    """

    instruments: Mapping[str, Instrument]
    profiles: Mapping[str, Rules]
    rule_sources: Mapping[str, Mapping[str, str]]
    overridden: tuple[str, ...]
    hash: str
    curves: Mapping[str, GrowthCurve] = field(default_factory=dict)
    figures: Mapping[str, Estimates] = field(default_factory=dict)
    fit_no: int | None = None

    @classmethod
    def load(cls, folder: Path | None = None) -> "Library":
        """Read the shipped files, and those of *folder*, which go first.

        Parameters
        ----------
        folder
            A service's own folder with ``instruments/*.toml`` and ``profiles/*.toml``, either
            of which may be missing. ``None`` gives the shipped library.

        Raises
        ------
        DataError
            If the folder is missing or a file is not readable; every mistake in every file
            is named. No file is passed over: a service that believes its own cutoff to be in
            use must hear that it is not.
        """
        if folder is not None and not folder.is_dir():
            raise DataError(
                f"{folder} is not a folder. Instruments and profiles of the service are read "
                "from its subfolders 'instruments' and 'profiles'. The library was not loaded."
            )
        mistakes: list[str] = []
        instruments: dict[str, InstrumentSheet] = {}
        profiles: dict[str, RulesSheet] = {}
        overridden: list[str] = []
        for home in (SHIPPED, folder) if folder is not None else (SHIPPED,):
            for path in toml_files(home / "instruments"):
                try:
                    sheet = _instrument_sheet(path, shipped=home is SHIPPED)
                except DataError as error:
                    mistakes.append(str(error))
                else:
                    if sheet.id in instruments:
                        overridden.append(f"instruments/{sheet.id}")
                    instruments[sheet.id] = sheet
            for path in toml_files(home / "profiles"):
                try:
                    rules = _rules_sheet(path)
                except DataError as error:
                    mistakes.append(str(error))
                else:
                    if rules.id in profiles:
                        overridden.append(f"profiles/{rules.id}")
                    profiles[rules.id] = rules
        if mistakes:
            raise DataError("\n".join(mistakes))
        facts = {name: instruments[name].fact() for name in sorted(instruments)}
        rule_sets = {name: profiles[name].fact() for name in sorted(profiles)}
        sources = {name: MappingProxyType(profiles[name].sources()) for name in sorted(profiles)}
        curves = load_curves()
        return cls(
            instruments=MappingProxyType(facts),
            profiles=MappingProxyType(rule_sets),
            rule_sources=MappingProxyType(sources),
            overridden=tuple(sorted(overridden)),
            hash=_fingerprint(facts, rule_sets, sources, curves),
            curves=curves,
        )

    @property
    def rules(self) -> Rules:
        """The profile ``default``."""
        return self.profile("default")

    def with_figures(self, figures: Iterable[Estimates], fit_no: int) -> "Library":
        """Return the library with the service's own figures, in place of any it had."""
        own = {f.instrument: f for f in figures if f.instrument in self.instruments}
        facts = _fingerprint(self.instruments, self.profiles, self.rule_sources, self.curves, own)
        return replace(self, figures=MappingProxyType(own), fit_no=fit_no, hash=facts)

    def judging(self, instrument_id: str) -> Criteria:
        """Return the numbers that judge one instrument under the profile in use."""
        instrument, own = self.instruments[instrument_id], self.figures.get(instrument_id)
        if instrument_id in self.curves and (own is None or own.curve is None):
            known = own or Estimates(instrument_id, instrument.version)
            own = replace(known, curve=self.curves[instrument_id])
        return criteria(instrument, self.rules, own)

    def profile(self, profile_id: str) -> Rules:
        """Return the rule profile of this id.

        Raises
        ------
        DataError
            If there is none.
        """
        try:
            return self.profiles[profile_id]
        except KeyError:
            known = ", ".join(self.profiles)
            raise DataError(
                f"No rule profile is called {profile_id!r}. Known profiles: {known}."
            ) from None


def _fingerprint(
    instruments: Mapping[str, Instrument],
    profiles: Mapping[str, Rules],
    sources: Mapping[str, Mapping[str, str]],
    curves: Mapping[str, GrowthCurve],
    figures: Mapping[str, Estimates] | None = None,
) -> str:
    content: dict[str, dict[str, object]] = {
        "instruments": {name: asdict(facts) for name, facts in instruments.items()},
        "profiles": {name: asdict(rules) for name, rules in profiles.items()},
        "sources": {name: dict(texts) for name, texts in sources.items()},
        "curves": {name: asdict(curve) for name, curve in curves.items()},
    }
    if figures:
        content["figures"] = {name: asdict(own) for name, own in figures.items()}
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _instrument_sheet(path: Path, *, shipped: bool = False) -> InstrumentSheet:
    table = read_table(path, lost=INSTRUMENT_LOST)
    sheet, problems = checked(InstrumentSheet, table)
    # What is readable is judged all the same, so that one look names every mistake.
    unread = frozenset(map(first_key, problems))
    rest, _ = checked(InstrumentSheet, {k: v for k, v in table.items() if k not in unread})
    if rest is not None:
        problems += instrument_problems(rest, unread=unread)
    problems += name_problems(path, table)
    if shipped and "licence" not in table:
        problems.append(("licence", MISSING))
    if problems or sheet is None:
        raise refusal(path.name, problems, lost=INSTRUMENT_LOST)
    return sheet


def _rules_sheet(path: Path) -> RulesSheet:
    table = read_table(path, lost=RULES_LOST)
    sheet, problems = checked(RulesSheet, table)
    if sheet is not None:
        problems += rules_problems(sheet)
    problems += name_problems(path, table)
    if problems or sheet is None:
        raise refusal(path.name, problems, lost=RULES_LOST)
    return sheet
