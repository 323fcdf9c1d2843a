"""Pictures that anyone can fetch, for benchmarks: digits, photographs, and icons on white.

digits        MNIST, resources/mnist (28 x 28, grey)
photographs   squares of 36 pixels cut side by side out of photographs that scikit-image and
              scikit-learn ship (the packages say under which free licences), resized to 32 x 32;
              squares that are flat are left out
icons         emoji of Google's Noto (Apache License 2.0) as the npm package
              emoji-datasource-google 16.0.0 ships them, on white, 32 x 32, without skin tones

    npm pack emoji-datasource-google@16.0.0
    tar xzf emoji-datasource-google-16.0.0.tgz package/img/google/sheets/32.png package/emoji.json
"""

import importlib.util
from pathlib import Path

import numpy as np

from suite.running.errors import InputError
from suite.running.files import read_arrays, read_json
from suite.running.provenance import ROOT

PHOTOGRAPHS = {
    "skimage": (
        *("data/astronaut.png", "data/chelsea.png", "data/coffee.png", "data/rocket.jpg"),
        "data/motorcycle_left.png",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}
CUT, SIDE, FLAT = 36, 32, 8
"""Side of a square, side after resizing [pixels]; least deviation of each channel [of 255]."""


def digits() -> np.ndarray:
    """uint8 [5120, 28, 28, 1]."""
    arrays = read_arrays(ROOT / "resources/mnist/mnist.npz")
    return np.concatenate([arrays["train_images"], arrays["heldout_images"]])[..., None]


def photographs() -> np.ndarray:
    """uint8 [N, 32, 32, 3]."""
    from PIL import Image

    squares = []
    for package, names in PHOTOGRAPHS.items():
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise InputError(f"the package {package} is missing, which has photographs: install it")
        for name in names:
            picture = Image.open(Path(spec.submodule_search_locations[0]) / name).convert("RGB")
            for top in range(0, picture.height - CUT + 1, CUT):
                for left in range(0, picture.width - CUT + 1, CUT):
                    square = picture.crop((left, top, left + CUT, top + CUT))
                    rows = np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BOX))
                    if rows.std(axis=(0, 1)).min() >= FLAT:
                        squares.append(rows)
    return np.stack(squares)


def icons(package: Path) -> np.ndarray:
    """uint8 [N, 32, 32, 3].

    package: the folder that the npm package holds.
    """
    from PIL import Image

    sheet = Image.open(package / "img/google/sheets/32.png").convert("RGBA")
    white = Image.new("RGBA", sheet.size, "white")
    rows = np.asarray(Image.alpha_composite(white, sheet).convert("RGB"))
    step = SIDE + 2  # a clear pixel on every edge
    places = [
        (entry["sheet_y"] * step + 1, entry["sheet_x"] * step + 1)
        for entry in read_json(package / "emoji.json")
        if entry["has_img_google"]
    ]
    return np.stack([rows[top : top + SIDE, left : left + SIDE] for top, left in places])
