"""The vanilla GAN's flow by three ODE solvers: the generator's gradient after a long training.

    python -m benchmarks vanilla --out results/reference/gantk2/vanilla.csv

The discriminator descends the mean of log(1 + exp(-y f)) over 2n rows for a time t, from f = 0
(Franceschi et al., 2022; rule `logistic` of `gantk.gantk2.rules`). The released code integrates
this with `neural_tangents.predict.gradient_descent`, which calls JAX's `odeint`. The table compares
it with the suite's Runge-Kutta method and with SciPy's LSODA at tolerances of 1e-10. It has the
mean norm of the gradient of -log sigmoid(f) at the generated points, which moves these points. The
data are eight Gaussians on a ring of radius 5 against normal points; the network is ReLU with
biases.
"""

from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import typer
from scipy.integrate import solve_ivp

from benchmarks.discriminators import points
from gantk.backend import configure
from gantk.dynamics.closed_form import labels
from gantk.gantk2.flow import architecture_of
from gantk.gantk2.rules import logistic_steps, weights
from gantk.gantk2.settings import InfiniteSettings
from gantk.kernel.peer import PeerKernel, import_neural_tangents
from suite.running.files import csv_text, write_text

TIMES = (1.0, 10.0, 100.0)


def main(
    out: Annotated[Path, typer.Option(help="CSV to write")],
    n: Annotated[int, typer.Option(help="points of each kind", min=1)] = 48,
) -> None:
    """Write the mean gradient norm, one line per time, precision and solver."""
    configure()
    peer = PeerKernel(architecture_of(InfiniteSettings(rule="logistic")))
    real = points("ring8", n, radius=5, variance=0.25, centre=0)
    rows = np.concatenate([real, np.random.default_rng(0).standard_normal((n, 2))])
    y = np.asarray(labels(n, n, -1.0), np.float64)
    exact = np.asarray(peer.gram(jnp.asarray(rows, jnp.float64)))

    def slope(_: float, w: np.ndarray) -> np.ndarray:
        return np.asarray(y / (1 + np.exp(y * (exact @ w))) / (2 * n))

    lines = []
    for precision in ("float64", "float32"):
        held = jnp.asarray(rows, precision)
        gram, fake, goal = peer.gram(held), held[n:], jnp.asarray(y[:, None], precision)
        by_odeint = import_neural_tangents().predict.gradient_descent(
            lambda f, goal: jnp.mean(jax.nn.softplus(-goal * f)), gram, goal
        )
        for time in TIMES:
            reached = solve_ivp(
                slope, (0, time), np.zeros(2 * n), method="LSODA", rtol=1e-10, atol=1e-12
            ).y[:, -1]
            steps = logistic_steps(time, float(gram.diagonal().max()))
            ours = weights("logistic", gram, jnp.asarray(y), time, steps)
            for solver, w in (("odeint", None), ("ours", ours), ("LSODA", jnp.asarray(reached))):

                def loss(x: Any, w: Any = w, at: Any = (by_odeint, time, held)) -> Any:
                    predict, time, held = at
                    kernel = peer._function(x, held, "ntk")
                    f = predict(time, 0.0, 0.0, kernel)[1] if w is None else kernel @ w
                    return jnp.sum(jax.nn.softplus(-f))

                found = float(np.linalg.norm(jax.grad(loss)(fake), axis=1).mean())
                lines.append([f"{time:g}", precision, solver, f"{found:.4g}"])
    write_text(out, csv_text(["time", "precision", "solver", "gradient"], lines))


COMMANDS = (main,)
