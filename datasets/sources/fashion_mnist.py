"""Fashion-MNIST, articles of clothing at 28 x 28 x 1 (Xiao et al., 2017)."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np

from datasets.download import download
from datasets.idx import files_of, read_split
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split

Article = Literal[
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle-boot",
]
ARTICLES: tuple[str, ...] = get_args(Article)


class FashionMnistSettings(Settings):
    """The files of Fashion-MNIST, and which articles to use."""

    source: Literal["download", "folder"] = "download"
    """download into `path` with torchvision, or use the files in `path`"""
    path: Path = Path("resources/downloads")
    """folder with the four IDX files, plain or gzipped, or for the download"""
    articles: tuple[Article, ...] | None = None
    """use only these classes; default: all"""


def _download(path: Path) -> Path:
    from torchvision.datasets import FashionMNIST

    remedy = (
        "put its four IDX files into a folder (Debian's dataset-fashion-mnist has them) and set "
        "source to 'folder' and path to it"
    )
    download(FashionMNIST, path, "Fashion-MNIST", remedy)
    return path / "FashionMNIST" / "raw"


def open_fashion_mnist(settings: FashionMnistSettings, split: Split) -> Rows:
    """Rows in the order of the files; the test set is held out."""
    folder = settings.path if settings.source == "folder" else _download(settings.path)
    images, labels = read_split(folder, split)
    if settings.articles is not None:
        keep = np.isin(labels, [ARTICLES.index(name) for name in settings.articles])
        images, labels = images[keep], labels[keep]
    return Rows(labels.astype(np.int64), lambda indices: images[indices][..., None])


def files(settings: FashionMnistSettings) -> list[Path] | None:
    """The four IDX files of a folder."""
    return files_of(settings.path) if settings.source == "folder" else None


FASHION_MNIST = Source(
    "fashion-mnist",
    "Fashion-MNIST",
    FashionMnistSettings,
    open_fashion_mnist,
    files=files,
    shape=lambda _: (28, 28, 1),
)
