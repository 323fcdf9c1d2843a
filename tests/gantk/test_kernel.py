"""The kernel against neural-tangents, closed forms, and its invariants."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.kernel import gram as kernel_module
from gantk.kernel.activation import ACTIVATIONS
from gantk.kernel.architecture import architecture
from gantk.kernel.gram import Kernel
from gantk.kernel.peer import PeerKernel
from gantk.settings import ArchitectureSettings


def paper(side, **settings):
    """The paper's network for images of this side; None: the fully connected network."""
    return architecture(ArchitectureSettings(**settings), side)


def network(convs, dense, **settings):
    """A network with this number of layers."""
    return replace(paper(None, **settings), convs=convs, dense=dense)


ARCHITECTURES = {
    "mnist": (paper(28), (28, 28, 1)),
    "cifar10": (paper(32), (32, 32, 3)),
    "celeba": (paper(64), (64, 64, 3)),
    "small": (paper(16), (16, 16, 3)),
    "odd sides": (network(3, 1), (14, 11, 2)),
    "fully connected": (paper(None), (9, 7, 1)),
    "points": (paper(None), (2,)),
    "two hidden dense layers": (network(1, 2), (8, 8, 1)),
    **{
        f"{name}, convolutional": (network(2, 1, activation=name, sigma_w2=2.5), (10, 10, 1))
        for name in ACTIVATIONS
    },
    **{f"{name}, points": (paper(None, activation=name), (2,)) for name in ACTIVATIONS},
}


def rows(shape, n, seed=0, low=0.0):
    return jnp.asarray(np.random.default_rng(seed).uniform(low, 1, (n, *shape)))


def gram_of(kernel):
    return jax.jit(kernel.gram)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("low", [0.0, -1.0], ids=["unit pixels", "signed pixels"])
def test_kernel_is_that_of_neural_tangents(name, low):
    built, shape = ARCHITECTURES[name]
    x = rows(shape, 5, low=low)
    ours = gram_of(Kernel(built, tile=2, devices=1))(x)
    theirs = gram_of(PeerKernel(built))(x)
    # Its diagonal has an error of about sqrt(eps), since rho is 1 up to rounding. Ours is exact.
    np.testing.assert_allclose(np.diagonal(ours), np.diagonal(theirs), rtol=1e-8)
    apart = ~np.eye(5, dtype=bool)
    np.testing.assert_allclose(ours[apart], theirs[apart], rtol=1e-10)


@pytest.mark.parametrize(
    "name",
    [
        "mnist",
        "odd sides",
        "points",
        *(f"{name}, convolutional" for name in ("erf", "sine", "gelu")),
    ],
)
def test_gradient_is_that_of_neural_tangents(name):
    built, shape = ARCHITECTURES[name]
    x, z = rows(shape, 3), rows(shape, 4, seed=1)
    weights = jnp.asarray(np.random.default_rng(2).normal(size=(7, 7)))
    ours, theirs = (
        jax.jit(
            jax.grad(lambda z, kernel=kernel: jnp.vdot(weights, kernel.joint(kernel.fixed(x), z)))
        )(z)
        for kernel in (Kernel(built, tile=2, devices=2), PeerKernel(built))
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7 * float(jnp.abs(ours).max()))


