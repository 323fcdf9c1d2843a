"""GA-CNTK: images that fool an infinitely wide convolutional discriminator (P section 3, Eq. 4)."""

from gantk.settings import DiscriminatorSettings
from suite.method import Job, Method, Result


class GaCntkSettings(DiscriminatorSettings):
    """Settings of GA-CNTK."""


def train(job: Job) -> Result:
    """Solve Eq. 4 for as many images as the subset has."""
    from gantk.full_batch import solve

    return solve(job, "convolutional")


GA_CNTK = Method("ga-cntk", "GA-CNTK", GaCntkSettings, train)
