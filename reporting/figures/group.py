"""The runs that one figure shows: all methods on one subset size of one dataset."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from reporting.controls import Control, Controls
from reporting.figures.style import Pen, pens, square_of
from reporting.plan import Plan
from reporting.runs import Run
from suite.protocol.artefacts import Subset
from suite.running import paths


@dataclass(frozen=True)
class Group:
    """All methods on one subset size of one dataset, in one experiment.

    runs: method -> its runs whose first part is finished.
    subset: the file of the training rows of the first data seed, which may be gone.
    controls: name of the control -> data seed -> its values.
    """

    plan: Plan
    experiment: str
    dataset: str
    n: int
    runs: Mapping[str, list[Run]]
    subset: Path
    pens: Mapping[str, Pen]
    controls: Mapping[str, Mapping[int, Control]]

    @property
    def name(self) -> str:
        """Its name in file names."""
        return f"{self.experiment}-{self.dataset}-n{self.n}"

    @property
    def title(self) -> str:
        """Its name in headings."""
        return self.plan.place(self.dataset, self.n)

    def label(self, method: str) -> str:
        """The title of a method, and whether its first run diverged."""
        diverged = self.firsts[method].trained == "diverged"
        return self.plan.title(method) + (" (diverged)" if diverged else "")

    @property
    def firsts(self) -> dict[str, Run]:
        """Method -> its first run, which figures show."""
        return {method: runs[0] for method, runs in self.runs.items()}

    def having(self, name: str) -> dict[str, Path]:
        """Method -> this file of its first run, for the methods whose run has it."""
        files = {method: run.folder / name for method, run in self.firsts.items()}
        return {method: file for method, file in files.items() if file.exists()}

    @cached_property
    def real(self) -> np.ndarray | None:
        """The training rows of the first data seed; None if the file is gone."""
        return Subset.load(self.subset).data if self.subset.exists() else None

    @property
    def square(self) -> tuple[float, float]:
        """Limits of both axes for points; those of the unit square if the subset is gone."""
        return (0.0, 1.0) if self.real is None else square_of(self.real)


def groups(plan: Plan, results: Path, runs: Iterable[Run], controls: Controls) -> list[Group]:
    """The groups that have something to show, in the order of the plan."""
    drawn = pens(plan)
    position = {name: i for i, name in enumerate(drawn)}
    found: dict[tuple[str, str, int], dict[str, list[Run]]] = {}
    for run in runs:
        if (run.part / paths.RECORD).exists():
            cell = run.cell
            methods = found.setdefault((cell.experiment, cell.dataset, cell.n), {})
            methods.setdefault(cell.method, []).append(run)
    return [
        Group(
            plan,
            *key,
            dict(sorted(methods.items(), key=lambda item: position[item[0]])),
            results / paths.SUBSET.format(dataset=key[1], n=key[2], data_seed=plan.data_seeds[0]),
            drawn,
            controls.found.get(key[1:], {}),
        )
        for key, methods in found.items()
    ]
