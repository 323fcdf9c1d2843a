"""Augmentation: plain computations row by row, gradients, and which rows are augmented."""

import dataclasses

import numpy as np
import pytest
import torch

from baselines import augment
from baselines.methods.dcgan import DCGAN, DcganSettings, game
from baselines.players import Players
from baselines.reproducible import reproducible
from suite.protocol import augmentation
from suite.running.errors import InputError


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def shifted(row, down, right):
    """A row [C, H, W] moved by whole pixels and filled with zeros."""
    moved = np.zeros_like(row)
    height, width = row.shape[1:]
    for y in range(height):
        for x in range(width):
            if 0 <= y - down < height and 0 <= x - right < width:
                moved[:, y, x] = row[:, y - down, x - right]
    return moved


@pytest.mark.parametrize(("side", "most"), [(16, 2), (17, 2), (28, 4)])
def test_a_translation_moves_each_row_by_whole_pixels_and_black_comes_in(side, most):
    rows = torch.rand(600, 2, side, side) + 0.1
    moved = augment.translation(rows)
    seen = []
    for row, new in zip(rows[:40].numpy(), moved[:40].numpy(), strict=True):
        fits = [
            (down, right)
            for down in range(-most - 1, most + 2)
            for right in range(-most - 1, most + 2)
            if (shifted(row, down, right) == new).all()
        ]
        assert len(fits) == 1
        seen += fits
    assert len(set(seen)) > 15
    # The number of black lines at the top or bottom is the distance of the move.
    empty = (moved == 0).all(dim=3).all(dim=1)
    top = empty.int().cumprod(dim=1).sum(dim=1)
    bottom = empty.flip(1).int().cumprod(dim=1).sum(dim=1)
    counts = np.bincount((top - bottom + most).numpy(), minlength=2 * most + 1)
    assert len(counts) == 2 * most + 1
    assert counts.min() > 600 / (2 * most + 1) / 2
    assert counts.max() < 600 / (2 * most + 1) * 1.6


def test_a_cutout_is_a_square_of_half_the_side_whose_centre_is_anywhere():
    rows = torch.rand(800, 3, 16, 16) + 0.1
    cut = augment.cutout(rows)
    hole = cut == 0
    assert hole.equal(hole[:, :1].expand_as(hole))
    assert cut[~hole].equal(rows[~hole])
    heights, widths = hole[:, 0].any(dim=2).sum(dim=1), hole[:, 0].any(dim=1).sum(dim=1)
    assert hole[:, 0].sum(dim=(1, 2)).equal(heights * widths)
    # The centre is one of 0, ..., 16. If an edge cuts it off, 4 to 8 lines are left.
    for lines in (heights, widths):
        assert np.bincount(lines, minlength=9)[:4].sum() == 0
        assert lines.max() == 8
        assert (lines == 8).float().mean().item() == pytest.approx(9 / 17, abs=0.06)
        assert (lines == 4).float().mean().item() == pytest.approx(2 / 17, abs=0.04)


def test_colours_are_brightness_then_saturation_then_contrast_each_of_its_range():
    rows = torch.rand(500, 3, 8, 8, dtype=torch.float64)
    new = augment.colour(rows)
    grey, grey_new = rows.mean(dim=1), new.mean(dim=1)
    # Only brightness moves the mean of a row, and only contrast stretches its grey values.
    brightness = (grey_new - grey).mean(dim=(1, 2))
    contrast = grey_new.std(dim=(1, 2)) / grey.std(dim=(1, 2))
    tint, tint_new = (x - g[:, None] for x, g in ((rows, grey), (new, grey_new)))
    saturation = tint_new.flatten(1).norm(dim=1) / tint.flatten(1).norm(dim=1) / contrast
    for drawn, low, high in [(brightness, -0.25, 0.25), (contrast, 0.5, 1.5), (saturation, 0, 2)]:
        assert low <= drawn.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < drawn.max() <= high
        assert drawn.mean().item() == pytest.approx((low + high) / 2, abs=0.06 * (high - low))
    mean = grey.mean(dim=(1, 2))
    expected = [
        m + b + c * (g - m + s * t)
        for m, b, c, s, g, t in zip(mean, brightness, contrast, saturation, grey, tint, strict=True)
    ]
    assert torch.allclose(new, torch.stack(expected), atol=1e-10)


