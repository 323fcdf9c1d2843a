"""Table 9 of the paper: convergence speed and training time."""

from reporting.table import Table, timed

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
