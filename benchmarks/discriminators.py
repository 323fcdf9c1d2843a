"""Pictures of kernel discriminators: widths, flows and gradient fields.

    python -m benchmarks discriminators --out results/reference/gantk2

It writes four PNG files. `width-1d`: c(f) of networks and of the infinite limit on a line.
`width-2d`: the same in the plane, with the directions of the points. `flow`: points over c(f) along
GAN(TK)^2's flow. `field`: the direction of one point towards another one, for ReLU with and without
biases and for the radial kernel.
"""

from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import typer

from datasets.draw import draw
from gantk.backend import configure
from gantk.dynamics.closed_form import labels
from gantk.dynamics.objectives import POINT_OBJECTIVES
from gantk.gantk2.finite import initial_layers, output, train_twins
from gantk.gantk2.flow import KernelDiscriminator, architecture_of
from gantk.gantk2.rules import weights
from gantk.gantk2.settings import InfiniteSettings
from gantk.keys import named_key
from gantk.methods.gantk2 import GANTK2
from reporting.figures.style import PALETTE, new
from suite.protocol.artefacts import Subset
from suite.protocol.method import Job
from suite.protocol.settings import parse
from suite.protocol.source import SOURCES

FAKE = 1.5 * np.array([-1.2, -1.34, -0.8, -0.7, -0.3])[:, None]
REAL = 1.5 * np.array([0.6, 1.0, 1.23, 1.32, 0.2])[:, None]
WIDTHS = (64, 128, 256, 512)
RATE = 0.1
NETWORKS: dict[str, dict[str, Any]] = {
    "ReLU, b = 1": {},
    "ReLU, b = 0": {"sigma_b2": 0.0},
    "radial": {"kernel": "rbf"},
}


def infinite(settings: Any, real: Any, fake: Any, new: Any) -> np.ndarray:
    """f on new rows [m, d], 100 at a time, of the infinitely wide discriminator."""
    kernel: Any = KernelDiscriminator.of(settings, 1, len(fake)).kernel
    rows = jnp.concatenate([real, fake])
    n = len(real)
    y = jnp.asarray(labels(n, n, -1.0))
    w = weights(settings.rule, jax.jit(kernel.gram)(rows), y, settings.time)
    cross = jax.jit(lambda chunk: kernel.joint(kernel.fixed(rows), chunk)[2 * n :, : 2 * n] @ w)
    return np.concatenate([cross(new[i : i + 100]) for i in range(0, len(new), 100)])


def finite(settings: Any, width: int, real: Any, fake: Any, new: Any) -> np.ndarray:
    """f on new rows of one antisymmetric pair of networks, trained for the same time."""
    network = architecture_of(settings)
    key = named_key("discriminators", width)
    layers = initial_layers(network, (real.shape[1], width, 1), key, jnp.float32)
    steps = round(settings.time / RATE)

    def trained(twins: Any) -> Any:
        after = train_twins(network, settings.rule, twins, real, fake, RATE, steps)
        return output(network, after, new)

    return np.asarray(jax.jit(trained)((layers, layers)))


def objective(settings: Any, f: np.ndarray) -> np.ndarray:
    """c(f)."""
    return np.asarray(POINT_OBJECTIVES[settings.score].generated(jnp.asarray(f)))


def direction(settings: Any, real: Any, fake: Any) -> np.ndarray:
    """Minus the gradient of mean c(f) at the fakes, [n, d]."""
    made = KernelDiscriminator.of(settings, 1, len(fake))

    def loss(fake: Any) -> Any:
        return made.loss(made.kernel.fixed(real), fake)

    return -np.asarray(jax.jit(jax.grad(loss))(fake))


