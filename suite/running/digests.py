"""Digests of artefacts. They are written with each file and compared when it is read.

The digest of `samples.npz` is in `.samples.npz.sha256` beside it, in the format of sha256sum:
`sha256sum -c .*.sha256` checks a folder too.
"""

import hashlib
from pathlib import Path

from suite.running import paths
from suite.running.errors import InputError


def digest_file(path: Path) -> Path:
    """The file with the digest of an artefact."""
    return path.with_name(f".{path.name}.sha256")


def artefact_of(digest: Path) -> Path:
    """The artefact that a digest file belongs to.

    >>> artefact_of(digest_file(Path("part0/samples.npz"))).as_posix()
    'part0/samples.npz'
    """
    return digest.with_name(digest.name[1:].removesuffix(".sha256"))


def sha256_of(path: Path) -> str:
    """sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def recorded(path: Path) -> str | None:
    """The recorded digest of an artefact; None if there is none."""
    try:
        return digest_file(path).read_text(encoding="utf-8").partition(" ")[0]
    except FileNotFoundError:
        return None


def altered(path: Path) -> bool:
    """Whether an existing file differs from its recorded digest."""
    digest = recorded(path)
    return digest is not None and sha256_of(path) != digest


def check(path: Path) -> None:
    """Compare an artefact with its recorded digest, if there is one.

    Raises:
        InputError: the content differs.
    """
    if path.is_file() and altered(path):
        own = f"; if you changed it on purpose, delete {digest_file(path)}"
        raise InputError(
            f"{path}: has changed since it was written (its sha256 differs): {remedy(path)}"
            + ("" if of_workflow(path) else own)
        )


def of_workflow(path: Path) -> Path | None:
    """The folder results/NAME of a file; None for a file elsewhere."""
    scope = paths.CONFIG.format(scope="all")
    return next((folder for folder in path.parents if (folder / scope).exists()), None)


def remedy(path: Path) -> str:
    """How to make a damaged or missing artefact again, as the end of a sentence."""
    results = of_workflow(path)
    if results is None:
        return "delete it and make it again"
    return f"run `python -m suite verify {results} --mend`, then the workflow again"
