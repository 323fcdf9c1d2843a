"""Titles and captions of every kind of picture, on the page and in Snakemake's report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """The words above pictures of one kind. link: a short title for the list of contents."""

    link: str
    title: str
    text: str


CAPTIONS = {
    "path": Caption(
        "Paths",
        "FID against AM-SSIM",
        "Both metrics along the training of each method's first run. The point where it stops is "
        "its pair of numbers in the table.",
    ),
    "samples": Caption(
        "Samples",
        "Samples",
        "Training rows, and samples of the first run of each method.",
    ),
    "nearest": Caption(
        "Nearest images",
        "Nearest training images",
        "Samples of the first run of each method, each above its nearest training image, and the "
        "SSIM of the two (1 = a copy).",
    ),
    "trajectory": Caption(
        "Along the training",
        "Samples along the training",
        "The same samples at several iterations. The iterations are below the samples.",
    ),
    "curves": Caption("Metrics", "Metrics along the training", "The first run of each method."),
    "learning": Caption(
        "Losses",
        "Learning curves",
        "One line per run. Losses of different methods cannot be compared.",
    ),
    "stages": Caption(
        "Stages",
        "Loss and samples at stages",
        "The first run of each method that has a single loss. Marks on the curve show the "
        "iterations of the sheets.",
    ),
    "walk": Caption(
        "Latent squares",
        "Latent squares",
        "Samples of generators with two latents, on a grid over the square from -2 to 2.",
    ),
    "boxes": Caption(
        "Settings",
        "Over the settings searched",
        "One box per method with its quartiles, one point per setting.",
    ),
    "bound": Caption(
        "Theorem 3.1",
        "The smallest squared gradient so far",
        "Theorem 3.1: in plain gradient descent on half the squared norm it falls at least like "
        "1 / s. The dotted line is the bound, which holds if the step is small enough for the loss "
        "to fall.",
    ),
}
"""By the kind in the file's name, in the order of the page."""
