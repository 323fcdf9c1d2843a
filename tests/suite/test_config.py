"""The configuration: one sentence for every error, and a schema that agrees with the models."""

import copy
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from suite.planning.configuration import (
    Cell,
    all_methods,
    cells,
    load_config,
    parse_config,
    settings_of,
)
from suite.planning.schema import json_schema
from suite.protocol.settings import expanded
from suite.running.errors import InputError
from suite.running.files import read_yaml
from suite.running.provenance import ROOT

FILES = sorted((ROOT / "config").glob("*.yaml"))
VALID = {
    "name": "trial",
    "device": "cpu",
    "samples": 100,
    "seeds": {"training": [0, 1]},
    "datasets": {"mnist": {"heldout": 16}},
    "experiments": {
        "table1": {
            "datasets": {"mnist": {"n": [8, 64], "methods": {"dcgan": {"updates": 7}}}},
            "methods": {"dcgan": {"updates": 5, "batch": 16}, "ga-cntk": {}},
        }
    },
}


def changed(path: str, value: object) -> dict:
    """The valid configuration with one value set."""
    values = copy.deepcopy(VALID)
    *parents, last = path.split("/")
    place = values
    for part in parents:
        place = place[part]
    place[last] = value
    return values


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_shipped_configurations_are_valid(path: Path) -> None:
    config = load_config(path)
    assert list(cells(config))


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("datasets/mnist/heldot", 5, "unknown key 'heldot' .* did you mean 'heldout'"),
        ("samples", "many", "config: samples: a whole number is needed, not 'many'"),
        ("samples", 0, "config: samples: .*greater than 0, not 0"),
        ("threads", 1.5, "config: threads: a whole number is needed, not 1.5"),
        ("device", "tpu", "config: device: .*'auto', 'gpu' or 'cpu', not 'tpu'"),
        ("name", "a/b", "config: name: .*pattern"),
        ("name", "..", "config: name: .*pattern"),
        ("seeds/training", [], "seeds.training: at least one entry"),
        ("seeds/training", [1, 1], "is given twice"),
        ("seeds/training", [-1], "seeds.training.0: .*greater than or equal to 0, not -1"),
        ("metrics", ["fid_trian"], "unknown metric 'fid_trian' .* did you mean 'fid_train'"),
        ("datasets/mnits", {}, "unknown dataset 'mnits' .* did you mean 'mnist'"),
        ("datasets/mnist/source", {"digit": [1]}, "unknown key 'digit' .* did you mean 'digits'"),
        ("experiments/table1/datasets/mnits", {"n": [8]}, "did you mean 'mnist'"),
        ("experiments/table1/datasets/mnist/n", [0], "greater than 0, not 0"),
        ("experiments/my table", {}, "config: experiments.my table: .*pattern"),
        ("experiments/draw", VALID["experiments"]["table1"], "'draw' is the name of a workflow"),
        ("experiments/table1/methods/dc-gan", {}, "unknown method 'dc-gan' .*mean 'dcgan'"),
        ("experiments/table1/methods/dcgan", {"updats": 1}, "unknown key 'updats' .*'updates'"),
        ("experiments/table1/methods/dcgan", {"updates": -3}, "updates: .*greater than 0, not -3"),
        ("experiments/table1/methods/dcgan", {"learning_rate": float("inf")}, "finite number"),
        ("experiments/table1/methods/dcgan", 3, "methods.dcgan: .*mapping, KEY: VALUE, not 3"),
        ("samples", True, "config: samples: true and false .*yes and on as true"),
        (
            "seeds/training",
            [2, True],
            "seeds.training: true and false are neither",
        ),
        ("experiments/table1/methods/dcgan", {"updates": True}, "dcgan: updates: true and false"),
        (
            "name",
            False,
            "name: true and false .*no and off as false.: write the number, or",
        ),
        ("name", "猫", "name: .*pattern.*: use only letters a to z"),
        ("inception_weights", "$NO_SUCH/a.pth", "the variable .NO_SUCH is not set: set it"),
        ("inception_weights", "~no-such-user/a.pth", "there is no such user"),
        (
            "experiments/table1/datasets/mnist/methods",
            {"ga-cntkg": {}},
            "'ga-cntkg' is not among the experiment's methods",
        ),
    ],
)
def test_fault_is_one_sentence(path: str, value: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        parse_config(changed(path, value))
    assert "\n" not in str(caught.value)


def test_a_list_stands_for_a_run_with_each_of_its_values() -> None:
    searched = {"learning_rate": [1e-4, 2e-4], "batch_norm": [True, False], "batch": 16}
    values = changed("experiments/table1/methods/dcgan", searched) | {"criterion": "fid_train"}
    config = parse_config(values)
    variants = [c.method for c in cells(config) if c.n == 8 and c.method.startswith("dcgan")]
    assert variants == [
        f"dcgan@learning_rate={rate},batch_norm={norm}"
        for rate in (0.0001, 0.0002)
        for norm in ("true", "false")
    ]
    settings = settings_of(config, Cell("table1", "mnist", 8, variants[3], 1))
    assert (settings.learning_rate, settings.batch_norm) == (2e-4, False)
    assert (settings.batch, settings.updates) == (16, 7)


def test_a_setting_that_is_a_list_is_not_searched() -> None:
    values = changed("experiments/table1/methods", {"ga-cntk-multires": {"levels": [28, 14]}})
    values["experiments"]["table1"]["datasets"]["mnist"]["methods"] = {}
    assert {cell.method for cell in cells(parse_config(values))} == {"ga-cntk-multires"}


def test_a_list_of_lists_stands_for_a_run_with_each() -> None:
    values = changed("experiments/table1/methods/dcgan/augment", [[], ["translation", "cutout"]])
    config = parse_config(values | {"criterion": "fid_train"})
    found = {c.method: settings_of(config, c) for c in cells(config)}
    augmented = {name: s.augment for name, s in found.items() if name.startswith("dcgan")}
    assert augmented == {
        "dcgan@augment=none": (),
        "dcgan@augment=translation+cutout": ("translation", "cutout"),
    }


def test_a_path_is_called_by_its_last_part() -> None:
    """Names of runs are folders, so a slash in one would match no rule."""
    starts = ["resources/gantk2/density-a.npz", "standard-normal"]
    values = changed("experiments/table1/methods/gantk2", {"start": starts})
    found = {
        c.method: settings_of(parse_config(values), c).start
        for c in cells(parse_config(values))
        if c.method.startswith("gantk2")
    }
    assert found == {
        "gantk2@start=density-a.npz": Path(starts[0]),
        "gantk2@start=standard-normal": "standard-normal",
    }


@pytest.mark.parametrize(
    ("starts", "sentence"),
    [
        (["my start.npz", "b.npz"], r"gantk2\.start: 'my start\.npz' .*folder name.*rename"),
        (["a;b.npz", "b.npz"], r"'a;b\.npz' .*rename"),
        (["é.npz", "b.npz"], "'é.npz' .*rename"),
        (["folder/", "b.npz"], "'folder/' .*rename"),
        (["a/x.npz", "b/x.npz"], "each once .*last part"),
    ],
)
def test_a_value_that_no_folder_can_be_called_by(starts, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_config(changed("experiments/table1/methods/gantk2", {"start": starts}))


@pytest.mark.parametrize(
    ("rates", "criterion", "sentence"),
    [
        ([1e-4, 2e-4], "am_ssim", "criterion: .*one of fid_train, fid_heldout, or"),
        ([1e-4, 2e-4], "fid_trian", "criterion: .*one of fid_train"),
        ([1e-4, 1e-4], "fid_train", "learning_rate: each value .* each once"),
        (["1e-4", 0.0001], "fid_train", "dcgan@learning_rate=1e-4 and dcgan@.*=0.0001 have the "),
        ([], "fid_train", "learning_rate: each value .* at least one"),
        ([1e-4, -1.0], "fid_train", "learning_rate: .*greater than 0, not -1"),
    ],
)
def test_a_search_that_cannot_work(rates, criterion, sentence) -> None:
    values = changed("experiments/table1/methods/dcgan", {"learning_rate": rates})
    with pytest.raises(InputError, match=sentence):
        parse_config(values | {"criterion": criterion})


OWN = {"kind": "folder", "source": {"path": "images"}}


def test_a_dataset_has_a_name_and_a_kind() -> None:
    """Two folders side by side. Without `kind`, the kind is the name of the entry."""
    values = copy.deepcopy(VALID)
    values["datasets"] |= {"sandals": OWN, "patches": OWN}
    values["experiments"]["table1"]["datasets"] |= {"sandals": {"n": [8]}, "patches": {"n": [8]}}
    jsonschema.validate(values, json_schema())
    config = parse_config(values)
    names = ("mnist", "sandals", "patches")
    assert {cell.dataset for cell in cells(config)} == set(names)
    assert [config.kind(name).name for name in names] == ["mnist", "folder", "folder"]
    assert [config.dataset_title(name) for name in names] == ["MNIST", "sandals", "patches"]
    assert str(config.source("patches").path) == "images"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("datasets/own", {"source": {}}, "unknown dataset 'own' .*give the entry a kind"),
        ("datasets/own", {"kind": "foldr"}, "datasets.own: did you mean 'folder'"),
        ("datasets/own", {"kind": "folder", "source": {"pth": "a"}}, "did you mean 'path'"),
        ("datasets/my own", OWN, "datasets.my own: .*pattern"),
        ("experiments/table1/datasets/own", {"n": [8]}, r"unknown dataset 'own' .*valid: mnist\)"),
    ],
)
def test_a_dataset_that_cannot_be_is_one_sentence(path, value, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_config(changed(path, value))


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("datasets:\n  folder: {heldout: 3}\n  mnist: {}\n  folder: {heldout: 4}\n")
    with pytest.raises(InputError, match=r"config\.yaml: line 4: 'folder' is given twice"):
        load_config(path)
    path.write_text("a: &x {n: [1]}\nb: {<<: *x, c: 1}\n")
    assert read_yaml(path) == {"a": {"n": [1]}, "b": {"n": [1], "c": 1}}


def test_a_value_merged_from_elsewhere_and_set_anew_stands_once(tmp_path: Path) -> None:
    """YAML's merge copies keys into another mapping. A copied key is no duplicate."""
    path = tmp_path / "config.yaml"
    path.write_text("a: &x {n: 1}\nb: {c: &y {<<: *x, n: 2}}\nd: {<<: *y, e: 3}\n")
    assert read_yaml(path) == {"a": {"n": 1}, "b": {"c": {"n": 2}}, "d": {"n": 2, "e": 3}}


@pytest.mark.parametrize(
    ("written", "made"),
    [
        *((text, "another number") for text in ("032", "-010", "1:30", "1:30.5", "1_000", "+5")),
        *((text, "another number") for text in ("0x10", "0b11", "1_0.5")),
        *((text, "a date") for text in ("2024-01-31", "2024-01-31 10:00:00", "2024-02-31")),
    ],
)
@pytest.mark.parametrize("text", ["a: {}\n", "a:\n  - [1, {}]\n", "? {}\n: 1\n"])
def test_what_yaml_reads_as_another_number_is_refused(tmp_path, text, written, made) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text.format(written))
    with pytest.raises(
        InputError, match=f"line [12]: YAML reads {re.escape(written)} as {made}: write"
    ):
        read_yaml(path)
    path.write_text(text.format(f"'{written}'"))
    assert written in str(read_yaml(path))


