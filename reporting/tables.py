"""The paper's tables, as data: their published values are resources/paper/{name}.csv."""

from reporting.table import Table, judged, timed

TABLE_1 = Table(
    "table1",
    "Table 1: FID and AM-SSIM of generated images",
    "The published FID is set beside our FID against the n training images, which its values fit "
    "best; the paper does not name its reference set.",
    judged,
)
TABLE_2 = Table(
    "table2",
    "Table 2: FID and AM-SSIM with 2,048 training images",
    "Batches of 256 images. The paper's caption speaks of CelebA alone, its table lists three "
    "datasets.",
    judged,
)
TABLE_9 = Table(
    "table9",
    "Table 9: convergence speed and training time at n = 256",
    "The paper stops early, with a patience of 10,000 iterations, and prints fewer iterations than "
    "that: its numbers can only be those of the best iteration, so they are set beside ours of the "
    "best. The published times are of one NVIDIA V100, ours of the device named in the report.",
    timed,
    {
        "best_iteration": "Best iteration",
        "iterations": "Iterations in all",
        "iterations_per_second": "Iterations / s",
        "best_seconds": "Seconds to the best",
        "seconds": "Seconds in all",
    },
)
TABLES = {table.name: table for table in (TABLE_1, TABLE_2, TABLE_9)}
