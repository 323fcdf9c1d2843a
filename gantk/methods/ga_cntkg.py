"""GA-CNTKg: a generator trained against infinitely wide discriminators (Eq. 6)."""

import numpy as np

from gantk.checks import CODE_SIDES, GENERATOR_SIDES, check_side
from gantk.settings import GeneratorSettings, kernel_work
from suite.protocol.method import Job, Method, Model, Result
from suite.running.errors import InputError


def train(job: Job[GeneratorSettings]) -> Result:
    """Solve Eq. 6, and draw the samples asked for."""
    from gantk.descent.with_generator import solve

    return solve(job)


def sample(
    model: Model, settings: GeneratorSettings, shape: tuple[int, ...], count: int, seed: int
) -> np.ndarray:
    """Draw images from a trained generator."""
    from gantk.descent.with_generator import draw

    return draw(model, settings, shape, count, seed)


def generate(
    model: Model, settings: GeneratorSettings, shape: tuple[int, ...], z: np.ndarray
) -> np.ndarray:
    """Draw images at given places of the latent space."""
    from gantk.descent.with_generator import generate

    return generate(model, settings, shape, z)


def check(settings: GeneratorSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images of the sizes that there are networks for, and a batch of at most n."""
    data = settings.autoencoder_data
    if data is not None and not data.is_file():
        raise InputError(f"autoencoder_data: {data}: no such file: check the path")
    if settings.space == "code":
        check_side(shape, CODE_SIDES, "the autoencoder")
    else:
        check_side(shape, GENERATOR_SIDES, "the generator")
    settings.rows(n)


GA_CNTKG = Method(
    "ga-cntkg",
    "GA-CNTKg",
    GeneratorSettings,
    train,
    sample,
    work=kernel_work,
    check=check,
    generate=generate,
    tiny={"iterations": 5, "snapshots": 3, "batch": 4, "autoencoder_iterations": 3},
    references=(
        ("Zhang et al., 2022 (GA-NTK)", "Eq. 6, Table 7", "https://arxiv.org/abs/2204.04090"),
    ),
)
