"""Eight Gaussians on a ring (GA-NTK paper, Figs. 9 and 10, after Mao et al., 2017)."""

import numpy as np
from pydantic import PositiveFloat

from datasets.points import mixture
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split


class RingSettings(Settings):
    """The shape of the ring."""

    radius: PositiveFloat = 0.4
    """distance of the modes from the centre"""
    centre: float = 0.5
    """both coordinates of the centre"""
    variance: PositiveFloat = 0.002
    """variance of each coordinate"""


def open_ring(settings: RingSettings, split: Split) -> Rows:
    """Points about 8 centres, the first to the right, the others counterclockwise."""
    angle = 2 * np.pi * np.arange(8) / 8
    centres = settings.centre + settings.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return mixture("ring8", centres, settings.variance, split)


RING_8 = Source("ring8", "8 Gaussians", RingSettings, open_ring, "points")
