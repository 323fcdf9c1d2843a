"""How the published numbers may have been computed: readings of Table 1's MNIST rows.

    python -m benchmarks published real --out real.csv
    python -m benchmarks published methods --out methods.csv
    python -m benchmarks published solutions FOLDER... --out solutions.csv

`real` judges other real digits like samples: for ten subsets of n digits, ten draws of digits
outside the subset. `methods` judges the samples of all eight methods in results/reference, against
their own training digits and against ten other subsets. `solutions` judges solutions of GA-CNTK
that were made on different subsets (folders of `python -m gantk train`): the solutions of one n
together, against the subset of one of them.

A reading is one way to compute a published number. `fid one`: the digit is in the first of three
colour channels, and the others are black. `am-ssim 4` and `am-ssim 11`: the window size that the
paper gives, and the default of `tf.image.ssim`.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from benchmarks._sheets import digits_of
from datasets.draw import draw
from metrics.frechet import frechet_distance
from metrics.inception import Inception, folded, named_state
from metrics.similarity import Window, ssim_matrix
from metrics.weights import inception_weights
from suite.protocol.artefacts import Subset, digest_of, load_samples
from suite.protocol.seeds import stream
from suite.protocol.settings import parse_pairs
from suite.protocol.source import SOURCES
from suite.running.errors import InputError
from suite.running.files import csv_text, read_json, write_text
from suite.running.provenance import ROOT

SIZES = (64, 128, 256)
SUBSETS, DRAWS, DRAWN, POOL = 10, 10, 768, 1280
SAMPLES = 2048
"""Number of samples in the paper."""
WINDOWS = (4, 11)
CHUNK = 64
KEPT = ROOT / "results" / "reference" / "mnist"
SHEETS = {
    (64, "samples-table1-mnist-n64.png"): ("dcgan", "ga-cntk", "ga-cntkg"),
    (64, "samples-gans-table1-mnist-n64.png"): ("lsgan", "wgan", "wgan-gp", "sngan", "stylegan2"),
    (128, "samples-table1-mnist-n128.png"): ("dcgan", "lsgan", "wgan", "ga-cntk", "ga-cntkg"),
    (128, "samples-gans-table1-mnist-n128.png"): ("wgan-gp", "sngan", "stylegan2"),
    (256, "samples-table1-mnist-n256.png"): ("dcgan", "lsgan", "wgan", "ga-cntk", "ga-cntkg"),
    (256, "samples-gans-table1-mnist-n256.png"): ("wgan-gp", "sngan", "stylegan2"),
}
"""n and picture -> its methods from left to right, after the sheet of training digits."""

Out = Annotated[Path, typer.Option(help="CSV to write")]
Folder = Annotated[Path, typer.Option(help="folder to cache features in")]
Torchvision = Annotated[
    Path | None,
    typer.Option(help="torchvision's inception_v3_google-*.pth, in place of the FID network"),
]


class Embedder:
    """Features, cached in small files of a folder, so that a killed call loses little."""

    def __init__(self, folder: Path, torchvision: Path | None) -> None:
        self.folder = folder
        self.name = "torchvision" if torchvision else "fid"
        self._path = torchvision
        self._network: Callable[[torch.Tensor], torch.Tensor] | None = None

    def _load(self) -> Callable[[torch.Tensor], torch.Tensor]:
        network = Inception(inception_weights(None).path, torch.device("cpu"))
        if self._path is not None:
            network.network = folded(named_state(self._path))
        return network

    def __call__(self, images: np.ndarray, one: bool) -> np.ndarray:
        """float64 [N, 2048] of uint8 [N, H, W, C]. one: a grey image in the first channel only."""
        if one and images.shape[3] == 1:
            images = np.concatenate([images, np.zeros_like(images), np.zeros_like(images)], axis=3)
        return np.concatenate(
            [self._chunk(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK)]
        ).astype(np.float64)

    def _chunk(self, images: np.ndarray) -> np.ndarray:
        path = self.folder / f"{self.name}-{digest_of(images)[:24]}.npy"
        if not path.exists():
            self._network = self._network or self._load()
            features = self._network(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()
            self.folder.mkdir(parents=True, exist_ok=True)
            np.save(path.with_suffix(".part.npy"), features)
            path.with_suffix(".part.npy").rename(path)
        return np.asarray(np.load(path))


def _subset(n: int | None, dataset: str = "mnist", pairs: Sequence[str] = ()) -> Subset:
    """The subset of data seed 0."""
    source = SOURCES.lookup(dataset)
    settings = parse_pairs(source.settings, None, list(pairs), f"settings of {dataset}")
    return draw(source, settings, "train", n, 0)


def _pool(dataset: str = "mnist", pairs: Sequence[str] = ()) -> np.ndarray:
    """Images of the training split on which no method of `SHEETS` was trained."""
    whole, own = (_subset(n, dataset, pairs) for n in (None, max(SIZES)))
    free = np.flatnonzero(~np.isin(whole.indices, own.indices))
    return np.asarray(whole.data[stream("published", 0).permutation(free)[:POOL]])


def _split(subset: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions in the pool: of 256 digits, whose first n are a subset of n, and of all others."""
    places = stream("published subset", subset).permutation(POOL)
    return places[: max(SIZES)], places[max(SIZES) :]


def _of_samples(whole: float, half: float) -> float:
    """The FID of `SAMPLES` rows from the FIDs of DRAWN and DRAWN / 2: it falls like 1 / rows."""
    slope = (half - whole) / (1 / DRAWN)
    return whole - slope * (1 / DRAWN - 1 / SAMPLES)


