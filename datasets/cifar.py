"""The two file formats of CIFAR-10."""

import codecs
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from suite.running.errors import InputError, from_os

EDGE, CHANNELS = 32, 3
PIXELS = EDGE * EDGE * CHANNELS
# Pickled NumPy arrays call this function, which has a private name in NumPy.
REBUILD = np.empty(0).__reduce__()[0]
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): REBUILD,
    ("numpy._core.multiarray", "_reconstruct"): REBUILD,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): codecs.encode,
}


class _Arrays(pickle.Unpickler):
    """An unpickler of plain values and NumPy arrays that refuses all other calls."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it calls {module}.{name}")
        return ALLOWED[module, name]


def _checked(pixels: Any, labels: Any, path: Path) -> tuple[np.ndarray, np.ndarray]:
    fits = (
        isinstance(pixels, np.ndarray)
        and isinstance(labels, list)
        and pixels.dtype == np.uint8
        and pixels.shape == (len(labels), PIXELS)
        and len(labels) > 0
        and all(isinstance(label, int) and label in range(10) for label in labels)
    )
    if not fits:
        raise InputError(
            f"{path}: is not a batch of CIFAR-10 (rows of {PIXELS} bytes, labels from 0 to 9): "
            "download it again"
        )
    images = pixels.reshape(-1, CHANNELS, EDGE, EDGE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(labels, np.int64)


def read_pickled(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 32, 32, 3] and labels int64 [N] of a batch of cifar-10-batches-py."""
    try:
        with open(path, "rb") as file:
            batch = _Arrays(file, encoding="bytes").load()
    except OSError as error:
        raise from_os(error) from error
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise InputError(f"{path}: cannot be read safely ({error}): download it again") from error
    batch = batch if isinstance(batch, dict) else {}
    # The keys in pickles of Python 2 are bytes.
    pixels, labels = (batch.get(key, batch.get(key.encode())) for key in ("data", "labels"))
    return _checked(pixels, labels, path)


def read_binary(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 32, 32, 3] and labels int64 [N] of a batch of cifar-10-batches-bin."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise from_os(error) from error
    if content.size % (PIXELS + 1):
        raise InputError(
            f"{path}: its {content.size} bytes are not a multiple of {PIXELS + 1}, the size of a "
            "row: the file is incomplete, download it again"
        )
    rows = content.reshape(-1, PIXELS + 1)
    return _checked(rows[:, 1:], rows[:, 0].tolist(), path)
