"""Images from a folder of image files, an npz, or a sheet.

A sheet is one lossless PNG with images of one size side by side, row by row, without gaps. Two text
chunks of the file hold the size of an image (`tile`, width x height as in 28x28) and the number of
images (`images`). The rest of the last row is black. `write_sheet` writes it.
"""

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from suite.protocol.artefacts import load_samples
from suite.protocol.image_files import (
    has_transparent_pixels,
    head,
    image_files,
    opened,
    read_image,
)
from suite.running.errors import InputError
from suite.running.files import replacing

TILE, COUNT = "tile", "images"


def read_rows(path: Path, background: str = "white") -> np.ndarray:
    """Images or points from `path`.

    path: a folder of image files (in the order of their names, as `suite.protocol.image_files`
        finds and reads them), an npz with the array `data` (or a single array), or a sheet.
    background: the colour behind transparent pixels of image files. stderr says how many have any.
    Returns uint8 [N, H, W, 1 or 3], or float32 [N, 2].

    Raises:
        InputError: the path is missing or damaged, images differ in size or colour, or
            `suite.protocol.image_files.read_image` refuses one.
    """
    if path.suffix == ".npy":
        raise InputError(f"{path}: is a .npy file: give an .npz file (numpy.savez), or images")
    if path.suffix == ".png" and not path.is_dir():
        return _read_sheet(path)
    if not path.is_dir():
        return load_samples(path)
    files = image_files(path)
    progress = tqdm(files, f"reading {path.name}", delay=2, leave=False)
    pixels = [np.asarray(read_image(file, background)) for file in progress]
    clear = sum(head(file).clear and has_transparent_pixels(file) for file in files)
    if clear:
        say = (
            f"{path}: {clear} of {len(files)} images have transparent pixels, shown on {background}"
        )
        print(say, file=sys.stderr)
    images = [rows[..., None] if rows.ndim == 2 else rows for rows in pixels]
    for file, image in zip(files, images, strict=True):
        if image.shape != images[0].shape:
            raise InputError(
                f"{path}: {file.name} is {_size(image)} but {files[0].name} is "
                f"{_size(images[0])}: resize or convert the images to one size and colour"
            )
    return np.stack(images)


def write_sheet(path: Path, images: np.ndarray, columns: int = 16) -> None:
    """Write images, uint8 [N, H, W, 1 or 3], as one PNG that `read_rows` reads."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    count, height, width, channels = images.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, height, width, channels), np.uint8)
    sheet[:count] = images
    sheet = sheet.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    sheet = sheet.reshape(rows * height, columns * width, channels)
    words = PngInfo()
    words.add_text(TILE, f"{width}x{height}")
    words.add_text(COUNT, str(count))
    picture = Image.fromarray(sheet[..., 0] if channels == 1 else sheet)
    with replacing(path) as temporary:
        picture.save(temporary, "PNG", optimize=True, pnginfo=words)


def _read_sheet(path: Path) -> np.ndarray:
    """The images of a sheet, uint8 [N, H, W, 1 or 3]."""
    with opened(path) as file:
        words = {str(key): str(value) for key, value in file.info.items()}
    sheet = np.asarray(read_image(path))
    sheet = sheet[..., None] if sheet.ndim == 2 else sheet
    try:
        width, height = (int(side) for side in words[TILE].split("x"))
        count = int(words[COUNT])
        rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
        if sheet.shape[:2] != (rows * height, columns * width) or not 0 < count <= rows * columns:
            raise ValueError
    except (KeyError, ValueError, ZeroDivisionError):
        raise InputError(
            f"{path}: is no sheet: its text chunks `{TILE}` and `{COUNT}` are missing or wrong: "
            "give a folder of images, or a sheet that this suite wrote"
        ) from None
    tiles = sheet.reshape(rows, height, columns, width, -1).swapaxes(1, 2)
    return tiles.reshape(-1, height, width, sheet.shape[2])[:count]


def _size(image: np.ndarray) -> str:
    height, width, channels = image.shape
    return f"{width} x {height} {'grey' if channels == 1 else 'colour'}"
