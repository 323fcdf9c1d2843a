"""GA-FNTK: rows that fool an infinitely wide fully connected discriminator (P section 4)."""

from gantk.settings import DiscriminatorSettings, kernel_work
from suite.method import Job, Method, Result


def train(job: Job[DiscriminatorSettings]) -> Result:
    """Solve Eq. 4 for as many images, or 2-D points, as the subset has."""
    from gantk.without_generator import solve

    return solve(job)


GA_FNTK = Method(
    "ga-fntk",
    "GA-FNTK",
    DiscriminatorSettings,
    train,
    work=kernel_work,
    tiny={"iterations": 5, "snapshots": 3},
)
