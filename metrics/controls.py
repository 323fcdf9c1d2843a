"""Controls: known images that are judged as if a method had generated them.

They show the scale of a table. In tables and files of results, NAME is called control:NAME.

train      training rows: the values of a method that only copies
train-...  training rows under an augmentation that a method uses: the values of a method that only
           copies what its discriminator saw
heldout    held-out rows: new real images
disjoint   rows of the training split outside the training rows: the floor, below which a difference
           between methods means nothing
blank      images of one colour, the median of the training images. Metrics that compare pixels may
           take them for similar; only metrics without features judge them

New real rows are not judged against the set that they come from (held-out rows, or the whole split
`class`), because a member of the reference set scores like a copy.

A control has as many rows as a run has samples, because FID and similar metrics fall with the
number of rows. If there are fewer rows, all are judged, and tables show their number.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from metrics.evaluate import Reference, applicable, evaluate
from metrics.features import Features
from suite.protocol.artefacts import Subset
from suite.protocol.augmentation import WORDS, augmented
from suite.protocol.metric import METRICS
from suite.protocol.seeds import stream
from suite.running.errors import InputError

TITLES = {
    "train": "training images",
    "heldout": "held-out images",
    "disjoint": "disjoint real images",
    "blank": "blank images",
}
OWN = {"heldout": "heldout", "disjoint": "class"}
"""The reference set that holds the rows of a control."""


def disjoint_rows(train: Subset, pool: Subset, count: int, seed: int) -> np.ndarray:
    """`count` rows of `pool` outside the training rows; all of these if there are fewer.

    pool: rows of the same dataset and split, with indices into the same order.

    Raises:
        InputError: the pool is of another dataset or split.
    """
    if (pool.dataset, pool.split) != (train.dataset, train.split):
        raise InputError(
            f"the pool is {pool.dataset} ({pool.split}), but the training rows are {train.dataset} "
            f"({train.split}): draw both from the same split of the same dataset"
        )
    free = np.flatnonzero(~np.isin(pool.indices, train.indices))
    chosen = stream("controls:disjoint", seed).permutation(free)[:count]
    return np.asarray(pool.data[chosen])


def copies_of(train: Subset, names: Sequence[str], count: int, seed: int) -> np.ndarray:
    """`count` training rows, augmented by `names`. All rows occur equally often, or nearly so."""
    rng = stream("controls:augmented", seed)
    chosen = np.resize(rng.permutation(len(train.data)), count)
    return augmented(train.data[chosen], names, rng)


def judge_controls(
    train: Subset,
    heldout: Subset,
    pool: Subset,
    names: Sequence[str] | None,
    samples: int,
    features: Features,
    seed: int,
    augmentations: Sequence[Sequence[str]] = (),
) -> dict[str, Any]:
    """Metrics of each control, on `samples` rows or, if there are fewer, on all.

    Returns the entries of the file of controls:

    controls: name -> {"title", "samples" (rows judged), "metrics" as in metrics.json}.
    left_out: sentences that say which control, or metric of one, is missing and why.
    shared: how many held-out rows (`of`) equal a row of the training split (`heldout`).

    names: the metrics; None for all that apply. augmentations: those that methods use, each a list
    of names in `suite.protocol.augmentation`. Metrics against a control's `OWN` set are left out.
    Copies are calibrated by held-out rows that are not judged themselves (`Pair.new`).

    Raises:
        InputError: see `disjoint_rows` and `metrics.evaluate.check`.
    """
    references = {
        "train": Reference.of(train),
        "heldout": Reference.of(heldout),
        "class": Reference.of(pool),
    }
    copies = stream("controls:train", seed).permutation(len(train.data))[:samples]
    rows = {
        "train": train.data[np.sort(copies)],
        "heldout": heldout.data[:samples],
        "disjoint": disjoint_rows(train, pool, samples, seed),
    }
    titles = dict(TITLES)
    if train.data.ndim == 4:
        for changes in augmentations:
            name = "-".join(["train", *changes])
            rows[name] = copies_of(train, changes, samples, seed)
            titles[name] = ", ".join(["training images", *(WORDS[change] for change in changes)])
        plain = np.median(train.data, axis=(0, 1, 2)).astype(np.uint8)
        rows["blank"] = np.broadcast_to(plain, (samples, *train.data.shape[1:]))
    controls, left_out = {}, []
    for control, data in rows.items():
        title = titles[control]
        if not len(data):
            left_out.append(f"{title}: every image of the split is a training image")
            continue
        allowed = {k: v for k, v in references.items() if k != OWN.get(control)}
        unused = heldout.data[samples if control == "heldout" else 0 :]
        chosen = applicable(data, allowed) if names is None else names
        asked = [m for m in map(METRICS.lookup, chosen) if m.reference in allowed]
        if control == "blank":
            asked = [metric for metric in asked if metric.extractor is None]
            if not asked:
                continue
        fitting = [metric.name for metric in asked if metric.minimum <= len(data)]
        left_out += [
            f"{title}: {metric.title} needs at least {metric.minimum} rows, not {len(data)}"
            for metric in asked
            if metric.name not in fitting
        ]
        controls[control] = {
            "title": title,
            "samples": len(data),
            "metrics": evaluate(
                data, allowed, fitting, features, seed, unused if len(unused) else None
            ),
        }
    known = {row.tobytes() for row in pool.data}
    shared = sum(row.tobytes() in known for row in heldout.data)
    return {
        "controls": controls,
        "left_out": left_out,
        "shared": {"heldout": shared, "of": len(heldout.data)},
    }
