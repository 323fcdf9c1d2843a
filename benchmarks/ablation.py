"""The effect of the gradient through the discriminator's training: trains every run of a
configuration in one process, and judges it at several moments.

    python -m benchmarks ablation config/ablation.yaml
    python -m benchmarks ablation config/ablation-mnist.yaml

Prints a Markdown table with one line per run and moment: the metrics of the configuration against
the training and held-out rows, and at the last moment the CPU time of the training with its
compilation. It uses the first data seed only. The workflow runs the same configurations too.
"""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks import _markdown
from datasets.draw import draw
from metrics.evaluate import Reference, evaluate, suited
from metrics.features import Features
from suite.planning.configuration import cells, load_config, method_entry, settings_of
from suite.protocol.method import Job


def main(
    config: Annotated[Path, typer.Argument(help="a configuration")],
    moments: Annotated[int, typer.Option(help="moments at which a run is judged", min=1)] = 4,
) -> None:
    """Train, judge and print."""
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
            titles = ("experiment", "data", "run", "seed", "updates", *names, "CPU s")
            print(f"\n{_markdown.head(*titles)}")
        references = {"train": Reference.of(subset), "heldout": Reference.of(heldout)}
        settings = settings_of(plan, cell)
        method = method_entry(cell.method)
        for seed in plan.seeds.training:
            started = time.process_time()
            result = method.train(Job(subset, settings, seed, 0, cell.n))
            spent = time.process_time() - started
            iterations, rows = result.trajectory.iterations, result.trajectory.data
            places = np.unique(np.linspace(len(rows) - 1, 1, moments).round().astype(int))
            for place in places:
                found = evaluate(rows[place], references, names, store, plan.seeds.evaluation)
                values = [f"{found[name]['value']:.4g}" for name in names]
                end = f"{spent:.0f}" if place == places[-1] else ""
                where = (cell.experiment, f"{cell.dataset}, n = {cell.n}", cell.method)
                line = _markdown.line(*where, seed, iterations[place], *values, end)
                print(line, flush=True)


COMMANDS = (main,)
