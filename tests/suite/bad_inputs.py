"""Bad inputs and their errors, as data: the cases of test_bad_input.py."""

import copy
import errno
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock
from urllib.error import URLError

from suite.planning import given, refusals
from suite.planning.configuration import parse_config
from suite.running.cli import run
from tests.suite.bad_files import OWN


@dataclass(frozen=True)
class Case:
    """A bad input.

    label: the input, as the page shows it. act: ends in SystemExit. said: a part of the error.
    trouble: the fault in the job. faults: what causes it, objects by dotted name.
    """

    label: str
    act: Callable[[], object]
    said: str
    trouble: str = ""
    faults: Mapping[str, object] = field(default_factory=dict)


def command(words: str, said: str, trouble: str = "", **faults: object) -> Case:
    """A case of `python -m WORDS`, run in this process."""
    room, *arguments = words.split()

    def act() -> None:
        with mock.patch.object(sys, "argv", [room, *arguments]):
            run(importlib.import_module(f"{room}.__main__").app)

    return Case(words, act, said, trouble, faults)


def changed(changes: Mapping[str, object]) -> dict[str, object]:
    """`OWN` with values replaced, by dotted path."""
    values = copy.deepcopy(OWN)
    for path, value in changes.items():
        *parents, last = path.split(".")
        inner = values
        for key in parents:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return values


def configuration(changes: Mapping[str, object], said: str) -> Case:
    """A case of `snakemake` with `OWN` changed: the part of the Snakefile before its rules."""
    shown = "; ".join(f"{path}: {json.dumps(value)}" for path, value in changes.items())
    return Case(shown, lambda: given.validated(changed(changes), [], True), said)


def written(file: str, label: str, said: str) -> Case:
    """A case of `snakemake` with a file of `bad_files.fill` that YAML reads unexpectedly."""
    return Case(label, lambda: given.validated(OWN, [f"{file}.yaml"], True), said)


def without_gpu() -> None:
    """The part of the Snakefile before the first job, for a configuration that needs a GPU."""
    config = parse_config(changed({"device": "gpu"}))
    refusals.check_devices(config, {"train_gantk"}, here=True, conda=())


