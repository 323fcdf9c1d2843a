"""Command line of the metrics: `python -m metrics --help`."""

import json
import sys
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from metrics.choice import Choosing
from metrics.command import (
    Cache,
    Class,
    Heldout,
    Metrics,
    Out,
    Parts,
    Seed,
    Train,
    Weights,
    feature_store,
    prepare,
    provenance_of,
)
from metrics.controls import judge_controls
from metrics.definitions.copies import judge
from metrics.evaluate import Reference, check, evaluate, names_of, planned_names
from metrics.inputs import read_rows, write_sheet
from metrics.judging import judge_run, judge_snapshots, leased
from metrics.nearest import nearest_images
from metrics.pairs import clearest, draw_pairs
from metrics.runs import load_generated, snapshots
from metrics.weights import inception_weights
from suite.protocol.artefacts import Subset, digest_of
from suite.protocol.augmentation import WORDS as AUGMENTATIONS
from suite.protocol.image_files import check_colour
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.running import paths
from suite.running.cli import make_app, run
from suite.running.errors import InputError, unknown
from suite.running.files import read_json, write_arrays, write_artefact, write_json

app = make_app(
    "metrics",
    "How good, how varied and how new generated images are.",
    METRICS,
    EXTRACTORS,
)


@app.command()
def compare(
    generated: Annotated[
        Path, typer.Argument(help="folder of images, or .npz of uint8 [N, H, W, C]")
    ],
    reference: Annotated[Path, typer.Argument(help="the training images, in the same form")],
    heldout: Annotated[Path | None, typer.Option(help="held-out images, in the same form")] = None,
    class_: Annotated[
        Path | None, typer.Option("--class", help="the whole training split, in the same form")
    ] = None,
    metrics: Metrics = None,
    seed: Seed = 0,
    features: Cache = None,
    weights: Weights = None,
    background: Annotated[
        str,
        typer.Option(
            help="colour behind transparent pixels: white, grey, black or #rrggbb",
            parser=check_colour,
        ),
    ] = "white",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for programs")] = False,
) -> None:
    """Print metrics of GENERATED against REFERENCE, and how many images were used."""
    places = {"generated": generated, "train": reference, "heldout": heldout, "class": class_}
    sets = {name: read_rows(path, background) for name, path in places.items() if path}
    rows = sets["generated"]
    references = {name: Reference(data) for name, data in sets.items() if name != "generated"}
    names = names_of(metrics, rows, references)
    store = feature_store(features, weights)
    values = evaluate(rows, references, names, store, seed)
    if as_json:
        report = {
            "sets": {
                name: {"path": str(places[name]), "shape": data.shape, "digest": digest_of(data)}
                for name, data in sets.items()
            },
            "metrics": values,
            "seeds": {"evaluation": seed},
            "provenance": provenance_of("metrics.evaluate", names, store),
        }
        print(json.dumps(report, indent=2))
        return
    for name, entry in values.items():
        spread = "" if entry["std"] is None else f" ± {entry['std']:.4g}"
        counts = f"{entry['generated']} generated, {entry['reference']} {entry['reference_set']}"
        using = f", {entry['extractor']}" if entry["extractor"] else ""
        print(f"{name:<24}{entry['value']:>14.6g}{spread:<12}  ({counts}{using})")


@app.command()
def copies(
    samples: Annotated[
        Path, typer.Argument(help="folder of images, .npz of uint8 [N, H, W, C], or a sheet")
    ],
    train: Annotated[Path, typer.Option(help="the training images, in the same form")],
    heldout: Annotated[
        Path | None, typer.Option(help="other real images, in the same form")
    ] = None,
    out: Annotated[Path, typer.Option(help="PNG to write")] = Path("copies.png"),
) -> None:
    """Print how many of SAMPLES are copies of training images, as JSON; draw the clearest pairs.

    A copy may be moved, mirrored, lighter, noisy, compressed, slightly enlarged or turned. share is
    the share of copies, interval its 95 % interval. new is the share of new images that look like
    copies; it is subtracted. copies says whether the interval lies above 0.
    """
    prepare(out, ".png")
    rows, real = read_rows(samples), {"train": read_rows(train)}
    if heldout is not None:
        real["heldout"] = read_rows(heldout)
    check(["copies"], rows, {name: Reference(data) for name, data in real.items()})
    judged = judge(rows, real["train"], real.get("heldout"))
    pairs = clearest(rows, judged)
    draw_pairs(out, rows, real["train"], pairs)
    report = {
        "share": judged.share.value,
        "interval": [judged.share.low, judged.share.high],
        "new": judged.limit.calibration.rate,
        "copies": judged.share.low > 0,
        "hits": int(judged.hits.sum()),
        "calibrated": judged.limit.source,
        "sets": {
            name: {"images": len(data), "digest": digest_of(data)}
            for name, data in {"samples": rows, **real}.items()
        },
        "picture": str(out),
        "pairs": pairs,
    }
    print(json.dumps(report, indent=2))


