"""Eight Gaussians on a ring (P Figs. 9 and 10, after Mao et al., 2017)."""

import numpy as np
from pydantic import Field, PositiveFloat

from datasets.mixture import mixture
from suite.settings import Settings
from suite.source import Rows, Source, Split


class RingSettings(Settings):
    """The shape of the ring, in the unit square."""

    radius: PositiveFloat = Field(0.4, description="distance of the centres from (0.5, 0.5)")
    variance: PositiveFloat = Field(0.002, description="of each coordinate about its centre")


def open_ring(settings: RingSettings, split: Split) -> Rows:
    """Points about 8 centres, the first to the right, the others counterclockwise."""
    angle = 2 * np.pi * np.arange(8) / 8
    centres = 0.5 + settings.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return mixture("ring8", centres, settings.variance, split)


RING_8 = Source("ring8", "8 Gaussians", RingSettings, open_ring, "points")
