"""Whether augmented runs copy: judges the samples in results/reference/augmentation again.

    python -m benchmarks augmented --features FOLDER    # needs the Inception weights; 1,600 images

It judges the 64 digits of each sheet of `samples-augmentation-mnist-n64.png`, and controls: 64
held-out digits, the 64 training digits unchanged and moved as the discriminator saw them, and black
images. The other 960 held-out digits show how many new images look like copies. The metrics of each
set go to `sheets.json` in that folder, in the form of metrics.json.
"""

import json
from typing import Any

import numpy as np

from benchmarks._sheets import digits_of
from datasets.draw import draw
from metrics.command import Cache, Weights, feature_store
from metrics.controls import copies_of
from metrics.definitions.copies import judge
from metrics.evaluate import Reference, evaluate
from suite.protocol.artefacts import Subset
from suite.protocol.source import SOURCES
from suite.running.files import write_text
from suite.running.provenance import ROOT

FOLDER = ROOT / "results/reference/augmentation"
RUNS = [
    f"{method}@augment={way}"
    for method in ("ga-cntk", "dcgan", "stylegan2")
    for way in ("none", "translation")
]
SHEET = 64
PIXELS = ["copies", "diversity", "copying_rate_ssim", "am_ssim"]
TRAIN = ["fid_train", "kid_train", "coverage_train"]
HELDOUT = ["fid_heldout", "kid_heldout", "coverage_heldout", "precision_heldout"]


def _drawn(split: Any, n: int) -> Subset:
    """Digits drawn as in config/augmentation.yaml."""
    source = SOURCES.lookup("mnist")
    return draw(source, source.settings(), split, n, 0)


def main(features: Cache = None, weights: Weights = None) -> None:
    """Judge the sheets and the known images, and write sheets.json."""
    training, *sheets = digits_of(FOLDER / "samples-augmentation-mnist-n64.png")
    subset, heldout = _drawn("train", SHEET), _drawn("heldout", 1024)
    assert np.array_equal(training, subset.data), "the sheet shows other training digits"
    store = feature_store(features, weights)
    fresh, held = heldout.data[:SHEET], heldout.data[SHEET:]
    sets = dict(zip(RUNS, sheets, strict=True)) | {
        "heldout": fresh,
        "train": training,
        "train-translation": copies_of(subset, ["translation"], SHEET, 0),
        "blank": np.zeros_like(training),
    }
    references = {"train": Reference(training), "heldout": Reference(heldout.data)}

    def judged(rows: np.ndarray, names: list[str]) -> dict[str, Any]:
        return {
            "samples": len(rows),
            "metrics": evaluate(rows, references, names, store, 0, held),
        }

    found: dict[str, Any] = {}
    for name, rows in sets.items():
        seen = [] if name == "blank" else TRAIN + ([] if name == "heldout" else HELDOUT)
        found[name] = judged(rows, PIXELS + seen)
        details = judge(rows, training, held)
        found[name]["copied"] = len(np.unique(details.matches.index[details.hits]))
    report = json.dumps({"sheets": found}, indent=1, allow_nan=False)
    write_text(FOLDER / "sheets.json", report + "\n")


COMMANDS = (main,)
