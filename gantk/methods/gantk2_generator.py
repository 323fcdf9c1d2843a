"""GAN(TK)^2 with a generator: its samples follow an infinitely wide discriminator."""

import numpy as np

from gantk.checks import check_square
from gantk.gantk2.settings import FRANCESCHI, GeneratedSettings, flow_work
from suite.protocol.method import Job, Method, Model, Result
from suite.running.errors import InputError


def train(job: Job[GeneratedSettings]) -> Result:
    """Train the generator (Franceschi et al., 2022)."""
    from gantk.gantk2.flow_generator import solve_generator

    return solve_generator(job)


def sample(
    model: Model, settings: GeneratedSettings, shape: tuple[int, ...], count: int, seed: int
) -> np.ndarray:
    """More samples."""
    from gantk.gantk2.flow_generator import draw

    return draw(model, settings, shape, count, seed)


def check(settings: GeneratedSettings, shape: tuple[int, ...], n: int) -> None:
    """Any rows; square images for convolutions; no start, and no pixels to cut off."""
    if settings.convs:
        check_square(shape)
    if settings.start != "standard-normal" or settings.clip:
        raise InputError("a generator makes its own rows: leave the settings start and clip out")


GANTK2_GENERATOR = Method(
    "gantk2-generator",
    "GAN(TK)² (generator)",
    GeneratedSettings,
    train,
    sample,
    work=flow_work,
    check=check,
    tiny={"iterations": 5, "snapshots": 3, "width": 8, "latent": 4},
    references=(FRANCESCHI,),
)
