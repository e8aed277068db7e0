"""Are the shipped facts the published ones?"""

import dataclasses
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analytics.criteria import criteria
from analytics.instrument import Cutoff, Instrument
from analytics.rules import Rules
from data.library import Library

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "data" / "instruments").glob("*.toml"))
NAMES = [path.stem for path in FILES]
INSTRUMENTS = Library.load().instruments
FACTS = ROOT.parent / "shared" / "instruments.json"
# Three scores and no total: a file for each score.
DASS_21 = ("dass-21-a", "dass-21-d", "dass-21-s")
FIRST_THIRTY = [
    "phq-9",
    "gad-7",
    "phq-8",
    "phq-2",
    "gad-2",
    "phq-15",
    "core-om",
    "core-10",
    "yp-core",
    "wsas",
    "pcl-5",
    "dass-21",
    "k10",
    "k6",
    "who-5",
    "ors",
    "srs",
    "oq-45.2",
    "audit",
    "audit-c",
    "dast-10",
    "pswq",
    "isi",
    "oci-r",
    "pdss-sr",
    "spin",
    "epds",
    "gbo",
    "aaq-ii",
    "suds",
]

# --- what is shipped --------------------------------------------------------------


def test_the_first_thirty_are_shipped_in_a_stable_order():
    library = Library.load()
    wanted = {*FIRST_THIRTY, *DASS_21} - {"dass-21"}
    assert len(FIRST_THIRTY) == 30
    assert wanted <= set(library.instruments)
    assert list(library.instruments) == sorted(library.instruments)
    assert library.overridden == ()


def test_the_shipped_profile_is_the_default_of_the_formulas_with_a_source_for_each_threshold():
    library = Library.load()
    thresholds = {field.name for field in dataclasses.fields(Rules)} - {"id", "version", "outcome"}
    assert library.rules == Rules()
    assert set(library.rule_sources["default"]) == thresholds


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_number_has_a_source_that_says_whether_it_was_read_recalled_or_computed(path):
    found = list(numbered(tomllib.loads(path.read_text(encoding="utf-8"))))
    for key, table in found:
        source = table.get("source", "")
        said = "(read in " in source or source.endswith("(recalled, not re-read)")
        assert said or source.startswith("computed from "), key


