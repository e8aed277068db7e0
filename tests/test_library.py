"""Are a service's own files used, and wrong ones refused in plain words?"""

from pathlib import Path

import pytest

from analytics.instrument import Instrument
from analytics.rules import Rules
from data import library as library_module
from data.errors import DataError
from data.library import Library, load_instrument, load_rules

SHIPPED = Path(__file__).parents[1] / "data"

MINIMAL = """\
id = "bdi"
version = "1"
name = "Beck Depression Inventory"
better = "lower"
minimum = 0
maximum = 63
step = 1
"""
FULL = (
    MINIMAL
    + """\
interval_days = 14
reliability = { value = 0.93, kind = "alpha", source = "A" }
norms.clinical = { mean = 22.4, sd = 10.5, n = 248, source = "B" }
norms.functional = { mean = 7.0, sd = 7.5, source = "C" }
change.reliable = { value = 9, source = "D" }
cutoffs = [{ value = 14, op = ">=", purpose = "caseness", source = "E" }]
items = { count = 21, minimum = 0, maximum = 3, reverse = [2, 4], max_missing = 1, source = "F" }
risk_items = [{ item = 9, op = ">=", value = 1, source = "G" }]
subscales = [{ id = "a", name = "Affect", items = [1, 2], source = "H" }]

[[bands]]
from = 0
to = 13
label = "minimal"
source = "I"

[[bands]]
from = 14
to = 63
label = "more"
source = "I"
"""
)

DOUBLED = (
    MINIMAL.replace("maximum = 63", "maximum = 42").replace("step = 1", "step = 2")
    + """
bands = [
    { from = 0, to = 9, label = "normal", source = "A" },
    { from = 10, to = 20, label = "mild", source = "A" },
    { from = 21, to = 42, label = "more", source = "A" },
]
"""
)


def written(folder: Path, text: str, name: str = "bdi.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def changed(old: str, new: str) -> str:
    assert FULL.count(old) == 1, f"{old!r} stands {FULL.count(old)} times"
    return FULL.replace(old, new)


# --- files of a service -----------------------------------------------------------


def test_the_first_block_is_all_that_a_service_must_give(tmp_path):
    instrument = load_instrument(written(tmp_path, MINIMAL))
    assert instrument == Instrument(
        "bdi", "1", "Beck Depression Inventory", "lower", 0.0, 63.0, 1.0
    )


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "bdi.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert load_instrument(path) == load_instrument(written(tmp_path / "plain", FULL))


MISTAKES = [
    ('version = "1"\n', "", "version: nothing stands here, and it is needed."),
    ('version = "1"', "version = 1", "version: 1 is not a text in quotes."),
    ('"lower"', '"down"', "better: 'down' is not 'lower' or 'higher'."),
    ("step = 1", "step = 0", "step: 0 is not a number above 0."),
    ("step = 1", "step = 4", "step: 4 is not a step that leads from 0 to 63 without a rest."),
    ("minimum = 0\nmax", "minimum = 63\nmax", "minimum: 63 is not below the maximum, 63."),
    ("maximum = 63", "maximum = inf", "maximum: inf is not a finite number."),
    ("maximum = 63", "maximum = true", "maximum: True is not a number."),
    ("norms.clin", "normz.clin", "normz: no such key is known; perhaps 'norms' is meant."),
    ("n = 248", "m = 248", "norms.clinical.m: no such key is known."),
    ("sd = 10.5", "sd = -10.5", "norms.clinical.sd: -10.5 is not a number above 0."),
    ("mean = 22.4", "mean = 224", "norms.clinical.mean: 224 is not a total from 0 to 63."),
    ("0.93", "1.0", "reliability.value: 1 is not a number below 1."),
    ('"A"', '" "', "reliability.source: ' ' is not a text that says something."),
    (', source = "D"', "", "change.reliable.source: nothing stands here, and it is needed."),
    (
        "value = 9, source",
        "value = 64, source",
        "change.reliable.value: 64 is not a change within the range from 0 to 63.",
    ),
    ("value = 14", "value = 64", "cutoffs (entry 1).value: 64 is not a total from 0 to 63."),
    (
        'op = ">=", purpose',
        'op = "<=", purpose',
        "cutoffs (entry 1).op: '<=' is not '>=' or '>', as lower scores are better.",
    ),
    (
        "from = 14",
        "from = 15",
        "bands (entry 2).from: 15 is not 14, the next total after the band before it.",
    ),
    ("from = 0", "from = 1", "bands (entry 1).from: 1 is not the lowest total, 0."),
    ("to = 63", "to = 60", "bands (entry 2).to: 60 is not the highest total, 63."),
    ("count = 21", "count = 0", "items.count: 0 is not 1 or more."),
    (
        "count = 21",
        "count = 20",
        "items: the sum of 20 items from 0 to 3, times 1, runs from 0 to 60, and the total of "
        "this file runs from 0 to 63.",
    ),
    ("[2, 4]", "[2, 22]", "items.reverse: 22 is not an item number from 1 to 21."),
    ("[2, 4]", "[2, 2]", "items.reverse: [2, 2] is not a list that names each item once."),
    ("max_missing = 1", "max_missing = 21", "items.max_missing: 21 is not below the 21 items."),
    (
        "max_missing = 1",
        'labels = ["no", "yes"]',
        "items.labels: 2 is not 4, the number of possible answers.",
    ),
    ("item = 9", "item = 22", "risk_items (entry 1).item: 22 is not an item number from 1 to 21."),
    (
        'op = ">=", value',
        'op = "<>", value',
        "risk_items (entry 1).op: '<>' is not '>=', '>', '<=' or '<'.",
    ),
    ("value = 1,", "value = 4,", "risk_items (entry 1).value: 4 is not an answer from 0 to 3."),
    ("[1, 2]", "[]", "subscales (entry 1).items: [] is not a list with at least 1 entry."),
    ("14\nrel", "1.5\nrel", "interval_days: 1.5 is not a whole number."),
]


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES, ids=[m[2][:50] for m in MISTAKES])
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, sentence):
    with pytest.raises(DataError) as refusal:
        load_instrument(written(tmp_path, changed(old, new)))
    assert str(refusal.value) == f"bdi.toml, {sentence} The instrument was not loaded."


