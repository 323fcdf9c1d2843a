"""Images from folders and npz files: the same result, or one sentence."""

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from metrics.inputs import read_rows, write_sheet
from suite.running.errors import InputError


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


def test_transparent_images_are_shown_on_the_background_and_counted(tmp_path, capsys):
    Image.new("RGBA", (5, 6), (9, 9, 9, 0)).save(tmp_path / "a.png")
    Image.new("RGB", (5, 6)).save(tmp_path / "b.png")
    assert read_rows(tmp_path, "#0a141e")[0, 0, 0].tolist() == [10, 20, 30]
    assert "1 of 2 images have transparent pixels, shown on #0a141e" in capsys.readouterr().err


def _empty(folder):
    pass


def _sizes(folder):
    Image.new("L", (5, 6)).save(folder / "a.png")
    Image.new("L", (5, 7)).save(folder / "b.png")


def _colours(folder):
    Image.new("L", (5, 6)).save(folder / "a.png")
    Image.new("RGB", (5, 6)).save(folder / "b.png")


def _floats(folder):
    Image.fromarray(np.full((6, 5), 0.5, np.float32)).save(folder / "a.tiff")


def _cut(folder):
    _save(folder, _pixels(3, 1))
    file = folder / "000.png"
    file.write_bytes(file.read_bytes()[:60])


def _text(folder):
    (folder / "a.png").write_text("no image")


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (_empty, "contains no image"),
        (_sizes, "b.png is 5 x 7 grey but a.png is 5 x 6 grey"),
        (_colours, "b.png is 5 x 6 colour but a.png is 5 x 6 grey"),
        (_floats, "32-bit pixels"),
        (_cut, "damaged or not an image"),
        (_text, "damaged or not an image"),
    ],
)
def test_folders_that_are_refused(tmp_path, fill, message):
    fill(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        read_rows(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_array_without_a_name_is_refused(tmp_path):
    np.save(tmp_path / "rows.npy", _pixels())
    with pytest.raises(InputError, match=r"give an \.npz"):
        read_rows(tmp_path / "rows.npy")


def test_pictures_that_are_stored_rotated_are_the_same_pictures(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (3, 9, 9, 1), dtype=np.uint8)
    for name, turns, orientation in (("plain", 0, 1), ("turned", 1, 6)):
        (tmp_path / name).mkdir()
        for i, image in enumerate(images):
            file = Image.fromarray(np.rot90(image[..., 0], turns))
            exif = Image.Exif()
            exif[0x0112] = orientation
            file.save(tmp_path / name / f"{i}.png", exif=exif)
    plain, turned = (read_rows(tmp_path / name) for name in ("plain", "turned"))
    assert np.array_equal(plain, images) and np.array_equal(turned, images)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 16, 21])
def test_a_sheet_gives_back_its_images(tmp_path, channels, count):
    images = _pixels(channels, count)
    write_sheet(tmp_path / "sheet.png", images)
    assert np.array_equal(read_rows(tmp_path / "sheet.png"), images)


@pytest.mark.parametrize("tile", [None, "5x", "0x6", "5x7"])
def test_a_picture_that_is_no_sheet_is_refused(tmp_path, tile):
    words = PngInfo()
    if tile is not None:
        words.add_text("tile", tile)
        words.add_text("images", "3")
    Image.new("L", (15, 6)).save(tmp_path / "one.png", pnginfo=words)
    with pytest.raises(InputError, match=r"one\.png: is no sheet: its text chunks"):
        read_rows(tmp_path / "one.png")
