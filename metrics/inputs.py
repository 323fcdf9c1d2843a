"""Images from wherever a user has them: a folder of image files, or an npz."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from suite.protocol.artefacts import load_samples
from suite.protocol.image_files import image_files, read_image
from suite.running.errors import InputError


def read_rows(path: Path) -> np.ndarray:
    """Images or points from `path`.

    path: a folder of image files (in the order of their names, as `suite.protocol.image_files`
        finds and reads them), or an npz with the array `data` (or only one array).
    Returns uint8 [N, H, W, 1 or 3], or float32 [N, 2].

    Raises:
        InputError: nothing there, damaged, images that differ in size or colour, or one that
            `suite.protocol.image_files.read_image` refuses.
    """
    if path.suffix == ".npy":
        raise InputError(f"{path}: an array without a name: write an .npz (numpy.savez), or images")
    if not path.is_dir():
        return load_samples(path)
    files = image_files(path)
    progress = tqdm(files, f"reading {path.name}", delay=2, leave=False)
    pixels = [np.asarray(read_image(file)) for file in progress]
    images = [rows[..., None] if rows.ndim == 2 else rows for rows in pixels]
    for file, image in zip(files, images, strict=True):
        if image.shape != images[0].shape:
            raise InputError(
                f"{path}: {file.name} is {_size(image)} but {files[0].name} is "
                f"{_size(images[0])}: resize or convert the images to one size and colour"
            )
    return np.stack(images)


def _size(image: np.ndarray) -> str:
    height, width, channels = image.shape
    return f"{width} x {height} {'grey' if channels == 1 else 'colour'}"
