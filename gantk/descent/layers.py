"""The few layers that generators and autoencoders need, as functions of named arrays."""

import jax
import jax.numpy as jnp
import numpy as np

Arrays = dict[str, jax.Array]


def draw_weights(
    random: np.random.Generator, shapes: dict[str, tuple[int, ...]], gain: float
) -> Arrays:
    """Normal weights of variance gain / fan-in, zero biases, unit scales; float32.

    shapes: name -> shape. A name ending in `bias` or `shift` starts at 0, in `scale` at 1.
    """
    arrays = {}
    for name, shape in shapes.items():
        if name.endswith(("bias", "shift")):
            arrays[name] = np.zeros(shape)
        elif name.endswith("scale"):
            arrays[name] = np.ones(shape)
        else:
            arrays[name] = random.normal(size=shape) * np.sqrt(gain / np.prod(shape[:-1]))
    return {name: jnp.asarray(value, jnp.float32) for name, value in arrays.items()}


def dense(weights: Arrays, name: str, x: jax.Array) -> jax.Array:
    """x [n, i] -> [n, o]."""
    return x @ weights[f"{name}/weight"] + weights[f"{name}/bias"]


def conv(weights: Arrays, name: str, x: jax.Array, stride: int) -> jax.Array:
    """x [n, h, w, i] -> [n, h / stride, w / stride, o], zero padding.

    Convolutions are matrix products here, of patches or of pixels: inside a compiled loop, which a
    descent is, XLA's own run without its optimised code on a CPU (measured: six times slower).
    """
    weight = weights[f"{name}/weight"]
    size = len(weight)
    outs = [-(-side // stride) for side in x.shape[1:3]]
    reaches = [(out - 1) * stride + size for out in outs]
    totals = [reach - side for reach, side in zip(reaches, x.shape[1:3], strict=True)]
    padded = jnp.pad(x, ((0, 0), *[(total // 2, total - total // 2) for total in totals], (0, 0)))
    rows, columns = ((out - 1) * stride + 1 for out in outs)
    patches = [
        padded[:, a : a + rows : stride, b : b + columns : stride]
        for a in range(size)
        for b in range(size)
    ]
    flat = weight.reshape(-1, weight.shape[-1])
    return jnp.concatenate(patches, axis=-1) @ flat + weights[f"{name}/bias"]


def deconv(weights: Arrays, name: str, x: jax.Array, stride: int) -> jax.Array:
    """x [n, h, w, i] -> [n, h * stride, w * stride, o], transposed convolution."""
    weight = jnp.flip(weights[f"{name}/weight"], (0, 1))
    size = len(weight)
    shares = jnp.einsum("nhwi,abio->abnhwo", x, weight)
    # Crop what a convolution of this stride would have padded.
    before = size - 1 - -(-(size + stride - 2) // 2)
    out = weights[f"{name}/bias"]
    for a in range(size):
        for b in range(size):
            sides = [(k - before, stride - 1 - (k - before), stride - 1) for k in (a, b)]
            padding = [(0, 0, 0), *sides, (0, 0, 0)]
            out = out + jax.lax.pad(shares[a, b], shares.dtype.type(0), padding)
    return out


def double(weights: Arrays, name: str, x: jax.Array) -> jax.Array:
    """x [n, h, w, i] -> [n, 2 h, 2 w, o]: `deconv` of a 4 x 4 window with stride 2, but faster.

    It adds four terms where windows overlap, `deconv` 16 (measured on the first one of Table 3 with
    its derivative: 0.07 s and 0.15 s).
    """
    weight = jnp.flip(weights[f"{name}/weight"], (0, 1))
    n, h, w, _ = x.shape
    out = weight.shape[-1]
    windows = jnp.einsum("nhwi,abio->nhwabo", x, weight).reshape(n, h, w, 2, 2, 2, 2, out)
    # Per side a window covers two blocks of 2 x 2 pixels; neighbouring windows share a block.
    top, *others = (
        jnp.pad(windows[:, :, :, a, :, b], ((0, 0), (a, 1 - a), (b, 1 - b), *[(0, 0)] * 3))
        for a in (0, 1)
        for b in (0, 1)
    )
    blocks = sum(others, top)
    pixels = blocks.swapaxes(2, 3).reshape(n, 2 * h + 2, 2 * w + 2, out)
    return pixels[:, 1:-1, 1:-1] + weights[f"{name}/bias"]


def layer_shapes(name: str, *shape: int) -> dict[str, tuple[int, ...]]:
    """Weight [..., i, o] and bias [o] of a layer.

    >>> layer_shapes("code", 3, 3, 1, 16)
    {'code/weight': (3, 3, 1, 16), 'code/bias': (16,)}
    """
    return {f"{name}/weight": shape, f"{name}/bias": shape[-1:]}
