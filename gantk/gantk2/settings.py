"""The settings of GAN(TK)^2's methods: points that follow a trained kernel discriminator."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from gantk.settings import ArchitectureSettings, DescentSettings
from suite.protocol.artefacts import Subset
from suite.protocol.method import Work
from suite.running.errors import InputError

FRANCESCHI = (
    "Franceschi et al., 2022 (GAN(TK)²)",
    "kernel discriminators",
    "https://arxiv.org/abs/2106.05566",
)
"""The reference of GAN(TK)^2's methods."""

OBJECTIVE_OF = {"ipm": "identity", "squares": "square", "logistic": "non_saturating"}
"""Rule -> the objective of the generated rows that Franceschi et al. (2022) pair with it."""


class FlowSettings(DescentSettings, ArchitectureSettings):
    """Settings of all widths; the defaults are those of Franceschi et al.'s released code."""

    iterations: PositiveInt = 50_000
    """length of the run, unless a stop rule ends it earlier [iterations]"""
    rule: Literal["ipm", "squares", "logistic"] = "ipm"
    """loss of the discriminator: ipm (an integral probability metric), squares (LSGAN) or logistic
    (the original GAN)"""
    objective: Literal["identity", "square", "non_saturating"] | None = None
    """loss c(f) of the generated rows: identity (-f), square (f^2) or non_saturating (log(1 +
    exp(-f))); null: identity for ipm, square for squares, non_saturating for logistic"""
    time: PositiveFloat = 1.0
    """training time t of the discriminator; with rule: squares, lambda = 2 t / n"""
    start: Literal["standard-normal"] | Path = "standard-normal"
    """generated rows at the start: drawn from the standard normal distribution, or the path of a
    subset whose first n rows are used"""
    precision: Literal["float32", "float64"] = "float32"
    """dtype of rows, kernel and networks; an infinitely wide discriminator is always trained in
    float64"""
    clip: bool = False
    """clip pixels to [-1, 1] after each update"""
    sigma_w2: PositiveFloat = 1.0
    """variance of the weights times the fan-in"""
    sigma_b2: NonNegativeFloat = 1.0
    """variance of the biases, b^2 in the paper, which uses 16 on CelebA and 0.04 for sigmoid"""
    dense: NonNegativeInt | None = 3
    """number of hidden dense layers [layers]"""
    output_bias: bool = False
    """whether the output layer has a bias"""

    @property
    def score(self) -> str:
        """The objective that is set, else that of the rule."""
        return self.objective or OBJECTIVE_OF[self.rule]


class InfiniteSettings(FlowSettings):
    """An infinitely wide discriminator, trained anew for every update."""

    kernel: Literal["ntk", "rbf"] = "ntk"
    """ntk: the tangent kernel of the network; rbf: exp(-|x - x'|^2 / 2d), which uses no network"""
    convs: NonNegativeInt = 0
    """number of convolutions of stride 2 before the dense layers [layers]"""
    through: bool = False
    """whether the gradient passes through the training of the discriminator, as in GA-NTK; false:
    the discriminator is held fixed"""
    scored: Literal["generated", "all"] = "generated"
    """rows whose f enters the loss; real rows change the gradient only with through: true"""


class GeneratedSettings(InfiniteSettings):
    """A generator in the place of the generated rows: a dense network of three hidden layers."""

    step: PositiveFloat = 1.0
    """step size of the generator's update rule"""
    latent: PositiveInt = 64
    """dimension of the latent z"""
    width: PositiveInt = 512
    """units of a hidden layer of the generator [units]"""

    def snapshot_size(self, n: int) -> int:
        """Rows of a snapshot."""
        return min(n, 256)


class FiniteSettings(FlowSettings):
    """A network of finite width, trained by gradient descent."""

    width: PositiveInt = 128
    """units of a hidden layer [units]"""
    learning_rate: PositiveFloat = 0.1
    """learning rate of the discriminator, which takes time / learning_rate steps before each
    update"""
    reset: bool = False
    """whether each update starts a new discriminator; false: training continues with the last
    one"""

    @property
    def steps(self) -> int:
        """Steps of the discriminator for an update of the rows."""
        return max(1, round(self.time / self.learning_rate))


def check_start(settings: FlowSettings, shape: tuple[int, ...], n: int) -> np.ndarray | None:
    """The rows to start from, as stored; None where they are drawn.

    Raises:
        InputError: no such file; fewer than n rows, or rows of another shape.
    """
    if settings.start == "standard-normal":
        return None
    data = Subset.load(Path(settings.start)).data
    if data.shape[1:] != shape or len(data) < n:
        raise InputError(
            f"start: {settings.start} has {len(data)} rows of shape {list(data.shape[1:])}, but "
            f"{n} rows of shape {list(shape)} are needed: choose a subset of the same dataset"
        )
    return data[:n]


def flow_work(settings: FlowSettings, shape: tuple[int, ...], n: int) -> Work:
    """Work of a flow: pairs of rows, or rows times steps, relative to 128 rows."""
    if isinstance(settings, FiniteSettings):
        return Work(settings.iterations, settings.steps, 2 * n / 128 * settings.width / 128)
    seen = isinstance(settings, InfiniteSettings) and settings.convs > 0
    pixels = shape[0] * shape[1] / 28**2 if seen else 1.0
    return Work(settings.iterations, 1, (2 * n / 128) ** 2 * pixels)
