"""Results of the shared commands, whose code is in no digest.

Each value was found with the PROTOCOL beside it. If a value differs, there are two cases. Either
code of a room changed it: then the room's digest has changed too, and you put the new value here.
Or code that carries work out changed it (`suite/running`, `suite/planning`, a command line): then
also raise `suite.protocol.artefacts.PROTOCOL`, so that earlier results are not taken for new ones.
"""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.protocol.artefacts import PROTOCOL, Subset, load_samples
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

FOUND_WITH = 1
"""The PROTOCOL with which all values here were found."""

POINTS = ["ring8", "--n", "8", "--seed", "3"]
DIGITS = ["mnist", "--n", "8", "--seed", "3"]
GANTK = {"iterations": 4, "snapshots": 3, "step": 3}
GAN = {"updates": 4, "batch": 4, "snapshots": 3, "snapshot_rows": 3}
TOLERANCE = {"rtol": 2e-3, "atol": 2e-3}
"""Above the differences between processors, below those of another seed, row or setting."""


def command(room: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", room, *words], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Subsets, two trainings and the metrics of one of them, by the workflow's commands."""
    folder = tmp_path_factory.mktemp("made")
    for name, rows in (("points", POINTS), ("digits", DIGITS)):
        command("datasets", "subset", *rows, "--out", str(folder / f"{name}.npz"))
    points = str(folder / "points.npz")
    for room, method, settings in (("gantk", "ga-fntk", GANTK), ("baselines", "dcgan", GAN)):
        words = ["train", method, "--data", points, "--out", str(folder / method), "--seed", "5"]
        words += ["--part", "1", "--parts", "1", "--samples", "6"]
        command(room, *words, "--settings", json.dumps(settings))
    judged = ["evaluate", str(folder / "ga-fntk/part1"), "--train", points, "--samples", "6"]
    judged += ["--metrics", "w2_train,sinkhorn_train", "--seed", "7"]
    command("metrics", *judged, "--out", str(folder / "metrics.json"))
    return folder


def test_values_are_of_this_protocol() -> None:
    assert PROTOCOL == FOUND_WITH, "put the values that come out now into this file"


def test_a_subset_has_the_same_bytes(made) -> None:
    subset = Subset.load(made / "digits.npz")
    rows = hashlib.sha256(subset.indices.tobytes() + subset.labels.tobytes()).hexdigest()
    assert (subset.digest[:12], rows[:12]) == ("00d84c68a15b", "c928c651f651")


@pytest.mark.parametrize(
    ("method", "samples", "loss"),
    [
        (
            "ga-fntk",
            [0.1617, 1.1269, 0.0910, 0.8342, -0.0381, 0.5839],
            [0.75809, 0.77053, 0.75988, 0.77140],
        ),
        (
            "dcgan",
            [0.1354, 0.1646, 0.0663, 0.0067, 0.1630, 0.1175],
            [0.74425, 0.74605, 0.74725, 0.74254],
        ),
    ],
)
def test_trainings_come_to_the_same_values(made, method, samples, loss) -> None:
    part = made / method / "part1"
    found = load_samples(part / "samples.npz")
    np.testing.assert_allclose(found[:3].ravel(), samples, **TOLERANCE)
    with (part / "history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    column = "loss" if "loss" in rows[0] else "loss_g"
    np.testing.assert_allclose([float(row[column]) for row in rows], loss, **TOLERANCE)
    assert len(found) == (8 if method == "ga-fntk" else 6)
    assert read_arrays(part / "trajectory.npz")["iterations"].tolist() == [0, 1, 2, 4]


def test_metrics_come_to_the_same_values(made) -> None:
    report = json.loads((made / "metrics.json").read_text(encoding="utf-8"))
    assert (report["status"], report["samples"]) == ("ok", 6)
    values = [report["metrics"][name]["value"] for name in ("w2_train", "sinkhorn_train")]
    np.testing.assert_allclose(values, [0.46339, 0.10636], **TOLERANCE)
