"""The neural tangent kernel of a convolutional network, for blocks of pairs of images.

With Flatten and no pooling, the kernel of two images needs the covariances of equal positions
only (Novak et al., 2019; Garriga-Alonso et al., 2019). Per layer, with c the covariance (NNGP)
and t the tangent kernel of its pre-activations at each position,

    c <- sigma_w^2 A[kappa_1] + sigma_b^2,      t <- c + sigma_w^2 A[t kappa_0],

where A is the mean over the 4 x 4 window of a convolution (zeros outside the image count), or
over all positions for the dense layer after Flatten. The first layer has t = c = sigma_w^2
<patch, patch'> / fan-in + sigma_b^2, a matrix product of patches.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from gantk.kernel.activation import ACTIVATIONS, Activation
from gantk.kernel.architecture import Architecture

WINDOW = 4


class Features(NamedTuple):
    """All that a row contributes to its kernel values.

    patches: [h, w, n, f], pre-activation of the first layer as a feature vector, divided by the
        row's scale and multiplied by sqrt(gain): rho is the inner product of two rows.
    scales: one array a layer of activations, [h, w, n]: the row scales q of
        `gantk.kernel.activation`.
    """

    patches: jax.Array
    scales: tuple[jax.Array, ...]


class Mean(NamedTuple):
    """One axis of A in the module's equations, and its adjoint.

    forward: (x, axis) -> x with that axis shortened.
    transposed: (x, axis, side) -> x with that axis lengthened to `side`.
    """

    forward: Callable[[jax.Array, int], jax.Array]
    transposed: Callable[[jax.Array, int, int], jax.Array]


def _padded(x: jax.Array, axis: int, before: int, after: int) -> jax.Array:
    pads = [(0, 0)] * x.ndim
    pads[axis] = (before, after)
    return jnp.pad(x, pads)


def _window_mean(x: jax.Array, axis: int) -> jax.Array:
    """Means over windows of 4 with stride 2, zeros outside: window o covers 2o - 1 to 2o + 2."""
    out = -(-x.shape[axis] // 2)
    padded = _padded(x, axis, 1, 2 * out + 1 - x.shape[axis])
    first, *others = (
        jax.lax.slice_in_dim(padded, d, d + 2 * out - 1, 2, axis) for d in range(WINDOW)
    )
    return sum(others, first) / WINDOW


def _window_mean_transposed(x: jax.Array, axis: int, side: int) -> jax.Array:
    """Position i lies in the windows (i - 1) // 2 and (i + 1) // 2, where they exist.

    Two shifted copies of the repeated windows take less time than gathers, and half of what the
    scattered sum of automatic differentiation takes.
    """
    repeated = jnp.repeat(_padded(x / WINDOW, axis, 1, 1), 2, axis)
    first, second = (
        jax.lax.slice_in_dim(repeated, shift, shift + side, axis=axis) for shift in (1, 3)
    )
    return first + second


def _position_mean(x: jax.Array, axis: int) -> jax.Array:
    return x.mean(axis, keepdims=True)


def _position_mean_transposed(x: jax.Array, axis: int, side: int) -> jax.Array:
    shape = list(x.shape)
    shape[axis] = side
    return jnp.broadcast_to(x / side, shape)


WINDOWS = Mean(_window_mean, _window_mean_transposed)
POSITIONS = Mean(_position_mean, _position_mean_transposed)


def _means(architecture: Architecture) -> list[Mean]:
    """The mean A after each activation layer; the last one produces the output."""
    convs = max(architecture.convs, 1) - 1
    dense = architecture.dense + (1 if architecture.convs else 0)
    return [WINDOWS] * convs + [POSITIONS] * dense


def _biases(architecture: Architecture) -> list[float]:
    """Bias variance added after each of `_means`; the last is that of the output layer."""
    inner = [architecture.sigma_b2] * (len(_means(architecture)) - 1)
    return [*inner, architecture.sigma_b2 if architecture.output_bias else 0.0]


def _patches(images: jax.Array) -> jax.Array:
    """[n, H, W, C] -> [h, w, n, 16 C]: the window of every output position of the first layer.

    A 4 x 4 window is cut as 2 x 2 blocks of 2 x 2 pixels, which takes 4 slices instead of 16. Inner
    products do not depend on the order of the pixels.
    """
    h, w = (-(-side // 2) for side in images.shape[1:3])
    # One zero before the first pixel, and behind the last as many as the last window needs.
    pads = [(1, 2 * out + 1 - side) for out, side in zip((h, w), images.shape[1:3], strict=True)]
    padded = jnp.pad(images, ((0, 0), *pads, (0, 0)))
    n, channels = len(images), images.shape[3]
    blocks = padded.reshape(n, h + 1, 2, w + 1, 2, channels).transpose(1, 3, 0, 2, 4, 5)
    blocks = blocks.reshape(h + 1, w + 1, n, 4 * channels)
    return jnp.concatenate([blocks[y : y + h, x : x + w] for y in (0, 1) for x in (0, 1)], axis=-1)


def features(architecture: Architecture, rows: jax.Array) -> tuple[Features, jax.Array]:
    """Features of images [n, H, W, C] or points [n, d], and the diagonal of their kernel, [n].

    The diagonal is computed from the variances. Computed from rho, which is 1 up to rounding there,
    it would lose half of its digits, and its derivative would be singular.
    """
    activation = ACTIVATIONS[architecture.activation]()
    w2, b2 = architecture.sigma_w2, architecture.sigma_b2
    patches = (
        _patches(rows)
        if architecture.convs
        else rows.reshape(1, 1, len(rows), math.prod(rows.shape[1:]))
    )
    fan_in = patches.shape[-1]
    ones = jnp.full((*patches.shape[:-1], 1), math.sqrt(b2), rows.dtype)
    patches = jnp.concatenate([patches * math.sqrt(w2 / fan_in), ones], axis=-1)
    variance = jnp.sum(patches * patches, axis=-1)
    if not b2:
        # Without biases a row of zeros has variance 0. ReLU's rho must be 0 there, not 0 / 0.
        variance = jnp.maximum(variance, 1e-30)
    scales = [activation.scale(variance)]
    patches = patches * (math.sqrt(activation.gain) / scales[0])[..., None]
    tangent = variance
    for mean, bias in zip(_means(architecture), _biases(architecture), strict=True):
        slope = activation.slope(variance)
        variance, tangent = (
            mean.forward(mean.forward(x, 0), 1)
            for x in (activation.variance(variance), tangent * slope)
        )
        variance = w2 * variance + bias
        tangent = variance + w2 * tangent
        scales.append(activation.scale(variance))
    return Features(patches, tuple(scales[:-1])), tangent[0, 0]


class Layer(NamedTuple):
    """The inputs of one activation layer for a block of pairs, at positions [...].

    rows: in the first layer the patches of both rows, [..., n_a, f] and [..., n_b, f]; in later
        layers the covariance and the tangent kernel, [..., n_a, n_b] each.
    q_a, q_b: the scales, [..., n_a] and [..., n_b].
    """

    rows: tuple[jax.Array, jax.Array]
    q_a: jax.Array
    q_b: jax.Array


Hidden = list[tuple[jax.Array, jax.Array]]
"""Covariance and tangent kernel of a block at every layer of activations but the first."""
Terms = Callable[[Layer], tuple[jax.Array, jax.Array]]
"""kappa_1 and t kappa_0 at the positions of a layer."""
Cotangents = Callable[[Layer, jax.Array, jax.Array], tuple[Any, ...]]
"""A layer and the cotangents of its two terms -> those of the fields of the layer."""


class Averages(Protocol):
    """How a tile traverses the positions of a layer; `gantk.blocking.BLOCKINGS` has two ways."""

    def forward(self, terms: Terms, mean: Mean, layer: Layer) -> tuple[jax.Array, jax.Array]:
        """A[kappa_1] and A[t kappa_0] of a layer with positions [h, w]."""

    def backward(
        self, cotangents: Cotangents, mean: Mean, layer: Layer, totals: tuple[jax.Array, jax.Array]
    ) -> tuple[Any, ...]:
        """The cotangents of the layer's fields, [h, w, ...], from those of the two averages."""


