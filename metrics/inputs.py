"""Images from wherever a user has them: a folder of image files, or an npz."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from suite.artefacts import load_samples
from suite.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


def read_rows(path: Path) -> np.ndarray:
    """Images or points from `path`.

    path: a folder of image files (in the order of their names, subfolders left out), or an npz
        with the array `data` (or only one array).
    Returns uint8 [N, H, W, 1 or 3], or float32 [N, 2].

    Raises:
        InputError: nothing there, damaged, or images that differ in size or colour, have more
            than 8 bits a channel, or are transparent.
    """
    if not path.is_dir():
        return load_samples(path)
    files = sorted(f for f in path.iterdir() if f.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(
            f"{path}: holds no image file ({', '.join(SUFFIXES)}): give a folder "
            "of images or an .npz"
        )
    progress = tqdm(files, f"reading {path.name}", delay=2, leave=False)
    images = [_read_image(file) for file in progress]
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


def _read_image(path: Path) -> np.ndarray:
    """One image as uint8 [H, W, 1 or 3]."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: not a readable image ({error}): replace it") from error
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in ("LA", "RGBA"):
        if image.getchannel("A").getextrema() != (255, 255):
            raise InputError(
                f"{path}: has transparent pixels: flatten it onto the background that you mean"
            )
        image = image.convert(image.mode.removesuffix("A"))
    if image.mode == "1":
        image = image.convert("L")
    if image.mode not in ("L", "RGB"):
        raise InputError(
            f"{path}: pixels of mode {image.mode} are not 8-bit grey or RGB: convert it to 8 bits"
        )
    pixels = np.asarray(image, dtype=np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels
