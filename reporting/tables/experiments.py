"""The table of each experiment: its heading, and how its numbers are read from a run."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reporting.plan import Plan
from reporting.runs import MetricValue, Run, Status

Reading = tuple[Status, Mapping[str, MetricValue]]


@dataclass(frozen=True)
class Table:
    """An experiment's table, without its numbers.

    name: the experiment of the configuration that fills it.
    title: its heading.
    caption: what a reader must know to compare it with the paper; "" if it is not the paper's.
    read: run -> (state of the run, metric -> value).
    metrics: its metrics -> their titles; None for the metrics of the configuration.
    description: its description in the configuration.
    """

    name: str
    title: str
    caption: str
    read: Callable[[Run], Reading]
    metrics: Mapping[str, str] | None = None
    description: str = ""


def judged(run: Run) -> Reading:
    """The metrics of a run, from its metrics.json."""
    return run.judged, run.metrics


def timed(run: Run) -> Reading:
    """Speed and convergence of a run, from its run.json: means over its parts.

    `best_seconds` is best_iteration / iterations_per_second. All but one of the cells of the
    paper's Table 9 are that quotient of the two cells above them.
    """
    found: dict[str, list[float]] = {}
    for record in run.records:
        rate = record.get("iterations_per_second")
        best = record.get("details", {}).get("best_iteration")
        values = {
            "best_iteration": best,
            "iterations": record.get("iterations"),
            "iterations_per_second": rate,
            "best_seconds": best / rate if best is not None and rate else None,
            "seconds": record.get("seconds"),
        }
        for name, value in values.items():
            if value is not None:
                found.setdefault(name, []).append(float(value))
    return run.trained, {
        name: MetricValue(
            value=sum(values) / len(values),
            better="higher" if name == "iterations_per_second" else "lower",
        )
        for name, values in found.items()
    }


TABLE_1 = Table(
    "table1",
    "Table 1: FID and AM-SSIM of generated images",
    "The published FID is set beside our FID against the n training images, which its values fit "
    "best; the paper does not name its reference set.",
    judged,
)
TABLE_2 = Table(
    "table2",
    "Table 2: FID and AM-SSIM with 2,048 training images",
    "Batches of 256 images. The paper's caption speaks of CelebA alone, its table lists three "
    "datasets.",
    judged,
)
TABLE_9 = Table(
    "table9",
    "Table 9: convergence speed and training time at n = 256",
    "The paper stops early, with a patience of 10,000 iterations, and prints fewer iterations than "
    "that: its numbers can only be those of the best iteration, so they are set beside ours of the "
    "best. The published times are of one NVIDIA V100, ours of the device named in the report.",
    timed,
    {
        "best_iteration": "Best iteration",
        "iterations": "Iterations in all",
        "iterations_per_second": "Iterations / s",
        "best_seconds": "Seconds to the best",
        "seconds": "Seconds in all",
    },
)
PAPER = {table.name: table for table in (TABLE_1, TABLE_2, TABLE_9)}
"""The experiments with a paper behind them: their published values are resources/paper/{name}.csv.
"""


def table_of(name: str, plan: Plan) -> Table:
    """The table of an experiment: one of the paper's, or a plain one under the experiment's name.

    A title or description in the configuration replaces ours.
    """
    title, description = plan.headings.get(name, ("", ""))
    spoken = re.sub("[-_]+", " ", name).strip()
    table = PAPER.get(name, Table(name, spoken[:1].upper() + spoken[1:], "", judged))
    return replace(table, title=title or table.title, description=description)
