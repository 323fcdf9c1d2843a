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
from suite.protocol.augmentation import AugmentSettings
from suite.protocol.method import MethodSettings, Work
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
"""Preset -> the settings that it changes, as far as a method has them. The defaults are the values
that the released code used."""


class OptimiserSettings(Settings):
    """How generated rows, or a generator's weights, follow the gradient."""

    optimiser: Literal["gradient-descent", "adam"] = "gradient-descent"
    """update rule; the paper's is plain gradient descent"""
    step: PositiveFloat = 1000.0
    """step size of the update rule"""
    beta1: float = Field(0.5, ge=0, lt=1)
    """Adam: decay of the first moment"""
    beta2: float = Field(0.999, ge=0, lt=1)
    """Adam: decay of the second moment"""
    clip_norm: PositiveFloat | None = None
    """largest global norm of a gradient; a longer one is scaled down to it; null: no limit"""


class DescentSettings(OptimiserSettings, MethodSettings):
    """Budget, stop rules and snapshots of a descent."""

    iterations: PositiveInt = 100_000
    """length of the run, unless a stop rule ends it earlier [iterations]"""
    schedule: Literal["constant", "cosine"] = "constant"
    """step size over the run: constant, or falling to 0 along a cosine"""
    patience: PositiveInt | None = None
    """stop if the loss has not fallen by `delta` for this many iterations; null: never
    [iterations]"""
    delta: NonNegativeFloat = 0.05
    """smallest decrease of the loss that counts as progress (GA-NTK paper, section 13)"""
    gradient_norm: PositiveFloat | None = None
    """stop when the norm of the gradient is below this; null: never"""


class ArchitectureSettings(Settings):
    """The discriminator's infinitely wide network; `gantk.kernel.architecture` builds it."""

    activation: ActivationName = "relu"
    """activation of the network"""
    sigma_w2: PositiveFloat = 1.4615
    """variance of the weights times the fan-in; the paper gives no value"""
    sigma_b2: NonNegativeFloat = 0.1
    """variance of the biases; the paper gives no value"""
    output_bias: bool = True
    """whether the output layer has a bias, which adds sigma_b2 to the kernel"""
    dense: NonNegativeInt | None = None
    """number of hidden dense layers; null: the paper's number for this image size [layers]"""


class DiscriminatorSettings(DescentSettings, ArchitectureSettings, AugmentSettings):
    """The infinitely wide discriminator and how it is used."""

    preset: Literal["released-code", "paper"] = "released-code"
    """default values of the settings on which the paper and its released code disagree: the code's,
    or the paper's"""
    objective: Literal["cross_entropy", "half_square", "norm"] = "cross_entropy"
    """loss of the generated rows: cross_entropy (released code), half_square (the paper's proof,
    Eq. 16) or norm (as printed, Eq. 4)"""
    lam: PositiveFloat | Literal["released-code", "algorithm-1"] = "released-code"
    """lambda = eta t: a number; released-code: 0.01 * 65536 * rate / (2 * rows); algorithm-1:
    searched by the paper's Algorithm 1"""
    rate: PositiveFloat = 2.0
    """with lam: released-code, the training time of the discriminator [65536 steps]"""
    separation: PositiveFloat = 1e-2
    """with lam: algorithm-1, the tolerance epsilon; the paper uses 1e-3 to 1e-2"""
    diag_reg: NonNegativeFloat = 1e-5
    """ridge on the diagonal of K, relative to the mean of the diagonal"""
    precision: Literal["float32", "float64"] = "float32"
    """dtype of images and kernel; exp(-lambda K) is always computed in float64"""
    kernel: Literal["tiles", "neural-tangents"] = "tiles"
    """implementation of the kernel: this suite's (tiles) or neural-tangents; both give the same
    numbers"""
    blocking: Literal["auto", "rows", "whole"] = "auto"
    """how the kernel's work is divided: rows (one row of pixel positions at a time, for CPU
    caches), whole (tiles as large as memory allows, for a GPU) or auto (by the device); all give
    the same numbers up to rounding"""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """The given values, completed by the preset's."""
        name = values.get("preset") if isinstance(values, Mapping) else None
        preset = PRESETS.get(name, {}) if isinstance(name, str) else {}
        return {k: v for k, v in preset.items() if k in cls.model_fields} | values

    def rows(self, n: int) -> tuple[int, int]:
        """Real rows, and generated rows, that an iteration uses of n each."""
        return n, n


class RowSettings(DiscriminatorSettings):
    """Generated rows that move themselves, without a generator."""

    clip: bool = True
    """clip pixels to [0, 1] after each update, as the released code does"""
    start: Literal["uniform", "normal"] = "uniform"
    """distribution of the initial rows: uniform on [0, 1], or normal with mean 0.5 and standard
    deviation 0.25"""


class ConvolutionalSettings(DiscriminatorSettings):
    """A discriminator of square images."""

    convs: PositiveInt | None = None
    """number of convolutions of stride 2; null: the paper's number for this image size [layers]"""


class BatchSettings(ConvolutionalSettings):
    """Each iteration against a discriminator of random rows (Eq. 5)."""

    batch: PositiveInt = 64
    """batch size b [images]"""
    batch_counts: Literal["real rows", "all rows"] = "real rows"
    """what b counts: `real rows` (b real and b generated rows, so K has 2 b rows, as in the
    released code) or `all rows` (b / 2 of each, as in Eq. 5)"""

    @model_validator(mode="after")
    def _even(self) -> "BatchSettings":
        if self.batch_counts == "all rows" and self.batch % 2:
            raise ValueError(
                f"batch {self.batch} is odd, and batch_counts 'all rows' needs half of it: choose "
                "an even batch"
            )
        return self

    def rows(self, n: int) -> tuple[int, int]:
        """Real and generated rows that an iteration uses: equally many.

        Raises:
            InputError: that is more than n.

        >>> BatchSettings(batch=64).rows(256)
        (64, 64)
        >>> BatchSettings(batch=64, batch_counts="all rows").rows(256)
        (32, 32)
        """
        real = self.batch if self.batch_counts == "real rows" else self.batch // 2
        if real > n:
            most = n * self.batch // real
            raise InputError(
                f"batch {self.batch} is too large for a subset of {n} rows: choose at most {most}"
            )
        return real, real


class GeneratorSettings(BatchSettings):
    """Settings of GA-CNTKg; the optimiser's defaults are those of the released code."""

    optimiser: Literal["gradient-descent", "adam"] = "adam"
    """update rule"""
    step: PositiveFloat = 2e-4
    """step size of the update rule"""
    clip_norm: PositiveFloat | None = 5.0
    """largest global norm of a gradient; a longer one is scaled down to it; null: no limit"""
    diag_reg: NonNegativeFloat = 1e-4
    """ridge on the diagonal of K, relative to the mean of the diagonal"""
    latent: PositiveInt = 64
    """dimension of the latent z"""
    snapshot_rows: PositiveInt | None = None
    """rows in a snapshot; all snapshots use the same latents; null: n, at most 256 [rows]"""
    space: Literal["image", "code"] = "image"
    """what the discriminator sees: images, or the codes of Table 7's autoencoder"""
    autoencoder_data: Path | None = None
    """with space: code, the subset that the autoencoder is trained on; null: the n training
    images"""
    autoencoder_iterations: PositiveInt = 2000
    """with space: code, the training of the autoencoder [iterations of 64 images]"""

    def snapshot_size(self, n: int) -> int:
        """Rows of a snapshot."""
        return self.snapshot_rows or min(n, 256)

    @property
    def walkable(self) -> bool:
        """Whether there are two latents."""
        return self.latent == 2

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
