"""Image files as arrays of one size. A file is read only when its row is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from suite.protocol.image_files import Background, has_transparent_pixels, head, read_image
from suite.protocol.source import Rows
from suite.running.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

SHOW_PROGRESS = 2000


@dataclass(frozen=True)
class Shaping:
    """How image files become arrays of one shape.

    size: height and width after resizing by area averaging [pixels]; None keeps the size of the
        files, which must be the same for all (`check_heads`).
    channels: 1 (grey) or 3 (RGB).
    crop: side of the centred square that is cut out first [pixels]; "square": the largest square;
        None: the whole image.
    background: colour behind transparent pixels.
    """

    size: int | None
    channels: Literal[1, 3]
    crop: int | Literal["square"] | None = None
    background: Background = "white"


def _cropped(image: "Image", edge: int | Literal["square"] | None, path: Path) -> "Image":
    if edge is None:
        return image
    edge = min(image.size) if edge == "square" else edge
    if edge > min(image.size):
        raise InputError(
            f"{path}: its {image.width} x {image.height} pixels are too few for a crop of {edge}: "
            "choose a smaller crop"
        )
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    return image.crop((left, top, left + edge, top + edge))


def check_heads(paths: Sequence[Path], shaping: Shaping) -> None:
    """Refuse unsuitable image files by their headers, before any file is read completely.

    Raises:
        InputError: a file is damaged or not an image, or two files differ in size and `shaping` has
            no size.
    """
    first: tuple[int, int] | None = None
    for path in paths:
        width, height = head(path).size
        if shaping.crop == "square":
            width = height = min(width, height)
        first = first or (width, height)
        if (width, height) != first and shaping.size is None:
            raise InputError(
                f"{path}: has {width} x {height} pixels, but {paths[0].name} {first[0]} x "
                f"{first[1]}: set `size` to resize all images"
            )


def read_picture(path: Path, shaping: Shaping) -> np.ndarray:
    """One image file as uint8 [H, W, C], in upright position.

    Raises:
        InputError: see `suite.protocol.image_files.read_image`; or the image is smaller than
            the crop.
    """
    from PIL import Image

    image = read_image(path, shaping.background)
    image = _cropped(image.convert("L" if shaping.channels == 1 else "RGB"), shaping.crop, path)
    if shaping.size is not None:
        image = image.resize((shaping.size, shaping.size), Image.Resampling.BOX)
    return np.asarray(image).reshape(image.height, image.width, shaping.channels)


def rows_of(paths: Sequence[Path], shaping: Shaping) -> Rows:
    """Rows of image files: one row for each file, without labels (-1)."""

    def read(indices: np.ndarray) -> np.ndarray:
        from tqdm import tqdm

        shown = tqdm(indices, "read images", unit="image", disable=len(indices) < SHOW_PROGRESS)
        return np.stack([read_picture(paths[i], shaping) for i in shown])

    return Rows(np.full(len(paths), -1), read, paths, shaping.background)


def notes_of(paths: Sequence[Path], background: str) -> tuple[dict[str, Any], list[str]]:
    """How image files are converted: values to record with the pixels, and phrases for the user.

    Animations are in the phrases only, since their first frame is read without loss.

    Raises:
        InputError: see `suite.protocol.image_files.opened`.
    """
    heads = [head(path) for path in paths]
    clear = sum(
        one.clear and has_transparent_pixels(path) for path, one in zip(paths, heads, strict=True)
    )
    deep, animated = sum(one.deep for one in heads), sum(one.animated for one in heads)
    notes: dict[str, Any] = {"transparent": clear, "background": background} if clear else {}
    words = {
        f"{clear} transparent, shown on {background}": clear,
        f"{deep} with more than 8 bits, reduced to their upper 8": deep,
        f"{animated} animated, read as their first frame": animated,
    }
    said = [text for text, count in words.items() if count]
    return {**notes, "deep": deep} if deep else notes, said


def every(paths: Sequence[Path], step: int, held_out: bool) -> list[Path]:
    """A split without a seed: every `step`-th path if `held_out`, otherwise all other paths.

    >>> paths = [Path(f"{name}.png") for name in "abcdef"]
    >>> [path.stem for path in every(paths, 3, held_out=True)]
    ['c', 'f']
    >>> [path.stem for path in every(paths, 3, held_out=False)]
    ['a', 'b', 'd', 'e']
    """
    return [path for i, path in enumerate(paths) if (i % step == step - 1) == held_out]