def numbered(value: Any, key: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each table below the first block that holds a number, a list of items or a code."""
    if isinstance(value, Mapping):
        if key and key != ".licence" and any(not isinstance(v, Mapping) for v in value.values()):
            yield key, value
        for name, inner in value.items():
            yield from numbered(inner, f"{key}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from numbered(inner, key)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_item_wording_is_shipped(path):
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 6_000  # 45 items alone would be more
    for key, text in texts(table):
        last = key.rpartition(".")[2]
        if last in {"source", "status", "note", "notes"}:
            continue  # terms, places and remarks
        # The longest construct has 54 letters, the longest band 34; an answer is a word or two.
        limit = {"construct": 55, "label": 35}.get(last, 30)
        assert len(text) <= limit, f"{key}: {text}"
    assert isinstance(table["licence"]["items_printable"], bool)
    assert table["licence"]["status"].strip()
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


def test_names_are_short_and_no_two_instruments_share_one():
    names = [instrument.name for instrument in INSTRUMENTS.values()]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 24  # the longest is "SDQ parent hyperactivity"


def test_only_measures_of_outcome_and_goals_have_a_reliable_change():
    for instrument in INSTRUMENTS.values():
        if instrument.role == "process":
            assert instrument.reliable_change is None
            assert all(cutoff.purpose != "caseness" for cutoff in instrument.cutoffs)


def test_the_mark_of_remission_is_no_cutoff_of_a_case():
    judged = criteria(INSTRUMENTS["phq-9"], Rules())
    assert [c.purpose for c in INSTRUMENTS["phq-9"].cutoffs] == [
        "caseness",
        "screening",
        "remission",
    ]
    assert judged.cutoff is not None
    assert (judged.cutoff.op, judged.cutoff.value) == (">=", 10)


@pytest.mark.parametrize("name", NAMES)
def test_the_documents_list_every_instrument_as_its_file_has_it(name):
    text = (ROOT / "docs" / "instruments.md").read_text(encoding="utf-8")
    assert documented(INSTRUMENTS[name]) in text.splitlines()


def documented(instrument: Instrument) -> str:
    """Return the line of an instrument in the table of the documents."""
    known = instrument.reliable_change
    change = f"{known.value:g}" if known else ""
    if not known and instrument.role != "process" and instrument.clinical:
        change = "computed" if instrument.reliability else ""
    worse = (">=", ">") if instrument.better == "lower" else ("<=", "<")
    marks = [mark for mark in instrument.cutoffs if mark.op in worse]
    marks.sort(key=lambda mark: mark.purpose != "caseness")
    groups = (("clients", instrument.clinical), ("others", instrument.functional))
    cells = (
        f"`{instrument.id}`",
        instrument.name,
        f"{instrument.minimum:g} to {instrument.maximum:g}",
        instrument.better,
        instrument.role,
        change,
        f"{marks[0].op} {marks[0].value:g} ({marks[0].purpose})" if marks else "",
        ", ".join(word for word, group in groups if group),
        str(instrument.items.count) if instrument.items else "",
        "yes" if instrument.licence and instrument.licence.items_printable else "no",
    )
    return "| " + " | ".join(cells) + " |"


# --- the numbers of a file agree ----------------------------------------------------


def possible_totals(instrument: Instrument) -> list[float]:
    steps = round((instrument.maximum - instrument.minimum) / instrument.step)
    return [instrument.minimum + step * instrument.step for step in range(steps + 1)]


def counts(cutoff: Cutoff, total: float) -> bool:
    slack = 1e-9  # steps of a tenth are not exact in binary
    return {
        ">=": total >= cutoff.value - slack,
        ">": total > cutoff.value + slack,
        "<=": total <= cutoff.value + slack,
        "<": total < cutoff.value - slack,
    }[cutoff.op]


@pytest.mark.parametrize("name", NAMES)
def test_every_possible_total_is_in_one_band(name):
    instrument = INSTRUMENTS[name]
    if not instrument.bands:
        return
    for total in possible_totals(instrument):
        held = [b for b in instrument.bands if b.start - 1e-9 <= total <= b.end + 1e-9]
        assert len(held) == 1, total


@pytest.mark.parametrize("name", NAMES)
def test_every_cutoff_parts_the_possible_totals_in_two(name):
    instrument = INSTRUMENTS[name]
    for cutoff in instrument.cutoffs:
        parted = {counts(cutoff, total) for total in possible_totals(instrument)}
        assert parted == {True, False}, cutoff


@pytest.mark.parametrize("name", NAMES)
def test_reference_groups_stand_on_their_side_and_within_the_range(name):
    instrument = INSTRUMENTS[name]
    groups = [group for group in (instrument.clinical, instrument.functional) if group]
    width = instrument.maximum - instrument.minimum
    for group in groups:
        assert instrument.minimum < group.mean < instrument.maximum
        assert 0 < group.sd < width / 2
    if len(groups) == 2:
        worse = instrument.clinical.mean > instrument.functional.mean
        assert worse == (instrument.better == "lower")


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_that_is_shown_first_is_turned_around(name):
    """Risk items are read as they were answered: in a reversed item the worst answer is 0."""
    instrument = INSTRUMENTS[name]
    if instrument.items is not None:
        assert not {risk.item for risk in instrument.risk_items} & set(instrument.items.reverse)


@pytest.mark.parametrize("name", NAMES)
def test_the_criteria_of_every_instrument_are_sane_and_gaps_are_told(name):
    instrument = INSTRUMENTS[name]
    judged = criteria(instrument, Rules())
    width = instrument.maximum - instrument.minimum
    if judged.reliable_change is not None:
        assert judged.sem is not None
        assert 0 < judged.reliable_change.value < width / 2
    if judged.sem is not None and judged.meaningful_change is not None:
        # Less than the error of one score could never be seen in a single client.
        assert judged.meaningful_change.value > judged.sem.value
    if judged.cutoff is not None:
        assert {counts(judged.cutoff, t) for t in possible_totals(instrument)} == {True, False}
    told = " ".join(judged.missing)
    assert ("change cannot be assessed" in told) == (judged.reliable_change is None)
    assert ("recovery" in told) == (judged.cutoff is None)
    assert all(text.startswith(instrument.name) and text.endswith(".") for text in judged.missing)


# --- the numbers are the published ones -------------------------------------------

# Published, and left out of the file on purpose: why.
LEFT_OUT = {
    ("bdi-ii", "meaningful"): "less than one standard error of measurement",
    ("bsi-18", "cutoff"): "on the scale of T scores",
    ("dass-21-a", "reliable"): "half of a rule that also asks for a change of band",
    ("dass-21-d", "reliable"): "half of a rule that also asks for a change of band",
    ("dass-21-s", "reliable"): "half of a rule that also asks for a change of band",
    ("dass-21-d", "risk"): "totals only",
    ("dialog", "reliable"): "of a single rating, not of the mean",
    ("ede-q", "reliability"): "of a subscale, not of the global score",
    ("gas", "functional"): "of the T score over all goals",
    ("hads-a", "meaningful"): "a difference of groups, less than one standard error of measurement",
    ("hads-d", "meaningful"): "a difference of groups, less than one standard error of measurement",
    ("ham-d17", "meaningful"): "a difference of groups",
    ("ham-d17", "risk"): "totals only",
    ("madrs", "meaningful"): "a difference of groups",
    ("qids-sr16", "risk"): "totals only",
    ("rcads-parent", "bands"): "on the scale of T scores",
    ("rcads-parent", "cutoff"): "on the scale of T scores",
    ("rcads-self", "bands"): "on the scale of T scores",
    ("rcads-self", "cutoff"): "on the scale of T scores",
    ("spin", "bands"): "of uncertain origin, and at odds with the cutoff",
    ("yp-core", "cutoff"): "by age and sex, and none for all",
}
# Read since the facts were compiled: which number, with which tag, and why it is added.
ADDED: dict[tuple[str, str], list[tuple[object, str]]] = {
    # The compiled facts name remission below 5 as recalled only, in a note without a number.
    ("phq-9", "cutoff"): [((5, "<"), "S: DRR-E, provider tips of horizonblue.com")],
}
# Answers of these do not add up to the total, or their key is not on record.
TOTALS_ONLY = {
    "dialog": "eight of eleven ratings",
    "ede-q": "one item counts twice",
    "eq-5d-5l": "a visual scale",
    "gas": "one rating of one goal",
    "gbo": "one rating of one goal",
    "ham-d17": "items of two ranges",
    "lsas": "each item is rated twice",
    "mobility-inventory": "the number of items is not on record",
    "oq-30.2": "reversed items are not on record",
    "qids-sr16": "the highest of several items counts",
    "reqol-10": "reversed items are not on record",
    "sdq-parent": "twenty of twenty-five items",
    "sdq-self": "twenty of twenty-five items",
    "swemwbs": "raw sums are converted by a table",
    "vlq": "a mean of products",
}
NOT_SHIPPED = {
    "promis-anxiety": "the range of T is not on record",
    "promis-depression": "the range of T is not on record",
}


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    if not FACTS.exists():
        pytest.skip("the compiled facts do not lie beside this checkout")
    content: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def records(published) -> dict[str, Any]:
    return {entry["id"]: entry for entry in published["instruments"]}


def place_of(name: str, records: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """Return the record of a file, and the part of it that the file holds (``None``: the whole)."""
    if name in records:
        return records[name], None
    owner, _, part = name.rpartition("-")
    assert part in {entry["id"] for entry in records[owner]["subscales"]}, name
    return records[owner], part


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
    for risk in instrument.risk_items or (None,):
        yield "risk", risk and (risk.item, risk.op, risk.value), risk.source if risk else ""


def allowed_for(name: str, records: Mapping[str, Any]) -> dict[str, list[tuple[object, str]]]:
    """Return per slot the published numbers, each with the tag S (read) or M (recalled)."""
    record, part = place_of(name, records)
    # What is said of no part belongs to the whole, or to each part where there is no whole.
    shared = part is None or record["id"] not in NAMES

    def of(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            e for e in entries if e.get("subscale") == part or (shared and not e.get("subscale"))
        ]

    risk = [(item, one) for one in record["risk"] for item in one["items"]]
    if part is not None:
        (own,) = (entry["items"] for entry in record["subscales"] if entry["id"] == part)
        risk = [(item, one) for item, one in risk if item in own]
    slots: dict[str, list[tuple[object, str]]] = {
        "reliability": [((e["value"], "alpha"), e["source"]) for e in of(record["alpha"])]
        + [((e["r"], "test-retest"), e["source"]) for e in of(record["test_retest"])],
        "reliable": [(e["value"], e["source"]) for e in of(record["reliable_change"])],
        "meaningful": [
            (e["value"], e["source"]) for e in of(record["mcid"]) if e["unit"] == "points"
        ],
        "cutoff": [((e["value"], e["op"]), e["source"]) for e in of(record["cutoffs"])],
        "bands": [
            (tuple((b["min"], b["max"], b["label"]) for b in one["bands"]), one["source"])
            for one in (band_sets(records, record, part) if shared else [])
        ],
        "risk": [((item, e["op"], e["threshold"]), e["source"]) for item, e in risk],
    }
    for slot, key in (("clinical", "norms_clinical"), ("functional", "norms_nonclinical")):
        known = [
            e for e in of(record[key]) if e.get("mean") is not None and e.get("sd") is not None
        ]
        slots[slot] = [((*doubled(e), e.get("n")), e["source"]) for e in known]
    for (owner, slot), added in ADDED.items():
        if owner == name:
            slots[slot] += added
    return slots


def doubled(group: Mapping[str, Any]) -> tuple[float, float]:
    """Return mean and SD in points of the total, which is doubled where the record's are not."""
    factor = 2 if "UN-DOUBLED" in group["sample"] else 1
    return round(factor * group["mean"], 2), round(factor * group["sd"], 2)


def band_sets(
    records: Mapping[str, Any], record: Mapping[str, Any], part: str | None
) -> list[dict[str, Any]]:
    """Return the sets of bands of a record, or of one part of it."""
    found = [record["severity_bands"], *(record.get("alternative_bands") or [])]
    if record["id"] == "dass-42":  # its record points to the bands of the short form
        found += records["dass-21"]["alternative_bands"]
    found = [one for one in found if one and one.get("bands")]
    if part is None or not any(one["label"] for one in found):
        return found
    (title,) = (entry["name"] for entry in record["subscales"] if entry["id"] == part)
    return [one for one in found if one["label"].startswith(title)]


@pytest.mark.shared
def test_every_record_is_shipped_whole_or_in_parts_or_has_a_reason(records):
    shipped = {place_of(name, records)[0]["id"] for name in NAMES}
    assert set(records) - shipped == set(NOT_SHIPPED)


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_a_published_one_and_none_that_is_known_is_left_out(name, records):
    allowed = allowed_for(name, records)
    for slot, found, source in numbers_of(INSTRUMENTS[name]):
        if found is None:
            known = f"{slot} is published and not in the file"
            assert (allowed[slot] != []) == ((name, slot) in LEFT_OUT), known
            continue
        assert (name, slot) not in LEFT_OUT
        tags = {tag[0] for numbers, tag in allowed[slot] if numbers == found}
        assert tags, f"{slot}: {found} is not among {allowed[slot]}"
        said = "S" if "(read in " in source else "M"
        assert said in tags, f"{slot}: the file says {said}, the facts {tags}"


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_ranges_codes_and_directions_are_the_published_ones(name, records):
    record, part = place_of(name, records)
    instrument = INSTRUMENTS[name]
    # One rating, or a mean of ratings, has the range of a rating.
    total = record["total_range"] or record["item_range"]
    if part is not None:
        (total,) = (entry for entry in record["subscales"] if entry["id"] == part)
    assert (instrument.minimum, instrument.maximum) == (total["min"], total["max"])
    worse = record["higher_is"] == "worse" and "higher better" not in total.get("name", "")
    assert instrument.better == ("lower" if worse else "higher")
    known = {key: code for key, code in record["codes"].items() if key.startswith("loinc_")}
    known.pop("loinc_source", None)
    found = {key: code for key, code in instrument.codes if key != "source"}
    assert found == {key: code for key, code in known.items() if code}
    if instrument.licence and instrument.licence.items_printable:
        allowed = {"yes", "yes with attribution", "yes with credit"}
        assert record["licence"]["may_print_items"] in allowed


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_items_and_parts_are_the_published_ones(name, records):
    record, part = place_of(name, records)
    instrument = INSTRUMENTS[name]
    items, scoring = instrument.items, record["scoring"]
    assert (items is None) == (part is not None or name in TOTALS_ONLY)
    if items is None:
        return
    span = record["item_range"]
    assert (items.count, items.minimum, items.maximum) == (
        record["n_items"]["value"],
        span["min"],
        span["max"],
    )
    assert items.multiplier == (scoring.get("multiplier") or 1)
    # Answers of the EPDS come as severity: its record says so, and nothing is turned.
    turned = [] if name == "epds" else scoring.get("reverse_items") or []
    assert list(items.reverse) == turned
    # Where the rule for blank answers works within each subscale, the total has none.
    blank = None if name.startswith("rcads-") else (record["missing_rule"] or {}).get("max_missing")
    assert items.max_missing == blank
    everything = set(range(1, items.count + 1))
    published_parts = {entry["id"]: entry.get("items") for entry in record["subscales"]}
    listed = {item for part in published_parts.values() for item in part or []}
    for subscale in instrument.subscales:
        expected = published_parts.pop(subscale.id) or sorted(everything - listed)
        assert list(subscale.items) == expected, subscale.id
    assert published_parts == {}


@pytest.mark.shared
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("dass-", "sdq-"))])
def test_a_file_of_a_part_names_the_items_that_are_added_up(name, records):
    record, part = place_of(name, records)
    if part is None:
        return
    (own,) = (entry["items"] for entry in record["subscales"] if entry["id"] == part)
    notes = " ".join(INSTRUMENTS[name].notes)
    found = re.search(r"sum of items ([0-9, and]+[0-9])", notes)
    assert found
    assert [int(number) for number in re.findall(r"[0-9]+", found[1])] == own


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_the_source_of_the_items_says_read_and_recalled_as_the_facts_do(name, records):
    record, _ = place_of(name, records)
    items = INSTRUMENTS[name].items
    if items is None:
        return
    used = [record["n_items"]["source"], record["item_range"]["source"]]
    if items.reverse:
        used.append(record["scoring"]["reverse_source"])
    if items.max_missing is not None:
        used.append(record["missing_rule"]["source"])
    tags = {tag[0] for tag in used}
    assert ("(read in " in items.source) == ("S" in tags)
    assert ("(recalled, not re-read)" in items.source) == ("M" in tags)


