"""CIFAR-10 from its Python and binary batches."""

import pickle
import struct

import numpy as np
import pytest

from datasets.cifar import PIXELS
from datasets.sources.cifar10 import CLASSES
from suite.running.errors import InputError
from tests.datasets.drawn import RNG, rows


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


def test_classes_are_numbered_in_the_order_of_the_alphabet():
    assert list(CLASSES) == sorted(CLASSES) and len(CLASSES) == 10


def python_2_pickle(row):
    """{"labels": [7], "data": row[None]} as written by Python 2, where text is bytes."""
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
        (pickle.dumps({b"data": np.zeros((2, 5), np.uint8), b"labels": [1, 2]}), "is not a batch"),
        (
            pickle.dumps({b"data": np.zeros((1, PIXELS), np.uint8), b"labels": [12]}),
            "is not a batch",
        ),
        (pickle.dumps([1, 2]), "is not a batch"),
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