def test_every_mistake_of_a_file_is_named_at_once(tmp_path):
    text = changed("sd = 10.5", "sd = 0").replace("value = 14", "value = 64")
    with pytest.raises(DataError) as refusal:
        load_instrument(written(tmp_path, text, name="beck.toml"))
    assert str(refusal.value) == (
        "beck.toml, norms.clinical.sd: 0 is not a number above 0.\n"
        "beck.toml, cutoffs (entry 1).value: 64 is not a total from 0 to 63.\n"
        "beck.toml, id: 'bdi' is not 'beck', the name of the file. The instrument was not loaded."
    )


def test_risk_items_without_a_table_of_items_are_refused(tmp_path):
    """Without it no answer is ever read, and the risk item would stay silent."""
    risk = 'risk_items = [{ item = 9, op = ">=", value = 1, source = "G" }]\n'
    with pytest.raises(DataError, match=r"bdi.toml, risk_items: item numbers stand here, and the"):
        load_instrument(written(tmp_path, MINIMAL + risk))


def test_bands_in_whole_points_suit_totals_that_move_by_two(tmp_path):
    """Printed for doubled sums, 0 to 9 and then 10: no total lies between them."""
    instrument = load_instrument(written(tmp_path, DOUBLED))
    assert [band.end for band in instrument.bands] == [9, 20, 42]


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (11, "11 is not 10, the next total after the band before it."),
        (9, "9 is not 10, the next total after the band before it."),
        (8, "8 is not 10, the next total after the band before it."),
    ],
)
def test_no_total_is_between_two_bands_or_in_both(tmp_path, start, sentence):
    text = DOUBLED.replace("from = 10", f"from = {start}")
    with pytest.raises(DataError) as refusal:
        load_instrument(written(tmp_path, text))
    assert sentence in str(refusal.value)


