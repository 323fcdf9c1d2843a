"""Two ways to divide the kernel's work, for CPUs and for GPUs. Results agree up to rounding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax

from gantk.dynamics import exponential, squarings
from gantk.kernel import blocking_rows, blocking_whole
from gantk.kernel.architecture import Architecture
from gantk.kernel.ntk import Averages


@dataclass(frozen=True)
class Blocking:
    """One way to divide the work.

    averages: how a tile traverses the positions of its images.
    tile: (architecture, side of the images, rows, devices) -> rows of a tile.
    residual: exp(-lambda K) y from K, lambda, y and `sure`; see
        `gantk.dynamics.exponential.residual`.
    """

    averages: Averages
    tile: Callable[[Architecture, int, int, Sequence[jax.Device]], int]
    residual: Callable[[jax.Array, jax.Array, jax.Array, bool], jax.Array]


BLOCKINGS = {
    "rows": Blocking(blocking_rows, blocking_rows.tile, exponential.residual),
    "whole": Blocking(blocking_whole, blocking_whole.tile, squarings.residual),
}
"""Value of the setting `blocking` -> the way. `rows` suits the caches of a CPU; `whole` has few
kernel launches on a GPU."""


def blocking_on(setting: str) -> str:
    """The name in `BLOCKINGS` for a value of the setting; `auto` depends on the device."""
    if setting != "auto":
        return setting
    return "rows" if jax.default_backend() == "cpu" else "whole"
