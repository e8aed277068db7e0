"""What is found when every rule is held against a known truth, and with which versions?"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from analytics.course import KERNEL_VERSION
from analytics.simulation import NOISES, Rate, operating_characteristics
from analytics.sudden.chance import false_positive_rates
from data.errors import DataError
from data.library import Library
from data.staging import Progress
from data.validation.services import Service, judged_services
from data.validation.unchanged import Unchanged, unchanged_clients
from data.validation.verdicts import RuleScore, pooled

#: Of everything that is simulated client by client; the services have seeds of their own.
SEED = 1


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that ``milepost validate`` tells.

    Attributes
    ----------
    software, rules, kernel
        The versions that were held against the truth.
    runs
        Simulated clients a cell of the other tables.
    services
        What the rules said of each synthetic service.
    scores
        The same, all services together.
    plateau, unchanged, sudden
        Simulated clients: of the plateau rules, without change, and without a jump.
    """

    software: str
    rules: str
    kernel: str
    runs: int
    services: tuple[Service, ...]
    scores: tuple[RuleScore, ...]
    plateau: tuple[Rate, ...]
    unchanged: tuple[Unchanged, ...]
    sudden: tuple[Rate, ...]


def validation(
    library: Library, *, seeds: Sequence[int], runs: int, progress: Progress | None = None
) -> Report:
    """Hold every rule against a known truth.

    Parameters
    ----------
    library
        The facts and the rules that are tried; a service's own figures in it are not used.
    seeds
        One synthetic service each.
    runs
        Simulated clients a cell of the other tables.
    progress
        Told what is being done.

    Raises
    ------
    DataError
        If there is no seed or no run, or the library lacks a questionnaire of the service.
    """
    if not seeds or runs < 1:
        raise DataError(
            f"A validation needs 1 service and 1 simulated client or more, got {len(seeds)} and "
            f"{runs}. Nothing was computed."
        )
    services = judged_services(seeds, library, progress=progress)

    def tell(what: str) -> None:
        if progress is not None:
            progress(what, len(seeds), len(seeds))

    tell("simulated clients: plateau")
    plateau = tuple(operating_characteristics(runs=runs, seed=SEED))
    tell("simulated clients: no change")
    unchanged = tuple(unchanged_clients(library, runs=runs, seed=SEED))
    tell("simulated clients: sudden gains")
    sudden = tuple(false_positive_rates(runs=runs, seed=SEED, noises=NOISES))
    return Report(
        software=version("milepost"),
        rules=f"{library.rules.id} {library.rules.version}",
        kernel=KERNEL_VERSION,
        runs=runs,
        services=services,
        scores=pooled([service.scores for service in services]),
        plateau=plateau,
        unchanged=unchanged,
        sudden=sudden,
    )
