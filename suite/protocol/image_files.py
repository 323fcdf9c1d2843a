"""Finding and reading image files."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from suite.running.errors import InputError, from_os

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
ORIENTATION, SIDEWAYS = 0x0112, 5
"""The EXIF tag of the orientation, and its first value that swaps width and height."""
COLOURS = {"white": "#ffffff", "grey": "#808080", "black": "#000000"}


def check_colour(text: str) -> str:
    """Return the text if it is a `Background`; otherwise ValueError."""
    if text not in COLOURS and not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"{text} is not a colour: write white, grey, black or '#rrggbb'")
    return text


Background = Annotated[str, AfterValidator(check_colour)]
"""A colour by name or as #rrggbb."""


@dataclass(frozen=True)
class Head:
    """The header of an image file.

    size: (width, height) in upright position.
    mode: Pillow's name of the pixel format.
    deep: whether a channel has more than 8 bits.
    turned: whether the orientation tag turns the image.
    animated: whether it has several frames.
    clear: whether pixels may be transparent.
    """

    size: tuple[int, int]
    mode: str
    deep: bool
    turned: bool
    animated: bool
    clear: bool


def image_files(folder: Path, subfolders: bool = False) -> list[Path]:
    """The image files of a folder, in the order of their paths, without hidden files.

    subfolders: whether to include the images of all subfolders.

    Raises:
        InputError: the folder is missing or has no image.
    """
    try:
        paths = _below(folder) if subfolders else folder.iterdir()
        found = [path for path in paths if path.suffix.lower() in SUFFIXES]
        files = sorted(path for path in found if path.name[0] != "." and not path.is_dir())
    except OSError as error:
        raise from_os(error) from error
    if not files:
        raise InputError(_without_image(folder, subfolders))
    return files


def _below(folder: Path) -> Iterator[Path]:
    """All files of a folder and its subfolders, following links, without hidden folders."""

    def fail(error: OSError) -> None:
        raise error

    seen = set()
    for place, folders, files in os.walk(folder, onerror=fail, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = [name for name in folders if name[0] != "."]
        folders[:] = [n for n in folders if os.path.realpath(Path(place, n)) not in seen]
        yield from (Path(place, name) for name in files)


def below(folder: Path) -> Counter[str]:
    """Subfolder -> number of image files in it, for those that have any."""
    counts: Counter[str] = Counter()
    for path in _below(folder):
        name, *rest = path.relative_to(folder).parts
        if rest and path.suffix.lower() in SUFFIXES and path.name[0] != ".":
            counts[name] += 1
    return Counter(dict(sorted(counts.items())))


def others(folder: Path) -> Counter[str]:
    """Suffix -> number of files in a folder that are not images."""
    files = (path for path in folder.iterdir() if path.name[0] != "." and path.is_file())
    return Counter(p.suffix.lower() for p in files if p.suffix.lower() not in SUFFIXES)


def _without_image(folder: Path, subfolders: bool) -> str:
    """The error of a folder without images, with what it contains instead."""
    inside = Counter() if subfolders else below(folder)
    if inside:
        names = ", ".join(list(inside)[:5]) + (", ..." if len(inside) > 5 else "")
        return (
            f"{folder}: its {inside.total()} images are in subfolders ({names}): name one of them, "
            "or set `subfolders: true` to use all"
        )
    here = ", ".join(f"{count} {end or 'without suffix'}" for end, count in others(folder).items())
    other = f", but {here}: convert or rename them" if here else ": check the path"
    return f"{folder}: contains no image ({', '.join(SUFFIXES)}){other}"


@contextmanager
def opened(path: Path) -> Iterator["ImageFile"]:
    """An open image file, of which only the header has been read.

    Raises:
        InputError: the file is missing, damaged, not an image, too large, or has 32-bit pixels.
    """
    from PIL import Image

    try:
        with Image.open(path) as file:
            # No standard says which 32-bit value is white. In PPM and PNG, mode I has 16 bits.
            if file.mode == "F" or (file.mode == "I" and file.format not in ("PPM", "PNG")):
                raise InputError(
                    f"{path}: has 32-bit pixels, for which the value of white is not defined: "
                    "convert it to 8 or 16 bits"
                )
            yield file
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(
            f"{path}: has more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels: make it smaller"
        ) from error
    except Exception as error:  # Pillow raises many kinds of errors for damaged files
        if isinstance(error, OSError) and error.errno is not None:
            raise from_os(error) from error
        why = " ".join(str(error).split())
        raise InputError(
            f"{path}: damaged or not an image ({why}): replace or remove it"
        ) from error


def head(path: Path) -> Head:
    """Read the header of an image file.

    Raises:
        InputError: see `opened`.
    """
    with opened(path) as file:
        turn = file.getexif().get(ORIENTATION, 1)
        lies = isinstance(turn, int) and turn >= SIDEWAYS
        return Head(
            size=(file.height, file.width) if lies else file.size,
            mode=file.mode,
            deep=file.mode[0] == "I" or any(_deep(tile.args) for tile in file.tile),
            turned=turn != 1,
            animated=bool(getattr(file, "is_animated", False)),
            clear=file.has_transparency_data,
        )


def read_image(path: Path, background: str = "white") -> "Image":
    """Read an image file as mode L (grey) or RGB with 8 bits per channel, in upright position.

    1-bit images become grey. Palettes, CMYK and other modes become RGB. 16-bit values keep their
    upper 8 bits, animations their first frame. Transparent pixels show the background.

    Raises:
        InputError: see `opened`.
    """
    from PIL import Image, ImageOps

    with opened(path) as file:
        image = _of_eight_bits(ImageOps.exif_transpose(file))
        grey = image.mode in ("1", "L", "LA", "La")
        if is_transparent(image):
            colour = COLOURS.get(background, background)
            grey = grey and len({colour[i : i + 2].lower() for i in (1, 3, 5)}) == 1
            whole = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", whole.size, colour), whole)
        return image.convert("L" if grey else "RGB")


def is_transparent(image: "Image") -> bool:
    """Whether an image has a transparent pixel."""
    if not image.has_transparency_data:
        return False
    return image.convert("RGBA").getchannel("A").getextrema() != (255, 255)


def has_transparent_pixels(path: Path) -> bool:
    """Whether an image file has a transparent pixel; InputError: see `opened`."""
    with opened(path) as file:
        return is_transparent(file)


def _of_eight_bits(image: "Image") -> "Image":
    """The upper 8 bits of a 16-bit image; other images unchanged."""
    import numpy as np
    from PIL import Image

    if image.mode[0] != "I":
        return image
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))


def _deep(arguments: object) -> bool:
    """Whether a decoder's arguments mean more than 8 bits, which Pillow reduces to 8."""
    values = arguments if isinstance(arguments, tuple) else (arguments,)
    named = any(isinstance(value, str) and ";16" in value for value in values)
    return named or (len(values) == 2 and isinstance(values[1], int) and values[1] > 255)
