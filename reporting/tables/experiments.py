"""The table of each experiment: its heading, and where its numbers come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reporting.runs import Measured, Run, Status

Reading = tuple[Status, Mapping[str, Measured]]


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    name: the experiment of the configuration that fills it.
    title: its heading.
    caption: what a reader must know to read it.
    read: run -> the run's state, and its values by metric.
    metrics: its metrics and what to call them; None for those of the configuration.
    """

    name: str
    title: str
    caption: str
    read: Callable[[Run], Reading]
    metrics: Mapping[str, str] | None = None


def judged(run: Run) -> Reading:
    """The metrics of a run, from its metrics.json."""
    return run.judged, run.evaluation.metrics if run.evaluation else {}


def timed(run: Run) -> Reading:
    """Speed and convergence of a run, from its run.json; the mean over its parts.

    `best_seconds` is best_iteration / iterations_per_second, which is how every cell but one of
    the paper's Table 9 follows from the two above it.
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
        name: Measured(
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
TABLES = {table.name: table for table in (TABLE_1, TABLE_2, TABLE_9)}
