"""Image files: found in a folder, and read alike by every room."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from suite.running.errors import InputError, from_os

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


def image_files(folder: Path) -> list[Path]:
    """The image files of a folder, by name; hidden files, others and subfolders are left out.

    Raises:
        InputError: the folder is missing or holds no image.
    """
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
        files = sorted(path for path in found if path.name[0] != "." and not path.is_dir())
    except OSError as error:
        raise from_os(error) from error
    if not files:
        raise InputError(f"{folder}: holds no image ({', '.join(SUFFIXES)}): check the path")
    return files


@contextmanager
def opened(path: Path) -> Iterator["ImageFile"]:
    """An image file, read no further than its head.

    Raises:
        InputError: the file is missing, damaged, no image, too large to be one, or has more than 8
            bits a channel.
    """
    from PIL import Image

    try:
        with Image.open(path) as file:
            if file.mode[0] in "IF" or any(_deep(tile.args) for tile in file.tile):
                raise InputError(f"{path}: has more than 8 bits a channel: convert it to 8 bits")
            yield file
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(
            f"{path}: has more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels: make it smaller"
        ) from error
    except Exception as error:  # Pillow's readers raise whatever a damaged file makes them
        if isinstance(error, OSError) and error.errno is not None:
            raise from_os(error) from error
        raise InputError(f"{path}: damaged or no image ({error}): replace or remove it") from error


def read_image(path: Path) -> "Image":
    """An image file with 8 bits a channel, mode L (grey) or RGB, upright by its orientation tag.

    Bits become grey; palettes, CMYK and the rest become RGB; of an animation the first picture.

    Raises:
        InputError: see `opened`; or the image has transparent pixels (what is behind them would be
            a guess).
    """
    from PIL import ImageOps

    with opened(path) as file:
        image = ImageOps.exif_transpose(file)
        alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
        if alpha is not None and alpha.getextrema() != (255, 255):
            raise InputError(f"{path}: has transparent pixels: put it on a background")
        return image.convert("L" if image.mode in ("1", "L", "LA", "La") else "RGB")


def _deep(arguments: object) -> bool:
    """Whether a decoder's arguments tell of more than 8 bits, which Pillow would cut to 8."""
    values = arguments if isinstance(arguments, tuple) else (arguments,)
    named = any(isinstance(value, str) and ";16" in value for value in values)
    return named or (len(values) == 2 and isinstance(values[1], int) and values[1] > 255)
