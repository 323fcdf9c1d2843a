"""What the gradient through the discriminator's training buys: every run of a configuration, judged
along its way, in one process.

    python -m benchmarks ablation config/ablation.yaml
    python -m benchmarks ablation config/ablation-mnist.yaml

Prints a Markdown table: a line a run and moment, with the metrics of the configuration against the
training and held-out rows; of the last moment also the CPU time of the training, compilation
included. Of the first data seed; the workflow runs the same configuration, to tables and figures.
"""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from suite.planning.configuration import cells, load_config, method_entry, settings_of
from suite.running.cli import run

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)


@app.command()
def main(
    config: Annotated[Path, typer.Argument(help="a configuration")],
    moments: Annotated[int, typer.Option(help="moments of a run to judge", min=1)] = 4,
) -> None:
    """Train, judge and print."""
    from datasets.draw import draw
    from metrics.evaluate import Reference, evaluate, suited
    from metrics.features import Features
    from suite.protocol.method import Job
    from suite.running.checkpoint import Checkpoint

    plan, store = load_config(config), Features()
    printed: list[str] = []
    for cell in cells(plan):
        kind, source = plan.kind(cell.dataset), plan.source(cell.dataset)
        drawn = plan.seeds.data[0]
        subset = draw(kind, source, "train", cell.n, drawn)
        asked = plan.datasets[cell.dataset].heldout
        heldout = draw(kind, source, "heldout", asked, drawn, or_fewer=True)
        names = suited(list(plan.metrics), subset.data)
        if names != printed:
            printed = names
            print(f"\n| experiment | data | run | seed | updates | {' | '.join(names)} | CPU s |")
            print("| --- " * (len(names) + 6) + "|")
        references = {"train": Reference.of(subset), "heldout": Reference.of(heldout)}
        settings = settings_of(plan, cell.experiment, cell.dataset, cell.method)
        method = method_entry(cell.method)
        for seed in plan.seeds.training:
            started = time.process_time()
            result = method.train(Job(subset, settings, seed, 0, cell.n, Checkpoint(None)))
            spent = time.process_time() - started
            iterations, rows = result.trajectory.iterations, result.trajectory.data
            places = np.unique(np.linspace(len(rows) - 1, 1, moments).round().astype(int))
            for place in places:
                found = evaluate(rows[place], references, names, store, plan.seeds.evaluation)
                values = " | ".join(f"{found[name]['value']:.4g}" for name in names)
                end = f"{spent:.0f}" if place == places[-1] else ""
                where = f"{cell.experiment} | {cell.dataset}, n = {cell.n} | {cell.method}"
                print(f"| {where} | {seed} | {iterations[place]} | {values} | {end} |", flush=True)


if __name__ == "__main__":
    run(app)
