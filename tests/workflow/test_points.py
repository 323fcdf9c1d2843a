"""Points, which have other methods and metrics than images, through the whole workflow."""

import csv
import shutil

import numpy as np
import yaml
from scipy.optimize import linear_sum_assignment

from suite.protocol.artefacts import load_samples

CONFIG = {
    "name": "points",
    "device": "cpu",
    "samples": 16,
    "metrics": ["w2_train"],
    "seeds": {"training": [0]},
    "datasets": {"letters": {"heldout": 16, "source": {"letter": "B"}}},
    "experiments": {
        "flow": {
            "datasets": {
                "letters": {
                    "n": [16],
                    "methods": {"gantk2": {"start": "resources/gantk2/letter-a.npz"}},
                }
            },
            "methods": {
                "gantk2": {"rule": ["ipm", "squares"], "iterations": 3},
                "wgan": {"updates": 2, "batch": 16},
            },
        }
    },
}
METHODS = {"gantk2@rule=ipm", "gantk2@rule=squares", "wgan"}


def w2(x: np.ndarray, y: np.ndarray) -> float:
    """The root of the mean squared distance over the best pairs."""
    squares = ((x[:, None].astype(float) - y[None]) ** 2).sum(axis=2)
    return float(np.sqrt(squares[linear_sum_assignment(squares)].mean()))


def test_points_from_their_source_to_the_table(unrun) -> None:
    (unrun.root / "points.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    done = unrun.snakemake(config="points.yaml")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    results = unrun.root / "results/points"
    with (results / "tables/flow.csv").open(encoding="utf-8") as file:
        rows = {row["method"]: row for row in csv.DictReader(file) if row["metric"] == "w2_train"}
    runs = results / "runs/flow/letters/n16"
    real = load_samples(next((results / "data/letters").rglob("n16/**/*.npz")))
    for method in METHODS:
        drawn = load_samples(runs / method / "data0/seed0/part0/samples.npz")
        assert np.isclose(float(rows[method]["ours_mean"]), w2(drawn, real), rtol=1e-4), method
    start = load_samples(unrun.root / "resources/gantk2/letter-a.npz")
    moved = load_samples(runs / "gantk2@rule=ipm/data0/seed0/part0/samples.npz")
    assert w2(moved, start) < w2(moved, real)
    assert (results / "figures/samples-flow-letters-n16.png").is_file()
    start_file = unrun.root / "resources/gantk2/letter-a.npz"
    start_file.touch()
    assert unrun.planned("points.yaml") == {}
    shutil.copy(unrun.root / "resources/gantk2/density-a.npz", start_file)
    assert unrun.planned("points.yaml")["train_gantk"] == 2  # both variants of gantk2
