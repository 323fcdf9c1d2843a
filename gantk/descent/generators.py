"""The generators of GA-CNTKg: those of the baselines (Tables 3, 4 and 5), and one for codes."""

from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from gantk.descent.layers import Arrays, dense, double, draw_weights, layer_shapes

BATCH_NORM_EPSILON = 1e-5


@dataclass(frozen=True)
class Generator:
    """Dense layers, then 4 x 4 transposed convolutions of stride 2; ReLU between them.

    latent: dimension of z.
    dense: widths of the dense layers; the last one is reshaped to `start` where there are deconvs.
    start: (h, w, c) that the deconvs start from.
    deconvs: their widths; the last one is the output, as is the last dense layer without deconvs.
    normalised: how many layers, from the first, have batch normalisation.
    output: `sigmoid` for [0, 1], `tanh` for [-1, 1].
    """

    latent: int
    dense: tuple[int, ...]
    start: tuple[int, int, int]
    deconvs: tuple[int, ...]
    normalised: int
    output: str

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the weights."""
        shapes: dict[str, tuple[int, ...]] = {}
        widths = (self.latent, *self.dense)
        for i, (fan_in, fan_out) in enumerate(pairwise(widths)):
            shapes |= layer_shapes(f"dense{i}", fan_in, fan_out)
        channels = (self.start[2], *self.deconvs)
        for i, (fan_in, fan_out) in enumerate(pairwise(channels)):
            shapes |= layer_shapes(f"deconv{i}", 4, 4, fan_in, fan_out)
        for i, width in enumerate((*self.dense, *self.deconvs)[: self.normalised]):
            shapes |= {f"norm{i}/scale": (width,), f"norm{i}/shift": (width,)}
        return shapes

    def initial(self, random: np.random.Generator) -> Arrays:
        """He-initialised weights (fan-in of the transposed convolutions counted as printed)."""
        return draw_weights(random, self.shapes(), 2.0)

    def apply(
        self, weights: Arrays, z: jax.Array, statistics: Arrays | None = None
    ) -> tuple[jax.Array, Arrays]:
        """z [n, latent] -> images or codes, and the mean and variance of every normalised layer.

        statistics: None normalises by the batch's own.
        """
        used: Arrays = {}
        x = z
        layers = [(dense, f"dense{i}") for i in range(len(self.dense))]
        layers += [(double, f"deconv{i}") for i in range(len(self.deconvs))]
        for layer, (function, name) in enumerate(layers):
            if name == "deconv0":
                x = x.reshape(len(x), *self.start)
            x = function(weights, name, x)
            if layer < self.normalised:
                x = self._normalise(weights, layer, x, statistics, used)
            if layer < len(layers) - 1:
                x = jax.nn.relu(x)
        return (jax.nn.sigmoid(x) if self.output == "sigmoid" else jnp.tanh(x)), used

    @staticmethod
    def _normalise(
        weights: Arrays, layer: int, x: jax.Array, statistics: Arrays | None, used: Arrays
    ) -> jax.Array:
        mean_name, variance_name = f"norm{layer}/mean", f"norm{layer}/variance"
        if statistics is None:
            axes = tuple(range(x.ndim - 1))
            used[mean_name], used[variance_name] = x.mean(axes), x.var(axes)
        else:
            used[mean_name], used[variance_name] = statistics[mean_name], statistics[variance_name]
        x = (x - used[mean_name]) / jnp.sqrt(used[variance_name] + BATCH_NORM_EPSILON)
        return x * weights[f"norm{layer}/scale"] + weights[f"norm{layer}/shift"]


def image_generator(shape: tuple[int, ...], latent: int) -> Generator:
    """The generator of Table 3 (28 x 28), 4 (32 x 32) or 5 (64 x 64).

    The paper has none for 128 and 256; these continue the pattern of Tables 4 and 5.
    """
    side, channels = shape[0], shape[-1]
    if side == 28:
        return Generator(latent, (1024, 7 * 7 * 128), (7, 7, 128), (64, channels), 3, "sigmoid")
    widths = {
        32: (256, 128, 64),
        64: (256, 128, 64, 32),
        128: (256, 128, 64, 32, 16),
        256: (256, 128, 64, 32, 16, 8),
    }
    return Generator(latent, (2 * 2 * 448,), (2, 2, 448), (*widths[side], channels), 2, "tanh")


def code_generator(code: int, latent: int) -> Generator:
    """A generator of codes: two hidden dense layers as Table 3's first (the paper gives none)."""
    return Generator(latent, (1024, 1024, code), (1, 1, code), (), 2, "tanh")
