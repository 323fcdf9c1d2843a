"""A small classifier of handwritten digits, whose last hidden layer serves as features.

LeCun et al. (1998), with ReLU and maximum pooling: 5 x 5 convolutions to 6 (padded by 2) and 16
channels, each followed by 2 x 2 pooling, then dense layers of 120, 84 and 10.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LeNet(nn.Module):
    """The classifier; images are float32 [B, 1, 28, 28] in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(1, 6, 5, padding=2)
        self.convolution2 = nn.Conv2d(6, 16, 5)
        self.dense1 = nn.Linear(16 * 5 * 5, 120)
        self.dense2 = nn.Linear(120, 84)
        self.dense3 = nn.Linear(84, 10)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, float32 [B, 84]."""
        x = F.max_pool2d(self.convolution1(x).relu(), 2)
        x = F.max_pool2d(self.convolution2(x).relu(), 2)
        hidden: Tensor = self.dense2(self.dense1(x.flatten(1)).relu())
        return hidden.relu()

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the ten digits, float32 [B, 10]."""
        logits: Tensor = self.dense3(self.features(x))
        return logits


def to_batch(images: np.ndarray) -> Tensor:
    """uint8 [B, 28, 28, 1] -> float32 [B, 1, 28, 28] in [0, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
