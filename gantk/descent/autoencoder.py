"""The autoencoder in whose code space GA-CNTKg may discriminate (Table 7).

Convolutions 3 x 3 with SELU, one dense layer with tanh to the code, and the mirror image back.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from gantk.descent.layers import Arrays, conv, deconv, dense, draw_weights, layer_shapes
from gantk.descent.loop import descend
from gantk.keys import named_key
from gantk.settings import DescentSettings
from suite.protocol.seeds import stream
from suite.running.checkpoint import Checkpoint

STAGES = {
    28: ((16, 32, 64), 0, 128),
    32: ((32, 64, 128), 0, 1024),
    64: ((32, 64, 128), 3, 2048),
    256: ((64, 128, 256, 512), 3, 2048),
}
"""Image side -> widths of the stride-2 layers, stride-1 layers before each, length of the code."""


Layer = tuple[str, int, int, int]


@dataclass(frozen=True)
class Autoencoder:
    """Table 7 for one image shape (h, w, c)."""

    shape: tuple[int, int, int]
    widths: tuple[int, ...]
    repeats: int
    code: int

    @property
    def _bottom(self) -> tuple[int, int, int]:
        side = -(-self.shape[0] // 2 ** len(self.widths))
        return side, side, self.widths[-1]

    def _layers(self, widths: tuple[int, ...], prefix: str, fan_in: int) -> list[Layer]:
        """(name, fan-in, width, stride) of a chain of convolutions."""
        layers = []
        for stage, width in enumerate(widths):
            for repeat in range(self.repeats + 1):
                stride = 2 if repeat == self.repeats else 1
                layers.append((f"{prefix}{stage}.{repeat}", fan_in, width, stride))
                fan_in = width
        return layers

    def _chains(self) -> tuple[list[Layer], list[Layer]]:
        encoder = self._layers(self.widths, "encoder", self.shape[2])
        return encoder, self._layers(self.widths[::-1], "decoder", self.widths[-1])

    def initial(self, random: np.random.Generator) -> Arrays:
        """Weights of variance 1 / fan-in, as SELU wants (Klambauer et al., 2017)."""
        encoder, decoder = self._chains()
        shapes: dict[str, tuple[int, ...]] = {}
        for name, fan_in, width, _ in (*encoder, *decoder):
            shapes |= layer_shapes(name, 3, 3, fan_in, width)
        bottom = int(np.prod(self._bottom))
        shapes |= layer_shapes("code", bottom, self.code) | layer_shapes(
            "expand", self.code, bottom
        )
        shapes |= layer_shapes("output", 3, 3, self.widths[0], self.shape[2])
        return draw_weights(random, shapes, 1.0)

    def encode(self, weights: Arrays, images: jax.Array) -> jax.Array:
        """Images [n, h, w, c] in [0, 1] -> codes [n, code] in [-1, 1]."""
        x = images
        for name, _, _, stride in self._chains()[0]:
            x = jax.nn.selu(conv(weights, name, x, stride))
        return jnp.tanh(dense(weights, "code", x.reshape(len(x), -1)))

    def decode(self, weights: Arrays, codes: jax.Array) -> jax.Array:
        """Codes [n, code] -> images [n, h, w, c] in [0, 1]."""
        x = jax.nn.selu(dense(weights, "expand", codes)).reshape(len(codes), *self._bottom)
        for name, _, _, stride in self._chains()[1]:
            x = jax.nn.selu(deconv(weights, name, x, stride))
        x = jax.nn.sigmoid(conv(weights, "output", x, 1))
        # 28 is no multiple of 8: the decoder turns 4 into 8, 16 and 32, and 28 pixels are kept.
        return x[:, : self.shape[0], : self.shape[1]]


def make_autoencoder(shape: tuple[int, ...]) -> Autoencoder:
    """The autoencoder of Table 7 for images of this shape (see `gantk.checks.CODE_SIDES`)."""
    return Autoencoder((shape[0], shape[1], shape[2]), *STAGES[shape[0]])


def structural_similarity(a: jax.Array, b: jax.Array) -> jax.Array:
    """Mean SSIM of pairs of images [n, h, w, c] in [0, 1], window 11 (Wang et al., 2004)."""
    window = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))

    def means(side: int) -> np.ndarray:
        # A matrix product takes a fraction of a convolution's time here, where channels are few.
        shifts = [np.pad(window / window.sum(), (i, side - 11 - i)) for i in range(side - 10)]
        return np.stack(shifts).astype(a.dtype)

    rows, columns = means(a.shape[1]), means(a.shape[2])

    def blur(x: jax.Array) -> jax.Array:
        return jnp.einsum("ph,nhwc,qw->npqc", rows, x, columns)

    mean_a, mean_b = blur(a), blur(b)
    variances = blur(a * a) - mean_a**2 + blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    ratio = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return jnp.mean(ratio / ((mean_a**2 + mean_b**2 + c1) * (variances + c2)))


def train_autoencoder(
    model: Autoencoder, images: np.ndarray, iterations: int, seed: int, checkpoint: Checkpoint
) -> Arrays:
    """Minimise 1 - SSIM + L1 by Adam (1e-3) on random batches of at most 64, as the released code.

    images: float32 [n, h, w, c] in [0, 1].
    """
    key = named_key("autoencoder-batches", seed)
    size = min(64, len(images))

    def loss(weights: Arrays, iteration: jax.Array, images: jax.Array) -> jax.Array:
        chosen = jax.random.randint(jax.random.fold_in(key, iteration), (size,), 0, len(images))
        batch = images[chosen]
        back = model.decode(weights, model.encode(weights, batch))
        error = 1 - structural_similarity(back, batch) + jnp.mean(jnp.abs(back - batch))
        return error.astype(jnp.float64)

    settings = DescentSettings(
        optimiser="adam", step=1e-3, beta1=0.9, iterations=iterations, snapshots=1
    )
    descent = descend(
        loss,
        model.initial(stream("autoencoder", seed)),
        jnp.asarray(images),
        settings,
        checkpoint,
        render=lambda weights: np.zeros((1, 1)),
    )
    weights: Arrays = descent.parameters
    return weights
