"""Checks of a configuration before any job runs: the number and shape of its rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suite.planning.configuration import (
    MOST_HELD,
    Cell,
    Config,
    cells,
    method_entry,
    rows_of,
    settings_of,
)
from suite.protocol.metric import EXTRACTORS, METRICS, Metric
from suite.protocol.source import Rows
from suite.running.errors import InputError, within

READABLE = 2**24
"""Up to this many bytes, all files are read to find damaged ones: about a second."""
COMPARABLE = 2**28
"""Up to this many bytes, files with the same size are read to find equal ones."""


@dataclass(frozen=True)
class Present:
    """What a dataset contains.

    shape: shape of a row, [H, W, C] or (2,).
    train: number of rows of the training split.
    heldout: number of rows that are held out.
    labelled: whether every row has a label.
    shared: number of held-out rows that are equal to training rows, as far as they are compared.
    """

    shape: tuple[int, ...]
    train: int
    heldout: int
    labelled: bool
    shared: int


def look(config: Config, dataset: str) -> Present | None:
    """What a dataset contains; None if its files are not downloaded yet.

    Raises:
        InputError: files are missing or damaged, a split is empty, or `heldout` is too large.
    """
    kind, settings = config.kind(dataset), config.source(dataset)
    asked = config.datasets[dataset].heldout
    files = kind.files(settings)
    if files is None:
        return None
    train, heldout = kind.open(settings, "train"), kind.open(settings, "heldout")
    for rows, purpose in ((train, "to train on"), (heldout, "to hold out")):
        if not len(rows.labels):
            raise InputError(f"no row is left {purpose}: select more in `source`, or add files")
    there = len(heldout.labels)
    if asked is not None and asked > there:
        raise InputError(
            f"heldout: {asked} rows are requested, but only {there} can be held out: "
            f"choose at most {there}, or leave heldout out"
        )
    shape, other = (rows.read(np.arange(1)).shape[1:] for rows in (train, heldout))
    if shape != other:
        raise InputError(
            f"held-out rows have shape {list(other)}, but training rows {list(shape)}: set `size` "
            "to resize all images"
        )
    return Present(
        shape=shape,
        train=len(train.labels),
        heldout=min(there, MOST_HELD) if asked is None else asked,
        labelled=bool((train.labels >= 0).all()),
        shared=_shared(files, train, heldout),
    )


def _shared(files: Sequence[Path], *splits: Rows) -> int:
    """Number of held-out rows that are equal to training rows. splits: training, held-out.

    All rows of small files are read, which also finds damaged files. Larger image files are
    compared as files; 0 if too many of them would have to be read.
    """
    if 0 < sum(file.stat().st_size for file in files) <= READABLE:
        train, heldout = (
            [_digest(rows.read(np.array([i])).tobytes()) for i in range(len(rows.labels))]
            for rows in splits
        )
    else:
        sizes = [{path: path.stat().st_size for path in rows.files} for rows in splits]
        both = set(sizes[0].values()) & set(sizes[1].values())
        alike = [[path for path in of_split if of_split[path] in both] for of_split in sizes]
        if sum(path.stat().st_size for paths in alike for path in paths) > COMPARABLE:
            return 0
        train, heldout = ([_digest(path.read_bytes()) for path in paths] for paths in alike)
    known = set(train)
    return sum(row in known for row in heldout)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _fits(metric: Metric, data: str, shape: tuple[int, ...]) -> bool:
    only = EXTRACTORS.lookup(metric.extractor).shape if metric.extractor else None
    return metric.data == data and only in (None, shape)


def _check_metrics(config: Config, dataset: str, n: int, present: Present) -> None:
    data = config.kind(dataset).data
    fitting = [m for m in map(METRICS.lookup, config.metrics) if _fits(m, data, present.shape)]
    if not fitting:
        raise InputError(f"metrics: none of them evaluates {data}, which {dataset} has: add one")
    rows = {"train": n, "heldout": present.heldout, "class": present.train}
    for metric in fitting:
        sets = {"samples": config.samples, metric.reference: rows[metric.reference]}
        for name, count in sets.items():
            if count < metric.minimum:
                raise InputError(
                    f"metrics: {metric.name} needs at least {metric.minimum} rows in each set, but "
                    f"{name} has {count} ({dataset}): give more rows, or leave the metric out"
                )
        if metric.labelled and not present.labelled:
            raise InputError(
                f"metrics: {metric.name} needs labels, and {dataset} has none: leave the metric out"
            )


def _check_side(config: Config, dataset: str, present: Present) -> None:
    # The figure of nearest training images uses SSIM, whatever the metrics.
    users = {name: name for name in config.metrics} | {"am_ssim": "the figure of nearest images"}
    for name, user in users.items():
        least = METRICS.lookup(name).side
        if len(present.shape) == 3 and min(present.shape[:2]) < least:
            height, width = present.shape[:2]
            raise InputError(
                f"datasets.{dataset}: images have {width} x {height} pixels, but {user} needs "
                f"{least} x {least}: set `size` to {least} or more"
            )


def _check_snapshots(config: Config, cell: Cell, size: int, present: Present) -> None:
    if config.best_snapshot is None:
        return
    needed, rows = rows_of(config), cell.parts * size
    if rows < needed:
        raise InputError(
            f"best_snapshot: a snapshot of {cell.method} has {rows} rows, but {needed} are needed "
            f"({config.best_snapshot.rows} to choose, {config.samples} to evaluate): set its "
            f"snapshot_rows to {needed}"
        )
    least, left = METRICS.lookup(config.best_snapshot.metric).minimum, present.train - cell.n
    if left < least:
        raise InputError(
            f"best_snapshot: only {left} training images of {cell.dataset} are outside the subset "
            f"of {cell.n}, but {config.best_snapshot.metric} needs {least}: choose a smaller n"
        )


def _check_cell(config: Config, cell: Cell, present: Present) -> None:
    if cell.n > present.train:
        raise InputError(
            f"experiments.{cell.experiment}.datasets.{cell.dataset}.n: {cell.n} rows are "
            f"requested, but {present.train} are left for training: choose at most {present.train}"
        )
    settings = settings_of(config, cell)
    _check_snapshots(config, cell, settings.snapshot_size(cell.n), present)
    check = method_entry(cell.method).check
    if check is not None:
        with within(f"experiments.{cell.experiment}: {cell.method} on {cell.dataset}"):
            check(settings, present.shape, cell.n)


def check(config: Config) -> list[str]:
    """Refuse what would fail in a job. Datasets that are not downloaded yet are not checked.

    Returns:
        Warnings, one sentence each.

    Raises:
        InputError: data are missing; there are fewer rows than requested; a method does not support
            the shape or the batch; a metric needs more rows or larger images.
    """
    weights = config.inception_weights
    if weights is not None and not weights.is_file():
        raise InputError(f"inception_weights: {weights}: no such file: check the path")
    found: dict[str, Present | None] = {}
    for cell in cells(config):
        if cell.dataset not in found:
            with within(f"datasets.{cell.dataset}"):
                found[cell.dataset] = look(config, cell.dataset)
        present = found[cell.dataset]
        if present is not None:
            _check_side(config, cell.dataset, present)
            _check_cell(config, cell, present)
            _check_metrics(config, cell.dataset, cell.n, present)
    return [
        f"datasets.{name}: {present.shared} held-out rows are also training rows, so metrics "
        "against held-out rows reward copies: remove one of each pair"
        for name, present in found.items()
        if present is not None and present.shared
    ]
