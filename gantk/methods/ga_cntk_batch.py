"""Batch-wise GA-CNTK: each iteration against a discriminator of random rows (Eq. 5)."""

from typing import Literal

from pydantic import Field, PositiveInt

from gantk.checks import check_batch, check_square
from gantk.settings import DiscriminatorSettings, kernel_work
from suite.method import Job, Method, Result


class BatchSettings(DiscriminatorSettings):
    """Settings of the batch-wise variants."""

    batch: PositiveInt = Field(64, description="real rows of an iteration, b [images]")
    generated: Literal["sampled", "all"] = Field(
        "sampled",
        description="generated rows of an iteration: as many (Eq. 5), or all (released code)",
    )


def train(job: Job) -> Result:
    """Solve Eq. 5 for as many images as the subset has."""
    from gantk.rows import Batches, single_level, solve

    settings: BatchSettings = job.settings
    return solve(job, single_level(job), Batches(settings.batch, settings.generated))


def check(settings: BatchSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images of any size, and a batch of at most n."""
    check_square(shape)
    check_batch(settings.batch, n)


GA_CNTK_BATCH = Method(
    "ga-cntk-batch", "GA-CNTK (batch-wise)", BatchSettings, train, work=kernel_work, check=check
)
