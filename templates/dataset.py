"""Stripes: a dataset that draws its images. Copy this file to datasets/sources/, then edit it.

Describe here what the images are and where they come from, with the paper or the address.
"""

import numpy as np
from pydantic import PositiveInt

from suite.protocol.seeds import stream
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split

POOL = 4096
"""Images of each split; a run draws its subset from them."""


class StripesSettings(Settings):
    """What a configuration can set under `datasets: NAME: source:`, with defaults and units."""

    size: PositiveInt = 28
    """height and width [pixels]"""


def open_stripes(settings: StripesSettings, split: Split) -> Rows:
    """Stripes that run down (class 0) or across (class 1), at a random phase."""
    # Random numbers come from a stream with its own name. The splits must not share rows. For
    # missing or damaged files raise an InputError that says how to get them.
    draw = stream(f"stripes:{split}", 0)
    labels = draw.integers(2, size=POOL)
    phases = draw.uniform(0, 2 * np.pi, size=POOL)

    # `read` gets the positions of the rows that a run has drawn. Read only these images.
    def read(indices: np.ndarray) -> np.ndarray:
        along = np.arange(settings.size) / settings.size * 6 * np.pi
        waves = np.sin(along + phases[indices, None])
        grey = np.rint(127.5 * (1 + waves)).astype(np.uint8)
        columns = np.repeat(grey[:, None, :, None], settings.size, axis=1)
        across = labels[indices][:, None, None, None] == 1
        return np.where(across, columns.transpose(0, 2, 1, 3), columns)

    return Rows(labels, read)


# The name in configurations, and the title in tables. For points, float32 [k, 2], write "points"
# instead of "images".
STRIPES = Source("stripes", "Stripes", StripesSettings, open_stripes, "images")
