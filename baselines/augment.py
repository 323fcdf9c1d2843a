"""Differentiable augmentation (Zhao et al., 2020): the discriminator sees only changed rows.

Real and generated rows are changed at random before every pass, each row by its own random draws.
So the discriminator cannot memorise few real rows. The gradient of the generator passes through the
change. Pixels are changed in the range [0, 1], where 0 is black. Each change is as large as in the
authors' code, whose pixels are in [-1, 1]; but pixels that are moved in or cut out are black here,
and 0, a grey, there.
"""

from collections.abc import Callable, Collection

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.scaling import from_unit, to_unit
from suite.protocol.augmentation import Augmentation, reach


def colour(rows: Tensor) -> Tensor:
    """Brightness + U(-0.25, 0.25); distance from the pixel's grey times U(0, 2), where there is
    colour; distance from the row's mean times U(0.5, 1.5). Rows [b, C, H, W] may leave [0, 1]."""
    brightness, saturation, contrast = torch.rand(3, len(rows), 1, 1, 1, device=rows.device)
    rows = rows + (brightness - 0.5) / 2
    if rows.shape[1] > 1:
        grey = rows.mean(dim=1, keepdim=True)
        rows = grey + (rows - grey) * (2 * saturation)
    mean = rows.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (rows - mean) * (contrast + 0.5)


def translation(rows: Tensor) -> Tensor:
    """Rows [b, C, H, W] moved by whole pixels, uniform within side / 8, rounded; black comes in."""
    count, _, side, _ = rows.shape
    most = reach(side)
    top, left = torch.randint(0, 2 * most + 1, (2, count, 1), device=rows.device)
    place = torch.arange(side, device=rows.device)
    row = torch.arange(count, device=rows.device)[:, None, None]
    window = row, slice(None), (top + place)[:, :, None], (left + place)[:, None, :]
    return F.pad(rows, [most] * 4)[window].permute(0, 3, 1, 2)


def cutout(rows: Tensor) -> Tensor:
    """A black square of half the side; its centre is uniform, so that it may hang over the edge."""
    count, _, side, _ = rows.shape
    size = side // 2
    top, left = torch.randint(0, side + 1, (2, count, 1), device=rows.device) - size // 2
    place = torch.arange(side, device=rows.device)
    vertical, horizontal = ((place >= first) & (place < first + size) for first in (top, left))
    return rows.masked_fill((vertical[:, :, None] & horizontal[:, None, :])[:, None], 0)


STEPS: dict[Augmentation, Callable[[Tensor], Tensor]] = {
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}
"""Name -> change, in the order in which they are applied, independent of the settings' order."""


def augmenter(names: Collection[Augmentation]) -> Callable[[Tensor], Tensor]:
    """A function that changes rows [b, C, H, W], in the range of the networks, before each pass.

    Without names it returns any rows as they are, points too.
    """

    def augment(rows: Tensor) -> Tensor:
        if not names:
            return rows
        unit = to_unit(rows.float())
        for name, step in STEPS.items():
            unit = step(unit) if name in names else unit
        return from_unit(unit)

    return augment
