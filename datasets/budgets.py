"""The budgets of `init`: methods, their settings, and the smallest useful training."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Budget:
    """How long `init` lets methods train, and on what.

    seconds: the time limit to which trainings are cut; None for no limit.
    side: largest side of an image [pixels].
    sizes: number of training-set sizes.
    samples: images to evaluate in each run.
    methods: method -> settings that differ from its defaults, with the longest training.
    """

    seconds: float | None
    side: int
    sizes: int
    samples: int
    methods: dict[str, dict[str, Any]]


# The longest trainings of a budget take about the same time on CPU cores, so shortened ones compare
# methods at equal cost. GANs have half the width and small batches, so an update is cheaper. With
# this and shifts, DCGAN learns 64 colour images of 32 x 32 pixels in 800 updates
# (baselines/README.md). Without shifts it repeats and copies some of 64 digits
# (results/reference/augmentation). WGAN-GP has the lowest FID of the GANs in five of the six cells
# with colour images in the paper's Table 1, once together with LSGAN.
GAN = {"updates": 20_000, "networks": "tuned", "width": 0.5}
DCGAN = {**GAN, "batch": 16, "augment": ["translation"]}
PAPER = ("dcgan", "lsgan", "wgan", "wgan-gp", "sngan", "stylegan2", "ga-cntk", "ga-cntkg")
STYLE = {"channel_max": 64, "channel_base": 1024, "mapping_layers": 4, "style": 128}
FEW = {"snapshots": 8}
"""The metrics of more snapshots would take longer than a quick training."""
# The first two methods of a budget are never left out.
BUDGETS = {
    "quick": Budget(
        1200.0,
        32,
        1,
        64,
        {
            "dcgan": {**DCGAN, **FEW, "snapshot_rows": 32},
            "ga-cntk": {**FEW, "iterations": 20_000},
        },
    ),
    "evening": Budget(
        5 * 3600.0,
        64,
        1,
        128,
        {
            "dcgan": DCGAN,
            "ga-cntk": {"iterations": 40_000},
            "wgan-gp": {**GAN, "updates": 4_000, "batch": 32},
            "ga-cntkg": {"iterations": 20_000},
            "stylegan2": {**STYLE, "updates": 4_000, "batch": 32, "path": 0, "mixing": 0},
        },
    ),
    "paper": Budget(
        None,
        128,
        3,
        2048,
        {name: {} for name in PAPER},
    ),
}
LEAST = 50  # iterations: the unit of shortened trainings
LEARNS = {
    "dcgan": 800,
    "wgan-gp": 600,
    "stylegan2": 2_000,
    "ga-cntk": 1_000,
    "ga-cntkg": 2_000,
}
"""Method -> iterations after which samples begin to resemble a few dozen pictures. A method with
less time is left out. DCGAN's number comes from baselines/README.md. GA-CNTK on the same 64 faces
has 10 sharp faces among 64 samples after 660 iterations; the others are noise. StyleGAN2 on digits
shows one digit at a time in its first 1,000 updates of 64. The numbers of WGAN-GP and GA-CNTKg are
guesses."""
