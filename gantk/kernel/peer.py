"""neural-tangents as a kernel: the oracle of the tests, the peer of the benchmarks.

Its last release, 0.6.5, is of 2023. Its kernel functions run on a current JAX once the names that
JAX has moved since then are put back; its `experimental` package, which alone needs TensorFlow,
is replaced by an empty module.
"""

import importlib
import math
import sys
import types
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from gantk.kernel.activation import ACTIVATIONS
from gantk.kernel.architecture import Architecture
from gantk.kernel.radial import FixedRows
from suite.running.errors import InputError


def import_neural_tangents() -> types.ModuleType:
    """The module neural_tangents; InputError if it cannot be imported."""
    import jax.core
    import jax.extend.core
    from jax.interpreters import ad

    for name in ("Jaxpr", "JaxprEqn", "Literal", "Primitive", "Var"):
        if not hasattr(jax.core, name):
            setattr(jax.core, name, getattr(jax.extend.core, name))
    if not hasattr(jax, "util"):
        private = importlib.import_module("jax._src.util")
        util: Any = types.ModuleType("jax.util")
        util.safe_map, util.safe_zip = private.safe_map, private.safe_zip
        setattr(jax, "util", util)  # noqa: B010
        sys.modules["jax.util"] = util
    if not hasattr(ad, "zeros_like_p"):
        # A rule is registered under it, for a computation that kernels never reach.
        setattr(ad, "zeros_like_p", object())  # noqa: B010
    sys.modules.setdefault(
        "neural_tangents.experimental", types.ModuleType("neural_tangents.experimental")
    )
    try:
        return importlib.import_module("neural_tangents")
    except ImportError as error:
        raise InputError(
            f"kernel 'neural-tangents' cannot be imported ({error}): install it with `pip install "
            "frozendict && pip install --no-deps neural-tangents==0.6.5`, or choose kernel 'tiles'"
        ) from error


@dataclass(frozen=True)
class PeerKernel:
    """The interface of `gantk.kernel.gram.Kernel`, by neural-tangents on the whole matrix."""

    architecture: Architecture

    @cached_property
    def _function(self) -> Any:
        stax = import_neural_tangents().stax
        network = self.architecture
        deviations = {
            "W_std": math.sqrt(network.sigma_w2),
            "b_std": math.sqrt(network.sigma_b2),
        }
        layer = ACTIVATIONS[network.activation]().peer
        if layer is None:
            raise InputError(
                f"activation '{network.activation}': neural-tangents has no such layer: choose "
                "kernel 'tiles'"
            )
        activation = getattr(stax, layer)
        layers = []
        for _ in range(network.convs):
            layers += [stax.Conv(1, (4, 4), (2, 2), "SAME", **deviations), activation()]
        layers.append(stax.Flatten())
        for _ in range(network.dense):
            layers += [stax.Dense(1, **deviations), activation()]
        last = deviations if network.output_bias else deviations | {"b_std": 0.0}
        layers.append(stax.Dense(1, **last))
        return stax.serial(*layers)[2]

    @property
    def record(self) -> dict[str, Any]:
        """The matrix is not cut into tiles."""
        return {"blocking": None}

    def gram(self, rows: jax.Array) -> jax.Array:
        """K(rows, rows), [n, n]."""
        matrix: jax.Array = self._function(rows, None, "ntk")
        return matrix

    def fixed(self, rows: jax.Array) -> FixedRows:
        """The rows themselves: nothing is computed in advance."""
        return FixedRows(rows)

    def joint(self, real: FixedRows, generated: jax.Array) -> jax.Array:
        """K of real rows then generated ones, all of it anew."""
        return self.gram(jnp.concatenate([real.rows, generated]))
