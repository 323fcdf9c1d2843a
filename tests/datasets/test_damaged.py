"""Damaged files: the loader of every dataset reports each damage in one sentence."""

import gzip
import pickle
import struct

import numpy as np
import pytest
from PIL import Image

from suite.protocol.artefacts import Subset, Trajectory, load_samples, save_samples
from suite.running.errors import InputError
from tests.datasets.drawn import rows, save_images

RNG = np.random.default_rng(1)
IMAGES = RNG.integers(0, 256, (12, 28, 28), dtype=np.uint8)


def idx(array):
    head = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def mnist(folder, suffix=""):
    labels = np.arange(12, dtype=np.uint8) % 10
    for part in ("train", "t10k"):
        for name, array in (("images-idx3", IMAGES), ("labels-idx1", labels)):
            content = idx(array)
            file = folder / f"{part}-{name}-ubyte{suffix}"
            file.write_bytes(gzip.compress(content) if suffix else content)
    return folder / f"train-images-idx3-ubyte{suffix}", lambda: rows(
        "mnist", source="folder", path=folder
    )


def cifar(folder, binary):
    pixels = RNG.integers(0, 256, (9, 3072), dtype=np.uint8)
    labels = list(range(9))
    for name in [f"data_batch_{i}" for i in range(1, 6)]:
        if binary:
            content = np.insert(pixels, 0, labels, axis=1).tobytes()
            (folder / f"{name}.bin").write_bytes(content)
        else:
            (folder / name).write_bytes(pickle.dumps({b"data": pixels, b"labels": labels}, 2))
    path = folder / f"data_batch_2{'.bin' if binary else ''}"
    return path, lambda: rows("cifar10", source="folder", path=folder)


def celeba(folder):
    names = [f"{i:06d}.jpg" for i in range(1, 6)]
    save_images(folder / "img_align_celeba", 6, 218, 178, suffix="jpg")
    lines = ["5", "Male Straight_Hair", *(f"{name}  1  1" for name in names)]
    (folder / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    return folder / "list_attr_celeba.txt", lambda: rows("celeba", path=folder)


def imagenet(folder):
    save_images(folder / "train" / "n11939491", 3, 40, 40, suffix="JPEG")
    path = folder / "train" / "n11939491" / "000001.JPEG"
    return path, lambda: rows("imagenet", path=folder)


def picture(folder, suffix):
    save_images(folder, 2, 16, 16, suffix=suffix)
    return folder / f"000001.{suffix}", lambda: rows("folder", path=folder, size=8)


def subset(folder):
    path = folder / "subset.npz"
    Subset(IMAGES[..., None], np.zeros(12, int), np.arange(12), "mnist", "train", 0).save(path)
    return path, lambda: Subset.load(path)


def samples(folder):
    save_samples(folder / "samples.npz", IMAGES[..., None])
    return folder / "samples.npz", lambda: load_samples(folder / "samples.npz")


def trajectory(folder):
    path = folder / "trajectory.npz"
    Trajectory(IMAGES[None, ..., None], np.zeros(1, int)).save(path)
    return path, lambda: Trajectory.load(path)


LOADERS = {
    "idx": mnist,
    "idx.gz": lambda folder: mnist(folder, ".gz"),
    "cifar pickle": lambda folder: cifar(folder, False),
    "cifar binary": lambda folder: cifar(folder, True),
    "celeba list": celeba,
    "imagenet": imagenet,
    **{suffix: lambda folder, s=suffix: picture(folder, s) for suffix in ("png", "gif", "webp")},
    **{suffix: lambda folder, s=suffix: picture(folder, s) for suffix in ("bmp", "tif", "ppm")},
    "subset": subset,
    "samples": samples,
    "trajectory": trajectory,
}


def damages(whole):
    """The file truncated, emptied, replaced, extended, and with changed bytes."""
    for length in (0, 1, 3, 6, 9, len(whole) // 2, len(whole) - 1):
        yield whole[:length]
    yield from (b"<html>404</html>", bytes(200), whole + b"rubbish", RNG.bytes(300))
    yield whole[:10] + RNG.bytes(len(whole) - 10)
    yield whole[:4] + b"\x80\0\0\0" * 3 + whole[16:]
    for place in range(0, min(len(whole), 120), 3):
        yield whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
    for place in RNG.integers(0, len(whole), 20):
        yield whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]


@pytest.mark.filterwarnings("ignore")  # from Pillow, about files that it reads nevertheless
@pytest.mark.parametrize("kind", LOADERS)
def test_a_damaged_file_is_one_sentence_that_names_it(tmp_path, kind):
    path, load = LOADERS[kind](tmp_path)
    whole = path.read_bytes()
    load()
    refused = 0
    for damaged in damages(whole):
        path.write_bytes(damaged)
        try:
            load()  # the changed file may still be a picture with other pixels
        except InputError as error:
            assert str(tmp_path) in str(error) and "\n" not in str(error)
            refused += 1
    assert refused >= 8


@pytest.mark.parametrize(
    "batch",
    [
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [[1], [1, 2]]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": {1: 2}},
        {b"data": [1, 2], b"labels": [1, 2]},
        {b"\xff": 1},
        [1, 2],
    ],
)
def test_a_pickle_of_something_else_is_one_sentence(tmp_path, batch):
    path, load = cifar(tmp_path, False)
    path.write_bytes(pickle.dumps(batch, 2))
    with pytest.raises(InputError, match="download it again"):
        load()


def test_a_file_number_in_other_digits_is_no_number(tmp_path):
    path, load = celeba(tmp_path)
    path.write_text(path.read_text().replace("000002", "²"))
    with pytest.raises(InputError, match="must have a file NUMBER"):
        load()


def test_a_picture_larger_than_memory_is_one_sentence(tmp_path):
    Image.new("1", (16, 16)).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[:16] + struct.pack(">II", 2**31 - 1, 9) + whole[24:])
    with pytest.raises(InputError, match=r"a\.png: "):
        rows("folder", path=tmp_path)
