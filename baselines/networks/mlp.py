"""Fully connected networks of three layers, for points (GA-NTK paper, section 4.2, Fig. 4)."""

from torch import nn

UNITS = 64


def _layers(inputs: int, outputs: int, activation: nn.Module, *, norm: bool) -> list[nn.Module]:
    def hidden(inputs: int) -> list[nn.Module]:
        norms = [nn.BatchNorm1d(UNITS)] if norm else []
        return [nn.Linear(inputs, UNITS, bias=not norm), *norms, activation]

    return [*hidden(inputs), *hidden(UNITS), nn.Linear(UNITS, outputs)]


def generator(latent: int, outputs: int, *, tuned: bool) -> nn.Sequential:
    """Latents [b, latent] -> points [b, outputs].

    tuned: batch norm in the hidden layers, and outputs in (0, 1), the range of the datasets.
    """
    layers = _layers(latent, outputs, nn.ReLU(), norm=tuned)
    return nn.Sequential(*layers, *([nn.Sigmoid()] if tuned else []))


def discriminator(inputs: int, leak: float) -> nn.Sequential:
    """Points [b, inputs] -> scores [b]."""
    return nn.Sequential(*_layers(inputs, 1, nn.LeakyReLU(leak), norm=False), nn.Flatten(0))
