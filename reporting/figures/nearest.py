"""Nearest-image sheets: samples above their nearest training images (Figs. 17-19 of the paper)."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import new, tile
from suite.running import paths
from suite.running.files import read_arrays


def _pairs(axes: Axes, path: Path) -> None:
    """Draw the pairs of one method, each below its SSIM.

    path: `generated` and `nearest` uint8 [k, H, W, C] and `ssim` float64 [k]
        (`python -m metrics nearest`).
    """
    arrays = read_arrays(path, "generated", "nearest", "ssim")
    count, height, width, _ = arrays["generated"].shape
    both = np.concatenate([arrays["generated"], arrays["nearest"]])
    axes.imshow(tile(both, count), interpolation="nearest")
    centres = np.arange(count) * (width + 1) + (width - 1) / 2
    axes.set_xticks(centres, [f"{value:.2f}" for value in arrays["ssim"]])
    axes.set_yticks([(height - 1) / 2, height + 1 + (height - 1) / 2], ["generated", "nearest"])
    axes.tick_params(
        length=0, labelsize=7, top=True, labeltop=True, bottom=False, labelbottom=False
    )
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)


def draw(group: Group) -> Figure | None:
    """Two rows per method, of its first run; None if no run has its nearest images yet."""
    found = group.having(paths.NEAREST)
    if not found:
        return None
    figure, axes = new(9.6, 1.75 * len(found) + 0.4, len(found))
    figure.suptitle(f"{group.title}: samples, their nearest training images, and their SSIM")
    for one, (method, path) in zip(axes, found.items(), strict=True):
        _pairs(one, path)
        one.set_title(group.label(method))
    return figure
