"""MNIST and its kind from IDX files, MNIST from the bundled subset."""

import gzip
import struct

import numpy as np
import pytest

from suite.running.errors import InputError
from tests.datasets.drawn import RNG, rows


def idx(array):
    return (
        b"\0\0\x08"
        + bytes([array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + bytes(array)
    )


def save_mnist(folder, zipped):
    images = RNG.integers(0, 256, (7, 28, 28), dtype=np.uint8)
    labels = np.arange(7, dtype=np.uint8) % 3
    for stem, array in (("images-idx3", images), ("labels-idx1", labels)):
        content = idx(array)
        path = folder / f"train-{stem}-ubyte{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(content) if zipped else content)
    return images, labels


@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_from_idx_files(tmp_path, zipped):
    images, labels = save_mnist(tmp_path, zipped)
    subset = rows("mnist", source="folder", path=tmp_path)
    np.testing.assert_array_equal(subset.data[..., 0], images)
    np.testing.assert_array_equal(subset.labels, labels)
    twos = rows("mnist", source="folder", path=tmp_path, digits=[2])
    np.testing.assert_array_equal(twos.data[..., 0], images[labels == 2])


def test_fashion_mnist_is_read_from_the_same_files(tmp_path):
    images, labels = save_mnist(tmp_path, True)
    subset = rows("fashion-mnist", source="folder", path=tmp_path, articles=["pullover", "trouser"])
    np.testing.assert_array_equal(subset.data[..., 0], images[labels > 0])


@pytest.mark.parametrize("zipped", [False, True])
def test_a_truncated_idx_file_is_named(tmp_path, zipped):
    save_mnist(tmp_path, zipped)
    path = tmp_path / f"train-images-idx3-ubyte{'.gz' if zipped else ''}"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte.*cut off"):
        rows("mnist", source="folder", path=tmp_path)


def test_bundled_mnist_has_both_splits_and_every_digit():
    for split, count in (("train", 4096), ("heldout", 1024)):
        subset = rows("mnist", split)
        assert subset.data.shape == (count, 28, 28, 1)
        assert set(subset.labels) == set(range(10))
