"""The settings that the GA-NTK methods share."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from suite.method import Work
from suite.settings import Settings


class OptimiserSettings(Settings):
    """How generated rows, or a generator's weights, follow the gradient."""

    optimiser: Literal["gradient-descent", "adam"] = Field(
        "gradient-descent", description="update rule; the paper's is plain gradient descent"
    )
    step: PositiveFloat = Field(1000.0, description="step size of the update rule")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam: decay of the first moment")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam: decay of the second moment")
    clip_norm: PositiveFloat | None = Field(
        None, description="largest global norm of a gradient; longer ones are scaled down to it"
    )


class DescentSettings(OptimiserSettings):
    """Budget, stop rules and snapshots of a descent."""

    iterations: PositiveInt = Field(100_000, description="budget [iterations]")
    patience: PositiveInt | None = Field(
        None, description="stop when the loss has not fallen by `delta` for so long [iterations]"
    )
    delta: NonNegativeFloat = Field(
        0.05, description="the fall of the loss that counts as progress (P section 13)"
    )
    gradient_norm: PositiveFloat | None = Field(
        None, description="stop when the norm of the gradient is below this"
    )
    snapshots: PositiveInt = Field(
        20, description="log-spaced snapshots of the samples, beside the start [snapshots]"
    )


class DiscriminatorSettings(DescentSettings):
    """The infinitely wide discriminator and what is asked of it."""

    objective: Literal["cross_entropy", "half_square", "norm"] = Field(
        "cross_entropy",
        description="loss: of the released code, of the proof (Eq. 16), or as printed (Eq. 4)",
    )
    activation: Literal["relu", "erf"] = Field("relu", description="nonlinearity of the network")
    lam: PositiveFloat | Literal["released-code", "algorithm-1"] = Field(
        "released-code",
        description="lambda = eta t: a number, 0.01 * 65536 * rate / (2 * rows) as in the released "
        "code, or the search of Algorithm 1",
    )
    rate: PositiveFloat = Field(
        2.0, description="released-code: training time of the discriminator [65536 steps]"
    )
    separation: PositiveFloat = Field(
        1e-2, description="algorithm-1: tolerance epsilon, 1e-3 to 1e-2 in the paper"
    )
    diag_reg: NonNegativeFloat = Field(
        1e-5, description="ridge added to K, relative to its mean diagonal"
    )
    precision: Literal["float32", "float64"] = Field(
        "float32", description="of images and kernel; exp(-lambda K) is always in float64"
    )
    kernel: Literal["tiles", "neural-tangents"] = Field(
        "tiles", description="this suite's kernel, or that of neural-tangents (the same numbers)"
    )
    clip: bool = Field(
        True, description="project pixels to [0, 1] after each update, as the released code does"
    )
    start: Literal["uniform", "normal"] = Field(
        "uniform", description="initial rows: uniform on [0, 1], or normal (0.5, 0.25)"
    )


def kernel_work(settings: DiscriminatorSettings, shape: tuple[int, ...], n: int) -> Work:
    """Work of a descent: pairs of rows times pixels, relative to 128 rows of 28 x 28.

    The rows are n, or the batch's, of real and as many generated ones.
    """
    rows = 2 * getattr(settings, "batch", n)
    pixels = shape[0] * shape[1] / 28**2 if len(shape) == 3 else 1.0
    return Work(settings.iterations, 1, (rows / 128) ** 2 * pixels)
