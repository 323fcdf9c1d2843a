"""What the runs of a plan have left so far."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from reporting.plan import Plan
from suite.planning.configuration import Cell
from suite.protocol.settings import parse
from suite.running import paths
from suite.running.digests import remedy
from suite.running.errors import LAST_LINE, InputError
from suite.running.files import read_json

Status = Literal["ok", "diverged", "failed", "missing"]


class MetricValue(BaseModel):
    """One metric of one run.

    std: its standard error over the samples, if it has one. interval, doubt: of a share of copies,
    its 95 % interval and the p-value of the hypothesis that no sample is a copy.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    value: float | None
    std: float | None = None
    better: Literal["lower", "higher", "neither"]
    interval: tuple[float, float] | None = None
    doubt: float | None = None


class Evaluation(BaseModel):
    """metrics.json: the metrics of one run."""

    model_config = ConfigDict(extra="allow", frozen=True)
    status: Literal["ok", "diverged"]
    samples: int
    metrics: dict[str, MetricValue]
    provenance: dict[str, Any] = {}


@dataclass(frozen=True)
class Run:
    """One planned run of one cell, finished or not.

    folder: .../data{data_seed}/seed{seed}.
    evaluation: its metrics.json, or None.
    records: run.json of each part that is finished.
    fault: the last error in the log of a part that is not finished; "" if there is none.
    """

    cell: Cell
    data_seed: int
    seed: int
    folder: Path
    evaluation: Evaluation | None
    records: tuple[dict[str, Any], ...]
    fault: str

    @property
    def metrics(self) -> Mapping[str, MetricValue]:
        """Its metrics; none if it was not judged."""
        return self.evaluation.metrics if self.evaluation else {}

    @property
    def part(self) -> Path:
        """The folder of the first part, which figures show."""
        return self.folder / paths.FIRST_PART

    @property
    def trained(self) -> Status:
        """The state of its training."""
        if any(record["stop_reason"] == "diverged" for record in self.records):
            return "diverged"
        if len(self.records) == self.cell.parts:
            return "ok"
        return "failed" if self.fault else "missing"

    @property
    def judged(self) -> Status:
        """The state of its evaluation."""
        if self.evaluation is not None:
            return self.evaluation.status
        if self.trained == "ok":
            return "failed" if self.fault else "missing"
        return self.trained


def _record(path: Path) -> dict[str, Any]:
    record = read_json(path)
    if not isinstance(record, dict) or "stop_reason" not in record:
        raise InputError(f"{path}: is no record of a run: {remedy(path)}")
    return record


def _fault(logs: Path, names: Iterable[str]) -> str:
    """The last error in the logs of these jobs; "" if there is none, as of a killed job."""
    errors = [
        line
        for name in names
        if (logs / f"{name}.log").exists()
        for line in (logs / f"{name}.log").read_text("utf-8", errors="replace").splitlines()
        if LAST_LINE.match(line)
    ]
    return errors[-1] if errors else ""


def _run(cell: Cell, data_seed: int, seed: int, results: Path) -> Run:
    seeds = {"data_seed": data_seed, "seed": seed}
    place = paths.RUN.format(**vars(cell), **seeds)
    parts = [paths.PART.format(**vars(cell), **seeds, part=part) for part in range(cell.parts)]
    records = [results / part / paths.RECORD for part in parts]
    metrics = results / place / paths.METRICS
    evaluation = parse(Evaluation, read_json(metrics), str(metrics)) if metrics.exists() else None
    pending = [part for part, path in zip(parts, records, strict=True) if not path.exists()]
    if evaluation is None:
        pending.append(f"{place}/metrics")
    return Run(
        cell,
        data_seed,
        seed,
        results / place,
        evaluation,
        tuple(_record(path) for path in records if path.exists()),
        _fault(results / paths.LOGS, pending),
    )


def read_runs(plan: Plan, results: Path) -> Iterator[Run]:
    """Every planned run, with its files under `results`; each of them may be missing.

    Raises:
        InputError: `results` is no folder, or a file of a run is damaged.
    """
    if not results.is_dir():
        raise InputError(f"{results}: no such folder: run the workflow first, or check --results")
    for cell in plan.cells:
        for data_seed in plan.data_seeds:
            for seed in plan.training_seeds:
                yield _run(cell, data_seed, seed, results)
