"""Draw the bundled subset: `python -m resources.mnist.make FOLDER_WITH_THE_IDX_FILES`."""

import sys
from pathlib import Path

import numpy as np

from datasets.sources.mnist import BUNDLED, MnistSettings, open_mnist
from suite.protocol.seeds import stream
from suite.running.files import write_arrays

arrays = {}
for split, count in (("train", 4096), ("heldout", 1024)):
    rows = open_mnist(MnistSettings(source="folder", path=Path(sys.argv[1])), split)
    # Sorted, so that the bundle keeps the order of the original files.
    indices = np.sort(stream(f"bundled-mnist:{split}", 0).permutation(len(rows.labels))[:count])
    arrays[f"{split}_images"] = rows.read(indices)[..., 0]
    arrays[f"{split}_labels"] = rows.labels[indices].astype(np.uint8)
    arrays[f"{split}_indices"] = indices
write_arrays(BUNDLED, arrays)
