"""Fashion-MNIST, articles of clothing at 28 x 28 x 1 (Xiao et al., 2017)."""

from pathlib import Path
from typing import Literal, get_args

from datasets.idx import files_of, read_split
from datasets.rows import of_classes
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


def open_fashion_mnist(settings: FashionMnistSettings, split: Split) -> Rows:
    """Rows in the order of the files; the test set is held out."""
    name = "FashionMNIST" if settings.source == "download" else ""
    images, labels = read_split(settings.path, split, name)
    articles = settings.articles
    chosen = None if articles is None else [ARTICLES.index(one) for one in articles]
    return of_classes(images, labels, chosen)


FASHION_MNIST = Source(
    "fashion-mnist",
    "Fashion-MNIST",
    FashionMnistSettings,
    open_fashion_mnist,
    files=lambda settings: files_of(settings.path) if settings.source == "folder" else None,
    shape=lambda _: (28, 28, 1),
)
