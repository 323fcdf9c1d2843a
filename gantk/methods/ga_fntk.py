"""GA-FNTK: rows that fool an infinitely wide fully connected discriminator (P section 4)."""

from gantk.settings import DiscriminatorSettings, kernel_work
from suite.method import Job, Method, Result


def train(job: Job) -> Result:
    """Solve Eq. 4 for as many images, or 2-D points, as the subset has."""
    from gantk.architecture import fully_connected
    from gantk.rows import solve

    side = job.subset.data.shape[1]
    return solve(job, {side: fully_connected(job.settings.activation)})


GA_FNTK = Method("ga-fntk", "GA-FNTK", DiscriminatorSettings, train, work=kernel_work)
