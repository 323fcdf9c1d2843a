"""exp(-lambda K) y and its exact derivative, by a Krylov space where one suffices.

Only the action of the exponential on one vector is needed, and K's spectrum decays fast: 24
Lanczos steps reach rounding at the released lambda (measured: MNIST, n = 64 to 1,024, from noise to
near copies), 32 at twelve times it, where the eigendecomposition takes O(N^3). An a posteriori
estimate of the error decides at run time whether the space suffices; if it does not, the
eigendecomposition serves, or the result is NaN (`either`).

Automatic differentiation never goes through either of them: repeated eigenvalues would give NaN,
and masking these would give wrong gradients. The derivative is that of Daleckii and Krein (Higham,
Functions of Matrices, Theorem 3.11), in the Krylov spaces of y and of the cotangent where these are
small (Kandolf et al., 2021, "Computing low-rank approximations of the Frechet derivative of a
matrix function using Krylov subspace methods").
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

SIZE = 32  # of a Krylov space
TOLERANCE = 1e-13  # of exp(-lambda K) v, relative to |v|

Saved = tuple[jax.Array, jax.Array, jax.Array]


def either(
    holds: jax.Array, usual: Callable[[], Any], otherwise: Callable[[], Any], sure: bool
) -> Any:
    """`usual()` where `holds`, else `otherwise()`; if not `sure`, NaN in its place.

    On a GPU a branch waits for the host, which reads the predicate. Without a branch nothing does:
    the caller looks for NaN later, and computes the step again with `sure`.
    """
    if sure:
        return jax.lax.cond(holds, usual, otherwise)
    return jax.tree.map(lambda x: jnp.where(holds, x, jnp.nan), usual())


class Spectrum(NamedTuple):
    """What f(K) v needs of K for a vector v: f(K) v = vectors diag(f(values)) weights.

    values: [m] eigenvalues (of K, or of its projection on a Krylov space), at least 0.
    vectors: [N, m]. weights: [m], v in these vectors.
    """

    values: jax.Array
    vectors: jax.Array
    weights: jax.Array


def dense(gram: jax.Array, starts: Sequence[jax.Array]) -> list[Spectrum]:
    """Spectra of the start vectors by an eigendecomposition of K, [N, N] float64."""
    w, v = jnp.linalg.eigh(gram, symmetrize_input=False)
    # K is positive semi-definite, so a negative w is a rounding error of 0.
    return [Spectrum(jnp.maximum(w, 0), v, start @ v) for start in starts]


def _lanczos(
    gram: jax.Array, lam: jax.Array, starts: Sequence[jax.Array]
) -> tuple[list[Spectrum], jax.Array]:
    """Spectra in the Krylov spaces of some start vectors, and the largest error estimate.

    All are advanced together, since reading K is most of the work. Every new vector is
    orthogonalised twice against all before it. A space that ends early (beta = 0) is filled with
    zeros, which nothing couples to.
    """
    norms = jnp.linalg.norm(jnp.stack(starts), axis=1)

    def unit(rows: jax.Array, norms: jax.Array) -> jax.Array:
        some = norms > 0
        return jnp.where(some, 1 / jnp.where(some, norms, 1), 0)[:, None] * rows

    def step(j: jax.Array, state: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        basis, alpha, beta = state
        q = basis[:, j]
        r = q @ gram
        alpha = alpha.at[:, j].set(jnp.sum(q * r, axis=1))
        for _ in range(2):
            r -= jnp.einsum("ks,ksn->kn", jnp.einsum("ksn,kn->ks", basis, r), basis)
        norm = jnp.linalg.norm(r, axis=1)
        basis = basis.at[:, j + 1].set(unit(r, norm), mode="drop")
        return basis, alpha, beta.at[:, j].set(norm)

    basis = jnp.zeros((len(starts), SIZE, len(gram)), gram.dtype)
    basis = basis.at[:, 0].set(unit(jnp.stack(starts), norms))
    alpha = beta = jnp.zeros((len(starts), SIZE), gram.dtype)
    basis, alpha, beta = jax.lax.fori_loop(0, SIZE, step, (basis, alpha, beta))
    spectra, errors = [], []
    # One matrix at a time: with several JAX devices on a CPU, LAPACK calls for a batch of matrices
    # wait for each other's threads and can deadlock.
    for k in range(len(starts)):
        off = jnp.diag(beta[k, :-1], 1)
        w, u = jnp.linalg.eigh(jnp.diag(alpha[k]) + off + off.T, symmetrize_input=False)
        w = jnp.maximum(w, 0)
        # The first term of the error's expansion (Saad, 1992, "Analysis of some Krylov subspace
        # approximations to the matrix exponential operator", section 5).
        phi = jnp.where(w > 0, -jnp.expm1(-lam * w) / jnp.where(w > 0, lam * w, 1), 1)
        errors.append(lam * beta[k, -1] * jnp.abs(jnp.sum(u[-1] * phi * u[0])))
        spectra.append(Spectrum(w, basis[k].T @ u, norms[k] * u[0]))
    return spectra, jnp.max(jnp.stack(errors))


def _by_spectra(
    gram: jax.Array,
    lam: jax.Array,
    starts: Sequence[jax.Array],
    function: Callable[[list[Spectrum]], jax.Array],
    sure: bool,
) -> jax.Array:
    """The function of the starts' spectra, in Krylov spaces if they suffice; `sure`: see `either`.

    The eigendecomposition of a small matrix costs less than a space of a quarter of its size.
    """
    if len(gram) < 4 * SIZE:
        return function(dense(gram, starts))
    spectra, error = _lanczos(gram, lam, starts)
    result: jax.Array = either(
        error <= TOLERANCE,
        lambda: function(spectra),
        lambda: function(dense(gram, starts)),
        sure,
    )
    return result


def applied(lam: jax.Array, start: Spectrum) -> jax.Array:
    """exp(-lambda K) of the start vector, [N]."""
    return start.vectors @ (jnp.exp(-lam * start.values) * start.weights)


def integral(gram: jax.Array, lam: jax.Array, y: jax.Array, sure: bool = True) -> jax.Array:
    """K^-1 (1 - exp(-lambda K)) y, [N] float64; lambda y where K is 0. Not differentiable.

    It is the integral of exp(-s K) y over s from 0 to lambda, so its error is at most lambda times
    the estimate of that one's. sure: see `either`.
    """

    def averaged(spectra: list[Spectrum]) -> jax.Array:
        values, vectors, start = spectra[0]
        some = values > 0
        means = jnp.where(some, -jnp.expm1(-lam * values) / jnp.where(some, values, 1), lam)
        return vectors @ (means * start)

    return _by_spectra(gram.astype(jnp.float64), lam, [y], averaged, sure)


def derivative(lam: jax.Array, left: Spectrum, right: Spectrum, dtype: Any) -> jax.Array:
    """The cotangent of K, [N, N], from the spectra of the cotangent and of y, symmetrised.

    V_left [(b a^T) o Phi] V_right^T, with a and b the weights and
    Phi_ij = -lambda exp(-lambda min(w_i, w_j)) (1 - exp(-delta)) / delta,
    delta = lambda |w_i - w_j|: the divided difference of exp(-lambda w), its limit 1 at 0.
    """
    low = jnp.minimum(left.values[:, None], right.values[None, :])
    delta = lam * jnp.abs(left.values[:, None] - right.values[None, :])
    apart = delta > 0
    quotient = jnp.where(apart, -jnp.expm1(-delta) / jnp.where(apart, delta, 1), 1)
    phi = -lam * jnp.exp(-lam * low) * quotient
    inner = phi * (left.weights[:, None] * right.weights[None, :])
    # The cotangent of K needs no more precision than K has.
    half = (left.vectors @ inner).astype(dtype) @ right.vectors.astype(dtype).T
    return (half + half.T) / 2


def residual(gram: jax.Array, lam: jax.Array, y: jax.Array, sure: bool = True) -> jax.Array:
    """exp(-lambda K) y, [N] float64: what the discriminator has not yet learned of the labels y.

    gram: [N, N], symmetric. lam: scalar, eta * t. y: [N] float64. sure: see `either`.
    Differentiable in `gram` only.

    >>> from gantk.backend import configure
    >>> configure()  # float64
    >>> rest = residual(jnp.diag(jnp.array([0.0, 1.0, 2.0])), 1.0, jnp.ones(3))
    >>> [round(x, 6) for x in rest.tolist()]  # exp(-w)
    [1.0, 0.367879, 0.135335]
    """
    rest: jax.Array = _residual(gram, lam, y, sure)
    return rest


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _residual(gram: jax.Array, lam: jax.Array, y: jax.Array, sure: bool) -> jax.Array:
    return _residual_forward(gram, lam, y, sure)[0]


def _residual_forward(
    gram: jax.Array, lam: jax.Array, y: jax.Array, sure: bool
) -> tuple[jax.Array, Saved]:
    exact = gram.astype(jnp.float64)
    rest = _by_spectra(exact, lam, [y], lambda spectra: applied(lam, spectra[0]), sure)
    return rest, (gram, lam, y)


def _residual_backward(sure: bool, saved: Saved, g: jax.Array) -> tuple[jax.Array, None, None]:
    gram, lam, y = saved
    change = _by_spectra(
        gram.astype(jnp.float64),
        lam,
        [g, y],
        lambda spectra: derivative(lam, spectra[0], spectra[1], gram.dtype),
        sure,
    )
    return change, None, None


_residual.defvjp(_residual_forward, _residual_backward)
