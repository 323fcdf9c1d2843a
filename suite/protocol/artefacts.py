"""The files that rooms give to each other: subsets, samples and trajectories."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from suite.running.digests import remedy
from suite.running.errors import InputError
from suite.running.files import read_arrays, write_arrays

PROTOCOL = 1
"""Raise it when code that is in no digest (`suite.running.content.LEFT_OUT`, command lines) changes
results. Everything is then made again. Tests with tiny runs fail if this is forgotten."""


def check_data(data: np.ndarray, where: str) -> np.ndarray:
    """Return `data`, if it is uint8 images [N, H, W, 1 or 3] or finite float32 points [N, 2].

    Raises:
        InputError: another dtype or shape, no rows, or infinite or NaN points.
    """
    shape = list(data.shape)
    if data.dtype == np.uint8 and data.ndim == 4 and data.shape[3] in (1, 3):
        pass
    elif data.dtype == np.float32 and data.ndim == 2 and data.shape[1] == 2:
        bad = int((~np.isfinite(data)).any(axis=1).sum())
        if bad:
            raise InputError(
                f"{where}: {bad} of {len(data)} points are NaN or infinite: remove them"
            )
    else:
        raise InputError(
            f"{where}: expected uint8 images [N, H, W, 1 or 3] or float32 points [N, 2], "
            f"not {data.dtype} {shape}: convert the array"
        )
    if 0 in data.shape:
        raise InputError(f"{where}: the array {shape} is empty: give at least one row")
    return data


def digest_of(data: np.ndarray) -> str:
    """sha256 of dtype, shape and bytes of an array.

    >>> digest_of(np.zeros(4)) == digest_of(np.zeros((2, 2)))
    False
    """
    head = f"{data.dtype.str} {list(data.shape)}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(data).tobytes()).hexdigest()


ARRAYS = ("data", "labels", "indices", "dataset", "split", "seed", "digest")
NOTES = "notes"
"""Names of the arrays of a subset's file. `notes` is missing if nothing was converted."""


@dataclass(frozen=True)
class Subset:
    """Rows of a dataset.

    data: uint8 images [n, H, W, C], or float32 points [n, 2].
    labels: int64 [n], class of each row; -1 for none.
    indices: int64 [n], position of each row in the dataset.
    dataset, split, seed: origin of the rows; split is `train` or `heldout`.
    notes: how image files were converted (how many were transparent, on which background).
    """

    data: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    dataset: str
    split: str
    seed: int
    notes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """sha256 of the data."""
        return digest_of(self.data)

    def save(self, path: Path) -> None:
        """Write the subset as npz."""
        arrays = {name: np.array(getattr(self, name)) for name in ARRAYS}
        notes = {NOTES: np.array(json.dumps(self.notes))} if self.notes else {}
        write_arrays(path, arrays | notes)

    @staticmethod
    def load(path: Path) -> "Subset":
        """Read a subset; InputError if the file is damaged or does not match its digest."""
        arrays = read_arrays(path, *ARRAYS)
        data = check_data(arrays["data"], f"{path}: data")
        for name in ("labels", "indices"):
            found = arrays[name]
            if found.shape != (len(data),) or found.dtype.kind not in "iu":
                raise InputError(
                    f"{path}: {name} must be {len(data)} whole numbers, not {found.dtype} of shape "
                    f"{list(found.shape)}: {remedy(path)}"
                )
        try:
            origin = str(arrays["dataset"]), str(arrays["split"]), int(arrays["seed"])
            notes = json.loads(str(arrays[NOTES])) if NOTES in arrays else {}
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}: damaged ({error}): {remedy(path)}") from error
        subset = Subset(data, arrays["labels"], arrays["indices"], *origin, notes)
        if subset.digest != str(arrays["digest"]):
            raise InputError(f"{path}: the data do not match their digest: {remedy(path)}")
        return subset


@dataclass(frozen=True)
class Trajectory:
    """Snapshots of a run.

    data: [T, m, ...], m samples at T iterations, as in `Subset.data`.
    iterations: int64 [T], strictly increasing; 0 is the start.
    """

    data: np.ndarray
    iterations: np.ndarray

    def save(self, path: Path) -> None:
        """Write the trajectory as npz."""
        write_arrays(path, {"data": self.data, "iterations": self.iterations})

    @staticmethod
    def load(path: Path) -> "Trajectory":
        """Read a trajectory; InputError if it is damaged or has no snapshot."""
        arrays = read_arrays(path, "data", "iterations")
        data, iterations = arrays["data"], arrays["iterations"]
        if data.ndim < 3 or len(data) != len(iterations) or not len(data):
            raise InputError(
                f"{path}: expected snapshots [T, m, ...] and T iterations, not "
                f"{list(data.shape)} and {list(iterations.shape)}: {remedy(path)}"
            )
        return Trajectory(data, iterations)


def save_samples(path: Path, samples: np.ndarray) -> None:
    """Write generated rows as npz (array `data`)."""
    write_arrays(path, {"data": check_data(samples, str(path))})


def load_samples(path: Path) -> np.ndarray:
    """Read generated rows: the array `data` of an npz, or its only array."""
    arrays: dict[str, Any] = read_arrays(path)
    if "data" in arrays:
        return check_data(arrays["data"], f"{path}: data")
    if len(arrays) != 1:
        raise InputError(
            f"{path}: none of its arrays ({', '.join(arrays) or 'it has none'}) is called 'data': "
            "save the images under this name"
        )
    name, data = next(iter(arrays.items()))
    return check_data(data, f"{path}: {name}")
