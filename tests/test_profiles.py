"""Do the shipped rule profiles say where each number comes from, and do mistakes come out?"""

import tomllib

import pytest

from analytics.outcomes.rules import ByCriterion, ByPair, ByShare, ByWindow, OutcomeRule
from data.errors import DataError
from data.library import SHIPPED, Library, load_rules

FILES = sorted((SHIPPED / "profiles").glob("*.toml"))
SHARES = """
[outcome.share]
response = { value = 0.5, source = "a paper" }
partial = { value = 0.25, source = "a paper" }
worse = { value = 0.5, source = "a paper" }
"""


def texts(table, at=""):
    """Yield every text of a file with the keys that lead to it."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        if isinstance(value, dict | list):
            yield from texts(value, f"{at}{key}.")
        elif isinstance(value, str):
            yield f"{at}{key}", value


@pytest.fixture
def profile(tmp_path):
    """Return a function that reads a profile with the given table ``outcome``."""

    def read(rest, name="Ours", success="something good"):
        path = tmp_path / "ours.toml"
        head = f'id = "ours"\nversion = "1"\n[outcome]\nname = "{name}"\nsuccess = "{success}"\n'
        path.write_text(head + rest, encoding="utf-8")
        return load_rules(path)

    return read


def test_five_profiles_are_shipped_and_each_names_what_it_counts():
    profiles = Library.load().profiles
    kinds = {name: type(rules.outcome.how) for name, rules in profiles.items()}
    assert kinds == {
        "default": ByCriterion,
        "hedis": ByWindow,
        "jacobson-truax": ByCriterion,
        "nhs-tt": ByPair,
        "percentage": ByShare,
    }
    assert len({rules.outcome.name for rules in profiles.values()}) == len(profiles)
    assert all(rules.version and rules.outcome.success for rules in profiles.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_source_of_a_profile_says_how_it_is_known(path):
    """Read in a place, recalled, or an own choice or computation."""
    known = ("(read in ", "(recalled, not re-read)", "Own ", "own choice")
    for key, text in texts(tomllib.loads(path.read_text(encoding="utf-8"))):
        if key.endswith("source"):
            assert any(words in text for words in known), key


def test_the_pairs_name_questionnaires_on_file_with_their_own_numbers():
    """Caseness and reliable change of a pair are those of the questionnaire's own file."""
    library = Library.load()
    how = library.profile("nhs-tt").outcome.how
    assert how.anxiety[0].instrument == "gad-7"
    assert not how.anxiety[0].problems
    for measure in (how.depression, *how.anxiety):
        facts = library.instruments[measure.instrument]
        (caseness,) = (cutoff for cutoff in facts.cutoffs if cutoff.purpose == "caseness")
        assert (measure.caseness.op, measure.caseness.value) == (caseness.op, caseness.value)
        assert measure.reliable_change.value == facts.reliable_change.value
        assert all(problem == problem.lower().strip() for problem in measure.problems)
    assert all(measure.problems for measure in how.anxiety[1:])


def test_the_window_is_that_of_drr_e():
    """NCQA: PHQ-9 above 9, then below 5 or at least 50 percent lower in 120 to 240 days."""
    how = Library.load().profile("hedis").outcome.how
    assert (how.instrument, how.index.op, how.index.value) == ("phq-9", ">=", 10)
    assert (how.first_day.value, how.last_day.value) == (120, 240)
    assert (how.remission.op, how.remission.value, how.response.value) == ("<", 5, 0.5)


def test_a_profile_without_an_outcome_counts_published_criteria():
    assert Library.load().rules.outcome == OutcomeRule()
    assert Library.load().rules.outcome.how.source.startswith("Own choice")


def test_an_outcome_is_read_and_changes_the_fingerprint(profile, tmp_path):
    rules = profile(SHARES)
    assert rules.outcome.name == "Ours"
    assert rules.outcome.how.partial.value == 0.25
    hashes = set()
    for share in ("0.25", "0.3"):
        folder = tmp_path / share / "profiles"
        folder.mkdir(parents=True)
        text = (tmp_path / "ours.toml").read_text(encoding="utf-8").replace("0.25", share)
        (folder / "ours.toml").write_text(text, encoding="utf-8")
        hashes.add(Library.load(folder.parent).hash)
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("rest", "mistake"),
    [
        pytest.param("", "outcome: no kind stands here, and exactly one of criterion", id="none"),
        pytest.param(SHARES + '[outcome.criterion]\ncomputed = true\nonly_cases = true\n'
                     'source = "x"\n', "outcome: criterion and share stands here", id="two"),
        pytest.param(SHARES.replace("0.25", "0.6"), "a partial response, 0.6, is not below",
                     id="partial above response"),
        pytest.param(SHARES.replace("0.5,", "50,", 1), "outcome.share.response.value: 50 is not",
                     id="percent for a share"),
        pytest.param('[outcome.window]\ninstrument = "phq-9"\n'
                     'index = { value = 10, op = ">=", source = "x" }\n'
                     'remission = { value = 5, op = "<", source = "x" }\n'
                     'first_day = { value = 240, source = "x" }\n'
                     'last_day = { value = 120, source = "x" }\n'
                     'response = { value = 0.5, source = "x" }\n',
                     "outcome.window: the window begins on day 240", id="window backwards"),
        pytest.param("[outcome.pair]\nanxiety = []\n", "outcome.pair.depression: nothing stands",
                     id="half a pair"),
        pytest.param("[outcome.percent]\nvalue = 1\n", "outcome.percent: no such key",
                     id="unknown kind"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_outcome_is_named(profile, rest, mistake):
    with pytest.raises(DataError) as told:
        profile(rest)
    assert mistake in str(told.value)
    assert str(told.value).endswith("The rules were not loaded.")
