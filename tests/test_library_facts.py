"""Are the shipped facts the published ones?"""

import dataclasses
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analytics.instrument import Instrument
from analytics.rules import Rules
from data.library import Library

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "data" / "instruments").glob("*.toml"))
FACTS = ROOT.parent / "shared" / "instruments.json"
FOURTEEN = [
    "core-10",
    "core-om",
    "gad-7",
    "gbo",
    "k10",
    "oq-45.2",
    "ors",
    "pcl-5",
    "phq-2",
    "phq-9",
    "srs",
    "suds",
    "who-5",
    "wsas",
]

# --- what is shipped --------------------------------------------------------------


def test_fourteen_instruments_are_shipped_in_a_stable_order():
    library = Library.load()
    assert list(library.instruments) == FOURTEEN
    assert library.overridden == ()


def test_the_shipped_profile_is_the_default_of_the_formulas_with_a_source_for_each_threshold():
    library = Library.load()
    thresholds = {field.name for field in dataclasses.fields(Rules)} - {"id", "version"}
    assert library.rules == Rules()
    assert set(library.rule_sources["default"]) == thresholds


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_source_says_whether_it_was_read_or_recalled(path):
    sources = [
        (key, text)
        for key, text in texts(tomllib.loads(path.read_text(encoding="utf-8")))
        if key.endswith("source")
    ]
    for key, text in sources:
        assert "(read in " in text or text.endswith("(recalled, not re-read)"), key


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_item_wording_is_shipped(path):
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 6_000  # 45 items alone would be more
    for key, text in texts(table):
        last = key.rpartition(".")[2]
        if last in {"source", "status", "note", "notes"}:
            continue  # terms, places and remarks
        # The longest construct has 54 letters; a subscale, a band or an answer is a word or two.
        assert len(text) <= (55 if last == "construct" else 30), f"{key}: {text}"
    assert table["licence"]["items_printable"] or "labels" not in table.get("items", {})


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts(inner, f"{key}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str):
        yield key, value


def test_only_measures_of_outcome_and_goals_have_a_reliable_change():
    for instrument in Library.load().instruments.values():
        if instrument.role == "process":
            assert instrument.reliable_change is None
            assert all(cutoff.purpose != "caseness" for cutoff in instrument.cutoffs)


# --- the numbers are the published ones -------------------------------------------


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    if not FACTS.exists():
        pytest.skip("the compiled facts do not lie beside this checkout")
    content: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return content


def numbers_of(instrument: Instrument) -> Iterator[tuple[str, object, str]]:
    """Yield each fact as its slot, its numbers, and its source; None where it is not given."""
    rel, change = instrument.reliability, instrument.reliable_change
    yield "reliability", rel and (rel.value, rel.kind), rel.source if rel else ""
    for slot, norms in (("clinical", instrument.clinical), ("functional", instrument.functional)):
        yield slot, norms and (norms.mean, norms.sd, norms.n), norms.source if norms else ""
    yield "reliable", change and change.value, change.source if change else ""
    mic = instrument.meaningful_change
    yield "meaningful", mic and mic.value, mic.source if mic else ""
    for cutoff in instrument.cutoffs or (None,):
        yield "cutoff", cutoff and (cutoff.value, cutoff.op), cutoff.source if cutoff else ""
    bands = tuple((band.start, band.end, band.label) for band in instrument.bands)
    yield "bands", bands or None, instrument.bands[0].source if bands else ""
    risk = tuple((item.item, item.op, item.value) for item in instrument.risk_items)
    yield "risk", risk or None, " ".join(item.source for item in instrument.risk_items)


def allowed_for(record: Mapping[str, Any]) -> dict[str, list[tuple[object, str]]]:
    """Return per slot the published numbers, each with the tag S (read) or M (recalled)."""
    whole = [entry for entry in record["reliable_change"] if not entry.get("subscale")]
    cutoffs = [entry for entry in record["cutoffs"] if not entry.get("subscale")]
    sets = [record["severity_bands"], *(record.get("alternative_bands") or [])]
    risk = [(item, one) for one in record["risk"] for item in one["items"]]
    slots: dict[str, list[tuple[object, str]]] = {
        "reliability": [((e["value"], "alpha"), e["source"]) for e in record["alpha"]]
        + [((e["r"], "test-retest"), e["source"]) for e in record["test_retest"]],
        "reliable": [(e["value"], e["source"]) for e in whole],
        "meaningful": [(e["value"], e["source"]) for e in record["mcid"] if e["unit"] == "points"],
        "cutoff": [((e["value"], e["op"]), e["source"]) for e in cutoffs],
        "bands": [
            (tuple((b["min"], b["max"], b["label"]) for b in one["bands"]), one["source"])
            for one in sets
            if one and one.get("bands")
        ],
        "risk": [(tuple((i, e["op"], e["threshold"]) for i, e in risk), risk[0][1]["source"])]
        if risk
        else [],
    }
    for slot, name in (("clinical", "norms_clinical"), ("functional", "norms_nonclinical")):
        known = [e for e in record[name] if e.get("mean") is not None and e.get("sd") is not None]
        slots[slot] = [((e["mean"], e["sd"], e.get("n")), e["source"]) for e in known]
    return slots


@pytest.mark.shared
@pytest.mark.parametrize("name", FOURTEEN)
def test_every_number_is_a_published_one_and_none_that_is_known_is_left_out(name, published):
    record = next(entry for entry in published["instruments"] if entry["id"] == name)
    instrument = Library.load().instruments[name]
    allowed = allowed_for(record)
    for slot, found, source in numbers_of(instrument):
        if found is None:
            assert allowed[slot] == [], f"{slot} is published and not in the file"
            continue
        tags = {tag[0] for numbers, tag in allowed[slot] if numbers == found}
        assert tags, f"{slot}: {found} is not among {allowed[slot]}"
        said = "S" if "(read in " in source else "M"
        assert said in tags, f"{slot}: the file says {said}, the facts {tags}"


@pytest.mark.shared
@pytest.mark.parametrize("name", FOURTEEN)
def test_ranges_items_codes_and_directions_are_the_published_ones(name, published):
    record = next(entry for entry in published["instruments"] if entry["id"] == name)
    instrument = Library.load().instruments[name]
    total = record["total_range"]
    assert (instrument.minimum, instrument.maximum) == (total["min"], total["max"])
    assert instrument.better == {"worse": "lower", "better": "higher"}[record["higher_is"]]
    known = {key: code for key, code in record["codes"].items() if key.startswith("loinc_")}
    known.pop("loinc_source", None)
    found = {key: code for key, code in instrument.codes if key != "source"}
    assert found == {key: code for key, code in known.items() if code}
    if instrument.licence and instrument.licence.items_printable:
        assert record["licence"]["may_print_items"] in {"yes", "yes with attribution"}
    if name == "gbo":  # one rating a goal: nothing to add up
        assert instrument.items is None
        return
    items, scoring = instrument.items, record["scoring"]
    assert items is not None
    span = record["item_range"]
    assert (items.count, items.minimum, items.maximum) == (
        record["n_items"]["value"],
        span["min"],
        span["max"],
    )
    assert items.multiplier == (scoring.get("multiplier") or 1)
    assert list(items.reverse) == (scoring.get("reverse_items") or [])
    assert items.max_missing == (record["missing_rule"] or {}).get("max_missing")
    everything = set(range(1, items.count + 1))
    published_parts = {entry["id"]: entry.get("items") for entry in record["subscales"]}
    listed = {item for part in published_parts.values() for item in part or []}
    for part in instrument.subscales:
        expected = published_parts.pop(part.id) or sorted(everything - listed)
        assert list(part.items) == expected, part.id
    assert published_parts == {}


@pytest.mark.shared
@pytest.mark.parametrize("name", [name for name in FOURTEEN if name != "gbo"])
def test_the_source_of_the_items_says_read_and_recalled_as_the_facts_do(name, published):
    record = next(entry for entry in published["instruments"] if entry["id"] == name)
    items = Library.load().instruments[name].items
    assert items is not None
    used = [record["n_items"]["source"], record["item_range"]["source"]]
    if items.reverse:
        used.append(record["scoring"]["reverse_source"])
    if items.max_missing is not None:
        used.append(record["missing_rule"]["source"])
    tags = {tag[0] for tag in used}
    assert ("(read in " in items.source) == ("S" in tags)
    assert ("(recalled, not re-read)" in items.source) == ("M" in tags)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["phq-9", "gad-7", "core-om", "oq-45.2", "ors"])
def test_the_chosen_numbers_together_give_a_change_and_a_cutoff_on_record(name, published):
    """Reliability, SDs and means are chosen apart: this finds a set that nobody worked out."""
    instrument = Library.load().instruments[name]
    clinical, functional = instrument.clinical, instrument.functional
    assert clinical
    assert functional
    assert instrument.reliability
    change = 1.96 * clinical.sd * math.sqrt(2 * (1 - instrument.reliability.value))
    cutoff = functional.sd * clinical.mean + clinical.sd * functional.mean
    cutoff /= functional.sd + clinical.sd
    for kind, computed in (("rci_95", change), ("criterion_c", cutoff)):
        checks = [
            check["value"]
            for check in published["computed_checks"]
            if check["id"] == name and check["kind"] == kind
        ]
        # Half of the last printed digit, which is the second decimal.
        assert min(abs(computed - check) for check in checks) <= 0.005
