"""GA-CNTK on shrunk images, in JAX. Copy this file to gantk/methods/, then edit it.

Describe here what the method is, with its equation. `python -m gantk train ga-cntk-coarse` trains
it. All methods share the descent, which has the checkpoints, snapshots and stop rules.
"""

from pydantic import PositiveInt

from gantk.checks import check_square
from gantk.settings import ConvolutionalSettings, RowSettings, kernel_work
from suite.protocol.method import Job, Method, Result
from suite.running.errors import InputError


class CoarseSettings(ConvolutionalSettings, RowSettings):
    """Settings in addition to those of all such methods, each with its unit."""

    shrink: PositiveInt = 2
    """side of the squares of pixels whose means the discriminator sees [pixels]"""


def train(job: Job[CoarseSettings]) -> Result:
    """Solve Eq. 4 for images that a discriminator of shrunk images takes for real."""
    # Front ends read this file without JAX, so import it inside functions only.
    from gantk.descent.without_generator import solve

    side = job.subset.data.shape[1]
    # Random numbers depend on job.seed and job.part (suite.protocol.seeds). A method with its own
    # loop calls job.checkpoint.load() first, and save(state) whenever job.checkpoint.due().
    return solve(job, (side // job.settings.shrink,))


def check(settings: CoarseSettings, shape: tuple[int, ...], n: int) -> None:
    """The side must be a multiple of `shrink`. Runs before any job, so it must not import JAX."""
    check_square(shape)
    if shape[0] % settings.shrink:
        raise InputError(
            f"shrink {settings.shrink} does not divide {shape[0]} pixels: choose a divisor"
        )


GA_CNTK_COARSE = Method(
    # The name in configurations, and the title in tables.
    "ga-cntk-coarse",
    "GA-CNTK (coarse)",
    CoarseSettings,
    train,
    # The cost of a run, for `python -m suite plan`.
    work=kernel_work,
    check=check,
    # With these settings the contract tests train it in seconds.
    tiny={"iterations": 5, "snapshots": 3},
)
