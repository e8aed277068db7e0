"""What may go wrong with a person's data, in words for the person who can mend it.

DataError            shown as it is: on the page, or as one line of the command
└── FileRefused      a file as a whole cannot be read; nothing of it was stored
"""

from dataclasses import dataclass


class DataError(Exception):
    """A sentence that says where, what was found, what is allowed, what happened to the data."""


class FileRefused(DataError):  # noqa: N818 - it reads as what happened
    """A whole file that cannot be read. Nothing of it was stored."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that was set aside, and how to mend it.

    ``row`` counts as a spreadsheet does: the header is row 1, and blank rows count.
    """

    file: str
    row: int
    column: str
    found: str
    allowed: str
    code: str

    def __str__(self) -> str:
        return (
            f"{self.file}, row {self.row}, column {self.column}: {self.found!r} is not "
            f"{self.allowed}. The row was set aside."
        )
