"""Whether augmented runs copy: samples of results/reference/augmentation judged anew (a table).

    python -m benchmarks augmented

The 64 digits of each sheet of `samples-augmentation-mnist-n64.png` beside the controls: 64 held-out
digits, the 64 training digits as they are and moved as the discriminator saw them, black images.
What new digits get is told by 960 other held-out ones. Written to `copies.csv` there, with the
share of copies, its interval, how many training digits are copied, and the older measures.
"""

import csv
import io
from typing import Any

import numpy as np
import typer

from benchmarks._sheets import digits_of
from metrics.definitions.am_ssim import AM_SSIM
from metrics.definitions.copies import judge
from metrics.definitions.copying import COPYING_RATE_SSIM
from metrics.shares import share_of
from suite.protocol.augmentation import augmented
from suite.protocol.metric import Pair
from suite.protocol.seeds import stream
from suite.running.cli import run
from suite.running.files import read_arrays, write_text
from suite.running.provenance import ROOT

FOLDER = ROOT / "results/reference/augmentation"
RUNS = [
    f"{method}{shifts}"
    for method in ("GA-CNTK", "DCGAN", "StyleGAN2")
    for shifts in ("", " with shifts")
]
HEAD = ["images", "share", "low", "high", "hits", "copied", "copying_rate_ssim", "am_ssim"]

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)


@app.command()
def main() -> None:
    """Judge the sheets and the controls; write copies.csv."""
    training, *sheets = digits_of(FOLDER / "samples-augmentation-mnist-n64.png")
    heldout = read_arrays(ROOT / "resources/mnist/mnist.npz")["heldout_images"][..., None]
    fresh, held = heldout[:64], heldout[64:]
    moved = augmented(training, ["translation"], stream("benchmark:augmented", 0))
    sets = dict(zip(RUNS, sheets, strict=True)) | {
        "other digits": fresh,
        "training digits": training,
        "training digits, moved": moved,
        "black images": np.zeros_like(training),
    }
    lines: list[list[Any]] = []
    for name, rows in sets.items():
        judged = judge(rows, training, held)
        share = share_of(int(judged.hits.sum()), len(rows), judged.limit.calibration)
        copied = len(np.unique(judged.matches.index[judged.hits]))
        pair = Pair(rows, training, None, 0, lambda _, images: images)
        old = [metric.compute(pair).value for metric in (COPYING_RATE_SSIM, AM_SSIM)]
        numbers = [f"{value:.3f}" for value in (share.value, share.low, share.high)]
        counts = [int(judged.hits.sum()), copied]
        lines.append([name, *numbers, *counts, *(f"{value:.3f}" for value in old)])
        print(*lines[-1], sep=", ")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEAD, *lines])
    write_text(FOLDER / "copies.csv", text.getvalue())


if __name__ == "__main__":
    run(app)
