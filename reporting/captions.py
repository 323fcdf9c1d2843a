"""What every kind of picture shows: its words on the page and in Snakemake's report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """The words above pictures of one kind. link: the title in a word or two."""

    link: str
    title: str
    text: str


CAPTIONS = {
    "path": Caption(
        "Paths",
        "FID against AM-SSIM",
        "Along the training of the first run of each method: where it stops decides its pair of "
        "numbers.",
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
        "The same samples, above their iteration.",
    ),
    "curves": Caption("Metrics", "Metrics along the training", "Of the first run of each method."),
    "learning": Caption(
        "Losses",
        "Learning curves",
        "Losses; a line a run. Losses of different methods cannot be compared.",
    ),
    "stages": Caption(
        "Stages",
        "Loss and samples at stages",
        "Of the first run of each method with one loss; a mark on the curve for every sheet.",
    ),
    "walk": Caption(
        "Latent squares",
        "Latent squares",
        "What generators of two latents make over the square from -2 to 2.",
    ),
    "boxes": Caption(
        "Settings",
        "Over the settings searched",
        "A box a method, a point a setting, quartiles.",
    ),
    "bound": Caption(
        "Theorem 3.1",
        "The smallest squared gradient so far",
        "Theorem 3.1: for plain descent on half of the squared norm it falls at least like 1 / s; "
        "dotted, the bound that holds where the step is small enough for the loss to fall.",
    ),
}
"""By the kind in the file's name, in the order of the page."""