@pytest.mark.parametrize(
    ("written", "value"),
    [("8", 8), ("-8", -8), ("08", "08"), ("1e3", "1e3"), ("1.0e+3", 1000.0), ("yes", True)],
)
def test_what_is_clear_is_as_yaml_has_it(tmp_path, written, value) -> None:
    (tmp_path / "a.yaml").write_text(f"a: {written}\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": value}


def test_values_mean_what_people_wrote(tmp_path, monkeypatch) -> None:
    """Numbers where text is required and the reverse; a method without settings."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path / "b"))
    text = """
        name: 2024
        samples: 1e3
        inception_weights: ~/w.pth
        seeds: {training: [1e0, 2.0, 08]}
        datasets: {2024: {kind: folder, source: {path: $PLACE/pics, heldout_path: 007.5e}}}
        experiments: {own: {datasets: {2024: {n: [8]}}, methods: {dcgan: , ga-cntk: {start: 1}}}}
    """.replace("{start: 1}", "{iterations: 1e2}")
    (tmp_path / "a.yaml").write_text(text)
    config = load_config(tmp_path / "a.yaml")
    assert (config.name, config.samples, config.seeds.training) == ("2024", 1000, (1, 2, 8))
    assert config.inception_weights == tmp_path / "w.pth"
    assert config.source("2024").path == tmp_path / "b" / "pics"
    assert settings_of(config, Cell("own", "2024", 8, "ga-cntk", 2)).iterations == 100
    dcgan = settings_of(config, Cell("own", "2024", 8, "dcgan", 1))
    assert dcgan == all_methods()["dcgan"].settings()


def test_a_path_that_is_there_is_taken_as_it_is_written(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/elsewhere")
    for name in ("$HOME", "~"):
        assert str(expanded(Path(name))) == "/elsewhere"
        (tmp_path / name).mkdir()
        assert str(expanded(Path(name))) == name


def test_missing_part_is_named() -> None:
    values = copy.deepcopy(VALID)
    del values["experiments"]
    with pytest.raises(InputError, match="experiments: field required"):
        parse_config(values)


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "just words", "", "? [a, b]\n: 1", "? {a: b}\n: 1"]
)
def test_unusable_yaml(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"config\.yaml"):
        load_config(path)


def test_settings_of_a_dataset_go_over_those_of_the_experiment() -> None:
    settings = settings_of(parse_config(VALID), Cell("table1", "mnist", 8, "dcgan", 1))
    assert (settings.updates, settings.batch) == (7, 16)


def test_methods_without_a_generator_are_solved_in_parts() -> None:
    """100 samples of 8 rows a solution take 13 solutions, of 64 rows 2; a generator one run."""
    parts = {(cell.method, cell.n): cell.parts for cell in cells(parse_config(VALID))}
    assert parts == {
        ("dcgan", 8): 1,
        ("dcgan", 64): 1,
        ("ga-cntk", 8): 13,
        ("ga-cntk", 64): 2,
    }


def test_schema_is_in_step_with_the_models() -> None:
    text = (ROOT / "config" / "schema.json").read_text(encoding="utf-8")
    assert text == json.dumps(json_schema(), indent=2, default=str) + "\n", "run `make schema`"


def test_schema_says_of_every_setting_what_the_model_says() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["Methods"]["properties"].keys() == all_methods().keys()
    for name, entry in all_methods().items():
        own = entry.settings.model_json_schema()["properties"]
        methods = schema["$defs"][f"method:{name}"]["properties"]
        assert methods.keys() == own.keys()
        for key, field in own.items():
            found = methods[key]
            assert found["description"] == field["description"]
            assert found["default"] == field["default"]
            assert found["anyOf"][0].items() <= field.items()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_schema_accepts_the_shipped_configurations(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), json_schema())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sampels", 5),
        ("samples", "many"),
        ("metrics", ["fid_trian"]),
        ("datasets/mnits", {}),
        ("datasets/own", {"source": {"path": "images"}}),
        ("datasets/own", {"kind": "foldr"}),
        ("datasets/own", {"kind": "folder", "source": {"pth": "images"}}),
        ("datasets/mnist", {"source": {"digit": [1]}}),
        ("datasets/my own", {"kind": "folder"}),
        ("experiments/my table", VALID["experiments"]["table1"]),
        ("experiments/table1/methods/dc-gan", {}),
        ("experiments/table1/methods/dcgan", {"updats": 1}),
    ],
)
def test_schema_refuses_what_the_model_refuses(path: str, value: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed(path, value), json_schema())


def test_lines_of_celeba_in_the_papers_grid_make_a_configuration(tmp_path: Path) -> None:
    """They are comments, because CelebA's files must be downloaded by hand."""
    text = (ROOT / "config/config.yaml").read_text(encoding="utf-8")
    path = tmp_path / "whole.yaml"
    path.write_text(re.sub(r"^( +)# (?=.*:)", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    found = {
        (cell.experiment, cell.n) for cell in cells(load_config(path)) if cell.dataset == "celeba"
    }
    assert found == {("table1", n) for n in (64, 128, 256)} | {("table2", 2048), ("table9", 256)}
    celeba = Cell("table1", "celeba", 64, "dcgan", 1)
    assert settings_of(load_config(path), celeba).updates == 100_000
