"""Make the two folders of pictures that the example compares methods on.

    PYTHONPATH=. python results/reference/your-images/pictures.py FASHION_MNIST OUT

FASHION_MNIST: folder of Fashion-MNIST's IDX files (Debian: /usr/share/datasets/fashion-mnist).
OUT/sandals gets its first 200 sandals, 28 x 28, grey; OUT/patches 204 squares of 48 x 48 from six
photographs that scikit-image and scikit-learn ship, 34 of each, spread evenly over it.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image

from datasets.sources.fashion_mnist import FashionMnistSettings, open_fashion_mnist

SANDALS, PATCHES, SIDE = 200, 34, 48


def save(folder: Path, images: list[np.ndarray]) -> None:
    """Write images as PNG files, numbered from 0."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:03}.png")


def patches(photograph: np.ndarray) -> list[np.ndarray]:
    """Squares [SIDE, SIDE, 3] of the grid over a photograph, evenly chosen."""
    rows, columns = (length // SIDE for length in photograph.shape[:2])
    chosen = np.linspace(0, rows * columns - 1, PATCHES).astype(int)
    corners = [(i // columns * SIDE, i % columns * SIDE) for i in chosen]
    return [photograph[y : y + SIDE, x : x + SIDE] for y, x in corners]


source = FashionMnistSettings(source="folder", path=Path(sys.argv[1]), articles=("sandal",))
sandals = open_fashion_mnist(source, "train").read(np.arange(SANDALS))[..., 0]
photographs = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
photographs += [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]
save(Path(sys.argv[2], "sandals"), list(sandals))
save(Path(sys.argv[2], "patches"), [patch for photo in photographs for patch in patches(photo)])
