"""The paper's networks for a kind of row: convolutional for images, fully connected for points."""

from collections.abc import Callable

from torch import nn

from baselines.networks import infogan, mlp
from baselines.settings import GanSettings


def paper_networks(
    shape: tuple[int, ...],
    settings: GanSettings,
    layer: Callable[[nn.Module], nn.Module] = lambda layer: layer,
) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator of the GA-NTK paper, for rows [H, W, C] or points (2,).

    Images have the networks of Tables 3 to 5, points those of section 4.2.

    layer: wraps every convolution and dense layer of the discriminator (spectral norm).
    """
    latent, tuned = settings.latents(shape), settings.networks == "tuned"
    if len(shape) == 1:
        generator = mlp.generator(latent, shape[0], tuned=tuned)
        discriminator = mlp.discriminator(shape[0], settings.leak)
    else:
        generator = infogan.generator(shape, latent, settings.weight_std, settings.width)
        discriminator = infogan.discriminator(
            shape,
            settings.leak,
            settings.weight_std,
            batch_norm=settings.batch_norm,
            dense_norm=not tuned,
            width=settings.width,
        )
    for index, module in enumerate(discriminator):
        if isinstance(module, nn.Conv2d | nn.Linear):
            discriminator[index] = layer(module)
    return generator, discriminator
