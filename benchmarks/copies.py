"""Which measure of copying finds which copies, and what it takes for copies wrongly (a table).

    python -m benchmarks copies --icons package --out results/reference/copies

For each set of pictures (`benchmarks/_pictures.py` says where they come from) and n training
images, 50 samples of each kind of copy and of other images (`benchmarks/_kinds.py`), none of them
of the images that tell what new ones get. A measure says that samples hold copies by its own rule:

copies            the interval of the share lies above 0 (metrics/shares.py)
the others        their mean over the samples is above their mean over held-out images by 1.96 of
                  its standard errors

Shares of copies below 1 are filled up with new images.
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

from benchmarks import _kinds, _pictures
from metrics.definitions.copies import judge
from metrics.definitions.copying import distinct
from metrics.neighbours import distances
from metrics.shares import share_of
from metrics.similarity import ssim_matrix
from suite.protocol.metric import Pair
from suite.protocol.seeds import stream
from suite.running.cli import run
from suite.running.files import write_text

ROWS, HELD = 50, 256
SHARES = (0.1, 0.5, 1.0)
FOUND, WRONG, MIXED = "copies", "no copies", "between"

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True)
class Measure:
    """What a measure says of rows that have been judged.

    rows: one number a row, by kind. says: of some of these numbers, whether they hold copies.
    """

    rows: Mapping[str, np.ndarray]
    says: Callable[[np.ndarray], bool]


def _beside(held: np.ndarray) -> Callable[[np.ndarray], bool]:
    """Whether a mean is above that of held-out images beyond doubt."""

    def says(rows: np.ndarray) -> bool:
        variance = sum(float(some.var(ddof=1)) / len(some) for some in (rows, held))
        gap = float(rows.mean() - held.mean())
        return gap > 0 and gap > 1.96 * variance**0.5

    return says


def _split(rows: np.ndarray, kinds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    ends = np.cumsum([len(samples) for samples in kinds.values()])
    return dict(zip(kinds, np.split(rows, ends[:-1]), strict=True))


def _ours(kinds: Mapping[str, np.ndarray], training: np.ndarray, held: np.ndarray) -> Measure:
    judged = judge(np.concatenate(list(kinds.values())), training, held)

    def says(rows: np.ndarray) -> bool:
        return share_of(int(rows.sum()), len(rows), judged.limit.calibration).low > 0

    return Measure(_split(judged.hits, kinds), says)


def _rate(gaps: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The hits of `metrics.definitions.copying.share_of_copies`."""
    np.fill_diagonal(own, np.inf)
    return np.asarray(gaps.min(axis=1) < own.min(axis=1)[gaps.argmin(axis=1)], float)


def measures(
    kinds: Mapping[str, np.ndarray], training: np.ndarray, held: np.ndarray
) -> dict[str, Measure]:
    """What each measure says of all kinds."""
    with_held = {**kinds, "held": held}
    samples = np.concatenate(list(with_held.values()))
    kept = distinct(Pair(samples, training, None, 0, lambda _, rows: rows))
    training = training[kept]
    flat, own = (rows.reshape(len(rows), -1) / 255.0 for rows in (samples, training))
    similar = ssim_matrix(samples, training)
    numbers = {
        "copying_rate": _rate(distances(flat, own), distances(own, own)),
        "copying_rate_ssim": _rate(1 - similar, 1 - ssim_matrix(training, training)),
        "am_ssim": similar.max(axis=1),
    }
    found = {"copies": _ours(kinds, training, held)}
    for name, rows in numbers.items():
        by_kind = _split(rows, with_held)
        found[name] = Measure(by_kind, _beside(by_kind["held"]))
    return found


def lines(pictures: str, images: np.ndarray, n: int) -> list[list[object]]:
    """Pictures, n, what the kind is, the kind, the measure, the share, the mean, what it says."""
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
    for name, measure in measures({**kinds, "filling": filling}, training, held[:HELD]).items():
        for group, some in groups.items():
            for kind in some:
                for share in SHARES if group == FOUND else (1.0,):
                    count = round(share * ROWS)
                    parts = measure.rows[kind][:count], measure.rows["filling"][count:]
                    rows = np.concatenate(parts)
                    said = int(measure.says(rows))
                    place = [pictures, n, group, kind, name, share]
                    found.append([*place, f"{float(rows.mean()):.4f}", said])
    return found


HEAD = ["pictures", "n", "what", "kind", "measure", "share", "mean", "says copies"]


def _table(rows: list[dict[str, str]], what: str) -> list[str]:
    """`copies`: of each kind, the share called copies, and from which share on it is told."""
    places = list(dict.fromkeys((row["pictures"], row["n"]) for row in rows))
    table = ["| kind | " + " | ".join(f"{name}, {n}" for name, n in places) + " |"]
    table.append("| --- " * (len(places) + 1) + "|")
    mine = [row for row in rows if row["measure"] == "copies" and row["what"] == what]
    for kind in dict.fromkeys(row["kind"] for row in mine):
        cells = []
        for place in places:
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
                word = f"**{word}**" if what == WRONG else f"{word} (told)"
            cells.append(word)
        table.append(f"| {kind} | " + " | ".join(cells) + " |")
    return table


