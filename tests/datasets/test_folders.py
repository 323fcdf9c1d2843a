"""Folders of images: the user's own, ImageNet, CelebA-HQ."""

import numpy as np
import pytest
from PIL import Image

from datasets.sources.folder import FOLDER
from suite.running.errors import InputError
from tests.datasets.drawn import rows, save_images


def test_folder_keeps_pixels_and_holds_every_tenth_out(tmp_path):
    images = save_images(tmp_path, 20, 12, 10)
    train, heldout = rows("folder", path=tmp_path), rows("folder", "heldout", path=tmp_path)
    np.testing.assert_array_equal(heldout.data, [images[9], images[19]])
    np.testing.assert_array_equal(train.data, images[:9] + images[10:19])


def test_folder_takes_held_out_images_from_their_own_folder(tmp_path):
    train = save_images(tmp_path / "a", 3, 12, 10)
    held = save_images(tmp_path / "b", 2, 12, 10)
    paths = {"path": tmp_path / "a", "heldout_path": tmp_path / "b"}
    np.testing.assert_array_equal(rows("folder", **paths).data, train)
    np.testing.assert_array_equal(rows("folder", "heldout", **paths).data, held)


def test_folder_crops_resizes_and_greys(tmp_path):
    images = save_images(tmp_path, 2, 16, 24)
    shaped = rows("folder", path=tmp_path, size=8, channels=3, crop=True).data[0]
    square = images[0][:, 4:20].astype(float)
    means = square.reshape(8, 2, 8, 2, 3).mean(axis=(1, 3))
    assert np.abs(shaped - means).max() <= 1.0  # rows, then columns: two roundings
    assert rows("folder", path=tmp_path, channels=1).data.shape == (2, 16, 24, 1)


def test_mixed_sizes_need_a_size(tmp_path):
    save_images(tmp_path, 2, 12, 12)
    save_images(tmp_path, 1, 9, 12, first=5)
    with pytest.raises(
        InputError, match=r"000005\.png: 12 x 9 pixels where 000000\.png has 12 x 12"
    ):
        rows("folder", path=tmp_path)
    with pytest.raises(InputError, match="set a size"):  # whichever row is drawn
        rows("folder", path=tmp_path, n=1)
    assert rows("folder", path=tmp_path, size=8).data.shape == (3, 8, 8, 3)


def test_mixed_sizes_with_one_shorter_edge_need_no_size_where_squares_are_cut(tmp_path):
    save_images(tmp_path, 1, 12, 15)
    save_images(tmp_path, 1, 20, 12, first=5)
    assert rows("folder", path=tmp_path, crop=True).data.shape == (2, 12, 12, 3)


def test_the_files_of_both_folders_are_named(tmp_path):
    save_images(tmp_path / "a", 2, 8, 8)
    save_images(tmp_path / "b", 1, 8, 8, first=7)
    settings = FOLDER.settings(path=tmp_path / "a", heldout_path=tmp_path / "b")
    named = {path.name for path in FOLDER.files(settings)}
    assert named == {"000000.png", "000001.png", "000007.png"}


def test_sixteen_bits_and_transparency_are_refused(tmp_path):
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(InputError, match=r"deep\.png: has more than 8 bits"):
        rows("folder", path=tmp_path)
    (tmp_path / "deep.png").unlink()
    pixels = np.full((8, 8, 4), 255, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    assert rows("folder", path=tmp_path).data.shape == (1, 8, 8, 3)
    pixels[0, 0, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    with pytest.raises(InputError, match=r"clear\.png: has transparent pixels"):
        rows("folder", path=tmp_path)


def test_an_empty_folder_and_a_text_file_called_png_are_named(tmp_path):
    with pytest.raises(InputError, match="holds no image"):
        rows("folder", path=tmp_path)
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(InputError, match=r"a\.png: damaged or no image"):
        rows("folder", path=tmp_path)


def test_fewer_than_ten_images_hold_none_out(tmp_path):
    save_images(tmp_path, 9, 8, 8)
    with pytest.raises(InputError, match="fewer than 10 images"):
        rows("folder", "heldout", path=tmp_path)


def test_copies_are_warned_of(tmp_path, capsys):
    save_images(tmp_path, 3, 8, 8)
    assert rows("folder", path=tmp_path, n=3) and capsys.readouterr().err == ""
    (tmp_path / "000007.png").write_bytes((tmp_path / "000000.png").read_bytes())
    rows("folder", path=tmp_path)
    assert "warning: folder (train): 1 of 4 rows are copies" in capsys.readouterr().err


def test_imagenet_reads_one_class_of_each_folder(tmp_path):
    save_images(tmp_path / "train" / "n11939491", 3, 150, 200, suffix="JPEG")
    save_images(tmp_path / "train" / "n00000001", 2, 90, 90, suffix="JPEG")
    save_images(tmp_path / "val" / "n11939491", 2, 130, 130, channels=1, suffix="JPEG")
    assert rows("imagenet", path=tmp_path).data.shape == (3, 128, 128, 3)
    assert rows("imagenet", "heldout", path=tmp_path).data.shape == (2, 128, 128, 3)
    whole = rows("imagenet", path=tmp_path, n=1).data
    assert (whole != rows("imagenet", path=tmp_path, n=1, crop=True).data).any()


def test_celeba_hq_holds_every_tenth_out(tmp_path):
    images = save_images(tmp_path, 11, 256, 256)
    np.testing.assert_array_equal(rows("celeba-hq", "heldout", path=tmp_path).data, [images[9]])
    assert rows("celeba-hq", path=tmp_path, size=64).data.shape == (10, 64, 64, 3)
