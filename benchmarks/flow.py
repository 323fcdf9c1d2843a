"""One step of GAN(TK)^2's flow beside neural-tangents: CPU time and accuracy.

    python -m benchmarks flow --n 500 --rule ipm

Computes loss and gradient of n generated points against n real points on a ring of radius 5 (ReLU
with biases, float32). Both implementations take turns in one process. neural-tangents
differentiates its kernel in the first argument, which is the same work. Prints JSON: seconds are
medians of CPU time on OMP_NUM_THREADS threads; gradient_error is the largest difference to
neural-tangents in float64, relative to the largest entry of that gradient.
"""

import json
import time
from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import typer

from benchmarks.discriminators import points
from gantk.backend import configure
from gantk.dynamics.closed_form import labels
from gantk.gantk2.flow import KernelDiscriminator, architecture_of
from gantk.gantk2.rules import weights
from gantk.gantk2.settings import InfiniteSettings
from gantk.kernel.peer import PeerKernel


def main(
    n: Annotated[int, typer.Option(help="points of each kind", min=1)] = 500,
    rule: Annotated[Literal["ipm", "squares"], typer.Option(help="rule for the weights")] = "ipm",
    rounds: Annotated[int, typer.Option(help="turns of each", min=1)] = 5,
) -> None:
    """Time one step of ours and of neural-tangents."""
    configure()
    settings = InfiniteSettings(rule=rule)
    made = KernelDiscriminator.of(settings, 2, n)
    peer = PeerKernel(architecture_of(settings))
    y = jnp.asarray(labels(n, n, -1.0))
    score = {"ipm": lambda f: -f, "squares": jnp.square}[rule]

    def ours(real: Any, fake: Any) -> Any:
        return made.loss(real, fake)

    def theirs(real: Any, fake: Any) -> Any:
        rows = jnp.concatenate([real, jax.lax.stop_gradient(fake)])
        # An IPM's weights need no kernel.
        gram = peer.gram(rows) if rule == "squares" else jnp.zeros((0, 0))
        w = weights(rule, gram, y, settings.time)
        return jnp.mean(score(peer._function(fake, rows, "ntk").astype(w.dtype) @ w))

    real = jnp.asarray(points("ring8", n, radius=5, variance=0.25, centre=0))
    fake = jnp.asarray(np.random.default_rng(0).standard_normal((n, 2)), jnp.float32)
    fixed = jax.jit(made.kernel.fixed)(real)
    exact = jax.jit(jax.grad(theirs, argnums=1))(real.astype(jnp.float64), fake.astype(jnp.float64))
    contestants = {"ours": (ours, fixed), "neural_tangents": (theirs, real)}
    steps = {
        name: (jax.jit(jax.value_and_grad(function, argnums=1)).lower(held, fake).compile(), held)
        for name, (function, held) in contestants.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    gradients = {}
    for _ in range(rounds + 1):
        for name, (step, held) in steps.items():
            started = time.process_time()
            gradients[name] = jax.block_until_ready(step(held, fake))[1]
            seconds[name].append(time.process_time() - started)
    report: dict[str, Any] = {
        name: {
            "seconds": float(np.median(values[1:])),
            "gradient_error": float(
                np.abs(np.asarray(gradients[name]) - exact).max() / np.abs(exact).max()
            ),
        }
        for name, values in seconds.items()
    }
    report["ratio"] = report["neural_tangents"]["seconds"] / report["ours"]["seconds"]
    report["setting"] = {"n": n, "rule": rule, "precision": "float32"}
    print(json.dumps(report, indent=2))


COMMANDS = (main,)
