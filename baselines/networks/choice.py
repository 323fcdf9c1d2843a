"""The paper's networks for a kind of row: convolutional for images, fully connected for points."""

from collections.abc import Callable

from torch import nn

from baselines.networks import infogan
from baselines.networks.mlp import perceptron
from baselines.settings import GanSettings

POINT_UNITS = 64


def paper_networks(
    shape: tuple[int, ...],
    settings: GanSettings,
    *,
    layer: Callable[[nn.Module], nn.Module] = lambda layer: layer,
) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator for rows [H, W, C] (P Tables 3 to 5) or (2,) (P section 4.2).

    layer: of the discriminator, see `infogan.discriminator`.
    """
    if len(shape) == 1:
        generator = perceptron(settings.latent, POINT_UNITS, shape[0], nn.ReLU)
        critic = perceptron(shape[0], POINT_UNITS, 1, lambda: nn.LeakyReLU(settings.leak))
        critic = nn.Sequential(
            *[layer(module) if isinstance(module, nn.Linear) else module for module in critic],
            nn.Flatten(0),
        )
        return generator, critic
    return (
        infogan.generator(shape, settings.latent, settings.weight_std),
        infogan.discriminator(
            shape, settings.leak, settings.weight_std, settings.batch_norm, layer=layer
        ),
    )
