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
from typing import NamedTuple

import jax
import jax.numpy as jnp

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


def _padding(side: int) -> tuple[int, int, int]:
    """'SAME' padding at stride 2: zeros before and after, and the output side."""
    out = -(-side // 2)
    total = max((out - 1) * 2 + WINDOW - side, 0)
    return total // 2, total - total // 2, out


def window_mean(x: jax.Array) -> jax.Array:
    """[h, w, ...] -> [h', w', ...]: mean over 4 x 4 windows with stride 2, zeros outside."""
    for axis in (0, 1):
        before, after, out = _padding(x.shape[axis])
        pads = [(0, 0)] * x.ndim
        pads[axis] = (before, after)
        padded = jnp.pad(x, pads)
        x = (
            sum(jax.lax.slice_in_dim(padded, d, d + 2 * out - 1, 2, axis) for d in range(WINDOW))
            / WINDOW
        )
    return x


def _patches(images: jax.Array) -> jax.Array:
    """[n, H, W, C] -> [h, w, n, 16 C]: the window of every output position of the first layer."""
    (top, bottom, h), (left, right, w) = (_padding(side) for side in images.shape[1:3])
    padded = jnp.pad(images, ((0, 0), (top, bottom), (left, right), (0, 0)))
    shifts = [
        padded[:, dy : dy + 2 * h - 1 : 2, dx : dx + 2 * w - 1 : 2]
        for dy in range(WINDOW)
        for dx in range(WINDOW)
    ]
    return jnp.concatenate(shifts, axis=-1).transpose(1, 2, 0, 3)


def features(architecture: Architecture, rows: jax.Array) -> Features:
    """The features of images [n, H, W, C] or points [n, d], in the dtype of `rows`."""
    activation = ACTIVATIONS[architecture.activation]
    w2, b2 = architecture.sigma_w2, architecture.sigma_b2
    patches = _patches(rows) if architecture.convs else rows.reshape(1, 1, len(rows), -1)
    fan_in = patches.shape[-1]
    bias = jnp.full((*patches.shape[:-1], 1), math.sqrt(b2), rows.dtype)
    patches = jnp.concatenate([patches * math.sqrt(w2 / fan_in), bias], axis=-1)
    variance = jnp.sum(patches * patches, axis=-1)
    scales = [activation.scale(variance)]
    patches = patches * (math.sqrt(activation.gain) / scales[0])[..., None]
    for _ in range(max(architecture.convs - 1, 0)):
        variance = w2 * window_mean(activation.variance(variance)) + b2
        scales.append(activation.scale(variance))
    for _ in range(architecture.dense if architecture.convs else architecture.dense - 1):
        variance = w2 * activation.variance(variance).mean((0, 1), keepdims=True) + b2
        scales.append(activation.scale(variance))
    return Features(patches, tuple(scales))


def block(architecture: Architecture, a: Features, b: Features) -> jax.Array:
    """The kernel of every row of a with every row of b, [n_a, n_b]."""
    activation = ACTIVATIONS[architecture.activation]
    w2, b2 = architecture.sigma_w2, architecture.sigma_b2
    rho = jnp.einsum("hwaf,hwbf->hwab", a.patches, b.patches)
    covariance = tangent = None
    convs_left = architecture.convs - 1
    for q_a, q_b in zip(a.scales, b.scales, strict=True):
        s = q_a[:, :, :, None] * q_b[:, :, None, :]
        if covariance is None:
            covariance = tangent = rho * s / activation.gain
        else:
            rho = activation.gain * covariance / s
        kappa_1, kappa_0 = activation.pair(rho, s)
        if convs_left > 0:
            mean = window_mean
        else:

            def mean(x: jax.Array) -> jax.Array:
                return x.mean((0, 1), keepdims=True)

        convs_left -= 1
        covariance = w2 * mean(kappa_1) + b2
        tangent = covariance + w2 * mean(tangent * kappa_0)
    return tangent[0, 0]
