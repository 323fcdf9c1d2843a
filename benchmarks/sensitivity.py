"""Which metric detects what: real and damaged images are judged like generated ones.

    python -m benchmarks sensitivity --n 64 --features FOLDER

The lines of the table are the training images, the training images with one fault each, and new
digits. The columns are metrics. All images come from the bundled MNIST.
"""

from typing import Annotated

import numpy as np
import typer

from benchmarks import _markdown
from metrics.command import Cache
from metrics.evaluate import Reference, evaluate
from metrics.features import Features
from suite.protocol.seeds import stream
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
    """Name of the change -> the changed images, uint8 [N, 28, 28, 1].

    There are two sets of new digits: as many as training images, and 2,048 (or all, if fewer).
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


def table(
    n: Annotated[int, typer.Option(help="training images", min=8)] = 64,
    features: Cache = None,
) -> None:
    """Print the table as Markdown."""
    arrays = read_arrays(ROOT / "resources" / "mnist" / "mnist.npz")
    order = stream("sensitivity:rows", 0).permutation(len(arrays["train_images"]))
    images, labels = arrays["train_images"][order][..., None], arrays["train_labels"][order]
    heldout = arrays["heldout_images"][..., None]
    references = {"train": Reference(images[:n]), "heldout": Reference(heldout)}
    store = Features(features)
    print(_markdown.head("images", *METRICS, numbers=True))
    for name, rows in variants(images[:n], labels[:n], images[n:]).items():
        values = evaluate(rows, references, METRICS, store, 0)
        cells = (f"{values[metric]['value']:.3g}" for metric in METRICS)
        print(_markdown.line(name, *cells), flush=True)


COMMANDS = (table,)
