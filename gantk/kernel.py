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
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gantk.activation import ACTIVATIONS
from gantk.architecture import Architecture

WINDOW = 4


class Features(NamedTuple):
    """All that a row contributes to its kernel values.

    patches: [h, w, n, f], pre-activation of the first layer as a feature vector, divided by the
        row's scale and multiplied by sqrt(gain): rho is the inner product of two rows.
    scales: one array a layer of activations, [h, w, n]: the row scales q of `gantk.activation`.
    """

    patches: jax.Array
    scales: tuple[jax.Array, ...]


def window_mean(x: jax.Array) -> jax.Array:
    """[h, w, ...] -> [h', w', ...]: mean over 4 x 4 windows with stride 2, zeros outside.

    Window o covers positions 2o - 1 to 2o + 2, for even and odd sides.
    """
    for axis in (0, 1):
        out = -(-x.shape[axis] // 2)
        pads = [(0, 0)] * x.ndim
        pads[axis] = (1, 2 * out + 1 - x.shape[axis])
        padded = jnp.pad(x, pads)
        x = sum(jax.lax.slice_in_dim(padded, d, d + 2 * out - 1, 2, axis) for d in range(WINDOW))
    return x / WINDOW**2


def window_mean_transposed(x: jax.Array, side: tuple[int, int]) -> jax.Array:
    """The adjoint of `window_mean`, to an image of the given side lengths.

    Position i lies in the windows (i - 1) // 2 and (i + 1) // 2, where they exist. Two gathers an
    axis take half the time of the scattered sum that automatic differentiation makes of it.
    """
    x = x / WINDOW**2
    for axis in (0, 1):
        pads = [(0, 0)] * x.ndim
        pads[axis] = (1, 1)
        padded = jnp.pad(x, pads)
        first = (np.arange(side[axis]) + 1) // 2
        x = jnp.take(padded, first, axis) + jnp.take(padded, first + 1, axis)
    return x


def _patches(images: jax.Array) -> jax.Array:
    """[n, H, W, C] -> [h, w, n, 16 C]: the window of every output position of the first layer."""
    h, w = (-(-side // 2) for side in images.shape[1:3])
    # One zero before, as many behind as the last window reaches over the edge.
    pads = [(1, 2 * out + 1 - side) for out, side in zip((h, w), images.shape[1:3], strict=True)]
    padded = jnp.pad(images, ((0, 0), *pads, (0, 0)))
    shifts = [
        padded[:, dy : dy + 2 * h - 1 : 2, dx : dx + 2 * w - 1 : 2]
        for dy in range(WINDOW)
        for dx in range(WINDOW)
    ]
    return jnp.concatenate(shifts, axis=-1).transpose(1, 2, 0, 3)


def _position_mean(x: jax.Array) -> jax.Array:
    return x.mean((0, 1), keepdims=True)


def _position_mean_transposed(x: jax.Array, side: tuple[int, int]) -> jax.Array:
    return jnp.broadcast_to(x / math.prod(side), (*side, *x.shape[2:]))


class _Mean(NamedTuple):
    """A of the module's equations, and its adjoint."""

    forward: Callable[[jax.Array], jax.Array]
    transposed: Callable[[jax.Array, tuple[int, int]], jax.Array]


_WINDOW_MEAN = _Mean(window_mean, window_mean_transposed)
_POSITION_MEAN = _Mean(_position_mean, _position_mean_transposed)


def _means(architecture: Architecture) -> list[_Mean]:
    """A after each layer of activations; the last leads to the output."""
    convs = max(architecture.convs, 1) - 1
    dense = architecture.dense + (1 if architecture.convs else 0)
    return [_WINDOW_MEAN] * convs + [_POSITION_MEAN] * dense


def features(architecture: Architecture, rows: jax.Array) -> tuple[Features, jax.Array]:
    """Features of images [n, H, W, C] or points [n, d], and the diagonal of their kernel, [n].

    The diagonal follows from the variances alone. Taking it from there keeps it exact, where
    rho = 1 up to rounding would cost half of the digits, and keeps its derivative regular.
    """
    activation = ACTIVATIONS[architecture.activation]
    w2, b2 = architecture.sigma_w2, architecture.sigma_b2
    patches = (
        _patches(rows)
        if architecture.convs
        else rows.reshape(1, 1, len(rows), math.prod(rows.shape[1:]))
    )
    fan_in = patches.shape[-1]
    bias = jnp.full((*patches.shape[:-1], 1), math.sqrt(b2), rows.dtype)
    patches = jnp.concatenate([patches * math.sqrt(w2 / fan_in), bias], axis=-1)
    variance = jnp.sum(patches * patches, axis=-1)
    scales = [activation.scale(variance)]
    patches = patches * (math.sqrt(activation.gain) / scales[0])[..., None]
    tangent = variance
    for mean in _means(architecture):
        slope = activation.slope(variance)
        variance = w2 * mean.forward(activation.variance(variance)) + b2
        tangent = variance + w2 * mean.forward(tangent * slope)
        scales.append(activation.scale(variance))
    return Features(patches, tuple(scales[:-1])), tangent[0, 0]


def _outer(q_a: jax.Array, q_b: jax.Array) -> jax.Array:
    return q_a[:, :, :, None] * q_b[:, :, None, :]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def block(architecture: Architecture, a: Features, b: Features) -> jax.Array:
    """The kernel of every row of a with every row of b, [n_a, n_b]."""
    return _block_forward(architecture, a, b)[0]


def _block_forward(
    architecture: Architecture, a: Features, b: Features
) -> tuple[jax.Array, tuple[Features, Features, list[tuple[jax.Array, jax.Array | None]]]]:
    activation = ACTIVATIONS[architecture.activation]
    w2, b2 = architecture.sigma_w2, architecture.sigma_b2
    rho = jnp.einsum("hwaf,hwbf->hwab", a.patches, b.patches)
    covariance = tangent = rho * _outer(a.scales[0], b.scales[0]) / activation.gain
    saved = []
    for q_a, q_b, mean in zip(a.scales, b.scales, _means(architecture), strict=True):
        s = _outer(q_a, q_b)
        if saved:  # the first layer's rho is the more accurate one, of normalised features
            rho = activation.gain * covariance / s
        saved.append((rho, tangent if saved else None))
        kappa_1, kappa_0 = activation.pair(rho, s)
        covariance = w2 * mean.forward(kappa_1) + b2
        tangent = covariance + w2 * mean.forward(tangent * kappa_0)
    return tangent[0, 0], (a, b, saved)


def _block_backward(
    architecture: Architecture,
    saved: tuple[Features, Features, list[tuple[jax.Array, jax.Array | None]]],
    g: jax.Array,
) -> tuple[Features, Features]:
    """By hand: it recomputes the pointwise terms from rho, which is cheaper than keeping them."""
    activation = ACTIVATIONS[architecture.activation]
    w2 = architecture.sigma_w2
    a, b, layers = saved
    g_tangent, g_covariance = g[None, None], jnp.zeros((), g.dtype)
    scales_a, scales_b = [], []
    means = _means(architecture)
    for layer in reversed(range(len(layers))):
        rho, tangent = layers[layer]
        q_a, q_b = a.scales[layer], b.scales[layer]
        s, side = _outer(q_a, q_b), rho.shape[:2]
        if layer == 0:  # the first layer's tangent kernel is its covariance
            tangent = rho * s / activation.gain
        g_kappa_1 = w2 * means[layer].transposed(g_covariance + g_tangent, side)
        g_product = w2 * means[layer].transposed(g_tangent, side)
        g_rho, g_s, kappa_0 = activation.pair_vjp(rho, s, g_kappa_1, g_product * tangent)
        g_tangent = g_product * kappa_0
        if layer:
            g_covariance = activation.gain * g_rho / s
            g_s = g_s - rho * g_rho / s
        else:
            g_rho = g_rho + g_tangent * s / activation.gain
            g_s = g_s + g_tangent * rho / activation.gain
        scales_a.append(jnp.einsum("hwab,hwb->hwa", g_s, q_b))
        scales_b.append(jnp.einsum("hwab,hwa->hwb", g_s, q_a))
    return (
        Features(jnp.einsum("hwab,hwbf->hwaf", g_rho, b.patches), tuple(scales_a[::-1])),
        Features(jnp.einsum("hwab,hwaf->hwbf", g_rho, a.patches), tuple(scales_b[::-1])),
    )


block.defvjp(_block_forward, _block_backward)
