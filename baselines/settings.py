"""Settings that the adversarial methods share; each method derives its own defaults from them."""

from typing import Literal, TypeVar

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from suite.protocol.augmentation import AugmentSettings
from suite.protocol.method import MethodSettings


class GanSettings(MethodSettings, AugmentSettings):
    """Budget, sizes, precision, stopping and recording of an alternating training."""

    updates: PositiveInt = 80_000
    """length of the run, unless it stops early; the GA-NTK paper (section 8.1) uses 80,000 for
    MNIST, 400,000 for CIFAR-10 and 100,000 for CelebA [generator updates]"""
    batch: int = Field(64, ge=2)
    """batch size: the real rows of a step, and as many generated ones (GA-NTK paper, section 8.1)
    [rows]"""
    networks: Literal["literal", "tuned"] = "literal"
    """literal: as the paper prints them (Tables 3 to 5, section 4.2); tuned: for images without
    batch norm in the discriminator's dense layer (Table 3), for points with batch norm in the
    generator, outputs in the unit square and 2 latents"""
    width: PositiveFloat = 1.0
    """width of every hidden layer (channels or units), relative to GA-NTK's Tables 3 to 5; a value
    below 1 gives a narrower, faster network"""
    latent: PositiveInt | None = None
    """dimension of the latent z; null: 64 (paper, section 8.1), or 2 in tuned networks for
    points"""
    n_dis: PositiveInt = 1
    """discriminator steps before each generator update (paper, Table 6) [steps]"""
    learning_rate: PositiveFloat = 2e-4
    """learning rate of both optimisers (GA-NTK paper, Table 6)"""
    leak: float = Field(0.2, ge=0, lt=1)
    """slope of the leaky ReLU below zero"""
    batch_norm: bool = True
    """whether the discriminator for images has batch norm where GA-NTK's Tables 3 to 5 have it"""
    weight_std: PositiveFloat | None = 0.02
    """standard deviation of the initial weights of the networks of GA-NTK's Tables 3 to 5 (Radford
    et al., 2016, section 4); null: PyTorch's default, uniform within 1/sqrt(fan-in)"""
    ema_halflife: PositiveFloat | None = None
    """sample from an exponential moving average of the generator's weights with this half-life;
    null: from the weights themselves [images]"""
    patience: PositiveInt | None = None
    """stop if the running mean of the discriminator's loss (for WGAN-GP with the penalty) has not
    changed by `delta` for this many updates (GA-NTK paper, section 13); null: never [generator
    updates]"""
    delta: NonNegativeFloat = 0.05
    """smallest change of that mean that counts (GA-NTK paper, section 13)"""
    precision: Literal["float32", "bfloat16"] = "float32"
    """dtype of activations and matrix products; weights and optimisers are always float32; bfloat16
    is much slower on a processor without instructions for it"""
    channels_last: bool = False
    """keep images in the memory order [N, H, W, C]"""
    snapshot_rows: PositiveInt = 64
    """rows in a snapshot; all snapshots use the same latents [rows]"""

    def snapshot_size(self, n: int) -> int:
        """Rows of a snapshot."""
        return self.snapshot_rows

    def latents(self, shape: tuple[int, ...]) -> int:
        """Dimension of the latent z for rows [H, W, C] or (2,)."""
        if self.latent is not None:
            return self.latent
        return 2 if self.networks == "tuned" and len(shape) == 1 else 64


class AdamSettings(GanSettings):
    """An alternating training whose two optimisers are Adam (Kingma & Ba, 2015)."""

    beta1: float = Field(0.5, ge=0, lt=1)
    """decay of Adam's first moment (GA-NTK paper, Table 6)"""
    beta2: float = Field(0.999, ge=0, lt=1)
    """decay of Adam's second moment (GA-NTK paper, Table 6)"""


G = TypeVar("G", bound=GanSettings)
