"""Batch-wise GA-CNTK: each iteration against a discriminator of random rows (Eq. 5)."""

from typing import Literal

from gantk.checks import check_square
from gantk.settings import BatchSettings, RowSettings, kernel_work
from suite.protocol.method import Job, Method, Result


class SampledSettings(BatchSettings, RowSettings):
    """Settings of the batch-wise variants without a generator."""

    generated: Literal["sampled", "all"] = "sampled"
    """generated rows that an iteration uses: as many as real rows (sampled, Eq. 5), or all of them
    (released code)"""

    def rows(self, n: int) -> tuple[int, int]:
        """Real and generated rows that an iteration uses; InputError if they are more than n."""
        real, generated = super().rows(n)
        return real, n if self.generated == "all" else generated


def train(job: Job[SampledSettings]) -> Result:
    """Solve Eq. 5 for as many images as the subset has."""
    from gantk.descent.without_generator import solve

    return solve(job, job.subset.data.shape[1:2])


def check(settings: SampledSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images of any size, and a batch of at most n."""
    check_square(shape)
    settings.rows(n)


GA_CNTK_BATCH = Method(
    "ga-cntk-batch",
    "GA-CNTK (batch-wise)",
    SampledSettings,
    train,
    work=kernel_work,
    check=check,
    tiny={"iterations": 5, "snapshots": 3, "batch": 4},
    references=(("Zhang et al., 2022 (GA-NTK)", "Eq. 5", "https://arxiv.org/abs/2204.04090"),),
)
