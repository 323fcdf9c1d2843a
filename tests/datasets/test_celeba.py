"""CelebA from its images and attribute file."""

import numpy as np
import pytest
from PIL import Image

from datasets.sources.celeba import _belongs
from suite.running.errors import InputError
from tests.datasets.drawn import noise, rows

NAMES = ["Male", "Smiling", "Straight_Hair"]


def save_celeba(folder):
    """Images 1 to 4 (train), 170000 (validation) and 190000 (test); all but 2 are selected."""
    lines = []
    images = {}
    (folder / "img_align_celeba").mkdir()
    for number in (1, 2, 3, 4, 170000, 190000):
        image = images[number] = noise(218, 178)
        Image.fromarray(image).save(folder / "img_align_celeba" / f"{number:06d}.jpg", quality=95)
        lines.append(f"{number:06d}.jpg  1 -1 {' 1' if number != 2 else '-1'}")
    text = "\n".join([str(len(lines)), " ".join(NAMES), *lines])
    (folder / "list_attr_celeba.txt").write_text(text + "\n")
    return images


def decoded(folder, number):
    return Image.open(folder / "img_align_celeba" / f"{number:06d}.jpg").convert("RGB")


def test_celeba_selects_by_attribute_and_partition(tmp_path):
    save_celeba(tmp_path)
    train = rows("celeba", path=tmp_path)
    assert train.data.shape == (3, 64, 64, 3)
    assert len(rows("celeba", "heldout", path=tmp_path).data) == 1
    assert len(rows("celeba", path=tmp_path, attributes=["Male"]).data) == 4
    with pytest.raises(InputError, match="no image of split 'train' has Smiling"):
        rows("celeba", path=tmp_path, attributes=["Smiling"])


def test_the_partitions_end_where_their_authors_say():
    """list_eval_partition.txt: 0 up to 162770, 1 up to 182637, 2 from 182638 on."""
    kinds = {162770: (True, False), 162771: (False, False), 182637: (False, False)}
    for number, kind in {**kinds, 182638: (False, True)}.items():
        assert tuple(_belongs(f"{number}.jpg", split) for split in ("train", "heldout")) == kind


def test_celeba_is_resized_by_area(tmp_path):
    save_celeba(tmp_path)
    first = rows("celeba", path=tmp_path).data[0].astype(float)
    original = np.asarray(decoded(tmp_path, 1)).astype(float)
    # Area averaging keeps the mean. Point sampling of noise would not.
    assert np.abs(first.mean(axis=(0, 1)) - original.mean(axis=(0, 1))).max() < 0.6
    assert first.std() < 0.6 * original.std()


def test_celeba_crop_takes_the_centre(tmp_path):
    save_celeba(tmp_path)
    cropped = rows("celeba", path=tmp_path, crop=128, size=128).data[0]
    expected = np.asarray(decoded(tmp_path, 1))[45 : 45 + 128, 25 : 25 + 128]
    np.testing.assert_array_equal(cropped, expected)


def test_only_chosen_images_are_read(tmp_path):
    save_celeba(tmp_path)
    chosen = rows("celeba", path=tmp_path, n=1).indices[0]
    for position, number in enumerate((1, 3, 4)):
        if position != chosen:
            (tmp_path / "img_align_celeba" / f"{number:06d}.jpg").unlink()
    assert len(rows("celeba", path=tmp_path, n=1).data) == 1
    with pytest.raises(InputError, match="no such file"):
        rows("celeba", path=tmp_path, n=2)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("Male", "Man"), "unknown attribute 'Male'"),
        (lambda text: text.replace("6\n", "9\n", 1), "must have the number of images"),
        (lambda text: text.replace("000003.jpg  1", "000003.jpg  x"), "line 5 must have"),
        (lambda text: text.replace("000003.jpg  1", "000003.jpg"), "line 5 must have"),
        (lambda text: text.replace("000003.jpg", "third.jpg"), "line 5 must have a file NUMBER"),
        (lambda text: "image_id,Male\n", "number of images"),
    ],
)
def test_a_bad_attribute_file_is_named(tmp_path, damage, message):
    save_celeba(tmp_path)
    path = tmp_path / "list_attr_celeba.txt"
    path.write_text(damage(path.read_text()))
    with pytest.raises(InputError, match=message):
        rows("celeba", path=tmp_path)