def _state(
    activation: Activation, first: bool, layer: Layer
) -> tuple[tuple[jax.Array, jax.Array, jax.Array, jax.Array], jax.Array]:
    """rho, s, q_a and q_b, as `Activation.pair` takes them, and the tangent kernel."""
    q_a, q_b = layer.q_a[..., :, None], layer.q_b[..., None, :]
    s = q_a * q_b
    if first:
        rho = jnp.einsum("...af,...bf->...ab", *layer.rows)
        return (rho, s, q_a, q_b), rho * s / activation.gain
    covariance, tangent = layer.rows
    return (activation.gain * covariance / s, s, q_a, q_b), tangent


def block(
    architecture: Architecture, averages: Averages, a: Features, b: Features
) -> tuple[jax.Array, Hidden]:
    """The kernel of every row of a with every row of b, [n_a, n_b], and its hidden layers."""
    activation = ACTIVATIONS[architecture.activation]()
    w2, biases = architecture.sigma_w2, _biases(architecture)
    layer = Layer((a.patches, b.patches), a.scales[0], b.scales[0])
    hidden: Hidden = []
    for index, mean in enumerate(_means(architecture)):

        def terms(item: Layer, index: int = index) -> tuple[jax.Array, jax.Array]:
            pairs, tangent = _state(activation, index == 0, item)
            kappa_1, kappa_0 = activation.pair(*pairs)
            return kappa_1, tangent * kappa_0

        kappa_1, product = averages.forward(terms, mean, layer)
        covariance = w2 * kappa_1 + biases[index]
        tangent = covariance + w2 * product
        if index + 1 < len(a.scales):
            hidden.append((covariance, tangent))
            layer = Layer(hidden[-1], a.scales[index + 1], b.scales[index + 1])
    return tangent[0, 0], hidden


