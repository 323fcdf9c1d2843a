"""The protocol of a method: a function from a subset of data to samples and a history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
from pydantic import PositiveInt

from suite.protocol.artefacts import Subset, Trajectory
from suite.protocol.registry import Registered, Registry
from suite.protocol.settings import Settings
from suite.running.checkpoint import Checkpoint

StopReason = Literal["budget", "early-stopping", "gradient-norm", "diverged"]


class MethodSettings(Settings):
    """What the suite reads in the settings of every method."""

    snapshots: PositiveInt = 20
    """number of log-spaced snapshots of the samples, not counting the start [snapshots]"""

    def snapshot_size(self, n: int) -> int:
        """Rows of a snapshot of one training on n rows. Without a generator: n."""
        return n

    @property
    def walkable(self) -> bool:
        """Whether the latent space has two dimensions, which a square of images can show."""
        return False


S = TypeVar("S", bound=MethodSettings)
Model = dict[str, np.ndarray]
Shape = tuple[int, ...]
"""Of a row: [H, W, C] or (2,)."""


@dataclass(frozen=True)
class Job(Generic[S]):
    """The input of a training.

    subset: the training rows.
    settings: an instance of the method's settings model.
    seed: the training seed.
    part: number of this solution among several independent ones on the same rows. Methods without a
        generator need several for many samples (GA-NTK paper, section 3.2).
    samples: number of rows to return. A method without a generator returns as many rows as the
        subset has instead.
    checkpoint: reads and writes the state of the training; default: no checkpoints.
    """

    subset: Subset
    settings: S
    seed: int
    part: int
    samples: int
    checkpoint: Checkpoint = field(default_factory=lambda: Checkpoint(None))


@dataclass(frozen=True)
class Result:
    """The output of a training.

    samples: uint8 images [N, H, W, C] or float32 points [N, 2].
    trajectory: log-spaced snapshots, including the start.
    history: one mapping for each recorded iteration, all with the same keys. The first two keys are
        `iteration` and `seconds` (training time so far, without compilation).
    stop_reason: why the training ended.
    compile_seconds: compilation time of this process [s].
    device: the device, as the framework names it.
    details: further values for run.json (the chosen lambda, parameter counts, ...).
    model: named arrays from which `Method.sample` draws more samples; None without a generator.
    """

    samples: np.ndarray
    trajectory: Trajectory
    history: list[dict[str, float]]
    stop_reason: StopReason
    compile_seconds: float
    device: str
    details: dict[str, Any] = field(default_factory=dict)
    model: Model | None = None


@dataclass(frozen=True)
class Work:
    """The amount of work in a training.

    It takes iterations * steps * (a + b * size) seconds. The rates a and b belong to the method and
    the machine (`suite.planning.known`).

    iterations: the budget.
    steps: passes in one iteration (discriminator and generator steps).
    size: size of a pass, relative to the size at which rates are measured. It is rows * pixels for
        a network, and rows^2 * pixels for a kernel matrix.
    """

    iterations: int
    steps: int
    size: float


@dataclass(frozen=True)
class Method(Registered, Generic[S]):
    """A registered method.

    name: its name in configurations and command lines.
    title: its name in tables and figures.
    settings: its settings model. Every field has a default and a description with its unit. The
        content of a file that a Path field names is part of the identity of a run. A field `batch`,
        if there is one, is the number of rows in an iteration.
    train: the training. It imports heavy libraries inside the function.
    sample: (model, settings, row shape [H, W, C] or (2,), count, seed) -> samples; None for a
        method without a generator, whose training returns the samples themselves.
    budget: the field of the settings with the number of iterations.
    work: (settings, row shape, n) -> the work of a training; None if it is not known.
    tiny: settings of a training that takes seconds, for tests.
    check: (settings, row shape, n); raises InputError for rows that the method cannot take. It runs
        before any job and before each training, so `train` need not check again. It imports no
        heavy libraries.
    generate: (model, settings, row shape, z [N, latent] float32) -> images, for a method whose
        settings can be `walkable`.
    """

    kind: ClassVar[str] = "method"
    title: str
    settings: type[S]
    train: Callable[[Job[S]], Result]
    sample: Callable[[Model, S, Shape, int, int], np.ndarray] | None = None
    budget: str = "iterations"
    work: Callable[[S, Shape, int], Work] | None = None
    tiny: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[S, Shape, int], None] | None = None
    generate: Callable[[Model, S, Shape, np.ndarray], np.ndarray] | None = None

    @property
    def batch(self) -> int | None:
        """Default number of rows in an iteration; None if every iteration uses all rows."""
        field = self.settings.model_fields.get("batch")
        return field.default if field else None


METHODS: dict[str, Registry[Method[Any]]] = {
    room: Registry(f"{room}.methods", Method) for room in ("gantk", "baselines")
}
"""Room -> the registry of its methods."""


def snapshot_iterations(total: int, count: int) -> list[int]:
    """0 and about `count` log-spaced iterations up to `total`, ascending, without repeats.

    >>> snapshot_iterations(1000, 4)
    [0, 1, 10, 100, 1000]
    """
    spaced = np.unique([*np.geomspace(1, total, count).round().astype(int), total])
    return [0, *(int(i) for i in spaced)]


def late(iterations: Sequence[int]) -> list[int]:
    """The iterations of the snapshots in the last nine tenths of a run, ascending.

    >>> late([0, 1, 10, 100, 1000])
    [100, 1000]
    """
    return [i for i in iterations if i >= iterations[-1] / 10]


def square(side: int) -> np.ndarray:
    """An equidistant grid on [-2, 2]^2, which has 91 % of a 2-D normal distribution.

    Returns:
        float32 [side^2, 2], row by row from the largest second coordinate to the smallest.
    """
    line = np.linspace(-2, 2, side, dtype=np.float32)
    return np.stack([np.tile(line, side), np.repeat(line[::-1], side)], axis=1)
