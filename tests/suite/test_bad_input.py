"""Bad input, through every command line: one sentence, a bad exit status, and no file left."""

import errno
import importlib
import json
import sys

import numpy as np
import pytest
import yaml
from PIL import Image

from suite.artefacts import Subset
from suite.cli import run
from suite.files import write_json


def save_subset(path, rows, /, **changes):
    n = len(rows)
    Subset(rows, np.full(n, -1), np.arange(n), "mnist", "train", 0).save(path)
    if changes:
        with np.load(path) as archive:
            arrays = dict(archive) | changes
        np.savez(path, **arrays)


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def save_image(path, *shape):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(noise(*shape)).save(path)


CONFIG = {
    "name": "made",
    "datasets": {"mnist": {}},
    "experiments": {
        "table1": {"datasets": {"mnist": {"n": [64]}}, "methods": {"dcgan": {}, "ga-cntk": {}}}
    },
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of good and bad files, which is also the working directory."""
    images = noise(8, 28, 28, 1)
    good = tmp_path / "good.npz"
    save_subset(good, images)
    (tmp_path / "truncated.npz").write_bytes(good.read_bytes()[:-300])
    (tmp_path / "text.npz").write_text("no archive")
    save_subset(tmp_path / "float.npz", images, data=images / 255)
    save_subset(tmp_path / "flat.npz", images, data=images[..., 0])
    save_subset(tmp_path / "empty.npz", images, data=images[:0])
    save_subset(tmp_path / "changed.npz", images, data=255 - images)
    save_subset(tmp_path / "pickled.npz", images, data=np.array([{}], dtype=object))
    points = np.zeros((8, 2), np.float32)
    save_subset(tmp_path / "nan.npz", points, data=np.where(points == 0, np.float32("nan"), points))
    np.savez(tmp_path / "two.npz", a=images, b=images)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a_file").write_text("in the way")
    for i in range(2):
        save_image(tmp_path / "small" / f"{i}.png", 8, 8)
        save_image(tmp_path / "large" / f"{i}.png", 9, 9)
    save_image(tmp_path / "mixed" / "0.png", 8, 8)
    save_image(tmp_path / "mixed" / "1.png", 8, 9)
    save_image(tmp_path / "corrupt" / "0.jpg", 64, 64)
    jpeg = tmp_path / "corrupt" / "0.jpg"
    jpeg.write_bytes(jpeg.read_bytes()[:400])
    (tmp_path / "deep").mkdir()
    Image.fromarray(noise(8, 8).astype(np.uint16)).save(tmp_path / "deep" / "0.png")

    def configure(name, **changes):
        (tmp_path / name).write_text(yaml.safe_dump(CONFIG | changes))

    configure("good.yaml")
    configure("key.yaml", sampels=3)
    configure("type.yaml", samples="many")
    configure("metric.yaml", metrics=["fid_trian"])
    methods = {"dcgan": {"updats": 3}}
    configure(
        "setting.yaml",
        experiments={"table1": {"datasets": {"mnist": {"n": [64]}}, "methods": methods}},
    )
    configure(
        "method.yaml",
        experiments={"table1": {"datasets": {"mnist": {"n": [64]}}, "methods": {"dcgam": {}}}},
    )
    (tmp_path / "broken.yaml").write_text("name: [")
    (tmp_path / "list.yaml").write_text("- name")
    cell = tmp_path / "damaged" / "runs" / "table1" / "mnist" / "n64" / "dcgan" / "data0" / "seed0"
    write_json(cell / "metrics.json", {"status": "ok", "samples": 8, "metrics": {"x": {}}})
    write_json(tmp_path / "run" / "run.json", {"method": "ga-cntk", "settings": {}})
    monkeypatch.chdir(tmp_path)
    return tmp_path


DRAW = "datasets subset"
FOLDER = f"{DRAW} folder --out new.npz --set path="
SOLVE = "gantk train ga-cntk --out new --data"
LEARN = "baselines train dcgan --out new --data"
JUDGE = "metrics compare --json"
TABLES = "reporting tables --results"

CASES = [
    # (command, what the sentence must say)
    (f"{DRAW} mnst --out new.npz", "unknown dataset 'mnst': did you mean 'mnist'?"),
    (f"{DRAW} mnist --n 5000 --out new.npz", "choose n from 1 to 4096"),
    (f"{DRAW} mnist --n 0 --out new.npz", "choose n from 1 to 4096"),
    (f"{DRAW} mnist --n four --out new.npz", "'--n': Input should be a valid integer"),
    (
        f"{DRAW} mnist --seed -1 --n 4 --out new.npz",
        "'--seed': Input should be greater than or equal to 0",
    ),
    (f"{DRAW} mnist --split test --n 4 --out new.npz", "choose train or heldout"),
    (f"{DRAW} mnist --set digit=[3] --out new.npz", "unknown key 'digit'"),
    (f"{DRAW} mnist --set digits=three --out new.npz", "digits"),
    (f"{DRAW} mnist --set digits=[11] --out new.npz", "is empty"),
    (f"{DRAW} mnist --settings {{ --out new.npz", "not valid JSON"),
    (f"{DRAW} mnist --n 4 --out a_file/new.npz", "is a file, not a folder"),
    (f"{DRAW} mnist --set source=folder --set path=nowhere --out new.npz", "nowhere"),
    (f"{DRAW} folder --out new.npz", "needs a path"),
    (f"{FOLDER}empty", "empty: holds no image"),
    (f"{FOLDER}mixed", "1.png: 9 x 8 pixels where 0.png has 8 x 8"),
    (f"{FOLDER}corrupt", "0.jpg: damaged or no image"),
    (f"{FOLDER}deep", "more than 8 bits"),
    (f"{SOLVE} nowhere.npz", "nowhere.npz: no such file or folder"),
    (f"{SOLVE} text.npz", "text.npz: the file is damaged"),
    (f"{SOLVE} truncated.npz", "truncated.npz: the file is damaged"),
    (f"{SOLVE} pickled.npz", "pickled.npz: the file is damaged or no .npz of plain arrays"),
    (f"{SOLVE} two.npz", "holds no array 'data'"),
    (f"{SOLVE} float.npz", "not float64"),
    (f"{SOLVE} flat.npz", "expected uint8 images [N, H, W, 1 or 3]"),
    (f"{SOLVE} empty.npz", "is empty: give at least one row"),
    (f"{SOLVE} nan.npz", "8 of 8 points are NaN"),
    (f"{SOLVE} changed.npz", "do not match their digest"),
    (f"{SOLVE} good.npz --set lam=-1", "lam"),
    (f"{SOLVE} good.npz --set lam=NaN", "lam"),
    (f"{SOLVE} good.npz --set iterations=0", "iterations: input should be greater than 0, not 0"),
    (f"{SOLVE} good.npz --seed -1", "--seed and --part must be 0 or more"),
    ("gantk train ga-cntkk --out new --data good.npz", "did you mean 'ga-cntk"),
    ("gantk train ga-cntk --out a_file/new --data good.npz", "is a file, not a folder"),
    ("gantk train ga-cntk --out run --data good.npz", "run: holds a finished run"),
    ("gantk sample run --out new.npz", "has no generator"),
    ("gantk sample nowhere --out new.npz", "nowhere/run.json: no such file"),
    (f"{LEARN} good.npz --set learning_rat=1", "did you mean 'learning_rate'?"),
    (f"{LEARN} good.npz --samples 0", "--samples 1 or more"),
    (f"{LEARN} good.npz --stps 3", "No such option"),
    (f"{JUDGE} empty small", "empty: holds no image"),
    (f"{JUDGE} nowhere small", "nowhere: no such file"),
    (f"{JUDGE} mixed small", "1.png"),
    (f"{JUDGE} corrupt small", "0.jpg"),
    (f"{JUDGE} deep small", "0.png"),
    (f"{JUDGE} small large", "8 x 8"),
    (f"{JUDGE} small small --metrics am_sim", "did you mean 'am_ssim'?"),
    (f"{JUDGE} small small --metrics fid_train --weights nowhere.pth", "nowhere.pth"),
    (f"{JUDGE} small small --metrics fid_train --weights a_file", "a_file"),
    ("metrics evaluate empty --train good.npz --out new.json", "empty/run.json: no such file"),
    (f"{TABLES} damaged --config nowhere.yaml", "nowhere.yaml: no such file"),
    (f"{TABLES} damaged --config broken.yaml", "broken.yaml: not valid YAML"),
    (f"{TABLES} damaged --config list.yaml", "list.yaml: expected a mapping"),
    (
        f"{TABLES} damaged --config key.yaml",
        "unknown key 'sampels' in key.yaml: did you mean 'samples'?",
    ),
    (f"{TABLES} damaged --config type.yaml", "type.yaml: samples:"),
    (f"{TABLES} damaged --config metric.yaml", "did you mean 'fid_train'?"),
    (f"{TABLES} damaged --config method.yaml", "did you mean 'dcgan'?"),
    (f"{TABLES} damaged --config setting.yaml", "did you mean 'updates'?"),
    (f"{TABLES} damaged --config good.yaml", "metrics.json: metrics.x.value: field required"),
    (f"{TABLES} nowhere --config good.yaml", "nowhere: no such folder"),
]


def call(command, monkeypatch, capsys):
    """Exit status and stderr of `python -m COMMAND`, run in this process."""
    room, *arguments = command.split()
    monkeypatch.setattr(sys, "argv", [room, *arguments])
    with pytest.raises(SystemExit) as exit_:
        run(importlib.import_module(f"{room}.__main__").app)
    return exit_.value.code, capsys.readouterr().err


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("command", "said"), CASES, ids=[command for command, _ in CASES])
def test_bad_input_is_one_sentence_and_leaves_nothing(command, said, place, monkeypatch, capsys):
    before = files(place)
    status, stderr = call(command, monkeypatch, capsys)
    assert status in (1, 2)
    errors = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and stderr.splitlines()[-1] == errors[0]
    assert said in errors[0]
    assert "Traceback" not in stderr
    assert files(place) == before


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_one_sentence_and_keeps_what_was_there(place, monkeypatch, capsys):
    before = files(place)
    monkeypatch.setattr(np, "savez_compressed", full_disk)
    status, stderr = call(f"{DRAW} mnist --n 4 --out good.npz", monkeypatch, capsys)
    assert status == 1
    assert stderr.startswith("error: good.npz: no space is left on the disk")
    assert files(place) == before


def test_a_disk_that_fills_up_half_way_leaves_no_half_file(place, monkeypatch, capsys):
    def half(path, **_):
        path.write_bytes(b"PK\x03\x04 half")
        full_disk()

    before = files(place)
    monkeypatch.setattr(np, "savez_compressed", half)
    status, stderr = call(f"{DRAW} mnist --n 4 --out new.npz", monkeypatch, capsys)
    assert status == 1 and "no space is left" in stderr
    assert files(place) == before


def test_missing_weights_without_a_network_are_one_sentence(place, monkeypatch, capsys):
    def offline(*_, **__):
        raise OSError("no network")

    before = files(place)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    monkeypatch.setattr("metrics.weights.urllib.request.urlopen", offline)
    monkeypatch.setattr("metrics.weights.subprocess.run", offline)
    status, stderr = call(f"{JUDGE} small small --metrics fid_train", monkeypatch, capsys)
    assert status == 1
    assert len([line for line in stderr.splitlines() if line.startswith("error: ")]) == 1
    assert files(place) == before


def test_duplicate_images_are_warned_of_and_kept(place, monkeypatch, capsys):
    (place / "small" / "2.png").write_bytes((place / "small" / "0.png").read_bytes())
    status, stderr = call(f"{FOLDER}small", monkeypatch, capsys)
    assert status == 0 and "warning: folder (train): " in stderr
    assert len(Subset.load(place / "new.npz").data) == 3


@pytest.mark.parametrize("room", ["datasets", "gantk", "baselines", "metrics"])
def test_every_room_lists_itself_as_names_and_as_json(room, monkeypatch, capsys):
    printed = []
    for command in (f"{room} list", f"{room} list --json"):
        monkeypatch.setattr(sys, "argv", command.split())
        with pytest.raises(SystemExit) as exit_:
            run(importlib.import_module(f"{room}.__main__").app)
        assert exit_.value.code == 0
        printed.append(capsys.readouterr().out)
    heads = [line for line in printed[0].splitlines() if not line.startswith(" ")]
    names = [head.partition(":")[0] for head in heads]
    assert names and [entry["name"] for entry in json.loads(printed[1])] == names
