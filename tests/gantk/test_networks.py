"""The generators of Tables 3 to 5, layer by layer."""

import numpy as np
import pytest

from gantk.descent.generators import code_generator, image_generator


@pytest.mark.parametrize(
    ("shape", "dense", "start", "deconvs", "normalised", "output"),
    [
        ((28, 28, 1), [1024, 7 * 7 * 128], (7, 7, 128), [64, 1], 3, "sigmoid"),
        ((32, 32, 3), [2 * 2 * 448], (2, 2, 448), [256, 128, 64, 3], 2, "tanh"),
        ((64, 64, 3), [2 * 2 * 448], (2, 2, 448), [256, 128, 64, 32, 3], 2, "tanh"),
        ((256, 256, 3), [2 * 2 * 448], (2, 2, 448), [256, 128, 64, 32, 16, 8, 3], 2, "tanh"),
    ],
)
def test_generators_are_those_of_the_tables(shape, dense, start, deconvs, normalised, output):
    generator = image_generator(shape, 64)
    assert generator.output == output and generator.start == start
    side = start[0] * 2 ** len(deconvs)
    assert (side, side, deconvs[-1]) == shape
    expected = {}
    for i, (fan_in, width) in enumerate(zip([64, *dense], dense, strict=False)):
        expected |= {f"dense{i}/weight": (fan_in, width), f"dense{i}/bias": (width,)}
    for i, (fan_in, width) in enumerate(zip([start[2], *deconvs], deconvs, strict=False)):
        expected |= {f"deconv{i}/weight": (4, 4, fan_in, width), f"deconv{i}/bias": (width,)}
    for i, width in enumerate([*dense, *deconvs][:normalised]):
        expected |= {f"norm{i}/scale": (width,), f"norm{i}/shift": (width,)}
    assert generator.shapes() == expected


def test_weights_are_he_initialised():
    weights = code_generator(128, 64).initial(np.random.default_rng(0))
    assert weights["dense0/weight"].var() * 64 == pytest.approx(2, rel=0.02)
    assert weights["dense1/weight"].var() * 1024 == pytest.approx(2, rel=0.02)
    assert not weights["norm0/shift"].any() and (weights["norm0/scale"] == 1).all()
