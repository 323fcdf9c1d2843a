"""Every dataset, read from files in its own on-disk format."""

import gzip
import pickle
import struct

import numpy as np
import pytest
from PIL import Image

from datasets.cifar import PIXELS
from datasets.source import draw
from datasets.sources.cifar10 import CLASSES
from suite.errors import InputError
from suite.registry import lookup, registered
from suite.settings import parse

RNG = np.random.default_rng(0)


def rows(name, split="train", n=None, seed=0, **settings):
    source = lookup("datasets.sources", name)
    return draw(source, parse(source.settings, settings, name), split, n, seed)


def noise(height, width, channels=3):
    return RNG.integers(0, 256, (height, width, channels), dtype=np.uint8).squeeze()


def save_images(folder, count, height, width, channels=3, suffix="png", first=0):
    folder.mkdir(parents=True, exist_ok=True)
    images = [noise(height, width, channels) for _ in range(count)]
    for i, image in enumerate(images, first):
        Image.fromarray(image).save(folder / f"{i:06d}.{suffix}")
    return images


# --- MNIST ---------------------------------------------------------------------------------


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


# --- CIFAR-10 ------------------------------------------------------------------------------


def cifar_batches(per_batch=20):
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        pixels = RNG.integers(0, 256, (per_batch, PIXELS), dtype=np.uint8)
        yield name, pixels, [int(i) % 10 for i in range(per_batch)]


def save_cifar(folder, form):
    folder = folder / f"cifar-10-batches-{form}"
    folder.mkdir(parents=True)
    saved = {}
    for name, pixels, labels in cifar_batches():
        saved[name] = pixels, np.array(labels)
        if form == "py":
            content = {b"batch_label": b"x", b"labels": labels, b"data": pixels}
            (folder / name).write_bytes(pickle.dumps(content, protocol=2))
        else:
            block = np.concatenate([np.array(labels, np.uint8)[:, None], pixels], axis=1)
            (folder / f"{name}.bin").write_bytes(block.tobytes())
    return folder, saved


@pytest.mark.parametrize("form", ["py", "bin"])
def test_cifar10_takes_the_horses_channels_last(tmp_path, form):
    folder, saved = save_cifar(tmp_path, form)
    horses = []
    for name in [f"data_batch_{i}" for i in range(1, 6)]:
        pixels, labels = saved[name]
        horses += [p.reshape(3, 32, 32).transpose(1, 2, 0) for p in pixels[labels == 7]]
    for path in (tmp_path, folder):
        subset = rows("cifar10", source="folder", path=path)
        np.testing.assert_array_equal(subset.data, horses)
        assert set(subset.labels) == {CLASSES.index("horse")}
    assert len(rows("cifar10", source="folder", path=tmp_path, category=None).data) == 100
    assert len(rows("cifar10", "heldout", source="folder", path=tmp_path).data) == 2


def python_2_pickle(row):
    """{"labels": [7], "data": row[None]} as Python 2 wrote it: text is bytes there."""
    build = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
    kind += b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    content = b"T" + struct.pack("<I", row.size) + row.tobytes()
    state = (
        b"(K\x01K\x01M" + struct.pack("<H", row.size) + b"\x86" + kind + b"\x89" + content + b"tb"
    )
    return b"\x80\x02}(U\x06labels](K\x07eU\x04data" + build + state + b"u."


def test_cifar10_reads_what_python_2_wrote(tmp_path):
    folder, saved = save_cifar(tmp_path, "py")
    row = saved["test_batch"][0][7]
    (folder / "test_batch").write_bytes(python_2_pickle(row))
    subset = rows("cifar10", "heldout", source="folder", path=tmp_path)
    np.testing.assert_array_equal(subset.data, row.reshape(1, 3, 32, 32).transpose(0, 2, 3, 1))


class Harmful:
    def __reduce__(self):
        return print, ("this must never run",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({b"data": Harmful(), b"labels": [1]}), "cannot be read safely"),
        (pickle.dumps({b"data": np.zeros((2, 5), np.uint8), b"labels": [1, 2]}), "no batch"),
        (pickle.dumps({b"data": np.zeros((1, PIXELS), np.uint8), b"labels": [12]}), "no batch"),
        (pickle.dumps([1, 2]), "holds no batch"),
        (pickle.dumps({b"labels": [1]})[:-5], "cannot be read safely"),
        (b"", "cannot be read safely"),
    ],
)
def test_a_bad_cifar_pickle_is_refused_and_runs_nothing(tmp_path, capsys, content, message):
    folder, _ = save_cifar(tmp_path, "py")
    (folder / "data_batch_3").write_bytes(content)
    with pytest.raises(InputError, match=rf"data_batch_3: .*{message}"):
        rows("cifar10", source="folder", path=tmp_path)
    assert "never run" not in capsys.readouterr().out