def _am_ssim(matrix: np.ndarray) -> float:
    return float(matrix.max(axis=1).mean())


def _save(out: Path, rows: Iterator[dict[str, Any]]) -> None:
    lines = list(rows)
    cells = (
        [f"{value:.6g}" if isinstance(value, float) else value for value in line.values()]
        for line in lines
    )
    write_text(out, csv_text(lines[0], cells))


def real(
    out: Out,
    features: Folder,
    torchvision: Torchvision = None,
    dataset: Annotated[str, typer.Option(help="a registered dataset of images")] = "mnist",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="a setting of its loader, KEY=VALUE")
    ] = None,
) -> None:
    """Other real images: mean and deviation over the draws, for each subset."""
    pool, embed = _pool(dataset, set_ or ()), Embedder(features, torchvision)
    embedded = embed(pool, one=True)
    alike = {size: ssim_matrix(pool, pool, Window(size)) for size in WINDOWS}

    def rows() -> Iterator[dict[str, Any]]:
        for subset in range(SUBSETS):
            largest, others = _split(subset)
            draws = [
                stream("published draw", subset, k).permutation(others)[:DRAWN]
                for k in range(DRAWS)
            ]
            for n in SIZES:
                own = largest[:n]
                fids = [
                    [frechet_distance(embedded[d[:k]], embedded[own]) for k in (DRAWN, DRAWN // 2)]
                    for d in draws
                ]
                found = {
                    f"fid one, {DRAWN}": [whole for whole, _ in fids],
                    "fid one": [_of_samples(*pair) for pair in fids],
                    **{
                        f"am-ssim {size}": [_am_ssim(matrix[np.ix_(d, own)]) for d in draws]
                        for size, matrix in alike.items()
                    },
                }
                for reading, values in found.items():
                    yield {
                        "n": n,
                        "subset": subset,
                        "reading": reading,
                        "mean": float(np.mean(values)),
                        "std": float(np.std(values, ddof=1)),
                    }

    _save(out, rows())


def _similar(samples: np.ndarray, digits: np.ndarray) -> dict[str, float]:
    return {
        f"am-ssim {size}": _am_ssim(ssim_matrix(samples, digits, Window(size))) for size in WINDOWS
    }


def _kept(n: int, method: str) -> float:
    """The factor from the FID of few samples to the FID of the 1,024 judged samples.

    It is the ratio of two plain FIDs of the same run: of all its samples, and of the rows of its
    last snapshot. A snapshot has 64 rows; one of GA-NTK has n, at most 256, and its factor is too
    near to 1.
    """
    runs = KEPT / f"runs/table1-n{n}"
    whole = read_json(runs / f"{method}-metrics.json")["metrics"]["fid_train"]["value"]
    with open(runs / f"{method}-trajectory.csv", newline="", encoding="utf-8") as file:
        last = [row for row in csv.DictReader(file) if row["metric"] == "fid_train"][-1]
    return float(whole) / float(last["value"])


def methods(out: Out, features: Folder, torchvision: Torchvision = None) -> None:
    """The kept samples of every method, against their own training digits and against others."""
    pool, embed = _pool(), Embedder(features, torchvision)
    embedded = embed(pool, True)

    def rows() -> Iterator[dict[str, Any]]:
        for (n, picture), names in SHEETS.items():
            own = _subset(n).data
            first, *sheets = digits_of(KEPT / picture)
            if not np.array_equal(first, own[: len(first)]):
                raise InputError(f"{picture}: its first sheet is not that of the training digits")
            for method, samples in zip(names, sheets, strict=True):
                there = embed(samples, True)
                found = {"fid one": frechet_distance(there, embed(own, True))}
                found |= _similar(samples, own)
                alike = {size: ssim_matrix(samples, pool, Window(size)) for size in WINDOWS}
                places = [_split(subset)[0][:n] for subset in range(SUBSETS)]
                others = {"fid one": [frechet_distance(there, embedded[p]) for p in places]} | {
                    f"am-ssim {size}": [_am_ssim(matrix[:, p]) for p in places]
                    for size, matrix in alike.items()
                }
                factor = _kept(n, method)
                for reading, value in found.items():
                    yield {
                        "method": method,
                        "n": n,
                        "reading": reading,
                        "samples": len(samples),
                        "own": value,
                        "others": float(np.mean(others[reading])),
                        "others_std": float(np.std(others[reading], ddof=1)),
                        "factor": factor if reading == "fid one" else 1.0,
                    }

    _save(out, rows())


def solutions(
    folders: Annotated[list[Path], typer.Argument(help="solutions, with subsets FOLDER.npz")],
    out: Out,
    features: Folder,
    torchvision: Torchvision = None,
) -> None:
    """For each n, solutions on several subsets together, against each of the first five subsets."""
    embed = Embedder(features, torchvision)
    solved: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for folder in folders:
        digits = Subset.load(folder.with_suffix(".npz")).data
        solved.setdefault(len(digits), []).append((digits, load_samples(folder / "samples.npz")))

    def rows() -> Iterator[dict[str, Any]]:
        for n, pairs in sorted(solved.items()):
            samples = np.concatenate([rows for _, rows in pairs])
            there = embed(samples, True)
            for place, (digits, _) in enumerate(pairs[:5]):
                found = {"fid one": frechet_distance(there, embed(digits, True))}
                for reading, value in (found | _similar(samples, digits)).items():
                    yield {
                        "n": n,
                        "solutions": len(pairs),
                        "subset": place,
                        "reading": reading,
                        "samples": len(samples),
                        "value": value,
                    }

    _save(out, rows())


COMMANDS = (real, methods, solutions)
