import numpy as np

from reporting.figures.style import PALETTE, pens, tile


def test_a_method_has_one_pen_whatever_is_planned(made):
    whole = pens(made.planned(methods=("dcgan", "ga-cntk", "mine")))
    part = pens(made.planned(methods=("ga-cntk",)))
    assert whole["ga-cntk"] == part["ga-cntk"]
    assert len({whole[name] for name in ("dcgan", "ga-cntk", "mine")}) == 3


def test_pens_stay_distinct_beyond_the_palette(made):
    many = tuple(f"method{i}" for i in range(len(PALETTE)))
    drawn = pens(made.planned(methods=many))
    assert len(set(drawn.values())) == len(drawn) > len(many)


def test_tile_puts_images_row_by_row_a_pixel_apart():
    images = np.stack([np.full((2, 3, 1), 10 * i, np.uint8) for i in range(3)])
    sheet = tile(images, 2)
    assert sheet.shape == (5, 7, 3)
    assert (sheet[:2, :3] == 0).all() and (sheet[:2, 4:] == 10).all()
    assert (sheet[3:, :3] == 20).all()
    assert (sheet[2] == 255).all() and (sheet[:, 3] == 255).all() and (sheet[3:, 4:] == 255).all()
