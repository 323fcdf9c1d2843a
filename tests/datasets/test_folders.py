"""Folders of images: the user's own, ImageNet, CelebA-HQ."""

import numpy as np
import pytest
from PIL import Image

from datasets.sources.folder import FOLDER
from suite.protocol.artefacts import Subset
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
        InputError, match=r"000005\.png: has 12 x 9 pixels, but 000000\.png 12 x 12"
    ):
        rows("folder", path=tmp_path)
    with pytest.raises(InputError, match="set `size`"):  # whichever row is drawn
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


def test_transparent_pixels_show_the_background_and_the_subset_says_so(tmp_path, capsys):
    pixels = np.full((8, 8, 4), (200, 0, 0, 255), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "opaque.png")
    whole = rows("folder", path=tmp_path)
    assert not whole.notes and capsys.readouterr().err == ""
    whole.save(tmp_path / "whole.npz")
    with np.load(tmp_path / "whole.npz") as archive:  # as it was before there were notes
        assert "notes" not in archive.files
    pixels[0, 0, 3], pixels[1, 1, 3] = 0, 51
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    for background, shown, mixed in (("white", 255, 204), ("#0a0a0a", 10, 8)):
        found = rows("folder", path=tmp_path, background=background)
        assert found.data[0, 0, 0].tolist() == [shown] * 3
        assert found.data[0, 1, 1].tolist() == [int(40 + shown * 0.8), mixed, mixed]
        assert found.notes == {"transparent": 1, "background": background}
        found.save(tmp_path / "subset.npz")
        assert Subset.load(tmp_path / "subset.npz").notes == found.notes
        assert f"1 transparent, shown on {background}, of 2 pictures" in capsys.readouterr().err


def test_sixteen_bits_keep_the_upper_eight(tmp_path, capsys):
    deep = np.random.default_rng(0).integers(0, 65536, (8, 8)).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    Image.fromarray(deep).save(tmp_path / "deep.tif")
    found = rows("folder", path=tmp_path, channels=1)
    assert (found.data[..., 0] == deep >> 8).all()
    assert found.notes == {"deep": 2} and "reduced to their upper 8" in capsys.readouterr().err


def test_pictures_of_subfolders_are_taken_when_asked(tmp_path):
    first = save_images(tmp_path / "cats", 3, 8, 8)
    second = save_images(tmp_path / "dogs" / "small", 2, 8, 8)
    save_images(tmp_path / ".thumbnails", 2, 8, 8)
    with pytest.raises(
        InputError, match=r"its 5 images are in subfolders \(cats, dogs\): name one"
    ):
        rows("folder", path=tmp_path)
    found = rows("folder", path=tmp_path, subfolders=True)
    np.testing.assert_array_equal(found.data, first + second)
    (tmp_path / "cats" / "back").symlink_to(tmp_path)  # a circle
    assert len(rows("folder", path=tmp_path, subfolders=True).data) == 5


def test_files_that_are_left_out_are_not_read(tmp_path):
    images = save_images(tmp_path, 4, 8, 8)
    (tmp_path / "000002.png").write_text("no image")
    left = rows("folder", path=tmp_path, leave_out=["000002.png"]).data
    np.testing.assert_array_equal(left, [images[0], images[1], images[3]])
    with pytest.raises(InputError, match="leave_out: has no image 'a"):
        rows("folder", path=tmp_path, leave_out=["a.png"])
    with pytest.raises(InputError, match="leave_out: names all 4 images"):
        rows("folder", path=tmp_path, leave_out=[f"{i:06}.png" for i in range(4)])


def test_the_training_folder_under_another_name_holds_nothing_out(tmp_path):
    save_images(tmp_path / "a", 3, 8, 8)
    save_images(tmp_path / "a" / "inside", 3, 8, 8)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for other in ("a", "link", "a/../link"):
        with pytest.raises(InputError, match="is the folder of training images"):
            rows("folder", path=tmp_path / "a", heldout_path=tmp_path / other)
    inside = {"path": tmp_path / "a", "heldout_path": tmp_path / "a" / "inside"}
    assert len(rows("folder", "heldout", **inside).data) == 3
    with pytest.raises(InputError, match="overlaps the folder"):
        rows("folder", subfolders=True, **inside)


def test_an_empty_folder_and_a_text_file_called_png_are_named(tmp_path):
    with pytest.raises(InputError, match="contains no image"):
        rows("folder", path=tmp_path)
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(InputError, match=r"a\.png: damaged or not an image"):
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
