"""Settings that the adversarial methods share; each method derives its own defaults from them."""

from pydantic import Field, PositiveFloat, PositiveInt

from suite.settings import Settings


class GanSettings(Settings):
    """Budget, sizes and recording of an alternating training."""

    updates: PositiveInt = Field(
        80_000,
        description="budget; P section 8.1: 80,000 for MNIST, 400,000 for CIFAR-10, "
        "100,000 for CelebA [generator updates]",
    )
    batch: int = Field(
        64, ge=2, description="real, and generated, rows a step (P section 8.1) [rows]"
    )
    latent: PositiveInt = Field(64, description="size of the generator's input (P section 8.1)")
    n_dis: PositiveInt = Field(
        1, description="discriminator steps before each generator update (P Table 6) [steps]"
    )
    learning_rate: PositiveFloat = Field(2e-4, description="of both optimisers (P Table 6)")
    leak: float = Field(0.2, ge=0, lt=1, description="slope of the leaky ReLU below zero")
    weight_std: PositiveFloat | None = Field(
        0.02,
        description="standard deviation of the initial weights of image networks (Radford et al., "
        "2016, section 4); null: uniform within 1/sqrt(fan-in)",
    )
    snapshots: PositiveInt = Field(
        24, description="log-spaced moments of the trajectory, beside its start [snapshots]"
    )
    snapshot_rows: PositiveInt = Field(
        64, description="rows of a snapshot, of the same latents each time [rows]"
    )


class AdamSettings(GanSettings):
    """An alternating training whose two optimisers are Adam (Kingma & Ba, 2015)."""

    beta1: float = Field(0.5, ge=0, lt=1, description="decay of Adam's first moment (P Table 6)")
    beta2: float = Field(0.999, ge=0, lt=1, description="decay of Adam's second moment (P Table 6)")