@pytest.mark.shared
def test_caseness_and_reliable_change_of_talking_therapies_are_in_the_files(published):
    """England's national table: one anxiety measure for each problem, besides the PHQ-9."""
    pairs = published["nhs_talking_therapies"]["adsm"]
    found = {}
    for pair in pairs:
        name = pair["anxiety"] or (pair["depression"] if "every pair" in pair["problem"] else None)
        if name is None:
            continue  # single items on phobia, which are no questionnaire
        found[name] = (
            [(c.value, c.op) for c in INSTRUMENTS[name].cutoffs if c.purpose == "caseness"],
            getattr(INSTRUMENTS[name].reliable_change, "value", None),
        )
        case, change = pair["caseness"], pair["reliable_change"]
        assert found[name] == ([(case["value"], case["op"])], change["value"]), name
    assert len(found) == 10


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["rci_95", "criterion_c"])
@pytest.mark.parametrize("name", NAMES)
def test_the_chosen_numbers_together_give_a_change_and_a_cutoff_on_record(name, kind, published):
    """Reliability, SDs and means are chosen apart: this finds a set that nobody worked out."""
    instrument = INSTRUMENTS[name]
    clinical, functional = instrument.clinical, instrument.functional
    if clinical is None:
        return
    if kind == "rci_95" and instrument.reliability:
        computed = 1.96 * clinical.sd * math.sqrt(2 * (1 - instrument.reliability.value))
    elif kind == "criterion_c" and functional:
        computed = functional.sd * clinical.mean + clinical.sd * functional.mean
        computed /= functional.sd + clinical.sd
    else:
        return
    checks = [
        check["value"]
        for check in published["computed_checks"]
        if check["id"] == name and check["kind"] == kind
    ]
    # Half of the last printed digit, which is the second decimal.
    assert min(abs(computed - check) for check in checks) <= 0.005
