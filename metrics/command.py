"""What the commands of this room share: their options, and how they are read."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from metrics.evaluate import Reference, References, applicable, suited
from metrics.features import Features
from suite.protocol.artefacts import Subset
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.running.errors import InputError
from suite.running.lease import lease
from suite.running.provenance import git_commit, package_versions, source_digest

Parts = Annotated[list[Path], typer.Argument(help="folders that the parts of one run left")]
Out = Annotated[Path, typer.Option(help="file to write")]
Train = Annotated[Path | None, typer.Option(help="the training subset")]
Heldout = Annotated[Path | None, typer.Option(help="held-out rows")]
Class = Annotated[Path | None, typer.Option("--class", help="all rows of the class")]
Metrics = Annotated[
    str | None, typer.Option(help="metrics, with commas; default: all that the sets allow")
]
Seed = Annotated[int, typer.Option(help="evaluation seed", min=0)]
Cache = Annotated[Path | None, typer.Option(help="folder that keeps features; default: none")]
Weights = Annotated[
    Path | None,
    typer.Option(help="FID Inception weights (.pth or .pt); default: cached or fetched"),
]


def feature_store(folder: Path | None, weights: Path | None) -> Features:
    """Features kept in `folder`, by weights of the user's where given."""
    return Features(folder, {"inception": weights} if weights else {})


def names_of(metrics: str | None, rows: np.ndarray, references: References) -> list[str]:
    """The metrics that the user named, each once, or all that apply."""
    if metrics is None:
        return applicable(rows, references)
    names = list(dict.fromkeys(metrics.replace(",", " ").split()))
    if not names:
        raise InputError("--metrics names no metric: give names with commas, or leave it out")
    return names


def planned_names(metrics: str | None, rows: np.ndarray, references: References) -> list[str]:
    """Like `names_of`, but from a list that serves other datasets too."""
    names = names_of(metrics, rows, references)
    return names if metrics is None else suited(names, rows)


def references_of(**paths: Path | None) -> dict[str, Reference]:
    """The reference sets given; InputError if there is none."""
    references = {n: Reference.of(Subset.load(path)) for n, path in paths.items() if path}
    if not references:
        raise InputError("no reference set is given: give --train, --heldout or --class")
    return references


def leased(names: list[str] | None) -> AbstractContextManager[object]:
    """A GPU for as long as the metrics are computed (None: any), if one of them embeds on one."""
    used = METRICS.entries if names is None else names
    extractors = {METRICS.lookup(name).extractor for name in used}
    embeds = any(EXTRACTORS.lookup(name).arithmetic for name in extractors if name)
    return lease("torch") if embeds else nullcontext()


def prepare(out: Path) -> None:
    """Find out before the work that its result cannot be written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{out}: the folder cannot be made ({error.strerror}): choose another"
        ) from error
    if not os.access(out.parent, os.W_OK):
        raise InputError(f"{out}: the folder is not writable: choose another")


def provenance_of(names: list[str], features: Features) -> dict[str, Any]:
    """Packages, commit, digest of the source, weights and arithmetic behind the metrics `names`."""
    modules = [METRICS.module_of(name) for name in names]
    modules += [EXTRACTORS.module_of(name) for name in features.used()]
    return {
        "packages": package_versions(),
        "commit": git_commit(),
        "source": source_digest("metrics.__main__", *modules),
        "weights": features.provenance(),
        "arithmetic": features.arithmetic(),
    }
