"""Augmentation: what each step does to pixels, and its derivative."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.descent.augment import STEPS, augment, colour, cutout, translation
from gantk.keys import named_key
from gantk.settings import DiscriminatorSettings
from suite.protocol.method import METHODS
from suite.protocol.settings import parse
from suite.running.errors import InputError

KEY = named_key("test", 0)


def images(n=200, shape=(9, 12, 3)):
    return jnp.asarray(np.random.default_rng(0).uniform(0.1, 1, (n, *shape)))


def test_settings_name_the_steps():
    schema = DiscriminatorSettings.model_json_schema()["properties"]["augment"]
    assert set(schema["items"]["enum"]) == set(STEPS)


def test_translation_moves_pixels_exactly_by_at_most_an_eighth_rounded():
    rows = np.asarray(images())
    moved = np.asarray(translation(KEY, images()))
    seen = set()
    for row, got in zip(rows, moved, strict=True):
        fits = []
        for down in range(-3, 4):
            for right in range(-3, 4):
                expected = np.zeros_like(row)
                expected[max(down, 0) : 9 + down, max(right, 0) : 12 + right] = row[
                    max(-down, 0) : 9 - down, max(-right, 0) : 12 - right
                ]
                if (expected == got).all():
                    fits.append((down, right))
        assert len(fits) == 1
        seen.add(fits[0])
    assert seen == {(down, right) for down in range(-1, 2) for right in range(-2, 3)}


def test_cutout_blackens_one_rectangle_of_half_the_sides_that_may_hang_over():
    black = (np.asarray(cutout(KEY, images())) == 0).all(-1)
    kept = ~black[..., None]
    np.testing.assert_array_equal(np.asarray(cutout(KEY, images())), images() * kept)
    sizes = set()
    for one in black:
        down, right = one.any(1), one.any(0)
        np.testing.assert_array_equal(one, down[:, None] & right[None, :])
        for side in (down, right):
            assert (np.diff(np.flatnonzero(side)) == 1).all()
        sizes.add((down.sum(), right.sum()))
    assert max(sizes) == (4, 6)
    assert {height for height, _ in sizes} == {2, 3, 4} and {w for _, w in sizes} == {3, 4, 5, 6}


def test_colour_changes_brightness_then_saturation_then_contrast():
    rows, changed = np.asarray(images()), np.asarray(colour(KEY, images()))
    means = changed.mean((1, 2, 3)) - rows.mean((1, 2, 3))
    assert -0.25 <= means.min() < -0.22 and 0.22 < means.max() <= 0.25

    def parts(x):
        grey = x.mean(-1, keepdims=True)
        return (grey - grey.mean((1, 2), keepdims=True))[..., 0], x - grey

    (light, hue), (new_light, new_hue) = parts(rows), parts(changed)
    contrast = new_light / light
    np.testing.assert_allclose(contrast, contrast[:, :1, :1] + 0 * light, rtol=1e-6)
    assert 0.5 <= contrast.min() < 0.55 and 1.45 < contrast.max() <= 1.5
    saturation = (new_hue / hue) / contrast[:, :1, :1, None]
    np.testing.assert_allclose(saturation, saturation[:, :1, :1, :1] + 0 * hue, rtol=1e-6)
    assert 0 <= saturation.min() < 0.05 and 1.95 < saturation.max() <= 2


def test_grey_images_have_no_saturation():
    one = images(shape=(9, 12, 1))
    three = jnp.broadcast_to(one, (*one.shape[:3], 3))
    np.testing.assert_allclose(colour(KEY, three)[..., :1], colour(KEY, one), atol=1e-14)


def test_black_is_where_the_rows_have_it():
    unit = images()
    expected = 2 * augment(KEY, unit, list(STEPS)) - 1
    np.testing.assert_allclose(
        augment(KEY, 2 * unit - 1, list(STEPS), black=-1.0), expected, atol=1e-12
    )


@pytest.mark.parametrize("name", STEPS)
def test_gradient_is_that_of_differences(name):
    rows = images(3)
    weights = jnp.asarray(np.random.default_rng(1).normal(size=rows.shape))
    change = jnp.asarray(np.random.default_rng(2).normal(size=rows.shape))

    def value(rows):
        return jnp.vdot(weights, augment(KEY, rows, [name]))

    got = jnp.vdot(jax.grad(value)(rows), change)
    expected = (value(rows + 1e-3 * change) - value(rows - 1e-3 * change)) / 2e-3
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_points_and_codes_cannot_be_augmented():
    ga_fntk, ga_cntkg = METHODS["gantk"].lookup("ga-fntk"), METHODS["gantk"].lookup("ga-cntkg")
    settings = parse(ga_fntk.settings, {"augment": ["cutout"]}, "settings")
    with pytest.raises(InputError, match="points cannot be augmented"):
        ga_fntk.check(settings, (2,), 8)
    with pytest.raises(InputError, match="leave augment out"):
        parse(ga_cntkg.settings, {"augment": ["cutout"], "space": "code"}, "settings")
