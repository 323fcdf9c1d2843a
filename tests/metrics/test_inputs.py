"""Images from folders and npz: read alike, or refused in one sentence."""

import numpy as np
import pytest
from PIL import Image

from metrics.inputs import read_rows
from suite.errors import InputError


def _pixels(channels: int = 1, count: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 6, 5, channels), dtype=np.uint8)


def _save(folder, images, mode=None):
    for i, image in enumerate(images):
        Image.fromarray(image.squeeze(), mode=mode).save(folder / f"{i:03d}.png")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_and_an_npz_give_the_same_rows(tmp_path, channels):
    images = _pixels(channels)
    folder = tmp_path / "folder"
    folder.mkdir()
    _save(folder, images)
    (folder / "notes.txt").write_text("no image")
    np.savez(tmp_path / "rows.npz", data=images)
    assert np.array_equal(read_rows(folder), images)
    assert np.array_equal(read_rows(tmp_path / "rows.npz"), images)


def test_opaque_alpha_palettes_and_bits_are_plain_images(tmp_path):
    colour = Image.fromarray(_pixels(3)[0])
    colour.convert("RGBA").save(tmp_path / "a.png")
    colour.convert("P").save(tmp_path / "b.png")
    rows = read_rows(tmp_path)
    assert rows.shape == (2, 6, 5, 3)
    assert np.array_equal(rows[0], _pixels(3)[0])
    bits = tmp_path / "bits"
    bits.mkdir()
    colour.convert("1").save(bits / "a.png")
    assert set(np.unique(read_rows(bits))) <= {0, 255}


def _empty(folder):
    pass


def _sizes(folder):
    Image.new("L", (5, 6)).save(folder / "a.png")
    Image.new("L", (5, 7)).save(folder / "b.png")


def _colours(folder):
    Image.new("L", (5, 6)).save(folder / "a.png")
    Image.new("RGB", (5, 6)).save(folder / "b.png")


def _sixteen(folder):
    Image.fromarray(np.full((6, 5), 40_000, np.uint16)).save(folder / "a.png")


def _floats(folder):
    Image.fromarray(np.full((6, 5), 0.5, np.float32)).save(folder / "a.tiff")


def _transparent(folder):
    Image.new("LA", (5, 6), (9, 128)).save(folder / "a.png")


def _cmyk(folder):
    Image.new("CMYK", (5, 6)).save(folder / "a.jpg")


def _cut(folder):
    _save(folder, _pixels(3, 1))
    file = folder / "000.png"
    file.write_bytes(file.read_bytes()[:60])


def _text(folder):
    (folder / "a.png").write_text("no image")


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (_empty, "holds no image file"),
        (_sizes, "b.png is 5 x 7 grey but a.png is 5 x 6 grey"),
        (_colours, "b.png is 5 x 6 colour but a.png is 5 x 6 grey"),
        (_sixteen, "not 8-bit"),
        (_floats, "not 8-bit"),
        (_transparent, "transparent pixels"),
        (_cmyk, "mode CMYK"),
        (_cut, "not a readable image"),
        (_text, "not a readable image"),
    ],
)
def test_folders_that_are_refused(tmp_path, fill, message):
    fill(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        read_rows(tmp_path)
    assert "\n" not in str(caught.value)