def test_two_caseness_cutoffs_are_refused(tmp_path):
    case = '{ value = 14, op = ">=", purpose = "caseness", source = "E" }'
    with pytest.raises(DataError) as refusal:
        load_instrument(written(tmp_path, changed(case, f"{case}, {case}")))
    assert str(refusal.value) == (
        "bdi.toml, cutoffs (entry 2).purpose: 'caseness' is not a purpose that may stand twice. "
        "The instrument was not loaded."
    )


def test_answer_words_are_refused_where_the_licence_forbids_them(tmp_path):
    text = changed("max_missing = 1", 'labels = ["no", "a bit", "rather", "yes"]')
    text += '\n[licence]\nstatus = "proprietary"\nitems_printable = false\n'
    with pytest.raises(DataError, match=r"licence\.items_printable is false"):
        load_instrument(written(tmp_path, text))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'id = "bdi"\nname =\n', "bdi.toml, line 2: this is not valid TOML (Invalid value)."),
        (
            b'id = "bdi"\nname = "B\xe4ck"\n',
            "bdi.toml, line 2: a character is not written in UTF-8, which is the only encoding "
            "allowed.",
        ),
        ('id = "bdi"'.encode("utf-16"), "bdi.toml, line 1: a character is not written in UTF-8"),
    ],
    ids=["syntax", "cp1252", "utf-16"],
)
def test_an_unreadable_file_is_named_with_its_line(tmp_path, raw, sentence):
    path = tmp_path / "bdi.toml"
    path.write_bytes(raw)
    with pytest.raises(DataError) as refusal:
        load_instrument(path)
    assert str(refusal.value).startswith(sentence)
    assert str(refusal.value).endswith("The instrument was not loaded.")


def test_a_missing_file_is_a_sentence_too(tmp_path):
    with pytest.raises(DataError, match=r"^bdi.toml cannot be read: No such file"):
        load_instrument(tmp_path / "bdi.toml")


PROFILE = 'id = "strict"\nversion = "1"\n'


def test_a_profile_keeps_the_thresholds_that_it_leaves_out(tmp_path):
    text = PROFILE + 'confidence = { value = 0.99, source = "board" }\n'
    rules = load_rules(written(tmp_path, text, "strict.toml"))
    assert rules == Rules(id="strict", version="1", confidence=0.99)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('confidence = { value = 95, source = "x" }', "confidence.value: 95 is not a number below"),
        ('plateau_windows = { value = [9, 8], source = "x" }', "plateau_windows.value: [9, 8] is"),
        (
            'plateau_windows = { value = [2, 8], source = "x" }',
            "plateau_windows.value (entry 1): 2",
        ),
        (
            'plateau_inflation = { value = 0.8, source = "x" }',
            "plateau_inflation.value: 0.8 is not",
        ),
        (
            'plateau_block_cap_weeks = { value = 5, source = "x" }',
            "plateau_block_cap_weeks.value: 5 is not at least plateau_block_weeks, 7.",
        ),
        ("noisy_from = { value = 10 }", "noisy_from.source: nothing stands here, and it is needed"),
        ('cutoff = { value = "d", source = "x" }', "cutoff.value: 'd' is not 'a', 'b' or 'c'."),
    ],
)
def test_a_wrong_threshold_is_named_with_its_place(tmp_path, line, sentence):
    with pytest.raises(DataError) as refusal:
        load_rules(written(tmp_path, PROFILE + line + "\n", "strict.toml"))
    assert str(refusal.value).startswith(f"strict.toml, {sentence}")
    assert str(refusal.value).endswith(" The rules were not loaded.")


def test_a_service_adds_and_overrides(tmp_path):
    phq = (SHIPPED / "instruments" / "phq-9.toml").read_text(encoding="utf-8")
    assert "reliable = { value = 6" in phq
    written(
        tmp_path / "instruments",
        phq.replace("reliable = { value = 6", "reliable = { value = 5"),
        "phq-9.toml",
    )
    written(tmp_path / "instruments", MINIMAL)
    written(tmp_path / "profiles", PROFILE, "strict.toml")
    ours = 'id = "default"\nversion = "2"\nconfidence = { value = 0.9, source = "board" }\n'
    written(tmp_path / "profiles", ours, "default.toml")

    library, shipped = Library.load(tmp_path), Library.load()

    assert library.overridden == ("instruments/phq-9", "profiles/default")
    assert list(library.instruments) == sorted([*shipped.instruments, "bdi"])
    change = library.instruments["phq-9"].reliable_change
    assert change is not None
    assert change.value == 5
    assert library.instruments["gad-7"] == shipped.instruments["gad-7"]
    assert library.rules == Rules(version="2", confidence=0.9)
    assert library.profile("strict") == Rules(id="strict", version="1")
    assert library.hash != shipped.hash