def test_a_truncated_binary_batch_is_named(tmp_path):
    folder, _ = save_cifar(tmp_path, "bin")
    path = folder / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"data_batch_2\.bin.*cut off"):
        rows("cifar10", source="folder", path=tmp_path)


# --- CelebA --------------------------------------------------------------------------------

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


def test_celeba_is_resized_by_area(tmp_path):
    save_celeba(tmp_path)
    first = rows("celeba", path=tmp_path).data[0].astype(float)
    original = np.asarray(decoded(tmp_path, 1)).astype(float)
    # The mean over area survives area averaging; point sampling of noise would not keep it.
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
        (lambda text: text.replace("6\n", "9\n", 1), "6 lines where its head says 9"),
        (lambda text: text.replace("000003.jpg  1", "000003.jpg  x"), "line 5 must have"),
        (lambda text: text.replace("000003.jpg  1", "000003.jpg"), "line 5 must have"),
        (lambda text: text.replace("000003.jpg", "third.jpg"), "'third.jpg' is not named"),
        (lambda text: "image_id,Male\n", "number of images"),
    ],
)
def test_a_bad_attribute_file_is_named(tmp_path, damage, message):
    save_celeba(tmp_path)
    path = tmp_path / "list_attr_celeba.txt"
    path.write_text(damage(path.read_text()))
    with pytest.raises(InputError, match=message):
        rows("celeba", path=tmp_path)


def test_a_corrupt_jpeg_is_named(tmp_path):
    save_celeba(tmp_path)
    path = tmp_path / "img_align_celeba" / "000003.jpg"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"000003\.jpg: damaged or no image"):
        rows("celeba", path=tmp_path)


# --- folders of images ---------------------------------------------------------------------


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
    assert rows("folder", path=tmp_path, size=8).data.shape == (3, 8, 8, 3)


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


# --- 2-D mixtures --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "modes", "variance"), [("ring8", 8, 0.002), ("grid25", 25, 5e-4)])
def test_mixtures_have_their_modes_and_variance(name, modes, variance):
    subset = rows(name)
    assert subset.data.dtype == np.float32 and set(subset.labels) == set(range(modes))
    counts = np.bincount(subset.labels)
    assert np.abs(counts / counts.mean() - 1).max() < 0.1
    centres = np.stack([subset.data[subset.labels == k].mean(axis=0) for k in range(modes)])
    spread = (subset.data - centres[subset.labels]).var(axis=0)
    np.testing.assert_allclose(spread, variance, rtol=0.03)
    if name == "ring8":
        np.testing.assert_allclose(np.linalg.norm(centres - 0.5, axis=1), 0.4, atol=3e-3)
        np.testing.assert_allclose(centres[2], (0.5, 0.9), atol=3e-3)
    else:
        steps = np.array([0.15, 0.325, 0.5, 0.675, 0.85])
        np.testing.assert_allclose(centres[:5, 1], steps, atol=3e-3)
        np.testing.assert_allclose(centres[::5, 0], steps, atol=3e-3)


def test_the_splits_of_a_mixture_share_no_point():
    train, heldout = rows("ring8").data, rows("ring8", "heldout").data
    assert not {p.tobytes() for p in train} & {p.tobytes() for p in heldout}


# --- all of them ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mnist", "ring8"])
def test_subsets_are_nested_by_n_and_differ_by_seed(name):
    small, large = rows(name, n=16), rows(name, n=64)
    np.testing.assert_array_equal(small.data, large.data[:16])
    assert small.digest != rows(name, n=16, seed=1).digest
    assert len(set(large.indices)) == 64


@pytest.mark.parametrize("n", [0, 4097])
def test_more_rows_than_there_are_is_refused(n):
    with pytest.raises(InputError, match="choose n from 1 to 4096"):
        rows("mnist", n=n)


WITH_FILES = [
    name
    for name, source in registered("datasets.sources").items()
    if "path" in source.settings.model_fields
]


@pytest.mark.parametrize("split", ["train", "heldout"])
@pytest.mark.parametrize("name", WITH_FILES)
def test_missing_files_are_one_sentence_with_the_path(name, split, tmp_path):
    values = {"path": tmp_path / "nowhere"}
    if "source" in lookup("datasets.sources", name).settings.model_fields:
        values["source"] = "folder"
    with pytest.raises(InputError, match="nowhere") as error:
        rows(name, split, **values)
    assert "\n" not in str(error.value)
