"""How long the steps of a finite discriminator of GAN(TK)^2 may be before its training diverges.

    python -m benchmarks stability --out results/reference/gantk2/stability.csv

By the squares, f = f(0) follows df/dt = -(2/n) K (f - y) over the 2n rows: a step of rate r
multiplies the error along an eigenvector of K / n by 1 - 2 r mu, and shrinks it only where
r < 1 / mu. So the largest mu tells the longest stable step. Measured for the infinite network and
for networks of one width as they are drawn, ReLU with biases, on the points of config/gantk2.yaml
with the generated points where they start and where they have arrived.
"""

import csv
import io
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from suite.planning.configuration import Config, load_config
from suite.protocol.artefacts import Subset
from suite.running.cli import run
from suite.running.files import write_text
from suite.running.provenance import ROOT

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)


def points(config: Config, dataset: str) -> dict[str, np.ndarray]:
    """float64 [2n, 2]: the training points, and the generated ones at the start and arrived."""
    from datasets.draw import draw

    n = config.experiments["relu"].datasets[dataset].n[0]
    real = draw(config.kind(dataset), config.source(dataset), "train", n, 0).data
    own = config.experiments["relu"].datasets[dataset].methods.get("gantk2", {})
    start = Subset.load(ROOT / own["start"]).data[:n] if own else _normal(real.shape)
    generated = {"start": start, "arrived": real}
    return {k: np.concatenate([real, rows]).astype(np.float64) for k, rows in generated.items()}


def _normal(shape: tuple[int, ...]) -> np.ndarray:
    from suite.protocol.seeds import stream

    return stream("flow", 0, 0).standard_normal(shape)


def largest(gram: np.ndarray) -> float:
    """The largest eigenvalue of K / n, K [2n, 2n]."""
    return float(np.linalg.eigvalsh(gram)[-1]) / (len(gram) // 2)


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="CSV to write")],
    networks: Annotated[int, typer.Option(help="networks drawn", min=1)] = 16,
    width: Annotated[int, typer.Option(help="units of a hidden layer", min=1)] = 128,
) -> None:
    """Write the largest eigenvalue of K / n: a line a kernel."""
    import jax
    import jax.numpy as jnp

    from gantk.backend import configure
    from gantk.gantk2.finite import initial_layers, network_output
    from gantk.gantk2.flow import KernelDiscriminator, architecture_of
    from gantk.gantk2.settings import InfiniteSettings
    from gantk.keys import named_key

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

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["dataset", "generated", "width", "network", "largest"])
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
                writer.writerow([dataset, place, units, number, f"{value:.4g}"])
    write_text(out, buffer.getvalue())


if __name__ == "__main__":
    run(app)
