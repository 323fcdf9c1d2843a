"""What would be made again, in words."""

import pytest

from suite.planning.explain import compared, configuration_of, differences, facts
from suite.running.errors import InputError
from suite.running.files import write_json, write_text

RECORD = {
    "method": "dcgan",
    "settings": {"updates": 3, "augment": []},
    "data": {"digest": "12ab"},
    "source": {"baselines/losses.py": "12ab", "baselines/game.py": "34cd"},
    "packages": {"torch": "2.4.1"},
    "seconds": 3.0,
}


def test_parameters_are_read_as_options_settings_digests_and_the_rest() -> None:
    told = ["'--or-fewer --n 16'", "'{\"augment\": [2]}'", "['a/part0']", "'mnist'", "12", "'{}'"]
    told += ['\'{"code": {"a.py": "12"}}\'', '\'{"files": {"mine": "34"}}\'', "''"]
    assert facts(told) == {
        **{"--n": "16", "--or-fewer": "yes", "augment": "[2]", "code a.py": "12"},
        **{"files mine": "34", "other parameters": "12, mnist"},
    }


def test_what_differs_is_named_with_both_values_where_these_tell_something() -> None:
    before = {"--n": "16", "clip": "true", "code a.py": "12", "code c.py": "1", "files mine": "3"}
    now = {"--n": "24", "step": "0.1", "code b.py": "12", "code c.py": "2", "files mine": "5"}
    before, now = before | {"same": "1"}, now | {"same": "1"}
    assert differences(before, now) == [
        "--n: 16 -> 24",
        "clip: true -> not given",
        "a.py: no longer used",
        "b.py: newly used",
        "c.py: code changed",
        "mine: content changed",
        "step: not given -> 0.1",
    ]


def test_two_runs_differ_in_what_they_were_made_with_and_not_in_what_came_out(tmp_path) -> None:
    other = {
        **RECORD,
        "settings": {"updates": 4, "augment": []},
        "source": {"baselines/losses.py": "56ef", "baselines/game.py": "34cd"},
        "packages": {"torch": "2.5.0"},
        "seconds": 4.0,
    }
    for name, record in (("first", RECORD), ("second", other)):
        write_json(tmp_path / name / "run.json", record)
    first, second = tmp_path / "first", tmp_path / "second"
    assert compared(first, second) == [
        "baselines/losses.py: code changed",
        "packages.torch: 2.4.1 -> 2.5.0",
        "settings.updates: 3 -> 4",
    ]
    assert compared(first, first) == []
    write_json(second / "run.json", RECORD | {"source": "the digest of an earlier version"})
    found = compared(first, second)
    assert "baselines/losses.py: no longer used" in found
    assert "the whole source: newly used" in found


def test_a_configuration_is_found_by_its_name_where_one_has_it(tmp_path) -> None:
    results = tmp_path / "results" / "mine"
    results.mkdir(parents=True)
    write_text(tmp_path / "damaged.yaml", "a: [")
    write_text(tmp_path / "other.yaml", "name: other")
    with pytest.raises(
        InputError, match=r"\(files with this name: none\): give it with --configfile"
    ):
        configuration_of(results)
    write_text(tmp_path / "config" / "mine.yaml", "name: mine")
    assert configuration_of(results) == tmp_path / "config" / "mine.yaml"
    write_text(tmp_path / "copy.yaml", "name: mine")
    with pytest.raises(InputError, match=r"config/mine\.yaml, .*copy\.yaml"):
        configuration_of(results)