def test_a_wrong_file_of_a_service_is_never_passed_over(tmp_path):
    written(tmp_path / "instruments", changed("sd = 10.5", "sd = 0"))
    written(tmp_path / "profiles", PROFILE + "cutoff = 1\n", "strict.toml")
    with pytest.raises(DataError) as refusal:
        Library.load(tmp_path)
    assert str(refusal.value) == (
        "bdi.toml, norms.clinical.sd: 0 is not a number above 0. The instrument was not loaded.\n"
        "strict.toml, cutoff: 1 is not a table. The rules were not loaded."
    )


def test_a_shipped_file_needs_its_licence(tmp_path, monkeypatch):
    written(tmp_path / "instruments", MINIMAL)
    monkeypatch.setattr(library_module, "SHIPPED", tmp_path)
    with pytest.raises(DataError, match=r"^bdi.toml, licence: nothing stands here"):
        Library.load()


def test_an_unknown_profile_and_a_missing_folder_are_sentences(tmp_path):
    with pytest.raises(DataError, match=r"^No rule profile is called 'nhs'\. Known profiles: def"):
        Library.load().profile("nhs")
    with pytest.raises(DataError, match="nowhere is not a folder"):
        Library.load(tmp_path / "nowhere")


# --- the hash ---------------------------------------------------------------------


def test_the_hash_does_not_know_places_comments_or_the_order_of_keys_and_files(tmp_path):
    written(tmp_path / "one" / "instruments", FULL)
    written(tmp_path / "one" / "instruments", MINIMAL.replace("bdi", "aaa"), "aaa.toml")
    block, rest = FULL[: len(MINIMAL)], FULL[len(MINIMAL) :]
    swapped = "\n".join(reversed(block.splitlines())) + "  # as in 1996\n" + rest
    written(tmp_path / "two" / "instruments", MINIMAL.replace("bdi", "aaa"), "aaa.toml")
    written(tmp_path / "two" / "instruments", swapped.replace("maximum = 63", "maximum = 63.0"))
    assert Library.load(tmp_path / "one").hash == Library.load(tmp_path / "two").hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.93", "0.92"),
        ("sd = 10.5", "sd = 10.6"),
        ("sd = 7.5", "sd = 7.6"),
        ("n = 248", "n = 249"),
        ("value = 9, source", "value = 10, source"),
        ("value = 14", "value = 15"),
        ("max_missing = 1", "max_missing = 2"),
        ("[2, 4]", "[2, 5]"),
        ("value = 1,", "value = 2,"),
        ("item = 9", "item = 8"),
        ("[1, 2]", "[1, 3]"),
        ("interval_days = 14", "interval_days = 7"),
        ("to = 13", "to = 12"),
        ('version = "1"', 'version = "2"'),
        ('"D"', '"D, p. 3"'),
    ],
)
def test_the_hash_changes_with_every_fact(tmp_path, old, new):
    text = changed(old, new)
    if new == "to = 12":
        text = text.replace("from = 14", "from = 13")
    written(tmp_path / "one" / "instruments", FULL)
    written(tmp_path / "two" / "instruments", text)
    assert Library.load(tmp_path / "one").hash != Library.load(tmp_path / "two").hash


def test_the_hash_changes_with_a_threshold_and_its_source(tmp_path):
    hashes = set()
    for rule in ("value = 2, source", "value = 3, source", "value = 3, source"):
        text = f'{PROFILE}plateau_span = {{ {rule} = "board {len(hashes)}" }}\n'
        written(tmp_path / "profiles", text, "strict.toml")
        hashes.add(Library.load(tmp_path).hash)
    assert len(hashes) == 3
