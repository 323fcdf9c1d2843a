"""The protocols of a metric and of a feature extractor."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np

from suite.protocol.registry import Registered, Registry

ReferenceSet = Literal["train", "heldout", "class"]
T = TypeVar("T")


@dataclass(frozen=True)
class Weights:
    """The trained weights of an extractor.

    path: the file, which has been checked.
    source: the origin of the file, in words.
    sha256: digest of the file.
    """

    path: Path
    source: str
    sha256: str


@dataclass(frozen=True)
class Extractor(Registered):
    """A registered map from images to features.

    embed: (uint8 images [N, H, W, C], weights or None) -> float32 features [N, d]. Each row depends
        on its own image only.
    shape: the only image shape [H, W, C] that it supports; None for any shape.
    weights: (path given by the user, or None) -> the weights, downloaded if necessary; None for an
        extractor without weights.
    arithmetic: () -> device and precision, for an extractor that can use a GPU. It is part of the
        key of cached features, since they differ in their last digits.
    """

    kind: ClassVar[str] = "extractor"
    embed: Callable[[np.ndarray, Weights | None], np.ndarray]
    shape: tuple[int, int, int] | None = None
    weights: Callable[[Path | None], Weights] | None = None
    arithmetic: Callable[[], dict[str, str]] | None = None


@dataclass(frozen=True)
class Value:
    """The output of a metric.

    value: the value.
    std: its standard error or deviation, if the metric has one.
    details: further values for metrics.json (subset sizes, neighbours, ...).
    """

    value: float
    std: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """The input of a metric: generated rows and reference rows.

    generated, reference: uint8 images [N, H, W, C] and [M, H, W, C], or float32 points [N, 2]
        and [M, 2].
    labels: int64 [M], the class or mode of each reference row; None without labels.
    seed: the evaluation seed, for metrics with random numbers.
    embed: (name of the extractor, images) -> float32 features [N, d], from the cache if possible.
    new: real rows that are not training rows, to show the value that new rows get; None if there
        are none.
    """

    generated: np.ndarray
    reference: np.ndarray
    labels: np.ndarray | None
    seed: int
    embed: Callable[[str, np.ndarray], np.ndarray]
    new: np.ndarray | None = None
    _memory: dict[Any, Any] = field(default_factory=dict, repr=False)

    def features(self, extractor: str) -> tuple[np.ndarray, np.ndarray]:
        """Features of the generated and of the reference rows, float64 [N, d] and [M, d]."""
        both = (self.generated, self.reference)
        left, right = (self.embed(extractor, rows).astype(np.float64) for rows in both)
        return left, right

    def once(self, compute: Callable[..., T], *arguments: Any) -> T:
        """`compute(self, *arguments)`, cached for all metrics that use it."""
        key = (compute, *arguments)
        if key not in self._memory:
            self._memory[key] = compute(self, *arguments)
        known: T = self._memory[key]
        return known


@dataclass(frozen=True)
class Metric(Registered):
    """A registered metric.

    title: its name in tables and figures.
    about: what it sees and what it misses, in a few sentences.
    unit: the unit of its values; for a share: of what.
    range: smallest and largest possible value; None without a bound. A metric without a smallest
        value has no largest one.
    better: the better direction; `neither` if both ends are bad.
    reference: the set with which generated rows are compared.
    data: the kind of rows.
    minimum: smallest number of rows in each set.
    extractor: the name of its features; None for a metric on pixels or points.
    compute: the metric. Its input fits the fields above.
    labelled: whether it needs the labels of the reference rows.
    side: smallest number of pixels on each side of an image.
    shows: how the verdict and the page use it.
        copies: the share of samples that are copies of training rows minus the share for new rows,
            with an interval and a p-value. A value above 0 means copies.
        nearness: the similarity of samples and training rows. New rows are similar too.
        diversity: the difference between samples.
        coverage: the share of reference rows or modes with a sample near them.
        quality: none of these.
    """

    kind: ClassVar[str] = "metric"
    title: str
    about: str
    unit: str
    range: tuple[float | None, float | None]
    better: Literal["lower", "higher", "neither"]
    reference: ReferenceSet
    compute: Callable[[Pair], Value]
    data: Literal["images", "points"] = "images"
    minimum: int = 1
    extractor: str | None = None
    labelled: bool = False
    side: int = 1
    shows: Literal["quality", "copies", "nearness", "diversity", "coverage"] = "quality"

    @property
    def bounds(self) -> str:
        """The range of its values, in words."""
        low, high = self.range
        if low is None:
            return "any value"
        return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"

    @property
    def summary(self) -> str:
        """Better direction, reference, unit, range, and what the metric sees and misses."""
        direction = "Neither end" if self.better == "neither" else self.better.capitalize()
        return (
            f"{direction} is better; against the {self.reference} set; {self.unit}, {self.bounds}. "
            f"{self.about}"
        )


METRICS: Registry[Metric] = Registry("metrics.definitions", Metric)
EXTRACTORS: Registry[Extractor] = Registry("metrics.extractors", Extractor)
