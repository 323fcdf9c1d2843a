"""MNIST and its kind from IDX files, MNIST from the bundled subset."""

import gzip
import struct

import numpy as np
import pytest

from datasets.sources.fashion_mnist import ARTICLES
from datasets.sources.mnist import MNIST_SOURCE
from suite.running.errors import InputError
from tests.datasets.drawn import RNG, rows


def idx(array):
    return (
        b"\0\0\x08"
        + bytes([array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + bytes(array)
    )


def save_mnist(folder, zipped, part="train"):
    images = RNG.integers(0, 256, (7, 28, 28), dtype=np.uint8)
    labels = np.arange(7, dtype=np.uint8) % 3
    for stem, array in (("images-idx3", images), ("labels-idx1", labels)):
        content = idx(array)
        path = folder / f"{part}-{stem}-ubyte{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(content) if zipped else content)
    return images, labels


@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_from_idx_files(tmp_path, zipped):
    images, labels = save_mnist(tmp_path, zipped)
    subset = rows("mnist", source="folder", path=tmp_path)
    np.testing.assert_array_equal(subset.data[..., 0], images)
    np.testing.assert_array_equal(subset.labels, labels)
    heldout, _ = save_mnist(tmp_path, zipped, "t10k")
    subset = rows("mnist", "heldout", source="folder", path=tmp_path)
    np.testing.assert_array_equal(subset.data[..., 0], heldout)
    twos = rows("mnist", source="folder", path=tmp_path, digits=[2])
    np.testing.assert_array_equal(twos.data[..., 0], images[labels == 2])


def test_fashion_mnist_is_read_from_the_same_files(tmp_path):
    images, labels = save_mnist(tmp_path, True)
    subset = rows("fashion-mnist", source="folder", path=tmp_path, articles=["pullover", "trouser"])
    np.testing.assert_array_equal(subset.data[..., 0], images[labels > 0])


def test_articles_are_numbered_as_torchvision_has_them():
    from torchvision.datasets import FashionMNIST

    theirs = [name.lower().partition("/")[0].replace(" ", "-") for name in FashionMNIST.classes]
    assert list(ARTICLES) == theirs


def test_the_files_of_a_copy_are_named_and_the_bundled_one_has_none(tmp_path):
    for part in ("train", "t10k"):
        save_mnist(tmp_path, False, part)
    folder = MNIST_SOURCE.settings(source="folder", path=tmp_path)
    assert {path.name for path in MNIST_SOURCE.files(folder)} == {
        f"{part}-{stem}-ubyte"
        for part in ("train", "t10k")
        for stem in ("images-idx3", "labels-idx1")
    }
    assert MNIST_SOURCE.files(MNIST_SOURCE.settings()) == []
    assert MNIST_SOURCE.files(MNIST_SOURCE.settings(source="download")) is None


def test_files_that_are_too_long_or_do_not_belong_together_are_refused(tmp_path):
    save_mnist(tmp_path, False)
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InputError, match="8 bytes of data instead of 7"):
        rows("mnist", source="folder", path=tmp_path)
    path.write_bytes(idx(np.zeros(6, np.uint8)))
    with pytest.raises(InputError, match="do not match: download"):
        rows("mnist", source="folder", path=tmp_path)


def test_bundled_mnist_has_both_splits_and_every_digit():
    for split, count in (("train", 4096), ("heldout", 1024)):
        subset = rows("mnist", split)
        assert subset.data.shape == (count, 28, 28, 1)
        assert set(subset.labels) == set(range(10))
