"""Draw the start points of config/gantk2.yaml: `python -m resources.gantk2.make` in the root."""

from pathlib import Path

from datasets.draw import draw
from suite.protocol.settings import parse
from suite.protocol.source import SOURCES

FOLDER = Path(__file__).parent
POINTS = 512
STARTS = {"density-a": ("density", {"picture": "a"}), "letter-a": ("letters", {"letter": "A"})}

for file, (name, settings) in STARTS.items():
    source = SOURCES.lookup(name)
    draw(source, parse(source.settings, settings, name), "train", POINTS, 0).save(
        FOLDER / f"{file}.npz"
    )