def raising(error: BaseException) -> Callable[..., None]:
    """A function that raises an error for all arguments."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def half_written(path: Path, **_: object) -> None:
    """Write a part of an archive, then run out of disk."""
    path.write_bytes(b"PK\x03\x04 half")
    raise FULL


FULL = OSError(errno.ENOSPC, "No space left on device")
OFFLINE = {
    "urllib.request.urlopen": raising(URLError("Name or service not known")),
    "subprocess.run": lambda *_, **__: CompletedProcess([], 1, "", "No matching distribution"),
}
DRAW = "datasets subset"
FOLDER = f"{DRAW} folder --out new.npz --set path="
INIT = "datasets init --out new.yaml"
SOLVE = "gantk train ga-cntk --out new --data"
LEARN = "baselines train dcgan --out new --data"
JUDGE = "metrics compare --json"
COPIES = "metrics copies --out new.png"
TABLES = "reporting tables --results"

CONFIGURATIONS = [
    configuration({"sampels": 3}, "unknown key 'sampels' in config: did you mean 'samples'?"),
    configuration({"samples": "many"}, "config: samples: "),
    configuration({"samples": 0}, "config: samples: "),
    configuration({"name": "a/b"}, "config: name: "),
    configuration({"device": "tpu"}, "config: device: "),
    configuration({"metrics": ["fid_trian"]}, "did you mean 'fid_train'?"),
    configuration({"metrics": ["w2_train"]}, "none of them evaluates images, which mine has"),
    configuration({"metrics": ["am_ssim", "am_ssim"]}, "am_ssim is given twice"),
    configuration({"metrics": ["modes_covered"]}, "none of them evaluates images, which mine has"),
    configuration({"metrics": ["density_heldout"]}, "needs at least 6 rows in each set"),
    configuration(
        {"samples": 1}, "fid_train needs at least 2 rows in each set, but samples has 1 (mine)"
    ),
    configuration({"criterion": "fid"}, "criterion"),
    configuration(
        {"best_snapshot": {"metric": "fid_train"}},
        "name one of `metrics` that compares with held-out images",
    ),
    configuration(
        {"metrics": ["fid_heldout"], "best_snapshot": {"metric": "fid_heldout"}},
        "set its snapshot_rows to",
    ),
    configuration({"inception_weights": "nowhere.pth"}, "nowhere.pth: no such file"),
    configuration({"seeds": {"training": [0, 0]}}, "0 is given twice"),
    configuration({"seeds": {"training": [8, True]}}, "true and false are neither numbers"),
    configuration({"samples": True}, "true and false are neither numbers"),
    configuration({"name": True}, "put text in quotes"),
    configuration({"name": 1.5}, "put text in quotes"),
    configuration({"name": "猫"}, "use only letters a to z"),
    configuration({"experiments.own.datasets.mine.n": [8, 8.0]}, "8 is given twice"),
    configuration({"experiments.own.datasets.mine.n": 8}, "a list, [VALUE, ...], not 8"),
    configuration(
        {"experiments.own.methods.dcgan": {"learning_rate": ["1e-4", 0.0001]}},
        "have the same settings: list each value once",
    ),
    configuration({"datasets": {}}, "config: datasets"),
    configuration({"datasets.mine.kind": "foldr"}, "did you mean 'folder'?"),
    configuration({"datasets.mine.heldout": 3}, "heldout: 3 rows are requested, but only 2"),
    configuration({"datasets.mine.source": {}}, "needs a path"),
    configuration({"datasets.mine.source.path": "nowhere"}, "nowhere: no such file or folder"),
    configuration({"datasets.mine.source.path": "$NOWHERE/a"}, "variable $NOWHERE is not set"),
    configuration({"datasets.mine.source.path": "empty"}, "empty: contains no image"),
    configuration({"datasets.mine.source.path": "other"}, "but 1 .heic: convert or rename them"),
    configuration({"datasets.mine.source.path": "kinds"}, "images are in subfolders (cats, dogs)"),
    configuration({"datasets.mine.source.leave_out": ["a.png"]}, "has no image 'a.png'"),
    configuration({"datasets.mine.source.background": "pink"}, "background"),
    configuration(
        {"datasets.mine.source.heldout_path": "pictures"}, "is the folder of training images"
    ),
    configuration(
        {
            "datasets.mnist": {"source": {"source": "folder", "path": "idx"}},
            "experiments.own.datasets.mnist": {"n": [8]},
        },
        "idx/train-images-idx3-ubyte: not an IDX file",
    ),
    configuration({"datasets.mine.source.path": "few"}, "fewer than 10 images none is held out"),
    configuration(
        {
            "datasets.mnist": {"source": {"digits": [12]}},
            "experiments.own.datasets.mnist": {"n": [8]},
        },
        "datasets.mnist: no row is left to train on",
    ),
    configuration({"datasets.mine.source.path": "mixed"}, "01.png: has 9 x 8 pixels, but 00.png"),
    configuration({"datasets.mine.source.path": "cut"}, "05.png: damaged or not an image"),
    configuration({"datasets.mine.source.path": "text"}, "05.png: damaged or not an image"),
    configuration({"datasets.mine.source.path": "deep"}, "05.tif: has 32-bit pixels"),
    configuration({"datasets.mine.source.path": "bomb"}, "05.pgm: has more than 178,956,970"),
    configuration(
        {"datasets.mine.source.path": "tiny", "experiments.own.methods": {"ga-fntk": {}}},
        "images have 3 x 3 pixels, but the figure of nearest images needs 4 x 4",
    ),
    configuration({"datasets.mine.source.heldout_path": "nowhere"}, "nowhere: no such file"),
    configuration({"datasets.mine.source.heldout_path": "large"}, "held-out rows have shape [9, 9"),
    configuration({"datasets.mine.source.size": 24}, "dcgan on mine: images of 24 x 24"),
    configuration({"datasets.mine.source.size": 2}, "size"),
    configuration({"datasets.mine.source.sise": 16}, "did you mean 'size'?"),
    configuration(
        {"experiments.own.datasets.mine.n": [19]}, "19 rows are requested, but 18 are left"
    ),
    configuration({"experiments.own.datasets.yours": {"n": [8]}}, "yours"),
    configuration({"experiments.own.methods": {"dcgna": {}}}, "did you mean 'dcgan'?"),
    configuration({"experiments.own.methods.dcgan": {"updats": 3}}, "did you mean 'updates'?"),
    configuration({"experiments.own.methods.dcgan": {"updates": 0}}, "updates"),
    configuration(
        {"experiments.own.methods": {"gantk2": {"start": ["my rows.npz", "standard-normal"]}}},
        "'my rows.npz' cannot be part of a folder name",
    ),
    configuration(
        {"datasets.mine.source.size": 28, "experiments.own.methods": {"ga-cntkg": {"batch": 9}}},
        "batch 9 is too large for a subset of 8 rows",
    ),
    configuration({"experiments.own.methods": {"ga-cntk-batch": {"batch": 9}}}, "at most 8"),
    configuration(
        {"experiments.own.methods": {"ga-cntkg": {"batch": 4}}}, "with a side of 28, 32, 64, 128"
    ),
    configuration(
        {"experiments.own.methods": {"ga-cntk-multires": {"levels": [5], "batch": 4}}},
        "levels [5] do not fit",
    ),
    configuration({"experiments": {"all": OWN["experiments"]["own"]}}, "is the name of a workflow"),
    written("twice", "a key that is given twice", "twice.yaml: line 2: 'name' is given twice"),
    written("octal", "n: [032]", "line 2: YAML reads 032 as another number"),
    written("sixty", "updates: 1:30", "line 1: YAML reads 1:30 as another number"),
    written("underscore", "name: 2024_01", "line 1: YAML reads 2024_01 as another number"),
    written("date", "name: 2024-01-31", "line 1: YAML reads 2024-01-31 as a date"),
    Case(
        "--config name=007",
        lambda: given.validated(OWN, ["good.yaml"], True, ["name=007"]),
        "--config name=007: Snakemake reads the number 7",
    ),
    Case(
        "sampels: 3, in key.yaml",
        lambda: given.validated(changed({"sampels": 3}), ["key.yaml"], True),
        "unknown key 'sampels' in key.yaml: did you mean 'samples'?",
    ),
    Case(
        'device: "gpu", on a machine without one',
        without_gpu,
        "device: gpu, but no GPU was found",
        faults={"suite.running.devices.visible": lambda: ([], "there is no nvidia-smi")},
    ),
]
"""Configurations that `snakemake` refuses before the first job."""

COMMANDS = [
    command(f"{DRAW} mnst --out new.npz", "unknown dataset 'mnst': did you mean 'mnist'?"),
    command(f"{DRAW} mnist --n 5000 --out new.npz", "choose n from 1 to 4096"),
    command(f"{DRAW} mnist --n 0 --out new.npz", "choose n from 1 to 4096"),
    command(f"{DRAW} mnist --n four --out new.npz", "'--n': Input should be a valid integer"),
    command(
        f"{DRAW} mnist --seed -1 --n 4 --out new.npz",
        "'--seed': Input should be greater than or equal to 0",
    ),
    command(f"{DRAW} mnist --split test --n 4 --out new.npz", "is not one of 'train', 'heldout'"),
    command(f"{DRAW} mnist --set digit=[3] --out new.npz", "unknown key 'digit'"),
    command(f"{DRAW} mnist --set digits=three --out new.npz", "digits"),
    command(f"{DRAW} mnist --set digits=[11] --out new.npz", "is empty"),
    command(f"{DRAW} mnist --settings {{ --out new.npz", "not valid JSON"),
    command(f"{DRAW} mnist --n 4 --out a_file/new.npz", "is a file, not a folder"),
    command(f"{DRAW} mnist --set source=folder --set path=nowhere --out new.npz", "nowhere"),
    command(f"{DRAW} folder --out new.npz", "needs a path"),
    command(f"{FOLDER}empty", "empty: contains no image"),
    command(f"{FOLDER}mixed", "01.png: has 9 x 8 pixels, but 00.png 8 x 8"),
    command(f"{FOLDER}cut", "05.png: damaged or not an image"),
    command(f"{FOLDER}deep", "32-bit pixels"),
    command(f"{FOLDER}kinds", "images are in subfolders (cats, dogs)"),
    command(f"{FOLDER}pictures --set background=pink", "pink is not a colour"),
    command(f"{INIT} nowhere", "nowhere: no such file or folder"),
    command(f"{INIT} empty", "empty: contains no image"),
    command(f"{INIT} few", "has 9 pictures, 9 of them for training: give at least 35"),
    command(f"{INIT} texts", "none of its 12 pictures can be read"),
    command(f"{INIT} pictures pictures", "pictures: is given twice"),
    command(f"{INIT} pictures --name a --name b", "2 names for 1 folders"),
    command(f"{INIT} pictures --name a/b", "--name a/b: use only letters"),
    command(f"{INIT} pictures --background pink", "pink is not a colour"),
    command(f"{INIT} pictures --budget weekend", "is not one of 'quick', 'evening', 'paper'"),
    command("datasets init pictures --out good.yaml", "good.yaml: already exists"),
    command("suite plan nowhere.yaml", "nowhere.yaml: no such file"),
    command("suite plan key.yaml", "unknown key 'sampels' in key.yaml"),
    command(f"{SOLVE} nowhere.npz", "nowhere.npz: no such file or folder"),
    command(f"{SOLVE} text.npz", "text.npz: the file is damaged"),
    command(f"{SOLVE} truncated.npz", "truncated.npz: the file is damaged"),
    command(f"{SOLVE} pickled.npz", "pickled.npz: the file is damaged, or not an .npz of"),
    command(f"{SOLVE} two.npz", "holds no array 'data'"),
    command(f"{SOLVE} float.npz", "not float64"),
    command(f"{SOLVE} flat.npz", "expected uint8 images [N, H, W, 1 or 3]"),
    command(f"{SOLVE} empty.npz", "is empty: give at least one row"),
    command(f"{SOLVE} nan.npz", "8 of 8 points are NaN"),
    command(f"{SOLVE} changed.npz", "do not match their digest"),
    command(f"{SOLVE} good.npz --set lam=-1", "lam"),
    command(f"{SOLVE} good.npz --set lam=NaN", "lam"),
    command(
        f"{SOLVE} good.npz --set iterations=0", "iterations: input should be greater than 0, not 0"
    ),
    command(f"{SOLVE} good.npz --seed -1", "'--seed': Input should be greater than or equal to 0"),
    command("gantk train ga-cntkk --out new --data good.npz", "did you mean 'ga-cntk"),
    command("gantk train dcgan --out new --data good.npz", "use `python -m baselines train dcgan`"),
    command(
        "baselines train gantk2 --out new --data good.npz", "use `python -m gantk train gantk2`"
    ),
    command("gantk train ga-cntk --out a_file/new --data good.npz", "is a file, not a folder"),
    command("gantk train ga-cntk --out run --data good.npz", "run: holds another finished run"),
    command("gantk sample run --out new.npz", "has no generator"),
    command("gantk sample nowhere --out new.npz", "nowhere/run.json: no such file"),
    command(f"{LEARN} good.npz --set learning_rat=1", "did you mean 'learning_rate'?"),
    command(f"{LEARN} good.npz --samples 0", "'--samples': Input should be greater than"),
    command(f"{LEARN} good.npz --stps 3", "No such option"),
    command(f"{JUDGE} empty small", "empty: contains no image"),
    command(f"{JUDGE} nowhere small", "nowhere: no such file"),
    command(f"{JUDGE} mixed small", "01.png"),
    command(f"{JUDGE} cut small", "05.png: damaged or not an image"),
    command(f"{JUDGE} deep small", "05.tif: has 32-bit pixels"),
    command(f"{JUDGE} small small --background pink", "pink is not a colour"),
    command(f"{JUDGE} array.npy small", "give an .npz file"),
    command(f"{JUDGE} small large", "8 x 8"),
    command(f"{JUDGE} small small --metrics am_sim", "did you mean 'am_ssim'?"),
    command(f"{JUDGE} small small --metrics fid_train --weights nowhere.pth", "nowhere.pth"),
    command(f"{JUDGE} small small --metrics fid_train --weights a_file", "a_file"),
    command(f"{COPIES} nowhere --train pictures", "nowhere: no such file or folder"),
    command(f"{COPIES} pictures --train empty", "empty: contains no image"),
    command(f"{COPIES} pictures --train pictures --heldout empty", "empty: contains no image"),
    command(f"{COPIES} single --train pictures", "3 rows, but the generated set has 1"),
    command(f"{COPIES} pictures --train single", "3 rows, but the train set has 1"),
    command(
        f"{COPIES} wide --train pictures",
        "20 x 16 with 3 channels, but those of the train set are images of 16 x 16",
    ),
    command(
        f"{COPIES} pictures --train grey",
        "those of the train set are images of 16 x 16 with 1 channel",
    ),
    command(
        f"{COPIES} pictures --train pictures --heldout grey",
        "those of the heldout set are images of",
    ),
    command(f"{COPIES} cut --train pictures", "05.png: damaged or not an image"),
    command(f"{COPIES} tiny --train tiny", "copies needs images of at least 8 x 8 pixels"),
    command(f"{COPIES} nan.npz --train pictures", "8 of 8 points are NaN"),
    command(f"{COPIES} float.npz --train pictures", "not float64"),
    command("metrics copies pictures --train pictures --out empty", "empty: is a folder"),
    command("metrics copies pictures --train pictures --out new.jpg", "the output is a PNG file"),
    command(
        "metrics evaluate empty --train good.npz --out new.json", "empty/run.json: no such file"
    ),
    command(f"{TABLES} damaged --config nowhere.yaml", "nowhere.yaml: no such file"),
    command(f"{TABLES} damaged --config broken.yaml", "broken.yaml: not valid YAML"),
    command(f"{TABLES} damaged --config list.yaml", "list.yaml: expected a mapping"),
    command(
        f"{TABLES} damaged --config key.yaml",
        "unknown key 'sampels' in key.yaml: did you mean 'samples'?",
    ),
    command(
        f"{TABLES} damaged --config good.yaml", "metrics.json: metrics.x.value: field required"
    ),
    command(f"{TABLES} nowhere --config good.yaml", "nowhere: no such folder"),
]
"""Commands that refuse bad input before they begin, like the jobs of the workflow."""

JOBS = [
    command(
        f"{DRAW} mnist --n 4 --out good.npz",
        "good.npz: no space is left on the disk",
        "the disk is full",
        **{"numpy.savez_compressed": raising(FULL)},
    ),
    command(
        f"{DRAW} mnist --n 4 --out new.npz",
        "new.npz: no space is left on the disk",
        "the disk fills up half-way",
        **{"numpy.savez_compressed": half_written},
    ),
    command(
        f"{JUDGE} small small --metrics fid_train",
        "the Inception weights are not in cache/gantk-bench and could be fetched neither from",
        "no network, and no weights on this machine",
        **OFFLINE,
    ),
    command(
        f"{JUDGE} small small",
        "out of memory (Unable to allocate 9 GiB)",
        "NumPy runs out of memory",
        **{"metrics.__main__.read_rows": raising(MemoryError("Unable to allocate 9 GiB"))},
    ),
    command(
        f"{SOLVE} good.npz",
        "out of memory (RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes)",
        "JAX runs out of memory",
        **{
            "suite.running.training.run_method": raising(
                RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes")
            )
        },
    ),
    command(
        f"{LEARN} good.npz",
        "out of memory (CUDA out of memory. Tried to allocate 9 GiB)",
        "PyTorch runs out of memory",
        **{
            "suite.running.training.run_method": raising(
                RuntimeError("CUDA out of memory. Tried to allocate 9 GiB")
            )
        },
    ),
    command(
        f"{SOLVE} good.npz",
        "interrupted",
        "Ctrl-C",
        **{"suite.running.training.run_method": raising(KeyboardInterrupt())},
    ),
]
"""Errors that only a running job can find."""
