"""Settings that the adversarial methods share; each method derives its own defaults from them."""

from typing import Literal, TypeVar

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from suite.protocol.settings import Settings

Augmentation = Literal["translation", "cutout", "colour"]


class GanSettings(Settings):
    """Budget, sizes, precision, stopping and recording of an alternating training."""

    updates: PositiveInt = Field(
        80_000,
        description="budget; GA-NTK paper, section 8.1: 80,000 for MNIST, 400,000 for CIFAR-10, "
        "100,000 for CelebA [generator updates]",
    )
    batch: int = Field(
        64, ge=2, description="real, and generated, rows a step (GA-NTK paper, section 8.1) [rows]"
    )
    networks: Literal["literal", "tuned"] = Field(
        "literal",
        description="as the paper has them (Tables 3 to 5, section 4.2), or with what is known "
        "to help: for images no batch norm in the discriminator's dense layer (Table 3), for "
        "points batch norm in the generator, outputs in the unit square and 2 latents",
    )
    width: PositiveFloat = Field(
        1.0,
        description="channels and units of every hidden layer of the networks of GA-NTK's Tables 3 "
        "to 5, relative to the tables: less for a narrower, faster network",
    )
    latent: PositiveInt | None = Field(
        None,
        description="size of the generator's input; null: 64 (paper, section 8.1), or 2 in tuned "
        "networks for points [numbers]",
    )
    n_dis: PositiveInt = Field(
        1,
        description="discriminator steps before each generator update (paper, Table 6) [steps]",
    )
    learning_rate: PositiveFloat = Field(
        2e-4, description="of both optimisers (GA-NTK paper, Table 6)"
    )
    leak: float = Field(0.2, ge=0, lt=1, description="slope of the leaky ReLU below zero")
    batch_norm: bool = Field(
        True,
        description="in the discriminator for images, where GA-NTK's Tables 3 to 5 have it",
    )
    weight_std: PositiveFloat | None = Field(
        0.02,
        description="standard deviation of the initial weights of the networks of GA-NTK's Tables "
        "3 to 5 (Radford et al., 2016, section 4); null: uniform within 1/sqrt(fan-in)",
    )
    ema_halflife: PositiveFloat | None = Field(
        None,
        description="sample from an exponential moving average of the generator's weights with "
        "this half-life; null: from the weights themselves [images]",
    )
    patience: PositiveInt | None = Field(
        None,
        description="stop when the running mean of the discriminator's loss (WGAN-GP's with its "
        "penalty) has not changed by `delta` for so long (GA-NTK paper, section 13); null: never "
        "[generator updates]",
    )
    delta: NonNegativeFloat = Field(
        0.05, description="the change that counts (GA-NTK paper, section 13)"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="of activations and products; weights and optimisers are always float32; "
        "bfloat16 is far slower on a processor without instructions for it",
    )
    channels_last: bool = Field(False, description="keep images in the memory order [N, H, W, C]")
    augment: tuple[Augmentation, ...] = Field(
        (),
        description="random changes of real and generated images before the discriminator sees "
        "them (Zhao et al., 2020): shifts by up to an eighth of the side, a black square of half "
        "the side, brightness with saturation and contrast",
    )
    snapshots: PositiveInt = Field(
        20, description="log-spaced moments of the trajectory, beside its start [snapshots]"
    )
    snapshot_rows: PositiveInt = Field(
        64, description="rows of a snapshot, of the same latents each time [rows]"
    )

    def latents(self, shape: tuple[int, ...]) -> int:
        """Size of the generator's input for rows [H, W, C] or (2,)."""
        if self.latent is not None:
            return self.latent
        return 2 if self.networks == "tuned" and len(shape) == 1 else 64


class AdamSettings(GanSettings):
    """An alternating training whose two optimisers are Adam (Kingma & Ba, 2015)."""

    beta1: float = Field(
        0.5, ge=0, lt=1, description="decay of Adam's first moment (GA-NTK paper, Table 6)"
    )
    beta2: float = Field(
        0.999, ge=0, lt=1, description="decay of Adam's second moment (GA-NTK paper, Table 6)"
    )


G = TypeVar("G", bound=GanSettings)
