"""Is the curve of the literature the printed one, and is a mistaken file refused in words?"""

import csv
from pathlib import Path

import pytest

from analytics.expectation.expected import course_limit, expected_course, why_not_assessable
from data.curves import SHIPPED, load_curve, load_curves
from data.errors import DataError

GOLDEN = Path(__file__).parent / "golden" / "expected_course.csv"
PRINTED = 0.05  # one decimal is printed


def cases():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["source"]) for row in csv.DictReader(file)]


def written(folder, name="bdi", old="", new=""):
    text = (SHIPPED / "bdi.toml").read_text(encoding="utf-8")
    assert old in text
    path = folder / f"{name}.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("instrument", ["bdi", "bdi-ii"])
@pytest.mark.parametrize("case", cases())
def test_the_expected_course_matches_the_printed_one(case, instrument):
    curve = load_curves()[instrument]
    intake, weeks = float(case["intake"]), float(case["weeks"])
    found = expected_course(curve, intake, weeks).expected
    assert float(found) == pytest.approx(float(case["expected"]), abs=PRINTED)
    if case["limit_80"]:
        limit = course_limit(curve, intake, weeks, share=0.80)
        assert float(limit) == pytest.approx(float(case["limit_80"]), abs=PRINTED)


def test_every_shipped_curve_says_that_it_is_of_other_people_and_what_is_not_known():
    curves = load_curves()
    assert list(curves) == ["bdi", "bdi-ii"]
    for instrument, curve in curves.items():
        assert curve.instrument == instrument
        assert not curve.is_own
        assert curve.source.startswith("Another population, not your service")
        assert "counts as 0" in curve.source
        assert curve.covariance == ((0.0,) * 4,) * 4
        assert curve.intake_low < curve.intake_mean < curve.intake_high
        assert why_not_assessable(curve, curve.intake_low, curve.longest) is None


def test_a_curve_of_the_service_goes_before_the_shipped_one(tmp_path):
    written(tmp_path, old='instruments = ["bdi", "bdi-ii"]', new='instruments = ["bdi-ii"]')
    written(tmp_path, old="b0 = 18.626", new="b0 = 20.5")
    assert {name: curve.b0 for name, curve in load_curves(tmp_path).items()} == {
        "bdi": 20.5,
        "bdi-ii": 20.5,
    }
    written(tmp_path, old='instruments = ["bdi", "bdi-ii"]', new='instruments = ["mood"]')
    assert sorted(load_curves(tmp_path)) == ["bdi", "bdi-ii", "mood"]
    assert load_curves(tmp_path / "none") == load_curves()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("b1 = 0.8531\n", "", "bdi.toml, coefficients.b1: nothing stands here"),
        ("b1 = 0.8531", 'b1 = "0.85"', "coefficients.b1: '0.85' is not a number"),
        ("b1 = 0.8531", "b1 = nan", "coefficients.b1: nan is not a finite number"),
        ("b1 = 0.8531", "b1 = 0.8531\nb4 = 1", "coefficients.b4: no such key is known"),
        ("correlation = -0.84", "correlation = -1.4", "spread.correlation: -1.4 is not -1 or more"),
        ("sd_e = 3.76", "sd_e = 0", "spread.sd_e: 0 is not a number above 0"),
        ('better = "lower"', 'better = "down"', "better: 'down' is not 'lower' or 'higher'"),
        ('instruments = ["bdi", "bdi-ii"]', "instruments = []", "a list with at least 1 entry"),
        ("intake_low = 4", "intake_low = 40", "A range must go upwards"),
        ('id = "bdi"', 'id = "bdi-1"', "id: 'bdi-1' is not 'bdi', the name of the file"),
        ('id = "bdi"', 'id = "bdi', "is not valid TOML"),
    ],
)
def test_a_mistaken_file_is_refused_with_place_and_remedy(tmp_path, old, new, words):
    with pytest.raises(DataError, match="The curve was not loaded") as found:
        load_curve(written(tmp_path, old=old, new=new))
    assert words in str(found.value)


def test_every_mistake_of_every_file_is_named(tmp_path):
    path = written(tmp_path, old="b1 = 0.8531", new='b1 = "x"')
    path.write_text(path.read_text("utf-8").replace("sd_e = 3.76", "sd_e = -1"), "utf-8")
    (tmp_path / "mood.toml").write_bytes("source = 'Löwe'".encode("latin-1"))
    with pytest.raises(DataError) as found:
        load_curves(tmp_path)
    for words in ("coefficients.b1", "spread.sd_e", "mood.toml, line 1: a character is not"):
        assert words in str(found.value)


def test_two_files_of_one_folder_for_one_questionnaire_are_refused(tmp_path):
    written(tmp_path)
    written(tmp_path, name="other", old='id = "bdi"', new='id = "other"')
    with pytest.raises(DataError, match=r"other.toml, instruments: bdi.toml already has a curve"):
        load_curves(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone.toml cannot be read"):
        load_curve(tmp_path / "gone.toml")
