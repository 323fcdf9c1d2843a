"""Which metric finds which kinds of copies, and what it wrongly calls a copy (a table).

    python -m benchmarks copies --icons package --out results/reference/copies

For each set of pictures (from `benchmarks/_pictures.py`) and n training images, every metric judges
50 samples of each kind of copy and of each kind of other image (`benchmarks/_kinds.py`). The
held-out images that calibrate a metric are not among them. Each metric has a rule that says whether
samples contain copies:

copies            the interval of the share lies above 0 (metrics/shares.py)
the others        the mean over the samples is larger than the mean over held-out images by more
                  than 1.96 standard errors of the difference

If the share of copies is below 1, the other samples are new images.
"""

import csv
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks import _kinds, _markdown, _pictures
from metrics.definitions.copies import judge
from metrics.definitions.copying import nearer
from metrics.neighbours import distances, distances_among, distinct
from metrics.shares import share_of
from metrics.similarity import ssim_matrix
from suite.protocol.seeds import stream
from suite.running.files import csv_text, write_text

ROWS, HELD = 50, 256
SHARES = (0.1, 0.5, 1.0)
FOUND, WRONG, MIXED = "copies", "no copies", "between"


@dataclass(frozen=True)
class Metric:
    """The values of a metric, and its rule.

    rows: kind -> one number per row. says: numbers of some rows -> whether they contain copies.
    """

    rows: Mapping[str, np.ndarray]
    says: Callable[[np.ndarray], bool]


def _beside(held: np.ndarray) -> Callable[[np.ndarray], bool]:
    """The rule that compares means with held-out images."""

    def says(rows: np.ndarray) -> bool:
        variance = sum(float(some.var(ddof=1)) / len(some) for some in (rows, held))
        gap = float(rows.mean() - held.mean())
        return gap > 0 and gap > 1.96 * variance**0.5

    return says


