"""Who works in the synthetic service, and who comes to it?"""

from dataclasses import dataclass

import numpy as np

SERVICE = "Synthetic service"
TEAMS = ("Harbour", "Meadow", "Orchard")

_CLINICIANS: dict[str, tuple[str, ...]] = {
    "Harbour": ("Ana Lind", "Bo Sample", "Cleo Fable", "Dov Model"),
    "Meadow": ("Edda Pattern", "Finn Sketch", "Gita Mock", "Hal Figment"),
    "Orchard": ("Ines Fiction", "Jory Draft", "Kaia Legend", "Lev Placeholder"),
}
#: First of the two ISO weeks of a clinician's summer leave.
_LEAVE_WEEKS = (29, 31, 33)

#: Which questionnaires a team gives, and to what share of its clients. The first is the
#: one that decides the client's course.
_MEASURES: dict[str, tuple[tuple[str, float], ...]] = {
    "Harbour": (("phq-9", 1.0), ("gad-7", 1.0), ("wsas", 0.8)),
    "Meadow": (("core-10", 1.0), ("phq-9", 1.0), ("gad-7", 0.6)),
    "Orchard": (("ors", 1.0), ("srs", 1.0), ("phq-9", 0.75), ("gad-7", 0.6), ("wsas", 0.3)),
}

PROBLEMS = ("depression", "anxiety", "trauma", "grief", "relationships", "work stress")
_PROBLEM_SHARES = (0.36, 0.28, 0.10, 0.09, 0.10, 0.07)
MODALITIES = ("CBT", "ACT", "counselling", "interpersonal", "psychodynamic")
_MODALITY_SHARES = (0.40, 0.15, 0.25, 0.10, 0.10)
AGE_BANDS = ("18-25", "26-35", "36-45", "46-55", "56-65", "66 and over")
_AGE_SHARES = (0.20, 0.26, 0.21, 0.17, 0.11, 0.05)
GENDERS = ("woman", "man", "non-binary", "not stated")
_GENDER_SHARES = (0.63, 0.32, 0.03, 0.02)

_SECOND_EPISODE = 0.04
_CHANGED_CLINICIAN = 0.03
_RECORDS_ITEMS = 0.85


@dataclass(frozen=True, slots=True)
class Clinician:
    """A clinician, known by name; the name is made up."""

    name: str
    team: str
    leave_week: int


@dataclass(frozen=True, slots=True)
class Client:
    """A client who does not exist.

    ``earlier_clinician`` is who had the first half of the episode, where it changed hands.
    ``episodes`` is 2 for who has come back after an earlier therapy.
    """

    id: str
    clinician: Clinician
    earlier_clinician: Clinician | None
    measures: tuple[str, ...]
    is_open: bool
    episodes: int
    records_items: bool
    weekday: int
    problem: str
    modality: str
    age_band: str
    gender: str


def staff() -> tuple[Clinician, ...]:
    """Return the twelve clinicians, four a team."""
    return tuple(
        Clinician(name, team, _LEAVE_WEEKS[place % len(_LEAVE_WEEKS)])
        for team in TEAMS
        for place, name in enumerate(_CLINICIANS[team])
    )


def draw_clients(count: int, *, open_count: int, rng: np.random.Generator) -> list[Client]:
    """Return *count* clients, *open_count* of them with an open episode."""
    clinicians = staff()
    is_open = np.zeros(count, dtype=bool)
    is_open[rng.permutation(count)[:open_count]] = True
    return [
        _draw_client(f"C-{number:04d}", clinicians, bool(is_open[number - 1]), rng)
        for number in range(1, count + 1)
    ]


def _draw_client(
    client_id: str, clinicians: tuple[Clinician, ...], is_open: bool, rng: np.random.Generator
) -> Client:
    clinician = clinicians[int(rng.integers(len(clinicians)))]
    colleagues = [c for c in clinicians if c.team == clinician.team and c != clinician]
    colleague = colleagues[int(rng.integers(len(colleagues)))]
    measures = tuple(name for name, share in _MEASURES[clinician.team] if rng.random() < share)
    return Client(
        id=client_id,
        clinician=clinician,
        earlier_clinician=colleague if rng.random() < _CHANGED_CLINICIAN else None,
        measures=measures,
        is_open=is_open,
        episodes=2 if rng.random() < _SECOND_EPISODE else 1,
        records_items=bool(rng.random() < _RECORDS_ITEMS),
        weekday=int(rng.integers(5)),
        problem=_pick(PROBLEMS, _PROBLEM_SHARES, rng),
        modality=_pick(MODALITIES, _MODALITY_SHARES, rng),
        age_band=_pick(AGE_BANDS, _AGE_SHARES, rng),
        gender=_pick(GENDERS, _GENDER_SHARES, rng),
    )


def _pick(words: tuple[str, ...], shares: tuple[float, ...], rng: np.random.Generator) -> str:
    return words[int(rng.choice(len(words), p=shares))]
