"""The protocol of a method: one function from a subset of data to samples and their history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np

from suite.protocol.artefacts import Subset, Trajectory
from suite.protocol.registry import Registered, Registry
from suite.protocol.settings import Settings
from suite.running.checkpoint import Checkpoint

StopReason = Literal["budget", "early-stopping", "gradient-norm", "diverged"]
S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Job(Generic[S]):
    """What a method is asked to do.

    subset: the training rows.
    settings: an instance of the method's settings model.
    seed: the training seed.
    part: which of several independent solutions on the same rows this is (methods without a
        generator reach a large sample count by many solutions; see GA-NTK paper, section 3.2).
    samples: how many rows to return, for a method with a generator; one without returns as
        many as the subset has.
    checkpoint: where to go on from, and where to write; default: nothing is kept.
    """

    subset: Subset
    settings: S
    seed: int
    part: int
    samples: int
    checkpoint: Checkpoint = field(default_factory=lambda: Checkpoint(None))


@dataclass(frozen=True)
class Result:
    """What a method returns.

    samples: uint8 images [N, H, W, C] or float32 points [N, 2].
    trajectory: log-spaced snapshots, the start included.
    history: one mapping a recorded iteration, the same keys in each; the first two are
        `iteration` and `seconds` (training time so far, compilation apart).
    stop_reason: why the run ended.
    compile_seconds: seconds spent compiling, in this process.
    device: the processor that the run used, as its framework names it.
    details: whatever else belongs into run.json (a chosen lambda, parameter counts, ...).
    model: named arrays from which `Method.sample` draws more samples; None without a generator.
    """

    samples: np.ndarray
    trajectory: Trajectory
    history: list[dict[str, float]]
    stop_reason: StopReason
    compile_seconds: float
    device: str
    details: dict[str, Any] = field(default_factory=dict)
    model: dict[str, np.ndarray] | None = None


@dataclass(frozen=True)
class Work:
    """What a training costs, in units that one machine has one rate for.

    Its time is iterations * steps * (a + b * size), with a and b of the method and the machine
    (`suite.planning.cost`).

    iterations: the budget.
    steps: passes of one iteration (discriminator steps and the generator's).
    size: of one pass, relative to what the method's rates were measured at: rows times pixels for
        a network, their square for a kernel matrix.
    """

    iterations: int
    steps: int
    size: float


@dataclass(frozen=True)
class Method(Registered, Generic[S]):
    """A registered method.

    name: what configurations and command lines call it.
    title: what tables and figures call it.
    settings: its settings model; every field has a default and a description with its unit. A
        Path names a file, whose content is part of what identifies a run.
    train: the protocol. Heavy libraries are imported inside.
    sample: (model, settings, image shape [H, W, C] or (2,), count, seed) -> samples, for methods
        with a generator; None for those that solve for the samples themselves.
    generate: (model, settings, image shape, z [N, latent] float32) -> images, for methods whose
        latent space can be walked through.
    check: (settings, shape of a row, n) -> None; raises InputError for rows that the method cannot
        take. It is called before any job is planned and before each training, so that `train` need
        not check again. It must not import heavy libraries.
    """

    kind: ClassVar[str] = "method"
    title: str
    settings: type[S]
    train: Callable[[Job[S]], Result]
    sample: Callable[[dict[str, np.ndarray], S, tuple[int, ...], int, int], np.ndarray] | None = (
        None
    )
    budget: str = "iterations"
    work: Callable[[S, tuple[int, ...], int], Work] | None = None
    tiny: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[S, tuple[int, ...], int], None] | None = None
    generate: (
        Callable[[dict[str, np.ndarray], S, tuple[int, ...], np.ndarray], np.ndarray] | None
    ) = None


METHODS: dict[str, Registry[Method[Any]]] = {
    room: Registry(f"{room}.methods", Method) for room in ("gantk", "baselines")
}
"""The rooms of methods, each with its registry."""


def snapshot_iterations(total: int, count: int) -> list[int]:
    """0, then about `count` log-spaced iterations up to `total`, each once, ascending.

    >>> snapshot_iterations(1000, 4)
    [0, 1, 10, 100, 1000]
    """
    spaced = np.unique([*np.geomspace(1, total, count).round().astype(int), total])
    return [0, *(int(i) for i in spaced)]


def late(iterations: Sequence[int]) -> list[int]:
    """The snapshots in the last nine tenths of a run, ascending.

    >>> late([0, 1, 10, 100, 1000])
    [100, 1000]
    """
    return [i for i in iterations if i >= iterations[-1] / 10]


def square(side: int) -> np.ndarray:
    """Equidistant places of the square [-2, 2]^2, which holds 91 % of a 2-D normal distribution.

    Returns:
        float32 [side^2, 2], the second coordinate falling from row to row.
    """
    line = np.linspace(-2, 2, side, dtype=np.float32)
    return np.stack([np.tile(line, side), np.repeat(line[::-1], side)], axis=1)