def test_one_hidden_layer_is_the_arc_cosine_kernel():
    """Two dense layers without biases: K = |x|^2 (u kappa_0 + kappa_1) (Bietti & Mairal, 2019)."""
    built = network(0, 1, sigma_w2=2.0, sigma_b2=0.0)
    angles = np.array([0.0, 0.3, 1.0, 2.0, np.pi])
    points = jnp.asarray(np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.sqrt(2))
    u = np.cos(angles)
    kappa_0 = (np.pi - angles) / np.pi
    kappa_1 = (u * (np.pi - angles) + np.sin(angles)) / np.pi
    expected = 2 * (u * kappa_0 + kappa_1)
    gram = gram_of(Kernel(built, tile=8, devices=1))(points)
    np.testing.assert_allclose(gram[0], expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_blocking_changes_nothing(dtype, monkeypatch):
    built, shape = network(2, 1), (12, 12, 1)
    x, z = rows(shape, 5).astype(dtype), rows(shape, 7, seed=1).astype(dtype)
    cotangent = jnp.asarray(np.random.default_rng(2).normal(size=(12, 12)), dtype)

    def value_and_gradient(kernel):
        joint = jax.jit(lambda z: kernel.joint(kernel.fixed(x), z))
        gradient = jax.jit(jax.grad(lambda z: jnp.vdot(cotangent, joint(z))))
        return joint(z), gradient(z)

    value, gradient = value_and_gradient(Kernel(built, tile=16, devices=1))
    tolerance = 1e-5 if dtype == jnp.float32 else 1e-12
    for tile, devices in ((1, 1), (3, 4)):
        other, other_gradient = value_and_gradient(Kernel(built, tile, devices))
        np.testing.assert_allclose(other, value, rtol=tolerance)
        np.testing.assert_allclose(
            other_gradient, gradient, atol=tolerance * float(jnp.abs(gradient).max())
        )
    monkeypatch.setattr(kernel_module, "KEPT", 0)
    other, other_gradient = value_and_gradient(Kernel(built, 4, 2))
    np.testing.assert_allclose(other, value, rtol=tolerance)
    np.testing.assert_allclose(
        other_gradient, gradient, atol=tolerance * float(jnp.abs(gradient).max())
    )


def test_what_is_kept_has_a_bound(monkeypatch):
    """Two layers of 3 x 3 and 1 x 1 positions, two arrays each: 80 bytes per pair in float32."""
    kernel, x = Kernel(network(2, 1), tile=16, devices=1), rows((12, 12, 1), 64)

    def temporary():
        step = jax.jit(jax.grad(lambda z: jnp.sum(kernel.gram(z) ** 2)))
        return step.lower(x.astype(jnp.float32)).compile().memory_analysis().temp_size_in_bytes

    kept = 80 * 10 * 16 * 16
    monkeypatch.setattr(kernel_module, "KEPT", kept)
    much = temporary()
    monkeypatch.setattr(kernel_module, "KEPT", kept - 1)
    assert much - temporary() > kept / 2


def test_gram_is_symmetric_and_positive():
    gram = gram_of(Kernel(paper(28), tile=4, devices=2))(rows((28, 28, 1), 10))
    np.testing.assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() > 0


def test_permuting_rows_permutes_the_gradient():
    kernel = Kernel(network(2, 1), tile=4, devices=2)
    x, z = rows((12, 12, 1), 5), rows((12, 12, 1), 6, seed=1)
    order = np.array([3, 0, 5, 1, 4, 2])

    @jax.jit
    @jax.grad
    def gradient(z):
        return jnp.sum(kernel.joint(kernel.fixed(x), z) ** 2)

    np.testing.assert_allclose(gradient(z[order]), gradient(z)[order], rtol=1e-9)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_coinciding_and_constant_rows_give_finite_gradients(dtype):
    kernel = Kernel(paper(28), tile=4, devices=2)
    x = rows((28, 28, 1), 4).astype(dtype)
    constant = jnp.stack([jnp.zeros((28, 28, 1)), jnp.ones((28, 28, 1))]).astype(dtype)
    z = jnp.concatenate([x[:2], x[:1], constant, constant])
    loss = jax.jit(jax.value_and_grad(lambda z: kernel.joint(kernel.fixed(x), z).sum()))
    value, gradient = loss(z)
    assert np.isfinite(value) and np.isfinite(gradient).all()
    np.testing.assert_allclose(gradient[3:5], gradient[5:7], rtol=1e-3, atol=1e-6)


def test_float32_kernel_is_accurate():
    x = rows((28, 28, 1), 6)
    gram = gram_of(Kernel(paper(28), tile=4, devices=1))
    np.testing.assert_allclose(gram(x.astype(jnp.float32)), gram(x), rtol=2e-6)
