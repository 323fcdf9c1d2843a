"""The largest learning rate of a finite discriminator of GAN(TK)^2 that does not diverge.

    python -m benchmarks stability --out results/reference/gantk2/stability.csv

With rule `squares`, f follows df/dt = -(2/n) K (f - y) over the 2n rows. A step of learning rate r
multiplies the error along an eigenvector of K / n with eigenvalue mu by 1 - 2 r mu. It shrinks the
error only if r < 1 / mu. So the largest mu gives the largest stable learning rate. It is computed
for the infinite network and for random networks of one width (ReLU with biases), on the points of
config/gantk2.yaml, with the generated points at their start and on the training points.
"""

from pathlib import Path
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import typer

from datasets.draw import draw
from gantk.backend import configure
from gantk.gantk2.finite import initial_layers, network_output
from gantk.gantk2.flow import KernelDiscriminator, architecture_of
from gantk.gantk2.settings import InfiniteSettings
from gantk.keys import named_key
from suite.planning.configuration import Config, load_config
from suite.protocol.artefacts import Subset
from suite.protocol.seeds import stream
from suite.running.files import csv_text, write_text
from suite.running.provenance import ROOT


def points(config: Config, dataset: str) -> dict[str, np.ndarray]:
    """`start` or `arrived` (the generated points) -> float64 [2n, 2], training points first."""
    n = config.experiments["relu"].datasets[dataset].n[0]
    real = draw(config.kind(dataset), config.source(dataset), "train", n, 0).data
    own = config.experiments["relu"].datasets[dataset].methods.get("gantk2", {})
    drawn = stream("flow", 0, 0).standard_normal(real.shape)
    start = Subset.load(ROOT / own["start"]).data[:n] if own else drawn
    generated = {"start": start, "arrived": real}
    return {k: np.concatenate([real, rows]).astype(np.float64) for k, rows in generated.items()}


def largest(gram: np.ndarray) -> float:
    """The largest eigenvalue of K / n, K [2n, 2n]."""
    return float(np.linalg.eigvalsh(gram)[-1]) / (len(gram) // 2)


def main(
    out: Annotated[Path, typer.Option(help="CSV to write")],
    networks: Annotated[int, typer.Option(help="random networks", min=1)] = 16,
    width: Annotated[int, typer.Option(help="units of a hidden layer", min=1)] = 128,
) -> None:
    """Write the largest eigenvalue of K / n, one line per kernel."""
    configure()
    settings = InfiniteSettings()
    network = architecture_of(settings)
    config = load_config(ROOT / "config" / "gantk2.yaml")

    @jax.jit
    def finite(key: jax.Array, rows: jax.Array) -> jax.Array:
        layers = initial_layers(network, (rows.shape[1], width, 1), key, rows.dtype)
        slopes = jax.vmap(
            jax.grad(lambda one, row: network_output(network, one, row[None])[0, 0]), (None, 0)
        )
        total: jax.Array = sum(
            leaf.reshape(len(rows), -1) @ leaf.reshape(len(rows), -1).T
            for leaf in jax.tree.leaves(slopes(layers, rows))
        )
        return total

    lines: list[list[object]] = []
    for dataset in config.experiments["relu"].datasets:
        for place, rows in points(config, dataset).items():
            kernel = KernelDiscriminator.of(settings, 1, len(rows) // 2).kernel
            grams = {("infinite", 0): jax.jit(kernel.gram)(jnp.asarray(rows))} | {
                (width, number): finite(
                    named_key("stability", number), jnp.asarray(rows, "float32")
                )
                for number in range(networks)
            }
            for (units, number), gram in grams.items():
                value = largest(np.asarray(gram, np.float64))
                lines.append([dataset, place, units, number, f"{value:.4g}"])
    write_text(out, csv_text(["dataset", "generated", "width", "network", "largest"], lines))


COMMANDS = (main,)
