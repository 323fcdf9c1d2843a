"""StyleGAN2 (Karras et al., 2020), which the GA-NTK paper compares with but gives no settings of.

The settings are the original's, scaled to the resolution as the same authors do it: feature maps
16,384 / side, at most 512; weight of R1 0.0002 side^2 / batch (Karras et al., 2020, "Training
generative adversarial networks with limited data", appendix C). Not built: truncation and
conditioning, which the comparison does not use.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from baselines.game import Game, Lazy, adam, scored, scored_generator
from baselines.method import adversarial, rows_of_pixels
from baselines.settings import AdamSettings

if TYPE_CHECKING:
    from torch import Tensor, nn

    from baselines.networks.stylegan2 import Generator


class StyleGan2Settings(AdamSettings):
    """StyleGAN2 for images; for points, its losses with the networks of the paper's section 4.2."""

    learning_rate: PositiveFloat = 2e-3
    """learning rate of both optimisers"""
    beta1: float = Field(0.0, ge=0, lt=1)
    """decay of Adam's first moment"""
    beta2: float = Field(0.99, ge=0, lt=1)
    """decay of Adam's second moment"""
    ema_halflife: PositiveFloat | None = 10_000
    """half-life of the average of the generator's weights that is sampled from; null: the weights
    themselves [images]"""
    style: PositiveInt = 512
    """dimension of a style"""
    mapping_layers: PositiveInt = 8
    """layers of the mapping network"""
    mixing: float = Field(0.9, ge=0, le=1)
    """share of the batches that mix two styles"""
    channel_base: PositiveInt = 16_384
    """feature maps of a layer times its side"""
    channel_max: PositiveInt = 512
    """largest number of feature maps"""
    r1: PositiveFloat | None = None
    """weight gamma of the R1 penalty; null: 0.0002 side^2 / batch (10 for points)"""
    r1_every: PositiveInt = 16
    """discriminator steps per step of R1 [steps]"""
    path: NonNegativeFloat = 2.0
    """weight of the path-length penalty; 0: no penalty"""
    path_every: PositiveInt = 4
    """generator updates per step of the path-length penalty [updates]"""
    path_shrink: PositiveInt = 2
    """the path-length penalty uses 1/path_shrink of the batch"""
    discriminator: Literal["residual", "infogan"] = "residual"
    """residual: the original's; infogan: that of GA-NTK's Tables 3 to 5 ('we let the discriminator
    of each baseline follow the architecture of InfoGAN', section 4)"""


def feature_maps(settings: StyleGan2Settings, side: int) -> dict[int, int]:
    """Side of each resolution -> its feature maps (Karras et al., 2018, Table 2).

    side: of the images. Resolutions are 4, 8, ... up to it, or to the power of two above it.
    """
    sides = [2**power for power in range(2, (side - 1).bit_length() + 1)]
    return {s: min(max(settings.channel_base // s, 1), settings.channel_max) for s in sides}


def r1_penalty(discriminator: "nn.Module", real: "Tensor") -> "Tensor":
    """E[|grad D(x)|^2] over real rows [b, ...]: R1 without gamma / 2 (Mescheder et al., 2018)."""
    import torch

    real = real.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return gradient.square().flatten(1).sum(dim=1).mean()


def path_penalty(generator: "Generator", latents: "Tensor") -> "Tensor":
    """E[(|J_w^T y| - a)^2], a the running mean of the path lengths |J_w^T y|.

    Karras et al., 2020, Eq. 4. J_w^T y is the gradient of the image's product with a noise image
    y, whose scale 1/side makes the length independent of the resolution. As each layer has a
    style of its own, the length is the root of the mean over layers of the squared norms.
    Updates `generator.path_mean`, which is saved with the weights, unless the lengths are not
    finite.
    """
    import torch

    styles = generator.styles(latents)
    rows = generator.synthesis(styles)
    noise = torch.randn_like(rows) / (rows.shape[2] * rows.shape[3]) ** 0.5
    (gradient,) = torch.autograd.grad((rows * noise).sum(), styles, create_graph=True)
    lengths = gradient.square().sum(dim=2).mean(dim=1).sqrt()
    with torch.no_grad():
        mean, kept = lengths.mean(), generator.path_mean
        kept.copy_(torch.where(mean.isfinite(), kept.lerp(mean, 0.01), kept))
    return (lengths - generator.path_mean).square().mean()


def _networks(
    settings: StyleGan2Settings, shape: tuple[int, ...]
) -> tuple["nn.Module", "nn.Module"]:
    from baselines.networks.choice import paper_networks
    from baselines.networks.stylegan2 import Discriminator, Generator

    if len(shape) == 1:
        return paper_networks(shape, settings)
    widths = feature_maps(settings, shape[0])
    generator = Generator(
        shape,
        widths,
        settings.latents(shape),
        style=settings.style,
        mapping_layers=settings.mapping_layers,
        mixing=settings.mixing,
    )
    if settings.discriminator == "infogan":
        return generator, paper_networks(shape, settings)[1]
    return generator, Discriminator(shape, widths)


def game(settings: StyleGan2Settings, shape: tuple[int, ...]) -> Game:
    """The players and losses of StyleGAN2."""
    from baselines import losses

    images = len(shape) == 3
    paths = images and settings.path > 0
    # The weights are for pixels in [-1, 1]. Grey pixels are in [0, 1] here: gradients of scores by
    # pixels are twice as long, and gradients of pixels by styles are half as long.
    stretch = 2.0 if images and shape[2] == 1 else 1.0
    gamma = settings.r1 or (0.0002 * shape[0] ** 2 / settings.batch if images else 10.0)
    gamma_all = gamma / stretch**2 * settings.r1_every
    lazy_d = Lazy(settings.r1_every, lambda d, real: gamma_all / 2 * r1_penalty(d, real))
    weight = settings.path * stretch**2 * settings.path_every
    lazy_g = Lazy(
        settings.path_every,
        lambda g, z: weight * path_penalty(g, z[: max(1, len(z) // settings.path_shrink)]),
    )
    return Game(
        networks=lambda: _networks(settings, shape),
        discriminator_loss=scored(losses.logistic),
        generator_loss=scored_generator(losses.non_saturating),
        optimiser_d=adam(settings, settings.r1_every),
        optimiser_g=adam(settings, settings.path_every if paths else None),
        lazy_d=lazy_d,
        lazy_g=lazy_g if paths else None,
    )


def size(settings: StyleGan2Settings, shape: tuple[int, ...]) -> float:
    """Size of a pass: with the products of the feature maps, relative to 32 each."""
    if len(shape) == 1:
        return rows_of_pixels(settings, shape)
    widths = feature_maps(settings, shape[0])
    products = sum((side * width) ** 2 for side, width in widths.items())
    return settings.batch / 64 * products / sum((side * 32) ** 2 for side in (4, 8, 16, 32))


STYLEGAN2 = adversarial(
    "stylegan2",
    "StyleGAN2",
    StyleGan2Settings,
    game,
    size,
    tiny={"channel_max": 8, "style": 8, "mapping_layers": 2, "r1_every": 2, "path_every": 2},
    references=(
        ("Karras et al., 2020", "sections 2 and 3", "https://arxiv.org/abs/1912.04958"),
        ("Karras et al., 2020 (limited data)", "appendix C", "https://arxiv.org/abs/2006.06676"),
    ),
)
