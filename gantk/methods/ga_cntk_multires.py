"""Multi-resolutional GA-CNTK: one discriminator a resolution, batch-wise (Eq. 7, Table 8)."""

from gantk.checks import check_square
from gantk.methods.ga_cntk_batch import SampledSettings
from gantk.settings import kernel_work
from suite.protocol.method import Job, Method, Result
from suite.running.errors import InputError

LEVELS = {256: (256, 64, 16), 64: (64, 16), 28: (28, 14)}


class MultiresSettings(SampledSettings):
    """Settings of the multi-resolutional variant; `convs` and `dense` hold at every resolution."""

    levels: tuple[int, ...] | None = None
    """image sides that the discriminators see, one for each [pixels]; null: 256, 64 and 16 for
    images of 256 pixels, 64 and 16 for 64, 28 and 14 for 28, else the side and a quarter of it"""


def levels_of(settings: MultiresSettings, side: int) -> tuple[int, ...]:
    """Sides that the discriminators see; InputError unless each divides that of the images."""
    levels = settings.levels or LEVELS.get(side, (side, side // 4))
    if any(level < 4 or side % level for level in levels):
        raise InputError(
            f"levels {list(levels)} do not fit images with a side of {side} pixels: choose levels "
            f"of at least 4 that divide {side}"
        )
    return levels


def check(settings: MultiresSettings, shape: tuple[int, ...], n: int) -> None:
    """Square images that the levels divide, and a batch of at most n."""
    check_square(shape)
    levels_of(settings, shape[0])
    settings.rows(n)


def train(job: Job[MultiresSettings]) -> Result:
    """Solve Eq. 7 for as many images as the subset has, the losses in equal weight."""
    from gantk.descent.without_generator import solve

    return solve(job, levels_of(job.settings, job.subset.data.shape[1]))


GA_CNTK_MULTIRES = Method(
    "ga-cntk-multires",
    "GA-CNTK (multi-resolutional)",
    MultiresSettings,
    train,
    work=kernel_work,
    check=check,
    tiny={"iterations": 5, "snapshots": 3, "batch": 4},
    references=(
        ("Zhang et al., 2022 (GA-NTK)", "Eq. 7, Table 8", "https://arxiv.org/abs/2204.04090"),
    ),
)
