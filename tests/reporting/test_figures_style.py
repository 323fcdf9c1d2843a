import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.image import imread

from reporting.figures.style import PALETTE, REAL, new, pens, save, square_of, tile
from reporting.pages.charts import DARK
from reporting.pages.render import TEMPLATES


def test_a_method_has_one_pen_whatever_is_planned(made):
    whole = pens(made.planned(methods=("dcgan", "ga-cntk", "mine")))
    part = pens(made.planned(methods=("ga-cntk",)))
    assert whole["ga-cntk"] == part["ga-cntk"]
    assert len({whole[name] for name in ("dcgan", "ga-cntk", "mine")}) == 3


def linear(color: str) -> np.ndarray:
    """A colour as linear RGB (IEC 61966-2-1)."""
    value = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# Linear RGB as readers see it: Machado, Oliveira and Fernandes (2009), severity 1.
VISIONS = {
    "any colour": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB, with the white point of sRGB."""
    share = TO_XYZ @ np.clip(light, 0, 1) / (TO_XYZ @ np.ones(3))
    f = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    """WCAG 2.1: (Y + 0.05) / (Y + 0.05), the lighter colour over the darker one."""
    dark, light = sorted(TO_XYZ[1] @ linear(color) + 0.05 for color in (a, b))
    return light / dark


@pytest.mark.parametrize("color", [*PALETTE, REAL])
def test_colours_are_legible_on_white(color):
    assert contrast(color, "#ffffff") >= 3


def test_colours_of_a_dark_page_are_legible_on_it():
    style = (TEMPLATES / "style.css").read_text()
    (paper,) = re.findall("--paper: (#[0-9a-f]{6})", style.split("prefers-color-scheme: dark")[1])
    assert min(contrast(color, paper) for color in DARK) >= 3 and len(DARK) == len(PALETTE)


@pytest.mark.parametrize("palette", [PALETTE, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_colours_are_far_apart_for_every_reader(vision, palette):
    """CIE76 distances; a distance of about 2.3 is just visible."""
    seen = [lab(VISIONS[vision] @ linear(color)) for color in palette]
    gaps = [np.linalg.norm(a - b) for a, b in combinations(seen, 2)]
    assert min(gaps) >= (40 if vision == "any colour" else 20)


def test_pens_stay_distinct_beyond_the_palette(made):
    many = tuple(f"method{i}" for i in range(len(PALETTE)))
    drawn = pens(made.planned(methods=many))
    assert len(set(drawn.values())) == len(drawn) > len(many)


def test_tile_puts_images_row_by_row_a_transparent_pixel_apart():
    images = np.stack([np.full((2, 3, 1), 10 * i, np.uint8) for i in range(3)])
    sheet = tile(images, 2)
    assert sheet.shape == (5, 7, 4)
    for place, value in ((sheet[:2, :3], 0), (sheet[:2, 4:], 10), (sheet[3:, :3], 20)):
        assert (place == [value, value, value, 255]).all()
    assert (sheet[..., 3] == 0).sum() == sheet[..., 3].size - 3 * 6


def test_points_are_drawn_in_the_unit_square_or_in_one_that_holds_the_real_ones():
    draw = np.random.default_rng(0).random((50, 2))
    assert square_of(draw) == (0.0, 1.0)
    low, high = square_of(10 * draw - 6)
    assert low == -high and -7.2 <= low < -6


def test_a_heading_longer_than_its_figure_is_wrapped(tmp_path):
    figure, _ = new(3.0, 2.5)
    figure.suptitle("one two three four five six seven eight nine ten " * 3)
    save(figure, tmp_path / "narrow.png")
    edges = imread(tmp_path / "narrow.png")[:75, [0, -1], :3]  # the heading's upper lines
    assert (edges == 1).all()
