"""Command line of this room: `python -m gantk --help`."""

from suite.running.cli import run
from suite.running.training import training_app

app = training_app("gantk", "GA-NTK, the paper's methods, in JAX.")

if __name__ == "__main__":
    run(app)
