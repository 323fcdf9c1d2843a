"""GA-CNTK on shrunk images, in JAX. Copy this file to gantk/methods/, then edit it.

Write here what the method is, with its equation. `python -m gantk train ga-cntk-coarse` trains it
with the descent that all methods share: checkpoints, snapshots and stop rules are the descent's.
"""

from pydantic import PositiveInt

from gantk.checks import check_square
from gantk.settings import ConvolutionalSettings, RowSettings, kernel_work
from suite.protocol.method import Job, Method, Result
from suite.running.errors import InputError


class CoarseSettings(ConvolutionalSettings, RowSettings):
    """What a configuration can set, beside the settings of every such method; with its unit."""

    shrink: PositiveInt = 2
    """the discriminator sees means of squares of so many pixels a side [pixels]"""


def train(job: Job[CoarseSettings]) -> Result:
    """Solve Eq. 4 for images that a discriminator of shrunk images takes for real."""
    # Front ends read this file where JAX is missing: import it inside functions only.
    from gantk.descent.without_generator import solve

    side = job.subset.data.shape[1]
    # Everything random takes job.seed and job.part, by suite.protocol.seeds. A loop of its own
    # calls job.checkpoint.load() at first, and save(state) whenever job.checkpoint.due().
    return solve(job, (side // job.settings.shrink,))


def check(settings: CoarseSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images that the squares divide. Called before any job, so it must not import JAX."""
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
    # What a run costs, for `python -m suite plan`.
    work=kernel_work,
    check=check,
    # Settings with which the contract tests train it within seconds.
    tiny={"iterations": 5, "snapshots": 3},
)
