"""GA-CNTKg: a generator trained against infinitely wide discriminators (Eq. 6)."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from gantk.checks import CODE_SIDES, GENERATOR_SIDES, check_batch, check_side
from gantk.settings import DiscriminatorSettings, kernel_work
from suite.errors import InputError
from suite.method import Job, Method, Result


class GeneratorSettings(DiscriminatorSettings):
    """Settings of GA-CNTKg; the optimiser's defaults are those of the released code."""

    optimiser: Literal["gradient-descent", "adam"] = Field("adam", description="update rule")
    step: PositiveFloat = Field(2e-4, description="step size of the update rule")
    clip_norm: PositiveFloat | None = Field(
        5.0, description="largest global norm of a gradient; longer ones are scaled down to it"
    )
    diag_reg: float = Field(1e-4, ge=0, description="ridge added to K, relative to its diagonal")
    batch: PositiveInt = Field(
        64, description="real rows, and generated rows, of an iteration, b [images]"
    )
    latent: PositiveInt = Field(64, description="dimension of z")
    space: Literal["image", "code"] = Field(
        "image", description="where the discriminator works: pixels, or Table 7's codes"
    )
    autoencoder_data: Path | None = Field(
        None,
        description="code: subset to train the autoencoder on; default: the n training images",
    )
    autoencoder_iterations: PositiveInt = Field(
        2000, description="code: training of the autoencoder [iterations of 64 images]"
    )


def train(job: Job) -> Result:
    """Solve Eq. 6, and draw the samples asked for."""
    from gantk.generating import solve

    return solve(job)


def sample(
    model: dict[str, np.ndarray],
    settings: GeneratorSettings,
    shape: tuple[int, ...],
    count: int,
    seed: int,
) -> np.ndarray:
    """Draw images from a trained generator."""
    from gantk.generating import draw

    return draw(model, settings, shape, count, seed)


def check(settings: GeneratorSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images of the sizes that there are networks for, and a batch of at most n."""
    data = settings.autoencoder_data
    if settings.space == "code":
        if data is not None and not data.is_file():
            raise InputError(f"autoencoder_data: {data}: no such file: check the path")
        check_side(shape, CODE_SIDES, "the autoencoder")
    else:
        check_side(shape, GENERATOR_SIDES, "the generator")
    check_batch(settings.batch, n)


GA_CNTKG = Method(
    "ga-cntkg", "GA-CNTKg", GeneratorSettings, train, sample, work=kernel_work, check=check
)
