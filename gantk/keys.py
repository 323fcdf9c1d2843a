"""JAX's random keys, from the suite's named streams."""

from typing import NamedTuple

import jax

from suite.protocol.seeds import integer_seed


def named_key(purpose: str, *seeds: int) -> jax.Array:
    """A key for one named purpose; threefry, whose bits are stable between JAX's versions."""
    return jax.random.key(integer_seed(purpose, *seeds), impl="threefry2x32")


class Keys(NamedTuple):
    """What a descent draws from. They are arguments of its program, the same for every seed."""

    batches: jax.Array
    augmentation: jax.Array

    def of(self, iteration: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Those of one iteration, whether or not the run was interrupted before it."""
        return jax.random.fold_in(self.batches, iteration), jax.random.fold_in(
            self.augmentation, iteration
        )


def run_keys(seed: int, part: int) -> Keys:
    """The keys of a run."""
    return Keys(named_key("batches", seed, part), named_key("augmentation", seed, part))
