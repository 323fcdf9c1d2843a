"""Which jobs would run again, and why."""

from types import SimpleNamespace

import pytest

from suite.planning import explain
from suite.planning.explain import Change, compared, configuration_of, differences, facts, text_of
from suite.running.errors import InputError
from suite.running.files import write_json, write_text

RECORD = {
    "method": "dcgan",
    "settings": {"updates": 3, "augment": []},
    "data": {"digest": "12ab"},
    "source": {"baselines/losses.py": "12ab", "baselines/game.py": "34cd"},
    "packages": {"torch": "2.4.1"},
    "files": "78ab",
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
        "files": "90cd",
        "seconds": 4.0,
    }
    for name, record in (("first", RECORD), ("second", other)):
        write_json(tmp_path / name / "run.json", record)
    first, second = tmp_path / "first", tmp_path / "second"
    assert compared(first, second) == [
        "baselines/losses.py: code changed",
        "files that the settings name: content changed",
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
        InputError, match=r"\(files with this name: none\): name it with --configfile"
    ):
        configuration_of(results)
    write_text(tmp_path / "config" / "mine.yaml", "name: mine")
    assert configuration_of(results) == tmp_path / "config" / "mine.yaml"
    write_text(tmp_path / "copy.yaml", "name: mine")
    with pytest.raises(InputError, match=r"config/mine\.yaml, .*copy\.yaml"):
        configuration_of(results)


REASON = {
    "missing_output": [],
    "incomplete_output": [],
    "input_changed": False,
    "updated_input": [],
    "updated_input_run": [],
    "forced": False,
}
"""Snakemake's reasons of a job that would not run."""


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"missing_output": ["a"]}, "its files are missing"),
        ({"incomplete_output": ["a"]}, "it was interrupted"),
        ({"input_changed": True}, "its list of input files changed"),
        ({"updated_input": ["results/x/data/a.npz"]}, "data/a.npz: content changed"),
        ({"updated_input_run": ["a"]}, "its input files would be made again"),
        ({"forced": True}, "it was requested"),
    ],
)
def test_each_reason_of_snakemakes_has_its_phrase(found: dict, told: str) -> None:
    reason = SimpleNamespace(**REASON | found)
    assert list(explain._reasons(reason, None, "results/x/")) == [told]


def test_changed_parameters_are_reasons_with_both_values() -> None:
    changed = SimpleNamespace(only_old={"'--n 16'"}, only_new={"'--n 24'"})
    found = list(explain._reasons(SimpleNamespace(**REASON), changed, ""))
    assert found == ["--n: 16 -> 24"]


def test_jobs_stand_below_the_reasons_that_they_share() -> None:
    found = [
        Change("train", "a", ("one", "two")),
        Change("train", "b", ("one", "two")),
        Change("table", "c", ()),
    ]
    assert text_of(found).splitlines() == [
        *("", "one", "two", "    train: a", "    train: b"),
        *("", "no known reason", "    table: c"),
    ]


def test_runs_of_other_packages_are_counted(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "package_versions", lambda: {"torch": "2.5.0", "scipy": "1.1"})
    for part, version in enumerate(["2.4.1", "2.5.0", "2.4.1"]):
        packages = {"torch": version, "scipy": "1.1"}
        write_json(tmp_path / f"runs/a/part{part}/run.json", RECORD | {"packages": packages})
    said = ["parts of runs made with torch 2.4.1, now 2.5.0: 2"]
    assert explain.versions(tmp_path) == said
