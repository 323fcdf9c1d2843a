"""GAN(TK)^2: points along the gradient flow of an infinitely wide discriminator, held fixed."""

from gantk.checks import check_square
from gantk.gantk2.settings import FRANCESCHI, InfiniteSettings, check_start, flow_work
from suite.protocol.method import Job, Method, Result


def train(job: Job[InfiniteSettings]) -> Result:
    """Move as many rows as the subset has (Franceschi et al., 2022)."""
    from gantk.gantk2.flow import solve_infinite

    return solve_infinite(job)


def check(settings: InfiniteSettings, shape: tuple[int, ...], n: int) -> None:
    """Any rows; square images for convolutions."""
    if settings.convs:
        check_square(shape)
    check_start(settings, shape, n)


GANTK2 = Method(
    "gantk2",
    "GAN(TK)²",
    InfiniteSettings,
    train,
    work=flow_work,
    check=check,
    tiny={"iterations": 5, "snapshots": 3},
    references=(FRANCESCHI,),
)
