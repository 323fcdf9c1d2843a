"""Which metric sees what: real and spoilt images judged as if a method had made them.

    python -m benchmarks.sensitivity --n 64 --features FOLDER

The rows of the table are the training images, copies of them with one fault each, and new digits,
none of them a training image; the columns are the metrics. Everything comes from the bundled MNIST.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from metrics.evaluate import Reference, evaluate
from metrics.features import Features
from suite.protocol.seeds import stream
from suite.running.cli import run
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

METRICS = (
    *(f"{name}_{reference}" for name in ("fid", "kid") for reference in ("train", "heldout")),
    *(f"{name}_heldout" for name in ("precision", "recall", "density", "coverage")),
    "coverage_lenet_heldout",
    "am_ssim",
    "am_ssim_reverse",
    "copying_rate",
    "copying_rate_ssim",
    "copying_rate_inception",
)

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)


def shifted(images: np.ndarray, pixels: int) -> np.ndarray:
    """Images moved down and to the right, black where nothing is left."""
    moved = np.zeros_like(images)
    moved[:, pixels:, pixels:] = images[:, :-pixels, :-pixels]
    return moved


def noisy(images: np.ndarray, deviation: float) -> np.ndarray:
    """Images with Gaussian noise; deviation in units of the whole range of pixels."""
    noise = stream("sensitivity:noise", 0).normal(0, 255 * deviation, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


def blurred(images: np.ndarray, deviation: float) -> np.ndarray:
    """Images under a Gaussian filter; deviation in pixels."""
    from scipy.ndimage import gaussian_filter

    return np.stack([gaussian_filter(i, (deviation, deviation, 0)) for i in images])


def variants(train: np.ndarray, labels: np.ndarray, fresh: np.ndarray) -> dict[str, np.ndarray]:
    """The images judged, uint8 [N, 28, 28, 1], by what was done to them.

    The new digits are as many as the training images, and 2,048 (all there are, if fewer).
    """
    few = train[labels < 5]
    half = np.resize(np.arange(len(few)), len(train))
    return {
        "training images": train,
        "noise, σ 0.03": noisy(train, 0.03),
        "noise, σ 0.1": noisy(train, 0.1),
        "shifted by one pixel": shifted(train, 1),
        "shifted by two pixels": shifted(train, 2),
        "blurred, σ 1 pixel": blurred(train, 1.0),
        "digits 0 to 4 only": few[half],
        "one image, repeated": np.repeat(train[:1], len(train), axis=0),
        **{f"{len(rows):,} new digits": rows for rows in (fresh[: len(train)], fresh[:2048])},
    }


@app.command()
def table(
    n: Annotated[int, typer.Option(help="training images", min=8)] = 64,
    features: Annotated[Path | None, typer.Option(help="folder that keeps features")] = None,
) -> None:
    """Print the table as Markdown."""
    arrays = read_arrays(ROOT / "resources" / "mnist" / "mnist.npz")
    order = stream("sensitivity:rows", 0).permutation(len(arrays["train_images"]))
    images, labels = arrays["train_images"][order][..., None], arrays["train_labels"][order]
    heldout = arrays["heldout_images"][..., None]
    references = {"train": Reference(images[:n]), "heldout": Reference(heldout)}
    store = Features(features)
    print("| images | " + " | ".join(METRICS) + " |")
    print("| --- |" + " ---: |" * len(METRICS))
    for name, rows in variants(images[:n], labels[:n], images[n:]).items():
        values = evaluate(rows, references, METRICS, store, 0)
        cells = (f"{values[metric]['value']:.3g}" for metric in METRICS)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    run(app)
