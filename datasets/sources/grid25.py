"""Twenty-five Gaussians on a grid (GA-NTK paper, Figs. 4 and 9)."""

import numpy as np
from pydantic import Field, PositiveFloat

from datasets.points import mixture
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split


class GridSettings(Settings):
    """The shape of the grid, in the unit square."""

    margin: float = Field(0.15, ge=0, lt=0.5)
    """distance of the outer centres from the edge"""
    variance: PositiveFloat = 5e-4
    """variance of each coordinate"""


def open_grid(settings: GridSettings, split: Split) -> Rows:
    """Points about 5 x 5 centres."""
    line = np.linspace(settings.margin, 1 - settings.margin, 5)
    centres = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(25, 2)
    return mixture("grid25", centres, settings.variance, split)


GRID_25 = Source("grid25", "25 Gaussians", GridSettings, open_grid, "points")
