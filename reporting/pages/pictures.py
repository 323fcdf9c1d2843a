"""Images and points as SVG, small enough to be part of a page."""

import base64
import io
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

import numpy as np
from PIL import Image

from reporting.figures.group import Group
from reporting.figures.strips import moments
from reporting.figures.style import REAL, tile
from reporting.pages.charts import variable
from suite.protocol.artefacts import Subset, Trajectory, load_samples
from suite.running import paths
from suite.running.files import read_arrays

SHOWN = 64
PIXELS = SHOWN * 32 * 32
"""Most images of a sheet, and most pixels: of images larger than 32 x 32 fewer are shown."""
POINTS = 1024
SIDE = 512
"""Of the square in which points are drawn."""
FEW = 4
"""Images of a thumbnail and of a moment of a training."""


@dataclass(frozen=True)
class Picture:
    """A drawing.

    name: unique on the page. title: description of what it shows.
    width, height: of its view box. content: the SVG elements.
    thumb: width and height of the part that serves as a thumbnail.
    """

    name: str
    title: str
    width: int
    height: int
    content: str
    thumb: tuple[int, int]


@dataclass(frozen=True)
class Strip:
    """Pictures of one method side by side, each with a label."""

    title: str
    pictures: list[tuple[str, Picture]]


def _encoded(image: np.ndarray) -> str:
    """An image [h, w, 4] uint8 as the data URI of a PNG, in grey if it has no colour."""
    drawn = Image.fromarray(image)
    if (image[..., :1] == image[..., :3]).all():
        drawn = drawn.convert("LA")
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def picture(
    name: str,
    title: str,
    rows: np.ndarray,
    columns: int,
    color: str = REAL,
    square: tuple[float, float] = (0.0, 1.0),
) -> Picture:
    """Rows as a sheet of images, or as points in a square.

    rows: uint8 [N, H, W, C], or float32 [N, 2]; points outside the square are counted in the title.
    square: the ends of both axes (`reporting.figures.style.square_of`).
    """
    if rows.ndim == 2:
        low, high = square
        inside = rows[((rows >= low) & (rows <= high)).all(axis=1)]
        places = (inside - low) / (high - low)
        x, y = (SIDE * np.stack([places[:, 0], 1 - places[:, 1]])).round().astype(int)
        path = "".join(f"M{a} {b}h0" for a, b in zip(x, y, strict=True))
        content = f'<rect class="frame" width="{SIDE}" height="{SIDE}"/>'
        content += f'<path class="dots" style="stroke:{variable(color)}" d="{path}"/>'
        if len(inside) < len(rows):
            title += f" ({len(rows) - len(inside):,} of {len(rows):,} outside)"
        return Picture(name, title, SIDE, SIDE, content, (SIDE, SIDE))
    sheet = tile(rows, columns)
    height, width = sheet.shape[:2]
    content = f'<image width="{width}" height="{height}" href="{_encoded(sheet)}"/>'
    across = min(FEW, columns, len(rows))
    thumb = (across * (rows.shape[2] + 1) - 1, rows.shape[1])
    return Picture(name, title, width, height, content, thumb)


def sheet(
    name: str, title: str, rows: np.ndarray, color: str, square: tuple[float, float]
) -> Picture:
    """A picture of the first rows: as many images as fill a square, or up to 1,024 points."""
    if rows.ndim == 2:
        return picture(name, title, rows[:POINTS], 1, color, square)
    side = max(1, isqrt(min(SHOWN, len(rows), PIXELS // (rows.shape[1] * rows.shape[2]))))
    return picture(name, title, rows[: side**2], side)


def real(group: Group) -> Picture | None:
    """A picture of the first training rows of a group; None if its subset is gone."""
    if not group.subset.exists():
        return None
    rows = Subset.load(group.subset).data
    return sheet(f"real-{group.name}", "real (training)", rows, REAL, group.square)


def samples(group: Group) -> dict[str, Picture]:
    """Method -> picture of the first samples of its first run."""
    square = group.square
    return {
        method: sheet(
            f"samples-{group.name}-{i}",
            group.label(method),
            load_samples(runs[0].part / paths.SAMPLES),
            group.pens[method].color,
            square,
        )
        for i, (method, runs) in enumerate(group.runs.items())
    }


def nearest(group: Group) -> list[Strip]:
    """Samples above their nearest training images, each pair labelled with its SSIM."""
    found = []
    for i, (method, runs) in enumerate(group.runs.items()):
        path: Path = runs[0].folder / paths.NEAREST
        if not path.exists():
            continue
        arrays = read_arrays(path, "generated", "nearest", "ssim")
        both = zip(arrays["generated"], arrays["nearest"], arrays["ssim"], strict=True)
        title = group.label(method)
        pictures = [
            (f"{ssim:.2f}", picture(f"pair-{group.name}-{i}-{k}", title, np.stack([made, near]), 1))
            for k, (made, near, ssim) in enumerate(both)
        ]
        found.append(Strip(title, pictures))
    return found


def strips(group: Group) -> list[Strip]:
    """A few samples at several iterations, each labelled with the iteration."""
    found = []
    square = group.square
    for i, (method, runs) in enumerate(group.runs.items()):
        trajectory = Trajectory.load(runs[0].part / paths.TRAJECTORY)
        title = group.label(method)
        pictures = []
        for moment in moments(trajectory):
            rows = trajectory.data[moment]
            few = rows[:FEW] if rows.ndim == 4 else rows[: POINTS // 4]
            name = f"moment-{group.name}-{i}-{moment}"
            drawn = picture(name, title, few, 2, group.pens[method].color, square)
            pictures.append((f"{trajectory.iterations[moment]:,}", drawn))
        found.append(Strip(title, pictures))
    return found
