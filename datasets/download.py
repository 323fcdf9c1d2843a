"""Datasets that torchvision downloads."""

from collections.abc import Callable
from pathlib import Path

from suite.running.errors import InputError
from suite.running.files import held


def download(dataset: Callable[..., object], path: Path, title: str, remedy: str) -> None:
    """Let a dataset class of torchvision download its files into `path`, if they are missing.

    A lock admits one job at a time. torchvision writes to the final names, so another job could
    read an incomplete file.

    Raises:
        InputError: there is no network, or the folder cannot be written.
    """
    try:
        with held(path / f".{title}.lock"):
            dataset(path, download=True)
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"{title} could not be downloaded into {path} ({error}): {remedy}"
        ) from error
