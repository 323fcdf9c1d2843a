"""Table 1 of the paper: image quality at n = 64, 128 and 256."""

from reporting.table import Table, judged

TABLE_1 = Table(
    "table1",
    "Table 1: FID and AM-SSIM of generated images",
    "The published FID is set beside our FID against the n training images, which its values fit "
    "best; the paper does not name its reference set.",
    judged,
)
