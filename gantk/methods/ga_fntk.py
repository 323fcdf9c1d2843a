"""GA-FNTK: rows that fool an infinitely wide fully connected discriminator (paper, section 4)."""

from gantk.settings import RowSettings, kernel_work
from suite.protocol.augmentation import check_augmented
from suite.protocol.method import Job, Method, Result


def train(job: Job[RowSettings]) -> Result:
    """Solve Eq. 4 for as many images, or 2-D points, as the subset has."""
    from gantk.descent.without_generator import solve

    return solve(job)


def check(settings: RowSettings, shape: tuple[int, ...], n: int) -> None:
    """Any rows; augmented ones are images."""
    check_augmented(settings.augment, shape)


GA_FNTK = Method(
    "ga-fntk",
    "GA-FNTK",
    RowSettings,
    train,
    work=kernel_work,
    check=check,
    tiny={"iterations": 5, "snapshots": 3},
    references=(("Zhang et al., 2022 (GA-NTK)", "section 4", "https://arxiv.org/abs/2204.04090"),),
)
