"""What each class of budgets asks for: methods, their settings, and the least they learn by."""

from dataclasses import dataclass
from typing import Any, Literal

Budget = Literal["quick", "evening", "paper"]


@dataclass(frozen=True)
class Plan:
    """What a class of budgets asks for.

    seconds: the wait that budgets are cut to; None leaves them. side: largest side [pixels]. sizes:
    how many training-set sizes. samples: images judged a run. methods: each with settings
    beside its defaults; their budgets are the most that is ever asked for.
    """

    seconds: float | None
    side: int
    sizes: int
    samples: int
    methods: dict[str, dict[str, Any]]


# The most that is asked for takes every method of a class about as long, on CPU cores, so that cut
# budgets compare them at equal cost. GANs have half of the width and small batches, so that an
# update costs less: so, and with shifts, DCGAN learns 64 colour images of 32 x 32 pixels within 800
# updates (baselines/README.md). Without shifts it repeats and copies some of 64 digits
# (results/reference/augmentation). Of the GANs in the paper's Table 1 WGAN-GP has the lowest FID in
# five of the six cells on colour, in one of these together with LSGAN.
GAN = {"updates": 20_000, "networks": "tuned", "width": 0.5}
DCGAN = {**GAN, "batch": 16, "augment": ["translation"]}
STYLE = {"channel_max": 64, "channel_base": 1024, "mapping_layers": 4, "style": 128}
FEW = {"snapshots": 8}
"""Judging snapshots would take longer than a quick training."""
# The first two methods of a class always stay.
PLANS: dict[Budget, Plan] = {
    "quick": Plan(
        1200.0,
        32,
        1,
        64,
        {
            "dcgan": {**DCGAN, **FEW, "snapshot_rows": 32},
            "ga-cntk": {**FEW, "iterations": 20_000},
        },
    ),
    "evening": Plan(
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
    "paper": Plan(
        None,
        128,
        3,
        2048,
        {
            name: {}
            for name in (
                *("dcgan", "lsgan", "wgan", "wgan-gp", "sngan", "stylegan2"),
                *("ga-cntk", "ga-cntkg"),
            )
        },
    ),
}
LEAST = 50  # iterations: the steps in which budgets are cut
LEARNS = {
    "dcgan": 800,
    "wgan-gp": 600,
    "stylegan2": 2_000,
    "ga-cntk": 1_000,
    "ga-cntkg": 2_000,
}
"""Budgets from which samples of a few dozen pictures begin to show what these are of. A method that
has less is left out. DCGAN's is of the trial in baselines/README.md. GA-CNTK on the same 64 faces
has 10 sharp faces among 64 samples after 660 iterations, the others are noise. On digits StyleGAN2
shows one at a time for its first 1,000 updates of 64. WGAN-GP and GA-CNTKg are guesses."""
