"""JAX's random keys, from the suite's named streams."""

from typing import NamedTuple

import jax

from suite.protocol.seeds import integer_seed


def named_key(purpose: str, *seeds: int) -> jax.Array:
    """A key for one named purpose. Threefry gives the same bits in all versions of JAX."""
    return jax.random.key(integer_seed(purpose, *seeds), impl="threefry2x32")


class Keys(NamedTuple):
    """The random keys of a descent. They are arguments, so all seeds share a compiled program."""

    batches: jax.Array
    augmentation: jax.Array

    def of(self, iteration: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The keys of one iteration. They do not depend on whether the run was interrupted."""
        return jax.random.fold_in(self.batches, iteration), jax.random.fold_in(
            self.augmentation, iteration
        )


def run_keys(seed: int, part: int) -> Keys:
    """The keys of a run."""
    return Keys(named_key("batches", seed, part), named_key("augmentation", seed, part))
