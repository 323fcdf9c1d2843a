"""JAX's random keys and latents, from the suite's named streams."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from suite.protocol.seeds import integer_seed, stream


def named_key(purpose: str, *seeds: int) -> jax.Array:
    """A key for one named purpose. Threefry gives the same bits in all versions of JAX."""
    return jax.random.key(integer_seed(purpose, *seeds), impl="threefry2x32")


def latents(purpose: str, count: int, size: int, *seeds: int) -> jax.Array:
    """float32 [count, size], standard normal, from a named stream."""
    return jnp.asarray(stream(purpose, *seeds).standard_normal((count, size)), jnp.float32)


class Keys(NamedTuple):
    """The random keys of a descent. They are arguments, so all seeds share a compiled program."""

    batches: jax.Array
    augmentation: jax.Array

    def of(self, iteration: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The keys of one iteration. They do not depend on whether the run was interrupted."""
        batches, augmentation = (jax.random.fold_in(key, iteration) for key in self)
        return batches, augmentation


def run_keys(seed: int, part: int) -> Keys:
    """The keys of a run."""
    return Keys(named_key("batches", seed, part), named_key("augmentation", seed, part))