def _split(rows: np.ndarray, kinds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    ends = np.cumsum([len(samples) for samples in kinds.values()])
    return dict(zip(kinds, np.split(rows, ends[:-1]), strict=True))


def _ours(kinds: Mapping[str, np.ndarray], training: np.ndarray, held: np.ndarray) -> Metric:
    judged = judge(np.concatenate(list(kinds.values())), training, held)

    def says(rows: np.ndarray) -> bool:
        return share_of(int(rows.sum()), len(rows), judged.limit.calibration).low > 0

    return Metric(_split(judged.hits, kinds), says)


def all_metrics(
    kinds: Mapping[str, np.ndarray], training: np.ndarray, held: np.ndarray
) -> dict[str, Metric]:
    """Name -> values and rule of each metric, for all kinds."""
    with_held = {**kinds, "held": held}
    samples = np.concatenate(list(with_held.values()))
    training = training[distinct(training)]
    flat, own = (rows.reshape(len(rows), -1) / 255.0 for rows in (samples, training))
    similar, among = ssim_matrix(samples, training), 1 - ssim_matrix(training, training)
    np.fill_diagonal(among, np.inf)
    numbers = {
        "copying_rate": nearer(distances(flat, own), distances_among(own)).astype(float),
        "copying_rate_ssim": nearer(1 - similar, among).astype(float),
        "am_ssim": similar.max(axis=1),
    }
    found = {"copies": _ours(kinds, training, held)}
    for name, rows in numbers.items():
        by_kind = _split(rows, with_held)
        found[name] = Metric(by_kind, _beside(by_kind["held"]))
    return found


def lines(pictures: str, images: np.ndarray, n: int) -> list[list[object]]:
    """The lines of copies.csv, with the columns `HEAD`."""
    rng = stream("benchmark:copies", n)
    images = images[rng.permutation(len(images))]
    training, new, filling, held = np.split(images, np.cumsum([n, ROWS, ROWS]))
    groups = {
        FOUND: _kinds.copies(training, ROWS, rng),
        WRONG: _kinds.others(training, new, rng),
        MIXED: _kinds.between(training, ROWS, rng),
    }
    kinds = {name: rows for group in groups.values() for name, rows in group.items()}
    found: list[list[object]] = []
    for name, metric in all_metrics({**kinds, "filling": filling}, training, held[:HELD]).items():
        for group, some in groups.items():
            for kind in some:
                for share in SHARES if group == FOUND else (1.0,):
                    count = round(share * ROWS)
                    parts = metric.rows[kind][:count], metric.rows["filling"][count:]
                    rows = np.concatenate(parts)
                    said = int(metric.says(rows))
                    place = [pictures, n, group, kind, name, share]
                    found.append([*place, f"{float(rows.mean()):.4f}", said])
    return found


HEAD = ["pictures", "n", "what", "kind", "measure", "share", "mean", "says copies"]


def _places(rows: list[dict[str, str]]) -> dict[tuple[str, str], str]:
    """Pictures and n of each column -> its title."""
    return {(row["pictures"], row["n"]): f"{row['pictures']}, {row['n']}" for row in rows}


def _table(rows: list[dict[str, str]], what: str) -> str:
    """`copies`: for each kind, the share called copies, and the least share that is detected."""
    mine = [row for row in rows if row["measure"] == "copies" and row["what"] == what]
    lines = []
    for kind in dict.fromkeys(row["kind"] for row in mine):
        cells = [kind]
        for place in _places(rows):
            here = [r for r in mine if r["kind"] == kind and (r["pictures"], r["n"]) == place]
            if not here:
                cells.append("")
                continue
            whole = next(row for row in here if float(row["share"]) == 1)
            told = [float(row["share"]) for row in here if row["says copies"] == "1"]
            word = f"{float(whole['mean']):.2f}"
            if what == FOUND:
                word += f" ({100 * min(told):.0f} %)" if told else " (**never**)"
            elif told:
                word = f"**{word}**" if what == WRONG else f"{word} (above 0)"
            cells.append(word)
        lines.append(cells)
    return _markdown.table(["kind", *_places(rows).values()], lines)


def _summary(rows: list[dict[str, str]]) -> str:
    """For each metric, how many kinds it finds at a share of one half, and how many wrongly."""
    lines = []
    for metric in dict.fromkeys(row["measure"] for row in rows):
        cells = [f"`{metric}`"]
        for place in _places(rows):
            here = [r for r in rows if r["measure"] == metric and (r["pictures"], r["n"]) == place]
            half = [r for r in here if r["what"] == FOUND and float(r["share"]) == 0.5]
            wrong = [r for r in here if r["what"] == WRONG]
            found, accused = (sum(r["says copies"] == "1" for r in some) for some in (half, wrong))
            cells.append(f"{found} of {len(half)}, {accused} of {len(wrong)}")
        lines.append(cells)
    return _markdown.table(["metric", *_places(rows).values()], lines)


KIND_TITLES = {
    "as it is": "training images as they are",
    "moved, black coming in": "training images, moved",
    "new": "new images",
    "new, blurred, deviation 1": "new images, blurred",
    "white": "white images",
    "black": "black images",
    "the mean image": "the mean image",
}


def _plainly(rows: list[dict[str, str]]) -> str:
    """For a few kinds, the mean of each metric; bold if the metric's rule is wrong."""
    names = list(dict.fromkeys(row["measure"] for row in rows))
    columns = [(name, pictures) for pictures in ("digits", "icons") for name in names]
    lines = []
    for kind, title in KIND_TITLES.items():
        cells = [title]
        for name, pictures in columns:
            found = [
                row
                for row in rows
                if (row["pictures"], row["n"], row["kind"]) == (pictures, "64", kind)
                and row["measure"] == name
                and float(row["share"]) == 1
            ]
            right = all((row["says copies"] == "1") == (row["what"] == FOUND) for row in found)
            word = f"{float(found[0]['mean']):.2f}" if found else ""
            cells.append(word if right else f"**{word}**")
        lines.append(cells)
    return _markdown.table(["images", *(f"`{name}`, {on}" for name, on in columns)], lines)


def _failures(rows: list[dict[str, str]]) -> str:
    """What `copies` misses at a share of one half, and what it wrongly calls a copy."""
    mine = [row for row in rows if row["measure"] == "copies"]
    sentences = []
    for what, share, said, words in (
        (FOUND, 0.5, "0", "not found although half of the samples are copies"),
        (WRONG, 1.0, "1", "wrongly called copies"),
    ):
        failed = [
            f"{row['kind']} ({row['pictures']}, {row['n']})"
            for row in mine
            if (row["what"], float(row["share"]), row["says copies"]) == (what, share, said)
        ]
        sentences.append(f"By `copies`, {words}: {'; '.join(failed) or 'nothing'}.")
    return "\n".join(sentences)


def page(rows: list[dict[str, str]]) -> str:
    """README.md, from the lines of the CSV."""
    parts = [
        "# Which metric finds which copies",
        "`python -m benchmarks copies` writes this page; `copies.csv` has every number. There are "
        f"n training images, {ROWS} samples of each kind, and up to {HELD} held-out images, which "
        "show the values of new images. `benchmarks/_kinds.py` makes the kinds, and "
        "`benchmarks/_pictures.py` names the sources of the pictures.",
        "## All metrics",
        "Each cell counts the kinds of copies that a metric finds if half of the samples are "
        "copies and the others are new, then the kinds of other images that it wrongly calls "
        "copies. The rule of each metric is in `benchmarks/copies.py`.",
        _summary(rows),
        _failures(rows),
        "## A few kinds, by all metrics",
        f"64 training images, {ROWS} samples of each kind. The values are the share of samples "
        "that are called copies, and for `am_ssim` the mean similarity. Bold: the rule of the "
        "metric is wrong; it calls other images copies, or misses copies.",
        _plainly(rows),
        "## Copies, by `copies`",
        "The share of copies that are called copies. The share in brackets is the smallest share "
        "of copies among the samples (10, 50 or 100 %) for which the interval lies above 0.",
        _table(rows, FOUND),
        "## Other images, by `copies`",
        "The share that is called copies. `copies` subtracts 0.02 from it, the share of new images "
        "that are called copies. Bold: the interval lies above 0, which is a false accusation.",
        _table(rows, WRONG),
        "## Neither copies nor new images",
        'The share that is called copies; "above 0" if the interval lies above 0.',
        _table(rows, MIXED),
    ]
    return "\n\n".join(parts) + "\n"


def main(
    out: Annotated[Path, typer.Option(help="folder for copies.csv and README.md")],
    icons: Annotated[Path | None, typer.Option(help="folder of the npm package")] = None,
    n: Annotated[list[int], typer.Option(help="training images")] = [64, 256],  # noqa: B006
) -> None:
    """Judge all kinds with all metrics, and write the table."""
    sets = {"digits": _pictures.digits(), "photographs": _pictures.photographs()}
    if icons is not None:
        sets["icons"] = _pictures.icons(icons)
    start = time.process_time()
    found = [
        line for name, rows in sets.items() for count in n for line in lines(name, rows, count)
    ]
    text = csv_text(HEAD, found)
    write_text(out / "copies.csv", text)
    rows = list(csv.DictReader(io.StringIO(text)))
    write_text(out / "README.md", page(rows))
    print(f"{time.process_time() - start:.0f} seconds of the processor")


COMMANDS = (main,)
