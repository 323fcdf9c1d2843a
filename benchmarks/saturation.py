"""Whether a discriminator still gives a gradient: a finite network beside the NTK's (Fig. 5).

    python -m datasets subset mnist --n 64 --out train.npz
    python -m benchmarks saturation train.npz --out saturation.png

As in the GA-NTK paper, section 4.2, a finite network of GA-CNTK's architecture learns to tell n
images from n images of noise, by gradient descent on the squared error with full batches. The paper
has 65,536 steps with 256 + 256 rows. Here a CPU suffices, with fewer rows and a narrow network.

Then one noise image descends |1 - D|^2 / 2: once through that network, and twice through GA-CNTK,
whose D is trained anew for every state of the image. The two training times of GA-CNTK are the
network's (lambda = steps * rate / rows) and that of the released code; the paper says only "with a
large t". The curves are the norms of the image's gradient.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import typer
from tqdm import trange

from benchmarks import _markdown
from gantk.backend import configure
from gantk.descent.layers import conv
from gantk.dynamics.discriminator import gram_loss, released_lambda
from gantk.gantk2.finite import Layers, initial_layers, network_output
from gantk.images import initial_rows, to_unit
from gantk.kernel.architecture import Architecture, architecture
from gantk.kernel.gram import Kernel
from gantk.keys import named_key
from gantk.settings import ConvolutionalSettings
from reporting.figures.style import REAL, new, save
from suite.protocol.artefacts import Subset
from suite.running.errors import InputError

Weights = tuple[Layers, Layers]
"""Weights of the convolutions, then of the dense layers."""
CHUNK = 256
"""Steps between two looks at the progress bar."""


def finite_network(
    network: Architecture, width: int, shape: tuple[int, ...], key: jax.Array
) -> tuple[Weights, Callable[[Weights, jax.Array], jax.Array]]:
    """A convolutional ReLU network of `width` channels in NTK parametrisation.

    Returns:
        its weights, drawn from N(0, 1), and (weights, images [n, H, W, C]) -> outputs [n].
    """
    convs: Layers = []
    side, channels = shape[0], shape[2]
    first, second = jax.random.split(key)
    for own in jax.random.split(first, network.convs):
        kernel, bias = jax.random.split(own)
        kernels = jax.random.normal(kernel, (4, 4, channels, width))
        convs.append((kernels, jax.random.normal(bias, (width,))))
        side, channels = -(-side // 2), width
    sides = (side * side * channels, width, 1)

    def apply(weights: Weights, x: jax.Array) -> jax.Array:
        for kernels, bias in weights[0]:
            scale = (network.sigma_w2 / np.prod(kernels.shape[:-1])) ** 0.5
            scaled = {"weight": scale * kernels, "bias": network.sigma_b2**0.5 * bias}
            x = jax.nn.relu(conv({f"conv/{k}": v for k, v in scaled.items()}, "conv", x, 2))
        return network_output(network, weights[1], x)[:, 0]

    return (convs, initial_layers(network, sides, second, jnp.float32)), apply


def trained(
    apply: Callable[[Weights, jax.Array], jax.Array],
    weights: Weights,
    x: jax.Array,
    y: jax.Array,
    rate: float,
    steps: int,
) -> Weights:
    """Gradient descent on mean (f - y)^2 / 2 over all rows."""

    def step(_: jax.Array, weights: Weights) -> Weights:
        gradient = jax.grad(lambda w: jnp.mean((apply(w, x) - y) ** 2) / 2)(weights)
        stepped: Weights = jax.tree.map(lambda w, g: w - rate * g, weights, gradient)
        return stepped

    advance = jax.jit(lambda weights, count: jax.lax.fori_loop(0, count, step, weights))
    for first in trange(0, steps, CHUNK, unit=f"{CHUNK} steps"):
        weights = advance(weights, min(CHUNK, steps - first))
    return weights


def norms(
    gradient: Callable[[jax.Array], jax.Array], start: jax.Array, first: float, count: int
) -> np.ndarray:
    """Norms of an image's gradient along `count` steps of its descent in [0, 1], float64.

    first: length of the first step; it sets the step size. GA-NTK's own step is far larger.
    """
    length = jnp.linalg.norm(jax.jit(gradient)(start))
    step = jnp.where(length > 0, first / length, 0)

    def move(z: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        g = gradient(z)
        return jnp.clip(z - step * g, 0, 1), jnp.linalg.norm(g)

    return np.asarray(jax.jit(lambda z: jax.lax.scan(move, z, None, count))(start)[1], np.float64)


def main(
    data: Annotated[Path, typer.Argument(help="training images (npz)")],
    out: Annotated[Path, typer.Option(help="PNG to write")],
    steps: Annotated[int, typer.Option(help="training of the network [steps]", min=1)] = 65536,
    width: Annotated[int, typer.Option(help="channels, and units per layer", min=1)] = 16,
    moves: Annotated[int, typer.Option(help="descent of the image [steps]", min=2)] = 300,
    first: Annotated[float, typer.Option(help="length of the first step [pixel values]")] = 0.5,
) -> None:
    """Draw the norms along both descents, and print them at some iterations."""
    configure()
    subset = Subset.load(data).data
    if subset.ndim != 4:
        raise InputError(f"{data}: holds points: choose a subset of images")
    settings = ConvolutionalSettings(objective="half_square")
    network = architecture(settings, subset.shape[1])
    real = jnp.asarray(to_unit(subset, np.float32))
    noise = jnp.asarray(initial_rows("uniform", subset.shape, 0, 0), jnp.float32)
    rows, n = jnp.concatenate([real, noise]), len(real)
    y = jnp.concatenate([jnp.ones(n), jnp.zeros(n)]).astype(jnp.float32)
    kernel = Kernel.on_all_devices(network, subset.shape[1], n)
    largest = float(np.linalg.eigvalsh(np.asarray(kernel.gram(rows), np.float64))[-1])
    rate = 2 * n / largest

    key = named_key("saturation", 0)
    weights, apply = finite_network(network, width, subset.shape[1:], key)
    weights = trained(apply, weights, rows, y, rate, steps)
    told = np.asarray(jax.jit(apply)(weights, rows))
    print(f"finite network, {steps:,} steps: D is {told[:n].mean():.3f} on real images,", end=" ")
    print(f"{told[n:].mean():.3f} on noise")

    loss = gram_loss(settings, n, n)
    fixed = kernel.fixed(real)

    def through_finite(z: jax.Array) -> jax.Array:
        slope: jax.Array = jax.grad(lambda z: (1 - apply(weights, z[None])[0]) ** 2 / 2)(z)
        return slope

    def through_kernel(lam: float) -> Callable[[jax.Array], jax.Array]:
        def own(z: jax.Array) -> jax.Array:
            return loss(kernel.joint(fixed, noise.at[0].set(z)), jnp.float64(lam))

        return jax.grad(own)

    times = {"as long": steps * rate / (2 * n), "released": released_lambda(settings.rate, 2 * n)}
    found = {
        f"finite network ({width} channels)": norms(through_finite, noise[0], first, moves)
    } | {
        f"GA-CNTK, {name} (λ = {lam:.3g})": norms(through_kernel(lam), noise[0], first, moves)
        for name, lam in times.items()
    }
    figure, (axes,) = new(5.2, 3.4)
    for (name, values), line in zip(found.items(), ("--", ":", "-"), strict=True):
        axes.plot(np.arange(moves), values, line, color=REAL, label=name)
    axes.set(yscale="log", xlabel="iteration", ylabel="norm of one image's gradient")
    axes.legend()
    save(figure, out)
    shown = np.unique(np.geomspace(1, moves, 8).round().astype(int)) - 1
    print(_markdown.head("iteration", *shown))
    for name, values in found.items():
        print(_markdown.line(name, *(f"{values[i]:.2g}" for i in shown)))


COMMANDS = (main,)
