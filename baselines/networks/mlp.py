"""Fully connected networks of three layers, for points (P section 4.2, Fig. 4)."""

from collections.abc import Callable

from torch import nn


def perceptron(
    inputs: int, hidden: int, outputs: int, activation: Callable[[], nn.Module]
) -> nn.Sequential:
    """Rows [b, inputs] -> [b, outputs] through two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        activation(),
        nn.Linear(hidden, hidden),
        activation(),
        nn.Linear(hidden, outputs),
    )