@app.command("evaluate")
def evaluate_(
    parts: Parts,
    out: Out,
    trajectory: Annotated[
        Path | None, typer.Option(help="CSV to write: the metrics of every snapshot of part 0")
    ] = None,
    nearest: Annotated[
        Path | None,
        typer.Option(
            help="npz to write: the first samples and their nearest training images by SSIM "
            "(arrays generated, nearest, ssim, indices)"
        ),
    ] = None,
    train: Train = None,
    heldout: Heldout = None,
    class_: Class = None,
    metrics: Metrics = None,
    samples: Annotated[
        int | None, typer.Option(help="judge the first so many rows; default: all", min=1)
    ] = None,
    choose: Annotated[
        str | None,
        typer.Option(
            help="judge the snapshot that is best by this metric, compared with the images of "
            "--class that are not in --train; default: judge the end of the run"
        ),
    ] = None,
    choose_rows: Annotated[
        int, typer.Option(help="rows of a snapshot used to choose; the others are judged", min=1)
    ] = 128,
    seed: Seed = 0,
    features: Cache = None,
    weights: Weights = None,
) -> None:
    """Judge the samples of all parts of a run together, and write metrics.json.

    A run that diverged has the status `diverged` and no values. Snapshots have fewer rows than the
    samples. So their values can be compared along a run, but not with those in metrics.json.
    """
    for file in filter(None, (out, trajectory, nearest)):
        prepare(file)
    given = {"train": train, "heldout": heldout, "class": class_}
    references = {name: Reference.of(Subset.load(path)) for name, path in given.items() if path}
    if not references:
        raise InputError("no reference set is given: give --train, --heldout or --class")
    store = feature_store(features, weights)
    choosing = None
    if choose is not None:
        if train is None or class_ is None:
            raise InputError("--choose needs --train and --class: give both")
        choosing = Choosing(choose, choose_rows, Subset.load(train), Subset.load(class_))
    report = judge_run(parts, references, metrics, samples, store, seed, choosing)
    report["provenance"] = provenance_of("metrics.judging", list(report["metrics"]), store)
    if trajectory is not None:
        write_artefact(trajectory, judge_snapshots(parts[0], references, metrics, store, seed))
    if nearest is not None:
        write_arrays(nearest, nearest_images(parts[0], references))
    write_json(out, report)


@app.command()
def controls(
    train: Annotated[Path, typer.Option(help="the training subset")],
    heldout: Annotated[Path, typer.Option(help="held-out rows")],
    class_: Annotated[Path, typer.Option("--class", help="all rows of the training split")],
    out: Out,
    metrics: Metrics = None,
    samples: Annotated[int, typer.Option(help="judge at most so many rows", min=1)] = 2048,
    augment: Annotated[
        list[str] | None,
        typer.Option(
            help="an augmentation that the methods use, names separated by commas; repeatable"
        ),
    ] = None,
    seed: Seed = 0,
    features: Cache = None,
    weights: Weights = None,
) -> None:
    """Judge known images as if a method had generated them, and write JSON.

    Controls are training images (train), training images under each augmentation (train-...),
    held-out images (heldout), other real images (disjoint, the floor) and, for metrics of pixels,
    images of one colour (blank). Each has --samples rows, or all there are, and is written under
    `controls` with title, samples and metrics as in metrics.json. `left_out` says what could not be
    judged, `shared` how many held-out rows are also rows of the training split. The workflow writes
    results/NAME/controls/{dataset}/n{n}/data{data_seed}.json.
    """
    prepare(out)
    subset, store = Subset.load(train), feature_store(features, weights)
    sets = (subset, Subset.load(heldout), Subset.load(class_))
    changes = [[name for name in words.split(",") if name] for words in augment or ()]
    for name in chain.from_iterable(changes):
        if name not in AUGMENTATIONS:
            raise unknown("augmentation", name, AUGMENTATIONS)
    names = None if metrics is None else planned_names(metrics, subset.data, {})
    with leased(names):
        report = judge_controls(*sets, names, samples, store, seed, changes)
    for sentence in report["left_out"]:
        print(f"leaving out {sentence}", file=sys.stderr)
    used = sorted({name for entry in report["controls"].values() for name in entry["metrics"]})
    report["seeds"] = {"data": subset.seed, "evaluation": seed}
    report["provenance"] = provenance_of("metrics.controls", used, store)
    write_json(out, report)


@app.command()
def sheet(
    folder: Annotated[Path, typer.Argument(help="folder of a run, with part0 and metrics.json")],
    out: Annotated[Path, typer.Option(help="PNG to write")],
    count: Annotated[int, typer.Option(help="number of images, from the first", min=1)] = 256,
) -> None:
    """Write images of a run as one lossless PNG, which `compare` and `copies` can read.

    They are the images that were judged for metrics.json: if a snapshot was chosen, its images.
    """
    prepare(out, ".png")
    parts = sorted(folder.glob("part*"), key=lambda part: int(part.name.removeprefix("part")))
    if not parts:
        raise InputError(f"{folder}: has no part0, part1, ...: give the folder of a run")
    chosen = read_json(folder / paths.METRICS).get("chosen")
    if chosen is None:
        rows = load_generated(parts)
    else:
        rows = dict(snapshots(parts))[chosen["iteration"]][chosen["rows"] :]
    write_sheet(out, rows[:count])


@app.command("fetch-weights")
def fetch_weights(weights: Weights = None) -> None:
    """Fetch the weights of the FID Inception network into the cache, and print their path."""
    print(inception_weights(weights).path)


if __name__ == "__main__":
    run(app)
