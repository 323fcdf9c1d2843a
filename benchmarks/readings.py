"""Which reading of "FID" comes closest to the published pairs of GA-CNTK and of DCGAN.

    python -m datasets subset mnist --n 64 --out train.npz
    python -m datasets subset mnist --n 128 --split heldout --out fresh.npz
    python -m gantk train ga-cntk --data train.npz --out ga-cntk --parts 4 --set iterations=920
    python -m baselines train dcgan --data train.npz --out dcgan/part0 --samples 256 \\
        --set networks=tuned --set updates=2800
    python -m benchmarks readings train.npz fresh.npz ga-cntk dcgan --most 128

One pipeline made both published values at n = 64: 31.10 for GA-CNTK, whose samples have an AM-SSIM
of 0.49, and 27.43 for DCGAN, at 0.84 (Table 1). Each reading is one way in which FID may have
been computed. With the right one, samples with the published AM-SSIM have the published FID. Our
samples have this AM-SSIM after the iterations above.
"""

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from benchmarks import _markdown
from metrics.extractors.lenet import LENET
from metrics.extractors.lenet import weights as lenet_weights
from metrics.frechet import frechet_distance
from metrics.inception import Inception, layers
from metrics.runs import load_generated
from metrics.similarity import ssim_matrix
from metrics.weights import inception_weights
from suite.protocol.artefacts import load_samples
from suite.running.errors import InputError

PUBLISHED = {"GA-CNTK": 31.10, "DCGAN": 27.43}
"""GA-NTK paper, Table 1, MNIST, n = 64."""
SIDE = 299
BATCH = 32
Images = np.ndarray
Distance = Callable[[np.ndarray, np.ndarray], float]


def _unit(images: Images) -> Tensor:
    """uint8 [N, H, W, 1] -> float32 [N, 3, H, W] in [0, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().expand(-1, 3, -1, -1) / 255


def _scaled(mode: str, **options: bool) -> Callable[[Images], Tensor]:
    def enter(images: Images) -> Tensor:
        return F.interpolate(_unit(images), size=(SIDE, SIDE), mode=mode, **options) * 2 - 1

    return enter


def _legacy(images: Images) -> Tensor:
    """TensorFlow 1's bilinear resize: pixel i comes from i * H / 299, not from pixel centres."""
    x = _unit(images)
    height = x.shape[2]
    position = torch.arange(SIDE) * (height / SIDE)
    low = position.long()
    high, share = (low + 1).clamp(max=height - 1), position - low
    x = x[:, :, low] * (1 - share)[:, None] + x[:, :, high] * share[:, None]
    return (x[..., low] * (1 - share) + x[..., high] * share) * 2 - 1


def _pillow(images: Images) -> Tensor:
    """Pillow's bicubic resize with antialiasing, of 8-bit images."""
    large = [
        Image.fromarray(i[..., 0]).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for i in images
    ]
    return _unit(np.stack([np.asarray(i) for i in large])[..., None]) * 2 - 1