def _summary(rows: list[dict[str, str]]) -> list[str]:
    """Of each measure, how many kinds it finds at a share of one half, and accuses wrongly."""
    places = list(dict.fromkeys((row["pictures"], row["n"]) for row in rows))
    table = ["| measure | " + " | ".join(f"{name}, {n}" for name, n in places) + " |"]
    table.append("| --- " * (len(places) + 1) + "|")
    for measure in dict.fromkeys(row["measure"] for row in rows):
        cells = []
        for place in places:
            here = [r for r in rows if r["measure"] == measure and (r["pictures"], r["n"]) == place]
            half = [r for r in here if r["what"] == FOUND and float(r["share"]) == 0.5]
            wrong = [r for r in here if r["what"] == WRONG]
            counts = (sum(r["says copies"] == "1" for r in some) for some in (half, wrong))
            found, accused = counts
            cells.append(f"{found} of {len(half)}, {accused} of {len(wrong)}")
        table.append(f"| `{measure}` | " + " | ".join(cells) + " |")
    return table


SHOWN = {
    "as it is": "training images as they are",
    "moved, black coming in": "training images, moved",
    "new": "new images",
    "new, blurred, deviation 1": "new images, blurred",
    "white": "white images",
    "black": "black images",
    "the mean image": "the mean image",
}


def _plainly(rows: list[dict[str, str]]) -> list[str]:
    """Of a few kinds, what each measure gives; bold where it says what is not so."""
    places = [("digits", "64"), ("icons", "64")]
    names = list(dict.fromkeys(row["measure"] for row in rows))
    head = [f"`{name}`, {pictures}" for pictures, _ in places for name in names]
    table = ["| images | " + " | ".join(head) + " |", "| --- " * (len(head) + 1) + "|"]
    for kind, title in SHOWN.items():
        cells = []
        for place in places:
            for name in names:
                found = [
                    row
                    for row in rows
                    if (row["pictures"], row["n"]) == place
                    and (row["kind"], row["measure"]) == (kind, name)
                    and float(row["share"]) == 1
                ]
                right = all((row["says copies"] == "1") == (row["what"] == FOUND) for row in found)
                word = f"{float(found[0]['mean']):.2f}" if found else ""
                cells.append(word if right else f"**{word}**")
        table.append(f"| {title} | " + " | ".join(cells) + " |")
    return table


def _failures(rows: list[dict[str, str]]) -> str:
    """What `copies` does not find at a share of one half, and what it accuses."""
    mine = [row for row in rows if row["measure"] == "copies"]
    sentences = []
    for what, share, said, words in (
        (FOUND, 0.5, "0", "not found where half of the samples are copies"),
        (WRONG, 1.0, "1", "wrongly said to be copies"),
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
        "# Which measure of copying finds which copies",
        f"By `python -m benchmarks copies`; `copies.csv` has every number. {ROWS} samples of each "
        "kind; n training images; what new images get is told by up to "
        f"{HELD} held-out ones. `benchmarks/_kinds.py` says how each kind is made, "
        "`benchmarks/_pictures.py` where the pictures come from.",
        "## All measures",
        "Kinds of copies that are found where half of the samples are copies (the others are new), "
        "and kinds of other images that are said to be copies. The rules are those of "
        "`benchmarks/copies.py`.",
        "\n".join(_summary(rows)),
        _failures(rows),
        "## A few kinds, by all measures",
        "What 64 training images, and 50 samples of each kind, give by each measure: the share of "
        "samples that are called copies, and for `am_ssim` the mean similarity. Bold where the "
        "rule of the measure says copies of what is none, or finds none among copies.",
        "\n".join(_plainly(rows)),
        "## Copies, by `copies`",
        "The share of copies that are called copies; in brackets from which share of copies among "
        "the samples on (10, 50 or 100 %) the interval lies above 0.",
        "\n".join(_table(rows, FOUND)),
        "## Other images, by `copies`",
        "The share that is called copies, of which 0.02 is taken off; bold where the interval "
        "lies above 0, a false accusation.",
        "\n".join(_table(rows, WRONG)),
        "## Neither",
        "\n".join(_table(rows, MIXED)),
    ]
    return "\n\n".join(parts) + "\n"


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="folder for copies.csv and README.md")],
    icons: Annotated[Path | None, typer.Option(help="folder of the npm package's files")] = None,
    n: Annotated[list[int], typer.Option(help="training images")] = [64, 256],  # noqa: B006
) -> None:
    """Judge all kinds by all measures; write the table."""
    sets = {"digits": _pictures.digits(), "photographs": _pictures.photographs()}
    if icons is not None:
        sets["icons"] = _pictures.icons(icons)
    start = time.process_time()
    found = [
        line for name, rows in sets.items() for count in n for line in lines(name, rows, count)
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEAD, *found])
    write_text(out / "copies.csv", text.getvalue())
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    write_text(out / "README.md", page(rows))
    print(f"{time.process_time() - start:.0f} seconds of the processor")


if __name__ == "__main__":
    run(app)
