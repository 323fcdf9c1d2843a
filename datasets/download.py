"""Datasets that torchvision downloads."""

from collections.abc import Callable
from pathlib import Path

from suite.running.errors import InputError
from suite.running.files import held


def download(dataset: Callable[..., object], path: Path, title: str, remedy: str) -> None:
    """Let a dataset class of torchvision download its files into `path`, unless they are there.

    A lock admits one job at a time, since torchvision writes under the final names, and another job
    would take a file that is half written for a whole one.

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