def _normalised(images: Images) -> Tensor:
    """torchvision's own normalisation (ImageNet's mean and deviation) instead of [-1, 1]."""
    mean, std = (
        torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    return ((plain(images) + 1) / 2 - mean) / std


def _one_channel(images: Images) -> Tensor:
    """The digit in the first channel, black in the others."""
    x = plain(images)
    return torch.cat([x[:, :1], torch.full_like(x[:, 1:], -1)], dim=1)


plain = _scaled("bilinear", align_corners=False)


def _jpeg(quality: int) -> Callable[[Images], Images]:
    def save(image: np.ndarray) -> np.ndarray:
        buffer = io.BytesIO()
        Image.fromarray(image[..., 0]).save(buffer, "JPEG", quality=quality)
        return np.asarray(Image.open(buffer))[..., None]

    return lambda images: np.stack([save(image) for image in images])


def _padded(border: int, level: int = 0) -> Callable[[Images], Images]:
    width = ((0, 0), (border, border), (border, border), (0, 0))
    return lambda images: np.pad(images, width, constant_values=level)


def _shrunk(images: Images) -> Images:
    """Enlarged by nearest neighbours and reduced again, like an image cut from a sheet."""
    large = [Image.fromarray(i[..., 0]).resize((61, 61), Image.Resampling.NEAREST) for i in images]
    small = [i.resize((28, 28), Image.Resampling.BILINEAR) for i in large]
    return np.stack([np.asarray(i) for i in small])[..., None]


def _means(x: np.ndarray, y: np.ndarray) -> float:
    """Only the term of the means."""
    return float(np.sum((x.mean(0) - y.mean(0)) ** 2))


def _diagonal(x: np.ndarray, y: np.ndarray) -> float:
    """The distance with diagonal covariances."""
    return _means(x, y) + float(np.sum((x.std(0, ddof=1) - y.std(0, ddof=1)) ** 2))


def _rooted(x: np.ndarray, y: np.ndarray) -> float:
    """The square root of the distance: d instead of d^2."""
    return math.sqrt(max(frechet_distance(x, y), 0.0))


def _repeated(x: np.ndarray, y: np.ndarray) -> float:
    """Both sets repeated until they have 2,048 rows."""
    return frechet_distance(*(np.resize(rows, (2048, rows.shape[1])) for rows in (x, y)))


@dataclass(frozen=True)
class Reading:
    """One way to compute the distance.

    images: change of the 8-bit images. enter: 8-bit images -> input of the network, float32 [N, 3,
    299, 299]. layer: the layer whose output is averaged over positions; "" is the last. both:
    whether `images` changes the reference too. reference: the reference set, `train` or `fresh`.
    """

    name: str
    images: Callable[[Images], Images] = lambda images: images
    enter: Callable[[Images], Tensor] = plain
    layer: str = ""
    distance: Distance = frechet_distance
    both: bool = True
    reference: str = "train"


READINGS = [
    Reading("as pytorch-fid"),
    Reading("TensorFlow 1's resize", enter=_legacy),
    Reading("corners aligned", enter=_scaled("bilinear", align_corners=True)),
    Reading("nearest neighbours", enter=_scaled("nearest")),
    Reading("bicubic", enter=_scaled("bicubic", align_corners=False)),
    Reading("Pillow's antialiased bicubic", enter=_pillow),
    Reading("torchvision's normalisation", enter=_normalised),
    Reading("[0, 1] into the network", enter=lambda x: (plain(x) + 1) / 2),
    Reading("0 to 255 into the network", enter=lambda x: (plain(x) + 1) * 127.5),
    Reading("[0, 1] taken for 0 to 255", enter=lambda x: (plain(x) + 1) / 255 - 1),
    Reading("[-1, 1] taken for 0 to 255", enter=lambda x: plain(x) / 127.5 - 1),
    Reading("first channel only", enter=_one_channel),
    Reading("inverted", images=lambda x: 255 - x),
    Reading("samples inverted, reference not", images=lambda x: 255 - x, both=False),
    Reading("padded to 32", images=_padded(2)),
    Reading("cut from a sheet with white borders", images=_padded(1, 255)),
    Reading("cut from a rescaled sheet", images=_shrunk),
    Reading("samples cut from a rescaled sheet", images=_shrunk, both=False),
    Reading("JPEG, quality 95", images=_jpeg(95)),
    Reading("JPEG, quality 75", images=_jpeg(75)),
    Reading("samples as JPEG, quality 75", images=_jpeg(75), both=False),
    Reading("black and white at 128", images=lambda x: np.where(x > 127, 255, 0).astype(np.uint8)),
    Reading("levels below 80 cut off", images=lambda x: np.where(x < 80, 0, x).astype(np.uint8)),
    Reading("features of 64", layer="maxpool1"),
    Reading("features of 192", layer="maxpool2"),
    Reading("features of 768", layer="Mixed_6e"),
    Reading("means alone", distance=_means),
    Reading("diagonal covariances", distance=_diagonal),
    Reading("the root", distance=_rooted),
    Reading("both sets repeated to 2,048", distance=_repeated),
    Reading("against held-out digits", reference="fresh"),
    Reading("TensorFlow 1's resize, features of 768", enter=_legacy, layer="Mixed_6e"),
    Reading("nearest neighbours, means alone", enter=_scaled("nearest"), distance=_means),
    Reading("JPEG 75, TensorFlow 1's resize", images=_jpeg(75), enter=_legacy),
    Reading("diagonal, TensorFlow 1's resize", enter=_legacy, distance=_diagonal),
]


class Embedder:
    """Features of each reading. The network sees a set of images once for each way to enter it."""

    def __init__(self) -> None:
        self._inception = Inception(inception_weights(None).path, torch.device("cpu"))
        self._seen: dict[tuple[int, ...], dict[str, np.ndarray]] = {}

    def _outputs(self, images: Tensor) -> dict[str, Tensor]:
        """Means of the layers that the readings use; the key of the last layer is ""."""
        found: dict[str, Tensor] = {}
        with torch.inference_mode():
            for name, output in layers(self._inception.network, images):
                if name in ("maxpool1", "maxpool2", "Mixed_6e", "Mixed_7c"):
                    found[name] = output.mean(dim=(2, 3))
        return found | {"": found.pop("Mixed_7c")}

    def __call__(self, reading: Reading, images: Images, changed: bool) -> np.ndarray:
        """Features [N, d], float64, of uint8 images [N, 28, 28, 1]."""
        key = (id(reading.images) if changed else 0, id(reading.enter), id(images))
        if key not in self._seen:
            rows = reading.images(images) if changed else images
            parts: dict[str, list[np.ndarray]] = {}
            for start in range(0, len(rows), BATCH):
                entered = reading.enter(rows[start : start + BATCH])
                for name, output in self._outputs(entered).items():
                    parts.setdefault(name, []).append(output.double().numpy())
            self._seen[key] = {name: np.concatenate(values) for name, values in parts.items()}
        return self._seen[key][reading.layer]


def judged(
    train: Images, fresh: Images, sets: dict[str, Images]
) -> Iterator[tuple[Reading, dict[str, float]]]:
    """The distance of every set of images, and of the fresh digits, under every reading."""
    embed = Embedder()
    for reading in tqdm(READINGS, unit="reading"):
        reference = train if reading.reference == "train" else fresh
        kept = embed(reading, reference, reading.both)
        yield (
            reading,
            {
                name: reading.distance(embed(reading, images, True), kept)
                for name, images in {**sets, "fresh": fresh}.items()
            },
        )
    lenet = {n: LENET.embed(x, lenet_weights(None)) for n, x in {**sets, "fresh": fresh}.items()}
    own = LENET.embed(train, lenet_weights(None)).astype(np.float64)
    yield (
        replace(READINGS[0], name="features of a LeNet trained on MNIST"),
        {n: frechet_distance(x.astype(np.float64), own) for n, x in lenet.items()},
    )


def miss(values: dict[str, float]) -> float:
    """The larger of the two factors between a distance and its published value."""
    ratios = [max(values[name], 1e-9) / value for name, value in PUBLISHED.items()]
    return max(max(ratio, 1 / ratio) for ratio in ratios)


def main(
    train: Annotated[Path, typer.Argument(help="the 64 training digits (npz)")],
    fresh: Annotated[Path, typer.Argument(help="held-out digits (npz)")],
    ga_cntk: Annotated[Path, typer.Argument(help="a run of GA-CNTK (folder of its parts)")],
    dcgan: Annotated[Path, typer.Argument(help="a run of DCGAN (folder of its parts)")],
    most: Annotated[int, typer.Option(help="most samples judged of a run", min=2)] = 256,
) -> None:
    """Print a table: the readings, their distances, and their factor to the published values."""
    rows = {"train": load_samples(train), "fresh": load_samples(fresh)}
    sets = {}
    for name, folder in {"GA-CNTK": ga_cntk, "DCGAN": dcgan}.items():
        parts = sorted(folder.glob("part*"))
        if not parts:
            raise InputError(f"{folder}: holds no part* of a run: train {name} first")
        sets[name] = load_generated(parts)[:most]
    counts = ", ".join(f"{name} {len(x)}" for name, x in {**rows, **sets}.items())
    similar = {name: ssim_matrix(x, rows["train"]).max(axis=1).mean() for name, x in sets.items()}
    print(f"images: {counts}")
    print(", ".join(f"AM-SSIM of {name} {value:.2f}" for name, value in similar.items()))
    published = [f"{name} ({value:.2f})" for name, value in PUBLISHED.items()]
    print()
    print(_markdown.head("reading", *published, "fresh digits", "missed by a factor"))
    found = list(judged(rows["train"], rows["fresh"], sets))
    for reading, values in sorted(found, key=lambda item: miss(item[1])):
        cells = (f"{values[name]:.2f}" for name in (*sets, "fresh"))
        print(_markdown.line(reading.name, *cells, f"{miss(values):.1f}"))


COMMANDS = (main,)
