"""Datasets that torchvision downloads."""

from pathlib import Path

from suite.running.errors import InputError
from suite.running.files import held


def download(name: str, path: Path, remedy: str) -> None:
    """Let `torchvision.datasets.NAME` download its files into `path`, if they are missing.

    A lock admits one job at a time. torchvision writes to the final names, so another job could
    read an incomplete file.

    Raises:
        InputError: there is no network, or the folder cannot be written.
    """
    import torchvision.datasets

    try:
        with held(path / f".{name}.lock"):
            getattr(torchvision.datasets, name)(path, download=True)
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"{name} could not be downloaded into {path} ({error}): {remedy}"
        ) from error
