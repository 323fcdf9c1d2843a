"""The few layers that generators and autoencoders need, as functions of named arrays."""

import jax
import jax.numpy as jnp
import numpy as np

Arrays = dict[str, jax.Array]
IMAGE = ("NHWC", "HWIO", "NHWC")


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
    """x [n, h, w, i] -> [n, h / stride, w / stride, o], zero padding."""
    out = jax.lax.conv_general_dilated(
        x, weights[f"{name}/weight"], (stride, stride), "SAME", dimension_numbers=IMAGE
    )
    return out + weights[f"{name}/bias"]


def deconv(weights: Arrays, name: str, x: jax.Array, stride: int) -> jax.Array:
    """x [n, h, w, i] -> [n, h * stride, w * stride, o], transposed convolution."""
    out = jax.lax.conv_transpose(
        x, weights[f"{name}/weight"], (stride, stride), "SAME", dimension_numbers=IMAGE
    )
    return out + weights[f"{name}/bias"]


def layer_shapes(name: str, *shape: int) -> dict[str, tuple[int, ...]]:
    """Weight [..., i, o] and bias [o] of a layer."""
    return {f"{name}/weight": shape, f"{name}/bias": shape[-1:]}
