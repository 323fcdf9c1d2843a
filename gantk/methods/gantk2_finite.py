"""GAN(TK)^2 at finite width: points along the flow of a network in NTK parametrisation."""

from gantk.gantk2.settings import FRANCESCHI, FiniteSettings, check_start, flow_work
from suite.protocol.method import Job, Method, Result


def train(job: Job[FiniteSettings]) -> Result:
    """Move as many rows as the subset has (Franceschi et al., 2022)."""
    from gantk.gantk2.finite import solve_finite

    return solve_finite(job)


def check(settings: FiniteSettings, shape: tuple[int, ...], n: int) -> None:
    """Any rows."""
    check_start(settings, shape, n)


GANTK2_FINITE = Method(
    "gantk2-finite",
    "GAN(TK)² (finite width)",
    FiniteSettings,
    train,
    work=flow_work,
    check=check,
    tiny={"iterations": 5, "snapshots": 3, "width": 8, "time": 0.2},
    references=(FRANCESCHI,),
)
