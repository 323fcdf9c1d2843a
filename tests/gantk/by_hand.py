"""GA-NTK from the paper's equations: neural-tangents, eigendecompositions, XLA's convolutions."""

import jax
import jax.numpy as jnp

from gantk.kernel.peer import import_neural_tangents

IMAGE = ("NHWC", "HWIO", "NHWC")


def kernel(convs, dense, sigma_w2=1.4615, sigma_b2=0.1):
    """rows -> K of 4 x 4 convolutions of stride 2, then dense ReLU layers, then one output."""
    stax = import_neural_tangents().stax
    scales = {"W_std": sigma_w2**0.5, "b_std": sigma_b2**0.5}
    layers = [(stax.Conv(1, (4, 4), (2, 2), "SAME", **scales), stax.Relu()) for _ in range(convs)]
    layers += [(stax.Flatten(),)]
    layers += [(stax.Dense(1, **scales), stax.Relu()) for _ in range(dense)]
    function = stax.serial(*(part for layer in layers for part in layer), stax.Dense(1, **scales))
    return lambda rows: function[2](rows, None, "ntk")


def cross_entropy(k, real, generated, lam, ridge):
    """Eq. 4 with the released code's loss: labels of generated rows are -1, all targets are 1."""
    rows = jnp.concatenate([real, generated])
    gram = k(rows)
    w, v = jnp.linalg.eigh(gram + ridge * jnp.diag(gram).mean() * jnp.eye(len(rows)))
    y = jnp.where(jnp.arange(len(rows)) < len(real), 1.0, -1.0)
    score = y - v @ (jnp.exp(-lam * w) * (v.T @ y))
    return jnp.mean(jnp.log1p(jnp.exp(-score)))


def pooled(rows, factor):
    """Means of squares of pixels (Eq. 7)."""
    n, side = rows.shape[:2]
    return rows.reshape(n, side // factor, factor, side // factor, factor, -1).mean((2, 4))


def dense(weights, name, x):
    return x @ weights[f"{name}/weight"] + weights[f"{name}/bias"]


def conv(weights, name, x, stride):
    w, strides = weights[f"{name}/weight"], (stride, stride)
    out = jax.lax.conv_general_dilated(x, w, strides, "SAME", dimension_numbers=IMAGE)
    return out + weights[f"{name}/bias"]


def deconv(weights, name, x, stride):
    w, strides = weights[f"{name}/weight"], (stride, stride)
    out = jax.lax.conv_transpose(x, w, strides, "SAME", dimension_numbers=IMAGE)
    return out + weights[f"{name}/bias"]


def normal(weights, layer, x, stored):
    """Batch normalisation with the statistics of the batch, or with those that the model stores."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), (x**2).mean(axes) - x.mean(axes) ** 2
    if stored:
        mean, variance = weights[f"norm{layer}/mean"], weights[f"norm{layer}/variance"]
    x = (x - mean) / jnp.sqrt(variance + 1e-5)
    return x * weights[f"norm{layer}/scale"] + weights[f"norm{layer}/shift"]


def sigmoid_images(weights, z, stored=False):
    """Table 3: two dense layers, two deconvolutions, batch normalisation except in the last."""
    x = jax.nn.relu(normal(weights, 0, dense(weights, "dense0", z), stored))
    x = jax.nn.relu(normal(weights, 1, dense(weights, "dense1", x), stored))
    x = deconv(weights, "deconv0", x.reshape(-1, 2, 2, 3), 2)
    x = jax.nn.relu(normal(weights, 2, x, stored))
    return 1 / (1 + jnp.exp(-deconv(weights, "deconv1", x, 2)))


def tanh_images(weights, z, stored=False):
    """Tables 4 and 5: a dense layer and deconvolutions, the first two normalised; in [-1, 1]."""
    x = jax.nn.relu(normal(weights, 0, dense(weights, "dense0", z), stored))
    x = deconv(weights, "deconv0", x.reshape(-1, 1, 1, 3), 2)
    x = jax.nn.relu(normal(weights, 1, x, stored))
    x = jax.nn.relu(deconv(weights, "deconv1", x, 2))
    return jnp.tanh(deconv(weights, "deconv2", x, 2))


def codes(weights, z, stored=False):
    """Two hidden layers, both normalised."""
    x = jax.nn.relu(normal(weights, 0, dense(weights, "dense0", z), stored))
    x = jax.nn.relu(normal(weights, 1, dense(weights, "dense1", x), stored))
    return jnp.tanh(dense(weights, "dense2", x))


def encoded(weights, images, stages=2, repeats=1):
    """Table 7: convolutions of stride 1 before each convolution of stride 2."""
    x = images
    for stage in range(stages):
        for repeat in range(repeats):
            x = jax.nn.selu(conv(weights, f"encoder{stage}.{repeat}", x, 1))
        x = jax.nn.selu(conv(weights, f"encoder{stage}.{repeats}", x, 2))
    return jnp.tanh(dense(weights, "code", x.reshape(len(x), -1)))


def decoded(weights, values, side, bottom, stages=2, repeats=1):
    """The mirror of `encoded`, cut to the side of the images."""
    x = jax.nn.selu(dense(weights, "expand", values)).reshape(len(values), *bottom)
    for stage in range(stages):
        for repeat in range(repeats):
            x = jax.nn.selu(deconv(weights, f"decoder{stage}.{repeat}", x, 1))
        x = jax.nn.selu(deconv(weights, f"decoder{stage}.{repeats}", x, 2))
    return jax.nn.sigmoid(conv(weights, "output", x, 1))[:, :side, :side]
