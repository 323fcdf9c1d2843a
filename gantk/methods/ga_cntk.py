"""GA-CNTK: images that fool an infinitely wide convolutional discriminator (P section 3, Eq. 4)."""

from gantk.checks import check_square
from gantk.settings import DiscriminatorSettings, kernel_work
from suite.method import Job, Method, Result


def train(job: Job) -> Result:
    """Solve Eq. 4 for as many images as the subset has."""
    from gantk.rows import single_level, solve

    return solve(job, single_level(job))


def check(settings: DiscriminatorSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images of any size."""
    check_square(shape)


GA_CNTK = Method("ga-cntk", "GA-CNTK", DiscriminatorSettings, train, work=kernel_work, check=check)
