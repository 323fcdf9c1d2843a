"""Controls: real images that are judged as if a method had generated them.

They show what copies of the training images score, and what other real images score (the floor).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from reporting.plan import Plan
from reporting.runs import MetricValue
from suite.protocol.settings import parse
from suite.running import paths
from suite.running.files import read_json

PREFIX = "control:"
FLOOR = f"{PREFIX}disjoint"
FRESH = f"{PREFIX}heldout"


class Control(BaseModel):
    """One control of one data seed. `samples` is the number of rows that were judged."""

    model_config = ConfigDict(extra="allow", frozen=True)
    title: str
    samples: int
    metrics: dict[str, MetricValue]

    def value(self, metric: str) -> float | None:
        """Its value of a metric; None if it has none."""
        return self.metrics[metric].value if metric in self.metrics else None


class _File(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    controls: dict[str, Control]
    left_out: tuple[str, ...] = ()
    shared: dict[str, int] = {}


Place = tuple[str, int]
"""Dataset and n."""


@dataclass(frozen=True)
class Controls:
    """The controls of a reproduction so far.

    found: place -> name of the control -> data seed -> its values. In tables a control is called
        control:NAME, where a method has its name; NAME is a key of metrics/controls.py.
        `control:disjoint` (real images outside the training set) is the floor, `control:heldout`
        has held-out images.
    left_out: place -> sentences that say which controls, or metrics of them, are missing and why.
    shared: place -> sentences about held-out rows that are also training rows.
    """

    found: Mapping[Place, Mapping[str, Mapping[int, Control]]] = field(default_factory=dict)
    left_out: Mapping[Place, Iterable[str]] = field(default_factory=dict)
    shared: Mapping[Place, Iterable[str]] = field(default_factory=dict)

    @property
    def titles(self) -> dict[str, str]:
        """Name of each control -> its title."""
        return {
            name: next(iter(seeds.values())).title
            for here in self.found.values()
            for name, seeds in here.items()
        }


def read_controls(plan: Plan, results: Path) -> Controls:
    """The controls under results/controls; a missing file is a missing control.

    Raises:
        InputError: a file of them is damaged.
    """
    found: dict[Place, dict[str, dict[int, Control]]] = {}
    left_out: dict[Place, dict[str, None]] = {}
    shared: dict[Place, list[str]] = {}
    for dataset, n in dict.fromkeys((cell.dataset, cell.n) for cell in plan.cells):
        for seed in plan.data_seeds:
            path = results / paths.CONTROLS.format(dataset=dataset, n=n, data_seed=seed)
            if not path.exists():
                continue
            file = parse(_File, read_json(path), str(path))
            for name, control in file.controls.items():
                here = found.setdefault((dataset, n), {})
                here.setdefault(PREFIX + name, {})[seed] = control
            left_out.setdefault((dataset, n), {}).update(dict.fromkeys(file.left_out))
            if file.shared.get("heldout"):
                shared[dataset, n] = [
                    f"{file.shared['heldout']:,} of the {file.shared['of']:,} held-out rows are "
                    "training rows too, so that metrics against held-out rows reward copies."
                ]
    return Controls(found, left_out, shared)
