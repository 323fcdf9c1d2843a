"""Table 2 of the paper: training on 2,048 images."""

from reporting.table import Table, judged

TABLE_2 = Table(
    "table2",
    "Table 2: FID and AM-SSIM with 2,048 training images",
    "Batches of 256 images. The paper's caption speaks of CelebA alone, its table lists three "
    "datasets.",
    judged,
)
