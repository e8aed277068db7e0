"""How does a TOML file become checked facts, with every mistake named?"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from data.errors import DataError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Whole = Annotated[int, Field(ge=1)]

Problem = tuple[str, str]  # the key, and what is wrong with it as the rest of a sentence
S = TypeVar("S", bound=BaseModel)

MISSING = "nothing stands here, and it is needed."

# What the checks of a schema allow, in words. ``{gt}`` and the like are its limits.
_ALLOWED = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "{ge} or more",
    "int_type": "a whole number",
    "less_than": "a number below {lt}",
    "less_than_equal": "{le} or less",
    "list_type": "a list in square brackets",
    "literal_error": "{expected}",
    "model_type": "a table",
    "string_pattern_mismatch": "made of small letters, digits, '.', '-' and '_' only",
    "string_too_short": "a text that says something",
    "string_type": "a text in quotes",
    "too_short": "a list with at least {min_length} entry",
}


class Sheet(BaseModel):
    """A table of a file: no unknown keys, and no silent conversion of one type to another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def toml_files(folder: Path) -> list[Path]:
    """Return the TOML files of a folder in the order of their names; none if it is missing."""
    # Names that begin with a dot are leftovers of editors and of macOS.
    return sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))


def read_table(path: Path, *, lost: str) -> dict[str, Any]:
    """Return what a TOML file says.

    Parameters
    ----------
    path
        The file, in UTF-8.
    lost
        The sentence at the end of a refusal: what did not happen.

    Raises
    ------
    DataError
        If the file cannot be read or is not TOML; the line is named.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}. {lost}") from error
    try:
        # Windows editors put a byte order mark in front, which TOML does not know.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}, line {line}: a character is not written in UTF-8, which is the only "
            f"encoding allowed. {lost}"
        ) from error
    return parsed(text, path.name, lost=lost)


def parsed(text: str, name: str, *, lost: str) -> dict[str, Any]:
    """Return what TOML text from the file *name* says.

    Raises
    ------
    DataError
        If the text is not TOML; the line is named.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser ends its message with the place, "(at line 3, column 5)".
        what, _, place = str(error).rpartition(" (at ")
        where = place.rstrip(")").partition(",")[0]
        raise DataError(f"{name}, {where}: this is not valid TOML ({what}). {lost}") from error


def checked(schema: type[S], table: Mapping[str, Any]) -> tuple[S | None, list[Problem]]:
    """Return the facts of *table*, or ``None`` and every mistake that the schema finds."""
    try:
        return schema.model_validate(table), []
    except ValidationError as error:
        return None, [_problem(one, schema) for one in error.errors()]


def first_key(problem: Problem) -> str:
    """Return the part of the file in which a problem lies.

    >>> first_key(("bands (entry 2).from", "15 is not 14."))
    'bands'
    """
    return problem[0].partition(".")[0].partition(" (")[0]


def name_problems(path: Path, table: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the mistake of a file that is not called by its id."""
    found = table.get("id")
    if isinstance(found, str) and found != path.stem:
        yield "id", wrong(found, f"{path.stem!r}, the name of the file")


def refusal(name: str, problems: Iterable[Problem], *, lost: str) -> DataError:
    """Return the refusal of the file *name*, a line for each problem."""
    sentences = [f"{name}, {key}: {text}" if key else f"{name}: {text}" for key, text in problems]
    return DataError("\n".join(sentences) + f" {lost}")


def wrong(found: object, allowed: str) -> str:
    """Say what was found and what is allowed.

    >>> wrong(3.0, "a number above 5")
    '3 is not a number above 5.'
    """
    shown = f"{found:g}" if isinstance(found, float) else repr(found)
    # A whole paragraph in the wrong place would bury the sentence.
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return f"{shown} is not {allowed}."


def _problem(error: ErrorDetails, schema: type[BaseModel]) -> Problem:
    key, kind, limits = _key(error["loc"]), error["type"], error.get("ctx", {})
    if kind == "missing":
        return key, MISSING
    if kind == "extra_forbidden":
        return key, _unknown(str(error["loc"][-1]), schema if len(error["loc"]) == 1 else None)
    words = _ALLOWED.get(kind)
    if words is None:
        # A check that the table above does not know speaks for itself.
        said = str(limits["error"]) if kind == "value_error" else error["msg"]
        return key, said if said.endswith(".") else f"{said}."
    shown = {name: f"{x:g}" if isinstance(x, float) else x for name, x in limits.items()}
    return key, wrong(error["input"], words.format_map(shown))


def _unknown(key: str, schema: type[BaseModel] | None) -> str:
    known = [field.alias or name for name, field in schema.model_fields.items()] if schema else []
    near = get_close_matches(key, known, n=1)
    return "no such key is known" + (f"; perhaps {near[0]!r} is meant." if near else ".")


def _key(place: tuple[int | str, ...]) -> str:
    parts: list[str] = []
    for step in place:
        if isinstance(step, int):
            parts[-1] += f" (entry {step + 1})"  # people count the blocks of a file from 1
        else:
            parts.append(step)
    return ".".join(parts)
