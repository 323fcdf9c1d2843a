"""Images and points as SVG, small enough to be part of a page."""

import base64
import io
from dataclasses import dataclass
from math import isqrt

import numpy as np
from PIL import Image

from reporting.figures.group import Group
from reporting.figures.strips import moments
from reporting.figures.style import REAL, tile
from reporting.pages.charts import variable
from suite.protocol.artefacts import Trajectory, load_samples
from suite.running import paths
from suite.running.files import read_arrays

MOST_IMAGES = 64
PIXELS = MOST_IMAGES * 32 * 32
"""Most images of a sheet, and most pixels: of images larger than 32 x 32 fewer are shown."""
POINTS = 1024
SIDE = 512
"""Of the square in which points are drawn."""
FEW = 4
"""Images of a thumbnail and of a moment of a training."""


@dataclass(frozen=True)
class Picture:
    """A drawing.

    name: unique among the pictures that several places of the page show; "" for others.
    title: description of what it shows.
    width, height: of its view box. content: the SVG elements.
    thumb: width and height of the part that serves as a thumbnail.
    """

    name: str
    title: str
    width: int
    height: int
    content: str
    thumb: tuple[int, int]


Strip = tuple[str, list[tuple[str, Picture]]]
"""A method, and pictures of it side by side, each with a label."""


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
    side = max(1, isqrt(min(MOST_IMAGES, len(rows), PIXELS // (rows.shape[1] * rows.shape[2]))))
    return picture(name, title, rows[: side**2], side)


def samples(group: Group) -> dict[str, Picture]:
    """Method -> picture of the first samples of its first run, behind the "real" training rows.

    Without "real" if the subset is gone.
    """
    found = {}
    if group.real is not None:
        name = f"real-{group.name}"
        found["real"] = sheet(name, "real (training)", group.real, REAL, group.square)
    for i, (method, run) in enumerate(group.firsts.items()):
        rows = load_samples(run.part / paths.SAMPLES)
        name, color = f"samples-{group.name}-{i}", group.pens[method].color
        found[method] = sheet(name, group.label(method), rows, color, group.square)
    return found


def nearest(group: Group) -> list[Strip]:
    """Samples above their nearest training images, each pair labelled with its SSIM."""
    found = []
    for method, path in group.having(paths.NEAREST).items():
        arrays = read_arrays(path, "generated", "nearest", "ssim")
        both = zip(arrays["generated"], arrays["nearest"], arrays["ssim"], strict=True)
        title = group.label(method)
        found.append(
            (
                title,
                [(f"{ssim:.2f}", picture("", title, np.stack(pair), 1)) for *pair, ssim in both],
            )
        )
    return found


def strips(group: Group) -> list[Strip]:
    """A few samples at several iterations, each labelled with the iteration."""
    found = []
    for method, run in group.firsts.items():
        trajectory = Trajectory.load(run.part / paths.TRAJECTORY)
        title, color = group.label(method), group.pens[method].color
        pictures = []
        for moment in moments(trajectory):
            rows = trajectory.data[moment]
            few = rows[:FEW] if rows.ndim == 4 else rows[: POINTS // 4]
            drawn = picture("", title, few, 2, color, group.square)
            pictures.append((f"{trajectory.iterations[moment]:,}", drawn))
        found.append((title, pictures))
    return found
