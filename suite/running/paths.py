"""Paths of all files that the workflow writes below results/NAME.

Patterns have the wildcards of the rules in braces, for `str.format`.
"""

SUBSET = "data/{dataset}/n{n}/seed{data_seed}.npz"
"""The training rows of a data seed."""

REFERENCE = "data/{dataset}/{reference}.npz"
"""Rows that metrics compare with, other than the training rows: `heldout` or `class`."""

RUN = "runs/{experiment}/{dataset}/n{n}/{method}/data{data_seed}/seed{seed}"
"""The folder of a run. Every rule for a run has these wildcards."""

PART_NAME = "part{part}"
PART = f"{RUN}/{PART_NAME}"
"""The folder of one part of a run."""

FIRST_PART = "part0"
"""The part of a run that figures show."""

SAMPLES, TRAJECTORY, HISTORY, RECORD = "samples.npz", "trajectory.npz", "history.csv", "run.json"
"""Files of every training."""

MODEL = "model.npz"
"""A further file of a training whose method has a generator."""

METRICS, JUDGED, NEAREST, WALK = "metrics.json", "trajectory.csv", "nearest.npz", "walk.npz"
"""What evaluation leaves in a run's folder: of its samples, its snapshots, the nearest rows, and
images over a 2-D latent space."""

CONTROLS = "controls/{dataset}/n{n}/data{data_seed}.json"
"""The metrics of controls: real images in the place of generated ones."""

CONFIG = "config/{scope}.json"
"""The configuration with one experiment, or with `all`."""

TABLE = "tables/{experiment}.{suffix}"
FIGURES = "figures"
DRAWN = f"{FIGURES}/SHA256SUMS"
"""Digests of the figures. Snakemake knows a folder only by its time; this file has the content."""

PAGE = "index.html"

LOGS = "logs"
"""The log of a job is below this folder, at the path of the job's output plus `.log`."""

SET_ASIDE = "aside"
"""Where `python -m suite verify --mend` moves bad files."""

BENCHMARKS, CHECKPOINTS, FEATURES, WEIGHTS = "benchmarks", "checkpoints", "features", "weights.txt"
