"""The IDX file format of MNIST and similar datasets."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from datasets.download import download
from suite.protocol.source import Split
from suite.running.errors import InputError, from_os

FILES: dict[Split, str] = {"train": "train", "heldout": "t10k"}


def read_idx(path: Path) -> np.ndarray:
    """A uint8 array from an IDX file, plain or gzipped; InputError if it is damaged."""
    try:
        content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: incomplete or damaged ({error}): download it again") from error
    except OSError as error:
        raise from_os(error) from error
    rank = content[3] if len(content) > 3 else 0
    start = 4 + 4 * rank
    if content[:3] != b"\0\0\x08" or not rank or len(content) < start:
        raise InputError(f"{path}: not an IDX file of bytes: download it again")
    shape = struct.unpack(f">{rank}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise InputError(
            f"{path}: has {len(content) - start} bytes of data instead of {math.prod(shape)}: the "
            "file is incomplete or damaged, download it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def split_files(path: Path, split: Split) -> list[Path]:
    """The files of the images and the labels; InputError if one is missing."""
    found = []
    for part in ("images-idx3", "labels-idx1"):
        stem = f"{FILES[split]}-{part}-ubyte"
        file = next((f for f in (path / stem, path / f"{stem}.gz") if f.exists()), None)
        if file is None:
            raise InputError(f"{path}: has neither {stem} nor {stem}.gz: put the files there")
        found.append(file)
    return found


def files_of(path: Path) -> list[Path]:
    """The files of both splits; InputError if one is missing."""
    return [file for split in FILES for file in split_files(path, split)]


def read_split(path: Path, split: Split, name: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, H, W, 1] and labels uint8 [N] of a split, from files with MNIST's names.

    name: of a dataset of torchvision that is downloaded into `path` first; "" for files in `path`.

    Raises:
        InputError: one of the two files is missing or damaged, or their sizes do not match; or the
            download fails.
    """
    if name:
        remedy = "put its four IDX files into a folder and set source to 'folder' and path to it"
        download(name, path, remedy)
        path = path / name / "raw"
    images, labels = (read_idx(file) for file in split_files(path, split))
    if images.ndim != 3 or 0 in images.shape or labels.shape != (len(images),):
        raise InputError(
            f"{path}: images of shape {list(images.shape)} and labels of shape "
            f"{list(labels.shape)} do not match: download them again"
        )
    return images[..., None], labels
