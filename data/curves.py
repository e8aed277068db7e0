"""Which growth curves of the literature stand in where a service has none of its own?"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from analytics.expectation.curve import GrowthCurve
from analytics.instrument import Better
from data.errors import DataError
from data.sheets import (
    Id,
    Number,
    Positive,
    Sheet,
    Text,
    Whole,
    checked,
    name_problems,
    read_table,
    refusal,
    toml_files,
)

SHIPPED = Path(__file__).parent / "curves"
LOST = "The curve was not loaded."


class Sample(Sheet):
    """Whose scores the curve was fitted on, and for whom it speaks."""

    episodes: Annotated[int, Field(ge=2)]
    scores: Whole
    intake_mean: Number
    intake_low: Number
    intake_high: Number
    longest_weeks: Positive


class Coefficients(Sheet):
    """The four fixed effects, in points."""

    b0: Number
    b1: Number
    b2: Number
    b3: Number


class Spread(Sheet):
    """Standard deviations of what is a client's own and of a single score's error."""

    sd_u0: Annotated[float, Field(allow_inf_nan=False, ge=0)]
    sd_u1: Annotated[float, Field(allow_inf_nan=False, ge=0)]
    correlation: Annotated[float, Field(ge=-1, le=1)]
    sd_e: Positive


class CurveSheet(Sheet):
    """A whole curve file."""

    id: Id
    version: Text
    instruments: Annotated[list[Id], Field(min_length=1)]
    better: Better
    minimum: Number
    maximum: Number
    source: Text
    sample: Sample
    coefficients: Coefficients
    spread: Spread

    def facts(self) -> dict[str, GrowthCurve]:
        """Return the curve of each questionnaire that it applies to.

        The covariance of the coefficients, which no file gives, is 0.

        Raises
        ------
        ValueError
            If a range does not go upwards.
        """
        spread = self.spread
        return {
            instrument: GrowthCurve(
                instrument=instrument,
                source=self.source,
                is_own=False,
                episodes=self.sample.episodes,
                scores=self.sample.scores,
                intake_mean=self.sample.intake_mean,
                **self.coefficients.model_dump(),
                covariance=((0.0,) * 4,) * 4,
                var_u0=spread.sd_u0**2,
                var_u1=spread.sd_u1**2,
                cov_u=spread.correlation * spread.sd_u0 * spread.sd_u1,
                var_e=spread.sd_e**2,
                minimum=self.minimum,
                maximum=self.maximum,
                better=self.better,
                intake_low=self.sample.intake_low,
                intake_high=self.sample.intake_high,
                longest=self.sample.longest_weeks,
            )
            for instrument in self.instruments
        }


def load_curves(folder: Path | None = None) -> Mapping[str, GrowthCurve]:
    """Return the curve of the literature for each questionnaire that has one, by its id.

    Parameters
    ----------
    folder
        A service's own folder of curve files, which go before the shipped ones for the
        questionnaires that they name. It may be missing.

    Raises
    ------
    DataError
        If a file is not readable or contradicts itself, or two of one folder name the same
        questionnaire; every mistake in every file is named.

    Examples
    --------
    >>> curve = load_curves()["bdi-ii"]
    >>> curve.episodes, curve.is_own
    (557, False)
    """
    mistakes: list[str] = []
    curves: dict[str, GrowthCurve] = {}
    for home in (SHIPPED, folder) if folder is not None else (SHIPPED,):
        named: dict[str, str] = {}
        for path in toml_files(home):
            try:
                found = load_curve(path)
            except DataError as error:
                mistakes.append(str(error))
                continue
            for instrument in found.keys() & named.keys():
                mistakes.append(
                    f"{path.name}, instruments: {named[instrument]} already has a curve for "
                    f"{instrument!r}; only one is allowed. {LOST}"
                )
            named.update(dict.fromkeys(found, path.name))
            curves.update(found)
    if mistakes:
        raise DataError("\n".join(mistakes))
    return MappingProxyType(dict(sorted(curves.items())))


def load_curve(path: Path) -> dict[str, GrowthCurve]:
    """Return the curve of one file, for each questionnaire that it names.

    Raises
    ------
    DataError
        If the file is not readable or contradicts itself; every mistake is named.
    """
    table = read_table(path, lost=LOST)
    sheet, problems = checked(CurveSheet, table)
    problems += name_problems(path, table)
    if problems or sheet is None:
        raise refusal(path.name, problems, lost=LOST)
    try:
        return sheet.facts()
    except ValueError as error:
        text = str(error).rstrip(".")
        raise DataError(f"{path.name}: {text}. {LOST}") from None
