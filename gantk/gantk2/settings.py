"""The settings of GAN(TK)^2's methods: points that follow a trained kernel discriminator."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from gantk.settings import ArchitectureSettings, DescentSettings
from suite.protocol.artefacts import Subset
from suite.protocol.method import Work
from suite.running.errors import InputError

OBJECTIVE_OF = {"ipm": "identity", "squares": "square", "logistic": "non_saturating"}
"""Rule -> the objective of the generated rows that Franceschi et al. (2022) pair with it."""


class FlowSettings(DescentSettings, ArchitectureSettings):
    """What both widths share; the defaults are those of Franceschi et al.'s released code."""

    iterations: PositiveInt = Field(50_000, description="budget [iterations]")
    rule: Literal["ipm", "squares", "logistic"] = Field(
        "ipm",
        description="loss of the discriminator: an integral probability metric, LSGAN's squares, "
        "or the original GAN's",
    )
    objective: Literal["identity", "square", "non_saturating"] | None = Field(
        None,
        description="loss c(f) of the generated rows: -f, f^2 or log(1 + exp(-f)); default: that "
        "of the rule, in this order",
    )
    time: PositiveFloat = Field(
        1.0, description="training time t of the discriminator; squares: lambda = 2 t / n"
    )
    start: Literal["standard-normal"] | Path = Field(
        "standard-normal", description="generated rows at the start: drawn, or those of a subset"
    )
    precision: Literal["float32", "float64"] = Field(
        "float32", description="of rows, kernel and networks; training is in float64 if infinite"
    )
    clip: bool = Field(False, description="project pixels to [-1, 1] after each update")
    sigma_w2: PositiveFloat = Field(1.0, description="variance of the weights, times fan-in")
    sigma_b2: NonNegativeFloat = Field(
        1.0, description="variance of the biases, b^2; 16 on CelebA, 0.04 for sigmoid"
    )
    dense: NonNegativeInt | None = Field(3, description="hidden dense layers [layers]")
    output_bias: bool = Field(False, description="whether the output layer has a bias")

    @property
    def score(self) -> str:
        """The objective, as given or as the rule has it."""
        return self.objective or OBJECTIVE_OF[self.rule]


class InfiniteSettings(FlowSettings):
    """An infinitely wide discriminator, trained anew for every update."""

    kernel: Literal["ntk", "rbf"] = Field(
        "ntk", description="tangent kernel of the network, or exp(-|x - x'|^2 / 2d) without one"
    )
    convs: NonNegativeInt = Field(
        0, description="convolutions of stride 2 before the dense layers [layers]"
    )
    through: bool = Field(
        False,
        description="whether the gradient follows the discriminator's training, as GA-NTK's does, "
        "or takes the discriminator as it stands",
    )
    scored: Literal["generated", "all"] = Field(
        "generated", description="rows whose f is scored; real ones matter with `through` alone"
    )


class GeneratedSettings(InfiniteSettings):
    """A generator in the place of the generated rows: a dense network of three hidden layers."""

    step: PositiveFloat = Field(1.0, description="step size of the generator's update rule")
    latent: PositiveInt = Field(64, description="dimension of z")
    width: PositiveInt = Field(512, description="units of a hidden layer of the generator [units]")


class FiniteSettings(FlowSettings):
    """A network of finite width, trained by gradient descent."""

    width: PositiveInt = Field(128, description="units of a hidden layer [units]")
    learning_rate: PositiveFloat = Field(
        0.1, description="of the discriminator; time / learning_rate steps an update"
    )
    reset: bool = Field(
        False, description="whether every update has a new discriminator, or trains on the last"
    )

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
            f"start: {settings.start} has {len(data)} rows of shape {list(data.shape[1:])} where "
            f"{n} of {list(shape)} belong: choose a subset of the same kind"
        )
    return data[:n]


def flow_work(settings: FlowSettings, shape: tuple[int, ...], n: int) -> Work:
    """Work of a flow: pairs of rows, or rows times steps, relative to 128 rows."""
    if isinstance(settings, FiniteSettings):
        return Work(settings.iterations, settings.steps, 2 * n / 128 * settings.width / 128)
    seen = isinstance(settings, InfiniteSettings) and settings.convs > 0
    pixels = shape[0] * shape[1] / 28**2 if seen else 1.0
    return Work(settings.iterations, 1, (2 * n / 128) ** 2 * pixels)
