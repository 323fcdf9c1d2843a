"""Rows of a subset in the range of the networks, and back."""

import numpy as np
import torch
from torch import Tensor


def to_unit(images: Tensor) -> Tensor:
    """Images [b, C, H, W] in the range of the networks to [0, 1]."""
    return images if images.shape[1] == 1 else (images + 1) / 2


def from_unit(images: Tensor) -> Tensor:
    """The inverse of `to_unit`."""
    return images if images.shape[1] == 1 else images * 2 - 1


def to_network(rows: Tensor) -> Tensor:
    """Rows in the range of the generator's last layer.

    uint8 images [b, H, W, C] become float32 [b, C, H, W]: grey in [0, 1] (sigmoid, paper, Table 3),
    colour in [-1, 1] (tanh, GA-NTK paper, Tables 4 and 5). float32 points [b, 2] stay as they are.

    >>> to_network(torch.tensor([[[[0], [255]]]], dtype=torch.uint8)).ravel().tolist()  # grey
    [0.0, 1.0]
    >>> to_network(torch.tensor([[[[0, 0, 255]]]], dtype=torch.uint8)).ravel().tolist()  # colour
    [-1.0, -1.0, 1.0]
    """
    if rows.dtype != torch.uint8:
        return rows
    return from_unit(rows.permute(0, 3, 1, 2).float().contiguous() / 255)


def from_network(rows: Tensor) -> np.ndarray:
    """The inverse of `to_network`, rounded to the nearest of 256 levels: uint8 [b, H, W, C].

    The generator of a run that diverged may give NaN or infinity. NaN becomes 0 and infinity the
    largest value, so that its last images can still be saved and shown.
    """
    rows = rows.detach().float().nan_to_num()
    if rows.ndim == 2:
        return rows.cpu().numpy()
    levels = (to_unit(rows) * 255).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
