"""What a folder of pictures holds, as far as a configuration must know it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.pictures import Shaping, read_picture, upright
from suite.protocol.image_files import image_files

LOOKED_AT = 32
"""Pictures that are read whole, to tell grey ones from coloured ones."""


@dataclass(frozen=True)
class Survey:
    """A folder of pictures.

    count: pictures in it. sizes: (height, width) -> how many have it, upright. grey: whether the
        pictures read have equal channels.
    """

    path: Path
    count: int
    sizes: Counter[tuple[int, int]]
    grey: bool

    @property
    def side(self) -> int:
        """The smallest edge of any picture [pixels]."""
        return min(min(size) for size in self.sizes)

    @property
    def square(self) -> bool:
        """Whether every picture is square."""
        return all(height == width for height, width in self.sizes)


def survey(folder: Path) -> Survey:
    """Look through a folder: the head of every picture, and some of them whole.

    Raises:
        InputError: the folder is missing or holds no picture, or one is damaged.
    """
    files = image_files(folder)
    sizes = Counter(upright(path)[::-1] for path in files)
    chosen = files[:: max(1, len(files) // LOOKED_AT)][:LOOKED_AT]
    pictures = (read_picture(path, Shaping(None, 3)) for path in chosen)
    grey = all((np.ptp(picture, axis=2) == 0).all() for picture in pictures)
    return Survey(folder, len(files), sizes, bool(grey))
