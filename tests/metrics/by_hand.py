"""Files of a run and a dataset, and the command line of the metrics, for tests."""

import numpy as np
from typer.testing import CliRunner

from metrics.__main__ import app
from suite.protocol.artefacts import Subset, Trajectory, save_samples
from suite.running.files import write_json


def random_images(seed: int, count: int = 5, shape: tuple[int, ...] = (8, 8, 1)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def subset_file(path, data):
    labels = np.zeros(len(data), np.int64)
    Subset(data, labels, np.arange(len(data)), "mnist", "train", 0).save(path)
    return path


def write_part(folder, number: int, data, snapshots, iterations, stop="budget", method="ga-cntk"):
    folder.mkdir(parents=True)
    save_samples(folder / "samples.npz", data)
    Trajectory(snapshots, np.array(iterations)).save(folder / "trajectory.npz")
    record = {
        "method": method,
        "settings": {},
        "data": {"digest": "x"},
        "seeds": {"data": 0, "training": 3, "part": number},
        "stop_reason": stop,
    }
    write_json(folder / "run.json", record)
    return folder


def call(*arguments):
    """The printed output of the command, parsed if it is JSON. InputError is passed on."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout
