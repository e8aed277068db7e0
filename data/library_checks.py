"""Do the numbers of one file agree with each other?"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

from analytics.rules import Rules
from data.library_schema import InstrumentSheet, Items
from data.profile_schema import RulesSheet
from data.sheets import Problem, wrong

T = TypeVar("T")


def instrument_problems(sheet: InstrumentSheet, *, unread: frozenset[str]) -> Iterator[Problem]:
    """Yield what is contradictory in *sheet*.

    ``unread`` names the parts that the file has but that were not readable; nothing is
    held against them a second time.
    """
    if not sheet.minimum < sheet.maximum:
        yield "minimum", wrong(sheet.minimum, f"below the maximum, {sheet.maximum:g}")
        return  # no other number can be judged against such a range
    if not _divides(sheet.step, sheet.maximum - sheet.minimum):
        yield "step", wrong(sheet.step, f"a step that leads from {_range(sheet)} without a rest")
        return
    yield from _total_problems(sheet)
    yield from _band_problems(sheet)
    if sheet.items is not None:
        yield from _item_problems(sheet, sheet.items)
    elif "items" not in unread:
        for part in ("subscales", "risk_items"):
            if getattr(sheet, part):
                yield part, "item numbers stand here, and the table [items] is missing."


def _total_problems(sheet: InstrumentSheet) -> Iterator[Problem]:
    for name, group in (("clinical", sheet.norms.clinical), ("functional", sheet.norms.functional)):
        if group and not sheet.minimum <= group.mean <= sheet.maximum:
            yield f"norms.{name}.mean", wrong(group.mean, f"a total from {_range(sheet)}")
    for name, number in sheet.change:
        if number and number.value > sheet.maximum - sheet.minimum:
            allowed = f"a change within the range from {_range(sheet)}"
            yield f"change.{name}.value", wrong(number.value, allowed)
    clinical_side = (">=", ">") if sheet.better == "lower" else ("<=", "<")
    caseness = 0
    for place, cutoff in _entries("cutoffs", sheet.cutoffs):
        if not sheet.minimum <= cutoff.value <= sheet.maximum:
            yield f"{place}.value", wrong(cutoff.value, f"a total from {_range(sheet)}")
        if cutoff.purpose != "caseness":
            continue
        caseness += 1
        if caseness > 1:
            yield f"{place}.purpose", wrong(cutoff.purpose, "a purpose that may stand twice")
        if cutoff.op not in clinical_side:
            allowed = f"{_one_of(clinical_side)}, as {sheet.better} scores are better"
            yield f"{place}.op", wrong(cutoff.op, allowed)


def _band_problems(sheet: InstrumentSheet) -> Iterator[Problem]:
    if not sheet.bands:
        return
    bands = _entries("bands", sheet.bands)
    for place, band in bands:
        if band.start > band.end:
            yield f"{place}.to", wrong(band.end, f"{band.start:g} or more, where the band begins")
    first, last = bands[0], bands[-1]
    if not _same(first[1].start, sheet.minimum):
        yield f"{first[0]}.from", wrong(first[1].start, f"the lowest total, {sheet.minimum:g}")
    for (_, before), (place, band) in pairwise(bands):
        # Bands may be printed in whole points for totals that move in larger steps (0 to 9 and
        # 10 to 13 of doubled sums): no total may be possible between them.
        following = _total_from(sheet, before.end + sheet.step / 1000)
        if band.start <= before.end or not _same(_total_from(sheet, band.start), following):
            expected = f"{following:g}, the next total after the band before it"
            yield f"{place}.from", wrong(band.start, expected)
    if not _same(last[1].end, sheet.maximum):
        yield f"{last[0]}.to", wrong(last[1].end, f"the highest total, {sheet.maximum:g}")


def _total_from(sheet: InstrumentSheet, value: float) -> float:
    """Return the lowest possible total at or above *value*."""
    steps = math.ceil((value - sheet.minimum) / sheet.step - 1e-6)
    return sheet.minimum + steps * sheet.step


def _item_problems(sheet: InstrumentSheet, items: Items) -> Iterator[Problem]:
    if not items.minimum < items.maximum:
        yield "items.minimum", wrong(items.minimum, f"below the maximum, {items.maximum:g}")
        return
    if not _divides(items.step, items.maximum - items.minimum):
        allowed = f"a step that leads from {items.minimum:g} to {items.maximum:g} without a rest"
        yield "items.step", wrong(items.step, allowed)
        return
    factor = items.multiplier * (items.count if items.scoring == "sum" else 1)
    low, high = items.minimum * factor, items.maximum * factor
    if not (_same(low, sheet.minimum) and _same(high, sheet.maximum)):
        how = f"the {items.scoring} of {items.count} items from {items.minimum:g} to "
        how += f"{items.maximum:g}, times {items.multiplier:g}, runs from {low:g} to {high:g}, "
        yield "items", how + f"and the total of this file runs from {_range(sheet)}."
    elif items.scoring == "sum" and not _divides(sheet.step, items.step * items.multiplier):
        allowed = f"a step that the sum of the items keeps ({items.step * items.multiplier:g})"
        yield "step", wrong(sheet.step, allowed)
    if items.max_missing is not None and items.max_missing >= items.count:
        yield "items.max_missing", wrong(items.max_missing, f"below the {items.count} items")
    answers = round((items.maximum - items.minimum) / items.step) + 1
    if items.labels and len(items.labels) != answers:
        yield "items.labels", wrong(len(items.labels), f"{answers}, the number of possible answers")
    if items.labels and sheet.licence and not sheet.licence.items_printable:
        yield "items.labels", "words of answers stand here, and licence.items_printable is false."
    yield from _number_problems("items.reverse", items.reverse, items.count)
    seen: set[str] = set()
    for place, subscale in _entries("subscales", sheet.subscales):
        yield from _number_problems(f"{place}.items", subscale.items, items.count)
        if subscale.id in seen:
            yield f"{place}.id", wrong(subscale.id, "an id that may stand twice")
        seen.add(subscale.id)
    for place, risk in _entries("risk_items", sheet.risk_items):
        yield from _number_problems(f"{place}.item", [risk.item], items.count)
        if not items.minimum <= risk.value <= items.maximum:
            allowed = f"an answer from {items.minimum:g} to {items.maximum:g}"
            yield f"{place}.value", wrong(risk.value, allowed)


def _number_problems(key: str, numbers: list[int], count: int) -> Iterator[Problem]:
    for number in numbers:
        if number > count:
            yield key, wrong(number, f"an item number from 1 to {count}")
    if len(set(numbers)) < len(numbers):
        yield key, wrong(numbers, "a list that names each item once")


def rules_problems(sheet: RulesSheet) -> Iterator[Problem]:
    """Yield what is contradictory in a rule profile."""
    rules: Rules = sheet.fact()
    windows = rules.plateau_windows
    if list(windows) != sorted(set(windows)):
        yield "plateau_windows.value", wrong(list(windows), "a list of rising numbers")
    if rules.plateau_block_cap_weeks < rules.plateau_block_weeks:
        allowed = f"at least plateau_block_weeks, {rules.plateau_block_weeks:g}"
        yield "plateau_block_cap_weeks.value", wrong(rules.plateau_block_cap_weeks, allowed)
    if not rules.course_amber < rules.course_red:
        allowed = f"below course_red, {rules.course_red:g}"
        yield "course_amber.value", wrong(rules.course_amber, allowed)


def _entries(part: str, entries: list[T]) -> list[tuple[str, T]]:
    # People count the blocks of a file from 1.
    return [(f"{part} (entry {place})", entry) for place, entry in enumerate(entries, start=1)]


def _range(sheet: InstrumentSheet) -> str:
    return f"{sheet.minimum:g} to {sheet.maximum:g}"


def _one_of(words: tuple[str, ...]) -> str:
    return " or ".join(repr(word) for word in words)


def _same(one: float, other: float) -> bool:
    # A millionth of a point: decimal steps such as 0.1 are not exact in binary.
    return abs(one - other) < 1e-6


def _divides(step: float, length: float) -> bool:
    return _same(length, round(length / step) * step) and round(length / step) >= 1
