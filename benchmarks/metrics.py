"""Speed, memory and agreement of the metrics: `python -m benchmarks metrics --help`.

Every number has beside it the number of the library that a user would otherwise use. Both are
measured in one run on the same data, each in its own process. Ratios are of wall-clock time and of
CPU time; other load on the machine affects the latter less.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from metrics.features import Features
from metrics.frechet import frechet_distance
from metrics.similarity import PAPER_WINDOW, Window, ssim_matrix
from metrics.weights import inception_weights
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

REPEATS = 5


def digits(count: int, name: str = "train_images") -> np.ndarray:
    """The first digits of the bundled MNIST, uint8 [count, 28, 28, 1]."""
    path = ROOT / "resources" / "mnist" / "mnist.npz"
    return read_arrays(path, name)[name][:count, ..., None]


@dataclass(frozen=True)
class Cost:
    """Wall-clock seconds, CPU seconds of all threads, and peak MiB above the imports."""

    seconds: float
    cpu_seconds: float
    peak_mib: float

    def ratios(self, other: "Cost") -> dict[str, float]:
        """Time of `other` divided by this time, wall-clock and CPU."""
        return {
            "ratio": round(other.seconds / self.seconds, 2),
            "cpu_ratio": round(other.cpu_seconds / self.cpu_seconds, 2),
        }

    def times(self, factor: float) -> "Cost":
        """The cost of `factor` times as much work."""
        return Cost(self.seconds * factor, self.cpu_seconds * factor, self.peak_mib)


def alone(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Cost]:
    """Result and cost of a function in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, function, arguments).result()


def _measured(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Cost]:
    before, start, cpu = _peak(), time.perf_counter(), time.process_time()
    result = function(*arguments)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    return result, Cost(seconds, cpu_seconds, _peak() - before)


def _peak() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def _row(name: str, cost: Cost, **more: Any) -> dict[str, Any]:
    return {"what": name, **{k: round(v, 4) for k, v in asdict(cost).items()}, **more}


def _report(rows: list[dict[str, Any]], **more: Any) -> None:
    print(json.dumps({"rows": rows, **more}, indent=2))


def _repeated(x: np.ndarray, y: np.ndarray) -> float:
    return [frechet_distance(x, y) for _ in range(REPEATS)][-1]


def _by_root(x: np.ndarray, y: np.ndarray) -> float:
    """The distance with scipy's matrix root, as in pytorch-fid but without its added epsilon."""
    from scipy.linalg import sqrtm

    sx, sy = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    gap = x.mean(axis=0) - y.mean(axis=0)
    return float(gap @ gap + np.trace(sx) + np.trace(sy) - 2 * np.trace(sqrtm(sx @ sy).real))


def frechet(
    n: Annotated[int, typer.Option(help="rows of each set")] = 256,
    dimensions: Annotated[int, typer.Option(help="features per row")] = 2048,
) -> None:
    """The Frechet distance against scipy.linalg.sqrtm, on random features."""
    rng = np.random.default_rng(0)
    scale = rng.gamma(0.5, size=dimensions)
    x, y = (rng.gamma(0.3, size=(n, dimensions)) * scale for _ in range(2))
    ours, own = alone(_repeated, x, y)
    theirs, root = alone(_by_root, x, y)
    own = own.times(1 / REPEATS)
    rows = [
        _row(f"frechet_distance (mean of {REPEATS})", own, value=ours, **own.ratios(root)),
        _row("scipy.linalg.sqrtm", root, value=theirs),
    ]
    _report(rows)


def _ssim(n: int, m: int, size: int) -> np.ndarray:
    return ssim_matrix(digits(n + m)[m:], digits(m), Window(size=size))


def _scikit_image(pairs: int) -> np.ndarray:
    from skimage.metrics import structural_similarity

    images = digits(2 * pairs)[..., 0] / 255
    return np.array(
        [
            structural_similarity(
                a,
                b,
                data_range=1.0,
                gaussian_weights=True,
                sigma=PAPER_WINDOW.sigma,
                use_sample_covariance=False,
            )
            for a, b in zip(images[:pairs], images[pairs:], strict=True)
        ]
    )


def ssim(
    generated: Annotated[int, typer.Option(help="generated images")] = 2048,
    training: Annotated[int, typer.Option(help="training images")] = 256,
    pairs: Annotated[int, typer.Option(help="pairs of the loop; its time is scaled")] = 2000,
) -> None:
    """SSIM of all pairs beside a loop over scikit-image (window 11: it has no even windows)."""
    rows = []
    _, loop = alone(_scikit_image, pairs)
    whole = loop.times(generated * training / pairs)
    rows.append(_row(f"scikit-image, from {pairs} pairs", whole, window=11))
    for size in (PAPER_WINDOW.size, 11):
        _, cost = alone(_ssim, generated, training, size)
        rows.append(_row("ssim_matrix", cost, window=size, **cost.ratios(whole)))
    first = digits(4)
    oracle = np.diag(ssim_matrix(first[:2], first[2:], Window(size=11)))
    error = float(np.abs(oracle - _scikit_image(2)).max())
    _report(rows, generated=generated, training=training, error=error)


def _their_network() -> Any:
    """pytorch-fid's network with our weights, whose file may have another format."""
    import torch
    from pytorch_fid import inception

    from metrics.inception import named_state

    state = named_state(inception_weights(None).path)
    state |= {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    inception.load_state_dict_from_url = lambda *_, **__: state
    return inception.InceptionV3()


def _theirs(folder: Path) -> tuple[np.ndarray, Cost]:
    import torch
    from pytorch_fid.fid_score import get_activations

    network = _their_network()
    files = sorted(folder.glob("*.png"))
    with torch.inference_mode():
        return _measured(get_activations, (files, network, 50, 2048, "cpu", 0))


def _ours(count: int, half: bool) -> tuple[np.ndarray, Cost]:
    import torch

    features = Features()
    features.embed("inception", digits(1))  # loads the weights
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        return _measured(features.embed, ("inception", digits(count + 1)[1:]))


def inception(
    count: Annotated[int, typer.Option(help="images")] = 300,
    bfloat16: Annotated[bool, typer.Option(help="time bfloat16 as well")] = True,
) -> None:
    """Images per second of the Inception extractor beside pytorch-fid's loop over PNG files."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        for i, image in enumerate(digits(count + 1)[1:, ..., 0]):
            Image.fromarray(image).convert("RGB").save(Path(folder) / f"{i:05d}.png")
        (expected, theirs), _ = alone(_theirs, Path(folder))
    rows = [_row("pytorch-fid", theirs, images_per_second=count / theirs.seconds)]
    half = count // 2
    distance = frechet_distance(expected[:half], expected[half:])
    for name, low in (("ours", False), ("ours, bfloat16", True))[: 1 + bfloat16]:
        (features, own), _ = alone(_ours, count, low)
        value = frechet_distance(features[:half], features[half:])
        rows.append(
            _row(
                name,
                own,
                images_per_second=count / own.seconds,
                **own.ratios(theirs),
                feature_error=float(np.abs(features - expected).max()),
                fid_error=abs(value - distance) / distance,
            )
        )
    _report(rows, images=count, fid=distance)


COMMANDS = (frechet, ssim, inception)
