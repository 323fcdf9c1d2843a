"""The options that the commands of this room share, and how they are read."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from metrics.features import Features
from suite.protocol.artefacts import PROTOCOL
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.running.content import source_of
from suite.running.errors import InputError
from suite.running.provenance import git_commit, package_versions

Parts = Annotated[list[Path], typer.Argument(help="folders of the parts of one run")]
Out = Annotated[Path, typer.Option(help="file to write")]
Train = Annotated[Path | None, typer.Option(help="the training subset")]
Heldout = Annotated[Path | None, typer.Option(help="held-out rows")]
Class = Annotated[Path | None, typer.Option("--class", help="the whole training split")]
Metrics = Annotated[
    str | None,
    typer.Option(help="names of metrics, separated by commas; default: all that the sets allow"),
]
Seed = Annotated[int, typer.Option(help="evaluation seed", min=0)]
Cache = Annotated[Path | None, typer.Option(help="folder to cache features in; default: none")]
Weights = Annotated[
    Path | None,
    typer.Option(help="weights of the FID Inception network (.pth or .pt); default: fetched once"),
]


def feature_store(folder: Path | None, weights: Path | None) -> Features:
    """The cache of features in `folder`. weights: file of the Inception network's weights."""
    return Features(folder, {"inception": weights} if weights else {})


def prepare(out: Path, suffix: str = "") -> None:
    """Check before the work that its result can be written to `out`, and make its folder.

    suffix: the suffix that the file must have; "" for any.

    Raises:
        InputError: the suffix is another, `out` is a folder, or its folder cannot be written.
    """
    if out.is_dir():
        raise InputError(f"{out}: is a folder, but a file is needed: give the name of a file")
    if suffix and out.suffix.lower() != suffix:
        kind = suffix.removeprefix(".").upper()
        raise InputError(f"{out}: the output is a {kind} file: give a name that ends in {suffix}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out.parent).close()
    except OSError as error:
        raise InputError(
            f"{out}: the folder cannot be written ({error.strerror}): choose another"
        ) from error


def provenance_of(module: str, names: list[str], features: Features) -> dict[str, Any]:
    """Packages, commit, digests of the code, weights and arithmetic behind the metrics `names`.

    module: the module that computed them.
    """
    own = [METRICS.module_of(name) for name in names]
    own += [EXTRACTORS.module_of(name) for name in features.weights]
    return {
        "packages": package_versions(),
        "commit": git_commit(),
        "protocol": PROTOCOL,
        "source": source_of(module, *own),
        "weights": {
            name: {"source": weights.source, "sha256": weights.sha256}
            for name, weights in features.weights.items()
            if weights is not None
        },
        "arithmetic": dict(features.arithmetic),
    }
