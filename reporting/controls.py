"""Real images in the place of generated ones: what copying gets, and the noise floor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from reporting.plan import Plan
from reporting.runs import Measured
from suite import paths
from suite.errors import from_validation
from suite.files import read_json

PREFIX = "control:"
FLOOR = f"{PREFIX}disjoint"


class Control(BaseModel):
    """One control of one data seed."""

    model_config = ConfigDict(extra="allow", frozen=True)
    title: str
    samples: int
    metrics: dict[str, Measured]


class _File(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    controls: dict[str, Control]


@dataclass(frozen=True)
class Controls:
    """The controls of a reproduction so far.

    found: (dataset, n) -> name of the control -> its values, one a data seed. Names start with
        `control:`; `control:disjoint`, real images that are no training images, is the floor.
    planned: data seeds.
    """

    found: Mapping[tuple[str, int], Mapping[str, Sequence[Control]]] = field(default_factory=dict)
    planned: int = 1

    @property
    def titles(self) -> dict[str, str]:
        """What to call them, by name."""
        return {
            name: values[0].title for here in self.found.values() for name, values in here.items()
        }


def read_controls(plan: Plan, results: Path) -> Controls:
    """The controls that stand under results/controls; none need to.

    Raises:
        InputError: a file of them is damaged.
    """
    found: dict[tuple[str, int], dict[str, list[Control]]] = {}
    for dataset, n in dict.fromkeys((cell.dataset, cell.n) for cell in plan.cells):
        for seed in plan.data_seeds:
            path = results / paths.CONTROLS.format(dataset=dataset, n=n, data_seed=seed)
            if not path.exists():
                continue
            try:
                file = _File.model_validate(read_json(path))
            except ValidationError as error:
                raise from_validation(error, str(path), _File.model_fields) from None
            for name, control in file.controls.items():
                here = found.setdefault((dataset, n), {})
                here.setdefault(PREFIX + name, []).append(control)
    return Controls(found, len(plan.data_seeds))
