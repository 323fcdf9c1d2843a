"""The settings that the GA-NTK methods share, and the presets that fill them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from gantk.kernel.activation import ACTIVATIONS
from suite.protocol.method import Work
from suite.protocol.settings import Settings
from suite.running.errors import InputError

if TYPE_CHECKING:
    ActivationName = str
else:
    ActivationName = Literal[*ACTIVATIONS]

PRESETS: dict[str, dict[str, Any]] = {
    "released-code": {},
    "paper": {
        "objective": "norm",
        "lam": "algorithm-1",
        "diag_reg": 0.0,
        "batch_counts": "all rows",
    },
}
"""Preset -> the settings that it changes, of those that a method has. The defaults are what the
released code ran."""


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
    schedule: Literal["constant", "cosine"] = Field(
        "constant", description="course of the step over the budget: as it is, or down to 0"
    )
    patience: PositiveInt | None = Field(
        None, description="stop when the loss has not fallen by `delta` for so long [iterations]"
    )
    delta: NonNegativeFloat = Field(
        0.05, description="the fall of the loss that counts as progress (GA-NTK paper, section 13)"
    )
    gradient_norm: PositiveFloat | None = Field(
        None, description="stop when the norm of the gradient is below this"
    )
    snapshots: PositiveInt = Field(
        20, description="log-spaced snapshots of the samples, beside the start [snapshots]"
    )


class ArchitectureSettings(Settings):
    """The discriminator's infinitely wide network; `gantk.kernel.architecture` builds it."""

    activation: ActivationName = Field("relu", description="nonlinearity of the network")
    sigma_w2: PositiveFloat = Field(
        1.4615, description="variance of the weights, times fan-in; the paper names none"
    )
    sigma_b2: NonNegativeFloat = Field(
        0.1, description="variance of the biases; the paper names none"
    )
    output_bias: bool = Field(
        True, description="whether the output layer has a bias, which adds sigma_b2 to the kernel"
    )
    dense: NonNegativeInt | None = Field(
        None, description="hidden dense layers; default: the paper's for the images' size [layers]"
    )


Augmentation = Literal["translation", "cutout", "colour"]


class DiscriminatorSettings(DescentSettings, ArchitectureSettings):
    """The infinitely wide discriminator and what is asked of it."""

    preset: Literal["released-code", "paper"] = Field(
        "released-code",
        description="whose choices stand for settings that are not given, where code and paper "
        "disagree",
    )
    objective: Literal["cross_entropy", "half_square", "norm"] = Field(
        "cross_entropy",
        description="loss: of the released code, of the proof (Eq. 16), or as printed (Eq. 4)",
    )
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
    augment: tuple[Augmentation, ...] = Field(
        (),
        description="random changes of real and generated images before the discriminator sees "
        "them (Zhao et al., 2020): shifts by up to an eighth of the side, a black square of half "
        "the side, brightness with saturation and contrast",
    )
    precision: Literal["float32", "float64"] = Field(
        "float32", description="of images and kernel; exp(-lambda K) is always in float64"
    )
    kernel: Literal["tiles", "neural-tangents"] = Field(
        "tiles", description="this suite's kernel, or that of neural-tangents (the same numbers)"
    )
    blocking: Literal["auto", "rows", "whole"] = Field(
        "auto",
        description="how the work is cut: by rows of positions, for a CPU's caches; in tiles as "
        "large as memory allows, for a GPU; or by the device (the same numbers up to rounding)",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """The preset's choices, under those that are given."""
        name = values.get("preset") if isinstance(values, Mapping) else None
        preset = PRESETS.get(name, {}) if isinstance(name, str) else {}
        return {k: v for k, v in preset.items() if k in cls.model_fields} | values

    def rows(self, n: int) -> tuple[int, int]:
        """Real rows, and generated rows, that an iteration uses of n each."""
        return n, n


class RowSettings(DiscriminatorSettings):
    """Generated rows that move themselves, without a generator."""

    clip: bool = Field(
        True, description="project pixels to [0, 1] after each update, as the released code does"
    )
    start: Literal["uniform", "normal"] = Field(
        "uniform", description="initial rows: uniform on [0, 1], or normal (0.5, 0.25)"
    )


class ConvolutionalSettings(DiscriminatorSettings):
    """A discriminator of square images."""

    convs: PositiveInt | None = Field(
        None,
        description="convolutions of stride 2; default: the paper's for the images' size [layers]",
    )


class BatchSettings(ConvolutionalSettings):
    """Each iteration against a discriminator of random rows (Eq. 5)."""

    batch: PositiveInt = Field(64, description="size of a batch, b [images]")
    batch_counts: Literal["real rows", "all rows"] = Field(
        "real rows",
        description="what b counts: real rows, with as many generated ones, so that K has 2 b rows "
        "(released code), or both together (Eq. 5: b / 2 of each)",
    )

    @model_validator(mode="after")
    def _even(self) -> "BatchSettings":
        if self.batch_counts == "all rows" and self.batch % 2:
            raise ValueError(f"batch {self.batch} has no half: choose an even one")
        return self

    def rows(self, n: int) -> tuple[int, int]:
        """As many of each.

        Raises:
            InputError: more than n.

        >>> BatchSettings(batch=64).rows(256)
        (64, 64)
        >>> BatchSettings(batch=64, batch_counts="all rows").rows(256)
        (32, 32)
        """
        real = self.batch if self.batch_counts == "real rows" else self.batch // 2
        if real > n:
            most = n * self.batch // real
            raise InputError(
                f"batch {self.batch}: the subset has {n} rows only: choose at most {most}"
            )
        return real, real


class GeneratorSettings(BatchSettings):
    """Settings of GA-CNTKg; the optimiser's defaults are those of the released code."""

    optimiser: Literal["gradient-descent", "adam"] = Field("adam", description="update rule")
    step: PositiveFloat = Field(2e-4, description="step size of the update rule")
    clip_norm: PositiveFloat | None = Field(
        5.0, description="largest global norm of a gradient; longer ones are scaled down to it"
    )
    diag_reg: NonNegativeFloat = Field(
        1e-4, description="ridge added to K, relative to its mean diagonal"
    )
    latent: PositiveInt = Field(64, description="dimension of z")
    snapshot_rows: PositiveInt | None = Field(
        None,
        description="rows of a snapshot, of the same latents each time; null: n, at most 256",
    )
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

    @model_validator(mode="after")
    def _codes_are_no_images(self) -> "GeneratorSettings":
        if self.space == "code" and self.convs is not None:
            raise ValueError("the network in space 'code' has no convolutions: leave convs out")
        if self.space == "code" and self.augment:
            raise ValueError("codes cannot be augmented: leave augment out, or use space 'image'")
        return self


def kernel_work(settings: DiscriminatorSettings, shape: tuple[int, ...], n: int) -> Work:
    """Work of a descent: pairs of rows times pixels, relative to 128 rows of 28 x 28 x 1.

    The first layer multiplies the channels of each pair. Each further channel adds 40 %: measured
    on a CPU, 64 rows, 19 % at 32 x 32 and 40 % at 64 x 64.
    """
    pixels = 1.0
    if len(shape) == 3:
        height, width, channels = shape
        pixels = height * width / 28**2 * (1 + 0.4 * (channels - 1))
    return Work(settings.iterations, 1, (sum(settings.rows(n)) / 128) ** 2 * pixels)
