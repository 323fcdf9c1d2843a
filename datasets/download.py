"""Datasets that torchvision downloads."""

from collections.abc import Callable
from pathlib import Path

from suite.running.errors import InputError
from suite.running.files import held


def download(dataset: Callable[..., object], path: Path, title: str, remedy: str) -> None:
    """Let a class of torchvision's fetch its files into `path`, unless they are there.

    One job at a time: it writes under the final names, which another would take for whole files.

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