def test_grey_has_no_saturation():
    rows = torch.rand(50, 1, 8, 8, dtype=torch.float64)
    new = augment.colour(rows)
    slope = (new - new.mean(dim=(1, 2, 3), keepdim=True)).flatten(1).norm(dim=1)
    slope = slope / (rows - rows.mean(dim=(1, 2, 3), keepdim=True)).flatten(1).norm(dim=1)
    assert 0.5 <= slope.min() < 0.6 < 1.4 < slope.max() <= 1.5


@pytest.mark.parametrize("channels", [1, 3])
def test_black_is_the_black_of_the_networks(channels):
    """Black is 0 for grey images and -1 for colour images."""
    black = 0.0 if channels == 1 else -1.0
    change = augment.augmenter(("translation", "cutout"))
    made = change(torch.full((100, channels, 16, 16), 0.5))
    assert set(made.unique().tolist()) == {black, 0.5}
    assert (made == black).any(dim=(1, 2, 3)).all()


def test_gradients_come_back_from_where_a_pixel_went():
    rows = torch.rand(6, 1, 16, 16).requires_grad_(True)
    for step in (augment.translation, augment.cutout):
        weight = torch.rand(6, 1, 16, 16)
        torch.manual_seed(1)
        (step(rows) * weight).sum().backward()
        # <T x, w> is linear in x: its gradient times x is its value, and 0 where T removes x.
        torch.manual_seed(1)
        value = (step(rows) * weight).sum(dim=(1, 2, 3))
        assert torch.allclose((rows.grad * rows).sum(dim=(1, 2, 3)), value, rtol=1e-5)
        assert (rows.grad == 0).any()
        rows.grad = None
    augment.colour(rows).square().sum().backward()
    assert rows.grad.ne(0).all()


def test_the_order_of_the_names_says_nothing():
    rows = torch.rand(4, 3, 16, 16)
    made = []
    for names in (("cutout", "colour"), ("colour", "cutout")):
        torch.manual_seed(2)
        made.append(augment.augmenter(names)(rows))
    assert made[0].equal(made[1])


def test_points_are_refused():
    settings = DcganSettings(augment=("translation",), updates=1)
    with pytest.raises(InputError, match="augment: points cannot be augmented"):
        DCGAN.check(settings, (2,), 4)


def test_real_and_generated_rows_are_augmented_for_both_players():
    """All rows are white, so every black pixel comes from augmentation."""
    settings = DcganSettings(batch=4, augment=("cutout",))
    plain = game(settings, (16, 16, 1))
    black = []

    class White(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.shade = torch.nn.Parameter(torch.ones(1))

        def forward(self, z):
            return self.shade.expand(len(z), 1, 16, 16)

    class Critic(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.slope = torch.nn.Parameter(torch.ones(1))

        def forward(self, rows):
            black.append((rows == 0).any(dim=(1, 2, 3)).all().item())
            return rows.mean(dim=(1, 2, 3)) * self.slope

    spied = dataclasses.replace(plain, networks=lambda: (White(), Critic()))
    with reproducible("test"):
        data = np.full((4, 16, 16, 1), 255, np.uint8)
        Players(spied, settings, data, 0).update(1)
        assert black == [True] * 3  # real, generated, and generated in the generator's step
        Players(spied, DcganSettings(batch=4), data, 0).update(1)
        assert black[3:] == [False] * 3


class _Draws:
    """The given numbers for one row, with the interface of NumPy's generator."""

    def __init__(self, numbers):
        self.numbers = iter(numbers)

    def random(self, count):
        return np.array([next(self.numbers) for _ in range(count)])

    def integers(self, low, high):
        number = next(self.numbers)
        assert low <= number < high
        return number


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("colour", (0.3, 0.8, 0.1)),
        ("translation", (0, 4)),
        ("translation", (3, 1)),
        ("cutout", (0, 16)),
        ("cutout", (16, 5)),
        ("cutout", (9, 7)),
    ],
)
def test_controls_are_changed_as_the_discriminators_rows_are(monkeypatch, name, numbers):
    row = torch.rand(1, 3, 16, 16)
    draws = torch.tensor(numbers)
    drawn = {
        "rand": lambda *_, **__: draws.reshape(3, 1, 1, 1, 1),
        "randint": lambda *_, **__: draws.reshape(2, 1, 1),
    }
    for function, stub in drawn.items():
        monkeypatch.setattr(torch, function, stub)
    expected = getattr(augment, name)(row)[0].permute(1, 2, 0).numpy()
    image = row[0].permute(1, 2, 0).double().numpy()
    changed = augmentation._STEPS[name](image, _Draws(numbers))
    assert np.allclose(changed, expected, atol=1e-6)
    assert list(augmentation.WORDS) == list(augmentation._STEPS) == list(augment.STEPS)
