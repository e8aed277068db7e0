"""How are dates and numbers written in a file?"""

from dataclasses import dataclass
from typing import Literal

DateOrder = Literal["iso", "day-month-year", "month-day-year"]
DATE_ORDERS: tuple[DateOrder, ...] = ("iso", "day-month-year", "month-day-year")
Decimal = Literal[".", ","]
DECIMALS: tuple[Decimal, ...] = (".", ",")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a person said the file is to be read; the default is the canonical form."""

    dates: DateOrder = "iso"
    decimal: Decimal = "."
