"""Command line of this room: `python -m baselines --help`."""

from suite.running.cli import run
from suite.running.training import training_app

app = training_app("baselines", "The GANs that the paper compares with, in PyTorch.")

if __name__ == "__main__":
    run(app)