def plane(low: float, high: float, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates of `side` places on a line, and the points of the square, [side^2, 2]."""
    line = np.linspace(low, high, side)
    return line, np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2).astype(np.float32)


def points(name: str, n: int, **settings: Any) -> np.ndarray:
    """Rows of a dataset."""
    source = SOURCES.lookup(name)
    return draw(source, parse(source.settings, settings, name), "train", n, 0).data


def width_1d() -> Any:
    """c(f) along a line, IPM and LSGAN, by widths."""
    figure, axes = new(8, 3, 1, 2)
    x = np.linspace(-3, 3, 100, dtype=np.float32)[:, None]
    real, fake = REAL.astype(np.float32), FAKE.astype(np.float32)
    for one, rule, title in zip(axes, ("squares", "ipm"), ("LSGAN", "IPM"), strict=True):
        settings = InfiniteSettings(rule=rule)
        for width, color in zip(WIDTHS, PALETTE, strict=False):
            values = objective(settings, finite(settings, width, real, fake, x))
            one.plot(x[:, 0], values, color=color, lw=0.9, label=f"width {width}")
        values = objective(settings, infinite(settings, real, fake, x))
        one.plot(x[:, 0], values, color="black", lw=1.8, label="infinite")
        base = float(values.min())
        one.plot(fake[:, 0], np.full(len(fake), base), "v", color="#AA0000", ms=5)
        one.plot(real[:, 0], np.full(len(real), base), "^", color="#005540", ms=5)
        one.set(title=f"{title}: c(f) after t = 1", xlabel="x")
    axes[0].legend()
    return figure


def width_2d() -> Any:
    """c(f) in the plane at width 512 and infinity, LSGAN, density a towards b."""
    settings = InfiniteSettings(rule="squares")
    real, fake = points("density", 30, picture="b"), points("density", 30, picture="a")
    line, grid = plane(-1.1, 1.1, 40)
    figure, axes = new(7, 3.4, 1, 2)
    values = finite(settings, 512, real, fake, grid), infinite(settings, real, fake, grid)
    arrows = direction(settings, real, fake)
    for one, f, title in zip(axes, values, ("width 512", "infinite width"), strict=True):
        one.contourf(line, line, objective(settings, f).reshape(40, 40), 20, cmap="Greys")
        one.scatter(real[:, 0], real[:, 1], s=10, color="#005540", label="real")
        one.scatter(fake[:, 0], fake[:, 1], s=10, color="#AA0000", label="generated")
        one.set(title=f"{title}: f² after t = 1", aspect="equal")
        one.grid(False)
    axes[1].quiver(*fake.T, *arrows.T, color="#AA0000", width=0.004)
    axes[0].legend(fontsize=7)
    return figure


def flow(iterations: tuple[int, ...] = (0, 10, 100, 400), n: int = 128) -> Any:
    """Points over c(f) along the flow: IPM on a ring of radius 5, ReLU with biases, step 1000."""
    real = points("ring8", n, radius=5, variance=0.25, centre=0)
    subset = Subset(real, np.zeros(n, np.int64), np.arange(n), "ring8", "train", 0)
    line, grid = plane(-7, 7, 30)
    figure, axes = new(10, 2.9, 1, len(iterations))
    for one, count in zip(axes, iterations, strict=True):
        settings = InfiniteSettings(iterations=max(count, 1), snapshots=1)
        result = GANTK2.train(Job(subset, settings, 0, 0, n))
        fake = result.trajectory.data[0 if count == 0 else -1]
        values = objective(settings, infinite(settings, real, fake, grid))
        one.contourf(line, line, values.reshape(30, 30), 20, cmap="Greys")
        one.scatter(real[:, 0], real[:, 1], s=3, color="#005540")
        one.scatter(fake[:, 0], fake[:, 1], s=3, color="#AA0000")
        one.set(title=f"{count} updates", aspect="equal", xticks=[], yticks=[])
        one.grid(False)
    return figure


def field() -> Any:
    """Directions of a single generated point on a grid towards a real one at (1, 0), IPM."""
    x, y = np.meshgrid(np.linspace(-2, 2, 15), np.linspace(0, 2, 15))
    places = np.stack([x, y], axis=-1).reshape(-1, 1, 2).astype(np.float32)
    real = jnp.asarray([[1.0, 0.0]], jnp.float32)
    figure, axes = new(10, 2.4, 1, len(NETWORKS))
    for one, (name, chosen) in zip(axes, NETWORKS.items(), strict=True):
        made = KernelDiscriminator.of(InfiniteSettings(rule="ipm", **chosen), 1, 1)

        def loss(fake: Any, made: Any = made) -> Any:
            return made.loss(made.kernel.fixed(real), fake)

        slope = jax.jit(jax.grad(loss))
        arrows = -np.concatenate([slope(place) for place in places])
        one.quiver(x.ravel(), y.ravel(), *arrows.T, color="#0015AA")
        one.plot(1, 0, "o", color="#005540")
        one.set(title=name, aspect="equal")
    return figure


def main(out: Annotated[Path, typer.Option(help="folder to write to")]) -> None:
    """Draw the four pictures."""
    configure()
    out.mkdir(parents=True, exist_ok=True)
    pictures = {"width-1d": width_1d, "width-2d": width_2d, "field": field, "flow": flow}
    for name, made in pictures.items():
        made().savefig(out / f"{name}.png", dpi=100, metadata={"Software": None})
        print(out / f"{name}.png", flush=True)


COMMANDS = (main,)