def block_vjp(
    architecture: Architecture,
    averages: Averages,
    a: Features,
    b: Features,
    g: jax.Array,
    both: bool,
    hidden: Hidden | None = None,
) -> tuple[Features | None, Features]:
    """The cotangents of a (None unless `both`) and of b, for the cotangent g of `block`.

    The derivative is written by hand. It computes the pointwise terms again from the covariances,
    which costs less than keeping them.

    hidden: as `block` returned it; None to compute it again.
    """
    activation = ACTIVATIONS[architecture.activation]()
    w2 = architecture.sigma_w2
    if hidden is None:
        _, hidden = block(architecture, averages, a, b)
    rows = [(a.patches, b.patches), *hidden]
    layers = [Layer(*each) for each in zip(rows, a.scales, b.scales, strict=True)]
    g_tangent, g_covariance = g[None, None], jnp.zeros_like(g)[None, None]
    scales_a: list[jax.Array] = []
    scales_b: list[jax.Array] = []
    for index, mean in reversed(list(enumerate(_means(architecture)))):

        def cotangents(
            item: Layer, g_kappa_1: jax.Array, g_product: jax.Array, index: int = index
        ) -> tuple[Any, ...]:
            pairs, tangent = _state(activation, index == 0, item)
            rho, s, *_ = pairs
            g_rho, g_s, more_a, more_b, kappa_0 = activation.pair_vjp(
                *pairs, g_kappa_1, g_product * tangent
            )
            g_own = g_product * kappa_0
            if index:
                g_covariance = activation.gain * g_rho / s
                g_s = g_s - rho * g_rho / s
                g_rows: tuple[jax.Array | None, jax.Array] = g_covariance, g_own
            else:  # the first layer's tangent kernel is its covariance, rho s / gain
                g_rho = g_rho + g_own * s / activation.gain
                g_s = g_s + g_own * rho / activation.gain
                g_rows = (
                    jnp.einsum("...ab,...bf->...af", g_rho, item.rows[1]) if both else None,
                    jnp.einsum("...ab,...af->...bf", g_rho, item.rows[0]),
                )
            g_q_a = jnp.einsum("...ab,...b->...a", g_s, item.q_b) if both else None
            g_q_b = jnp.einsum("...ab,...a->...b", g_s, item.q_a)
            if more_a is not None and more_b is not None:
                g_q_a = g_q_a + more_a[..., 0] if g_q_a is not None else None
                g_q_b = g_q_b + more_b[..., 0, :]
            return g_rows, g_q_a, g_q_b

        totals = w2 * (g_covariance + g_tangent), w2 * g_tangent
        g_rows, g_q_a, g_q_b = averages.backward(cotangents, mean, layers[index], totals)
        g_covariance, g_tangent = g_rows
        scales_a.append(g_q_a)
        scales_b.append(g_q_b)
    g_a = Features(g_rows[0], tuple(scales_a[::-1])) if both else None
    return g_a, Features(g_rows[1], tuple(scales_b[::-1]))
