"""Image files: found in a folder, and read alike by every room."""

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
"""The EXIF tag of how a picture is turned, and the first value that swaps width and height."""
COLOURS = {"white": "#ffffff", "grey": "#808080", "black": "#000000"}


def check_colour(text: str) -> str:
    """The text itself; ValueError where it is no `Background`."""
    if text not in COLOURS and not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"{text} is no colour: write white, grey, black or '#rrggbb'")
    return text


Background = Annotated[str, AfterValidator(check_colour)]
"""A colour by name or as #rrggbb."""


@dataclass(frozen=True)
class Head:
    """What the head of an image file tells.

    size: (width, height), upright. mode: as Pillow calls it. deep: whether a channel has more than
    8 bits. turned: by its orientation tag. animated: more than one picture. clear: whether pixels
    may be transparent.
    """

    size: tuple[int, int]
    mode: str
    deep: bool
    turned: bool
    animated: bool
    clear: bool


def image_files(folder: Path, subfolders: bool = False) -> list[Path]:
    """The image files of a folder, by name; hidden files and others are left out.

    subfolders: whether those below it count too, in the order of their paths; else they are left
        out.

    Raises:
        InputError: the folder is missing or holds no image.
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
    """All files in a folder and in those below it, links included, but for hidden folders."""

    def fail(error: OSError) -> None:
        raise error

    seen = set()
    for place, folders, files in os.walk(folder, onerror=fail, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = [name for name in folders if name[0] != "."]
        folders[:] = [n for n in folders if os.path.realpath(Path(place, n)) not in seen]
        yield from (Path(place, name) for name in files)


def below(folder: Path) -> Counter[str]:
    """How many image files lie below each subfolder that has any, by its name."""
    counts: Counter[str] = Counter()
    for path in _below(folder):
        name, *rest = path.relative_to(folder).parts
        if rest and path.suffix.lower() in SUFFIXES and path.name[0] != ".":
            counts[name] += 1
    return Counter(dict(sorted(counts.items())))


def others(folder: Path) -> Counter[str]:
    """How many other files a folder has, by ending."""
    files = (path for path in folder.iterdir() if path.name[0] != "." and path.is_file())
    return Counter(p.suffix.lower() for p in files if p.suffix.lower() not in SUFFIXES)


def _without_image(folder: Path, subfolders: bool) -> str:
    """Why a folder has no image, and what it has instead."""
    inside = Counter() if subfolders else below(folder)
    if inside:
        names = ", ".join(list(inside)[:5]) + (", ..." if len(inside) > 5 else "")
        return (
            f"{folder}: its {inside.total()} images lie in subfolders ({names}): name one of them, "
            "or set `subfolders: true` to take all together"
        )
    here = ", ".join(f"{count} {end or 'without ending'}" for end, count in others(folder).items())
    other = f", but {here}: convert or rename them" if here else ": check the path"
    return f"{folder}: holds no image ({', '.join(SUFFIXES)}){other}"


@contextmanager
def opened(path: Path) -> Iterator["ImageFile"]:
    """An image file, read no further than its head.

    Raises:
        InputError: the file is missing, damaged, no image, too large to be one, or has numbers
            whose range is not that of 8 or 16 bits.
    """
    from PIL import Image

    try:
        with Image.open(path) as file:
            # Of 32 bits nobody knows which value is white. PPM and PNG have 16 in mode I.
            if file.mode == "F" or (file.mode == "I" and file.format not in ("PPM", "PNG")):
                raise InputError(
                    f"{path}: has numbers of 32 bits, of which none is known to be white: convert "
                    "it to 8 or 16 bits"
                )
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
        why = " ".join(str(error).split())
        raise InputError(f"{path}: damaged or no image ({why}): replace or remove it") from error


def head(path: Path) -> Head:
    """What an image file is, by its head alone.

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
    """An image file with 8 bits a channel, mode L (grey) or RGB, upright by its orientation tag.

    Bits become grey; palettes, CMYK and the rest become RGB; of 16 bits the upper 8 are kept, of an
    animation the first picture. Transparent pixels show the background.

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
    """Whether a pixel of an image lets the background through."""
    if not image.has_transparency_data:
        return False
    return image.convert("RGBA").getchannel("A").getextrema() != (255, 255)


def has_transparent_pixels(path: Path) -> bool:
    """Whether a pixel of an image file lets the background through; InputError as of `opened`."""
    with opened(path) as file:
        return is_transparent(file)


def _of_eight_bits(image: "Image") -> "Image":
    """An image of 16 bits by its upper 8; any other as it is."""
    import numpy as np
    from PIL import Image

    if image.mode[0] != "I":
        return image
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))


def _deep(arguments: object) -> bool:
    """Whether a decoder's arguments tell of more than 8 bits, which Pillow cuts to 8."""
    values = arguments if isinstance(arguments, tuple) else (arguments,)
    named = any(isinstance(value, str) and ";16" in value for value in values)
    return named or (len(values) == 2 and isinstance(values[1], int) and values[1] > 255)
