"""Where everything stands: what the workflow writes below results/NAME and the reports read.

Patterns have the wildcards of the rules in braces; `str.format` fills them in.
"""

SUBSET = "data/{dataset}/n{n}/seed{data_seed}.npz"
"""The training rows of a data seed."""

REFERENCE = "data/{dataset}/{reference}.npz"
"""The rows that metrics compare with, beside the training rows: `heldout` or `class`."""

RUN = "runs/{experiment}/{dataset}/n{n}/{method}/data{data_seed}/seed{seed}"
"""A run's folder; every rule that works on a run has these wildcards."""

PART_NAME = "part{part}"
PART = f"{RUN}/{PART_NAME}"
"""The folder of one of the parts that a run is joined from."""

FIRST_PART = "part0"
"""The part that figures show, in a run's folder."""

SAMPLES, TRAJECTORY, HISTORY, RECORD = "samples.npz", "trajectory.npz", "history.csv", "run.json"
"""What a training leaves in its folder."""

MODEL = "model.npz"
"""What a training leaves beside, if the method has a generator."""

METRICS, JUDGED, NEAREST, WALK = "metrics.json", "trajectory.csv", "nearest.npz", "walk.npz"
"""What evaluation leaves in a run's folder: of its samples, its snapshots, the nearest rows, and
images over a 2-D latent space."""

CONTROLS = "controls/{dataset}/n{n}/data{data_seed}.json"
"""What real images get on a training subset."""

CONFIG = "config/{scope}.json"
"""The configuration with one experiment, or with `all`."""

TABLE = "tables/{experiment}.{suffix}"
FIGURES = "figures"
DRAWN = f"{FIGURES}/SHA256SUMS"
"""The figures by what they hold, as sha256sum has it: a folder is known by its time alone."""

PAGE = "index.html"

LOGS = "logs"
"""The log of a job stands below, under the path of what the job writes, with `.log`."""

SET_ASIDE = "aside"
"""Where `python -m suite verify --mend` puts what it takes out of the way."""

BENCHMARKS, CHECKPOINTS, FEATURES, WEIGHTS = "benchmarks", "checkpoints", "features", "weights.txt"
