"""The protocols of a metric and of a feature extractor, and what a metric is given."""

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
    """Trained weights of an extractor, and where they come from.

    path: a file that has been checked.
    source: where the file came from, in words.
    sha256: of the file.
    """

    path: Path
    source: str
    sha256: str


@dataclass(frozen=True)
class Extractor(Registered):
    """A registered map from images to features.

    embed: (uint8 images [N, H, W, C], weights or None) -> float32 features [N, d]. A row depends
        on its own image only.
    shape: the only image shape [H, W, C] that it takes; None for any.
    weights: (path given by the user, or None) -> the weights, fetched where need be; None for
        an extractor without weights.
    arithmetic: () -> device and precision, for one that embeds on a GPU where there is one: a
        part of the key of cached features, since they differ in their last digits.
    """

    kind: ClassVar[str] = "extractor"
    embed: Callable[[np.ndarray, Weights | None], np.ndarray]
    shape: tuple[int, int, int] | None = None
    weights: Callable[[Path | None], Weights] | None = None
    arithmetic: Callable[[], dict[str, str]] | None = None


@dataclass(frozen=True)
class Value:
    """What a metric returns.

    value: the metric itself.
    std: its standard error or deviation, where the metric has one.
    details: whatever else belongs into metrics.json (subset sizes, neighbours, ...).
    """

    value: float
    std: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """Generated rows and the reference that they are judged against.

    generated, reference: uint8 images [N, H, W, C] and [M, H, W, C], or float32 points [N, 2]
        and [M, 2].
    labels: int64 [M], the class or mode of each reference row; None where they have none.
    seed: the evaluation seed, for metrics that draw.
    embed: (extractor's name, images) -> float32 features [N, d], from a cache where they are.
    new: real rows that are neither generated nor training rows, as `reference`, to tell what new
        ones get; None where there are none.
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
        """`compute(self, *arguments)`, computed once for all metrics that ask for it."""
        key = (compute, *arguments)
        if key not in self._memory:
            self._memory[key] = compute(self, *arguments)
        known: T = self._memory[key]
        return known


@dataclass(frozen=True)
class Metric(Registered):
    """A registered metric.

    title: what tables and figures call it.
    about: what it sees and what it misses, in a few sentences.
    unit: of its values; what is counted, for a share.
    range: least and largest possible value; None where there is no bound (no least: no largest).
    better: which direction is better; `neither` where both ends are bad.
    reference: the set that generated rows are compared with.
    data: what it judges.
    minimum: fewest rows that it needs on either side.
    extractor: the features it uses; None for a metric on pixels or points.
    compute: the metric itself, on a pair that fits the fields above.
    labelled: whether it needs the labels of the reference rows.
    side: fewest pixels that it needs on either edge of an image.
    shows: what the verdict and the page take it for.
        copies: the share of samples that are training rows, minus that of new rows, with an
            interval and a p-value; a value above 0 means copies.
        nearness: how near samples are to training rows, which new ones are too.
        diversity: how different samples are from each other.
        coverage: how many of the reference rows, or modes, have a sample near them.
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
    def summary(self) -> str:
        """Direction, reference, unit, range, and what the metric sees and misses."""
        direction = "Neither end" if self.better == "neither" else self.better.capitalize()
        low, high = self.range
        ends = "any value" if low is None else f"{low:g} " + (f"to {high:g}" if high else "or more")
        return (
            f"{direction} is better; against the {self.reference} set; {self.unit}, {ends}. "
            f"{self.about}"
        )


METRICS: Registry[Metric] = Registry("metrics.definitions", Metric)
EXTRACTORS: Registry[Extractor] = Registry("metrics.extractors", Extractor)
