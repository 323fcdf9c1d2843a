"""GA-CNTK: images that fool an infinitely wide convolutional discriminator (Eq. 4)."""

from gantk.checks import check_square
from gantk.settings import ConvolutionalSettings, RowSettings, kernel_work
from suite.protocol.method import Job, Method, Result


class SolvedSettings(ConvolutionalSettings, RowSettings):
    """Images that move themselves, against a discriminator of square images."""


def train(job: Job[SolvedSettings]) -> Result:
    """Solve Eq. 4 for as many images as the subset has."""
    from gantk.descent.without_generator import solve

    return solve(job, job.subset.data.shape[1:2])


def check(settings: SolvedSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images of any size."""
    check_square(shape)


GA_CNTK = Method(
    "ga-cntk",
    "GA-CNTK",
    SolvedSettings,
    train,
    work=kernel_work,
    check=check,
    tiny={"iterations": 5, "snapshots": 3},
    references=(
        ("Zhang et al., 2022 (GA-NTK)", "section 3, Eq. 4", "https://arxiv.org/abs/2204.04090"),
    ),
)
